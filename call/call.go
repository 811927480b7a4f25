package call

import (
	"time"

	"onhook/sip"
)

// A phase is where a call stands as a whole.
type phase uint8

const (
	trying phase = iota // the caller's INVITE has no final response
	up                  // the caller's INVITE got a 2xx
	ending              // the terminating event has happened; what follows is consequence
	over                // ActFinish was returned
)

// A Call is one call through the server: the caller's leg, the attempts to
// reach somebody, and the two legs that were joined. It is the B2BUA of
// RFC 7092 section 3.1 (signalling and media plane), as a pure machine.
type Call struct {
	opt        Options
	start      Start
	legs       []leg // legs[id-1]
	steps      []Step
	step       int    // the step being rung is steps[step-1]
	set        uint16 // the set of attempts being rung
	attempts   uint16
	phase      phase
	stage      string
	other      LegID // the party that the caller is joined with
	early      LegID // the party whose early media the caller hears
	agreed     LegID // the party whose description the caller's answer was made of, in a reliable 18x
	redo       bool  // after its ACK the caller is to be offered the description of who answered
	a          LegID // the leg in the caller's place: Caller, until the caller transfers
	platform   LegID // the server's own leg in the place of a caller that has sent whom it called to an application; 0: none
	app        application
	hunt       hunt
	transfer   transfer
	anchored   bool // RTP goes through the server though it need not: an application has or had the caller
	music      bool // a party hears music, since the other one holds
	origin     origination
	referredBy string      // of the transfer
	offer      description // the caller's latest
	hasOffer   bool
	ringing    bool // the caller was told 180
	redirects  int
	forward    LegID    // it is being asked where the calls of this leg's extension go; 0: it is not
	withheld   bool     // our 2xx waits in the dialog for a PRACK (RFC 3262 section 3)
	rel100     bool     // the caller supports reliable provisional responses
	mustRel    bool     // and requires them
	relied     bool     // and got one: our 2xx may have to wait for its PRACK
	tried      []string // URIs called, against loops
	relays     []relay
	global     bool         // a 6xx, or the end of the time for it, ends the list of attempts
	told       *sip.Message // the last provisional response to the caller, without a body
	ringAt     time.Time
	expireAt   time.Time // the INVITE's Expires
	toldAt     time.Time // when to send told again
	maxAt      time.Time
	lingerAt   time.Time
}

// New returns the call that an INVITE begins. Its first input is InBegin.
func New(now time.Time, opt Options, s Start) *Call {
	c := &Call{opt: opt, start: s, steps: s.Steps, legs: make([]leg, 1, 3), a: Caller}
	c.legs[0] = leg{id: Caller, peer: s.Peer, name: s.Name, dialog: s.Dialog, state: legCalling, v6: s.V6}
	c.legs[0].origin.session = uint64(now.Unix())
	c.legs[0].noUpdate = !s.Invite.HasToken(sip.HAllow, "UPDATE")
	if s.Origin != nil {
		c.origin.first = true
		c.legs[0].state = legDone
	}
	c.mustRel = s.Invite.HasToken(sip.HRequire, "100rel")
	c.rel100 = c.mustRel || s.Invite.HasToken(sip.HSupported, "100rel")
	return c
}

// ID returns the call's id.
func (c *Call) ID() string { return c.start.ID }

// Stage returns where the call stands, as outcome/README section 1 names it.
func (c *Call) Stage() string { return c.stage }

// Over tells that ActFinish has been returned.
func (c *Call) Over() bool { return c.phase == over }

// Answered tells whether the caller's INVITE got a 2xx, or in a call that we
// made the first party answered.
func (c *Call) Answered() bool { return c.legs[0].answered || c.legs[c.a-1].answered }

// Up tells whether a leg's INVITE got a 2xx.
func (c *Call) Up(id LegID) bool {
	l := c.leg(id)
	return l != nil && l.answered
}

// Calling tells whether a leg's INVITE is under way and nobody has given it up.
func (c *Call) Calling(id LegID) bool {
	l := c.leg(id)
	return l != nil && l.state == legCalling && c.hunting()
}

// Withheld tells whether the call has answered its caller and waits for the
// news that the 2xx has left: a PRACK may have to come before it (RFC 3262 section 3).
func (c *Call) Withheld() bool { return c.withheld }

// unfinal tells that no final response is on the wire to the caller.
func (c *Call) unfinal() bool { return c.phase == trying || c.phase == up && c.withheld }

// Deadline is when the call wants InTick next; zero: never.
func (c *Call) Deadline() time.Time {
	var d time.Time
	for _, t := range [...]time.Time{c.ringAt, c.expireAt, c.toldAt, c.maxAt, c.lingerAt} {
		d = earliest(d, t)
	}
	for i := range c.legs {
		l := &c.legs[i]
		d = earliest(earliest(earliest(earliest(d, l.startAt), l.progAt), l.mediaAt), earliest(l.flowAt, l.debt.at))
	}
	return d
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

func due(t, now time.Time) bool { return !t.IsZero() && !t.After(now) }

// Step tells the call one thing and appends what is to be done to out.
func (c *Call) Step(out []Action, now time.Time, in Input) []Action {
	if c.phase == over {
		return out
	}
	until := now
	if !in.Until.IsZero() && in.Until.Before(now) {
		until = in.Until
	}
	out = c.timers(out, now, until)
	out = c.take(out, now, in)
	out = c.hearNext(out)
	out = c.payDebts(out, until)
	if c.phase == ending && due(c.lingerAt, until) {
		out = c.finish(out)
	}
	return out
}

func (c *Call) take(out []Action, now time.Time, in Input) []Action {
	if c.phase == over {
		return out
	}
	switch in.Kind {
	case InBegin:
		return c.begin(out, now)
	case InResponse:
		return c.response(out, now, in)
	case InRequest:
		return c.request(out, now, in)
	case InCancelled:
		return c.cancelled(out, now, in)
	case InAck:
		return c.acked(out, now, in)
	case InTimeout:
		return c.timeout(out, now, in)
	case InFailed:
		return c.failed(out, now, in)
	case InEnded:
		return c.ended(out, now, in)
	case InSent:
		c.sent(in)
	case InMediaReady:
		return c.mediaReady(out, now, in)
	case InMedia:
		return c.media(out, now, in)
	case InRouted:
		return c.routed(out, now, in)
	case InForward:
		return c.forwardedTo(out, now, in)
	case InCommand:
		return c.command(out, now, in)
	case InTerminated:
		return c.terminated(out, now, in)
	case InRefused:
		return c.turnedAway(out, now, in)
	case InGive:
		return c.give(out, now, in)
	case InAdopt:
		return c.adopt(out, now, in)
	case InVerb:
		return c.verb(out, now, in)
	case InAnswered:
		if c.withheld {
			return c.bridged(out, now)
		}
	case InForked:
		out, _ = c.at(out, now, in)
	}
	return out
}

// timers does what was due until then, but for the end, which comes after the input.
func (c *Call) timers(out []Action, now, until time.Time) []Action {
	if due(c.maxAt, until) {
		c.maxAt = time.Time{}
		out = event(out, now, Event{Kind: EvTimer, Leg: Caller, Name: "max_call"})
		out = c.hangUp(out, now, "Terminated_From_Server", "max_duration")
	}
	if due(c.toldAt, until) {
		out = c.tellAgain(out, now)
	}
	if due(c.expireAt, until) {
		c.expireAt = time.Time{}
		out = c.expired(out, now)
	}
	if due(c.ringAt, until) {
		c.ringAt = time.Time{}
		out = c.ringOver(out, now)
	}
	for i := range c.legs {
		if l := &c.legs[i]; due(l.mediaAt, until) {
			l.media = mediaLate
			out = c.opened(out, now, l, errLate)
		}
	}
	for i := range c.legs {
		if due(c.legs[i].flowAt, until) {
			out = c.silentFlow(out, now, &c.legs[i])
		}
	}
	for i := range c.legs {
		if due(c.legs[i].progAt, until) {
			c.legs[i].progAt = time.Time{}
			out = c.noProgress(out, now, &c.legs[i])
		}
	}
	for i := range c.legs {
		if l := &c.legs[i]; due(l.startAt, until) {
			l.startAt = time.Time{}
			if c.hunting() && l.state == legIdle {
				out = c.open(out, now, l.id)
			}
		}
	}
	return out
}

// begin starts dialling, or refuses.
func (c *Call) begin(out []Action, now time.Time) []Action {
	if c.stage != "" {
		return out // begun already
	}
	out = c.setStage(out, now, "routing")
	out = append(out, Action{Kind: ActBegin})
	switch {
	case c.start.Origin != nil:
		return c.originate(out, now)
	case c.start.Cause != "":
		return c.refuse(out, now, c.start.Cause, c.start.Code, c.start.Detail)
	}
	body := &c.start.Body
	if !body.read {
		*body = ReadBody(c.start.Invite)
	}
	if body.Cause != "" {
		return c.refuse(out, now, body.Cause, body.Code, body.Text)
	}
	if body.has {
		c.offer, c.hasOffer = body.offer, true
		c.legs[0].heard = body.offer
	}
	if n, ok := c.start.Invite.Expires(); ok {
		// RFC 3261 section 13.2.1: the Expires of an INVITE bounds how long it is valid.
		c.expireAt = now.Add(time.Duration(n) * time.Second)
	}
	if c.opt.Relay && c.hasOffer {
		return c.openMedia(out, now, &c.legs[0], len(c.offer.streams))
	}
	return c.dial(out, now)
}

// carries refuses an offer of nothing that the server can carry.
func (c *Call) carries(out []Action, now time.Time) ([]Action, bool) {
	if !c.opt.Relay || !c.offer.usable() || c.offer.carried() {
		return out, true
	}
	return c.refuse(out, now, "BEARERCAPABILITY_NOTIMPL", 488, "no stream of the offer is RTP that the server can carry"), false
}

// leg returns a leg of this call, or nil.
func (c *Call) leg(id LegID) *leg {
	if id < 1 || int(id) > len(c.legs) {
		return nil
	}
	return &c.legs[id-1]
}

func (c *Call) setStage(out []Action, now time.Time, stage string) []Action {
	if c.stage == stage {
		return out
	}
	c.stage = stage
	return event(out, now, Event{Kind: EvStage, Name: stage})
}

func event(out []Action, now time.Time, e Event) []Action {
	e.At = now
	return append(out, Action{Kind: ActEvent, Leg: e.Leg, Event: e})
}

// Number is the number that the caller dialled: the user part of its Request-URI.
func (c *Call) Number() string {
	u, err := sip.ParseURI(c.start.Invite.URI)
	if err != nil {
		return ""
	}
	return sip.Unescape(u.User)
}

// Parties returns the URIs of the From and To of the caller's INVITE.
func (c *Call) Parties() (from, to string) {
	if a, err := c.start.Invite.From(); err == nil {
		from = a.URIText
	}
	if a, err := c.start.Invite.To(); err == nil {
		to = a.URIText
	}
	return from, to
}
