package exchange

import (
	"strings"

	"onhook/call"
	"onhook/route"
	"onhook/sip"
)

// An identity is who calls, as callees may see it.
type identity struct {
	number   string // empty: the caller gives none
	name     string
	withheld bool // the caller does not want it shown
}

// anonymous is From where the caller is not shown (RFC 3323 section 4.1.1.3).
const anonymous = `"Anonymous" <sip:anonymous@anonymous.invalid>`

// identify finds who calls: the extension that proved itself, else what a trunk says.
func (x *Exchange) identify(c *live, m *sip.Message, t *Trunk, user *User) {
	id := identity{withheld: withheld(m)}
	from, err := m.From()
	if err == nil {
		id.name = from.Display
	}
	switch {
	case user != nil:
		id.number = user.Name
		if user.Display != "" {
			id.name = user.Display
		}
	default:
		id.number = numberOf(from)
		if t != nil && t.CallerID.Trusted {
			// RFC 3325 section 9.1: the identity that the trusted network asserts.
			for a, err := range m.Addrs(sip.HPAssertedIdentity) {
				if err == nil && numberOf(a) != "" {
					id.number = numberOf(a)
					break
				}
			}
		}
		if t != nil && id.number != "" {
			id.number = t.Numbers.CallerIn.Apply(id.number)
		}
		if numberOf(from) == "" {
			id.withheld = true
		}
	}
	c.id, c.from, c.asked = id, id.number, withheld(m)
	if id.withheld && user == nil {
		c.from = "" // who calls an extension and does not say is anonymous to it
	}
}

// withheld tells whether a caller asks that its identity be kept from the callee
// (RFC 3323 section 4.2, RFC 3325 section 9.3).
func withheld(m *sip.Message) bool {
	for v := range m.Lines(sip.HPrivacy) {
		for p := range strings.SplitSeq(v, ";") {
			switch strings.ToLower(strings.Trim(p, " \t")) {
			case "id", "user", "header":
				return true
			}
		}
	}
	return false
}

// numberOf is the number of an address, empty if it gives none.
func numberOf(a sip.NameAddr) string {
	u, err := a.URI()
	if err != nil || strings.EqualFold(u.User, route.Anonymous) || strings.EqualFold(u.Host, "anonymous.invalid") {
		// RFC 3261 section 8.1.1.3 and RFC 3323 section 4.1.1.3: who withholds its identity.
		return ""
	}
	return sip.Unescape(u.User)
}

// showCaller sets what a trunk is told of the caller.
func (x *Exchange) showCaller(c *live, l *line, to *call.Target) {
	rule := &l.CallerID
	number, name := c.id.number, c.id.name
	if number != "" {
		number = l.Numbers.CallerOut.Apply(number)
	}
	if rule.Number != "" {
		number = rule.Number
	}
	if rule.Name != "" {
		name = rule.Name
	}
	domain := rule.Domain
	if domain == "" {
		domain = x.set.Domain
	}
	var shown sip.NameAddr
	if number != "" {
		u := sip.URI{Scheme: "sip", User: sip.EscapeUser(number), Host: domain}
		shown = sip.NameAddr{Display: name, URIText: u.String()}
	}
	to.Hidden = rule.Undivert || rule.Anonymous && !rule.Trusted
	hide := rule.Anonymous || c.id.withheld
	switch {
	case hide || number == "":
		to.From = anonymous
		if !c.asked {
			to.Headers = append(to.Headers, sip.Header{ID: sip.HPrivacy, Value: "id"})
		}
	default:
		to.From = shown.String()
	}
	if rule.Trusted && number != "" {
		// RFC 3325 section 7: to a trusted peer the identity is asserted, whether it may be shown or not.
		to.Headers = append(to.Headers, sip.Header{ID: sip.HPAssertedIdentity, Value: shown.String()})
	}
}
