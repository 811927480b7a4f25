package exchange

import (
	"net/netip"
	"slices"
	"time"

	"onhook/call"
	"onhook/media"
	"onhook/sip"
	"onhook/stack"
)

// step gives a call one input and does what it says. What comes of that for the
// same call waits until all of it is done, so that a call sees one thing at a time.
func (x *Exchange) step(c *live, in call.Input) {
	if c.busy {
		c.inputs = append(c.inputs, in)
		return
	}
	c.busy = true
	if n := len(x.queues); n > 0 && len(c.inputs) == 0 {
		c.inputs, x.queues = x.queues[n-1], x.queues[:n-1]
	}
	c.inputs = append(c.inputs, in)
	var buf []call.Action
	if n := len(x.moves); n > 0 {
		buf, x.moves = x.moves[n-1], x.moves[:n-1]
	}
	for i := 0; i < len(c.inputs); i++ {
		c.inputs[i].Until = x.until
		buf = c.call.Step(buf[:0], x.now, c.inputs[i])
		for j := range buf {
			x.perform(c, &buf[j])
		}
		clear(buf)
	}
	x.moves = append(x.moves, buf[:0])
	clear(c.inputs)
	x.queues = append(x.queues, c.inputs[:0])
	c.inputs, c.busy = nil, false
	if x.lamps.watched > 0 {
		x.light(c)
	}
	if c.call.Over() {
		x.heap.remove(c)
	} else {
		x.heap.update(c, c.call.Deadline())
	}
}

// perform does one action of a call.
func (x *Exchange) perform(c *live, a *call.Action) {
	switch a.Kind {
	case call.ActEvent:
		if a.Event.Kind != call.EvMedia || len(c.events) < mostEvents {
			c.journal(a.Event)
		}
		x.announceOf(c, &a.Event)
		if a.Event.Kind == call.EvBridged || a.Event.Kind == call.EvApp {
			x.storeMore(c)
		}
		if a.Event.Kind == call.EvBridged {
			for _, leg := range [...]call.LegID{a.Event.Leg, call.LegID(a.Event.Of)} {
				x.stayAtTrunk(c, leg)
				x.stayWithUser(c, leg)
			}
		}
		if a.Event.Kind == call.EvBridged && a.Event.Leg != 0 && (len(c.holds) > 2 || c.leg(a.Event.Leg).media != 0) {
			x.freeOthers(c, a.Event.Leg, call.LegID(a.Event.Of))
		}
		if a.Event.Kind == call.EvBridged && a.Event.Leg != 0 {
			x.tapeJoined(c, [2]call.LegID{call.LegID(a.Event.Of), a.Event.Leg}, [2]call.LegID{})
		}
		if a.Event.Kind == call.EvLegEnded {
			x.leaveTrunk(c, a.Event.Leg)
			x.leaveUser(c, a.Event.Leg)
		}
	case call.ActBegin:
		x.storeBegin(c)
	case call.ActInvite:
		x.sendInvite(c, a)
	case call.ActCancel:
		m := &sip.Message{}
		if r := x.cancelReason(c, a.Leg); r != "" {
			m.Add(sip.HReason, r)
		}
		x.leaveTrunk(c, a.Leg)
		x.leaveUser(c, a.Leg)
		x.feed(stack.Input{Kind: stack.InCancel, Dialog: c.leg(a.Leg).dialog, Msg: m})
	case call.ActRespond:
		id := a.Txn
		if id == 0 {
			id = c.leg(a.Leg).invite
		}
		x.feed(stack.Input{Kind: stack.InRespond, Txn: id, Msg: a.Msg, Reliable: a.Reliable})
	case call.ActRefuse:
		x.refuse(c, a)
	case call.ActRequest:
		x.created = stack.Action{}
		first := len(c.inputs)
		x.feed(stack.Input{Kind: stack.InRequest, Dialog: a.Dialog, Ref: legRef(c, a.Leg), Msg: a.Msg})
		if x.created.Txn != 0 {
			// Before whatever has come of the request already.
			c.inputs = slices.Insert(c.inputs, first, call.Input{Kind: call.InSent, Leg: a.Leg, Txn: x.created.Txn, Method: a.Msg.Method})
		}
	case call.ActBye:
		m := &sip.Message{Method: sip.BYE}
		reason := a.Reason
		if reason == "" {
			reason = x.folder.LegByeReason(c.events, &c.meta, a.Leg)
		}
		if reason != "" {
			m.Add(sip.HReason, reason)
		}
		x.feed(stack.Input{Kind: stack.InRequest, Dialog: a.Dialog, Ref: legRef(c, a.Leg), Msg: m})
	case call.ActMediaOpen:
		x.openFor(c, a)
	case call.ActMediaSet:
		x.setMedia(c, a)
	case call.ActMediaBridge:
		n := min(c.leg(a.Leg).streams, c.leg(a.Other).streams)
		for i := range n {
			x.mediaSaid(c, a.Leg, x.opt.Media.Bridge(mediaLeg(c, a.Leg, i), mediaLeg(c, a.Other, i)))
		}
		x.tapeJoined(c, [2]call.LegID{}, [2]call.LegID{a.Leg, a.Other})
	case call.ActMediaEcho:
		x.mediaSaid(c, a.Leg, x.opt.Media.Echo(mediaLeg(c, a.Leg, a.N)))
	case call.ActMediaPlay:
		x.playTo(c, a)
	case call.ActMediaClose:
		x.closeMedia(c, a.Leg)
	case call.ActApp:
		x.startApp(c, a)
	case call.ActAppEnd:
		x.endSession(c)
	case call.ActVerbDone:
		c.done(a)
	case call.ActDigits:
		if c.session != nil && a.Leg == c.call.Side(call.CallerSide) {
			c.session.press(a.Target)
		}
		x.tapeKeys(c, a.Leg, a.Target)
	case call.ActRoute:
		steps, refusal := x.redirect(c, a.Leg, a.Target, a.Diverted)
		x.step(c, call.Input{Kind: call.InRouted, Leg: a.Leg, Steps: steps, Cause: refusal})
	case call.ActForward:
		x.forward(c, a)
	case call.ActRelease:
		id := a.Dialog
		if id == 0 {
			id = c.leg(a.Leg).dialog // no response has come yet
		}
		x.feed(stack.Input{Kind: stack.InRelease, Dialog: id})
	case call.ActJoin:
		x.joinOf(c, a)
	case call.ActGiven:
		x.given(c, a)
	case call.ActTakeOver:
		x.takeOver(c, a)
	case call.ActBind:
		x.arrived(c, a.Leg)
		x.branched(c, a.Leg)
		c.leg(a.Leg).dialog = a.Dialog
		x.feed(stack.Input{Kind: stack.InBind, Dialog: a.Dialog, Ref: legRef(c, a.Leg)})
	case call.ActCommanded:
		x.hindered = a.Reason
	case call.ActDestination:
		x.connect(c, a)
	case call.ActFinish:
		x.finish(c)
	}
}

// sendInvite calls a leg; its ids are known at once.
func (x *Exchange) sendInvite(c *live, a *call.Action) {
	l := c.leg(a.Leg)
	if a.Peer == call.PeerPhone {
		if r := x.takeUser(c, a.Leg, a.Target); r.cause != "" {
			x.step(c, call.Input{Kind: call.InRefused, Leg: a.Leg, Cause: r.cause, Text: r.detail})
			return
		}
	}
	if a.Peer == call.PeerTrunk {
		if r := x.takeTrunk(c, l, a.Target, a.Msg.URI); r.cause != "" {
			x.step(c, call.Input{Kind: call.InRefused, Leg: a.Leg, Cause: r.cause, Text: r.detail})
			return
		}
		// Kept for the answer to a challenge, as it is before the stack completes it.
		l.msg, l.dest = a.Msg.Clone(), a.Dest
	}
	x.feed(stack.Input{Kind: stack.InInvite, Ref: legRef(c, a.Leg), Msg: a.Msg, Dest: a.Dest, Targets: l.toward})
}

// refuse answers the caller's INVITE as the outcome says.
func (x *Exchange) refuse(c *live, a *call.Action) {
	v := x.folder.Verdict(c.events, &c.meta)
	m := &sip.Message{Status: v.Code, Phrase: v.Phrase}
	if v.Reason != "" {
		m.Add(sip.HReason, v.Reason)
	}
	if a.Msg != nil {
		m.Headers = append(m.Headers, a.Msg.Headers...)
	}
	if v.Warning != "" {
		m.Add(sip.HWarning, v.Warning)
	}
	if v.RetryAfter > 0 && !m.Has(sip.HRetryAfter) {
		m.Add(sip.HRetryAfter, itoa(v.RetryAfter))
	}
	x.count.Refused++
	x.feed(stack.Input{Kind: stack.InRespond, Txn: c.leg(a.Leg).invite, Msg: m})
}

// Media legs: the reference of the call's leg, then the stream (4 bits).
const streamBits = 4

func mediaLeg(c *live, leg call.LegID, stream int) media.LegID {
	ref := legRef(c, leg)
	if int(leg) <= len(c.legs) && c.legs[leg-1].media != 0 {
		ref = c.legs[leg-1].media
	}
	return media.LegID(ref<<streamBits | uint64(stream))
}

// setMedia tells the media path what a party said of one stream.
func (x *Exchange) setMedia(c *live, a *call.Action) {
	m := media.Config{
		Remote: a.Media.Remote, RemoteRTCP: a.Media.RemoteRTCP, Send: a.Media.Send, Recv: a.Media.Recv,
		OnHold: a.Media.OnHold, PT: a.Media.PT, DTMFPT: a.Media.DTMF, Rate: a.Media.Rate, Secret: a.Media.Secret, Ptime: time.Duration(a.Media.Ptime) * time.Millisecond, Via: c.leg(a.Leg).flow.Remote.Addr(),
	}
	switch a.Media.Codec {
	case "PCMU":
		m.Codec = media.PCMU
	case "PCMA":
		m.Codec = media.PCMA
	}
	m.Tones = m.DTMFPT == 0
	x.mediaSaid(c, a.Leg, x.opt.Media.Set(mediaLeg(c, a.Leg, a.N), m))
	if a.N == 0 {
		l := c.leg(a.Leg)
		l.tones, l.secret = m.Tones && !m.Secret, m.Secret
		x.tapeOverhear(c)
	}
}

// mediaSaid logs what the media path could not do: the call goes on, and one-way audio is found by what arrives.
func (x *Exchange) mediaSaid(c *live, leg call.LegID, err error) {
	if err != nil {
		x.log.Warn("media", "call", c.call.ID(), "leg", leg, "err", err)
	}
}

// openMedia reserves addresses for the streams of a leg and tells the call.
func (x *Exchange) openMedia(c *live, a *call.Action) {
	l := c.leg(a.Leg)
	in := call.Input{Kind: call.InMediaReady, Leg: a.Leg}
	for i := range min(a.N, 1<<streamBits) {
		rtp, _, err := x.opt.Media.Open(mediaLeg(c, a.Leg, i), c.ref, a.V6)
		if err != nil {
			in.Err = err
			break
		}
		l.streams = i + 1
		in.Local = append(in.Local, x.advertised(rtp))
	}
	if in.Err != nil {
		x.closeMedia(c, a.Leg)
	}
	x.step(c, in)
}

// advertised is an address as peers reach it.
func (x *Exchange) advertised(a netip.AddrPort) netip.AddrPort {
	for _, ip := range x.opt.Advertise {
		if ip.Is4() == a.Addr().Is4() {
			return netip.AddrPortFrom(ip, a.Port())
		}
	}
	return a
}

func (x *Exchange) closeMedia(c *live, leg call.LegID) {
	l := c.leg(leg)
	for i := range l.streams {
		s := x.opt.Media.Close(mediaLeg(c, leg, i))
		c.keepFigures(leg, &s, x.now)
	}
	if l.media != 0 {
		delete(x.adopted, l.media)
	}
	l.streams = 0
}

// mediaEvents takes what the media workers found.
func (x *Exchange) mediaEvents() {
	x.events = x.opt.Media.Events(x.events[:0])
	for _, e := range x.events {
		ref := uint64(e.Leg) >> streamBits
		if to, moved := x.adopted[ref]; moved {
			ref = to
		}
		c, leg := x.calls.get(ref)
		if c == nil {
			continue
		}
		in := call.Input{Kind: call.InMedia, Leg: leg, Name: e.Kind.String()}
		switch e.Kind {
		case media.Latched:
			in.Text = e.Remote.String()
		case media.OneWay:
			in.Text = e.Finding.String()
		case media.Digit:
			in.Text = e.Keys()
			if c.session != nil && legRef(c, leg) == c.session.ref {
				c.session.press(in.Text)
			}
			x.tapeKeys(c, leg, in.Text)
		case media.PlayDone, media.RecordDone, media.DigitsDone:
			if e.Kind == media.PlayDone && c.clip != nil {
				x.step(c, call.Input{Kind: call.InMedia, Leg: leg, Name: "played"})
			}
			if c.session != nil && legRef(c, leg) == c.session.ref {
				c.session.heard(e)
			} else if e.Kind == media.RecordDone && e.Failed && c.taping.on {
				c.taped(x, "incomplete", "", "the codec that the parties agreed on is not G.711", 0)
			}
			continue
		case media.RTPTimeout:
		default:
			continue
		}
		x.step(c, in)
	}
}
