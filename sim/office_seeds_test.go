package sim

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/app"
	"onhook/call"
	"onhook/exchange"
	"onhook/media"
	"onhook/outcome"
	"onhook/route"
)

// An office is a world whose extensions hold, transfer and park, and have a mailbox.
type office struct {
	*World
	b       *bubble
	o       *watch
	r       *rand.Rand
	boxes   *app.Mailboxes
	phones  []*Callee  // of 201, 202, 203
	callers []*Caller  // from outside, and the extensions' that dial codes
	codes   *rand.Rand // what is dialled besides
	name    string
}

// leastMessage is what is kept of what is said to a mailbox.
const leastMessage = 2 * time.Second

// newOffice makes an office; its mailboxes are in a folder.
func newOffice(seed uint64, f Faults, r *rand.Rand, folder string) *office {
	d := &office{r: r, codes: rand.New(rand.NewPCG(seed, 9))}
	names := agentNames(3)
	boxes, _, err := app.OpenMailboxes(folder)
	if err != nil {
		panic(err)
	}
	d.boxes = boxes
	rules, apps := officeRules()
	routes, err := route.New(route.Options{
		Rules: rules, Users: names, Apps: apps, Local: []string{ServerAddr.Addr().String(), "example.com"},
	})
	if err != nil {
		panic(err)
	}
	forward := exchange.Forward{}
	if r.IntN(2) == 0 {
		forward = exchange.Forward{NoAnswer: "voicemail:201", Busy: "voicemail:201", Ring: time.Second + spanOf(r, 8*time.Second)}
	}
	quiet := slog.New(slog.DiscardHandler)
	mailbox := &app.Voicemail{
		Mailbox: "201", Boxes: boxes, Library: prompts, Log: quiet, Greeting: []string{"queue-in-line"}, Least: leastMessage,
		Longest: 6 * time.Second, Silence: 3 * time.Second, Limits: app.MailboxLimits{Messages: r.IntN(3)},
	}
	park := &app.Park{Name: "701", Library: prompts, Log: quiet, Music: func() media.Source { return tone }, Timeout: time.Second + spanOf(r, 20*time.Second)}
	d.World = NewWorld(seed, f, func(s *exchange.Settings) {
		s.Routes = routes
		for _, n := range names {
			s.Users = append(s.Users, exchange.User{Name: n})
		}
		secrets(s)
		s.Pickup = pickupCode
		s.Users[0].Rights.Forward = forward
		s.App = func(name string) app.App {
			switch name {
			case "park:701":
				return d.b.count(park)
			case "voicemail:201":
				return d.b.count(mailbox)
			}
			return d.b.count(d.code(name))
		}
	})
	d.b = d.live()
	d.o = watchOf(d.World)
	d.Sounds(seed, 4*time.Second)
	for i, n := range names {
		at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 2, byte(i + 1)}), 5060)
		c := NewCallee(d.Net, at)
		c.Next, c.Begun = d.mood, d.acts
		d.phones = append(d.phones, c)
		d.register(n, at)
	}
	d.name = fmt.Sprintf("office, 201 to the mailbox %v, park %v", forward.NoAnswer != "", park.Timeout)
	return d
}

// mood says how a phone takes its next call.
func (d *office) mood(c *Callee) {
	d.ringing(d.Net.Now, fmt.Sprint(200+int(c.addr.Addr().As4()[3])))
	c.Ring, c.After, c.Talk = spanOf(d.r, 2*time.Second), spanOf(d.r, 8*time.Second), 0
	c.Final = []int{200, 200, 200, 200, 486, 603, 0}[d.r.IntN(7)]
	if d.r.IntN(3) == 0 {
		c.Talk = spanOf(d.r, 60*time.Second)
	}
}

// acts has a phone hold, resume and send its caller elsewhere, at times of the seed's.
func (d *office) acts(c *Callee, now time.Time) {
	for range d.r.IntN(4) {
		at := spanOf(d.r, 20*time.Second)
		switch what := d.r.IntN(8); what {
		case 0, 1, 2:
			c.after(now, at, func(now time.Time) { c.Hold(now, true) })
			d.holding(now, c, at)
		case 3, 4:
			c.after(now, at, func(now time.Time) { c.Hold(now, false) })
		default:
			to := []string{"202", "203", parkPlace, "999"}[d.r.IntN(4)]
			d.name += fmt.Sprintf(", REFER to %s after %v", to, at.Round(time.Second))
			c.after(now, at, func(now time.Time) { c.Refer(now, "sip:"+to+"@example.com") })
			if to == parkPlace {
				d.parks(now, at)
			}
		}
	}
}

// runOfficeSeed has callers call extension 201, or its mailbox.
func runOfficeSeed(folder string) runner {
	return func(seed uint64, without ...string) (w *World, p plan, bad []string) {
		r := rand.New(rand.NewPCG(seed, 8))
		p.faults = faultsOf(r).without(without)
		d := newOffice(seed, p.faults, r, fmt.Sprintf("%s/%d-%s", folder, seed, strings.Join(without, "")))
		for i := range 1 + r.IntN(2) {
			c := NewCaller(d.Net, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(10 + i)}), 5060), fmt.Sprintf("o%d@caller", i))
			c.Server, c.Number = ServerAddr, []string{"201", "201", "201", "8"}[r.IntN(4)]
			if r.IntN(3) > 0 {
				c.Talk = spanOf(r, 60*time.Second)
			}
			c.after(d.Net.Now, spanOf(r, 20*time.Second), c.Start)
			d.callers = append(d.callers, c)
		}
		d.dials()
		d.Net.Run(Epoch.Add(2 * time.Minute))
		d.Net.Faults = Faults{Delay: p.faults.Delay}
		d.Net.Run(Epoch.Add(5 * time.Minute))
		bad = d.alone()
		for _, c := range d.callers {
			if c.toTag != "" && !c.ended {
				c.hangUp(d.Net.Now)
			}
		}
		d.Net.Run(Epoch.Add(10 * time.Minute))
		p.name = d.name
		bad = append(append(bad, d.Check()...), d.b.over()...)
		for i := range d.Saved {
			bad = append(bad, recordTruths(&d.Saved[i])...)
			if ofCode(&d.Saved[i]) {
				bad = append(bad, d.codeTruths(&d.Saved[i].Record)...)
			} else {
				bad = append(bad, d.officeTruths(&d.Saved[i].Record)...)
				bad = append(bad, d.parkTruths(&d.Saved[i])...)
				bad = append(bad, takenTruths(&d.Saved[i])...)
			}
		}
		for _, c := range d.callers {
			n := 0
			for i := range d.Saved {
				if r := &d.Saved[i].Record; r.Legs[0].SIPCallID == c.CallID {
					n++
					if len(c.Finals) > 0 && r.SIPFinal != c.Finals[0] {
						bad = append(bad, fmt.Sprintf("%s saw %d, the record says %d", c.CallID, c.Finals[0], r.SIPFinal))
					}
				}
			}
			if k := d.o.legs[c.CallID]; k != nil && !k.came.IsZero() && n != 1 {
				bad = append(bad, fmt.Sprintf("%s has %d records", c.CallID, n))
			}
		}
		for i, c := range d.phones {
			if len(c.Up) > 0 {
				bad = append(bad, fmt.Sprintf("phone %d still believes in a call that is over", 201+i))
			}
		}
		return d.World, p, bad
	}
}

// officeTruths holds a record against the wire and the mailbox.
func (d *office) officeTruths(r *outcome.Record) (bad []string) {
	say := func(format string, args ...any) {
		bad = append(bad, r.Legs[0].SIPCallID+": "+fmt.Sprintf(format, args...)+fmt.Sprintf(" (%s, %s by %s, answered %s, stage %s)", r.Status, r.ByeReason, r.EndedBy, r.Answered, r.Stage))
	}
	caller := d.o.leg(r.Legs[0].SIPCallID)
	var with []*watched // who talked with the caller
	ids := d.takers(r)
	for _, l := range r.Legs[1:] {
		ids = append(ids, l.SIPCallID)
	}
	for _, id := range ids {
		if k := d.o.leg(id); !k.joined.IsZero() && (caller.bye.IsZero() || k.joined.Before(caller.bye)) {
			with = append(with, k)
		}
	}
	joined := len(with) > 0
	if joined && r.Answered != "party" || !joined && r.Answered == "party" {
		say("a phone answered before the caller left: %v", joined)
	}
	left := !caller.bye.IsZero() && caller.byes == 0 && caller.acked
	if left && r.EndedBy != "caller" {
		say("the caller hung up, and nobody else did")
	}
	message := slices.ContainsFunc(d.boxes.List("201"), func(m app.Message) bool { return m.Call == r.ID })
	if leaves := r.ByeReason == outcome.CallerLeftVoicemail.String(); leaves != (message && r.Stage == "voicemail") {
		say("a message is there: %v", message)
	}
	switch r.ByeReason {
	case outcome.AbandonedOnHold.String():
		if caller.bye.IsZero() || !slices.Contains([]string{"hold", "routing", "ringing"}, r.Stage) {
			say("nobody left on hold")
		}
	case outcome.AbandonedVoicemail.String():
		if caller.bye.IsZero() || r.Stage != "voicemail" {
			say("nobody left a mailbox")
		}
	}
	// outcome/README section 3 rule 3: "held by the other party [...] -> 903".
	if want := map[bool]string{true: outcome.AbandonedOnHold.String(), false: "NORMAL_CLEARING"}; left && len(with) == 1 &&
		(r.Stage == "talking" || r.Stage == "hold") && with[0].bye.IsZero() && r.ByeReason != want[with[0].holds] && !d.parked(r) {
		say("the other party holds: %v", with[0].holds)
	}
	for i, l := range r.Legs {
		if l.Reason == "BLIND_TRANSFER" && (i == 0 || d.o.leg(l.SIPCallID).joined.IsZero()) {
			say("leg %d has transferred, and was never there", l.ID)
		}
	}
	return bad
}

// parked tells whether a caller was sent to the parking place.
func (d *office) parked(r *outcome.Record) bool {
	return slices.ContainsFunc(r.Legs, func(l outcome.Leg) bool { return l.Reason == "BLIND_TRANSFER" })
}

// TestOfficeSeeds: extensions that hold, transfer and park, and a mailbox, under faults of the network.
func TestOfficeSeeds(t *testing.T) {
	run := inBubble(t, runOfficeSeed(t.TempDir()))
	forSeeds(t, 100, run)
	seen := map[string]int{}
	run = inBubble(t, runOfficeSeed(t.TempDir()))
	for seed := range uint64(40) {
		w, _, _ := run(seed + 1)
		for _, s := range w.Saved {
			seen[s.Record.ByeReason]++
			for _, l := range s.Record.Legs {
				seen["leg "+l.Reason]++
			}
			for _, e := range s.Events {
				if e.Kind == call.EvCommand && strings.HasPrefix(e.By, "extension ") {
					seen["parked by code"]++
				}
			}
			if ofCode(&s) && s.Record.ByeReason == "ATTENDED_TRANSFER" {
				seen["taken"]++
			}
		}
	}
	t.Logf("of 40 seeds: %v", seen)
	for _, want := range []string{outcome.AbandonedOnHold.String(), outcome.CallerLeftVoicemail.String(), "leg BLIND_TRANSFER", "leg PICKED_OFF", "taken", "parked by code"} {
		if seen[want] == 0 {
			t.Errorf("no %s: the seeds show little", want)
		}
	}
}
