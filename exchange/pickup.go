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
// longest: at the extension behind the code, or in one of its own groups.
func (x *Exchange) checkPickup(q *inquiry) refusal {
	if x.set.Pickup == "" || !isCode(q.plan) || q.plan.Steps[0].Targets[0].Name != pickupCode || !q.body.HasOffer() {
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
