//go:build linux && !portable

package wire

import (
	"net"
	"testing"
	"time"

	"onhook/sip"
)

// read waits until nothing is unread any more.
func read(t *testing.T, w *Wire) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); w.Unread(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("something stays unread")
		}
	}
}

func TestWhatWaitsInASocketIsUnread(t *testing.T) {
	b := newInbox()
	w, err := Open(Options{Listen: []Listen{{sip.UDP, loopback4}}, Handler: b})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	if w.Unread() {
		t.Error("nothing has come")
	}
	c, err := net.Dial("udp", w.Locals()[0].Addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range 100 {
		if _, err := c.Write(request("OPTIONS", i, "")); err != nil {
			t.Fatal(err)
		}
	}
	if !w.Unread() {
		t.Error("nobody has read what came")
	}
	w.Start()
	read(t, w)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.packets) != 100 {
		t.Errorf("%d packets are handed over when nothing is unread", len(b.packets))
	}
}

func TestWhatAStreamsReaderHasNoRoomForIsUnread(t *testing.T) {
	b := newInbox()
	w, local := tcp(t, b, Limits{})
	p := dial(t, local)
	p.send(request("OPTIONS", 1, ""))
	b.waitPackets(t, 1)
	read(t, w)
	b.mu.Lock()
	b.full = true
	b.mu.Unlock()
	p.send(request("OPTIONS", 2, ""))
	b.wait(t, "a refused batch", func() bool { return b.refused > 0 })
	if !w.Unread() {
		t.Error("the reader has a batch that it could not hand over")
	}
	b.mu.Lock()
	b.full = false
	b.mu.Unlock()
	b.waitPackets(t, 2)
	read(t, w)
}
