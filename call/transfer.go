package call

import (
	"strconv"
	"strings"
	"time"

	"onhook/sip"
	"onhook/txn"
)

// A transfer is a REFER that is being carried out (RFC 3515, RFC 5589).
type transfer struct {
	by     LegID  // who asked; 0: no transfer
	txn    txn.ID // the REFER, until it is answered
	id     string // the event's id parameter: the CSeq number of the REFER
	quiet  bool   // RFC 4488: no subscription is wanted
	routed bool
	cause  string // the leg reason of the transferor
}

// refer takes a REFER without Replaces: the other party is to be connected
// with somebody else.
func (c *Call) refer(out []Action, l *leg, in Input) []Action {
	host := c.opposite(l.id)
	switch {
	case l.peer == PeerURI && !l.target.Transfer:
		// RFC 3515 section 5.2: "authenticating the agent requesting the referral" is what makes it safe to follow. Who
		// answers at the address of a route is nobody's account: what it asks for would be done with the rights of another.
		return c.deny(out, l, in.Txn, 603)
	case c.phase != up || host == nil || host.state != legUp || l.state != legUp || c.hunt.on || c.transfer.by != 0 || !c.viaServer():
		return c.deny(out, l, in.Txn, 603)
	}
	n := 0
	for range in.Msg.Values(sip.HReferTo) {
		n++
	}
	to, err := sip.ParseNameAddr(in.Msg.Get(sip.HReferTo))
	if err != nil || n != 1 {
		// RFC 3515 section 2.4.2: "An agent responding to a REFER method MUST return a 400
		// (Bad Request) if the request contained zero or more than one Refer-To".
		return c.deny(out, l, in.Txn, 400)
	}
	uri, headers, _ := strings.Cut(to.URIText, "?")
	c.transfer = transfer{cause: "BLIND_TRANSFER", by: l.id, txn: in.Txn, quiet: strings.EqualFold(strings.TrimSpace(in.Msg.GetNamed("Refer-Sub")), "false")}
	if seq, err := in.Msg.CSeq(); err == nil {
		c.transfer.id = strconv.FormatUint(uint64(seq.Seq), 10)
	}
	c.referredBy = in.Msg.Get(sip.HReferredBy)
	if replaces := replacesOf(headers); replaces != "" {
		return c.attended(out, l, replaces)
	}
	return append(out, Action{Kind: ActRoute, Leg: l.id, Target: uri})
}

// transferRouted goes on with a transfer when it is known where it leads.
func (c *Call) transferRouted(out []Action, now time.Time, in Input) []Action {
	by := c.leg(c.transfer.by)
	host := c.opposite(by.id)
	if len(in.Steps) == 0 || host == nil || c.phase != up {
		code := 404
		if strings.HasSuffix(in.Cause, "_BARRED") {
			code = 403
		}
		out = c.deny(out, by, c.transfer.txn, code)
		c.transfer = transfer{}
		return out
	}
	return c.seek(c.accept(out, by), now, host, in.Steps)
}

// seek calls somebody to take the transferor's place.
func (c *Call) seek(out []Action, now time.Time, host *leg, steps []Step) []Action {
	out = c.release(out, now)
	out = c.setStage(out, now, "routing")
	c.hunt = hunt{on: true, host: host.id, offer: *ownOffer(host)}
	if c.referredBy != "" {
		c.hunt.headers = []sip.Header{{ID: sip.HReferredBy, Value: c.referredBy}}
	}
	if host.id != c.a {
		c.hunt.from = host.aor()
	}
	out = c.play(out, host, "ringback")
	out = c.resume(out, now, host, false)
	c.steps, c.step, c.global = steps, 0, false
	return c.dial(out, now)
}

// accept answers a REFER that will be carried out.
func (c *Call) accept(out []Action, by *leg) []Action {
	m := &sip.Message{Status: 202, Phrase: "Accepted"}
	if c.transfer.quiet {
		// RFC 4488 section 4: the header says that there will be no subscription.
		m.AddNamed("Refer-Sub", "false")
	}
	out = append(out, Action{Kind: ActRespond, Leg: by.id, Txn: c.transfer.txn, Msg: m})
	c.transfer.routed = true
	return c.notify(out, 100, "Trying")
}

// aor is the address of a leg's party, for a From.
func (l *leg) aor() string {
	if l.target.To != "" {
		return "<" + l.target.To + ">"
	}
	return "<" + l.target.URI + ">"
}

// notify tells the transferor how it goes (RFC 3515 section 2.4.5).
func (c *Call) notify(out []Action, code int, phrase string) []Action {
	by := c.leg(c.transfer.by)
	if by == nil || c.transfer.quiet || by.state != legUp {
		return out
	}
	m := &sip.Message{Method: sip.NOTIFY, Body: "SIP/2.0 " + itoa(code) + " " + phrase + "\r\n"}
	m.Add(sip.HEvent, "refer;id="+c.transfer.id)
	state := "active;expires=180"
	if code >= 200 {
		state = "terminated;reason=noresource"
	}
	m.Add(sip.HSubscriptionState, state)
	m.Add(sip.HContentType, "message/sipfrag;version=2.0")
	return append(out, Action{Kind: ActRequest, Leg: by.id, Dialog: by.dialog, Msg: m})
}

// transferred lets the transferor go, whose place the target has taken.
func (c *Call) transferred(out []Action, now time.Time, by *leg) []Action {
	out = c.notify(out, 200, "OK")
	out = event(out, now, Event{Kind: EvLegEnded, Leg: by.id, Cause: c.transfer.cause})
	c.transfer = transfer{}
	if by.state == legUp {
		out = by.bye(out, "")
	}
	return c.closeMedia(out, by)
}

// transferFailed joins the two again or, where the transferor has gone, ends the call.
func (c *Call) transferFailed(out []Action, now time.Time) []Action {
	by := c.leg(c.transfer.by)
	host := c.leg(c.hunt.host)
	code := c.bestCode()
	if code == 0 {
		code = 480
	}
	out = c.notify(out, code, sip.Phrase(code))
	c.transfer, c.hunt, c.ringAt = transfer{}, hunt{}, time.Time{}
	if by.state != legUp || host.state != legUp {
		return c.close(out, now)
	}
	out = event(out, now, Event{Kind: EvBridged, Leg: c.other, Of: uint32(c.a)})
	out = c.setMedia(out, host, by)
	out = c.setMedia(out, by, host)
	out = append(out, Action{Kind: ActMediaBridge, Leg: c.inviter(host).id, Other: c.inviter(by).id})
	return c.setStage(c.waitingMusic(out), now, c.talkStage())
}
