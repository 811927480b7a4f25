package call

import (
	"time"

	"onhook/sip"
)

// A VerbKind is what an application asks of its call.
type VerbKind uint8

// The verbs of applications that concern signalling or the record; the fields
// of Input that count are named. Each is answered by one ActVerbDone.
const (
	VerbNone     VerbKind = iota
	VerbAnswer            // answer the caller with 200
	VerbStage             // Name: where the call is from here on
	VerbNode              // Name: a place where the caller is asked or waits
	VerbLeaf              // Name: a place of a menu where nothing more is asked
	VerbDial              // Steps, Name (the stage meanwhile; empty: routing, then ringing): call somebody for the caller
	VerbTransfer          // Steps: the call is given to them, the application ends
	VerbHangup            // Cause (a Bye Reason), Text (detail): end the call
	VerbLeave             // the application has returned
	VerbTalk              // the caller talks with others of a conference
	VerbGiveUp            // the VerbDial under way ends: nobody rings any more. It is answered by that one's ActVerbDone alone
)

// An application is what has the caller's leg.
type application struct {
	name    string // "echo", "menu:main"; empty: none
	waits   bool   // it waits for the caller's local addresses
	dialing bool   // a VerbDial is under way
	session bool   // it runs outside, and is told of verbs done and of its end
}

// startApp gives the caller's leg to an application outside.
func (c *Call) startApp(out []Action, now time.Time, name string) []Action {
	out = c.endApp(out)
	c.app = application{name: name, session: true}
	c.ringAt, c.hunt = time.Time{}, hunt{}
	out = c.seatPlatform(out, now, name)
	act := Action{Kind: ActApp, Leg: c.MediaLeg(c.a), Target: name}
	if by := c.leg(c.transfer.by); by != nil && c.transfer.routed {
		// Its place is the application's now.
		act.Reason, c.other = by.name, 0
		out = c.transferred(out, now, by)
	}
	return append(out, act)
}

// endApp takes the call from its application.
func (c *Call) endApp(out []Action) []Action {
	if c.app.session {
		out = append(out, Action{Kind: ActAppEnd, Leg: c.a})
	}
	c.app = application{}
	return out
}

// verb does what an application asks for.
func (c *Call) verb(out []Action, now time.Time, in Input) []Action {
	if in.Verb == VerbGiveUp {
		return c.giveUpDial(out, now)
	}
	if !c.app.session || c.phase != trying && c.phase != up || c.app.name == "" && in.Verb != VerbLeave {
		return append(out, Action{Kind: ActVerbDone, Reason: "over"})
	}
	switch in.Verb {
	case VerbAnswer:
		return c.answerVerb(out, now)
	case VerbStage:
		out = c.setStage(out, now, in.Name)
	case VerbNode:
		out = event(out, now, Event{Kind: EvApp, Name: c.app.name, Text: in.Name})
	case VerbLeaf:
		// In one step: who hangs up between the two would have left a menu that asks nothing.
		out = c.setStage(out, now, "menu")
		out = event(out, now, Event{Kind: EvApp, Name: c.app.name, Text: in.Name, N: 1})
	case VerbDial:
		return c.dialVerb(out, now, in)
	case VerbTransfer:
		out = append(out, Action{Kind: ActVerbDone})
		out = c.endApp(out)
		return c.hand(out, now, in.Steps)
	case VerbTalk:
		return c.talkVerb(out, now)
	case VerbHangup:
		out = append(out, Action{Kind: ActVerbDone})
		return c.hangUp(out, now, orEnd(in.Cause), in.Text)
	case VerbLeave:
		name := c.app.name
		c.app.session = false
		if name != "" {
			out = c.hangUp(out, now, orEnd(in.Cause), in.Text)
		}
	}
	return append(out, Action{Kind: ActVerbDone})
}

// talkVerb notes that the caller talks with others, who have calls of their own: outcome/README section 1, "a conference with another
// member is talking".
func (c *Call) talkVerb(out []Action, now time.Time) []Action {
	if c.phase == up && c.stage != "talking" {
		talk := Event{Kind: EvBridged, Of: uint32(c.a)}
		if c.platform != 0 {
			talk.Leg, talk.Of = c.a, uint32(c.platform)
		}
		out = event(out, now, talk)
		out = c.setStage(out, now, "talking")
	}
	return append(out, Action{Kind: ActVerbDone})
}

// orEnd is the reason of an application that gave none.
func orEnd(cause string) string {
	if cause == "" {
		return "End_In_IVR"
	}
	return cause
}

// answerVerb answers the caller for an application.
func (c *Call) answerVerb(out []Action, now time.Time) []Action {
	if c.phase == up {
		return append(out, Action{Kind: ActVerbDone})
	}
	a := c.leg(c.a)
	c.anchored = true
	if a.media == mediaOff {
		c.app.waits = true
		return c.openMedia(out, now, a, 1)
	}
	c.app.waits = false
	var body string
	m := Media{}
	if c.hasOffer {
		var ok bool
		if body, m, ok = c.offer.answerOwn(&a.origin, ownAddr(a.local)); !ok {
			return append(out, Action{Kind: ActVerbDone, Reason: "INCOMPATIBLE_DESTINATION"})
		}
	} else {
		// RFC 3261 section 13.2.1: the offer is in the 2xx then, and the answer in the ACK.
		body = ownOffer(nil).rewrite(&a.origin, a.local, nil)
	}
	out = c.answered(out, now, a, body)
	if c.hasOffer {
		out = append(out, Action{Kind: ActMediaSet, Leg: a.id, Media: m})
	}
	return append(out, Action{Kind: ActVerbDone})
}

// answered sends the caller a 2xx of our own.
func (c *Call) answered(out []Action, now time.Time, a *leg, body string) []Action {
	c.phase = up
	a.answered, a.state = true, legUp
	c.ringAt, c.expireAt, c.toldAt = time.Time{}, time.Time{}, time.Time{}
	r := &sip.Message{Status: 200, Phrase: "OK"}
	setSession(r, body)
	if c.opt.MaxCall > 0 {
		c.maxAt = now.Add(c.opt.MaxCall)
	}
	return append(out, Action{Kind: ActRespond, Leg: a.id, Msg: r})
}

// dialVerb calls somebody for the caller of an application.
func (c *Call) dialVerb(out []Action, now time.Time, in Input) []Action {
	stage := in.Name
	if stage == "" {
		stage = "routing"
	}
	out = c.setStage(out, now, stage)
	c.app.dialing = true
	if c.phase == up {
		c.hunt = hunt{on: true, host: c.a, offer: *ownOffer(c.leg(c.a)), keep: in.Name != "", from: c.guest()}
	}
	c.steps, c.step, c.global = in.Steps, 0, false
	return c.dial(out, now)
}

// dialled tells an application that nobody answered.
func (c *Call) dialled(out []Action) []Action {
	c.app.dialing, c.hunt, c.ringAt = false, hunt{}, time.Time{}
	return append(out, Action{Kind: ActVerbDone, Reason: "failed", N: c.bestCode()})
}

// giveUpDial ends the calls that an application makes for its caller. One that has
// been answered meanwhile stays.
func (c *Call) giveUpDial(out []Action, now time.Time) []Action {
	if !c.app.dialing || !c.hunting() {
		return out
	}
	out = c.cancelPending(out, now, "ORIGINATOR_CANCEL", "caller_left_queue")
	return c.dialled(out)
}

// infoDigits reads the keys of an INFO: application/dtmf-relay ("Signal=5") or
// application/dtmf ("5"), as phones send them.
func infoDigits(m *sip.Message) string {
	t, ok := m.ContentType()
	if !ok || t.Type != "application" {
		return ""
	}
	text := m.Body
	switch t.Subtype {
	case "dtmf":
	case "dtmf-relay":
		text = ""
		for line := range lines(m.Body) {
			if v, found := cutFold(line, "signal="); found {
				text = v
			}
		}
	default:
		return ""
	}
	return keyOf(text)
}

// cutFold cuts a prefix whatever its case, and spaces after it.
func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) {
		return "", false
	}
	for i := range len(prefix) {
		b := s[i]
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != prefix[i] {
			return "", false
		}
	}
	return s[len(prefix):], true
}

// keyOf is the key that a text names, by its sign or its number (10: *, 11: #).
func keyOf(s string) string {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] <= ' ') {
		s = s[:len(s)-1]
	}
	switch {
	case s == "10":
		return "*"
	case s == "11":
		return "#"
	case len(s) == 1 && (s[0] >= '0' && s[0] <= '9' || s[0] == '*' || s[0] == '#' || s[0] >= 'A' && s[0] <= 'D'):
		return s
	case len(s) == 1 && s[0] >= 'a' && s[0] <= 'd':
		return string(s[0] - 'a' + 'A')
	}
	return ""
}
