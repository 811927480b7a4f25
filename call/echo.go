package call

import (
	"net/netip"
	"time"

	"onhook/sip"
)

// answerApp answers the caller with an application of the server itself: the echo test.
func (c *Call) answerApp(out []Action, now time.Time, app string) []Action {
	a := &c.legs[0]
	if !c.hasOffer {
		return c.refuse(out, now, "INCOMPATIBLE_DESTINATION", 488, "the echo test needs an offer in the INVITE")
	}
	body, m, ok := c.offer.answerOwn(&a.origin, localOf(a.local, c.offer.ownStream()))
	if !ok {
		return c.refuse(out, now, "INCOMPATIBLE_DESTINATION", 488, "the echo test speaks G.711 only")
	}
	c.app, c.phase = app, up
	a.answered, a.state = true, legUp
	out = c.setStage(out, now, "menu")
	out = event(out, now, Event{Kind: EvApp, Name: app, Text: app, N: 1})
	r := &sip.Message{Status: 200, Phrase: "OK", Body: body}
	r.Add(sip.HContentType, "application/sdp")
	out = append(out, Action{Kind: ActRespond, Leg: Caller, Msg: r})
	out = append(out, Action{Kind: ActMediaSet, Leg: Caller, N: c.offer.ownStream(), Media: m})
	out = append(out, Action{Kind: ActMediaEcho, Leg: Caller, N: c.offer.ownStream()})
	if c.opt.MaxCall > 0 {
		c.maxAt = now.Add(c.opt.MaxCall)
	}
	return out
}

// answerApps answers a re-INVITE or UPDATE of a caller who is with an application.
func (c *Call) answerApps(out []Action, now time.Time, l *leg, in Input) []Action {
	if in.Msg.Body == "" || !isSDP(in.Msg) {
		if in.Msg.Method == sip.UPDATE {
			return c.deny(out, l, in.Txn, 200, "OK")
		}
		return c.deny(out, l, in.Txn, 488, "Not Acceptable Here")
	}
	d, err := parseSDP(in.Msg.Body)
	if err != nil {
		return c.deny(out, l, in.Txn, 400, "Bad Request")
	}
	body, m, ok := d.answerOwn(&l.origin, localOf(l.local, d.ownStream()))
	if !ok {
		return c.deny(out, l, in.Txn, 488, "Not Acceptable Here")
	}
	l.heard = d
	r := &sip.Message{Status: 200, Phrase: "OK", Body: body}
	r.Add(sip.HContentType, "application/sdp")
	out = append(out, Action{Kind: ActRespond, Leg: l.id, Txn: in.Txn, Msg: r})
	if held := d.held(); held != l.held {
		l.held = held
		n := 0
		if held {
			n = 1
		}
		out = event(out, now, Event{Kind: EvHold, Leg: l.id, N: n})
	}
	return append(out, Action{Kind: ActMediaSet, Leg: l.id, N: d.ownStream(), Media: m})
}

// ownStream is the index of the stream that answerOwn accepts.
func (d *description) ownStream() int {
	for i := range d.streams {
		if _, _, has := d.streams[i].firstCodec(); has && d.streams[i].media == "audio" && d.streams[i].relayed() {
			return i
		}
	}
	return 0
}

func localOf(local []netip.AddrPort, i int) netip.AddrPort {
	if i >= len(local) {
		return netip.AddrPort{}
	}
	return local[i]
}
