package exchange

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"onhook/call"
	"onhook/route"
	"onhook/sip"
)

// An Origination is a call that an operator wants made: From is rung and, when it
// answers, connected with To.
type Origination struct {
	From    string        // a number, or a destination as in a route; not an application
	To      string        // likewise; an application too
	Ring    time.Duration // how long From may ring; 0: the server's usual time
	Number  string        // who calls, as both parties see it; empty: To for the first, From for the second
	Name    string        // likewise the name
	Automat bool          // the first phone is asked to answer by itself
	By      string        // who wants it
}

// Originate begins a call and returns its id. What can be known of its numbers
// before is a *DestinationError; what the parties do is in the record. If From is
// an extension, To is called with its rights; else with those of the server itself.
func (x *Exchange) Originate(ctx context.Context, o Origination) (id string, err error) {
	failure := x.do(ctx, func(x *Exchange) {
		if r := x.checkLoad(nil); r.cause != "" {
			err = &StateError{"no calls are taken now: " + r.cause + " " + r.detail}
			return
		}
		if r := x.leadsTo(route.Caller{}, o.From); r.cause != "" {
			err = &DestinationError{r.cause, "from: " + r.detail}
			return
		}
		first := x.set.Routes.To(x.moment(), route.Caller{}, o.From)
		if appOf(first) != "" || isEcho(first) {
			err = &DestinationError{"FACILITY_NOT_SUBSCRIBED", "from: " + o.From + " is an application, and nobody who can be rung"}
			return
		}
		as := route.Caller{User: userOf(first)}
		if r := x.leadsTo(as, o.To); r.cause != "" {
			err = &DestinationError{r.cause, "to: " + r.detail}
			return
		}
		id = x.placeCall(o, as)
	})
	if failure != nil {
		err = failure
	}
	return id, err
}

// leadsTo says why a number or destination may not be called, or leads nowhere;
// whether somebody can be reached there is not asked.
func (x *Exchange) leadsTo(as route.Caller, to string) refusal {
	p := x.set.Routes.To(x.moment(), as, to)
	if _, err := route.ParseDestination(to); err != nil {
		if r := x.mayCall(as, to, p); r.cause != "" {
			return r
		}
		for _, r := range [...]route.Refusal{x.set.Policies.Feature(as, to), x.set.Policies.Number(to)} {
			if r.Cause != "" {
				return refused(r)
			}
		}
	}
	return refused(p.Refusal)
}

// isEcho tells whether a plan begins with the echo test.
func isEcho(p route.Plan) bool {
	return len(p.Steps) > 0 && p.Steps[0].Targets[0].Kind == route.ToEcho
}

// userOf is the extension that a plan rings; empty: it is not one.
func userOf(p route.Plan) string {
	if t := p.Steps[0].Targets; len(t) == 1 && t[0].Kind == route.ToUser {
		return t[0].Name
	}
	return ""
}

// placeCall makes the call and begins it.
func (x *Exchange) placeCall(o Origination, as route.Caller) string {
	c := x.newLive()
	id := x.newCallID()
	c.meta = x.meta(id)
	c.meta.Direction, c.meta.User, c.caller = "internal", as.User, as
	second := x.set.Routes.To(x.moment(), as, o.To)
	from, to := x.uriFor(o.From), x.uriFor(o.To)
	s := call.Start{ID: id, Peer: call.PeerPlatform, Name: o.From, Invite: ownInvite(id, from, to), Origin: &call.Origin{
		To: o.To, Application: appOf(second) != "" || isEcho(second),
	}}
	if as.User != "" {
		s.Name, s.Origin.Peer = as.User, call.PeerPhone
	}
	s.Origin.From = x.showTo(c, &o, o.To, o.Name)
	x.firstParty(c, &o, &s)
	name := o.Name
	if u := x.users[as.User]; u != nil && name == "" {
		name = u.Display
	}
	s.From = x.showTo(c, &o, s.Name, name)
	x.begin(c, &s, o.By, from+" "+to)
	if x.logs(slog.LevelInfo) {
		x.log.Info("call begins", "call", id, "from", o.From, "to", o.To, "by", o.By)
	}
	x.announce(c, CallStarted, nil)
	x.step(c, call.Input{Kind: call.InBegin})
	return id
}

// showTo sets who calls as the party sees it that is called next, and returns the From for it.
func (x *Exchange) showTo(c *live, o *Origination, number, name string) string {
	if o.Number != "" {
		number = o.Number
	}
	c.id, c.from = identity{number: number, name: name}, number
	u := sip.NameAddr{Display: name, URIText: x.uriFor(number)}
	return u.String()
}

// firstParty finds where the first party is rung, or why it cannot be.
func (x *Exchange) firstParty(c *live, o *Origination, s *call.Start) {
	steps, err := x.destinations(c, way{alone: true}, []string{o.From})
	if n := (*nowhere)(nil); errors.As(err, &n) {
		s.Cause, s.Detail = n.cause, n.detail
	}
	for i := range steps {
		if o.Ring > 0 {
			steps[i].Ring = o.Ring
		}
		for j := range steps[i].Targets {
			x.answerAlone(&steps[i].Targets[j], o.Automat)
		}
	}
	s.Steps = steps
}

// begin makes the call and writes down who wanted it.
func (x *Exchange) begin(c *live, s *call.Start, by, parties string) {
	c.call = call.New(x.now, x.set.Call, *s)
	x.calls.add(c)
	x.count.Calls++
	n := 2
	if s.Origin.Application {
		n = 1
		c.journal(call.Event{At: x.now, Kind: call.EvLeg, Leg: call.Caller, Peer: call.PeerPlatform})
	}
	c.journal(call.Event{At: x.now, Kind: call.EvCommand, Name: call.CmdOriginate, By: by, Text: parties, N: n})
	c.tellEarly()
}

// answerAlone asks a phone to answer by itself, in the two ways that phones know.
func (x *Exchange) answerAlone(t *call.Target, wanted bool) {
	if wanted && t.Peer == call.PeerPhone {
		t.Headers = append(t.Headers,
			sip.Header{ID: sip.HCallInfo, Value: "<sip:" + x.set.Domain + ">;answer-after=0"},
			sip.Header{ID: sip.HAlertInfo, Value: "<http://" + x.set.Domain + ">;info=alert-autoanswer"})
		for i := range t.Flows {
			x.answerAlone(&t.Flows[i], wanted)
		}
	}
}

// uriFor is the URI by which records name a number or destination.
func (x *Exchange) uriFor(to string) string {
	if d, err := route.ParseDestination(to); err == nil {
		if _, err := sip.ParseURI(d.Text); err == nil && d.Kind == route.ToSIP {
			return d.Text
		}
		if d.Kind == route.ToUser {
			return x.aor(d.Text)
		}
	}
	return x.aor(to)
}

// ownInvite stands for the INVITE that a call of ours has not: who calls whom.
func ownInvite(id, from, to string) *sip.Message {
	m := &sip.Message{Method: sip.INVITE, URI: to}
	m.Add(sip.HFrom, "<"+from+">")
	m.Add(sip.HTo, "<"+to+">")
	m.Add(sip.HCallID, id)
	return m
}

// connect tells a call whose first party has answered where its destination leads.
func (x *Exchange) connect(c *live, a *call.Action) {
	steps, r := x.reach(c, way{as: c.caller}, a.Target)
	x.step(c, call.Input{Kind: call.InRouted, Leg: a.Leg, Steps: steps, Cause: r.cause, Text: r.detail})
}
