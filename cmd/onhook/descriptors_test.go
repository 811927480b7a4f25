package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"onhook/config"
)

// TestDescriptorsAreSharedOut: whatever is taken and given back, no share goes
// without its least, and the rest of the server is left what is kept back.
func TestDescriptorsAreSharedOut(t *testing.T) {
	for _, limit := range []int{0, 1, 20, 64, 256, 1024, 4096, 20000, 65536, 1 << 30} {
		d := newDescriptors(limit)
		r := rand.New(rand.NewPCG(uint64(limit), 1))
		sizes := [numShares]int{socketsOfLeg, 1, 1, 1}
		for range 20_000 {
			which := r.IntN(numShares)
			s := &d.shares[which]
			if r.IntN(3) == 0 && s.taken > 0 {
				d.give(which, sizes[which])
				continue
			}
			before := s.taken
			if !d.take(which, sizes[which]) && s.taken != before {
				t.Fatalf("%d: a share that was refused has taken something", limit)
			} else if s.taken == before && before+sizes[which] <= s.least {
				t.Fatalf("%d: share %d is refused within its least, %d of %d", limit, which, before, s.least)
			}
		}
		sum := 0
		for i := range d.shares {
			sum += d.shares[i].taken
		}
		if kept := limit - sum; kept < min(keptBack, limit/2) {
			t.Errorf("%d: %d are left", limit, kept)
		}
	}
}

func TestEnoughDescriptorsAreEnough(t *testing.T) {
	for _, legs := range []int{1, 2, 48, 100, 500, 768, 1000, 8192, 24000} {
		want := newDescriptors(0).enough(legs)
		if d := newDescriptors(want); d.forLegs() < legs {
			t.Errorf("a limit of %d is said to be enough for %d legs, and is for %d", want, legs, d.forLegs())
		}
		d := newDescriptors(want)
		for i := range legs {
			if !d.take(forMedia, socketsOfLeg) {
				t.Fatalf("of %d legs that %d are enough for only %d have sockets", legs, want, i)
			}
		}
	}
}

func TestFewDescriptorsForTheRangeAreTold(t *testing.T) {
	for limit, want := range map[int]string{
		256: "limit=256 enough_for_legs=48", 4096: "enough_for_legs=1664", 20000: "", 65536: "",
	} {
		var log bytes.Buffer
		cfg := &config.Config{RTP: config.RTP{Ports: config.Ports{First: 16384, Last: 32767}}}
		newDescriptors(limit).warn(cfg, slog.New(slog.NewTextHandler(&log, nil)))
		if got := log.String(); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("a limit of %d: %q, want %q", limit, got, want)
		}
		if got := log.String(); want != "" && (!strings.Contains(got, "16384-32767") || !strings.Contains(got, "a limit of 17152")) {
			t.Errorf("a limit of %d: %q", limit, got)
		}
	}
}

// TestConnectionsThatThereIsNoRoomForAreClosed: and one that goes makes room, once.
func TestConnectionsThatThereIsNoRoomForAreClosed(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	d := newDescriptors(32)
	d.shares[forWeb].most = 2
	accepted := make(chan net.Conn, 8)
	go func() {
		l := d.bound(plain)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	taken := func() int {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.shares[forWeb].taken
	}
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", plain.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	dial()
	dial()
	first, second := <-accepted, <-accepted
	if _, err := dial().Read(make([]byte, 1)); err == nil {
		t.Error("a third connection says something")
	} else if ne, ok := err.(net.Error); ok && ne.Timeout() {
		t.Error("a third connection is not closed")
	}
	_ = first.Close()
	_ = first.Close() // gives back once
	if n := taken(); n != 1 {
		t.Errorf("%d are taken after one was closed twice, want 1", n)
	}
	c := dial()
	fmt.Fprint(c, "x")
	third := <-accepted
	if b, err := io.ReadAll(io.LimitReader(third, 1)); string(b) != "x" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	_, _ = second.Close(), third.Close()
	if n := taken(); n != 0 {
		t.Errorf("%d are taken at the end", n)
	}
}
