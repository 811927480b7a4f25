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

// parseSDP reads a session description.
func parseSDP(text string) (description, error) {
	d := description{text: text}
	if rest, ok := strings.CutPrefix(text, "v=0"); !ok || rest == "" || rest[0] != '\r' && rest[0] != '\n' {
		return d, errSDP
	}
	var addressed, own, anyOrigin bool // a session-level c= line; one of the present stream; an o= line
	var sessionAddr netip.Addr
	sessionDir := sendrecv
	for line := range lines(text) {
		if len(line) < 2 || line[1] != '=' {
			return d, errors.New("session description: got " + strconv.Quote(clip(line)) + ", want a line such as a=value")
		}
		value := line[2:]
		n := len(d.streams)
		switch line[0] {
		case 'o':
			anyOrigin = true
		case 'm':
			if n > 0 && d.streams[n-1].port != 0 && !addressed && !own {
				return d, errAddress
			}
			own = false
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
				sessionAddr, addressed = addr, true
			} else {
				d.streams[n-1].addr, own = addr, true
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
	n := len(d.streams)
	switch {
	case !anyOrigin:
		return d, errSDP
	case n > 0 && d.streams[n-1].port != 0 && !addressed && !own:
		// RFC 8866 section 5.7: a c= line in each media description, or one for the session.
		return d, errAddress
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
		port, rest, _ := strings.Cut(v, " ")
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			s.rtcp = int(n)
			s.rtcpTo, _ = parseConnection(rest)
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
