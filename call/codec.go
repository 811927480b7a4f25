package call

import (
	"net/netip"
	"strconv"
	"strings"
)

// common tells whether the answer accepted a format that was offered, in one
// of the streams both have.
func common(offer, answer *description) bool {
	for i := range answer.streams {
		if i >= len(offer.streams) || answer.streams[i].port == 0 || offer.streams[i].port == 0 {
			continue
		}
		if answer.streams[i].media != "audio" || offer.streams[i].sharesAudio(&answer.streams[i]) {
			return true
		}
	}
	return false
}

// sharesAudio tells whether an answer to the stream has a format for speech.
func (s *stream) sharesAudio(answer *stream) bool {
	for f := range strings.FieldsSeq(answer.formats) {
		n, err := strconv.Atoi(f)
		switch {
		case err == nil && (n == 13 || n == 19 || answer.dtmf != 0 && n == int(answer.dtmf)):
			continue // comfort noise (RFC 3389) and digits are not speech
		case err == nil && n >= 96 && s.dynamic():
			return true // a dynamic number may differ between the two (RFC 3264 section 6.1)
		}
		for o := range strings.FieldsSeq(s.formats) {
			if f == o {
				return true
			}
		}
	}
	return false
}

// dynamic tells whether the stream offers a codec with a dynamic number.
func (s *stream) dynamic() bool {
	for f := range strings.FieldsSeq(s.formats) {
		if n, err := strconv.Atoi(f); err == nil && n >= 96 && n != int(s.dtmf) {
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

// ownStream is the index of the stream that an application takes: the first
// audio stream with G.711 that is not encrypted; -1: none.
func (d *description) ownStream() int {
	for i := range d.streams {
		if _, _, has := d.streams[i].firstCodec(); has && d.streams[i].media == "audio" && d.streams[i].relayed() && !d.streams[i].secret() {
			return i
		}
	}
	return -1
}

// answerOwn answers an offer for an application of the server; every stream
// but its own is refused (RFC 3264 section 6).
func (d *description) answerOwn(o *origin, local netip.AddrPort) (text string, m Media, ok bool) {
	own := d.ownStream()
	if own < 0 || !local.IsValid() {
		return "", m, false
	}
	b := append(make([]byte, 0, 320), "v=0\r\n"...)
	b = appendOrigin(b, o, local.Addr())
	tail := len(b)
	b = append(b, "s=-\r\n"...)
	b = appendConnection(b, local.Addr())
	b = append(b, "t=0 0\r\n"...)
	for i := range d.streams {
		if i == own {
			b = d.streams[i].appendOwn(b, local.Port())
		} else {
			b = d.streams[i].appendRefused(b)
		}
	}
	m, _ = d.ownMedia()
	return o.stamp(b, tail), m, true
}

// appendOwn appends the answer to the stream of an application.
func (s *stream) appendOwn(b []byte, port uint16) []byte {
	codec, pt, _ := s.firstCodec()
	b = append(b, "m=audio "...)
	b = strconv.AppendUint(b, uint64(port), 10)
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
	return append(b, "a=ptime:20\r\na="+directionName(mirror(s.dir))+"\r\n"...)
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

// mediaParams is what the party of this stream wants, for the media path. Which
// codec it speaks is the two parties' matter as long as they are relayed.
func (s *stream) mediaParams() Media {
	if !s.relayed() {
		return Media{OnHold: true}
	}
	m := Media{Send: s.dir&receives != 0, Recv: s.dir&sends != 0, DTMF: s.dtmf, Rate: s.clock, Secret: s.secret(), Ptime: s.wants()}
	m.OnHold = !m.Recv
	if s.addr.IsValid() && !s.addr.IsUnspecified() {
		m.Remote = netip.AddrPortFrom(s.addr, uint16(s.port))
		rtcp := s.rtcp
		if rtcp == 0 {
			rtcp = s.port + 1
		}
		if rtcp <= 65535 {
			to := s.rtcpTo
			if !to.IsValid() {
				to = s.addr
			}
			m.RemoteRTCP = netip.AddrPortFrom(to, uint16(rtcp))
		}
	}
	return m
}
