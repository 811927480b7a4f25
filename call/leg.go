package call

import (
	"slices"
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
	mediaOn
)

// A leg is one side of the call.
type leg struct {
	id       LegID
	peer     Peer
	name     string
	target   Target
	dialog   dialog.ID   // once answered: the one that was; before: the last that spoke
	others   []dialog.ID // dialogs of other branches behind it (RFC 3261 section 13.2.2.4)
	strays   []dialog.ID // those among them that were answered too, and got BYE
	state    legState
	rival    bool // cancelled because of another branch's 6xx: a 2xx still wins
	alerted  bool // alerting evidence was seen (outcome/README section 1)
	progress bool // an 18x was seen
	answered bool
	held     bool // its party holds
	v6       bool
	media    mediaState
	noUpdate bool // its party does not allow UPDATE
	attempt  uint16
	set      uint16
	code     int // the final response received, synthetic ones too
	origin   origin
	local    []addrPort
	heard    description // the last description of its party that is in force
	startAt  time.Time   // when to call it, if delayed
	progAt   time.Time   // when it must have given an 18x
	redirect redirect
}

// pending tells whether an attempt can still be answered.
func (l *leg) pending() bool {
	return l.state == legIdle || l.state == legOpening || l.state == legCalling || l.rival
}

// stray tells whether a dialog is not the one that the leg goes on with.
func (l *leg) stray(d dialog.ID) bool {
	return d != 0 && l.answered && l.dialog != 0 && d != l.dialog
}

// spoke notes a dialog that the leg's INVITE has formed.
func (l *leg) spoke(d dialog.ID) {
	if d == l.dialog || d == 0 {
		return
	}
	// What one branch said is not what another one says.
	l.heard = description{}
	if l.dialog != 0 && !slices.Contains(l.others, l.dialog) {
		l.others = append(l.others, l.dialog)
	}
	l.dialog = d
}

// bye ends an answered leg.
func (l *leg) bye(out []Action, reason string) []Action {
	l.state = legClosing
	return append(out, Action{Kind: ActBye, Leg: l.id, Dialog: l.dialog, Reason: reason})
}

// release gives up the dialogs of a leg that did not end in time. Dialog 0 is
// the one that its INVITE made, if no response ever came.
func (l *leg) release(out []Action) []Action {
	if l.state == legDone || l.state == legIdle || l.state == legOpening {
		return out
	}
	out = append(out, Action{Kind: ActRelease, Leg: l.id, Dialog: l.dialog})
	for _, d := range l.others {
		if d != l.dialog && !slices.Contains(l.strays, d) {
			out = append(out, Action{Kind: ActRelease, Leg: l.id, Dialog: d})
		}
	}
	return out
}

// unasked tells that no such request of ours can be under way on the leg.
func (l *leg) unasked(m sip.Method) bool {
	return l.state == legIdle || l.state == legOpening || m == sip.INVITE && l.id == Caller && !l.answered
}

// openMedia asks for local addresses for n streams of a leg.
func (c *Call) openMedia(out []Action, l *leg, n int) []Action {
	l.media = mediaAsked
	return append(out, Action{Kind: ActMediaOpen, Leg: l.id, N: n, V6: l.v6})
}

// closeMedia gives a leg's addresses back. Those that are asked for and not
// there yet are given back as they come.
func (c *Call) closeMedia(out []Action, l *leg) []Action {
	if l.media == mediaOn {
		l.media = mediaOff
		out = append(out, Action{Kind: ActMediaClose, Leg: l.id})
	}
	return out
}
