package exchange

import (
	"onhook/call"
	"onhook/route"
)

// Rights are what an extension may and wants, beside the policies.
type Rights struct {
	Calls   int           // most calls at once; 0: as Settings.PerUser
	DND     bool          // whoever calls finds it busy
	Moved   string        // its new number; empty: it has not moved
	Blocked route.Numbers // callers that it does not want
	Deny    call.Kinds    // media that it may not have
	Forward Forward       // where its calls go
	Watch   Watch         // who may watch whether it has calls, and what they are told
	Record  RecordMode    // which of its calls are recorded
}

// denied are the media that a user may not have; nil: nobody's rights, a trunk's.
func (u *User) denied() call.Kinds {
	if u == nil {
		return 0
	}
	return u.Rights.Deny
}

// over tells whether a user has more calls up than it may; own are those
// counted already that are asked about.
func (x *Exchange) over(name string, own int) bool {
	limit := x.set.PerUser
	if u := x.users[name]; u != nil && u.Rights.Calls > 0 {
		limit = u.Rights.Calls
	}
	return limit > 0 && x.inUse["user "+name] > limit-1+own
}

// forbidden refuses media that a user may not have.
func forbidden(u *User, offered call.Kinds) refusal {
	if k := u.denied() & offered; k != 0 {
		return refusal{cause: "BEARERCAPABILITY_NOTAUTH", detail: u.Name + " may not have " + k.String()}
	}
	return refusal{}
}

// mayReach says why a call does not reach an extension, as far as that does not
// depend on its phones.
func (x *Exchange) mayReach(c *live, w way, t route.Target) refusal {
	u := x.users[t.Name]
	if u != nil && u.Rights.Moved != "" {
		return refusal{cause: "NUMBER_CHANGED", detail: "the new number is " + u.Rights.Moved}
	}
	for _, r := range [...]route.Refusal{x.set.Policies.Incoming(x.moment(), w.as, c.from, t.Name), x.set.Policies.Closed(w.as, t)} {
		if r.Cause != "" {
			return refused(r)
		}
	}
	switch {
	case u != nil && u.Rights.Blocked.Has(c.from):
		return refusal{cause: "INCOMING_CALL_BARRED", detail: "blocked by " + t.Name}
	case u != nil && u.Rights.DND:
		return refusal{cause: "USER_BUSY", detail: "dnd"}
	case c.idleOnly && x.inUse["user "+t.Name] > 0:
		return refusal{cause: "USER_BUSY", detail: "on_call"}
	case x.over(t.Name, 0):
		return refusal{cause: "USER_BUSY", detail: "call_limit"}
	}
	return refusal{}
}

// nearness orders what several targets of one step could not be called for: the
// best of them is the step's (outcome/README section 6, by the codes of the reasons).
func nearness(cause string) int {
	switch cause {
	case "USER_BUSY": // 486
		return 7
	case "USER_NOT_REGISTERED": // 480
		return 6
	case "INVALID_NUMBER_FORMAT": // 484
		return 5
	case "CHAN_NOT_IMPLEMENTED": // 488
		return 4
	case "NUMBER_CHANGED": // 410
		return 3
	case "UNALLOCATED_NUMBER", "NO_ROUTE_DESTINATION", "NO_ROUTE_TRANSIT_NET": // 404
		return 2
	case "OUTGOING_CALL_BARRED", "INCOMING_CALL_BARRED", "BEARERCAPABILITY_NOTAUTH": // 403
		return 1
	}
	return 0 // 5xx
}
