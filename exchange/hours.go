package exchange

import (
	"onhook/call"
	"onhook/route"
)

// moment is now, as the number plan wants to know it.
func (x *Exchange) moment() route.Moment {
	m := route.Moment{At: x.now}
	if x.opt.Hours != nil {
		m.Switched = x.opt.Hours()
	}
	return m
}

// outOfHours tells the record which timetable led a call elsewhere. What is found
// before the call has begun waits until it does.
func (x *Exchange) outOfHours(c *live, p route.Plan) {
	if p.Hours == "" {
		return
	}
	e := call.Event{At: x.now, Kind: call.EvHours, Name: p.Hours, Text: p.Why}
	if c.call == nil {
		c.early = &e
		return
	}
	c.journal(e)
}

// tellEarly tells the record what was found before the call began.
func (c *live) tellEarly() {
	if c.early != nil {
		c.journal(*c.early)
		c.early = nil
	}
}
