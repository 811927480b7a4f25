package media

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Packet types of RFC 3550 section 12.1, RFC 4585 and RFC 3611.
const (
	rtcpSR    = 200
	rtcpRR    = 201
	rtcpSDES  = 202
	rtcpBYE   = 203
	rtcpAPP   = 204
	rtcpRTPFB = 205
	rtcpPSFB  = 206
	rtcpXR    = 207
)

// reportEvery is how often a leg that does not relay tells how it hears (RFC 3550 section 6.2: at least 5 s).
const reportEvery = int64(5 * time.Second)

// reportState is what the next report needs.
type reportState struct {
	sentAt int64
	sent   uint32 // packets sent at the last report
	lsr    uint32 // the middle of the last sender report's NTP time
	lsrAt  int64
}

// receiveRTCP takes a compound packet: reads what it says of our stream and relays it, with the numbers of the other side's streams.
func (w *worker) receiveRTCP(l *leg, b []byte, src netip.AddrPort, own bool) {
	if !l.believesRTCP(src, own) {
		l.n.strangers++
		return
	}
	// RFC 3550 section A.2: version 2, the first packet SR or RR. RFC 5506's reduced size is not agreed here.
	if !isRTCP(b) || b[1] != rtcpSR && b[1] != rtcpRR {
		l.n.invalid++
		return
	}
	if own {
		l.rtcpFrom, l.rtcpAt = src, w.now
	}
	l.life, l.timedOut = w.now, false
	if l.cfg.Secret {
		// RFC 3711 section 3.4: only the first 8 bytes are readable, and none may be changed.
		if p := l.peer; p != nil && p.ready {
			p.sendRTCP(b)
		}
		return
	}
	n := l.walkRTCP(b, w.now)
	if n == 0 {
		l.n.invalid++
		return
	}
	if p := l.peer; p != nil && p.ready {
		p.sendRTCP(b[:n])
	}
}

// rtcpSilence is how long the latched source of RTCP keeps its place: three intervals.
const rtcpSilence = 3 * reportEvery

// believesRTCP: the address that signalling named. Only where RTP has shown that it is not the peer's true one (NAT), any port of the host
// that RTP was latched to, the first that speaks.
func (l *leg) believesRTCP(src netip.AddrPort, own bool) bool {
	t := &l.latch
	if !own {
		return src == t.addr
	}
	if src == l.cfg.RemoteRTCP {
		return true
	}
	if t.class == classExact || t.learn == LearnStrict || t.count < enough || src.Addr() != t.addr.Addr() {
		return false
	}
	return src == l.rtcpFrom || !l.rtcpFrom.IsValid() || l.w.now-l.rtcpAt >= rtcpSilence
}

// walkRTCP reads and rewrites each packet of a compound, and says how many bytes may be relayed; 0 when it is malformed. BYE and what
// follows is left out: the stream that leaves us goes on when its source does not.
func (l *leg) walkRTCP(b []byte, now int64) int {
	at := 0
	for at < len(b) {
		if len(b)-at < 4 || b[at]>>6 != 2 {
			return 0
		}
		size := 4 * (1 + int(binary.BigEndian.Uint16(b[at+2:])))
		if at+size > len(b) {
			return 0
		}
		p := b[at : at+size]
		if p[1] == rtcpBYE {
			return at
		}
		if !l.walkOne(p, now) {
			return 0
		}
		at += size
	}
	return at
}

func (l *leg) walkOne(p []byte, now int64) bool {
	if p[1] == rtcpSDES {
		if p[0]&0x1F == 0 {
			return true
		}
		if len(p) < 8 {
			return false
		}
	} else if len(p) < 8 {
		return false
	}
	blocks := p[8:]
	switch p[1] {
	case rtcpSR:
		if len(p) < 28 {
			return false
		}
		l.sr.lsr, l.sr.lsrAt = binary.BigEndian.Uint32(p[10:]), now
		if o := l.toward(binary.BigEndian.Uint32(p[4:])); o != nil {
			binary.BigEndian.PutUint32(p[16:], binary.BigEndian.Uint32(p[16:])+o.tsOff)
		}
		blocks = p[28:]
	case rtcpRR:
	case rtcpRTPFB, rtcpPSFB:
		if len(p) < 12 {
			return false
		}
		l.translateOwn(p[8:])
		blocks = nil
	default:
		blocks = nil
	}
	if p[1] <= rtcpRR {
		count := int(p[0] & 0x1F)
		if len(blocks) < 24*count {
			return false
		}
		for i := range count {
			l.walkBlock(blocks[24*i:])
		}
	}
	if o := l.toward(binary.BigEndian.Uint32(p[4:])); o != nil {
		binary.BigEndian.PutUint32(p[4:], o.ssrc)
	}
	return true
}

// walkBlock reads a report block about a stream; those about ours are translated to the stream that is relayed in it.
func (l *leg) walkBlock(b []byte) {
	if binary.BigEndian.Uint32(b) != l.out.ssrc || !l.out.started {
		return
	}
	l.n.reports++
	// Cumulative lost is a signed 24-bit number (RFC 3550 section 6.4.1).
	l.n.peerLost = int64(int32(binary.BigEndian.Uint32(b[4:])<<8) >> 8)
	l.n.peerJitter = binary.BigEndian.Uint32(b[12:])
	if l.translateOwn(b) {
		binary.BigEndian.PutUint16(b[10:], binary.BigEndian.Uint16(b[10:])-l.out.seqOff)
	}
}

// toward is the stream that carries l's source ssrc to its peer, if there is one.
func (l *leg) toward(ssrc uint32) *outStream {
	if p := l.peer; p != nil && p.out.linked && p.out.from == ssrc {
		return &p.out
	}
	return nil
}

func (l *leg) translateOwn(b []byte) bool {
	if l.peer == nil || !l.out.linked || binary.BigEndian.Uint32(b) != l.out.ssrc {
		return false
	}
	binary.BigEndian.PutUint32(b, l.out.from)
	return true
}

func (l *leg) sendRTCP(b []byte) {
	if l.cfg.RTCPMux {
		if to := l.latch.target(); to.IsValid() {
			l.rtp.send(b, to)
		}
		return
	}
	to := l.rtcpFrom
	if !to.IsValid() {
		to = l.cfg.RemoteRTCP
	}
	if to.IsValid() {
		l.rtcp.send(b, to)
	}
}

// report sends this side's own SR or RR, with its CNAME, for a leg that ends here; a relayed leg's parties report to each other.
func (w *worker) report(l *leg) {
	if l.peer != nil || !l.out.started || w.now-l.sr.sentAt < reportEvery {
		return
	}
	b := append(w.scratch[:0], 0x80, rtcpRR, 0, 1)
	b = binary.BigEndian.AppendUint32(b, l.out.ssrc)
	if l.out.packets != l.sr.sent {
		b[1] = rtcpSR
		b = l.appendSender(b, w.now)
	}
	if l.rx.known {
		b[0]++
		b = l.appendBlock(b, w.now)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))
	// RFC 3550 section 6.1: "an SDES packet containing a CNAME item MUST be included in each compound RTCP packet". RFC 7022: not a host's name.
	b = append(b, 0x81, rtcpSDES, 0, 4)
	b = binary.BigEndian.AppendUint32(b, l.out.ssrc)
	b = append(b, 1, 8)
	for i := range 8 {
		b = append(b, 'a'+byte(l.out.ssrc>>(4*i)&15))
	}
	b = append(b, 0, 0)
	l.sr.sentAt, l.sr.sent = w.now, l.out.packets
	l.sendRTCP(b)
}

// ntpEpoch is 1970 in seconds of NTP time.
const ntpEpoch = 2208988800

func (l *leg) appendSender(b []byte, now int64) []byte {
	t := l.e.base.Add(time.Duration(now))
	b = binary.BigEndian.AppendUint32(b, uint32(t.Unix()+ntpEpoch))
	b = binary.BigEndian.AppendUint32(b, uint32(uint64(t.Nanosecond())<<32/uint64(time.Second)))
	ts := l.out.ts + uint32((now-l.out.at)*int64(l.out.rate)/int64(time.Second))
	b = binary.BigEndian.AppendUint32(b, ts)
	b = binary.BigEndian.AppendUint32(b, l.out.packets)
	return binary.BigEndian.AppendUint32(b, l.out.octets)
}

func (l *leg) appendBlock(b []byte, now int64) []byte {
	r := &l.rx
	b = binary.BigEndian.AppendUint32(b, r.ssrc)
	b = binary.BigEndian.AppendUint32(b, uint32(r.fraction())<<24|uint32(min(r.lost(), 0x7FFFFF)))
	b = binary.BigEndian.AppendUint32(b, r.max)
	b = binary.BigEndian.AppendUint32(b, r.jitter>>4)
	b = binary.BigEndian.AppendUint32(b, l.sr.lsr)
	delay := uint32(0)
	if l.sr.lsr != 0 {
		delay = uint32((now - l.sr.lsrAt) << 16 / int64(time.Second))
	}
	return binary.BigEndian.AppendUint32(b, delay)
}
