package outcome

import (
	"strings"

	"onhook/call"
)

// A decision is why the call ended: what Fold records and Verdict sends.
type decision struct {
	reason     Reason
	status     Status
	by         EndedBy
	byRule     string
	received   int    // the final response that decided, as it came
	used       string // the Reason value to pass on; empty: the reason's own
	detail     string
	confidence Confidence
	rule       string
	at         mark
	leg        *legState // the attempt that decided, if one did
	code       int       // the final code that RFC 3261 fixes; 0: none
	stage      Stage
	answered   Answered
	because    string // what the deciding event was, in words
}

// decide applies section 3 to T.
func (s *scan) decide() decision {
	s.conclude()
	t := &s.end
	d := decision{confidence: Certain, at: t.mark, stage: t.stage, answered: t.answered}
	switch t.kind {
	case withdrawn:
		s.decideWithdrawn(&d)
	case byeCaller:
		s.decideCallerBye(&d)
	case byeOther:
		d.because = s.byeSender()
		d.bye(readBye(t.v), ByCallee, s)
		if s.platformCalls() && t.stage == StageMenu && s.leaf && d.reason == NormalClearing {
			// Section 2: in a call that the API made to one party "a leaf is End_In_IVR".
			d.reason, d.rule, d.because = EndInIVR, "2", "BYE from the party at a final leaf"
		}
	case decided:
		s.decideOwn(&d)
	case failed:
		s.decideFailed(&d)
	default:
		d.reason, d.confidence, d.rule, d.byRule = Unspecified, Guess, "3.5", "1 ended_by 6"
		d.because = cutOff
	}
	if s.answer.inferred && d.answered == AnsweredParty {
		d.unsure(s, "the 2xx was not captured: the caller's ACK shows that there was one")
	}
	if s.crossed {
		d.confidence = min(d.confidence, Likely)
		s.note("both sides sent BYE at once: the first one counts")
	}
	if t.inferred || t.kind == decided && t.signal.inferred {
		d.confidence = min(d.confidence, Likely)
		s.note("the deciding event was concluded, not seen")
	}
	if !s.invited && s.capture() && !s.platformCalls() {
		// Section 3a: without the INVITE caller and callee are unknown.
		d.by, d.byRule = ByUnknown, "3a"
		d.confidence = min(d.confidence, Likely)
		s.note("the INVITE was not seen: who called is not known")
		if t.sender != "" {
			d.because = "BYE from " + t.sender
		}
	}
	if t.unseen != "" {
		d.because += ", which was not captured itself: its answer was"
	}
	if d.reason == Unspecified {
		s.note("nothing that was seen explains the end")
		if s.leg(s.caller).refused {
			s.note("the caller's ACK shows that the INVITE was refused, but the final response was not captured: with which code is not known")
		}
	}
	if s.capture() {
		s.doubt(&d)
	}
	d.status = StatusOf(d.reason, d.answered, d.stage)
	return d
}

// cutOff is said of a call whose end nothing explains.
const cutOff = "the events stop here"

func (s *scan) note(text string) {
	for _, n := range s.notes {
		if n == text {
			return
		}
	}
	s.notes = append(s.notes, text)
}

// decideWithdrawn is rule 2.
func (s *scan) decideWithdrawn(d *decision) {
	d.reason, d.by, d.rule, d.byRule = OriginatorCancel, ByCaller, "3.2", "1 ended_by 1"
	d.because = "CANCEL from the caller"
	if s.end.bye {
		d.because = "BYE from the caller, before the call was answered"
	}
	if used, ok := s.end.v.elsewhere(); ok {
		d.reason, d.used = PickedOff, used
		d.because += " that says that the call was answered elsewhere"
	} else if s.onward && !s.outward {
		d.unsure(s, "the INVITE names another leg, which was not captured: the server that sent it may have given up by itself, after a time of ringing, say")
	}
	if !s.outward {
		d.answered = AnsweredNo
	}
	if s.capture() && !s.sent.is() {
		d.confidence = Likely // section 3a: CANCEL and no final
		s.note("the caller withdrew, and no final response to its INVITE was seen")
	}
}

// decideCallerBye is rule 3 for the caller: the stage comes first.
func (s *scan) decideCallerBye(d *decision) {
	d.by, d.rule, d.byRule = ByCaller, "3.3", "1 ended_by 1"
	switch s.end.stage {
	case StageMenu:
		d.reason, d.because = AbandonedIVRMenu, "BYE from the caller while a menu was open"
		if s.leaf {
			d.reason, d.because = EndInIVR, "BYE from the caller at a final leaf"
		}
	case StageQueue:
		d.reason, d.because = EndedInCallSystem, "BYE from the caller in a queue"
	case StageVoicemail:
		d.reason, d.because = AbandonedVoicemail, "BYE from the caller in a mailbox, without a message"
		d.rule = "7 voicemail"
		if s.recorded {
			d.reason, d.because = CallerLeftVoicemail, "BYE from the caller after a message"
		}
		s.mailboxDetail(d)
	case StageHold, StageConsult:
		if s.end.leg != call.Caller {
			// "903 is only for the original caller", not for who took its place by a transfer.
			d.because = "BYE from the party that took the caller's place"
			d.bye(readBye(s.end.v), ByCaller, s)
			return
		}
		d.reason, d.because = AbandonedOnHold, "BYE from the caller while it was held"
	case StageRouting, StageRinging:
		if s.end.answered == AnsweredNo || !s.invited || s.end.leg != call.Caller {
			d.because = "BYE from the caller"
			d.bye(readBye(s.end.v), ByCaller, s)
			return
		}
		d.reason, d.because = AbandonedOnHold, "BYE from the caller while it waited for a transfer"
	default:
		d.because = "BYE from the caller"
		d.bye(readBye(s.end.v), ByCaller, s)
		s.gaveUp(d)
	}
}

func (s *scan) mailboxDetail(d *decision) {
	if s.notStored != "" {
		d.detail = s.notStored
	}
}

// bye takes what a BYE says.
func (d *decision) bye(r reading, by EndedBy, s *scan) {
	d.reason, d.used, d.rule = r.reason, r.used, r.rule
	if r.used != "" {
		d.because += " with the Reason " + r.used
	}
	d.confidence = min(d.confidence, r.confidence)
	d.by, d.byRule = by, "1 ended_by 2"
	if by == ByCaller {
		d.byRule = "1 ended_by 1"
	}
	if r.reason != NormalClearing && table[r.reason].by[0] == ByNetwork {
		d.by = ByNetwork
	}
	if r.note != "" {
		s.note(r.note)
	}
	if d.answered == AnsweredNo {
		// A BYE ends a dialog that was confirmed, even where its 2xx was not seen.
		d.answered = AnsweredParty
		d.confidence = min(d.confidence, Likely)
		s.note("the 2xx was not seen; a BYE ends a confirmed dialog")
		if d.stage == StageRouting || d.stage == StageRinging {
			d.stage = StageTalking
		}
	}
}

// decideOwn is rule 1: the intent's root cause.
func (s *scan) decideOwn(d *decision) {
	t := &s.end
	d.code = t.code
	if word(t.text) {
		d.detail = t.text
	} else {
		s.note(t.text)
	}
	if d.detail == "" && t.signal.detail != "" && (t.signal.reason == t.cause || t.signal.reason == Unspecified) {
		d.detail = t.signal.detail
	}
	if t.stage == StageVoicemail && mailboxEnd(t) {
		s.decideMailbox(d)
		return
	}
	expired := d.detail == "expires"
	if !t.hasCause && t.stage != StageQueue || expired && (t.cause == NoAnswer || t.cause == NoUserResponse) {
		// "The INVITE's Expires ran out -> as the ring timer", and "the other leg
		// ended -> that leg's own terminating event".
		if r, ok := s.choose(); ok {
			d.take(r, s)
			if expired {
				d.detail, d.received = "expires", 0
				d.by, d.byRule = ByPlatform, "1 ended_by 5"
			}
			return
		}
	}
	d.reason, d.rule = t.cause, "3.1"
	if !t.hasCause && t.stage == StageMenu {
		d.reason = EndInIVR
	}
	if !t.hasCause && t.stage == StageQueue {
		// "Queue: time over -> NO_ANSWER", whatever its agents answered.
		d.reason = s.ledOr(NoAnswer)
	}
	d.by, d.byRule = byOwn(d.reason, d.answered), "1 ended_by 5"
	if d.by == ByNetwork {
		d.byRule = "1 ended_by 4"
	}
	switch d.reason {
	case AttendedTransfer, BlindTransfer, NormalClearing, PickedOff, OriginatorCancel:
		// Not decisions of ours but consequences: who caused it is in the event.
		if by, ok := parseEndedBy(t.by); ok {
			d.by = by
		}
	case Unspecified:
		d.confidence, d.by, d.byRule, d.rule = Guess, ByUnknown, "1 ended_by 6", "3.5"
	}
	d.because = "the server's decision to refuse the call"
	if d.answered != AnsweredNo {
		d.because = "the server's decision to end the call"
	}
	if d.reason == AttendedTransfer {
		d.because = "the transfer that joined the two others was completed"
	}
	if t.text != "" && !word(t.text) {
		d.because += ": " + strings.TrimPrefix(strings.TrimPrefix(t.text, "sip: "), "media: ")
	}
	if d.detail == "recovered" {
		d.confidence = min(d.confidence, Likely)
		s.note("closed after a restart: what happened since it was last known to be up is not known")
		d.because = "recovery after a restart: the call was last known to be up at this time"
		if s.alive.is() {
			s.end.at = s.alive.at
		}
	} else if t.signal.is() && t.signal.text != "" {
		d.because = t.signal.text
	}
}

// word tells whether an intent's text is a detail: one word, or nothing.
func word(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == ' ' || c == '\n' || c >= 0x80 {
			return false
		}
	}
	return len(s) <= 40
}

func parseEndedBy(name string) (EndedBy, bool) {
	for b, n := range endedByNames {
		if n == name {
			return EndedBy(b), true
		}
	}
	return ByUnknown, false
}

// mailboxEnd tells whether the mailbox itself ended the call, in whatever
// words; a command or a shutdown keeps its own reason.
func mailboxEnd(t *ending) bool {
	if !t.hasCause {
		return true
	}
	switch t.cause {
	case CallerLeftVoicemail, AbandonedVoicemail, EndInIVR, NormalClearing:
		return true
	}
	return false
}

// decideMailbox is section 7's row for a mailbox that we end: 905 if a message
// reached the least length, else the reason that led to the mailbox; a mailbox
// dialled directly: 906.
func (s *scan) decideMailbox(d *decision) {
	detail := d.detail
	d.reason, d.rule, d.by, d.byRule = EndInIVR, "7 voicemail", ByPlatform, "1 ended_by 5"
	d.because = "the server's mailbox ended the call"
	if s.recorded {
		d.reason = CallerLeftVoicemail
	} else if r, ok := s.choose(); ok {
		d.take(r, s)
		d.rule, d.by, d.byRule, d.detail = "7 voicemail", ByPlatform, "1 ended_by 5", detail
	} else if s.led != Unspecified {
		d.reason, d.at, d.because = s.led, s.ledBy, "the queue gave up, and its mailbox got no message"
	}
	s.mailboxDetail(d)
}

// decideFailed is rule 4.
func (s *scan) decideFailed(d *decision) {
	if r, ok := s.choose(); ok {
		d.take(r, s)
		if s.outward && !s.answer.is() && r.received != 0 {
			s.sent, s.sipFinal = r.at, r.received // of several phones of the first party
		}
		if s.capture() && s.sipFinal >= 300 && r.received != 0 && s.sipFinal != r.received && s.sipFinal != passedOn(r.received) {
			d.confidence = min(d.confidence, Likely)
			s.note("the caller was sent another code than the attempts gave: the server may have decided by itself")
		}
		return
	}
	// Nobody was called, or the capture shows the caller's side alone: the final
	// that the caller was sent is all there is.
	l := s.leg(s.caller)
	if l.synthetic != "" {
		d.take(l.silentResult(), s)
		d.confidence = min(d.confidence, Likely) // section 3a
		if l.trying {
			s.note("no response but a 100 was seen in the capture")
		} else {
			s.note("no response was seen in the capture")
		}
		return
	}
	if l.final < 300 {
		d.reason, d.confidence, d.rule, d.byRule = Unspecified, Guess, "3.5", "1 ended_by 6"
		d.because = cutOff
		return
	}
	from := sender{alerted: l.alerted, noMedia: l.noMedia, phrase: l.phrase}
	r := readFinal(l.final, from, l.v, l.early)
	result := result{
		leg: l, reason: r.reason, received: l.final, confidence: r.confidence, used: r.used, note: r.note,
		rule: r.rule, at: l.finalBy, by: byFinal(r.reason), alerted: r.alerted,
	}
	l.weak(&result)
	d.take(result, s)
	if !s.capture() {
		d.confidence, d.by, d.byRule, d.received = Guess, ByPlatform, "1 ended_by 5", 0
		s.note("the caller was refused without a stored reason")
	} else if len(s.legs) > 1 {
		d.confidence = min(d.confidence, Likely)
		s.note("no attempt that was captured explains what the server answered")
	} else if by := table[r.reason].by; by[0] != ByCallee || len(by) > 1 || r.reason == BearerNotImpl {
		// Section 3a: "A final is taken as received, decided by its sender (likely
		// where our own side would have been asked)": a server that called nobody
		// may have refused by itself.
		d.confidence = min(d.confidence, Likely)
		s.note("no leg behind this one was captured: its far end may be a server that refused by itself")
	}
}

// take makes an attempt's result the call's.
func (d *decision) take(r result, s *scan) {
	d.reason, d.received, d.used, d.detail, d.rule, d.leg, d.at = r.reason, r.received, r.used, r.detail, r.rule, r.leg, r.at
	d.confidence = min(d.confidence, r.confidence)
	d.by, d.byRule = r.by, "1 ended_by 3"
	switch {
	case r.received != 0:
	case r.by == ByNetwork:
		d.byRule = "1 ended_by 4"
	default:
		d.byRule = "1 ended_by 5"
	}
	if r.note != "" {
		s.note(r.note)
	}
	if r.alerted && d.stage == StageRouting {
		d.stage = StageRinging
	}
	d.because = r.words()
}
