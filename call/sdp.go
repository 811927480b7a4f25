package call

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// The directions of a stream (RFC 3264 section 5.1), as its party sees them.
const (
	inactive = 0
	sends    = 1
	receives = 2
	sendrecv = sends | receives
)

// A stream is one m= section of a session description.
type stream struct {
	media   string // "audio"
	port    int
	proto   string // "RTP/AVP"
	formats string // as written
	addr    netip.Addr
	dir     int
	rtcp    int // port of a=rtcp (RFC 3605); 0: port+1
	dtmf    uint8
	maps    string // its a=rtpmap values, a line each
}

// A description is what a call needs to know of a session description
// (RFC 8866). The rest passes through as it was written, which is why this
// is a scan of lines and not a parse into a tree and back.
type description struct {
	text    string
	streams []stream
}

var errSDP = errors.New("not a session description: want v=0, o=, c= and m= lines")

// parseSDP reads a session description.
func parseSDP(text string) (description, error) {
	d := description{text: text}
	if !strings.HasPrefix(text, "v=0") {
		return d, errSDP
	}
	var sessionAddr netip.Addr
	sessionDir := sendrecv
	for line := range lines(text) {
		if len(line) < 2 || line[1] != '=' {
			return d, errors.New("session description: got " + strconv.Quote(clip(line)) + ", want a line such as a=value")
		}
		value := line[2:]
		n := len(d.streams)
		switch line[0] {
		case 'm':
			s, ok := parseMedia(value)
			if !ok {
				return d, errors.New("session description: got " + strconv.Quote(clip(line)) + ", want m=media port proto formats")
			}
			s.addr, s.dir = sessionAddr, sessionDir
			d.streams = append(d.streams, s)
		case 'c':
			addr, ok := parseConnection(value)
			if !ok {
				return d, errors.New("session description: got " + strconv.Quote(clip(line)) + ", want c=IN IP4 address")
			}
			if n == 0 {
				sessionAddr = addr
			} else {
				d.streams[n-1].addr = addr
			}
		case 'a':
			if dir, ok := parseDirection(value); ok {
				if n == 0 {
					sessionDir = dir
				} else {
					d.streams[n-1].dir = dir
				}
			} else if n > 0 {
				d.streams[n-1].attribute(value)
			}
		}
	}
	for i := range d.streams {
		// RFC 3264 section 8.4: an address of 0.0.0.0 is the old form of hold.
		if s := &d.streams[i]; s.addr.IsValid() && s.addr.IsUnspecified() {
			s.dir &^= receives
		}
	}
	return d, nil
}

func (s *stream) attribute(value string) {
	if v, ok := strings.CutPrefix(value, "rtcp:"); ok {
		port, _, _ := strings.Cut(v, " ")
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			s.rtcp = int(n)
		}
		return
	}
	v, ok := strings.CutPrefix(value, "rtpmap:")
	if !ok {
		return
	}
	pt, name, _ := strings.Cut(v, " ")
	if n, err := strconv.ParseUint(pt, 10, 7); err == nil && len(name) >= 20 && strings.EqualFold(name[:20], "telephone-event/8000") {
		s.dtmf = uint8(n)
	}
	s.maps += v + "\n"
}

func parseMedia(v string) (stream, bool) {
	media, rest, ok1 := strings.Cut(v, " ")
	port, rest, ok2 := strings.Cut(rest, " ")
	proto, formats, ok3 := strings.Cut(rest, " ")
	port, _, _ = strings.Cut(port, "/")
	n, err := strconv.ParseUint(port, 10, 16)
	return stream{media: media, port: int(n), proto: proto, formats: formats}, ok1 && ok2 && ok3 && err == nil
}

func parseConnection(v string) (netip.Addr, bool) {
	net, rest, ok1 := strings.Cut(v, " ")
	_, host, ok2 := strings.Cut(rest, " ")
	host, _, _ = strings.Cut(host, "/")
	if !ok1 || !ok2 || net != "IN" || host == "" {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}, true // a name is legal; the media then waits for the first packet
	}
	return a.Unmap(), true
}

func parseDirection(v string) (int, bool) {
	switch v {
	case "sendrecv":
		return sendrecv, true
	case "sendonly":
		return sends, true
	case "recvonly":
		return receives, true
	case "inactive":
		return inactive, true
	}
	return 0, false
}

func directionName(dir int) string {
	switch dir {
	case sends:
		return "sendonly"
	case receives:
		return "recvonly"
	case inactive:
		return "inactive"
	}
	return "sendrecv"
}

// relayed tells whether the stream is RTP that the server carries.
func (s *stream) relayed() bool { return s.port != 0 && strings.HasPrefix(s.proto, "RTP/") }

// held tells whether the party holds: no stream of it may receive.
func (d *description) held() bool {
	any := false
	for i := range d.streams {
		if d.streams[i].port == 0 {
			continue
		}
		if d.streams[i].dir&receives != 0 {
			return false
		}
		any = true
	}
	return any
}

// usable tells whether at least one stream was accepted.
func (d *description) usable() bool {
	for i := range d.streams {
		if d.streams[i].port != 0 {
			return true
		}
	}
	return false
}

// An origin is what makes our o= lines: one session a leg, a version a
// description (RFC 3264 section 8).
type origin struct {
	session, version uint64
}

// rewrite returns the description as the other leg shall see it: our own
// origin, our addresses and ports, no candidates of its party. Streams beyond
// those with a local address are refused by port 0.
func (d *description) rewrite(o *origin, local []netip.AddrPort) string {
	o.version++
	b := make([]byte, 0, len(d.text)+64)
	at := -1
	direction := false
	for line := range lines(d.text) {
		switch {
		case strings.HasPrefix(line, "o="):
			b = appendOrigin(b, o, firstAddr(local))
			continue
		case strings.HasPrefix(line, "c="):
			b = appendConnection(b, addrOf(local, max(at, 0)))
			continue
		case strings.HasPrefix(line, "m="):
			b = d.endStream(b, at, direction)
			at++
			direction = false
			b = d.appendMedia(b, at, local)
			continue
		case strings.HasPrefix(line, "a="):
			if hopByHop(line[2:]) {
				continue
			}
			if _, ok := parseDirection(line[2:]); ok && at >= 0 {
				direction = true
				line = "a=" + directionName(d.streams[at].dir)
			}
		}
		b = append(b, line...)
		b = append(b, '\r', '\n')
	}
	return string(d.endStream(b, at, direction))
}

// endStream states the direction of a stream whose hold was only in its address.
func (d *description) endStream(b []byte, at int, stated bool) []byte {
	if at < 0 || stated || !d.streams[at].addr.IsValid() || !d.streams[at].addr.IsUnspecified() {
		return b
	}
	b = append(b, "a="...)
	b = append(b, directionName(d.streams[at].dir)...)
	return append(b, '\r', '\n')
}

func (d *description) appendMedia(b []byte, at int, local []netip.AddrPort) []byte {
	s := &d.streams[at]
	port := 0
	if s.relayed() && at < len(local) {
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
	for _, p := range [...]string{"rtcp:", "rtcp-mux", "candidate:", "ice-", "remote-candidates:", "end-of-candidates"} {
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
	b = strconv.AppendUint(b, o.version, 10)
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

// lines yields the lines of a text without their ends; the last empty one is left out.
func lines(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for s != "" {
			line, rest, _ := strings.Cut(s, "\n")
			if n := len(line); n > 0 && line[n-1] == '\r' {
				line = line[:n-1]
			}
			if line != "" && !yield(line) {
				return
			}
			s = rest
		}
	}
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60]
	}
	return s
}

// common tells whether the answer accepted a format that was offered, in one
// of the streams both have.
func common(offer, answer *description) bool {
	for i := range answer.streams {
		if i >= len(offer.streams) || answer.streams[i].port == 0 || offer.streams[i].port == 0 {
			continue
		}
		if answer.streams[i].media != "audio" {
			return true
		}
		offered := &offer.streams[i]
		for f := range strings.FieldsSeq(answer.streams[i].formats) {
			for o := range strings.FieldsSeq(offered.formats) {
				if f == o {
					return true
				}
			}
			if n, err := strconv.Atoi(f); err == nil && n >= 96 && offered.dynamic() {
				return true // a dynamic number may differ between the two (RFC 3264 section 6.1)
			}
		}
	}
	return false
}

func (s *stream) dynamic() bool {
	for f := range strings.FieldsSeq(s.formats) {
		if n, err := strconv.Atoi(f); err == nil && n >= 96 {
			return true
		}
	}
	return false
}

// firstCodec returns the first of our own codecs that the stream names.
func (s *stream) firstCodec() (name string, pt uint8, ok bool) {
	for f := range strings.FieldsSeq(s.formats) {
		switch f {
		case "0":
			return "PCMU", 0, true
		case "8":
			return "PCMA", 8, true
		}
	}
	return "", 0, false
}

// answerOwn answers an offer for an application of the server: the first
// audio stream with G.711, every other one refused (RFC 3264 section 6).
func (d *description) answerOwn(o *origin, local netip.AddrPort) (text string, m Media, ok bool) {
	o.version++
	b := append(make([]byte, 0, 320), "v=0\r\n"...)
	b = appendOrigin(b, o, local.Addr())
	b = append(b, "s=-\r\n"...)
	b = appendConnection(b, local.Addr())
	b = append(b, "t=0 0\r\n"...)
	for i := range d.streams {
		s := &d.streams[i]
		codec, pt, has := s.firstCodec()
		if ok || !has || s.media != "audio" || !s.relayed() {
			b = append(b, "m="+s.media+" 0 "+s.proto+" "+s.formats+"\r\n"...)
			continue
		}
		ok = true
		m = s.mediaParams()
		m.Codec, m.PT = codec, pt
		b = append(b, "m=audio "...)
		b = strconv.AppendUint(b, uint64(local.Port()), 10)
		b = append(b, " "+s.proto+" "...)
		b = strconv.AppendUint(b, uint64(pt), 10)
		if s.dtmf != 0 {
			b = append(b, ' ')
			b = strconv.AppendUint(b, uint64(s.dtmf), 10)
		}
		b = append(b, "\r\na=rtpmap:"...)
		b = strconv.AppendUint(b, uint64(pt), 10)
		b = append(b, " "+codec+"/8000\r\n"...)
		if s.dtmf != 0 {
			n := strconv.Itoa(int(s.dtmf))
			b = append(b, "a=rtpmap:"+n+" telephone-event/8000\r\na=fmtp:"+n+" 0-15\r\n"...)
		}
		// RFC 3264 section 6.1: sendonly is answered recvonly, inactive inactive.
		b = append(b, "a=ptime:20\r\na="+directionName(mirror(s.dir))+"\r\n"...)
	}
	return string(b), m, ok
}

// mirror turns a direction as one party sees it into the other's view.
func mirror(dir int) int {
	switch dir {
	case sends:
		return receives
	case receives:
		return sends
	}
	return dir
}

// mediaParams is what the party of this stream wants, for the media path.
func (s *stream) mediaParams() Media {
	m := Media{Send: s.dir&receives != 0, Recv: s.dir&sends != 0, DTMF: s.dtmf}
	m.OnHold = !m.Recv
	m.Codec, m.PT, _ = s.firstCodec()
	if s.port != 0 && s.addr.IsValid() && !s.addr.IsUnspecified() {
		m.Remote = netip.AddrPortFrom(s.addr, uint16(s.port))
		rtcp := s.rtcp
		if rtcp == 0 {
			rtcp = s.port + 1
		}
		if rtcp <= 65535 {
			m.RemoteRTCP = netip.AddrPortFrom(s.addr, uint16(rtcp))
		}
	}
	return m
}
