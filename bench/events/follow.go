package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// readers are the followers, a process of their own with the least priority, also
// where all else was given one by chrt: what they do on the core that they share
// with those who call must not delay the calls.
type readers struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startReaders(api string) (*readers, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	r := &readers{cmd: exec.Command("chrt", "-o", "0", "nice", "-n", "19", self, "-pinned", "-follow", api, "-clients", fmt.Sprint(*clients), "-all", fmt.Sprint(*all))}
	r.cmd.Stderr = os.Stderr
	if r.in, err = r.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	r.out = bufio.NewReader(out)
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	if line, err := r.out.ReadString('\n'); err != nil || line != "opened\n" {
		r.kill()
		return nil, fmt.Errorf("the followers did not begin: %q, %w", line, err)
	}
	return r, nil
}

// more has the others follow these calls.
func (r *readers) more(calls []string) error {
	if _, err := fmt.Fprintln(r.in, strings.Join(calls, " ")); err != nil {
		return err
	}
	begun := time.Now()
	if line, err := r.out.ReadString('\n'); err != nil || line != "opened\n" {
		return fmt.Errorf("not all followers began: %q, %w", line, err)
	}
	if took := time.Since(begun); took > settle-2*time.Second {
		fmt.Fprintf(os.Stderr, "the last streams took %s to open: they are a part of what is measured\n", took)
	}
	return nil
}

// end ends the streams and says how many events came, and how many streams ended before.
func (r *readers) end() (events, cut uint64, err error) {
	if err := r.in.Close(); err != nil {
		return 0, 0, err
	}
	_, err = fmt.Fscan(r.out, &events, &cut)
	return events, cut, err
}

func (r *readers) kill() {
	_ = r.cmd.Process.Kill() // it may have ended
	_ = r.cmd.Wait()
}

// followAll is the readers' process.
func followAll(api string) error {
	var events, cut, opened atomic.Uint64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	open := func(from, to int, calls []string) {
		for i := from; i < to; i++ {
			wg.Go(func() { follow(api, i, filter(i, calls), stop, &opened, &events, &cut) })
		}
	}
	half := *clients - (*clients-*all)/3
	opening := func(n int) error {
		for end := time.Now().Add(time.Minute); opened.Load() < uint64(n); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				return fmt.Errorf("only %d of %d streams opened", opened.Load(), n)
			}
		}
		_, err := fmt.Println("opened")
		return err
	}
	open(0, half, nil)
	if err := opening(half); err != nil {
		return err
	}
	in := bufio.NewReader(os.Stdin)
	line, err := in.ReadString('\n')
	if err != nil {
		return err
	}
	open(half, *clients, strings.Fields(line))
	if err := opening(*clients); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	close(stop)
	wg.Wait()
	fmt.Println(events.Load(), cut.Load())
	return nil
}

// streams has a connection for each.
var streams = &http.Client{Transport: &http.Transport{DisableCompression: true}}

// follow counts the events of one stream until stop. One that is told to wait does.
func follow(api string, i int, path string, stop <-chan struct{}, opened, events, cut *atomic.Uint64) {
	var resp *http.Response
	for {
		var err error
		if resp, err = ask(api, i, "/v1/events"+path); err != nil {
			cut.Add(1)
			return
		}
		if resp.StatusCode != http.StatusTooManyRequests {
			break
		}
		resp.Body.Close()
		select {
		case <-stop:
			return
		case <-time.After(time.Second):
		}
	}
	opened.Add(1)
	go func() { <-stop; resp.Body.Close() }()
	// As little work as can be: what the streams cost here must not delay the calls' answers.
	const name = "\nevent: "
	buf := make([]byte, len(name)-1, 128<<10) // begins with the end of the piece before
	for {
		n, err := resp.Body.Read(buf[len(name)-1 : cap(buf)])
		piece := buf[:len(name)-1+n]
		events.Add(uint64(bytes.Count(piece, []byte(name))))
		copy(buf, piece[n:])
		if err != nil {
			break
		}
	}
	select {
	case <-stop:
	default:
		cut.Add(1)
	}
}
