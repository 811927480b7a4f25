package call

import (
	"cmp"
	"slices"
	"time"

	"onhook/sip"
)

// A redirect is a 3xx that is being followed.
type redirect struct {
	contacts []string // not asked about yet, the best first
	steps    []Step   // where those before lead
	loop     bool     // one of them led to a target tried before
}

// redirected begins to follow a 3xx; false: it is not to be followed.
func (c *Call) redirected(out []Action, now time.Time, l *leg, m *sip.Message) ([]Action, bool) {
	if m.Status >= 400 || !c.hunting() || c.redirects >= c.opt.Redirects {
		return out, false
	}
	l.redirect = redirect{contacts: contactsByQ(m)}
	if len(l.redirect.contacts) == 0 {
		return out, false
	}
	return c.follow(out, now, l), true
}

// maxContacts bounds how many Contacts of one 3xx are looked at.
const maxContacts = 32

// contactsByQ are the URIs that a 3xx names, each once. RFC 3261 section
// 8.1.3.4: "A common mechanism is to order the set by the "q" parameter value";
// where there is none it counts as 1.
func contactsByQ(m *sip.Message) []string {
	type contact struct {
		uri string
		q   int
	}
	var list []contact
	for v := range m.Values(sip.HContact) {
		if len(list) == maxContacts {
			break
		}
		a, err := sip.ParseNameAddr(v)
		if err != nil || a.URIText == "*" || slices.ContainsFunc(list, func(x contact) bool { return x.uri == a.URIText }) {
			continue
		}
		q, ok := a.Q()
		if !ok {
			q = 1000
		}
		list = append(list, contact{a.URIText, q})
	}
	slices.SortStableFunc(list, func(a, b contact) int { return cmp.Compare(b.q, a.q) })
	uris := make([]string, len(list))
	for i := range list {
		uris[i] = list[i].uri
	}
	return uris
}

// follow asks where the next Contact leads or, after the last one, goes on with what was found.
func (c *Call) follow(out []Action, now time.Time, l *leg) []Action {
	r := &l.redirect
	if len(r.contacts) > 0 && c.redirects < c.opt.Redirects {
		next := r.contacts[0]
		r.contacts = r.contacts[1:]
		d := &Diversion{Before: l.target.Diverted, URI: l.target.To, When: WhenRedirected, Code: l.code}
		if l.peer == PeerPhone {
			d.User = l.name
		}
		d.Stranger = l.peer == PeerURI && !l.target.Transfer
		if d.URI == "" {
			d.URI = l.target.URI
		}
		return append(out, Action{Kind: ActRoute, Leg: l.id, Target: next, Diverted: d})
	}
	found := *r
	l.redirect = redirect{}
	switch {
	case len(found.steps) > 0:
		c.insert(found.steps)
		if len(found.steps[0].Forwarded) == 0 {
			out = c.tellForwarded(out, now)
		}
		return c.failedAttempt(out, now, l, "CALL_FORWARD")
	case found.loop:
		// reasons.csv: a "302 chain that comes back to a target already tried". It is
		// this attempt's end; the call has others, perhaps.
		out = event(out, now, Event{Kind: EvIntent, Leg: l.id, Cause: "EXCHANGE_ROUTING_ERROR", By: "platform", Text: "redirect_loop"})
	}
	return c.failedAttempt(out, now, l, "")
}

// routed learns where a Contact leads.
func (c *Call) routed(out []Action, now time.Time, in Input) []Action {
	if c.origin.asked {
		return c.secondRouted(out, now, in)
	}
	if c.transfer.by != 0 && !c.transfer.routed && in.Leg == c.transfer.by {
		return c.transferRouted(out, now, in)
	}
	l := c.leg(in.Leg)
	if l == nil || l.state != legCalling || l.code < 300 || !c.hunting() {
		return out
	}
	followed := false
	l.redirect.loop = l.redirect.loop || in.Cause == loopCause
	for _, s := range in.Steps {
		// RFC 3261 section 8.1.3.4: "a client processing 3xx class responses MUST NOT add any given URI to the target set more than once".
		targets := make([]Target, 0, len(s.Targets))
		for _, t := range s.Targets {
			if c.hasTried(t.URI) {
				l.redirect.loop = true
				continue
			}
			targets = append(targets, t)
			c.tried = append(c.tried, t.URI)
		}
		if len(targets) > 0 {
			s.Targets, followed = targets, true
			l.redirect.steps = append(l.redirect.steps, s)
		}
	}
	if followed {
		c.redirects++
	}
	return c.follow(out, now, l)
}

// hasTried tells whether a URI was called before in this call.
func (c *Call) hasTried(uri string) bool { return uri != "" && slices.Contains(c.tried, uri) }
