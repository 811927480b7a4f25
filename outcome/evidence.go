package outcome

// evidence names the event and the rule of each decided field, and what operators commanded.
func (s *scan) evidence(d *decision, codeRule string) []Evidence {
	out := make([]Evidence, 0, 9)
	add := func(field string, m mark, rule, text string) {
		out = append(out, Evidence{Field: field, Leg: int(m.leg), Message: m.seq, At: m.at, Rule: rule, Text: text})
	}
	if sig := &s.end.signal; sig.is() && s.end.kind == decided && (sig.reason == d.reason || sig.detail != "" && sig.detail == d.detail) {
		add("bye_reason", sig.mark, d.rule, sig.text)
	}
	add("bye_reason", d.at, d.rule, d.because)
	if d.reason == CallerLeftVoicemail && s.recordBy.is() {
		add("bye_reason", s.recordBy, "7 voicemail", "a message of the least length was stored")
	}
	add("ended_by", d.at, d.byRule, d.by.String())
	add("status", d.at, statusRule(d.reason, d.answered), d.status.String())
	switch {
	case codeRule == "1 code 2" && s.answer.is():
		add("last_response_code", s.answer, codeRule, "the call was answered")
	default:
		add("last_response_code", d.at, codeRule, codeWords[codeRule[7]-'1'])
	}
	switch {
	case d.answered == AnsweredParty && s.bridge.is():
		add("answered", s.bridge, "1 answered", "a party was joined with the caller")
	case d.answered != AnsweredNo && s.answer.is():
		add("answered", s.answer, "1 answered", "2xx to the caller")
	}
	switch {
	case s.end.stageBy.is():
		add("stage", s.end.stageBy, "1 stage", d.stage.String())
	case d.at.is():
		add("stage", d.at, "1 stage", d.stage.String())
	}
	if d.reason == NoAnswer && d.leg != nil && d.leg.alerted {
		add("alerting", d.leg.ringBy, "1 alerting", "the called party was alerted")
	}
	if s.sent.is() && s.sipFinal != 0 {
		add("sip_final", s.sent, "1 sent", "the final response on the caller's leg")
	}
	for i := range s.commands {
		c := &s.commands[i]
		add("command", c.mark, "2 command", c.text)
	}
	return out
}

// codeWords say where the Last Response Code comes from, by its rule.
var codeWords = [...]string{
	"the reason has a number of its own", "the call was answered", "the final response that decided, as it was received",
	"the reason's own code, for no final response decided", "no code is known",
}
