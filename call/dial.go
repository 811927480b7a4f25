package call

import (
	"errors"
	"net/netip"
	"time"

	"onhook/sip"
)

type addrPort = netip.AddrPort

// longestRing bounds an attempt whose step names no time: timer C of RFC 3261
// section 16.6 "MUST be larger than 3 minutes".
const longestRing = 181 * time.Second

// dial rings the next step of the plan, or gives up: then the outcome chooses among the attempts.
func (c *Call) dial(out []Action, now time.Time) []Action {
	if c.start.Replaces {
		return c.takeOver(out, now)
	}
	c.ringAt = time.Time{}
	for c.step < len(c.steps) && !c.global {
		s := c.steps[c.step]
		c.step++
		app := s.app()
		if len(s.Targets) == 0 || s.Alternate && c.decided() || app == "" && c.full() {
			continue
		}
		out = c.forwarded(out, now, &s)
		switch app {
		case "":
			return c.ring(out, now, s)
		case "echo":
			return c.answerEcho(out, now)
		}
		return c.startApp(out, now, app)
	}
	return c.giveUp(out, now)
}

// app is the application that answers a step; empty: none does.
func (s *Step) app() string {
	for i := range s.Targets {
		switch {
		case s.Targets[i].Echo:
			return "echo"
		case s.Targets[i].App != "":
			return s.Targets[i].App
		}
	}
	return ""
}

// ring calls every target of a step.
func (c *Call) ring(out []Action, now time.Time, s Step) []Action {
	c.set++
	wait := s.Ring
	if wait == 0 {
		wait = c.opt.Ring
	}
	if wait <= 0 {
		wait = longestRing
	}
	c.ringAt = now.Add(wait)
	first := len(c.legs)
	least := s.Targets[0].Delay // nobody waits for nothing
	for _, t := range s.Targets {
		least = min(least, t.Delay)
	}
	for _, t := range s.Targets {
		c.attempts++
		l := leg{id: LegID(len(c.legs) + 1), peer: t.Peer, name: t.Name, target: t, v6: t.V6, noUpdate: true, attempt: c.attempts, set: c.set}
		l.origin.session = c.legs[0].origin.session + uint64(l.id)
		if t.Delay > least {
			l.startAt = now.Add(t.Delay - least)
		}
		c.legs = append(c.legs, l)
		c.tried = append(c.tried, t.URI)
	}
	for i := first; i < len(c.legs); i++ {
		if c.legs[i].startAt.IsZero() && c.hunting() {
			out = c.open(out, now, c.legs[i].id)
		}
	}
	return out
}

// open begins one attempt: its media first, then its INVITE.
func (c *Call) open(out []Action, now time.Time, id LegID) []Action {
	l := c.leg(id)
	l.state = legOpening
	out = event(out, now, Event{Kind: EvLeg, Leg: id, Peer: l.peer, Name: l.name, Text: l.target.URI, Of: uint32(l.instead), Attempt: l.attempt, Set: l.set})
	if c.viaServer() && c.offers() {
		return c.openMedia(out, now, l, len(c.wanted().streams))
	}
	return c.invite(out, now, l)
}

// mediaReady goes on with what waited for local addresses.
func (c *Call) mediaReady(out []Action, now time.Time, in Input) []Action {
	l := c.leg(in.Leg)
	switch {
	case l == nil:
		return out
	case l.media == mediaLate:
		l.media = mediaOff
		if in.Err == nil {
			out = append(out, Action{Kind: ActMediaClose, Leg: l.id})
		}
		return out
	case l.media != mediaAsked:
		return out
	case in.Err != nil:
		l.media = mediaOff
		return c.opened(out, now, l, in.Err)
	}
	l.local, l.media = in.Local, mediaOn
	if len(in.Local) > 0 {
		l.v6, l.target.Named = in.Local[0].Addr().Is6(), false
	}
	for i := range c.legs {
		if c.legs[i].root == l.id {
			c.legs[i].local = in.Local
		}
	}
	return c.opened(out, now, l, nil)
}

// errLate is why a leg has no local addresses that were asked for and did not come.
var errLate = errors.New("the media path gave no local address in time")

// opened goes on with a leg that has local addresses, or will have none.
func (c *Call) opened(out []Action, now time.Time, l *leg, err error) []Action {
	l.mediaAt = time.Time{}
	o := c.leg(c.other)
	wanted := c.hunting() && l.state == legOpening || c.app.waits && l.id == c.a ||
		c.phase == trying && (l.id == Caller || o != nil && c.inviter(o) == l && o.state == legUp)
	switch {
	case !wanted:
		// What it was asked for has ended meanwhile.
		out = c.closeMedia(out, l)
		return c.settleEnd(out, now)
	case err != nil:
		return c.noMedia(out, now, l, err)
	case c.app.waits && c.start.Replaces:
		return c.takeOver(out, now)
	case c.app.waits && c.app.session:
		return c.answerVerb(out, now)
	case c.app.waits:
		return c.answerEcho(out, now)
	case c.phase == up:
		return c.invite(out, now, l)
	case o != nil:
		// An answered attempt whose 2xx made the offer waited for both legs' addresses.
		if c.inviter(o).media == mediaOn && c.legs[0].media == mediaOn {
			return c.connectDelayed(out, now, o)
		}
		return out
	case l.id == Caller:
		// After the addresses: outcome/README section 3 rule 1 has "none free" before "kind unknown".
		if out, ok := c.carries(out, now); !ok {
			return out
		}
		return c.dial(out, now)
	}
	return c.invite(out, now, l)
}

// noMedia refuses the call: no local address is free.
func (c *Call) noMedia(out []Action, now time.Time, l *leg, err error) []Action {
	if l.state == legOpening {
		l.state = legDone
		out = event(out, now, Event{Kind: EvLegEnded, Leg: l.id, Cause: "BEARERCAPABILITY_NOTAVAIL", Text: err.Error()})
	}
	if c.phase == up {
		return c.settle(out, now)
	}
	return c.refuse(out, now, "BEARERCAPABILITY_NOTAVAIL", 0, err.Error())
}

// invite sends a leg's INVITE.
func (c *Call) invite(out []Action, now time.Time, l *leg) []Action {
	l.state = legCalling
	if c.opt.Progress > 0 {
		l.progAt = now.Add(c.opt.Progress)
	}
	c.awaitFlow(now, l)
	a := c.start.Invite
	m := &sip.Message{Method: sip.INVITE, URI: l.target.URI, Headers: make([]sip.Header, 0, 20)}
	to := l.target.To
	if to == "" {
		to = l.target.URI
	}
	from := l.target.From
	switch {
	case from != "":
	case c.hunt.from != "":
		from = c.hunt.from
	default:
		from = c.start.From
	}
	m.Add(sip.HFrom, from)
	m.Add(sip.HTo, "<"+to+">")
	// RFC 3261 section 16.6 step 3, taken over by B2BUAs so that loops through them end (RFC 7092).
	hops := 70
	if n, ok := a.MaxForwards(); ok {
		hops = n
	}
	m.Add(sip.HMaxForwards, itoa(max(hops-1, 0)))
	m.Headers = append(m.Headers, l.target.Headers...)
	sentBy := l.target.Diverted
	if l.target.Hidden {
		sentBy = nil
	}
	m.Headers = sentBy.appendDiversions(m.Headers)
	m.Headers = append(m.Headers, c.hunt.headers...)
	for i := range a.Headers {
		if passes(a.Headers[i].ID, c.start.Peer) {
			m.Headers = append(m.Headers, a.Headers[i])
		}
	}
	m.Headers = sentBy.appendHistory(m.Headers, c.history(a), to, l.target.URI)
	m.Add(sip.HXCID, a.CallID())
	if c.offers() {
		setSession(m, c.describe(l, c.wanted(), nil))
	} else {
		// RFC 3262 section 5: a callee that knows 100rel may make its offer in a
		// reliable 18x, and the PRACK must answer it, which the caller cannot yet.
		m.Add(sip.HSupported, "timer")
	}
	return append(out, Action{Kind: ActInvite, Leg: l.id, Msg: m, Dest: l.target.Dest, Peer: l.peer, Target: l.name})
}

// history is the INVITE whose History-Info is gone on with: the caller's, or an
// empty one where its word does not count.
func (c *Call) history(invite *sip.Message) *sip.Message {
	if passes(sip.HHistoryInfo, c.start.Peer) {
		return invite
	}
	return &sip.Message{}
}

// passes tells which headers of the caller's INVITE the callee sees as they are.
// Who sent a call on before it came here is a trunk's word only: a phone could
// name whomever it likes as the one who pays for it. How a phone alerts is an extension's only.
func passes(id sip.HeaderID, from Peer) bool {
	switch id {
	case sip.HDiversion, sip.HHistoryInfo:
		return from != PeerPhone
	case sip.HAlertInfo, sip.HCallInfo:
		// Phones ring as these say, or answer by themselves so that whoever calls hears the room. RFC 3261 section 20.4
		// warns of "the use of this header field by untrusted elements": who calls from outside is one.
		return from == PeerPhone
	case sip.HSubject, sip.HPriority, sip.HPrivacy, sip.HSessionID, sip.HDate, sip.HOrganization:
		return true
	}
	return false
}

// describe returns a description of the other party as this leg shall see it;
// offer is what it answers, nil if it is an offer itself.
func (c *Call) describe(l *leg, d, offer *description) string {
	if !c.viaServer() {
		return d.pass(&l.origin)
	}
	return d.rewrite(&l.origin, l.local, offer)
}
