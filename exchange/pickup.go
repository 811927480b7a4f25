package exchange

import (
	"strings"

	"onhook/route"
)

// pickupCode is the application of the code by which a ringing call is taken.
// Where one rings the code's call replaces its leg, and the application, which
// says that there is none, is not started.
const pickupCode = codePrefix + "pickup"

// checkPickup: a caller who has dialled the code for it takes the call that rings
// longest: at the extension behind the code, or in one of its own groups. Who
// dials a place where a call is parked gets that.
func (x *Exchange) checkPickup(q *inquiry) refusal {
	if name := appOf(q.plan); strings.HasPrefix(name, parkPrefix) && q.user != nil && q.body.HasOffer() {
		if c := x.parkedAt(name); c != nil {
			q.call.replaces, q.call.picks = c.session.ref, true
		}
	}
	if x.set.Pickup == "" || appOf(q.plan) != pickupCode || !q.body.HasOffer() {
		return refusal{}
	}
	me, whose := q.call.caller, strings.TrimPrefix(q.number, x.set.Pickup)
	of := func(user string) bool {
		if whose == "" && !x.set.Routes.Together(me.User, user) || whose != "" && user != whose {
			return false
		}
		return x.set.Policies.Closed(me, route.Target{Kind: route.ToUser, Name: user}).Cause == ""
	}
	var oldest *live
	for _, c := range x.calls.calls {
		if c == nil || c == q.call || c.caller.User == me.User || oldest != nil && c.events[0].At.After(oldest.events[0].At) {
			continue
		}
		if leg := c.call.Ringing(of); leg != 0 {
			oldest, q.call.replaces, q.call.picks = c, legRef(c, leg), true
		}
	}
	return refusal{}
}

// parkPrefix is how the applications are named that keep parked callers.
const parkPrefix = "park:"

// parkedAt is the call that is parked at a place; nil: none is.
func (x *Exchange) parkedAt(name string) *live {
	for _, c := range x.calls.calls {
		if c == nil || c.session == nil || c.session.info.App != name {
			continue
		}
		if _, leg := x.calls.get(c.session.ref); c.session.info.By != "" && c.call.Takes(leg) {
			return c
		}
	}
	return nil
}
