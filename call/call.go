package call

import (
	"time"

	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
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
	opt       Options
	start     Start
	legs      []leg // legs[id-1]
	steps     []Step
	step      int    // the step being rung is steps[step-1]
	set       uint16 // the set of attempts being rung
	attempts  uint16
	phase     phase
	stage     string
	other     LegID // the party that the caller is joined with
	early     LegID // the party whose early media the caller hears
	app       string
	offer     description // the caller's latest
	hasOffer  bool
	ringing   bool // the caller was told 180
	redirects int
	tried     []string // URIs called, against loops
	relays    []relay
	global    bool // a 6xx ends the list of attempts
	ringAt    time.Time
	progAt    time.Time
	maxAt     time.Time
	lingerAt  time.Time
}

// New returns the call that an INVITE begins. Its first input is InBegin.
func New(now time.Time, opt Options, s Start) *Call {
	c := &Call{opt: opt, start: s, steps: s.Steps, legs: make([]leg, 1, 3)}
	c.legs[0] = leg{id: Caller, peer: s.Peer, name: s.Name, dialog: s.Dialog, state: legCalling, v6: s.V6}
	c.legs[0].origin.session = uint64(now.Unix())
	return c
}

// ID returns the call's id.
func (c *Call) ID() string { return c.start.ID }

// Stage returns where the call stands, as outcome/README section 1 names it.
func (c *Call) Stage() string { return c.stage }

// Over tells that ActFinish has been returned.
func (c *Call) Over() bool { return c.phase == over }

// Answered tells whether the caller's INVITE got a 2xx.
func (c *Call) Answered() bool { return c.legs[0].answered }

// Deadline is when the call wants InTick next; zero: never.
func (c *Call) Deadline() time.Time {
	var d time.Time
	for _, t := range [...]time.Time{c.ringAt, c.progAt, c.maxAt, c.lingerAt} {
		d = earliest(d, t)
	}
	for i := range c.legs {
		d = earliest(d, c.legs[i].startAt)
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
	out = c.timers(out, now)
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
	case InCommand:
		return c.command(out, now, in)
	case InTerminated:
		return c.terminated(out, now, in)
	}
	return out
}

// timers does what is due.
func (c *Call) timers(out []Action, now time.Time) []Action {
	if due(c.lingerAt, now) {
		return c.finish(out)
	}
	if due(c.maxAt, now) {
		c.maxAt = time.Time{}
		out = event(out, now, Event{Kind: EvTimer, Leg: Caller, Name: "max_call"})
		out = c.hangUp(out, now, "Terminated_From_Server", "max_duration")
	}
	if due(c.progAt, now) {
		c.progAt = time.Time{}
		out = c.noProgress(out, now)
	}
	if due(c.ringAt, now) {
		c.ringAt = time.Time{}
		out = c.ringOver(out, now)
	}
	for i := range c.legs {
		if l := &c.legs[i]; due(l.startAt, now) {
			l.startAt = time.Time{}
			if c.phase == trying && l.state == legIdle {
				out = c.open(out, now, l.id)
			}
		}
	}
	return out
}

// begin starts dialling, or refuses.
func (c *Call) begin(out []Action, now time.Time) []Action {
	out = c.setStage(out, now, "routing")
	out = append(out, Action{Kind: ActBegin})
	if c.start.Cause != "" {
		return c.refuse(out, now, c.start.Cause, c.start.Code, c.start.Detail)
	}
	if body := c.start.Invite.Body; body != "" && isSDP(c.start.Invite) {
		d, err := parseSDP(body)
		if err != nil {
			return c.refuse(out, now, "INVALID_IE_CONTENTS", 400, err.Error())
		}
		c.offer, c.hasOffer = d, true
		c.legs[0].heard = d
	}
	if c.opt.Relay && c.hasOffer || c.wantsApp() {
		return append(out, Action{Kind: ActMediaOpen, Leg: Caller, N: max(1, len(c.offer.streams)), V6: c.legs[0].v6})
	}
	return c.dial(out, now)
}

func (c *Call) wantsApp() bool {
	return len(c.steps) > 0 && len(c.steps[0].Targets) > 0 && c.steps[0].Targets[0].Echo
}

func isSDP(m *sip.Message) bool {
	t := m.Get(sip.HContentType)
	return t == "" || len(t) >= 15 && equalFold(t[:15], "application/sdp")
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

// A legState is where one leg stands.
type legState uint8

const (
	legIdle    legState = iota // made, not called yet
	legCalling                 // its INVITE is under way
	legUp                      // its INVITE got a 2xx
	legClosing                 // we cancelled it or sent BYE
	legDone                    // nothing more is expected
)

// A leg is one side of the call.
type leg struct {
	id       LegID
	peer     Peer
	name     string
	target   Target
	dialog   dialog.ID
	state    legState
	alerted  bool // alerting evidence was seen (outcome/README section 1)
	progress bool // an 18x was seen
	answered bool
	refused  bool // the caller's: a final other than 2xx was asked for
	held     bool // its party holds
	v6       bool
	mediaOn  bool
	noUpdate bool // its party does not allow UPDATE
	attempt  uint16
	set      uint16
	code     int // the final response received, synthetic ones too
	origin   origin
	local    []addrPort
	heard    description // the last description of its party
	startAt  time.Time   // when to call it, if delayed
}

// A relay is a request in a dialog that was passed on to the other leg and
// whose answer belongs to the one that sent it.
type relay struct {
	from, to LegID
	txn      txn.ID // to be answered
	sent     txn.ID // what we sent for it
	method   sip.Method
	offer    bool // the request had an offer
	needAck  bool // its 2xx brought an offer: the ACK brings the answer
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
