package main

import (
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
)

// A progress is a bar on standard error; without a bar it does nothing. draw
// and clear must not run at the same time.
type progress struct {
	bar   *progressbar.ProgressBar
	read  atomic.Int64
	shown int64
	mixed bool // the calls go to the same terminal
	next  time.Time
	count int
}

// newProgress makes the bar. size is the file's in bytes, -1 where it is not known.
func newProgress(when string, size int64, mixed bool) *progress {
	p := &progress{mixed: mixed, next: time.Now().Add(200 * time.Millisecond)}
	if when == "never" || when == "auto" && !isTerminal(os.Stderr) {
		return p
	}
	p.bar = progressbar.NewOptions64(size, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowBytes(true),
		progressbar.OptionSetPredictTime(true), progressbar.OptionSetDescription("explain"), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(20), progressbar.OptionThrottle(100*time.Millisecond))
	return p
}

// reader counts what is read of a file.
func (p *progress) reader(r io.Reader) io.Reader {
	if p.bar == nil {
		return r
	}
	return &counted{r, p}
}

type counted struct {
	io.Reader
	p *progress
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.p.read.Add(int64(n))
	return n, err
}

// due tells whether the bar should be drawn again: ten times a second, and the
// clock is asked only every thousand packets.
func (p *progress) due() bool {
	if p.bar == nil {
		return false
	}
	if p.count++; p.count < 1000 {
		return false
	}
	p.count = 0
	now := time.Now()
	if now.Before(p.next) {
		return false
	}
	p.next = now.Add(100 * time.Millisecond)
	return true
}

func (p *progress) draw() {
	read := p.read.Load()
	_ = p.bar.Add64(read - p.shown) // standard error is gone: nobody looks
	p.shown = read
}

// clear makes room for a line on the same terminal.
func (p *progress) clear() {
	if p.bar != nil && p.mixed {
		_ = p.bar.Clear()
	}
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
