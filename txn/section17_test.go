package txn

import (
	"slices"
	"testing"
	"time"
)

// drive steps a machine at each of its deadlines up to end and returns when the named timer fired, in ms.
func drive(m stepper, end time.Duration, name string) (fired []int) {
	for {
		dl := m.Deadline()
		if dl.IsZero() || dl.After(start.Add(end)) {
			return fired
		}
		for _, a := range m.Step(nil, dl, Input{}) {
			if a.Kind == ActTimer && a.Timer == name {
				fired = append(fired, int(dl.Sub(start).Milliseconds()))
			}
		}
	}
}

func has(acts []Action, k ActionKind) bool {
	return slices.ContainsFunc(acts, func(a Action) bool { return a.Kind == k })
}

func TestSection17_1_1_2_TimerADoublesWithoutBound(t *testing.T) {
	m := NewInviteClient(start, RFC(), false)
	if got, want := drive(&m, time.Minute, "A"), []int{500, 1500, 3500, 7500, 15500, 31500}; !slices.Equal(got, want) {
		t.Errorf("timer A fired at %v ms, want %v", got, want)
	}
	if m.State() != Terminated {
		t.Errorf("after timer B the state is %v", m.State())
	}
}

func TestSection17_1_1_2_TimerBAt64T1OnEveryTransport(t *testing.T) {
	for _, reliable := range []bool{false, true} {
		m := NewInviteClient(start, RFC(), reliable)
		if got := drive(&m, time.Minute, "B"); !slices.Equal(got, []int{32000}) {
			t.Errorf("reliable %v: timer B fired at %v", reliable, got)
		}
	}
}

func TestSection17_1_1_2_ProvisionalStopsRetransmissionAndTimeout(t *testing.T) {
	m := NewInviteClient(start, RFC(), false)
	m.Step(nil, start, Input{Kind: InResponse, Status: 100})
	if !m.Deadline().IsZero() {
		t.Errorf("a timer runs in Proceeding: %v", m.Deadline())
	}
}

func TestRFC6026Section8_4_TimerDIsAtLeast32sWhateverT1(t *testing.T) {
	for _, tm := range []Timers{RFC(), Scaled(100 * time.Millisecond), Scaled(time.Second)} {
		m := NewInviteClient(start, tm, false)
		m.Step(nil, start, Input{Kind: InResponse, Status: 486})
		if d := m.Deadline().Sub(start); d < 32*time.Second || d < 64*tm.T1 {
			t.Errorf("T1 %v: timer D is %v", tm.T1, d)
		}
	}
}

func TestSection17_1_2_2_TimerECapsAtT2(t *testing.T) {
	m := NewClient(start, RFC(), false)
	want := []int{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}
	if got := drive(&m, time.Minute, "E"); !slices.Equal(got, want) {
		t.Errorf("timer E fired at %v ms, want %v", got, want)
	}
}

func TestSection17_2_1_AckStopsRetransmission(t *testing.T) {
	m := NewInviteServer(start, RFC(), false)
	m.Step(nil, start, Input{Kind: InRespond, Status: 486})
	m.Step(nil, start, Input{Kind: InAck})
	if got := drive(&m, time.Minute, "G"); got != nil {
		t.Errorf("timer G fired at %v after the ACK", got)
	}
}

func TestSection17_2_1_TimerGDoublesToT2UntilH(t *testing.T) {
	m := NewInviteServer(start, RFC(), false)
	m.Step(nil, start, Input{Kind: InRespond, Status: 486})
	c := m
	want := []int{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}
	if got := drive(&m, time.Minute, "G"); !slices.Equal(got, want) {
		t.Errorf("timer G fired at %v ms, want %v", got, want)
	}
	if got := drive(&c, time.Minute, "H"); !slices.Equal(got, []int{32000}) {
		t.Errorf("timer H fired at %v", got)
	}
}

func TestRFC6026Section7_1_TransportErrorNeverEndsAnInviteServer(t *testing.T) {
	for _, status := range []int{180, 200, 486} {
		m := NewInviteServer(start, RFC(), false)
		m.Step(nil, start, Input{Kind: InRespond, Status: status})
		before := m.State()
		acts := m.Step(nil, start, Input{Kind: InTransport})
		if m.State() != before || !has(acts, ActFailed) {
			t.Errorf("after a %d: %v -> %v, %v", status, before, m.State(), acts)
		}
	}
}

func TestRFC4320Section4_1_NoEarly100ToNonInvite(t *testing.T) {
	m := NewServer(start, RFC(), false)
	if got := drive(&m, 10*time.Second, "100"); !slices.Equal(got, []int{3500}) {
		t.Errorf("the 100 goes at %v ms, want when timer E reaches T2: 3500", got)
	}
}

func TestRFC4320Section4_2_NoFinalAfterTheClientGaveUp(t *testing.T) {
	m := NewServer(start, RFC(), false)
	drive(&m, time.Minute, "F")
	if acts := m.Step(nil, start.Add(time.Minute), Input{Kind: InRespond, Status: 200}); m.State() != Terminated || len(acts) != 0 {
		t.Errorf("%v, %v", m.State(), acts)
	}
}

// A loop that stood still for long sends one repetition, not a burst.
func TestLateStepRepeatsOnce(t *testing.T) {
	m := NewClient(start, RFC(), false)
	n := 0
	for _, a := range m.Step(nil, start.Add(20*time.Second), Input{}) {
		if a.Kind == ActAgain {
			n++
		}
	}
	if n != 1 || !m.Deadline().After(start.Add(20*time.Second)) {
		t.Errorf("%d repetitions at once, next at %v", n, m.Deadline().Sub(start))
	}
}

func TestStepDoesNotAllocate(t *testing.T) {
	room := make([]Action, 0, 16)
	if n := testing.AllocsPerRun(100, func() {
		m := NewInviteServer(start, RFC(), false)
		room = m.Step(room[:0], start, Input{Kind: InRespond, Status: 486})
		room = m.Step(room, start.Add(time.Second), Input{})
		room = m.Step(room, start.Add(time.Second), Input{Kind: InAck})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
