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
	rtcp    int        // port of a=rtcp (RFC 3605); 0: port+1
	rtcpTo  netip.Addr // its address, if it names one
	dtmf    uint8      // payload type of telephone-event; 0: none
	// ptime and maxptime are what its party asks for and takes at most, in milliseconds a packet; 0: it does not say.
	ptime, maxptime uint16
	clock           uint32 // RTP clock of the first codec with a dynamic payload type, in hertz; 0: none
}

// A description is what a call needs to know of a session description
// (RFC 8866). The rest passes through as it was written, which is why this
// is a scan of lines and not a parse into a tree and back.
type description struct {
	text    string
	streams []stream
}

var (
	errSDP     = errors.New("not a session description: want v=0, o=, c= and m= lines")
	errAddress = errors.New("session description: a stream without a c= line, want one for it or for the session (RFC 8866 section 5.7)")
)

// A reader is what is known while the lines of a session description are read.
type reader struct {
	d         description
	addr      netip.Addr // the session's
	dir       int        // likewise
	addressed bool       // the session has a c= line
	own       bool       // the present stream has one
	origin    bool       // there is an o= line
}

// parseSDP reads a session description.
func parseSDP(text string) (description, error) {
	r := reader{d: description{text: text}, dir: sendrecv}
	if rest, ok := strings.CutPrefix(text, "v=0"); !ok || rest == "" || rest[0] != '\r' && rest[0] != '\n' {
		return r.d, errSDP
	}
	for line := range lines(text) {
		if want := r.line(line); want != "" {
			return r.d, errors.New("session description: got " + strconv.Quote(clip(line)) + ", want " + want)
		}
	}
	switch {
	case !r.origin:
		return r.d, errSDP
	case !r.placed():
		return r.d, errAddress
	}
	for i := range r.d.streams {
		// RFC 3264 section 8.4: an address of 0.0.0.0 is the old form of hold.
		if s := &r.d.streams[i]; s.addr.IsValid() && s.addr.IsUnspecified() {
			s.dir &^= receives
		}
	}
	return r.d, nil
}

// line reads one line and says what it should have been; empty: it is right.
func (r *reader) line(line string) (want string) {
	if len(line) < 2 || line[1] != '=' {
		return "a line such as a=value"
	}
	value := line[2:]
	switch line[0] {
	case 'o':
		r.origin = true
	case 'm':
		if !r.placed() {
			return "a c= line before it, for the stream that comes before (RFC 8866 section 5.7)"
		}
		s, ok := parseMedia(value)
		if !ok {
			return "m=media port proto formats"
		}
		s.addr, s.dir = r.addr, r.dir
		r.d.streams, r.own = append(r.d.streams, s), false
	case 'c':
		return r.connection(value)
	case 'a':
		r.attribute(value)
	}
	return ""
}

// placed tells whether the present stream has an address. RFC 8866 section 5.7:
// a c= line in each media description, or one for the session.
func (r *reader) placed() bool {
	n := len(r.d.streams)
	return n == 0 || r.addressed || r.own || r.d.streams[n-1].port == 0
}

func (r *reader) connection(value string) (want string) {
	addr, ok := parseConnection(value)
	if !ok {
		return "c=IN IP4 address"
	}
	if n := len(r.d.streams); n > 0 {
		r.d.streams[n-1].addr, r.own = addr, true
	} else {
		r.addr, r.addressed = addr, true
	}
	return ""
}

func (r *reader) attribute(value string) {
	n := len(r.d.streams)
	dir, ok := parseDirection(value)
	switch {
	case ok && n == 0:
		r.dir = dir
	case ok:
		r.d.streams[n-1].dir = dir
	case n > 0:
		r.d.streams[n-1].attribute(value)
	}
}

func (s *stream) attribute(value string) {
	if v, ok := strings.CutPrefix(value, "rtcp:"); ok {
		port, rest, _ := strings.Cut(v, " ")
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			s.rtcp = int(n)
			s.rtcpTo, _ = parseConnection(rest)
		}
		return
	}
	v, ok := strings.CutPrefix(value, "rtpmap:")
	if !ok {
		if v, ok = strings.CutPrefix(value, "ptime:"); ok {
			s.ptime = packetTime(v)
		} else if v, ok = strings.CutPrefix(value, "maxptime:"); ok {
			s.maxptime = packetTime(v)
		}
		return
	}
	pt, name, _ := strings.Cut(v, " ")
	if n, err := strconv.ParseUint(pt, 10, 7); err == nil {
		s.mapped(uint8(n), strings.TrimSpace(name))
	}
}

// fastestClock is the highest RTP clock that is believed, in hertz: that of video is 90000, of the finest sound 192000.
const fastestClock = 192000

// mapped takes what a payload type means. RFC 8866 section 6.6: encoding-name "/" clock-rate [ "/" encoding-params ].
func (s *stream) mapped(pt uint8, coding string) {
	name, rest, _ := strings.Cut(coding, "/")
	rate, _, _ := strings.Cut(rest, "/")
	clock, err := strconv.ParseUint(rate, 10, 32)
	switch {
	case err != nil:
	case strings.EqualFold(name, "telephone-event"):
		if clock == 8000 {
			s.dtmf = pt
		}
	case pt >= 96 && s.clock == 0 && clock > 0 && clock <= fastestClock:
		s.clock = uint32(clock)
	}
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

// secret tells whether its packets are encrypted for the two parties (RFC 3711), who exchange the keys:
// they pass, but nobody between can hear them or say anything in them.
func (s *stream) secret() bool { return strings.HasPrefix(s.proto, "RTP/SAVP") }

// carried tells whether the server can carry at least one stream.
func (d *description) carried() bool {
	for i := range d.streams {
		if d.streams[i].relayed() {
			return true
		}
	}
	return false
}

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
