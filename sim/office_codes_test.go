package sim

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"onhook/app"
	"onhook/call"
	"onhook/outcome"
	"onhook/route"
)

// The place where callers are parked, and what extensions dial to take and to park them.
const (
	parkPlace  = "701"
	pickupCode = "*8"
	parkCode   = "*70"
)

// officeRules lead what extensions dial to applications.
func officeRules() (rules []route.Rule, apps []string) {
	for match, name := range map[string]string{
		parkPlace: "park:701", "8": "voicemail:201", `\*8(.*)`: "code:pickup", `\*70`: "code:park",
	} {
		rules = append(rules, route.Rule{Match: match, To: []route.Destination{{Kind: route.ToApp, Text: name}}})
		apps = append(apps, name)
	}
	slices.SortFunc(rules, func(a, b route.Rule) int { return strings.Compare(a.Match, b.Match) })
	return rules, apps
}

// code is the application of a code; nil: it is none.
func (d *office) code(name string) app.App {
	quiet := slog.New(slog.DiscardHandler)
	switch name {
	case "code:pickup":
		return &app.Code{Name: "pickup", Text: pickupCode, Library: prompts, Log: quiet}
	case "code:park":
		return &app.ParkCode{Library: prompts, Log: quiet, Parker: parker{d}}
	}
	return nil
}

// A parker parks whom an extension holds.
type parker struct{ d *office }

// Park parks it at the one place that there is.
func (p parker) Park(ctx context.Context, user string) (string, error) {
	return p.d.Server.Park(ctx, user, []string{parkPlace})
}

// dials has extensions take parked callers, and those who ring at another one, and
// park whom they hold, at any time: mostly there is nobody.
func (d *office) dials() {
	r := d.codes
	for range r.IntN(3) {
		number := []string{parkPlace, parkPlace, pickupCode + "201", pickupCode + "202", parkCode}[r.IntN(5)]
		d.dial(d.Net.Now, []string{"201", "202", "203"}[r.IntN(3)], number, spanOf(r, 60*time.Second))
	}
}

// ringing has somebody else take a call that rings at an extension, often in time.
func (d *office) ringing(now time.Time, at string) {
	if r := d.codes; r.IntN(4) == 0 {
		d.dial(now, []string{"202", "203"}[r.IntN(2)], pickupCode+at, spanOf(r, 6*time.Second))
	}
}

// parks has somebody take whom an extension has parked after some time, often in time, or two.
func (d *office) parks(now time.Time, after time.Duration) {
	for r := d.codes; r.IntN(2) == 0; {
		d.dial(now, []string{"202", "203"}[r.IntN(2)], parkPlace, after+spanOf(r, 20*time.Second))
	}
}

// holding has an extension that holds after some time park that party by the code.
func (d *office) holding(now time.Time, c *Callee, after time.Duration) {
	r := d.codes
	if r.IntN(2) == 0 {
		return
	}
	after += spanOf(r, 5*time.Second)
	d.dial(now, fmt.Sprint(200+int(c.addr.Addr().As4()[3])), parkCode, after)
	d.parks(now, after)
}

// dial has an extension dial from another phone of its, which is to show whose it is.
func (d *office) dial(now time.Time, user, number string, after time.Duration) {
	r, n := d.codes, len(d.callers)
	c := d.Line(byte(10+n), fmt.Sprintf("code%d@office", n), user, number, algorithmsOf(r)...)
	if r.IntN(3) > 0 {
		c.Talk = spanOf(r, 40*time.Second)
	}
	if r.IntN(8) == 0 {
		c.Cancel = spanOf(r, 200*time.Millisecond)
	}
	d.callers = append(d.callers, c)
	d.name += fmt.Sprintf(", %s dials %s after %v", user, number, (now.Sub(Epoch) + after).Round(time.Second))
	c.after(now, after, c.Start)
}

// codeTruths holds the record of a code, or of a place, that an extension dialled.
func (d *office) codeTruths(r *outcome.Record) (bad []string) {
	id := r.Legs[0].SIPCallID
	say := func(format string, args ...any) {
		bad = append(bad, id+": "+fmt.Sprintf(format, args...)+fmt.Sprintf(" (%s, %s by %s, answered %s, stage %s)", r.Status, r.ByeReason, r.EndedBy, r.Answered, r.Stage))
	}
	c := d.callers[slices.IndexFunc(d.callers, func(c *Caller) bool { return c.CallID == id })]
	if r.User != c.Account.User {
		say("dialled by %q, by its credentials %s", r.User, c.Account.User)
	}
	if r.ByeReason == "ATTENDED_TRANSFER" {
		// Its leg goes on in the call that it has taken: each of the two names the other.
		if len(r.Related) != 1 || r.Related[0].How != "pickup" || c.Number == parkCode {
			say("it has taken nobody: %+v", r.Related)
		} else if to := d.record(r.Related[0].ID); to == nil || !slices.Contains(to.Related, outcome.Related{ID: r.ID, How: "pickup"}) || !slices.ContainsFunc(to.Legs[1:], func(l outcome.Leg) bool { return d.isLegOf(&l, c, to) }) {
			say("the call that it has taken says nothing of it")
		}
		return bad
	}
	if len(r.Related) > 0 {
		say("related to %+v", r.Related)
	}
	switch r.ByeReason {
	case "End_In_IVR", "ORIGINATOR_CANCEL", "RECOVERY_ON_TIMER_EXPIRE":
	default:
		say("what has that to do with a code?")
	}
	if r.Answered == "party" {
		say("nobody was taken")
	}
	return bad
}

// isLegOf tells whether a leg is the one that somebody brought who took the call by a code.
// Where no message of it came or went before the call was over, who it was is all that is known.
func (d *office) isLegOf(l *outcome.Leg, c *Caller, to *outcome.Record) bool {
	if l.Direction != "in" || l.Target != c.Account.User {
		return false
	}
	ack := d.o.leg(c.CallID).ack
	silent := ack.IsZero() || !ack.Before(to.EndedAt)
	return l.SIPCallID == c.CallID && l.Address == c.addr.String() || silent && l.SIPCallID == ""
}

// parkTruths holds that nobody was parked by a code whom its extension did not hold.
func (d *office) parkTruths(s *Saved) (bad []string) {
	for _, e := range s.Events {
		user, ok := strings.CutPrefix(e.By, "extension ")
		if e.Kind != call.EvCommand || !ok {
			continue
		}
		held := slices.ContainsFunc(s.Record.Legs[1:], func(l outcome.Leg) bool {
			holds, known := d.o.leg(l.SIPCallID).held(e.At)
			return l.Target == user && (holds || !known)
		})
		if !held {
			bad = append(bad, fmt.Sprintf("%s: parked at %v by %s, who did not hold", s.Record.Legs[0].SIPCallID, e.At.Sub(Epoch), user))
		}
	}
	return bad
}

// takers are the Call-IDs of those who have taken a call by a code: their legs go on in it.
func (d *office) takers(r *outcome.Record) (ids []string) {
	for _, k := range r.Related {
		if by := d.record(k.ID); k.How == "pickup" && by != nil && by.ByeReason == "ATTENDED_TRANSFER" {
			ids = append(ids, by.Legs[0].SIPCallID)
		}
	}
	return ids
}

// takenTruths holds that a call that somebody has taken calls nobody else, unless it is asked to.
func takenTruths(s *Saved) (bad []string) {
	taken := false
	for _, e := range s.Events {
		switch {
		case e.Kind == call.EvLeg && e.Leg != call.Caller && e.Attempt == 0:
			taken = true
		case e.Kind == call.EvCommand, e.Kind == call.EvReceived && strings.HasPrefix(e.Msg, "REFER "):
			taken = false
		case e.Kind == call.EvLeg && taken:
			bad = append(bad, fmt.Sprintf("%s: %s is called at %v, after somebody has taken the call", s.Record.Legs[0].SIPCallID, e.Name, e.At.Sub(Epoch)))
		}
	}
	return bad
}

// record finds the record of a call; nil: there is none.
func (d *office) record(id string) *outcome.Record {
	for i := range d.Saved {
		if d.Saved[i].Record.ID == id {
			return &d.Saved[i].Record
		}
	}
	return nil
}

// alone finds phones that have taken a call and are up though that call is over.
func (d *office) alone() (bad []string) {
	for _, c := range d.callers {
		if c.toTag == "" || c.ended {
			continue
		}
		for i := range d.Saved {
			r := &d.Saved[i].Record
			if r.Legs[0].SIPCallID == c.CallID && r.ByeReason != "ATTENDED_TRANSFER" || slices.Contains(d.takers(r), c.CallID) {
				bad = append(bad, fmt.Sprintf("%s is up, and its call has a record", c.CallID))
			}
		}
	}
	return bad
}
