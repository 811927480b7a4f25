package exchange

import (
	"onhook/call"
	"onhook/digest"
	"onhook/sip"
	"onhook/stack"
)

// authorize answers a trunk's challenge to a request in a call that left by it:
// an INVITE, UPDATE or BYE (RFC 3261 section 22.2). Who is sent a response can try
// passwords on it: so only for the realm that the trunk is known by, as its
// challenge to the first INVITE or the configuration has it, only at the trunk's
// own addresses, and never for who called or for a phone.
func (x *Exchange) authorize(q stack.Challenge) (h sip.Header, ok bool) {
	c, leg := x.about(&stack.Action{Ref: q.Ref, Dialog: q.Dialog})
	if c == nil || leg == call.Caller {
		return h, false
	}
	l := c.leg(leg)
	t := x.lines[l.trunk]
	if t == nil || t.Username == "" || !x.isFrom(t, q.Flow) {
		return h, false
	}
	realm := t.Realm
	if realm == "" {
		realm = l.realm
	}
	if realm == "" {
		return h, false
	}
	creds := digest.Credentials{User: t.Username, Password: t.Password, Realm: realm}
	id, value, stale, err := creds.Answer(q.Response, q.Request.Method, q.Request.URI, x.opt.Rand)
	if err != nil || q.Tries > 0 && !stale {
		return h, false
	}
	return sip.Header{ID: id, Value: value}, true
}

// isFrom tells whether a flow leads to a trunk.
func (x *Exchange) isFrom(l *line, f sip.Flow) bool {
	return l.isAt(f.Remote.Addr()) || x.trunkOf(f) == l.Trunk
}

// realmOf is the realm of credentials that answer a challenge.
func realmOf(credentials string) string {
	c, err := digest.ParseChallenge(credentials)
	if err != nil {
		return "" // of a form without what a challenge needs
	}
	return c.Realm
}
