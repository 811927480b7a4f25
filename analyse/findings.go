package analyse

import (
	"fmt"
	"strings"
	"time"

	"onhook/call"
)

// findings says in plain words what is worth knowing about a call beside its record.
func (b *builder) findings() {
	for i := range b.tracks {
		t := &b.tracks[i]
		b.startAndEnd(t)
		b.repeats(t)
		b.acks(t)
		b.branches(t)
		b.cancels(t)
		b.inDialog(t)
		b.captured(t)
	}
	b.timers()
	b.audio()
	b.joins()
	b.advise()
	for _, g := range b.gaps {
		if b.overBy(g.when) {
			continue
		}
		if g.back > 0 {
			b.say("clock_jump", g.at, 0, "the clock of the capture was set back by %s while the call was up: the call's times go on as they began, and what passed at that moment is missing in its durations", span(g.back))
			continue
		}
		b.say("capture_gap", g.at, 0, "the capture lost something while the call was up: %s", g.text)
	}
	switch b.c.ended {
	case byLimit:
		b.say("given_up", b.time(b.c.now), 0, "too many calls were open at once: this one was handed out before its end")
	case byJump:
		b.say("clock_jump", b.time(b.tracks[0].l.last), 0, "the clock of the capture jumped: what came after is not taken as a part of this call")
	}
}

// overBy tells whether the call had ended by then, with all that belongs to its end.
func (b *builder) overBy(when int64) bool {
	for i := range b.tracks {
		if l := b.tracks[i].l; l.phase < failed || l.last > when {
			return false
		}
	}
	return true
}

func (b *builder) say(name string, at time.Time, leg call.LegID, format string, args ...any) {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	b.out.Findings = append(b.out.Findings, Finding{Name: name, At: at, Leg: leg, Text: text})
}

func (b *builder) sayAt(name string, at int64, t *track, format string, args ...any) {
	b.say(name, b.time(at), t.id, format, args...)
}

// side names who sent a message.
func (t *track) side(caller bool) string {
	switch {
	case !t.l.invited:
		return "one side"
	case t.l.came && caller:
		return "the callee"
	case t.outward && caller, t.l.came:
		return "the server"
	case t.outward:
		return "the first party"
	case t.id == call.Caller && caller:
		return "the caller"
	case t.id == call.Caller:
		return "the called side"
	case caller:
		return "the server"
	}
	return "the callee"
}

// startAndEnd tells of calls that the capture does not show whole.
func (b *builder) startAndEnd(t *track) {
	l := t.l
	if !l.invited {
		b.sayAt("no_invite", l.first, t, "the INVITE of this dialog was not captured: who called whom is not known")
	}
	switch {
	case l.phase == over:
		if t.bye() < 0 {
			b.sayAt("missing_bye", l.end, t, "the BYE was not captured, but its answer was")
		}
	case l.phase == failed && t.final() == 0 && l.invited:
		b.sayAt("no_final", l.end, t, "the INVITE was refused, as the ACK shows, but the response was not captured")
	case l.phase == failed:
	case l.taken.is(), l.leaves && l.phase == answered, b.left(t):
		// It goes on in another call.
	case l.phase == answered:
		b.sayAt("missing_bye", l.last, t, "answered, but no BYE was captured; the last message came %s after the first", span(time.Duration(l.last-l.first)))
	case l.cancelled:
	case l.phase == ringing:
		b.sayAt("no_final", l.last, t, "the INVITE got a provisional response, but no final one was captured")
	}
}

// repeats tells of messages that were sent again, with the timer that sent them.
func (b *builder) repeats(t *track) {
	for _, i := range t.kept {
		m := &t.l.msgs[i]
		n, last := t.copies(i)
		if n == 0 {
			continue
		}
		timer := "timer E"
		switch {
		case m.method == mINVITE && m.request():
			timer = "timer A"
		case m.method == mACK:
			timer = "in answer to the 2xx sent again"
		case m.method == mINVITE && m.status >= 300:
			timer = "timer G"
		case m.method == mINVITE && m.status >= 200:
			timer = "no ACK came to the sender"
		case m.method == mINVITE && m.status > 100:
			timer = "RFC 3262 section 3, or to keep the transaction alive"
		case !m.request():
			timer = "in answer to the request sent again"
		}
		b.sayAt("retransmitted", m.at, t, "%s sent the %s %s over %s (%s)", t.side(m.caller), m.name(), times(n+1), span(time.Duration(last-m.at)), timer)
	}
}

func times(n int) string {
	if n == 2 {
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// name is what a person calls a message.
func (s *seen) name() string {
	if s.request() {
		if s.tagged && s.method == mINVITE {
			return "re-INVITE"
		}
		return s.method.String()
	}
	return fmt.Sprintf("%d (%s)", s.status, s.method)
}

// acks tells of 2xx whose ACK is missing or late.
func (b *builder) acks(t *track) {
	for _, i := range t.kept {
		m := &t.l.msgs[i]
		if m.method != mINVITE || m.status < 200 {
			continue
		}
		ack := t.find(func(o *seen) bool { return o.method == mACK && o.cseq == m.cseq && o.caller != m.caller })
		n, last := t.copies(i)
		who := t.side(!m.caller)
		switch {
		case ack >= 0 && m.status < 300 && n > 0 && t.l.msgs[ack].at > m.at:
			b.sayAt("late_ack", t.l.msgs[ack].at, t, "the ACK to the %d came %s late, after it was sent %s", m.status, span(time.Duration(t.l.msgs[ack].at-m.at)), times(n+1))
		case ack < 0 && m.status < 300 && n > 0:
			b.sayAt("no_ack", m.at, t, "no ACK to the %d, which was sent %s over %s: the %d of %s never arrived, or the ACK of %s got lost", m.status, times(n+1), span(time.Duration(last-m.at)), m.status, t.side(m.caller), who)
		case ack < 0 && m.status < 300:
			b.sayAt("ack_not_captured", m.at, t, "no ACK to the %d was captured, but it was not sent again either: the ACK went another way", m.status)
		case ack < 0 && n >= 3:
			b.sayAt("no_ack", m.at, t, "no ACK to the %d in %s (timer H)", m.status, span(time.Duration(last-m.at)))
		}
	}
}

// branches tells of forks and of tries with credentials.
func (b *builder) branches(t *track) {
	var tags []tag
	challenges, tries := 0, 0
	for _, i := range t.kept {
		m := &t.l.msgs[i]
		switch {
		case m.method == mINVITE && m.status > 100 && m.status < 300 && m.remote != 0 && !m.caller:
			known := false
			for _, x := range tags {
				known = known || x == m.remote
			}
			if !known {
				tags = append(tags, m.remote)
			}
		case m.method == mINVITE && (m.status == 401 || m.status == 407):
			challenges++
		case m.method == mINVITE && m.request() && !m.tagged:
			tries++
			if id, _, _ := strings.Cut(replaced(b.c.text(m)), ";"); id != "" && tries == 1 {
				b.sayAt("replaces", m.at, t, "the INVITE takes the place of the dialog %s (RFC 3891): a transfer or a pickup", id)
			}
		case m.method == mREFER && m.request():
			b.sayAt("transfer", m.at, t, "%s asked for a transfer %sby REFER%s", t.side(m.caller), referTarget(b.c.text(m)), b.referAnswer(t, m))
		}
	}
	if len(tags) > 1 {
		b.sayAt("forked", t.l.first, t, "the INVITE was forked: %d places answered it with To tags of their own", len(tags))
	}
	if len(t.forks) > 0 {
		b.sayAt("several_answers", t.forks[0].at, t, "%d places answered with a 2xx: the first counts, the caller has to end the others with BYE", len(t.forks)+1)
	}
	if challenges > 0 {
		if tries <= 1 {
			b.sayAt("challenged", t.l.first, t, "challenged %s, and the caller did not come back with credentials", timesOne(challenges))
		} else {
			b.sayAt("challenged", t.l.first, t, "challenged %s; the caller sent the INVITE again with credentials %s: one leg", timesOne(challenges), timesOne(tries-1))
		}
	}
}

// replaced is the value of a Replaces header.
func replaced(text string) string {
	_, rest, ok := strings.Cut(text, "\nReplaces:")
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(value)
}

func timesOne(n int) string {
	switch {
	case n <= 0:
		return "never"
	case n == 1:
		return "once"
	}
	return times(n)
}

// cancels tells how a CANCEL went.
func (b *builder) cancels(t *track) {
	i := t.find(func(m *seen) bool { return m.method == mCANCEL && m.request() })
	if i < 0 {
		return
	}
	m := &t.l.msgs[i]
	final := t.find(func(o *seen) bool { return o.method == mINVITE && o.status >= 200 && o.cseq == m.cseq })
	switch {
	case final < 0:
		b.sayAt("no_487", m.at, t, "the CANCEL got no final response to the INVITE")
	case t.l.msgs[final].status < 300:
		b.sayAt("cancel_crossed", m.at, t, "the CANCEL crossed the %d: the call was answered and had to be ended with BYE", t.l.msgs[final].status)
	case t.l.msgs[final].status != 487:
		b.sayAt("cancel_crossed", m.at, t, "the CANCEL crossed a %d", t.l.msgs[final].status)
	}
}

// inDialog tells of requests without an answer.
func (b *builder) inDialog(t *track) {
	for _, i := range t.kept {
		m := &t.l.msgs[i]
		if !m.request() || m.method == mACK || m.method == mINVITE && !m.tagged {
			continue
		}
		if t.find(func(o *seen) bool {
			return o.method == m.method && o.status != 0 && o.cseq == m.cseq && o.caller != m.caller
		}) < 0 {
			name := "no_answer_to_" + lower(m.method.String())
			if n, _ := t.copies(i); n > 0 {
				b.sayAt(name, m.at, t, "the %s of %s got no answer; it was sent %s", m.name(), t.side(m.caller), times(n+1))
			} else {
				b.sayAt(name, m.at, t, "no answer to the %s of %s was captured, and it was not sent again", m.name(), t.side(m.caller))
			}
		}
	}
}

func lower(s string) string {
	out := []byte(s)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c | 0x20
		}
	}
	return string(out)
}

// captured tells how the leg was captured.
func (b *builder) captured(t *track) {
	l := t.l
	dup, cut := 0, 0
	for i := range l.msgs {
		if l.msgs[i].dropped {
			dup++
		}
		if l.msgs[i].cut {
			cut++
		}
	}
	if dup > 0 {
		b.sayAt("duplicates", l.first, t, "%d messages were captured more than once; each counts once", dup)
	}
	if cut > 0 {
		b.sayAt("truncated", l.first, t, "%d messages were cut by the capture's packet length: what stood behind is not known", cut)
	}
	if len(l.hops) > 1 && l.elsewhere > 0 {
		b.sayAt("hops", l.first, t, "seen on %d hops: the one nearest the caller counts", len(l.hops))
	}
	if l.dropped > 0 {
		b.sayAt("too_long", l.last, t, "%d messages beyond the first %d were not kept", l.dropped, maxMessages)
	}
}

// timers names the timers that must have fired, and what could not be delivered.
func (b *builder) timers() {
	for i := range b.out.Events {
		e := &b.out.Events[i]
		switch e.Kind {
		case call.EvTransportFailed:
			b.say("not_delivered", e.At, e.Leg, "the %s could not be delivered: %s", e.Name, e.Text)
		case call.EvTimer:
			if text := timerText(e, b.t1); text != "" {
				b.say("timer", e.At, e.Leg, "%s", text)
			}
		}
	}
	if d := b.opt.t1(); b.t1 != d {
		b.say("t1", b.out.Record.StartedAt, 0, "the intervals show T1 = %s", span(b.t1))
	}
}

func timerText(e *call.Event, t1 time.Duration) string {
	wait := span(64 * t1)
	switch e.Name {
	case "B", "F":
		if e.Code == 100 {
			// RFC 3261 section 17.1.1.2: timer B is over as soon as the 100 comes.
			return fmt.Sprintf("only a 100 came, and nothing after it in %s", wait)
		}
		return fmt.Sprintf("timer %s: no answer to the %s in %s", e.Name, e.Text, wait)
	case "2xx":
		return fmt.Sprintf("no ACK for %s, then BYE: the 2xx never arrived, or the ACK got lost", wait)
	case "H":
		return fmt.Sprintf("timer H: no ACK to the final response in %s", wait)
	case "cancel":
		return fmt.Sprintf("no final response in %s after the CANCEL", wait)
	case "session":
		return "the session timer ran out: no refresh came"
	case "prack":
		return fmt.Sprintf("no PRACK to a reliable provisional response in %s", wait)
	}
	return ""
}

// audio tells what RTP showed.
func (b *builder) audio() {
	for i := range b.out.Events {
		if e := &b.out.Events[i]; e.Kind == call.EvMedia {
			b.say(map[string]string{"one_way": "one_way_audio", "timeout": "audio_stopped"}[e.Name], e.At, e.Leg, "%s", e.Text)
		}
	}
}

// joins tells which legs were put together and why.
func (b *builder) joins() {
	for _, j := range b.out.Joins {
		if j.Strength == Guess {
			b.say("joined_by_guess", b.out.Record.StartedAt, j.To, "leg %d is taken as going on from leg %d only by %s", j.To, j.From, j.Reason)
		}
	}
}
