package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"onhook/app"
	"onhook/exchange"
	"onhook/media"
	"onhook/route"
	"onhook/sip"
	"onhook/store"
)

// prompts and music are the same in all worlds.
var (
	prompts = app.NewLibrary("", "en")
	tone    = media.NewClip(media.Tone(8000, 4000, 440))
)

// A desk is a world whose callers wait in a queue for agents.
type desk struct {
	*World
	b       *bubble
	o       *watch
	r       *rand.Rand
	floor   *app.Floor
	opt     app.QueueOptions
	agents  []*Callee
	names   []string
	callers []*Caller
	clock   *Caller         // whose time what agents do comes by
	spare   *Callee         // where the queue overflows to, and key 1 leads
	words   []word          // of agents
	unsure  map[string]bool // agents of whom it is not known what they have said
	name    string
	codes   *rand.Rand // what is dialled besides, and to whom agents give their callers
}

// agentNames are extensions 201 to 204.
func agentNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprint(201+i))
	}
	return names
}

// newDesk makes a desk whose queue and agents are as its seed says.
func newDesk(seed uint64, f Faults, r *rand.Rand) *desk {
	d := &desk{r: r, codes: rand.New(rand.NewPCG(seed, 9)), names: agentNames(1 + r.IntN(4)), unsure: map[string]bool{}}
	d.opt = queueOf(r, d.names)
	rules, apps := agentRules()
	routes, err := route.New(route.Options{
		Rules: append(rules, route.Rule{Match: "8", To: []route.Destination{{Kind: route.ToApp, Text: "queue:q"}}},
			route.Rule{Match: "5", To: []route.Destination{{Kind: route.ToSIP, Text: "sip:5@10.0.1.5"}}}),
		Users: d.names, Apps: append(apps, "queue:q"), Local: []string{ServerAddr.Addr().String(), "example.com"},
	})
	if err != nil {
		panic(err)
	}
	d.World = NewWorld(seed, f, func(s *exchange.Settings) {
		s.Routes = routes
		for _, n := range d.names {
			s.Users = append(s.Users, exchange.User{Name: n})
		}
		secrets(s)
		s.App = func(name string) app.App {
			if do, ok := strings.CutPrefix(name, "agent:"); ok {
				return d.b.count(&app.AgentCode{Floor: d.floor, Library: prompts, Action: do})
			}
			return d.b.count(&app.Waiting{Queue: d.floor.Queue("q"), Library: prompts})
		}
	})
	d.b = d.live()
	d.o = watchOf(d.World)
	d.Sounds(seed, 6*time.Second)
	d.floor = app.NewFloor(app.FloorOptions{Phones: d.phones, Now: d.b.now})
	d.floor.Configure([]app.QueueOptions{d.opt})
	d.clock = NewCaller(d.Net, netip.MustParseAddrPort("10.0.9.9:5060"), "")
	d.spare = d.Callee(5)
	d.spare.Ring, d.spare.Final, d.spare.After = time.Second, 200, 3*time.Second
	for i, n := range d.names {
		at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 2, byte(i + 1)}), 5060)
		a := NewCallee(d.Net, at)
		a.Next, a.Begun = d.mood, d.gives
		d.agents = append(d.agents, a)
		d.o.agents[at] = n
		d.register(n, at)
	}
	d.name = fmt.Sprintf("queue: %d agents, %s, ring %v, retry %v, wrap-up %v, at most %v, %d, overflow %q, exits %d", len(d.names), d.opt.Strategy, d.opt.Ring, d.opt.Retry,
		d.opt.WrapUp, d.opt.MaxWait, d.opt.MaxLength, d.opt.Overflow, len(d.opt.Exits))
	return d
}

// queueOf chooses what a queue is.
func queueOf(r *rand.Rand, agents []string) app.QueueOptions {
	o := app.QueueOptions{
		Name: "q", Agents: agents, LoggedIn: r.IntN(4) > 0, Music: tone, Greeting: []string{"queue-in-line"},
		Strategy: []app.Strategy{app.LongestIdle, app.RoundRobin, app.RingAll, app.FewestCalls}[r.IntN(4)],
		Ring:     time.Second + spanOf(r, 10*time.Second), Level: 20 * time.Second,
	}
	maybe := func(limit time.Duration) time.Duration {
		if r.IntN(3) == 0 {
			return 0
		}
		return spanOf(r, limit)
	}
	o.Retry, o.WrapUp, o.MaxWait = maybe(8*time.Second), maybe(15*time.Second), maybe(60*time.Second)
	if r.IntN(3) == 0 {
		o.MaxLength = 1 + r.IntN(2)
	}
	if r.IntN(2) == 0 {
		o.Every, o.SayPlace, o.SayWait = time.Second+spanOf(r, 10*time.Second), true, r.IntN(2) == 0
	}
	if r.IntN(3) == 0 {
		o.Overflow = "sip:5@10.0.1.5"
	}
	if r.IntN(3) == 0 {
		o.Exits = map[string]string{"1": "sip:5@10.0.1.5"}
	}
	for _, prompt := range []*[]string{&o.Full, &o.Absent, &o.Late} {
		if r.IntN(2) == 0 {
			*prompt = []string{"queue-in-line"}
		}
	}
	return o
}

// phones tells of the agents what the server knows.
func (d *desk) phones(ctx context.Context, names []string) ([]app.PhoneState, error) {
	all, err := d.Server.Presences(ctx, names)
	out := make([]app.PhoneState, len(all))
	for i, p := range all {
		out[i] = app.PhoneState{Calls: p.Calls, Phones: p.Phones}
	}
	return out, err
}

// register has the server know the phone of an extension.
func (w *World) register(user string, at netip.AddrPort) {
	aor := "sip:" + user + "@example.com"
	flow := sip.Flow{Transport: sip.UDP, Local: ServerAddr, Remote: at}
	w.Server.LoadBindings([]store.Binding{{
		BindingKey: store.BindingKey{AOR: aor, Key: user}, Contact: "sip:" + user + "@" + at.String(), CallID: "reg" + user, CSeq: 1, Q: 1000,
		ExpiresAt: w.Net.Now.Add(time.Hour), Flow: flow.Transport.Param() + " " + flow.Local.String() + " " + flow.Remote.String(),
	}})
}

// mood says how an agent takes its next call.
func (d *desk) mood(c *Callee) {
	r := d.r
	c.Ring, c.After, c.Talk = spanOf(r, 2*time.Second), spanOf(r, 12*time.Second), 0
	c.Final = []int{200, 200, 200, 486, 603, 480, 0}[r.IntN(7)]
	if r.IntN(2) == 0 {
		c.Talk = spanOf(r, 40*time.Second)
	}
}

// gives has an agent send its caller on to somebody else, now and then.
func (d *desk) gives(c *Callee, now time.Time) {
	if r := d.codes; r.IntN(4) == 0 {
		to, after := []string{"5", "5", "999"}[r.IntN(3)], spanOf(r, 10*time.Second)
		c.after(now, after, func(now time.Time) { c.Refer(now, "sip:"+to+"@example.com") })
	}
}

// calls has callers come, wait as long as they like, press keys and go.
func (d *desk) calls(n int) {
	for i := range n {
		c := NewCaller(d.Net, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(10 + i)}), 5060), fmt.Sprintf("q%d@caller", i))
		c.Server, c.Number = ServerAddr, "8"
		if d.r.IntN(3) > 0 {
			c.Talk = spanOf(d.r, 90*time.Second)
		}
		if d.r.IntN(6) == 0 {
			c.Cancel = spanOf(d.r, time.Second)
		}
		d.callers = append(d.callers, c)
		come := spanOf(d.r, 60*time.Second)
		c.after(d.Net.Now, come, c.Start)
		for range d.r.IntN(3) {
			key := []string{"1", "9"}[d.r.IntN(2)]
			c.after(d.Net.Now, come+spanOf(d.r, 40*time.Second), func(now time.Time) { c.press(now, key) })
		}
	}
}

// days has agents log in and out, rest, and lose their phones.
func (d *desk) days() {
	for i := range d.names {
		a := d.agents[i]
		for range d.r.IntN(4) {
			do := []string{app.Login, app.Logout, app.Pause, app.Resume, app.Login, app.Resume, "vanish", "back"}[d.r.IntN(8)]
			d.clock.after(d.Net.Now, spanOf(d.r, 100*time.Second), func(now time.Time) {
				switch do {
				case "vanish":
					a.Vanish()
				case "back":
					a.Silent = false
				default:
					d.b.catchUp()
					if err := d.floor.Agent(d.names[i], do, ""); err != nil {
						panic(err)
					}
					d.words = append(d.words, word{now, now, d.names[i], do})
				}
			})
		}
	}
}

// State is how queue and agents are.
func (d *desk) state() (s app.FloorState) {
	d.b.catchUp()
	d.command(func() { s, _ = d.floor.State(context.Background()) })
	return s
}

// states are those of the agents, in words.
func (d *desk) states(s app.FloorState) string {
	var out []string
	for _, a := range s.Agents {
		out = append(out, a.Name+" "+a.State)
	}
	return strings.Join(out, ", ")
}
