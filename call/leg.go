package call

import (
	"time"

	"onhook/dialog"
	"onhook/sip"
)

// A legState is where one leg stands.
type legState uint8

const (
	legIdle    legState = iota // made, not called yet
	legOpening                 // waits for local addresses
	legCalling                 // its INVITE is under way
	legUp                      // its INVITE got a 2xx
	legClosing                 // we cancelled it, refused it or sent BYE
	legDone                    // nothing more is expected
)

// A mediaState is what the media path has for a leg.
type mediaState uint8

const (
	mediaOff   mediaState = iota
	mediaAsked            // ActMediaOpen was returned
	mediaLate             // and was not answered in time: what comes is given back
	mediaOn
)

// A leg is one side of the call.
type leg struct {
	id       LegID
	peer     Peer
	name     string
	target   Target
	dialog   dialog.ID
	root     LegID // whose INVITE it was that a proxy forked; 0: its own
	instead  LegID // which flow to the same phone failed before this one was tried; 0: none
	state    legState
	left     bool // ended, though its dialog may still be answered
	rival    bool // cancelled because of another branch's 6xx: a 2xx still wins
	alerted  bool // alerting evidence was seen (outcome/README section 1)
	progress bool // an 18x was seen
	lost     bool // its flow has failed, not its party
	replaced bool // and its party is called by another one: what it came to does not count
	answered bool
	busy     bool // its extension had as many calls as it may when it was to be called
	held     bool // its party holds
	ordered  bool // a command holds in its place
	plays    bool // it hears what a command has played
	v6       bool
	media    mediaState
	noUpdate bool // its party does not allow UPDATE
	settled  bool // the INVITE's offer was answered in a reliable 18x: RFC 3262 section 5
	attempt  uint16
	set      uint16
	code     int // the final response received, synthetic ones too
	origin   origin
	local    []addrPort
	heard    description // the last description of its party that is in force
	startAt  time.Time   // when to call it, if delayed
	progAt   time.Time   // when it must have given an 18x
	flowAt   time.Time   // when it must have given any response, or its next flow is tried
	mediaAt  time.Time   // when the media path must have given local addresses
	redirect redirect
	debt     debt
	note     string // why it could not be called
}

// pending tells whether an attempt can still be answered.
func (l *leg) pending() bool {
	return l.state == legIdle || l.state == legOpening || l.state == legCalling || l.rival
}

// bye ends an answered leg.
func (l *leg) bye(out []Action, reason string) []Action {
	l.state = legClosing
	return append(out, Action{Kind: ActBye, Leg: l.id, Dialog: l.dialog, Reason: reason})
}

// release gives up the dialog of a leg that did not end in time. Dialog 0 is
// the one that its INVITE made, if no response ever came.
func (l *leg) release(out []Action) []Action {
	if (l.state == legDone || l.state == legIdle || l.state == legOpening) && !l.left {
		return out
	}
	return append(out, Action{Kind: ActRelease, Leg: l.id, Dialog: l.dialog})
}

// unasked tells that no such request of ours can be under way on the leg.
func (l *leg) unasked(m sip.Method) bool {
	return l.state == legIdle || l.state == legOpening || m == sip.INVITE && l.id == Caller && !l.answered
}

// longestOpen bounds how long local addresses may take where Options do not say.
const longestOpen = 5 * time.Second

// longestNamed is how much longer they may take where the peer's host is a name
// that is resolved first: longer than a resolver takes to give up.
const longestNamed = 10 * time.Second

// openMedia asks for local addresses for n streams of a leg.
func (c *Call) openMedia(out []Action, now time.Time, l *leg, n int) []Action {
	wait := c.opt.Media
	if wait <= 0 {
		wait = longestOpen
	}
	a := Action{Kind: ActMediaOpen, Leg: l.id, N: n, V6: l.v6}
	if l.target.Named {
		a.Target = l.target.URI
		wait += longestNamed
	}
	l.media, l.mediaAt = mediaAsked, now.Add(wait)
	return append(out, a)
}

// closeMedia gives a leg's addresses back, unless another branch of its INVITE
// has the same. Those that are asked for and not there yet are given back as
// they come.
func (c *Call) closeMedia(out []Action, l *leg) []Action {
	o := c.inviter(l)
	if o.media != mediaOn {
		return out
	}
	for i := range c.legs {
		if k := &c.legs[i]; k != l && (k == o || k.root == o.id) && (k.state == legCalling || k.state == legUp || k.rival) {
			return out
		}
	}
	o.media = mediaOff
	return append(out, Action{Kind: ActMediaClose, Leg: o.id})
}
