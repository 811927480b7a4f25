package outcome

import (
	"strings"

	"onhook/call"
	"onhook/sip"
)

// parse reads the event's message into s.msg; false: there is nothing in it
// that a rule asks for.
func (s *scan) parse(e *call.Event) bool {
	// An ACK or a 100 decides nothing, so it is not worth the parsing.
	if strings.HasPrefix(e.Msg, "ACK ") && !s.tells(e) || strings.HasPrefix(e.Msg, "SIP/2.0 100") {
		return false
	}
	// Nor does a provisional response of our own.
	if e.Kind == call.EvSent && strings.HasPrefix(e.Msg, "SIP/2.0 1") && !s.capture() {
		return false
	}
	err := sip.ParseInto(&s.msg, e.Msg)
	return err == nil || s.msg.Method != "" || s.msg.Status != 0
}

// method is what a response answers.
func (s *scan) method() sip.Method {
	v := s.msg.Get(sip.HCSeq)
	if i := strings.LastIndexAny(v, " \t"); i >= 0 {
		return sip.Method(v[i+1:])
	}
	return ""
}

func (s *scan) received(e *call.Event) {
	if !s.parse(e) {
		return
	}
	l := s.leg(e.Leg)
	m := &s.msg
	if s.midway(l, e) {
		return
	}
	s.brought(l, e)
	if !m.IsRequest() {
		s.response(l, e)
		return
	}
	switch m.Method {
	case sip.INVITE:
		if l.answeredAt.IsZero() && !l.out {
			s.begin(l, e, false)
		}
	case sip.ACK:
		s.acked(l, e)
	case sip.CANCEL:
		v := readReasons(m, &l.reasons)
		l.cancelSeen = true
		if l.id == s.caller && l.answeredAt.IsZero() && s.finish(withdrawn, e) {
			s.end.v = v
		}
		if l.in && l.id != s.caller && l.answeredAt.IsZero() && !l.hasCause {
			// Who wanted to pick the call up gave up.
			l.cause, l.hasCause = OriginatorCancel, true
		}
	case sip.BYE:
		l.byeSeen = true
		s.bye(l, e, readReasons(m, &l.reasons))
	case sip.REFER:
		// RFC 5589 section 7.3: the Refer-To of an attended transfer carries Replaces.
		l.referring, l.replacing = true, strings.Contains(m.Get(sip.HReferTo), "Replaces=")
	}
}

// midway takes the first message of a call whose INVITE was not captured; true
// says that it is done with it. Section 3a: without the INVITE caller and
// callee are unknown.
func (s *scan) midway(l *legState, e *call.Event) bool {
	if !s.capture() || s.invited || l.id != call.Caller {
		return false
	}
	m := &s.msg
	if m.Method == sip.INVITE && m.ToTag() == "" {
		return false
	}
	if l.callID == "" {
		s.from, s.to = party(m, sip.HFrom), party(m, sip.HTo)
		l.callID, l.address = m.CallID(), peerAddress(e.Flow, e.Kind == call.EvSent)
	}
	if m.Method != sip.INVITE {
		return false
	}
	if l.answeredAt.IsZero() {
		// A re-INVITE: the call was answered before the capture began.
		l.answeredAt = e.At
		s.bridge = markOf(e)
		s.setStage(StageTalking, s.bridge)
	}
	return true
}

// brought notes which dialog a leg is whose INVITE belongs to another call: it was
// picked up or transferred from there.
func (s *scan) brought(l *legState, e *call.Event) {
	m := &s.msg
	if l.callID != "" || s.capture() || m.Method == sip.INVITE && m.ToTag() == "" {
		return
	}
	l.callID, l.address = m.CallID(), peerAddress(e.Flow, e.Kind == call.EvSent)
}

// begin takes the INVITE that makes or tries a leg's dialog.
func (s *scan) begin(l *legState, e *call.Event, out bool) {
	m := &s.msg
	l.out, l.in = out, !out
	l.again()
	if s.capture() {
		l.invite = e.Msg
	}
	if l.callID == "" {
		l.callID, l.address = m.CallID(), peerAddress(e.Flow, out)
		if l.startedAt.IsZero() {
			l.startedAt = e.At
		}
	}
	if l.id != call.Caller {
		return
	}
	if s.end.open {
		// The caller came back, with credentials, say: the challenge ended nothing.
		s.end, s.sent, s.sipFinal = ending{}, mark{}, 0
	}
	if !s.invited {
		s.invited, s.outward = true, out
		s.from, s.to = party(m, sip.HFrom), party(m, sip.HTo)
		s.startedAt = e.At
		if len(s.segments) == 0 {
			s.setStage(StageRouting, markOf(e))
		}
	}
}

// peerAddress takes the far side from a flow "udp from>to".
func peerAddress(flow string, out bool) string {
	_, pair, _ := strings.Cut(flow, " ")
	from, to, _ := strings.Cut(pair, ">")
	if out {
		return to
	}
	return from
}

func party(m *sip.Message, id sip.HeaderID) Party {
	a, err := sip.ParseNameAddr(m.Get(id))
	if err != nil {
		// A name that is quoted wrongly, say: the URI in brackets is still good.
		_, rest, _ := strings.Cut(m.Get(id), "<")
		uri, _, ok := strings.Cut(rest, ">")
		if !ok {
			return Party{}
		}
		a.URIText = uri
	}
	p := Party{URI: a.URIText, Name: a.Display}
	if u, err := a.URI(); err == nil {
		p.Number = sip.Unescape(u.User)
	}
	return p
}

// response takes a response that came on a leg.
func (s *scan) response(l *legState, e *call.Event) {
	m := &s.msg
	method := s.method()
	l.rang = l.rang || m.Status == 180
	switch {
	case method != sip.INVITE || !l.answeredAt.IsZero():
		s.inDialog(l, e, method)
		return
	case m.Status < 200:
		s.provisional(l, e)
		return
	case m.Status >= 300 && l.final != 0 && l.synthetic == "":
		return
	}
	l.final, l.finalBy, l.synthetic, l.phrase = m.Status, markOf(e), "", m.Phrase
	l.warned(m)
	l.v = readReasons(m, &l.reasons)
	if m.Status < 300 {
		l.answeredAt = e.At
		if s.first(l) && !s.answer.is() && !l.decided {
			s.caller, s.answer, s.sent, s.sipFinal = l.id, markOf(e), markOf(e), m.Status
		}
		return
	}
	if l.endedAt.IsZero() {
		l.endedAt = e.At
	}
	if s.first(l) && !s.answer.is() {
		s.sent, s.sipFinal = markOf(e), m.Status
	}
	if l.id == s.caller && s.outward && s.finish(failed, e) {
		s.end.open = true
	}
}

// inDialog takes the response to a request in a dialog. One to our own BYE or
// CANCEL never decides anything.
func (s *scan) inDialog(l *legState, e *call.Event, method sip.Method) {
	if method == sip.BYE || method == sip.CANCEL {
		s.answerTo(l, e, method, false)
		return
	}
	if l.answeredAt.IsZero() {
		return
	}
	switch s.msg.Status {
	case 481:
		s.signal = signal{mark: markOf(e), reason: InvalidCallReference, detail: "in_dialog_481", text: "481 to " + string(method) + " from " + s.side(l.id)}
	case 408:
		s.signal = signal{mark: markOf(e), reason: TimerExpire, detail: "in_dialog_timeout", text: "408 to " + string(method) + " from " + s.side(l.id)}
	}
}

// provisional takes a 101 to 199 that came on a leg (rules, section 1, alerting evidence).
func (s *scan) provisional(l *legState, e *call.Event) {
	m := &s.msg
	if v := readReasons(m, &l.reasons); v.q850.cause != 0 {
		l.early = v
	}
	switch m.Status {
	case 180, 181, 182:
		s.alerted(l, e, false)
	case 183:
		if hasSession(m) {
			s.alerted(l, e, true)
		}
	}
}

// hasSession tells whether a message brings a session description, be it a part
// of a multipart body (RFC 5621), as gateways to ISDN send it.
func hasSession(m *sip.Message) bool {
	t, ok := m.ContentType()
	if !ok || m.Body == "" {
		return false
	}
	if t.Is("application/sdp") {
		return true
	}
	for p := range t.Parts(m.Body) {
		if x, ok := sip.ParseMediaType(p.Type); ok && x.Is("application/sdp") {
			return true
		}
	}
	return false
}

// bye takes a BYE that came on a leg.
func (s *scan) bye(l *legState, e *call.Event, v values) {
	if l.endedAt.IsZero() {
		l.endedAt = e.At
	}
	switch {
	case l.transferor && s.end.kind == notEnded && !(s.capture() && len(s.legs) == 1):
		// "The end of a transferor's leg is not T." From a capture of that leg
		// alone it is all there is.
	case s.ended():
		// Section 7: both sent BYE at once.
		byBye := s.end.kind == byeCaller || s.end.kind == byeOther
		if (l.id == s.caller || l.id == s.other) && (l.byeSent || byBye && l.id != s.end.leg) {
			s.crossed = true
		}
	case l.id == s.caller && s.beforeAnswer(l):
		if s.finish(withdrawn, e) {
			s.end.v = v
		}
	case l.id == s.caller:
		s.finish(byeCaller, e)
		s.end.v = v
	case l.id == s.other || s.other == 0 && !l.answeredAt.IsZero() && !l.decided && (s.answer.is() || !s.invited || s.outward || s.capture()):
		s.finish(byeOther, e)
		s.end.v = v
	}
}

// beforeAnswer tells whether the caller's BYE is a withdrawal. In a call that
// the API made the first dialled party takes the caller's place: until it is
// joined with the second its BYE is one too. After an ACK it is none: who gives
// the ACK to a 2xx the branch of the INVITE is an old phone.
func (s *scan) beforeAnswer(l *legState) bool {
	if s.outward {
		return !s.bridge.is() && !s.apps
	}
	return !s.answer.is() && s.invited && l.answeredAt.IsZero() && !l.refused
}

// sentMessage takes a message that left.
func (s *scan) sentMessage(e *call.Event) {
	if !s.parse(e) {
		return
	}
	l := s.leg(e.Leg)
	m := &s.msg
	if s.midway(l, e) {
		return
	}
	s.brought(l, e)
	if !m.IsRequest() {
		s.answered(l, e)
		return
	}
	switch m.Method {
	case sip.INVITE:
		if l.answeredAt.IsZero() {
			s.begin(l, e, true)
		}
	case sip.ACK:
		s.acked(l, e)
	case sip.CANCEL:
		l.cancelSeen = true
		s.cancelled(l, e, readReasons(m, &l.reasons))
	case sip.NOTIFY:
		// RFC 3515 section 2.4.4: the last NOTIFY of a REFER says how it went.
		if strings.HasPrefix(m.Body, "SIP/2.0 ") && len(m.Body) > 8 && m.Body[8] >= '3' {
			l.transferor, l.referring = false, false
		}
	case sip.BYE:
		v := readReasons(m, &l.reasons)
		l.byeSent = true
		if l.endedAt.IsZero() {
			l.endedAt = e.At
		}
		if s.capture() && len(s.legs) == 1 && s.end.kind == byeCaller {
			// One dialog between two parties: both sent BYE at once (section 7).
			s.crossed = true
		}
		if l.id == s.caller && !s.ended() {
			s.unexplained(e, v)
		}
	}
}

// answered takes a response that we sent: to the caller's INVITE, or to a REFER.
func (s *scan) answered(l *legState, e *call.Event) {
	m := &s.msg
	method := s.method()
	if method == sip.REFER {
		l.transferor = l.transferor || l.referring && m.Status < 300
		return
	}
	s.refusedOwn(l, e, method)
	if method != sip.INVITE {
		s.answerTo(l, e, method, true)
		// An INVITE whose CSeq cannot be read is answered all the same.
		if _, err := m.CSeq(); err == nil || s.capture() {
			return
		}
	}
	l.rang = l.rang || m.Status == 180 // even one that was captured behind the 200
	if l.out || !l.answeredAt.IsZero() {
		return
	}
	if m.Status < 200 {
		// From a capture of one side only, what the caller was told is all there is.
		if len(s.legs) == 1 && s.capture() {
			s.provisional(l, e)
		}
		return
	}
	l.final, l.finalBy, l.phrase = m.Status, markOf(e), m.Phrase
	l.warned(m)
	l.v = readReasons(m, &l.reasons)
	if l.id == s.caller {
		s.sent, s.sipFinal = markOf(e), m.Status
	}
	if m.Status < 300 {
		l.answeredAt = e.At
		if l.id == s.caller && s.end.open && s.capture() {
			// The INVITE that came with credentials, say, was not captured.
			s.end = ending{}
		}
		if l.id == s.caller && !s.answer.is() {
			s.answer = markOf(e)
			if s.capture() && !s.apps {
				s.join(e)
			}
		}
		return
	}
	if l.endedAt.IsZero() {
		l.endedAt = e.At
	}
	if l.id == s.caller && s.finish(failed, e) {
		s.end.open = true
	}
}

// join takes the 2xx to the caller as the joining of the two parties: in a
// capture nothing else tells it (rules, section 3a).
func (s *scan) join(e *call.Event) {
	for i := range s.legs {
		if l := &s.legs[i]; l.out && !l.answeredAt.IsZero() && !l.decided && s.other == 0 {
			s.other = l.id
			s.roundFrom = len(s.legs)
		}
	}
	s.setStage(StageTalking, markOf(e))
}
