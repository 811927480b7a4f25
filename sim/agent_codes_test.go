package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"onhook/app"
	"onhook/call"
	"onhook/route"
	"onhook/sip"
)

// agentCodes are what agents dial: 91 to 94.
var agentCodes = []string{app.Login, app.Logout, app.Pause, app.Resume}

// agentRules lead them to their applications.
func agentRules() (rules []route.Rule, apps []string) {
	for i, do := range agentCodes {
		rules = append(rules, route.Rule{Match: fmt.Sprint(91 + i), To: []route.Destination{{Kind: route.ToApp, Text: "agent:" + do}}})
		apps = append(apps, "agent:"+do)
	}
	return rules, apps
}

// A word is what an agent has said of itself, and when: for that which was dialled
// between the INVITE and what was said to the agent.
type word struct {
	from, to  time.Time
	agent, do string
}

// dials has agents dial their codes from another phone, which is to show who it is.
func (d *desk) dials(r *rand.Rand) {
	for i := range r.IntN(4) {
		name, code := d.names[r.IntN(len(d.names))], r.IntN(len(agentCodes))
		c := d.Line(byte(10+i), fmt.Sprintf("code%d@agent", i), name, fmt.Sprint(91+code), algorithmsOf(r)...)
		if r.IntN(3) == 0 {
			c.Talk = spanOf(r, 8*time.Second)
		}
		d.callers = append(d.callers, c)
		d.name += fmt.Sprintf(", %s dials %s", name, agentCodes[code])
		c.after(d.Net.Now, spanOf(r, 100*time.Second), c.Start)
	}
}

// algorithmsOf are what a phone knows: all, or what old ones do.
func algorithmsOf(r *rand.Rand) []string {
	return [][]string{{"SHA-512-256", "SHA-256", "MD5"}, {"SHA-256", "MD5"}, {"MD5"}}[r.IntN(3)]
}

// ofCode tells whether a record is of a code that was dialled.
func ofCode(s *Saved) bool { return strings.HasPrefix(s.Record.Legs[0].SIPCallID, "code") }

// codeTruths holds the records of codes that agents dialled, and notes what they said by them.
func (d *desk) codeTruths() (bad []string) {
	for i := range d.Saved {
		s := &d.Saved[i]
		r := &s.Record
		if !ofCode(s) {
			continue
		}
		id := r.Legs[0].SIPCallID
		k := slices.IndexFunc(d.callers, func(c *Caller) bool { return c.CallID == id })
		say := func(format string, args ...any) {
			bad = append(bad, id+": "+fmt.Sprintf(format, args...)+fmt.Sprintf(" (%s, %s by %s, answered %s, stage %s)", r.Status, r.ByeReason, r.EndedBy, r.Answered, r.Stage))
		}
		if r.User != d.callers[k].Account.User {
			say("dialled by %q, by its credentials %s", r.User, d.callers[k].Account.User)
		}
		said := false
		for _, e := range s.Events {
			if do, ok := strings.CutPrefix(e.Text, "agent "); ok && e.Kind == call.EvApp && e.N == 1 {
				said = true
				d.words = append(d.words, word{d.o.leg(id).came, e.At, r.User, do})
			}
		}
		// The code's place is a final one: who hangs up there has done what it came for (outcome/README section 3 rule 3).
		switch {
		case said && (r.ByeReason == "End_In_IVR" || r.ByeReason == "RECOVERY_ON_TIMER_EXPIRE" && r.EndedBy == "network") && r.Answered == "platform":
		case !said && r.EndedBy != "platform": // whether it counted is not known: it hung up as it was answered
			d.unsure[r.User] = true
		default:
			say("said to the agent: %v", said)
		}
	}
	return bad
}

// A wish is what an agent wants by what it has said: it is logged in, and rests.
type wish struct{ in, rests bool }

// wishes is what an agent wants at a time; known is false where something was said just then.
func (d *desk) wishes(name string, at time.Time) (w wish, known bool) {
	w.in = d.opt.LoggedIn
	for _, k := range d.words {
		switch {
		case k.agent != name || k.from.After(at):
			continue
		case !k.to.Before(at):
			return w, false
		}
		switch k.do {
		case app.Login:
			w = wish{true, w.in && w.rests} // who comes anew does not rest
		case app.Logout:
			w.in = false
		case app.Pause:
			w.rests = true
		case app.Resume:
			w.rests = false
		}
	}
	return w, !d.unsure[name]
}

// obeyed holds that no agent was called who had logged out or rests, and that the
// floor says of each what it has said last.
func (d *desk) obeyed(s app.FloorState) (bad []string) {
	slices.SortFunc(d.words, func(a, b word) int { return a.to.Compare(b.to) })
	for _, a := range d.o.asks {
		if w, known := d.wishes(a.name, a.at); known && (!w.in || w.rests) {
			bad = append(bad, fmt.Sprintf("%v: agent %s is called, logged in: %v, rests: %v", a.at.Sub(Epoch), a.name, w.in, w.rests))
		}
	}
	for _, a := range s.Agents {
		w, known := d.wishes(a.Name, d.Net.Now)
		if in := len(a.Queues) > 0; known && (in != w.in || in && (a.State == "paused") != w.rests) {
			bad = append(bad, fmt.Sprintf("agent %s is %s, and has said last: %+v", a.Name, a.State, w))
		}
	}
	return bad
}

// An ask is a call of a queue that began to ring at an agent.
type ask struct {
	name string
	at   time.Time
}

// authorized tells whether a request shows who sent it, or comes from where that is known.
func authorized(s Sent, m *sip.Message) bool {
	return trusted.Contains(s.From.Addr()) || m.Has(sip.HAuthorization)
}
