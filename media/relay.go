package media

import "net/netip"

// receive handles one datagram that came to a leg. No allocation, lock or channel but for events, which are few.
func (w *worker) receive(l *leg, onRTCP bool, b []byte, src netip.AddrPort) {
	now := w.now
	if l.burst++; l.burst > packetLimit {
		l.n.flooded++
		return
	}
	if !l.ready {
		// Nobody has said yet who the peer is: all are strangers.
		l.n.strangers++
		return
	}
	if onRTCP || l.cfg.RTCPMux && isRTCP(b) {
		w.receiveRTCP(l, b, src, onRTCP)
		return
	}
	h, ok := parseRTP(b)
	if !ok {
		l.n.invalid++
		return
	}
	ok, moved := l.latch.take(src, &h, now)
	if !ok {
		l.n.strangers++
		return
	}
	if moved {
		l.rejoin(now)
		l.event(Event{Kind: Latched, Remote: src})
	}
	l.n.in.add(len(b), now)
	l.life, l.timedOut = now, false
	kind, codec := l.classify(h.pt)
	if kind == foreign {
		l.n.wrongPayload++
		return
	}
	l.rx.note(&h, now, l.cfg.rateOf(h.pt), kind == keys)
	if !l.cfg.Recv {
		return
	}
	l.good++
	body := b[h.body:h.end]
	switch kind {
	case keys:
		if key := l.keys.read(&h, body); key != 0 {
			ev := Event{Kind: Digit, N: 1}
			ev.Digits[0] = key
			l.event(ev)
			l.pass(key)
		}
	case sound:
		l.listen(codec, body)
		l.keep(&h, l.cfg.lawOf(h.pt, codec), body)
		switch {
		case l.peer == nil:
			l.terminate(&h, codec, body)
		case l.passing != nil:
			l.pressed(l.passing, l.cfg.lawOf(h.pt, codec), body)
		}
	}
	switch {
	case l.echo:
		if l.cfg.Send && l.dig == nil && !l.overheard() {
			seq, ts, marker := l.out.relay(&h, now, l.cfg.rateOf(h.pt), false, l.e.opt.Rand)
			rewriteRTP(b, h.pt, marker, seq, ts, l.out.ssrc)
			l.send(b, h.end-h.body, now)
		}
	case l.peer != nil:
		l.forward(l.peer, &h, b, kind, codec, now)
	}
}

// mostOdd is how many packets a second of types that cannot be decoded are another codec, and not what keeps a NAT's binding alive or belongs to
// something that passes through between the parties.
const mostOdd = 8

// keep takes sound for a recording. Where it cannot be decoded there is nothing to keep, nor to say over it.
func (l *leg) keep(h *header, law Codec, body []byte) {
	if law != Pass {
		l.law, l.odd = law, 0
		if l.rec != nil {
			l.rec.put(h, law, body)
		}
		return
	}
	if l.odd++; l.odd < mostOdd {
		return
	}
	l.over = player{}
	if l.rec != nil {
		l.rec = nil
		l.event(Event{Kind: RecordDone, Failed: true})
	}
}

// overheard tells whether something is played over what is sent to the peer.
func (l *leg) overheard() bool { return l.over.src != nil && (l.law != Pass || l.cfg.Codec != Pass) }

// terminate takes sound that ends here: keys pressed as tones, and what a conference hears.
func (l *leg) terminate(h *header, codec Codec, body []byte) {
	if l.tones != nil && !l.echo {
		l.pressed(l.tones, codec, body)
	}
	if l.room != nil {
		l.ear.put(h, codec, body)
	}
}

// pressed looks for keys in sound.
func (l *leg) pressed(r *toneReader, law Codec, body []byte) {
	if law == Pass {
		return
	}
	if key := r.read(law, body); key != 0 {
		ev := Event{Kind: Digit, N: 1}
		ev.Digits[0] = key
		l.event(ev)
	}
}

// pass has the peer hear a key as a tone that cannot be sent to it as an event, as it has agreed on none.
func (l *leg) pass(key byte) {
	p := l.peer
	if p == nil || p.cfg.DTMFPT != 0 || p.cfg.Codec == Pass || !p.cfg.Send {
		return
	}
	if _, _, ok := KeyTones(key); !ok {
		return
	}
	if p.dig == nil {
		p.dig = &digitSender{}
	}
	if len(p.dig.keys) < mostPassed {
		p.dig.keys += string(key)
		p.w.startClock(p)
	}
}

// mostPassed bounds the keys that wait to be heard as tones: who presses faster than they can be played is cut.
const mostPassed = 16

// forward relays a packet of l to its peer p.
func (l *leg) forward(p *leg, h *header, b []byte, kind what, codec Codec, now int64) {
	if !p.cfg.Send || p.dig != nil || p.overheard() {
		return
	}
	if l.cfg.Secret || p.cfg.Secret {
		// RFC 3711 section 3.1: "The Authenticated Portion of an SRTP packet consists of the RTP header followed by the Encrypted Portion".
		p.send(b, h.end-h.body, now)
		return
	}
	pt := h.pt
	switch {
	case kind == keys:
		if pt = p.cfg.DTMFPT; pt == 0 {
			return
		}
	case kind == comfort:
	case codec != Pass && p.cfg.Codec != Pass:
		pt = p.cfg.PT
		transcode(b[h.body:h.end], codec, p.cfg.Codec)
	case codec != Pass || p.cfg.Codec != Pass:
		// One side's codec is not ours to decode: signalling must not bridge these.
		p.n.wrongPayload++
		return
	case pt == l.cfg.PT:
		pt = p.cfg.PT
	}
	if kind == sound {
		if law := p.cfg.lawOf(pt, p.cfg.Codec); law != Pass {
			p.law = law
		}
	}
	seq, ts, marker := p.out.relay(h, now, p.cfg.rateOf(pt), true, p.e.opt.Rand)
	rewriteRTP(b, pt, marker, seq, ts, p.out.ssrc)
	p.send(b, h.end-h.body, now)
}

// listen looks, now and then, whether there is any sound at all.
func (l *leg) listen(codec Codec, body []byte) {
	if l.heard || codec == Pass || l.good&7 != 0 {
		return
	}
	l.looked++
	l.heard = !codec.silent(body)
}

// scan is done once a second for each leg: latches, timeouts, findings, reports.
func (w *worker) scan(l *leg) {
	now, o := w.now, &l.e.opt
	l.burst, l.odd = 0, 0
	if !l.ready {
		return
	}
	l.rejoin(now)
	w.report(l)
	if !l.cfg.Recv || l.cfg.OnHold {
		l.life, l.expects = now, now
		return
	}
	if o.Timeout > 0 && !l.timedOut && now-l.life >= int64(o.Timeout) {
		l.timedOut = true
		l.event(Event{Kind: RTPTimeout, Remote: l.latch.addr})
	}
	if f := l.finding(); o.OneWayAfter > 0 && f != 0 && now-l.expects >= int64(o.OneWayAfter) && l.foundAt&(1<<f) == 0 {
		l.foundAt |= 1 << f
		l.n.found |= 1 << f
		l.event(Event{Kind: OneWay, Finding: f, Remote: l.latch.addr})
	}
}

// finding says why there is no sound; 0 when there is.
func (l *leg) finding() Finding {
	switch {
	case l.good > 0:
		// A second of silence, by the packets looked at: one in eight.
		if !l.heard && l.looked >= 6 {
			return OnlySilence
		}
		return 0
	case l.n.in.packets > l.packetsWas:
		return WrongPayload
	case l.n.strangers > l.strangersWas:
		return OtherAddress
	}
	return NeverCame
}
