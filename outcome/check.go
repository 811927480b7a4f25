package outcome

import "strconv"

// Check tells which invariants of the rules (section 8) a record breaks; nil
// if none. That the record's sip_final is what the wire carried, and that
// folding again gives the same record, only the caller can check.
func Check(r Record) []string {
	c := checker{r: &r}
	reason, ok := ParseReason(r.ByeReason)
	if !ok {
		c.bad("bye_reason " + r.ByeReason + " is not in the table")
		return c.out
	}
	status, _ := ParseStatus(r.Status)
	stage, okStage := parseStage(r.Stage)
	answered, okAnswered := parseAnswered(r.Answered)
	if !okStage || !okAnswered {
		c.bad("stage " + r.Stage + " or answered " + r.Answered + " is not in the list")
		return c.out
	}
	if want := StatusOf(reason, answered, stage); want != status {
		c.bad("status is " + r.Status + ", but reason, answered and stage give " + want.String())
	}
	c.codes(reason, status)
	c.answers(reason, status, answered)
	c.proof(reason)
	c.times()
	return c.out
}

// A checker gathers what is wrong with a record.
type checker struct {
	r   *Record
	out []string
}

func (c *checker) bad(text string) { c.out = append(c.out, text) }

func parseAnswered(name string) (Answered, bool) {
	for a := AnsweredNo; a <= AnsweredParty; a++ {
		if a.String() == name {
			return a, true
		}
	}
	return AnsweredNo, false
}

// live tells whether we were part of the call, from its start to its end.
func (c *checker) live() bool { return c.r.Source == "" || c.r.Source == "live" }

func (c *checker) codes(reason Reason, status Status) {
	r := c.r
	if r.SIPFinal != 0 && (r.SIPFinal < 200 || r.SIPFinal > 699) {
		c.bad("sip_final " + strconv.Itoa(r.SIPFinal) + " cannot be on the wire")
	}
	for _, l := range r.Legs {
		if l.FinalCode != 0 && (l.FinalCode < 200 || l.FinalCode > 699) {
			c.bad("leg " + strconv.Itoa(l.ID) + ": final_code " + strconv.Itoa(l.FinalCode) + " cannot be on the wire")
		}
	}
	if code := reason.Code(); code >= 901 && r.LastResponseCode != code {
		c.bad("last_response_code must be " + strconv.Itoa(code))
	} else if code < 901 && status == CallEnded && r.LastResponseCode != 200 {
		c.bad("last_response_code of Call Ended must be 200")
	}
	if r.Q850Cause != reason.Q850() {
		c.bad("q850_cause is not the reason's")
	}
	if reason.Scope() == ScopeLeg {
		c.bad(r.ByeReason + " ends a leg, never a call")
	}
	if reason == Unspecified && c.live() {
		c.bad("UNSPECIFIED, but we were there")
	}
}

// answers checks what the status says of who was connected.
func (c *checker) answers(reason Reason, status Status, answered Answered) {
	r := c.r
	switch status {
	case Declined, Busy, NotAnswered, Cancelled, Unreachable, CallFailed:
		if answered == AnsweredParty {
			c.bad(r.Status + ", but a party was connected")
		}
	case CallEnded, Abandoned:
		if answered == AnsweredNo {
			c.bad(r.Status + ", but nobody answered")
		}
		if c.live() && (r.SIPFinal < 200 || r.SIPFinal > 299) && !c.platformCalled() {
			c.bad(r.Status + ", but no 2xx on the caller's leg")
		}
	}
	switch reason {
	case AbandonedIVRMenu:
		c.needs("menu")
	case AbandonedVoicemail, CallerLeftVoicemail:
		c.needs("voicemail")
	case EndedInCallSystem:
		c.needs("queue")
	}
}

// platformCalled tells whether the call has no caller but the server itself.
func (c *checker) platformCalled() bool {
	return len(c.r.Legs) > 0 && c.r.Legs[0].Peer == "platform"
}

func (c *checker) needs(stage string) {
	for _, s := range c.r.Segments {
		if s.Stage == stage {
			return
		}
	}
	c.bad(c.r.ByeReason + " without a " + stage + " segment")
}

// proof checks that an event and a rule are named.
func (c *checker) proof(reason Reason) {
	for _, e := range c.r.Evidence {
		if e.Rule == "" {
			c.bad("evidence of " + e.Field + " names no rule")
		}
		if e.Field == "bye_reason" && (e.Message != 0 || reason == Unspecified || !c.live()) {
			return
		}
	}
	c.bad("no evidence names the event that decided")
}

// times checks that times stand in order and segments follow each other.
func (c *checker) times() {
	r := c.r
	if r.EndedAt.Before(r.StartedAt) {
		c.bad("ended_at before started_at")
	}
	if r.AnsweredAt != nil && (r.AnsweredAt.Before(r.StartedAt) || r.AnsweredAt.After(r.EndedAt)) {
		c.bad("answered_at outside the call")
	}
	if len(r.Legs) == 0 || len(r.Segments) == 0 {
		c.bad("no legs or no segments")
	}
	for i, s := range r.Segments {
		if s.EndedAt.Before(s.StartedAt) {
			c.bad("segment " + s.Stage + " ends before it starts")
		}
		if i > 0 && !s.StartedAt.Equal(r.Segments[i-1].EndedAt) {
			c.bad("segment " + s.Stage + " does not follow the one before")
		}
	}
}
