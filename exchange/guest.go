package exchange

import (
	"onhook/app"
	"onhook/call"
	"onhook/route"
	"onhook/sip"
)

// guest is whose rights an application has that leads its party on: the caller's,
// or, of one who was called and sent to it, that one's own. Neither the caller's
// rights nor the server's reach whoever happened to be called: a party that is
// neither an extension nor a trunk has those of an unknown trunk, and leaves by none.
func (c *live) guest() route.Caller {
	if !c.call.Sent() {
		return c.caller
	}
	return c.party(c.call.Side(call.CallerSide))
}

// called is how a leg began; nil: it is none that we called.
func (c *live) called(leg call.LegID) *call.Event {
	for i := range c.events {
		if e := &c.events[i]; e.Kind == call.EvLeg && e.Leg == leg && leg != call.Caller {
			return e
		}
	}
	return nil
}

// guestInfo tells an application of one who was called and sent to it.
func (x *Exchange) guestInfo(c *live, i *app.Info) {
	g := c.guest()
	i.User, i.Trunk = g.User, g.Trunk
	i.Caller, i.Name = g.User, ""
	if u := x.users[g.User]; u != nil {
		i.Name = u.Display
	}
	if e := c.called(c.call.Side(call.CallerSide)); e != nil && g.User == "" {
		if uri, err := sip.ParseURI(e.Text); err == nil {
			i.Caller = sip.Unescape(uri.User)
		}
	}
}
