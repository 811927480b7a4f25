package outcome

import (
	"strings"

	"onhook/call"
	"onhook/sip"
)

// A command is what an operator or the API had done to a call, for its record.
type command struct {
	mark
	text string
}

// command takes an operator's command. Of itself only a hang-up ends a call.
func (s *scan) command(e *call.Event) {
	switch e.Name {
	case "hangup":
		s.signal = signal{mark: markOf(e), reason: ManagerRequest, text: "command " + e.Name + " by " + e.By}
		return // it is the proof of what it ends
	case call.CmdOriginate:
		s.originated(e)
	case call.CmdTransfer, call.CmdJoin:
		if e.Leg != 0 {
			// As if it had sent a REFER: its BYE is not T.
			s.leg(e.Leg).transferor = true
		}
	}
	text := e.Name
	if e.Text != "" && e.Name != call.CmdOriginate {
		text += " " + e.Text
	}
	s.commands = append(s.commands, command{markOf(e), text + " by " + e.By})
}

// originated takes the begin of a call made through the API (section 2): "with two
// parties the first dialled takes the caller's place", "with one party the platform
// is the caller and the party is the callee".
func (s *scan) originated(e *call.Event) {
	first, second, _ := strings.Cut(e.Text, " ")
	if e.N == 1 {
		s.from, s.to = partyOf(second), partyOf(first)
		return
	}
	s.invited, s.outward = true, true
	s.from, s.to = partyOf(first), partyOf(second)
}

// partyOf is the party of a URI.
func partyOf(uri string) Party {
	p := Party{URI: uri}
	if u, err := sip.ParseURI(uri); err == nil {
		p.Number = sip.Unescape(u.User)
	}
	return p
}

// first tells whether a leg is one of those of the first party of a call made
// through the API: its phones ring together, or one after the other until one answers.
func (s *scan) first(l *legState) bool {
	return s.outward && (l.id == s.caller || l.set != 0 && l.set <= s.firstSet)
}
