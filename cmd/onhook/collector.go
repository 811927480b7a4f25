package main

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"onhook/analyse"
	"onhook/call"
	"onhook/capture"
	"onhook/outcome"
	"onhook/store"
)

// A collector makes records of the calls that others mirror by HEP.
type collector struct {
	listener *capture.Listener
	store    records
	show     func(*analyse.Call) // each call that is over; nil: nobody is told
	work     sync.WaitGroup
	quit     chan struct{}
	stored   atomic.Uint64
	lost     atomic.Uint64

	mu     sync.Mutex
	a      *analyse.Analyser
	latest time.Time // the latest time that an agent told, and when it did
	heard  time.Time
}

// records is where a collector's calls go; a store.Local is one.
type records interface {
	Finish(r outcome.Record, events []call.Event, done func(error)) error
}

const (
	// collectTick is how often calls are looked through for those that are over.
	collectTick = time.Second
	// collectQueue is what may wait while a collection or the disk takes its time.
	collectQueue = 64 << 20
	// storeWait is how long a record waits for a store that is busy.
	storeWait  = 10 * time.Second
	storeRetry = 10 * time.Millisecond
)

// collect listens and begins to make records.
func collect(addrs []string, key string, opt analyse.Options, to records, show func(*analyse.Call)) (*collector, error) {
	l, err := capture.Listen(addrs, capture.ListenOptions{Key: key, Queue: collectQueue})
	if err != nil {
		return nil, err
	}
	c := &collector{listener: l, store: to, show: show, quit: make(chan struct{})}
	opt.Source = "hep"
	c.a = analyse.New(opt, c.call)
	c.work.Go(c.read)
	c.work.Go(c.tick)
	return c, nil
}

// read takes what comes until the listener is closed and all of it is read.
func (c *collector) read() {
	for {
		it, err := c.listener.Next()
		if err != nil {
			return
		}
		now := time.Now()
		c.mu.Lock()
		if it.At.After(c.latest) {
			c.latest, c.heard = it.At, now
		}
		c.a.Take(&it)
		c.mu.Unlock()
	}
}

// tick hands out calls when nothing comes. Time goes on where the agents'
// clocks are, if one of them is ahead.
func (c *collector) tick() {
	t := time.NewTicker(collectTick)
	defer t.Stop()
	for {
		select {
		case <-c.quit:
			return
		case now := <-t.C:
			c.mu.Lock()
			if there := c.latest.Add(now.Sub(c.heard)); there.After(now) {
				now = there
			}
			c.a.Tick(now)
			c.mu.Unlock()
		}
	}
}

// watch calls f every so often until the collector is closed.
func (c *collector) watch(every time.Duration, f func()) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-c.quit:
			return
		case <-t.C:
			f()
		}
	}
}

// call stores one call that is over.
func (c *collector) call(k *analyse.Call) {
	if c.show != nil {
		c.show(k)
	}
	done := func(err error) {
		if err != nil {
			c.lost.Add(1)
			return
		}
		c.stored.Add(1)
	}
	for end := time.Now().Add(storeWait); ; {
		err := c.store.Finish(k.Record, k.Events, done)
		if err == nil {
			return
		}
		if !errors.Is(err, store.ErrBusy) || time.Now().After(end) {
			done(err)
			return
		}
		time.Sleep(storeRetry)
	}
}

// close ends listening and hands out all calls as they stand. The store is the
// caller's to close.
func (c *collector) close() (analyse.Totals, error) {
	close(c.quit)
	err := c.listener.Close()
	c.work.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.a.Finish(), err
}

// senderLine says what came from one sender.
func senderLine(s *capture.Sender) string {
	var b strings.Builder
	who := "others"
	if s.Addr.IsValid() {
		who = s.Addr.Unmap().String()
	}
	fmt.Fprintf(&b, "%s", who)
	if s.Agent.ID != 0 {
		fmt.Fprintf(&b, " id %d", s.Agent.ID)
	}
	if s.Agent.Name != "" {
		fmt.Fprintf(&b, " (%s)", printable(s.Agent.Name))
	}
	fmt.Fprintf(&b, ": %d packets, %d taken, %d dropped", s.Packets, s.Items, s.Drops())
	sep := " ("
	for r, n := range s.Dropped {
		if n > 0 {
			fmt.Fprintf(&b, "%s%d %s", sep, n, capture.DropReason(r).String())
			sep = ", "
		}
	}
	if sep != " (" {
		b.WriteByte(')')
	}
	if s.Timed {
		b.WriteString(", " + clockText(s.Offset))
	}
	return b.String()
}

// clockText says what the difference of arrival and packet time means.
func clockText(late time.Duration) string {
	switch d := late.Round(time.Millisecond); {
	case d > -500*time.Millisecond && d < 500*time.Millisecond:
		return "its clock agrees within " + max(d, -d, time.Millisecond).String()
	case d < 0:
		return fmt.Sprintf("its clock is %s ahead", -d)
	default:
		return fmt.Sprintf("its clock is %s behind, or its packets take so long", d)
	}
}
