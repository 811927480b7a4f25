//go:build linux && !portable

package media

import (
	"runtime"
	"testing"
	"time"
)

// A worker pauses while packets come at more than busyRate, judged each rateWindow, and no longer than that.
func TestPauseOnlyUnderLoad(t *testing.T) {
	var p pace
	now := int64(time.Hour)
	feed := func(rate int, length time.Duration) {
		for end := now + int64(length); now < end; {
			now += int64(time.Millisecond)
			p.count(rate/1000, now)
		}
	}
	feed(busyRate/2, time.Second)
	if p.busy {
		t.Error("busy at half of the rate")
	}
	feed(busyRate*2, 2*time.Duration(rateWindow))
	if !p.busy {
		t.Error("not busy at twice the rate")
	}
	if want := runtime.GOMAXPROCS(0) == 1; p.alone != want {
		t.Errorf("alone %v, want %v", p.alone, want)
	}
	if p.length != longest {
		t.Errorf("a pause of %d ns at a low rate, want %d", p.length, longest)
	}
	// Twelve packets at 200,000 a second come in 60 us.
	feed(200000, 2*time.Duration(rateWindow))
	if p.length != 60000 {
		t.Errorf("a pause of %d ns at 200,000 packets a second, want 60000", p.length)
	}
	feed(busyRate/2, 2*time.Duration(rateWindow))
	if p.busy {
		t.Error("busy after the load is gone")
	}
	// After a long wait one batch is no load.
	now += int64(time.Minute)
	p.count(200, now)
	if p.busy {
		t.Error("busy after a minute's silence")
	}
}

// Where there is one processor a busy worker says so, once.
func TestABusyWorkerSaysThatItIsAlone(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var p pace
	said := 0
	for now := int64(0); now < int64(time.Second); now += int64(time.Millisecond) {
		if p.count(2*busyRate/1000, now); !p.busy && said > 0 {
			t.Fatal("said before it was busy")
		}
		p.tell(func() { said++ })
		p.tell(nil)
	}
	if said != 1 {
		t.Errorf("said %d times, want once", said)
	}
	runtime.GOMAXPROCS(2)
	var q pace
	for now := int64(0); now < int64(time.Second); now += int64(time.Millisecond) {
		q.count(2*busyRate/1000, now)
		q.tell(func() { t.Error("said with two processors") })
	}
}

// A busy worker still does what it is told, relays, and ends.
func TestBusyWorkerRelaysAndListens(t *testing.T) {
	for _, alone := range []bool{false, true} {
		r := newRig(t, nil)
		a, b := r.party(1, 1, "127.0.0.1", PCMU), r.party(2, 1, "127.0.0.1", PCMU)
		r.e.Bridge(1, 2)
		r.settled()
		l := r.e.legs[1]
		l.w.poll.call(l.w, func() {
			// As if the last window had been busy and this one never ended.
			l.w.poll.pace = pace{busy: true, alone: alone, length: longest, since: l.w.now + int64(time.Hour)}
		})
		a.say(0, sine(PCMU))
		b.hear()
		l.w.poll.call(l.w, func() {
			if !l.w.poll.pace.busy {
				t.Errorf("alone %v: the worker was not busy", alone)
			}
			if n := testing.AllocsPerRun(10, l.w.poll.pace.pause); n != 0 {
				t.Errorf("alone %v: %v allocations a pause, want 0", alone, n)
			}
		})
		if s := r.e.Close(2); s.Out.Packets == 0 {
			t.Errorf("alone %v: nothing was relayed", alone)
		}
	}
}
