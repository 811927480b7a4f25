package media

import "net/netip"

const (
	// packetLimit is how many packets a second a leg may send us; a party that sends more is cut, so that two echoing legs pointed at each
	// other, or a flood, cannot take a worker for themselves.
	packetLimit = 1000
	maxPacket   = 2048
)

// A leg is one side of a call. Its worker owns it; slot, worker and sockets change only inside the worker.
type leg struct {
	id    LegID
	group uint64
	e     *Engine
	w     *worker
	slot  int32
	gen   int32
	v6    bool
	pair  uint16
	gone  bool

	rtp, rtcp socket
	cfg       Config
	ready     bool // Set was called
	latch     latch
	rtcpFrom  netip.AddrPort
	rtcpAt    int64
	out       outStream
	rx        receiver
	n         counters
	burst     int

	life     int64 // last RTP or RTCP, or when listening began
	expects  int64 // when listening began
	timedOut bool
	good     uint64 // packets of agreed types since expects
	foundAt  uint64 // findings since expects, a bit each
	heard    bool
	// strangersWas and packetsWas are their numbers when listening began.
	strangersWas, packetsWas uint64
	looked                   uint32

	peer    *leg
	echo    bool
	clocked bool
	play    player
	rec     *recorder
	dig     *digitSender
	keys    keyReader
	tones   *toneReader // nil: keys do not come as sound
	passing *toneReader // the same, while the leg is relayed; nil: nobody asked
	room    *room       // the conference that it takes part in
	ear     *recorder   // of it
	packing []byte      // sound of it that waits for more, see sendTick
	over    player      // plays instead of whatever else the leg sends
	law     Codec       // of the G.711 that passed last, in or out; Pass: none has
	odd     int         // packets of sound in this second that cannot be decoded, with none between that can
	sr      reportState

	pend pending
}

// configure takes what signalling decided, in the worker.
func (l *leg) configure(c Config, now int64) {
	was := l.cfg
	l.cfg, l.ready = c, true
	if c.Secret {
		l.law = Pass
	}
	if was.Codec != c.Codec || was.Ptime != c.Ptime {
		l.packing = nil
	}
	switch {
	case !c.Tones || c.Codec == Pass:
		l.tones = nil
	case l.tones == nil:
		l.tones = &toneReader{}
	}
	if was.Send && !c.Send {
		l.out.unlink() // what is left out now is no loss: the stream goes on after a seam
	}
	l.latch.set(&c)
	if was.Remote != c.Remote || was.RemoteRTCP != c.RemoteRTCP {
		l.rtcpFrom = netip.AddrPort{}
	}
	l.life, l.expects, l.timedOut = now, now, false
	l.strangersWas, l.packetsWas = l.n.strangers, l.n.in.packets
	l.good, l.foundAt, l.heard, l.looked = 0, 0, false, 0
	l.rejoin(now)
}

// rejoin connects the socket to a peer that is sure, and frees it from one that is not.
func (l *leg) rejoin(now int64) {
	if l.latch.sure(now) {
		l.rtp.connect(l.latch.addr)
	} else {
		l.rtp.disconnect()
	}
}

// send writes an RTP packet to the peer. It never waits: what the system does not take is lost, as on any network.
func (l *leg) send(b []byte, payload int, now int64) {
	to := l.latch.target()
	if !to.IsValid() {
		return
	}
	if !l.rtp.send(b, to) {
		l.n.sendErrors++
		return
	}
	l.out.count(payload)
	l.n.out.add(len(b), now)
}

func (l *leg) event(ev Event) {
	ev.Leg = l.id
	l.e.queue.put(&l.pend, ev)
}

// rest ends whatever the leg does, and its peer's share in it.
func (l *leg) rest() {
	l.part()
	l.echo = false
	l.play, l.over = player{}, player{}
	l.dig = nil
	l.rec = nil
	l.out.unlink()
}

// part takes the leg out of a bridge and out of a conference.
func (l *leg) part() {
	l.leaveRoom()
	if p := l.peer; p != nil {
		p.peer, l.peer = nil, nil
		p.out.unlink()
		l.out.unlink()
	}
}

// lawOf is the codec of a packet of sound: that of the leg, or for one whose codec was left to the two parties that of the static payload
// type (RFC 3551 section 6); Pass: it is none that can be decoded here.
func (c *Config) lawOf(pt uint8, codec Codec) Codec {
	switch {
	case c.Secret:
		return Pass
	case codec != Pass:
		return codec
	case pt == ptPCMU:
		return PCMU
	case pt == ptPCMA:
		return PCMA
	}
	return Pass
}

// voice is how sound that begins here is sent to the leg's peer; Pass: it cannot be, or not yet.
func (l *leg) voice() (codec Codec, pt uint8) {
	switch {
	case l.cfg.Codec != Pass:
		return l.cfg.Codec, l.cfg.PT
	case l.law == PCMA:
		return PCMA, ptPCMA
	}
	return l.law, ptPCMU
}

// A what says which stream of a leg a packet belongs to.
type what uint8

const (
	foreign what = iota // no agreed payload type
	sound
	keys
	comfort
)

// classify finds what a payload type means on this leg, and how it is coded. G.711 in its static types is always understood: after an
// answer with both, a peer may change between them without a word (RFC 3264 section 7).
func (l *leg) classify(pt uint8) (what, Codec) {
	c := &l.cfg
	switch {
	case c.Secret:
		return sound, Pass
	case c.DTMFPT != 0 && pt == c.DTMFPT:
		return keys, Pass
	case pt != 0 && l.peer != nil && pt == l.peer.cfg.DTMFPT && pt != c.PT:
		// RFC 3264 section 5.1: an answer may have "different payload type numbers for the same codecs, in which case, the offerer MUST send
		// with the payload type numbers from the answer".
		return keys, Pass
	case pt == c.PT:
		return sound, c.Codec
	case pt == ptCN:
		return comfort, Pass
	case c.Codec == Pass:
		return sound, Pass
	case pt == ptPCMU:
		return sound, PCMU
	case pt == ptPCMA:
		return sound, PCMA
	}
	return foreign, Pass
}
