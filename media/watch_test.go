package media

import (
	"testing"
	"time"
)

// Half an hour, so that what passes of the true time is nothing to it.
func TestTimeoutNeedsSilenceOfBoth(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Timeout, o.OneWayAfter = 30*time.Minute, -1 })
	a := r.party(1, 1, "127.0.0.1", PCMU)
	r.e.Echo(1)
	r.settled()
	r.later(29 * time.Minute)
	r.hasNo(RTPTimeout)
	a.say(0, []byte{1})
	a.hear()
	r.later(29 * time.Minute)
	r.hasNo(RTPTimeout)
	// RTCP is life.
	if _, err := a.rtcp.WriteToUDPAddrPort([]byte{0x80, rtcpRR, 0, 1, 0, 0, 0, 1}, a.ctrl); err != nil {
		t.Fatal(err)
	}
	life := r.e.legs[1]
	for deadline := time.Now().Add(patience); ; {
		seen := false
		life.w.poll.call(life.w, func() { seen = r.e.clock()-life.life < int64(10*time.Minute) })
		if seen {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("RTCP was not seen")
		}
	}
	r.later(29 * time.Minute)
	r.hasNo(RTPTimeout)
	r.later(2 * time.Minute)
	r.event(RTPTimeout, 1)
	r.later(time.Hour)
	r.hasNo(RTPTimeout)
}

func TestNoTimeoutOnHold(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Timeout = 30 * time.Minute })
	a := r.party(1, 1, "127.0.0.1", PCMU)
	a.cfg.OnHold = true
	a.set()
	r.later(5 * time.Minute)
	r.later(5 * time.Minute)
	r.hasNo(RTPTimeout)
	r.hasNo(OneWay)
	a.cfg.OnHold = false
	a.set()
	r.later(29 * time.Minute)
	r.hasNo(RTPTimeout)
	r.later(2 * time.Minute)
	r.event(RTPTimeout, 1)
}

func TestOneWayIsNamed(t *testing.T) {
	for want, say := range map[Finding]func(a *party){
		NeverCame: func(*party) {},
		OtherAddress: func(a *party) {
			other := listen(a.r.t, "127.0.0.66")
			other.WriteToUDPAddrPort(a.packet(0, sine(PCMU)), a.leg)
		},
		WrongPayload: func(a *party) { a.say(111, []byte{1}) },
		OnlySilence: func(a *party) {
			for range 60 {
				a.say(0, PCMU.Encode(nil, make([]int16, 160)))
			}
		},
	} {
		t.Run(want.String(), func(t *testing.T) {
			r := newRig(t, nil)
			a := r.party(1, 1, "127.0.0.1", PCMU)
			say(a)
			l := r.e.legs[1]
			for deadline := time.Now().Add(patience); ; {
				var got Finding
				l.w.poll.call(l.w, func() { got = l.finding() })
				if got == want {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("finding %v, want %v", got, want)
				}
			}
			r.later(6 * time.Second)
			if ev := r.event(OneWay, 1); ev.Finding != want {
				t.Errorf("got %v, want %v", ev.Finding, want)
			}
			r.later(6 * time.Second)
			r.hasNo(OneWay)
			if s := r.e.Close(1); len(s.Findings) != 1 || s.Findings[0] != want {
				t.Errorf("stats name %v", s.Findings)
			}
		})
	}
}

func TestSoundIsNoFinding(t *testing.T) {
	r := newRig(t, nil)
	a := r.party(1, 1, "127.0.0.1", PCMA)
	r.e.Echo(1)
	for range 16 {
		a.say(8, sine(PCMA))
		a.hear()
	}
	r.later(6 * time.Second)
	r.hasNo(OneWay)
}

func TestAFullBoxOfEventsKeepsDigits(t *testing.T) {
	var q queue
	rings := 0
	q.notify = func() { rings++ }
	var p pending
	for range 3 {
		for _, k := range "12" {
			ev := Event{Leg: 1, Kind: Digit, N: 1}
			ev.Digits[0] = byte(k)
			q.put(&p, ev)
		}
		q.put(&p, Event{Leg: 1, Kind: Latched})
	}
	got := q.take(nil)
	if len(got) != 2 || got[0].Keys() != "121212" || got[1].Kind != Latched || rings != 1 {
		t.Errorf("got %v after %d rings, want six digits and Latched after one", got, rings)
	}
	if got := q.take(nil); len(got) != 0 {
		t.Errorf("taken twice: %v", got)
	}
	q.put(&p, Event{Kind: OneWay})
	q.drop(&p)
	if got := q.take(nil); len(got) != 0 || rings != 2 {
		t.Errorf("of a closed leg: %v", got)
	}
}
