package analyse

import (
	"strings"

	"onhook/call"
	"onhook/sip"
)

// serverBye finds that the server between two legs ended both, and neither
// party nor a timer was seen to want it: an operator, a limit or a shutdown.
func (b *builder) serverBye(t *track, place int) {
	bye := t.bye()
	if bye < 0 || t.far(&t.l.msgs[bye]) || len(b.tracks) < 2 {
		return
	}
	at, both := t.l.msgs[bye].at, false
	for i := 1; i < len(b.tracks); i++ {
		x := &b.tracks[i]
		y := x.bye()
		switch {
		case x.answer() < 0 && x.l.adopted == 0, x.l.leaves:
		case y < 0 || x.far(&x.l.msgs[y]):
			return // the other party ended it, or its BYE was not captured
		default:
			both = true
			at = min(at, x.l.msgs[y].at)
		}
	}
	if !both || abnormal(b.c.text(&t.l.msgs[bye])) {
		return
	}
	for i := range b.steps {
		s := &b.steps[i]
		if s.msg < 0 && timedOut(&b.events[s.event]) {
			return
		}
		if s.msg >= 0 && s.at < at {
			// A request in the dialog that was refused with 481 or 408 is a cause of its own.
			if m := &b.tracks[s.track].l.msgs[s.msg]; (m.status == 481 || m.status == 408) && m.method != mBYE && m.method != mCANCEL && b.tracks[s.track].answer() >= 0 {
				return
			}
		}
	}
	b.conclude(place, at, -1, call.Event{Kind: call.EvIntent, Cause: "Terminated_From_Server", By: "platform", Text: "the server sent BYE to both parties, and none of them had hung up"})
}

// abnormal tells whether a BYE says why it was sent, and says more than that the
// call was cleared (rules, section 5: "absent, 16, 31, SIP cause below 400, or
// SIP 487").
func abnormal(text string) bool {
	var m sip.Message
	if sip.ParseInto(&m, text) != nil && m.Method == "" {
		return false
	}
	for _, r := range m.Reasons() {
		switch {
		case strings.EqualFold(r.Protocol, "Q.850"):
			if r.Cause >= 1 && r.Cause <= 127 && r.Cause != 16 && r.Cause != 31 {
				return true
			}
		case strings.EqualFold(r.Protocol, "SIP"):
			if r.Cause >= 400 && r.Cause <= 699 && r.Cause != 487 {
				return true
			}
		case strings.EqualFold(r.Protocol, "preemption"):
			return true
		}
	}
	return false
}

// timedOut tells whether a concluded event is a cause of an end by itself.
func timedOut(e *call.Event) bool {
	return e.Kind == call.EvTimer && e.Name != "H" && e.Text != "BYE" || e.Kind == call.EvMedia && e.Name == "timeout"
}
