package outcome

import (
	"time"

	"onhook/call"
	"onhook/sip"
)

// What a capture did not catch, one direction of it or a packet that it lost, is
// often proved by what it did: an ACK proves the final response, an answer proves
// its request. A live call sees all of its messages, so none of this is for it.

// tells tells whether an ACK says something: that its INVITE has had a final
// response, where none was captured.
func (s *scan) tells(e *call.Event) bool {
	if !s.capture() {
		return false
	}
	for i := range s.legs {
		if l := &s.legs[i]; l.id == e.Leg {
			return l.invite != "" && l.final == 0 && l.answeredAt.IsZero()
		}
	}
	return false
}

// acked takes an ACK to a final response that was not captured.
func (s *scan) acked(l *legState, e *call.Event) {
	if l.invite == "" {
		return
	}
	var invite sip.Message
	if sip.ParseInto(&invite, l.invite) != nil {
		return
	}
	of, errOf := invite.CSeq()
	ack, errAck := s.msg.CSeq()
	began, errBegan := invite.Via()
	via, errVia := s.msg.Via()
	if errOf != nil || errAck != nil || errBegan != nil || errVia != nil || of.Seq != ack.Seq || via.Branch() == "" || began.Branch() == "" {
		return
	}
	// RFC 3261 section 17.1.1.3: the ACK to a final response of 300 or more has the
	// branch of the INVITE; section 13.2.2.4: that to a 2xx is a transaction of its own.
	if via.Branch() == began.Branch() {
		l.refused = true
		return
	}
	l.answeredAt = e.At
	if l.id == s.caller && !s.answer.is() {
		s.answer = markOf(e)
		s.answer.inferred = true
		if !s.apps {
			s.join(e)
		}
	}
}

// answerTo takes an answer to a BYE or CANCEL that was not captured; sent: the
// caller's leg sent the request, or the party of another leg did.
func (s *scan) answerTo(l *legState, e *call.Event, method sip.Method, sent bool) {
	if !s.capture() || s.msg.Status < 200 {
		return
	}
	x := *e
	x.Inferred = true
	switch {
	case method == sip.CANCEL && (l.cancelSeen || s.msg.Status >= 300 || !l.answeredAt.IsZero()):
	case method == sip.CANCEL && sent:
		if l.id == s.caller && s.finish(withdrawn, &x) {
			s.end.unseen = sip.CANCEL
		}
	case method == sip.CANCEL:
		s.cancelled(l, &x, values{})
	case method != sip.BYE || s.ended():
	case sent && !l.byeSeen:
		if s.bye(l, &x, values{}); s.ended() {
			s.unseenBye(e)
		}
	case !sent && !l.byeSent && l.id == s.caller:
		l.byeSent = true
		if s.unexplained(&x, values{}); s.ended() {
			s.unseenBye(e)
		}
	}
}

// unseenBye notes that what ended the call is a BYE of which only the answer was captured.
func (s *scan) unseenBye(e *call.Event) {
	s.end.unseen = sip.BYE
	if !s.invited {
		s.end.sender = whoSent(&s.msg, peerAddress(e.Flow, true))
	}
}

// atOnce is how long after a request in the dialog failed a BYE is taken as
// what came of it. RFC 3261 section 12.2.1.2: who gets a 481 or a 408 "SHOULD
// terminate the dialog".
const atOnce = 10 * time.Second

// stale tells whether a failure in the dialog is too long ago to be the cause
// of what is captured at a time. A timer that was concluded from the end itself
// is of that time.
func (s *scan) stale(sig *signal, at time.Time) bool {
	return s.capture() && !sig.inferred && at.Sub(sig.at) > atOnce
}

// refusedOwn notes that the caller's own request in the dialog got 481 or 408.
func (s *scan) refusedOwn(l *legState, e *call.Event, method sip.Method) {
	if !s.capture() || l.id != s.caller || l.answeredAt.IsZero() || method == sip.BYE || method == sip.CANCEL {
		return
	}
	switch s.msg.Status {
	case 481:
		s.own = signal{mark: markOf(e), reason: InvalidCallReference, detail: "in_dialog_481", text: "481 to the caller's " + string(method)}
	case 408:
		s.own = signal{mark: markOf(e), reason: TimerExpire, detail: "in_dialog_timeout", text: "408 to the caller's " + string(method)}
	}
}

// ownTimer takes a timer that must have run out on the caller's side.
func (s *scan) ownTimer(e *call.Event) {
	if s.ended() || e.Text == string(sip.BYE) {
		return
	}
	s.own = signal{mark: markOf(e), reason: TimerExpire, detail: "in_dialog_timeout", text: "no answer to the caller's " + e.Text}
	if e.Name == "session" {
		s.own.detail, s.own.text = "session_timer", "the session timer ran out on the caller's side"
	}
}

// gaveUp tells whether the caller's BYE came of a failure that its own side
// saw: section 7's rows of in-dialog 481, timeout and session timer.
func (s *scan) gaveUp(d *decision) {
	sig := &s.own
	if d.reason != NormalClearing || !sig.is() || s.stale(sig, s.end.at) {
		return
	}
	d.reason, d.detail, d.rule, d.at = sig.reason, sig.detail, "3.1", sig.mark
	d.by, d.byRule = ByNetwork, "1 ended_by 4"
	d.because = sig.text + "; the caller's BYE came of it"
	d.unsure(s, "the caller's BYE is taken as what came of the failure before it")
}
