package phone

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// payloadTypes are the static numbers of the codecs spoken here (RFC 3551 table 4).
var payloadTypes = map[string]uint8{"PCMU": 0, "PCMA": 8}

// dtmfType is the number that we offer for telephone-event (RFC 4733).
const dtmfType = 101

// The directions of a stream as its own side sees them (RFC 3264 section 5.1).
const (
	dirInactive = 0
	dirSend     = 1
	dirRecv     = 2
	dirBoth     = dirSend | dirRecv
)

var dirNames = [...]string{"inactive", "sendonly", "recvonly", "sendrecv"}

// A session is what a call's two sides have said of their sound.
type session struct {
	id, version uint64
	local       netip.AddrPort
	dir         int // what we want
	codecs      []string

	// What the peer said last:
	remote    netip.AddrPort
	remoteDir int // as the peer sees it
	codec     string
	dtmf      uint8 // 0: none
	tones     bool  // telephone-event is neither offered nor taken
}

// offer describes our side, all codecs (RFC 3264 section 5).
func (s *session) offer() string {
	dtmf := uint8(dtmfType)
	if s.tones {
		dtmf = 0
	}
	return s.describe(s.codecs, dtmf, s.dir, nil)
}

// describe makes a session description with one audio stream; others is what
// stands around it in an answer: every stream of the offer, ours at its place.
func (s *session) describe(codecs []string, dtmf uint8, dir int, offer *sdp.SessionDescription) string {
	s.version++
	host, kind := s.local.Addr().String(), "IP4"
	if s.local.Addr().Is6() {
		kind = "IP6"
	}
	d := sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "-", SessionID: s.id, SessionVersion: s.version,
			NetworkType: "IN", AddressType: kind, UnicastAddress: host,
		},
		SessionName:           "-",
		ConnectionInformation: &sdp.ConnectionInformation{NetworkType: "IN", AddressType: kind, Address: &sdp.Address{Address: host}},
		TimeDescriptions:      []sdp.TimeDescription{{}},
	}
	own := &sdp.MediaDescription{MediaName: sdp.MediaName{
		Media: "audio", Port: sdp.RangedPort{Value: int(s.local.Port())}, Protos: []string{"RTP", "AVP"},
	}}
	format := func(pt uint8, name string) {
		n := strconv.Itoa(int(pt))
		own.MediaName.Formats = append(own.MediaName.Formats, n)
		own.Attributes = append(own.Attributes, sdp.NewAttribute("rtpmap", n+" "+name+"/8000"))
	}
	for _, c := range codecs {
		format(payloadTypes[c], c)
	}
	if dtmf != 0 {
		format(dtmf, "telephone-event")
		own.Attributes = append(own.Attributes, sdp.NewAttribute("fmtp", strconv.Itoa(int(dtmf))+" 0-15"))
	}
	own.Attributes = append(own.Attributes, sdp.NewAttribute("ptime", "20"), sdp.NewPropertyAttribute(dirNames[dir]))
	d.MediaDescriptions = []*sdp.MediaDescription{own}
	if offer != nil {
		// RFC 3264 section 6: as many streams as the offer has; port 0 refuses one.
		d.MediaDescriptions = d.MediaDescriptions[:0]
		for i, m := range offer.MediaDescriptions {
			if i == audioStream(offer) {
				d.MediaDescriptions = append(d.MediaDescriptions, own)
				continue
			}
			no := &sdp.MediaDescription{MediaName: m.MediaName}
			no.MediaName.Port = sdp.RangedPort{}
			d.MediaDescriptions = append(d.MediaDescriptions, no)
		}
	}
	text, err := d.Marshal()
	if err != nil {
		return "" // all parts are our own: it cannot fail
	}
	return string(text)
}

// answer takes the peer's offer and describes our side of it (RFC 3264 section 6).
func (s *session) answer(text string) (string, error) {
	d, err := s.hear(text)
	if err != nil {
		return "", err
	}
	// Section 6.1: sendonly is answered recvonly or inactive, inactive with inactive.
	dir := s.dir
	if s.remoteDir&dirSend == 0 {
		dir &^= dirRecv
	}
	if s.remoteDir&dirRecv == 0 {
		dir &^= dirSend
	}
	return s.describe([]string{s.codec}, s.dtmf, dir, d), nil
}

// hear takes the peer's description: an offer, or the answer to ours.
func (s *session) hear(text string) (*sdp.SessionDescription, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return nil, errors.New("phone: session description: " + err.Error())
	}
	i := audioStream(&d)
	if i < 0 {
		return nil, errors.New("phone: session description: got no audio stream by RTP/AVP with a port, want one")
	}
	m := d.MediaDescriptions[i]
	s.codec, s.dtmf = "", 0
	for _, f := range m.MediaName.Formats {
		name := formatName(m, f)
		if s.codec == "" && slices.Contains(s.codecs, name) {
			s.codec = name
		}
		if n, err := strconv.ParseUint(f, 10, 7); err == nil && name == "TELEPHONE-EVENT" && s.dtmf == 0 && !s.tones {
			s.dtmf = uint8(n)
		}
	}
	if s.codec == "" {
		return nil, errors.New("phone: session description: got formats " + strings.Join(m.MediaName.Formats, " ") + ", want PCMU or PCMA")
	}
	s.remoteDir = direction(d.Attributes, dirBoth)
	s.remoteDir = direction(m.Attributes, s.remoteDir)
	c := m.ConnectionInformation
	if c == nil {
		c = d.ConnectionInformation
	}
	s.remote = netip.AddrPort{}
	if c != nil && c.Address != nil {
		host, _, _ := strings.Cut(c.Address.Address, "/")
		if a, err := netip.ParseAddr(host); err == nil && !a.IsUnspecified() {
			s.remote = netip.AddrPortFrom(a.Unmap(), uint16(m.MediaName.Port.Value))
		} else if err == nil {
			s.remoteDir &^= dirRecv // RFC 3264 section 8.4: 0.0.0.0 is the old form of hold
		}
	}
	return &d, nil
}

// audioStream is the first stream that can be spoken, or -1.
func audioStream(d *sdp.SessionDescription) int {
	for i, m := range d.MediaDescriptions {
		if m.MediaName.Media == "audio" && m.MediaName.Port.Value > 0 && m.MediaName.Port.Value < 65536 &&
			len(m.MediaName.Protos) == 2 && m.MediaName.Protos[0] == "RTP" && strings.HasPrefix(m.MediaName.Protos[1], "AVP") {
			return i
		}
	}
	return -1
}

// formatName is a format's encoding in capitals: from its rtpmap, or the static number's.
func formatName(m *sdp.MediaDescription, format string) string {
	for _, a := range m.Attributes {
		if a.Key != "rtpmap" {
			continue
		}
		if v, ok := strings.CutPrefix(a.Value, format+" "); ok {
			name, rest, _ := strings.Cut(v, "/")
			if rate, _, _ := strings.Cut(rest, "/"); rate != "8000" {
				return ""
			}
			return strings.ToUpper(name)
		}
	}
	for name, pt := range payloadTypes {
		if strconv.Itoa(int(pt)) == format {
			return name
		}
	}
	return ""
}

func direction(attrs []sdp.Attribute, dir int) int {
	for _, a := range attrs {
		if i := slices.Index(dirNames[:], a.Key); i >= 0 {
			dir = i
		}
	}
	return dir
}
