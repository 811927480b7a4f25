package exchange

import (
	"strings"
	"time"

	"onhook/registrar"
	"onhook/sip"
)

// What a Notice can say.
const (
	Registered          = "registration.registered" // a device has registered; a refresh is not told
	RegistrationExpired = "registration.expired"    // it did not refresh in time, or its connection closed
	RegistrationRemoved = "registration.removed"    // it took its registration back, or another took its place
	TrunkUp             = "trunk.up"                // calls can leave by the trunk
	TrunkDown           = "trunk.down"              // they cannot; the reason says why
	OutsideLimited      = "outside.limited"         // an extension has met a bound of calls outside, or nearly
	OutsideStopped      = "outside.stopped"         // an operator lets no call leave by a trunk
	OutsideStarted      = "outside.started"         // calls may leave again
	SourceBlocked       = "source.blocked"          // a source guesses passwords and gets no more answers
	SourceUnblocked     = "source.unblocked"        // an operator has taken that back
)

// A Notice is something that has happened, and not in a call. What has been given is never changed afterwards.
type Notice struct {
	Type         string
	At           time.Time
	Registration *RegistrationChange
	Trunk        *TrunkChange
	Outside      *OutsideChange
	Source       *SourceChange
}

// A RegistrationChange is one device of an extension that came or went.
type RegistrationChange struct {
	User      string     `json:"user" doc:"the extension"`
	AOR       string     `json:"aor" doc:"its address of record"`
	Contact   string     `json:"contact"`
	From      string     `json:"from,omitempty" doc:"transport and address that it registered from"`
	UserAgent string     `json:"user_agent,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"of registration.registered"`
}

// A TrunkChange is a trunk that is up or down from now on.
type TrunkChange struct {
	Name   string `json:"name"`
	State  string `json:"state" doc:"up or down"`
	Reason string `json:"reason,omitempty" doc:"why it is down"`
}

// tellBinding tells of a device that came or went. Texts are copied, so that who keeps them keeps no message.
func (x *Exchange) tellBinding(what string, b *registrar.Binding) {
	if x.opt.Notify == nil {
		return
	}
	c := &RegistrationChange{
		User: strings.Clone(userOfAOR(b.AOR)), AOR: strings.Clone(b.AOR), Contact: strings.Clone(b.Contact), UserAgent: strings.Clone(b.Agent),
		From: b.Flow.Transport.Param() + " " + b.Flow.Remote.String(),
	}
	if what == Registered {
		until := b.Expires.UTC()
		c.ExpiresAt = &until
	}
	x.opt.Notify(Notice{Type: what, At: x.now, Registration: c})
}

// userOfAOR is the extension of an address of record, as aor makes it.
func userOfAOR(aor string) string {
	_, rest, _ := strings.Cut(aor, ":")
	user, _, _ := strings.Cut(rest, "@")
	return sip.Unescape(user)
}

// tellTrunks tells of all trunks that have changed: a time that a trunk asked for may be over.
func (x *Exchange) tellTrunks() {
	if x.opt.Notify == nil {
		return
	}
	for i := range x.set.Trunks {
		x.tellTrunk(x.lines[x.set.Trunks[i].Name])
	}
}

// tellTrunk tells that calls can or cannot leave by a trunk from now on. Of one
// of which nothing is known nothing is told.
func (x *Exchange) tellTrunk(l *line) {
	if x.opt.Notify == nil {
		return
	}
	what, why := TrunkUp, l.down(x.now)
	switch {
	case l.disabled():
		what, why = TrunkDown, "disabled"
	case why != "":
		what = TrunkDown
	case l.told == "" && l.health.since.IsZero() && (l.reg == nil || !x.now.Before(l.reg.until)):
		return
	}
	if what == l.told {
		return
	}
	l.told = what
	x.opt.Notify(Notice{Type: what, At: x.now, Trunk: &TrunkChange{Name: l.Name, State: strings.TrimPrefix(what, "trunk."), Reason: strings.Clone(why)}})
}

// An OutsideChange is something that may be fraud, or that was done against it.
type OutsideChange struct {
	User    string `json:"user,omitempty" doc:"of outside.limited: the extension by whose rights the calls leave"`
	Limit   string `json:"limit,omitempty" doc:"outside_premium, outside_abroad, outside_calls, outside_per_minute, outside_minutes (also at four fifths of it), outside_stopped: the detail of refused calls"`
	Refused int    `json:"refused,omitempty" doc:"how many of its calls were refused since the start"`
	By      string `json:"by,omitempty" doc:"who stopped or started calls outside"`
}

// A SourceChange is a source that gets no answers from now on, or gets them again.
type SourceChange struct {
	Source string     `json:"source" doc:"an address, or a network of IPv6"`
	Until  *time.Time `json:"until,omitempty" doc:"of source.blocked"`
	Times  int        `json:"times,omitempty" doc:"how often it was blocked"`
	More   int        `json:"more,omitempty" doc:"others that were blocked before it and are not told of: at most 20 are in 10 s"`
	By     string     `json:"by,omitempty" doc:"who took the block back"`
}

func (x *Exchange) tellOutside(what string, c OutsideChange) {
	if x.opt.Notify != nil {
		c.User = strings.Clone(c.User)
		x.opt.Notify(Notice{Type: what, At: x.now, Outside: &c})
	}
}

func (x *Exchange) tellSource(what string, c SourceChange) {
	if x.opt.Notify != nil {
		x.opt.Notify(Notice{Type: what, At: x.now, Source: &c})
	}
}
