package outcome

import (
	"onhook/call"
	"onhook/sip"
)

// intent takes our decision to end a leg. On the caller's leg it is T.
func (s *scan) intent(e *call.Event) {
	l := s.leg(e.Leg)
	r, ok := exact(e.Cause)
	if !l.decided {
		l.decided, l.intent, l.intended, l.intentBy, l.detail = true, r, ok, markOf(e), e.Text
		if l.endedAt.IsZero() && l.id != s.caller {
			l.endedAt = e.At
		}
	}
	if l.id == s.caller {
		if s.finish(decided, e) {
			s.end.cause, s.end.hasCause, s.end.by, s.end.text, s.end.code = r, ok, e.By, e.Text, e.Code
		}
		return
	}
	if l.id == s.other && ok && table[r].scope == ScopeCall && !s.ended() {
		s.signal = signal{mark: markOf(e), reason: r, detail: e.Text, text: "the server's decision to end the other party's leg"}
	}
}

// cancelled takes a CANCEL that left. In a call of our own the intent was
// stored before; in a capture it is concluded here.
func (s *scan) cancelled(l *legState, e *call.Event, v values) {
	if l.decided || !l.out {
		return
	}
	l.decided, l.intended, l.intentBy = true, true, markOf(e)
	_, elsewhere := v.elsewhere()
	switch {
	case s.end.kind == withdrawn:
		l.intent = OriginatorCancel
	case elsewhere || s.anyAnswered():
		l.intent = PickedOff
	case s.ended():
		l.intent, l.intended = Unspecified, false
	default:
		// A ring timer that nobody told of.
		l.intent, l.guessed = NoAnswer, true
	}
	if l.endedAt.IsZero() {
		l.endedAt = e.At
	}
}

func (s *scan) anyAnswered() bool {
	for i := range s.legs {
		if s.legs[i].out && !s.legs[i].answeredAt.IsZero() {
			return true
		}
	}
	return false
}

// timer takes a timer that fired.
func (s *scan) timer(e *call.Event) {
	l := s.leg(e.Leg)
	if e.By == ByCaller.String() && s.capture() {
		s.ownTimer(e)
		return
	}
	switch e.Name {
	case "B", "F":
		s.silence(l, e)
	case "cancel":
		// Section 7: no 487 in 64*T1 after our CANCEL: taken as 487.
		l.conclude(487, byCancel, e)
	case "2xx":
		s.signal = signal{mark: markOf(e), reason: TimerExpire, detail: "no_ack", text: "no ACK from " + s.side(e.Leg) + " to the 2xx in 64*T1"}
	case "prack":
		s.signal = signal{mark: markOf(e), reason: TimerExpire, detail: "no_prack", text: "no PRACK from " + s.side(e.Leg) + " to a reliable 18x in 64*T1"}
	case "session":
		s.signal = signal{mark: markOf(e), reason: TimerExpire, detail: "session_timer", text: "the session timer ran out on the leg of " + s.side(e.Leg)}
	case "rtp":
		s.signal = signal{mark: markOf(e), reason: TimerExpire, detail: "media_timeout", text: "no RTP from " + s.side(e.Leg)}
	case "max_call":
		s.signal = signal{mark: markOf(e), reason: TerminatedFromServer, detail: "max_duration", text: "the longest duration was reached"}
	case "expires":
		s.signal = signal{mark: markOf(e), detail: "expires", text: "the INVITE's Expires ran out"}
	case "ring":
		s.signal = signal{mark: markOf(e), text: "ring timer"}
	case "progress":
		s.signal = signal{mark: markOf(e), reason: ProgressTimeout, text: "progress timer"}
	}
}

// silence takes the end of a transaction without a final response.
func (s *scan) silence(l *legState, e *call.Event) {
	method := sip.Method(e.Text)
	switch {
	case method == sip.BYE || method == sip.CANCEL:
	case l.answeredAt.IsZero() && e.Name == "B" && (method == "" || method == sip.INVITE):
		if l.decided {
			l.conclude(487, byCancel, e)
			return
		}
		l.conclude(408, byTimerB, e)
		l.trying = e.Code == 100
		if l.id == s.caller {
			s.finish(failed, e)
		}
	case method != "":
		s.signal = signal{mark: markOf(e), reason: TimerExpire, detail: "in_dialog_timeout", text: "no answer to " + e.Text + " from " + s.side(l.id)}
	}
}

// transportFailed takes the news that a message could not be delivered.
func (s *scan) transportFailed(e *call.Event) {
	l := s.leg(e.Leg)
	method := sip.Method(e.Name)
	switch {
	case method == sip.BYE || method == sip.CANCEL || method == sip.ACK:
	case (l.out || s.capture() && l.id == s.caller && method == sip.INVITE) && l.answeredAt.IsZero():
		if l.decided {
			l.conclude(487, byCancel, e)
			return
		}
		l.conclude(503, byTransport, e)
		l.why = e.Text
		if l.id == s.caller && s.finish(failed, e) {
			s.end.open = true // another server may be tried
		}
	case !l.answeredAt.IsZero():
		s.signal = signal{mark: markOf(e), reason: TimerExpire, detail: "transport", text: "nothing can be delivered to " + s.side(l.id) + ": " + e.Text}
	}
}

// unexplained takes our BYE to the caller that no intent came before: from a
// capture, or after attempts that a menu or a transfer made.
func (s *scan) unexplained(e *call.Event, v values) {
	switch {
	case (s.stage == StageRouting || s.stage == StageRinging) && s.answeredNow() != AnsweredNo && s.anyResult():
		s.finish(failed, e)
	case s.signal.is() && s.signal.reason != Unspecified && !s.stale(&s.signal, e.At):
		sig := s.signal
		s.finish(decided, e)
		s.end.cause, s.end.hasCause, s.end.text = sig.reason, true, sig.detail
	case s.capture():
		s.finish(byeOther, e)
		s.end.v = v
	default:
		s.finish(lost, e)
	}
}

// conclude sets T where the events have none: the attempts have failed and the
// caller was not told yet, the server was killed, or a capture was cut.
func (s *scan) conclude() {
	if s.ended() {
		return
	}
	e := call.Event{At: s.lastAt}
	switch {
	case s.answeredNow() == AnsweredNo && s.anyResult():
		s.finish(failed, &e)
	case (s.stage == StageRouting || s.stage == StageRinging) && s.anyResult():
		s.finish(failed, &e)
	case s.signal.is() && s.signal.reason != Unspecified && !s.capture():
		sig := s.signal
		s.finish(decided, &e)
		s.end.mark = sig.mark
		s.end.cause, s.end.hasCause, s.end.text = sig.reason, true, sig.detail
	case s.alive.is() && !s.capture():
		s.finish(decided, &e)
		s.end.mark = s.alive
		s.end.cause, s.end.hasCause, s.end.text = TerminatedFromServer, true, "recovered"
	default:
		s.finish(lost, &e)
	}
}
