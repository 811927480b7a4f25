package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"onhook/analyse"
	"onhook/capture"
	"onhook/store"
)

type listenCmd struct {
	HEP      []string      `name:"hep" default:"udp://:9060,tcp://:9060" help:"Where HEP is heard: udp or tcp, an address or nothing, and a port."`
	Data     string        `default:"onhook-data" help:"The data folder for the records. A server that runs has its own: see hep in its configuration."`
	Key      string        `env:"ONHOOK_HEP_KEY" help:"Take only packets that carry this key."`
	Output   string        `short:"o" enum:"table,json,csv" default:"table" help:"How calls are printed as they end: table, json (one call a line) or csv."`
	Settings bool          `help:"Print settings for Kamailio, OpenSIPS, FreeSWITCH and Asterisk that mirror to here, and end."`
	T1       time.Duration `name:"t1" default:"500ms" help:"T1 of the systems that mirror, where it is not what RFC 3261 says."`
	Every    time.Duration `default:"1m" help:"How often a line for each sender is written to standard error. 0: only at the end."`
}

// listenGarbage lets garbage gather: a collection costs what is alive, which is
// the messages of the calls of the last half minute.
const listenGarbage = 200

// What may wait for the disk: that of a few seconds at 50,000 packets a second.
// Until it is full nobody who reads packets waits for a disk that is slow.
const (
	listenWaiting = 1 << 16
	listenBytes   = 256 << 20
)

func (c listenCmd) Run() error {
	if c.Settings {
		return printSettings(os.Stdout, c.HEP, c.Key)
	}
	s, found, err := store.Open(c.Data, store.Options{QueueCount: listenWaiting, QueueBytes: listenBytes, Report: func(err error) { fmt.Fprintln(os.Stderr, "onhook: store:", err) }})
	if errors.Is(err, store.ErrInUse) {
		return fmt.Errorf("a server or another listen works in %s: name a folder of its own with --data, or let the server listen: hep: {listen: [%s]} in its configuration", c.Data, c.HEP[0])
	}
	if err != nil {
		return err
	}
	if n := len(found.Open); n > 0 {
		fmt.Fprintf(os.Stderr, "onhook: %d calls of a server that was killed stand open in %s: it closes them when it starts again\n", n, c.Data)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(listenGarbage)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(stop)
	l := listening{cmd: c, out: bufio.NewWriterSize(os.Stdout, 1<<16), aside: os.Stderr}
	l.print = newExplainPrinter(&explainCmd{Output: c.Output}, l.out, os.Stdout, os.Stderr)
	err = l.run(s, stop)
	if closing := s.Close(); err == nil {
		err = closing
	}
	return err
}

// A listening is one run of the command.
type listening struct {
	cmd   listenCmd
	out   *bufio.Writer
	aside io.Writer
	print explainPrinter

	mu      sync.Mutex
	shown   int
	writing error
}

// run listens until stop says so.
func (l *listening) run(to records, stop <-chan os.Signal) error {
	began := time.Now()
	c, err := collect(l.cmd.HEP, l.cmd.Key, analyse.Options{T1: l.cmd.T1}, to, l.call)
	if err != nil {
		return err
	}
	for _, a := range c.listener.Addrs() {
		fmt.Fprintf(l.aside, "onhook listens for HEP on %s; records in %s\n", a, l.cmd.Data)
	}
	fmt.Fprintln(l.aside, "Settings for your servers: onhook listen --settings. Ctrl-C ends.")
	l.wait(c, stop)
	totals, err := c.close()
	if err := l.flush(); err != nil {
		return err
	}
	l.senders(c)
	var s capture.Stats
	for _, x := range c.listener.Senders() {
		s.Packets += x.Packets
	}
	if err := explainSummary(l.aside, &totals, s, time.Since(began), l.shown); err != nil {
		return err
	}
	if n := c.lost.Load(); n > 0 {
		return fmt.Errorf("%d records could not be stored", n)
	}
	return err
}

// wait returns when it is to end, or nobody reads the output any more.
func (l *listening) wait(c *collector, stop <-chan os.Signal) {
	flush := time.NewTicker(200 * time.Millisecond)
	defer flush.Stop()
	var lines <-chan time.Time
	if l.cmd.Every > 0 {
		t := time.NewTicker(l.cmd.Every)
		defer t.Stop()
		lines = t.C
	}
	for {
		select {
		case <-stop:
			return
		case <-flush.C:
			if l.flush() != nil {
				return
			}
		case <-lines:
			l.senders(c)
		}
	}
}

// senders writes a line for each sender.
func (l *listening) senders(c *collector) {
	for _, s := range c.listener.Senders() {
		fmt.Fprintln(l.aside, senderLine(&s))
	}
	if n := c.listener.Overrun(); n > 0 {
		fmt.Fprintf(l.aside, "%d packets came faster than this machine could take them and were lost\n", n)
	}
}

// call prints one call that is over.
func (l *listening) call(k *analyse.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shown++
	if l.writing == nil {
		l.writing = l.print.call(k)
	}
}

func (l *listening) flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.writing == nil {
		l.writing = l.out.Flush()
	}
	return l.writing
}
