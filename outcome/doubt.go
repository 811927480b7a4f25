package outcome

// doubt lowers the confidence in what a capture says of the end: where the
// server may have had the caller itself, its messages look like those of a party.
func (s *scan) doubt(d *decision) {
	t := &s.end
	byBye := t.kind == byeCaller || t.kind == byeOther
	waiting := t.kind == byeCaller && (t.stage == StageRouting || t.stage == StageRinging) && t.answered != AnsweredNo
	switch {
	case d.answered == AnsweredParty && s.answer.is() && !s.anyAnswered() && s.anyResult():
		d.unsure(s, "nobody who was called answered, but the server did: with a menu or a mailbox, say, which messages do not show")
	case waiting && s.apps:
		d.unsure(s, "the server answered by itself and then called somebody: whether the caller waited in a queue or after a menu, messages do not show")
	case waiting && s.stageBy.inferred && s.roundFrom == len(s.legs):
		d.unsure(s, "after the transfer the server called nobody: whether the caller was parked, or heard a menu or a queue, messages do not show")
	case byBye && s.apps && !s.bridge.is():
		d.unsure(s, "the server answered by itself: with what, messages do not show")
	case byBye && d.answered == AnsweredParty && s.answer.is() && len(s.legs) == 1 && !s.legs[0].rang:
		d.unsure(s, "the called side answered without a 180: it may be a menu, a queue or a mailbox of a server, which messages do not show")
	}
}

// unsure says why the decision is not certain.
func (d *decision) unsure(s *scan, why string) {
	d.confidence = min(d.confidence, Likely)
	s.note(why)
}
