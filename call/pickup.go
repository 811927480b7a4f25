package call

import (
	"strings"
	"time"
)

// Ringing is the leg of an extension that rings and that somebody else may answer
// instead: another phone's call then takes its place (InAdopt). 0: there is none.
func (c *Call) Ringing(of func(user string) bool) LegID {
	for i := range c.legs[1:] {
		if l := &c.legs[i+1]; l.peer == PeerPhone && l.state == legCalling && of(l.name) && c.Takes(l.id) {
			return l.id
		}
	}
	return 0
}

// parked tells whether the caller is parked: another phone's call may come to it
// and take it out of the application.
func (c *Call) parked() bool {
	return c.phase == up && c.app.session && strings.HasPrefix(c.app.name, "park:")
}

// retrieved joins a parked caller with a leg that another phone's call brought.
func (c *Call) retrieved(out []Action, now time.Time, l *leg) []Action {
	a := c.leg(c.a)
	out = c.endApp(out)
	c.other = l.id
	if c.platform != 0 {
		c.a, c.other, c.platform = l.id, a.id, 0
	}
	out = event(out, now, Event{Kind: EvBridged, Leg: c.other, Of: uint32(c.a)})
	out = c.setStage(out, now, "talking")
	return c.joinOwn(out, a, l)
}
