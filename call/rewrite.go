package call

import (
	"net/netip"
	"strconv"
	"strings"
)

// An origin is what makes our o= lines: one session a leg, a version a
// description (RFC 3264 section 8).
type origin struct {
	session, version uint64
	last             string // the description that the leg was given last
	tail             int    // where it goes on after its o= line
}

// stamp finishes a description for the leg: b is all of it, with the version
// that comes next; tail is where it goes on after its o= line. RFC 3264 section
// 8: "the version in the o= line MUST increment by one from the previous", and
// "if the session description is not changed" it stays.
func (o *origin) stamp(b []byte, tail int) string {
	if o.last != "" && string(b[tail:]) == o.last[o.tail:] {
		return o.last
	}
	o.version++
	o.last, o.tail = string(b), tail
	return o.last
}

// pass returns the description as it was written, but for its origin: behind
// one leg of ours there may be several parties one after the other.
func (d *description) pass(o *origin) string {
	b := make([]byte, 0, len(d.text)+64)
	tail := 0
	for line := range lines(d.text) {
		if strings.HasPrefix(line, "o=") {
			if tail == 0 {
				b = appendOrigin(b, o, d.address())
				tail = len(b)
			}
			continue
		}
		b = append(b, line...)
		b = append(b, '\r', '\n')
	}
	return o.stamp(b, tail)
}

// address is where the party of the description is.
func (d *description) address() netip.Addr {
	for i := range d.streams {
		if d.streams[i].addr.IsValid() {
			return d.streams[i].addr
		}
	}
	return netip.IPv4Unspecified()
}

// rewrite returns the description as the other leg shall see it: our own
// origin, our addresses and ports, no candidates of its party. Streams beyond
// those with a local address are refused by port 0, and so are those of the
// offer that an answer has left out.
func (d *description) rewrite(o *origin, local []netip.AddrPort, offer *description) string {
	b := make([]byte, 0, len(d.text)+64)
	at, tail := -1, 0
	direction, all := false, sendrecv // stated for the stream, and for the session
	for line := range lines(d.text) {
		switch {
		case strings.HasPrefix(line, "o="):
			if tail == 0 {
				b = appendOrigin(b, o, firstAddr(local))
				tail = len(b)
			}
			continue
		case strings.HasPrefix(line, "c="):
			b = appendConnection(b, addrOf(local, max(at, 0)))
			continue
		case strings.HasPrefix(line, "m="):
			b = d.endStream(b, at, direction, all)
			at++
			direction = false
			b = d.appendMedia(b, at, local, offer)
			continue
		case strings.HasPrefix(line, "a="):
			if hopByHop(line[2:]) {
				continue
			}
			if dir, ok := parseDirection(line[2:]); ok && at >= 0 {
				direction = true
				line = "a=" + directionName(d.streams[at].dir)
			} else if ok {
				all = dir
			}
		}
		b = append(b, line...)
		b = append(b, '\r', '\n')
	}
	b = d.endStream(b, at, direction, all)
	if offer != nil {
		for i := len(d.streams); i < len(offer.streams); i++ {
			b = offer.streams[i].appendRefused(b)
		}
	}
	return o.stamp(b, tail)
}

// endStream states the direction of a stream for which the text does not, where it
// is another one than the session's: RFC 8866 section 6.7, with none at either
// level ""a=sendrecv" SHOULD be assumed as the default". So it is of a hold that was
// only in its address, and of an answer that must keep within the offer's.
func (d *description) endStream(b []byte, at int, stated bool, all int) []byte {
	if at < 0 || stated || d.streams[at].dir == all {
		return b
	}
	b = append(b, "a="...)
	b = append(b, directionName(d.streams[at].dir)...)
	return append(b, '\r', '\n')
}

// appendRefused appends the stream as an answer refuses it (RFC 3264 section 6).
func (s *stream) appendRefused(b []byte) []byte {
	b = append(b, "m="...)
	b = append(b, s.media...)
	b = append(b, " 0 "...)
	b = append(b, s.proto...)
	b = append(b, ' ')
	b = append(b, s.formats...)
	return append(b, '\r', '\n')
}

func (d *description) appendMedia(b []byte, at int, local []netip.AddrPort, offer *description) []byte {
	s := &d.streams[at]
	port := 0
	// RFC 3264 section 6: a stream that was offered with port 0 is answered with port 0.
	offered := offer == nil || at < len(offer.streams) && offer.streams[at].relayed()
	if s.relayed() && offered && at < len(local) {
		port = int(local[at].Port())
	}
	b = append(b, "m="...)
	b = append(b, s.media...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(port), 10)
	b = append(b, ' ')
	b = append(b, s.proto...)
	b = append(b, ' ')
	b = append(b, s.formats...)
	return append(b, '\r', '\n')
}

// hopByHop attributes name addresses or transports of the party that wrote them.
func hopByHop(v string) bool {
	for _, p := range [...]string{"rtcp:", "rtcp-mux", "candidate:", "ice-", "remote-candidates:", "end-of-candidates", "group:BUNDLE", "altc:"} {
		if strings.HasPrefix(v, p) {
			return true
		}
	}
	return false
}

func appendOrigin(b []byte, o *origin, a netip.Addr) []byte {
	b = append(b, "o=onhook "...)
	b = strconv.AppendUint(b, o.session, 10)
	b = append(b, ' ')
	b = strconv.AppendUint(b, o.version+1, 10)
	b = append(b, ' ')
	b = appendAddr(b, a)
	return append(b, '\r', '\n')
}

func appendConnection(b []byte, a netip.Addr) []byte {
	b = append(b, "c="...)
	b = appendAddr(b, a)
	return append(b, '\r', '\n')
}

func appendAddr(b []byte, a netip.Addr) []byte {
	if a.Is4() {
		b = append(b, "IN IP4 "...)
	} else {
		b = append(b, "IN IP6 "...)
	}
	return a.AppendTo(b)
}

func firstAddr(local []netip.AddrPort) netip.Addr { return addrOf(local, 0) }

func addrOf(local []netip.AddrPort, i int) netip.Addr {
	if i < len(local) && local[i].IsValid() {
		return local[i].Addr()
	}
	if len(local) > 0 && local[0].IsValid() {
		return local[0].Addr()
	}
	return netip.IPv4Unspecified()
}
