package exchange

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// answered brings a call up to where the callee's 200 has gone to the caller, and
// returns our tag.
func (r *rig) answered() string {
	r.t.Helper()
	r.from(trunkAddr, request("INVITE", "1", "late", "", 1, sdpText))
	r.answer(200, sdpText)
	m := r.last(trunkAddr)
	if m.Status != 200 {
		r.t.Fatalf("the caller got %d", m.Status)
	}
	return m.ToTag()
}

// hangsUp lets the caller end the call, and checks that this is what ended it.
func (r *rig) hangsUp(tag string) {
	r.t.Helper()
	for _, s := range r.sent {
		if strings.HasPrefix(s.data, "BYE ") {
			r.t.Fatal("the call was ended for want of the ACK that had come")
		}
	}
	r.from(trunkAddr, request("BYE", "1", "late", tag, 2, ""))
	r.answer(200, "")
	r.pass(time.Minute)
	r.one("Call Ended NORMAL_CLEARING 200")
}

// options are that many packets of one flow that came now.
func (r *rig) options(flow sip.Flow, n int) {
	r.t.Helper()
	for i := range n {
		text := request("OPTIONS", "1", fmt.Sprint("o", i), "", 1, "")
		if !r.x.Packets([]Packet{{Flow: flow, Data: []byte(text)}}) {
			r.t.Fatal("the mailbox is full")
		}
	}
}

// TestAnAckThatCameInTimeIsTakenThoughTheLoopIsLate: the loop stands still for
// longer than a caller may take for its ACK (RFC 3261 section 13.3.1.4). The ACK
// came long before, behind so much else that one turn does not reach it.
func TestAnAckThatCameInTimeIsTakenThoughTheLoopIsLate(t *testing.T) {
	for _, before := range []int{0, 3 * maxTurn} {
		t.Run(fmt.Sprint(before, " packets before it"), func(t *testing.T) {
			r := newRig(t, nil)
			tag := r.answered()
			r.now = r.now.Add(100 * time.Millisecond)
			r.options(flowOf(trunkAddr), before)
			r.x.Packets([]Packet{{Flow: flowOf(trunkAddr), Data: []byte(request("ACK", "1", "late", tag, 1, ""))}})
			r.now = r.now.Add(40 * time.Second)
			for range before/maxTurn + 2 {
				r.turn()
			}
			r.hangsUp(tag)
		})
	}
}

// TestAnAckThatWaitsInASocketIsTakenBeforeItsTime: the whole process stands
// still, so that the packets are read, and get their time, when it is over for
// the timer already.
func TestAnAckThatWaitsInASocketIsTakenBeforeItsTime(t *testing.T) {
	r := newRig(t, nil)
	unread := true
	r.x.opt.Unread = func() bool { return unread }
	tag := r.answered()
	r.now = r.now.Add(40 * time.Second)
	r.turn() // the loop is faster than the reader
	r.now = r.now.Add(time.Millisecond)
	r.options(flowOf(trunkAddr), 3*maxTurn)
	r.turn()
	r.x.Packets([]Packet{{Flow: flowOf(trunkAddr), Data: []byte(request("ACK", "1", "late", tag, 1, ""))}})
	unread = false
	for range 4 {
		r.turn()
	}
	r.hangsUp(tag)
}

// TestAnAckForWhichAStreamHadNoRoomIsTakenBeforeItsTime: the reader of a
// connection waits until there is room for it.
func TestAnAckForWhichAStreamHadNoRoomIsTakenBeforeItsTime(t *testing.T) {
	var b mailbox
	now := time.Unix(100, 0)
	b.wake, b.now = make(chan struct{}, 1), func() time.Time { return now }
	flow := flowOf(trunkAddr)
	flow.Transport, flow.Conn = sip.TCP, 7
	big := []Packet{{Flow: flow, Data: make([]byte, 64<<10)}}
	for b.Packets(big) {
	}
	first := now
	now = now.Add(time.Second)
	if b.take(nil, nil, nil); !b.oldest().Equal(first) {
		t.Errorf("of what waits outside the oldest came at %v, want %v", b.oldest(), first)
	}
	other := flow
	other.Conn, other.Remote = 8, flowOf(phoneAddr).Remote
	b.Packets([]Packet{{Flow: other, Data: []byte("x")}})
	if !b.Packets(big) {
		t.Fatal("there is no room")
	}
	if !b.oldest().Equal(first) {
		t.Errorf("it counts as of %v, want %v", b.oldest(), first)
	}
	if b.take(nil, nil, nil); !b.oldest().IsZero() {
		t.Errorf("nothing waits, and the oldest came at %v", b.oldest())
	}
}

// TestAFloodDoesNotStopTheTimers: there is always something that waits.
func TestAFloodDoesNotStopTheTimers(t *testing.T) {
	r := newRig(t, nil)
	r.x.opt.Unread = func() bool { return true }
	r.answered()
	for range 2 * mostWaits {
		r.now = r.now.Add(100 * time.Millisecond)
		r.options(flowOf(trunkAddr), 1)
		r.turn()
	}
	for _, s := range r.sent {
		if strings.HasPrefix(s.data, "BYE ") {
			return
		}
	}
	t.Error("the call that no ACK came for is not ended")
}

// TestArrivalsAreCounted: however packets are taken, the oldest is known.
func TestArrivalsAreCounted(t *testing.T) {
	var a arrivals
	at := func(n int) time.Time { return time.Unix(int64(n), 0) }
	var open []uint64
	for n := 1; n <= 3000; n++ {
		open = append(open, a.add(at(n)), a.add(at(n)))
	}
	for n := 1; n <= 3000; n++ {
		if got := a.oldest(); !got.Equal(at(n)) {
			t.Fatalf("the oldest is of %v, want %v", got.Unix(), n)
		}
		a.take(open[2*n-1])
		a.take(open[2*n-2])
	}
	if !a.oldest().IsZero() || len(a.list) != 0 {
		t.Errorf("%d are left", len(a.list))
	}
	// What came before others that are noted already is not forgotten.
	first, late := a.add(at(20)), a.add(at(10))
	if !a.oldest().Equal(at(10)) {
		t.Errorf("the oldest is of %v, want 10", a.oldest().Unix())
	}
	a.take(first)
	a.take(late)
	if !a.oldest().IsZero() {
		t.Error("something is left")
	}
}
