package exchange

import (
	"onhook/call"
	"onhook/route"
	"onhook/sip"
	"onhook/stack"
)

// A refusal is why a call is not put through. The zero value: nothing is wrong.
type refusal struct {
	cause  string // Bye Reason
	detail string
	code   int // the final code that RFC 3261 fixes for it; 0: the reason's own
}

func refused(r route.Refusal) refusal { return refusal{cause: string(r.Cause), detail: r.Text} }

// An inquiry is what is to be known of an INVITE before its call is put through.
type inquiry struct {
	call    *live
	action  *stack.Action
	msg     *sip.Message
	trunk   *Trunk // that it came in by, or nil
	user    *User  // who authenticated, or nil
	guesses bool   // who sent it gave wrong credentials too often

	uri    sip.URI
	bad    error // the Request-URI cannot be read
	number string
	body   call.Body
	plan   route.Plan
	steps  []call.Step
}

// checks are what a call can be refused for before anything is sent on a
// second leg, in the order of outcome/README section 3 rule 1. What comes
// after them (no address for media free, a kind of media that the server cannot
// carry, none in common) is the call's.
var checks = [...]func(*Exchange, *inquiry) refusal{
	(*Exchange).checkLoad,
	(*Exchange).checkMessage,
	(*Exchange).checkReplaces,
	(*Exchange).checkCaller,
	(*Exchange).checkFeature,
	(*Exchange).checkPickup,
	(*Exchange).checkNumber,
	(*Exchange).checkPlan,
	(*Exchange).checkTargets,
	(*Exchange).checkMedia,
}

// check refuses a call, or finds whom it rings.
func (x *Exchange) check(about inquiry, s *call.Start) {
	q := &x.inquiry // one at a time, and its room is used again
	*q = about
	for _, f := range checks {
		if r := f(x, q); r.cause != "" {
			s.Cause, s.Detail, s.Code = r.cause, r.detail, r.code
			break
		}
		if s.Replaces = q.call.replaces != 0; s.Replaces {
			break // it is for a dialog, not for a number
		}
	}
	q.call.taping.route = x.routeMode(&q.plan)
	if s.Cause == "" {
		s.Steps, s.Body, s.Deny = q.steps, q.body, q.user.denied()
	}
	*q = inquiry{}
}

// checkLoad: overload, a full disk, a server that is being stopped.
func (x *Exchange) checkLoad(*inquiry) refusal {
	switch {
	case x.draining:
		return refusal{cause: "SWITCH_CONGESTION", detail: "shutdown"}
	case x.full && !x.set.Continue:
		return refusal{cause: "NORMAL_TEMPORARY_FAILURE", detail: "disk_full"}
	case x.overloaded():
		return refusal{cause: "SWITCH_CONGESTION", detail: "overload"}
	}
	return refusal{}
}

// checkMessage: what the stack found in the message, and a body that cannot be read.
func (x *Exchange) checkMessage(q *inquiry) refusal {
	a := q.action
	switch a.Refuse {
	case 0, 420, 483:
		q.body = call.ReadBody(q.msg)
	}
	// An unknown Require comes between a body that is no description and one of another type.
	if q.body.Cause != "" && (a.Refuse != 420 || q.body.Cause == "INVALID_IE_CONTENTS") {
		return refusal{q.body.Cause, q.body.Text, q.body.Code}
	}
	if a.Refuse != 0 {
		return refusal{causeOf(a), a.Text, a.Refuse}
	}
	return refusal{}
}

// checkReplaces: RFC 3891 section 3, "if no match is found, the UAS rejects the
// INVITE and returns a 481 Call/Transaction Does Not Exist response".
func (x *Exchange) checkReplaces(q *inquiry) refusal {
	r, has, err := q.msg.Replaces()
	switch {
	case !has:
		return refusal{}
	case err != nil:
		return refusal{"INVALID_IE_CONTENTS", err.Error(), 400}
	}
	// RFC 3891 section 8: INVITEs with Replaces "MUST only be accepted if the peer requesting replacement has been properly
	// authenticated". No later check is asked about them.
	if r := x.checkSender(q); r.cause != "" {
		return r
	}
	ref, ok := x.ep.Replaced(r)
	if !ok {
		ref, ok = x.ringingNamed(r)
		q.call.picks = ok
	}
	if !ok {
		return refusal{"INVALID_CALL_REFERENCE", "no dialog " + r.String(), 481}
	}
	to, leg := x.calls.get(ref)
	switch {
	case to == nil || !to.call.Takes(leg):
		return refusal{"INVALID_CALL_REFERENCE", "dialog " + r.String() + " cannot be replaced", 481}
	case r.EarlyOnly && to.call.Answered():
		// RFC 3891 section 3, of a confirmed dialog and the early-only flag: "If the flag is present, the UA rejects the request with
		// a 486 Busy response."
		return refusal{"USER_BUSY", "dialog " + r.String() + " is answered already", 486}
	}
	q.call.replaces = ref
	return refusal{}
}

// checkCaller: what the caller may not, whoever it calls. The number plan is
// asked here, since a closed user group is about whom a number leads to.
func (x *Exchange) checkCaller(q *inquiry) refusal {
	c := q.call
	q.uri, q.bad = sip.ParseURI(q.msg.URI)
	if q.bad == nil {
		q.number = dialled(q.uri)
		if long := x.set.Speed[q.number]; long != "" && q.user != nil {
			q.number = long
		}
		if q.trunk != nil {
			q.number = q.trunk.Numbers.In.Apply(q.number)
		}
		if x.ours(q.uri) {
			q.plan = x.set.Routes.Plan(x.moment(), c.caller, q.number)
			x.outOfHours(c, q.plan)
		}
	}
	if r := x.checkSender(q); r.cause != "" {
		return r
	}
	switch {
	case q.user != nil && x.over(q.user.Name, 1):
		return refusal{cause: "OUTGOING_CALL_BARRED", detail: "call_limit"}
	case q.plan.Refusal.Cause == route.OutgoingCallBarred:
		return refused(q.plan.Refusal)
	}
	return x.mayCall(c.caller, q.number, q.plan)
}

// dialled is the number that a Request-URI asks for. RFC 3966 section 5.1.1:
// visual separators of a tel URI "are not used for URI comparison or placing a call".
func dialled(u sip.URI) string {
	if number, ok := u.Number(); ok && u.Scheme == "tel" {
		return number
	}
	return sip.Unescape(u.User)
}

// checkSender: who may not call at all.
func (x *Exchange) checkSender(q *inquiry) refusal {
	switch {
	case q.guesses:
		return refusal{cause: "OUTGOING_CALL_BARRED", detail: "wrong credentials too often"}
	case q.trunk != nil && x.lines[q.trunk.Name].disabled():
		return refusal{cause: "OUTGOING_CALL_BARRED", detail: "trunk " + q.trunk.Name + " is disabled"}
	}
	return refusal{}
}

// mayCall says why a caller may not call a number, and whom it leads to.
func (x *Exchange) mayCall(as route.Caller, number string, p route.Plan) refusal {
	if r := x.set.Policies.Outgoing(x.moment(), as, number); r.Cause != "" {
		return refused(r)
	}
	if p.Refused() {
		return refused(x.set.Policies.Within(as))
	}
	var first route.Refusal
	for _, s := range p.Steps {
		for _, t := range s.Targets {
			r := x.set.Policies.Closed(as, t)
			if r.Cause != route.OutgoingCallBarred {
				return refusal{} // one of them may be called
			}
			if first.Cause == "" {
				first = r
			}
		}
	}
	return refused(first)
}

// checkFeature: a feature that exists but is not the caller's.
func (x *Exchange) checkFeature(q *inquiry) refusal {
	return refused(x.set.Policies.Feature(q.call.caller, q.number))
}

// checkNumber: a number that is not well formed.
func (x *Exchange) checkNumber(q *inquiry) refusal {
	switch {
	case q.bad != nil:
		return refusal{cause: "INVALID_NUMBER_FORMAT", detail: q.bad.Error()}
	case q.plan.Refusal.Cause == route.InvalidNumberFormat:
		return refused(q.plan.Refusal)
	case isCode(q.plan):
		return refusal{} // what numbers look like says nothing of codes
	}
	return refused(x.set.Policies.Number(q.number))
}

// checkPlan: no rule, no such extension, unknown carrier, a transport we lack.
func (x *Exchange) checkPlan(q *inquiry) refusal {
	if !x.ours(q.uri) {
		return refusal{cause: "NO_ROUTE_DESTINATION", detail: "not one of our domains: " + q.uri.Host}
	}
	if q.plan.Refused() {
		return refused(q.plan.Refusal)
	}
	return refusal{}
}

// checkTargets: whether any of those called can be called now.
func (x *Exchange) checkTargets(q *inquiry) (r refusal) {
	q.call.kinds = q.body.Kinds()
	q.steps, r = x.expand(q.call, way{as: q.call.caller, dialled: true}, q.plan)
	if q.trunk != nil && r.cause == "" {
		return x.fullLine(x.lines[q.trunk.Name], 1) // it counts both ways
	}
	return r
}

// checkMedia: media that the caller may not have.
func (x *Exchange) checkMedia(q *inquiry) refusal {
	return forbidden(q.user, q.call.kinds)
}

// ours tells whether a URI names this system.
func (x *Exchange) ours(u sip.URI) bool {
	return u.Scheme == "tel" || x.set.Routes.IsLocal(u.Host, u.Port)
}
