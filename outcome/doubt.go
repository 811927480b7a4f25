package outcome

// doubt lowers the confidence in what a capture says of the end: where the
// server may have had the caller itself, its messages look like those of a party.
func (s *scan) doubt(d *decision) {
	t := &s.end
	byBye := t.kind == byeCaller || t.kind == byeOther
	waiting := t.kind == byeCaller && (t.stage == StageRouting || t.stage == StageRinging) && t.answered != AnsweredNo
	switch {
	case s.outward && s.onward:
		d.unsure(s, "the server called both parties for a call that was not captured: it may have had another caller beside them")
	case d.answered == AnsweredParty && s.answer.is() && !s.anyAnswered() && s.anyResult():
		d.unsure(s, "nobody who was called answered, but the server did: with a menu or a mailbox, say, which messages do not show")
	case waiting && s.apps:
		d.unsure(s, "the server answered by itself and then called somebody: whether the caller waited in a queue or after a menu, messages do not show")
	case waiting && s.stageBy.inferred && s.roundFrom == len(s.legs):
		d.unsure(s, "after the transfer the server called nobody: whether the caller was parked, or heard a menu or a queue, messages do not show")
	case byBye && s.apps && !s.bridge.is():
		d.unsure(s, "the server answered by itself: with what, messages do not show")
	case t.kind == byeCaller && t.leg == s.caller && s.alone(t):
		d.unsure(s, "the server had ended the other party's leg before: whether the caller waited for somebody else, messages do not show")
	case t.kind == byeCaller && t.stage == StageTalking && s.calling(t):
		d.unsure(s, "the server was calling somebody else when the caller hung up: whether the caller waited for them, messages do not show")
	case byBye && d.answered == AnsweredParty && s.answer.is() && len(s.legs) == 1 && !s.legs[0].rang:
		d.unsure(s, "the called side answered without a 180: it may be a menu, a queue or a mailbox of a server, which messages do not show")
	}
}

// calling tells whether the server was calling somebody at the end who was not
// called when the caller was answered: a transfer by a command.
func (s *scan) calling(t *ending) bool {
	for i := range s.legs {
		l := &s.legs[i]
		if l.out && s.answer.is() && l.startedAt.After(s.answer.at) && l.answeredAt.IsZero() && (l.endedAt.IsZero() || !l.endedAt.Before(t.at)) {
			return true
		}
	}
	return false
}

// alone tells whether nobody who had answered was there any more when the caller
// hung up: the server had sent them its BYE a while before.
func (s *scan) alone(t *ending) bool {
	gone := false
	for i := range s.legs {
		l := &s.legs[i]
		if l.id == s.caller || l.answeredAt.IsZero() && l.id != s.other {
			continue
		}
		if !l.byeSent || l.endedAt.IsZero() || !l.endedAt.Before(t.at) {
			return false
		}
		gone = true
	}
	return gone
}

// unsure says why the decision is not certain.
func (d *decision) unsure(s *scan, why string) {
	d.confidence = min(d.confidence, Likely)
	s.note(why)
}
