package exchange

import (
	"onhook/registrar"
	"onhook/sip"
	"onhook/stack"
)

// unaskedRef is the reference of NOTIFYs that belong to no subscription: what comes of them is nobody's matter.
const unaskedRef = watcherRef

// tellUnasked tells the phones of a user of its mailbox, those that have not subscribed: what
// many phones expect of the server that they register with, though RFC 6665 knows of
// no NOTIFY without a subscription. only is the one phone to be told; nil: all.
func (x *Exchange) tellUnasked(user string, only *registrar.Binding) {
	if !x.set.Unasked {
		return
	}
	text, ok := x.messagesWaiting(&watcher{subject: user})
	if !ok {
		return
	}
	aor := x.aor(user)
	var reqs []stack.Input
	phones := []*registrar.Binding{only}
	if only == nil {
		phones = phones[:0]
		for b := range x.reg.Phones(x.now, aor) {
			phones = append(phones, b)
		}
	}
	for _, b := range phones {
		if x.subscribed(user, b.Flow) {
			continue
		}
		m := &sip.Message{Method: sip.NOTIFY, URI: b.Contact, Body: text}
		dest := b.Flow
		for _, p := range b.Path {
			// RFC 3327 section 5.3: the Path becomes the route.
			m.Add(sip.HRoute, p)
			dest = sip.Flow{}
		}
		m.Add(sip.HFrom, "<"+aor+">;tag="+x.token())
		m.Add(sip.HTo, "<"+aor+">")
		m.Add(sip.HCallID, x.token()+x.token())
		m.Add(sip.HCSeq, sip.CSeq{Seq: 1, Method: sip.NOTIFY}.String())
		m.Add(sip.HEvent, messageSummaryName)
		m.Add(sip.HSubscriptionState, "terminated;reason=noresource")
		m.Add(sip.HContentType, "application/simple-message-summary")
		reqs = append(reqs, stack.Input{Kind: stack.InRequest, Ref: unaskedRef, Msg: m, Dest: dest})
	}
	for _, in := range reqs {
		x.feed(in)
	}
}

// subscribed tells whether a phone watches its user's mailbox.
func (x *Exchange) subscribed(user string, flow sip.Flow) bool {
	for _, w := range x.watchers.of[[2]string{messageSummaryName, user}] {
		if w.user == user && w.flow.Remote == flow.Remote {
			return true
		}
	}
	return false
}

// ownerOf is the user of an address of record.
func ownerOf(aor string) string {
	u, err := sip.ParseURI(aor)
	if err != nil {
		return ""
	}
	return sip.Unescape(u.User)
}
