package exchange

import (
	"net/netip"
	"strings"

	"onhook/call"
	"onhook/route"
	"onhook/sip"
)

// plan finds whom an INVITE is for: the steps to be rung, or why there are none.
func (x *Exchange) plan(c *live, m *sip.Message, t *Trunk, user *User) ([]call.Step, string, string) {
	u, err := sip.ParseURI(m.URI)
	if err != nil {
		return nil, "INVALID_NUMBER_FORMAT", err.Error()
	}
	if u.Scheme != "tel" && !x.set.Routes.IsLocal(u.Host, u.Port) {
		return nil, "NO_ROUTE_DESTINATION", "not one of our domains: " + u.Host
	}
	p := x.set.Routes.Plan(x.callerOf(c), sip.Unescape(u.User))
	if p.Refused() {
		return nil, string(p.Refusal.Cause), p.Refusal.Text
	}
	return x.expand(c, p)
}

// callerOf is who a call's number is looked up for.
func (x *Exchange) callerOf(c *live) route.Caller {
	return route.Caller{User: c.meta.User, Trunk: c.meta.Trunk}
}

// expand turns the targets of a plan into what can be called now.
func (x *Exchange) expand(c *live, p route.Plan) (steps []call.Step, cause, detail string) {
	for _, rs := range p.Steps {
		s := call.Step{Ring: rs.Ring}
		for _, t := range rs.Targets {
			var why, text string
			s.Targets, why, text = x.target(c, s.Targets, t)
			if why != "" {
				cause, detail = why, text
			}
		}
		if len(s.Targets) > 0 {
			steps = append(steps, s)
		}
	}
	if len(steps) > 0 {
		return steps, "", ""
	}
	return nil, cause, detail
}

// target appends what one target of the number plan means now.
func (x *Exchange) target(c *live, to []call.Target, t route.Target) ([]call.Target, string, string) {
	switch t.Kind {
	case route.ToApp:
		return append(to, call.Target{Peer: call.PeerPlatform, Name: t.Name, App: t.Name}), "", ""
	case route.ToEcho:
		return append(to, call.Target{Peer: call.PeerPlatform, Name: "echo", Echo: true}), "", ""
	case route.ToUser:
		return x.contacts(c, to, t)
	case route.ToTrunk:
		return x.viaTrunk(c, to, t)
	case route.ToSIP:
		return append(to, x.addressed(call.Target{Peer: call.PeerURI, Name: t.URI, URI: t.URI, Delay: t.Delay})), "", ""
	}
	return to, "NO_ROUTE_DESTINATION", ""
}

// contacts are the registered contacts of a user, which ring together.
func (x *Exchange) contacts(c *live, to []call.Target, t route.Target) ([]call.Target, string, string) {
	if x.set.PerUser > 0 && x.inUse["user "+t.Name] >= x.set.PerUser {
		return to, "USER_BUSY", "call_limit"
	}
	aor := x.aor(t.Name)
	n := len(to)
	for b := range x.reg.Lookup(x.now, aor) {
		ct := call.Target{Peer: call.PeerPhone, Name: t.Name, URI: b.Contact, To: aor, Dest: b.Flow, Delay: t.Delay}
		ct.V6 = b.Flow.Remote.Addr().Is6()
		// RFC 3327 section 5.3: the Path becomes the route.
		for _, p := range b.Path {
			ct.Headers = append(ct.Headers, sip.Header{ID: sip.HRoute, Value: p})
			ct.Dest = sip.Flow{}
		}
		to = append(to, ct)
	}
	if len(to) == n {
		return to, "USER_NOT_REGISTERED", ""
	}
	x.hold(c, "user "+t.Name)
	return to, "", ""
}

// viaTrunk is a call out by a trunk.
func (x *Exchange) viaTrunk(c *live, to []call.Target, t route.Target) ([]call.Target, string, string) {
	tr := x.trunk[t.Name]
	switch {
	case tr == nil:
		return to, "NO_ROUTE_TRANSIT_NET", t.Name
	case tr.Disabled:
		return to, "REQUESTED_CHAN_UNAVAIL", t.Name
	case x.down(tr.Name) != "":
		return to, "GATEWAY_DOWN", x.down(tr.Name)
	case tr.Channels > 0 && x.inUse["trunk "+tr.Name] >= tr.Channels:
		return to, "NORMAL_CIRCUIT_CONGESTION", t.Name
	}
	x.hold(c, "trunk "+tr.Name)
	c.meta.Trunk, c.meta.Direction = tr.Name, "outbound"
	return append(to, x.addressed(call.Target{Peer: call.PeerTrunk, Name: tr.Name, URI: trunkURI(tr, t.Number), Delay: t.Delay})), "", ""
}

// addressed notes the address family of a target whose host is an address.
func (x *Exchange) addressed(t call.Target) call.Target {
	if u, err := sip.ParseURI(t.URI); err == nil {
		if a, err := netip.ParseAddr(strings.Trim(u.Host, "[]")); err == nil {
			t.V6 = a.Unmap().Is6()
		}
	}
	return t
}

// aor is the address of record of a user.
func (x *Exchange) aor(user string) string { return "sip:" + sip.EscapeUser(user) + "@" + x.set.Domain }

// redirect finds where the Contact of a 3xx leads: only to numbers of our own plan.
func (x *Exchange) redirect(c *live, uri string) ([]call.Step, string) {
	u, err := sip.ParseURI(uri)
	if err != nil {
		return nil, "REDIRECTION_TO_NEW_DESTINATION"
	}
	if u.Scheme != "tel" && !x.set.Routes.IsLocal(u.Host, u.Port) {
		return nil, "REDIRECTION_TO_NEW_DESTINATION"
	}
	p := x.set.Routes.Plan(x.callerOf(c), sip.Unescape(u.User))
	if p.Refused() {
		return nil, string(p.Refusal.Cause)
	}
	steps, cause, _ := x.expand(c, p)
	return steps, cause
}

// trunkOf tells which trunk a packet came from, by its source address only; the longest prefix counts.
func (x *Exchange) trunkOf(f sip.Flow) *Trunk {
	var best *Trunk
	bits := -1
	for i := range x.set.Trunks {
		t := &x.set.Trunks[i]
		for _, p := range t.Sources {
			if p.Bits() > bits && p.Contains(f.Remote.Addr()) {
				best, bits = t, p.Bits()
			}
		}
	}
	return best
}
