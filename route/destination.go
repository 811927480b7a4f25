package route

import (
	"fmt"
	"strings"
)

// A Kind is the sort of thing that a destination or a target is.
type Kind uint8

// The kinds of destination. ToGroup never stands in a plan: groups are expanded.
const (
	ToUser  Kind = iota + 1 // an extension: its registered contacts ring
	ToGroup                 // a ring group
	ToTrunk                 // a number on a trunk
	ToSIP                   // any SIP address
	ToEcho                  // the echo test
	ToApp                   // an application: menu:main, voicemail:100, queue:support
)

// String gives the kind as it is written before the colon.
func (k Kind) String() string {
	switch k {
	case ToUser:
		return "user"
	case ToGroup:
		return "group"
	case ToTrunk:
		return "trunk"
	case ToSIP:
		return "sip"
	case ToEcho:
		return "echo"
	case ToApp:
		return "app"
	}
	return "none"
}

// A Destination is where a rule leads, as written. Text may hold the groups of the
// rule's pattern as $1 or ${1}, $0 for the whole number, and $$ for a dollar sign.
type Destination struct {
	Kind Kind
	Text string // the name after the colon; for ToSIP and ToApp the whole; for ToEcho empty
}

// Destinations lists what a destination may look like, for messages and documentation.
const Destinations = "user:NAME, group:NAME, trunk:NAME, menu:NAME, voicemail:NAME, queue:NAME, hook:NAME, app:NAME, room:NAME, agent:ACTION, sip:ADDRESS, voicemail or echo"

// ParseDestination reads a destination: user:100, group:sales, trunk:carrier,
// sip:$1@192.0.2.7:5070 (sips: is read too; whether it can be reached is Plan's
// answer) or echo. The error says what is wrong with the text and what would be right.
func ParseDestination(s string) (Destination, error) {
	if s == "echo" {
		return Destination{Kind: ToEcho}, nil
	}
	if s == "voicemail" {
		return Destination{Kind: ToApp, Text: s}, nil // the caller's own mailbox
	}
	kind, name, found := strings.Cut(s, ":")
	if !found {
		return Destination{}, fmt.Errorf("%q has no kind: want %s", s, Destinations)
	}
	if name == "" {
		return Destination{}, fmt.Errorf("%q names nothing after the colon: want %s", s, Destinations)
	}
	switch kind {
	case "user":
		return Destination{Kind: ToUser, Text: name}, nil
	case "group":
		return Destination{Kind: ToGroup, Text: name}, nil
	case "trunk":
		return Destination{Kind: ToTrunk, Text: name}, nil
	case "sip", "sips":
		return Destination{Kind: ToSIP, Text: s}, nil
	case "queue", "menu", "voicemail", "agent", "room", "hook", "app":
		return Destination{Kind: ToApp, Text: s}, nil
	}
	return Destination{}, fmt.Errorf("%q is of an unknown kind %q: want %s", s, kind, Destinations)
}

// String writes the destination as ParseDestination reads it.
func (d Destination) String() string {
	switch d.Kind {
	case ToEcho:
		return "echo"
	case ToSIP, ToApp:
		return d.Text
	}
	return d.Kind.String() + ":" + d.Text
}

// Literal reports whether the destination is the same for every number, that is,
// whether its text names no group of the pattern.
func (d Destination) Literal() bool { return !strings.Contains(d.Text, "$") }
