package exchange

import (
	"onhook/call"
	"onhook/digest"
	"onhook/sip"
	"onhook/stack"
)

// maxAnswers is how often one INVITE's challenges are answered: once, and once more if only the nonce was too old.
const maxAnswers = 2

// responded takes a response: a trunk's challenge is answered here, everything else is the call's.
func (x *Exchange) responded(a *stack.Action) {
	if a.Ref&watcherRef == watcherRef {
		x.notified(a.Ref, a.Msg.Status)
		return
	}
	if a.Ref&notCall != 0 {
		x.trunkAnswered(a)
		if a.Msg.Status >= 200 {
			x.left(a.Ref, a.Msg)
		}
		return
	}
	c, leg := x.about(a)
	if c == nil {
		// Another branch behind an INVITE whose call is over (RFC 3261 section 13.2.2.4).
		x.feed(stack.Input{Kind: stack.InRelease, Dialog: a.Dialog})
		return
	}
	if (a.Msg.Status == 401 || a.Msg.Status == 407) && a.Method == sip.INVITE && x.answerChallenge(c, leg, a) {
		return
	}
	x.heardOfTrunk(c.leg(leg), a.Msg)
	x.step(c, call.Input{
		Kind: call.InResponse, Leg: leg, Dialog: a.Dialog, Txn: a.Txn, Method: a.Method, Msg: a.Msg, NeedAnswer: a.NeedAnswer, Wait: a.Wait,
	})
}

// answerChallenge sends the INVITE again with credentials (RFC 3261 section
// 22.2). Only a trunk's own challenge is answered, with what belongs to it.
func (x *Exchange) answerChallenge(c *live, leg call.LegID, a *stack.Action) bool {
	l := c.leg(leg)
	t := x.lines[l.trunk]
	if !c.call.Calling(leg) {
		return false // a request in the dialog is not the first INVITE, and one that is cancelled is not sent again
	}
	if t == nil || t.Username == "" || l.tries >= maxAnswers || l.msg == nil {
		return false
	}
	creds := digest.Credentials{User: t.Username, Password: t.Password, Realm: t.Realm}
	id, value, stale, err := creds.Answer(a.Msg, sip.INVITE, l.msg.URI, x.opt.Rand)
	if err != nil || l.tries > 0 && !stale {
		return false
	}
	l.tries++
	l.realm = realmOf(value)
	m := l.msg.Clone()
	m.Add(id, value)
	x.feed(stack.Input{Kind: stack.InInvite, Dialog: a.Dialog, Ref: a.Ref, Msg: m, Dest: l.dest})
	return true
}
