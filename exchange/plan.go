package exchange

import (
	"strings"

	"onhook/call"
	"onhook/registrar"
	"onhook/route"
	"onhook/sip"
)

// expand turns the targets of a plan into what can be called now, or says why
// none can: for each step the best of what its targets could not be called for,
// for the plan the last step's, unless an earlier one came nearer to somebody.
func (x *Exchange) expand(c *live, w way, p route.Plan) (steps []call.Step, why refusal) {
	x.outOfHours(c, p)
	for i := range p.Steps {
		if t := p.Steps[i].Targets; len(t) == 1 && t[0].Kind == route.ToUser && t[0].Group == "" && !w.alone {
			more, r := x.extension(c, w, &p.Steps[i])
			if r.cause != "" && why.cause != "USER_BUSY" {
				why = r
			}
			steps = append(steps, more...)
			continue
		}
		members := x.members(&p.Steps[i])
		if members == nil {
			members = p.Steps[i : i+1]
		}
		for j := range members {
			s, best := x.expandStep(c, w, &members[j])
			if best.cause != "" && why.cause != "USER_BUSY" {
				why = best
			}
			if len(s.Targets) == 0 {
				continue
			}
			// One trunk after another is another way to whom the first leads to.
			n := len(steps)
			s.Alternate = n > 0 && byTrunk(&s) && byTrunk(&steps[n-1])
			if first := p.Steps[0].Targets[0]; n == 0 && why.cause != "" && s.Mailbox() && first.Kind == route.ToUser {
				// outcome/README section 7: what led to the mailbox is that the phone could not be called.
				s.Forwarded = []call.Forwarded{{Name: first.Name, URI: x.aor(first.Name), Cause: why.cause}}
			}
			steps = append(steps, s)
		}
	}
	if len(steps) > 0 {
		return steps, refusal{}
	}
	return nil, why
}

func byTrunk(s *call.Step) bool { return s.Targets[0].Peer == call.PeerTrunk }

func (x *Exchange) expandStep(c *live, w way, rs *route.Step) (s call.Step, best refusal) {
	s.Ring = rs.Ring
	for _, t := range rs.Targets {
		var r refusal
		s.Targets, r = x.target(c, w, s.Targets, t)
		if r.cause != "" && (best.cause == "" || nearness(r.cause) > nearness(best.cause)) {
			best = r
		}
	}
	return s, best
}

// target appends what one target of the number plan means now.
func (x *Exchange) target(c *live, w way, to []call.Target, t route.Target) ([]call.Target, refusal) {
	if r := x.set.Policies.Closed(w.as, t); r.Cause == route.OutgoingCallBarred {
		return to, refused(r)
	}
	switch t.Kind {
	case route.ToApp:
		if strings.HasPrefix(t.Name, codePrefix) && !w.dialled {
			return to, refusal{cause: "FACILITY_NOT_SUBSCRIBED", detail: "a code is dialled by the extension itself"}
		}
		if strings.HasPrefix(t.Name, parkPrefix) && !w.dialled && x.parkedAt(t.Name) != nil {
			return to, refusal{cause: "USER_BUSY", detail: "somebody is parked at " + t.Name}
		}
		return append(to, call.Target{Peer: call.PeerPlatform, Name: t.Name, App: t.Name}), refusal{}
	case route.ToEcho:
		return append(to, call.Target{Peer: call.PeerPlatform, Name: "echo", Echo: true}), refusal{}
	case route.ToUser:
		return x.contacts(c, w, to, t)
	case route.ToTrunk:
		return x.viaTrunk(c, w, to, t)
	case route.ToSIP:
		return append(to, x.addressed(call.Target{Peer: call.PeerURI, Name: t.URI, URI: t.URI, Delay: t.Delay, Diverted: w.by, Transfer: t.Transfer})), refusal{}
	}
	return to, refusal{cause: "NO_ROUTE_DESTINATION"}
}

// contacts are the registered phones of a user, which ring together, each by one of its flows.
func (x *Exchange) contacts(c *live, w way, to []call.Target, t route.Target) ([]call.Target, refusal) {
	if r := x.mayReach(c, w, t); r.cause != "" {
		return to, r
	}
	user := x.users[t.Name]
	aor := x.aor(t.Name)
	n := len(to)
	each := call.Target{Peer: call.PeerPhone, Name: t.Name, To: aor, Delay: t.Delay, Deny: user.denied(), Diverted: w.by}
	for b, others := range x.reg.Phones(x.now, aor) {
		phone := at(each, b)
		for _, o := range others {
			phone.Flows = append(phone.Flows, at(each, o))
		}
		to = append(to, phone)
	}
	if len(to) == n {
		return to, refusal{cause: "USER_NOT_REGISTERED"}
	}
	if r := forbidden(user, c.kinds); r.cause != "" {
		return to[:n], r
	}
	return to, refusal{}
}

// at is a target at one contact of its user.
func at(t call.Target, b *registrar.Binding) call.Target {
	t.URI, t.Dest, t.V6 = b.Contact, b.Flow, b.Flow.Remote.Addr().Is6()
	// RFC 3327 section 5.3: the Path becomes the route.
	for _, p := range b.Path {
		t.Headers = append(t.Headers, sip.Header{ID: sip.HRoute, Value: p})
		t.Dest = sip.Flow{}
	}
	return t
}

// aor is the address of record of a user.
func (x *Exchange) aor(user string) string { return "sip:" + sip.EscapeUser(user) + "@" + x.set.Domain }

// redirect finds where the Contact of a 3xx or a Refer-To leads: only to numbers
// of our own plan that whoever sends the call on may call: for an extension
// itself, for a transfer who asked for it, for a stranger nobody, else the caller,
// whose call is not answered yet and who may have as many tried as Policies.Redirects says.
func (x *Exchange) redirect(c *live, leg call.LegID, uri string, by *call.Diversion) ([]call.Step, string) {
	u, err := sip.ParseURI(uri)
	if err != nil || !x.ours(u) {
		return nil, "REDIRECTION_TO_NEW_DESTINATION"
	}
	w := way{as: c.caller, by: by}
	switch {
	case by == nil:
		w.as = c.referrer(leg)
		if r := x.account(w.as); r.cause != "" {
			return nil, r.cause
		}
	case by.User != "":
		w.as = route.Caller{User: by.User}
	case by.Stranger:
		w.as = stranger()
	}
	number := dialled(u)
	steps, r := x.number(c, w, number, x.set.Routes.Plan(x.moment(), w.as, number))
	return steps, r.cause
}

// number expands where a number leads, if it may be called.
func (x *Exchange) number(c *live, w way, number string, p route.Plan) ([]call.Step, refusal) {
	if r := x.mayCall(w.as, number, p); r.cause != "" {
		return nil, r
	}
	for _, r := range [...]route.Refusal{x.set.Policies.Feature(w.as, number), x.set.Policies.Number(number), p.Refusal} {
		if r.Cause != "" {
			return nil, refused(r)
		}
	}
	return x.expand(c, w, p)
}
