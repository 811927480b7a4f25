package call

import (
	"strconv"
	"strings"
)

// packetTimes are how many milliseconds of sound the server puts into a packet, the least first.
var packetTimes = [...]uint16{10, 20, 30, 40, 60}

// usualTime is what RFC 3551 section 4.2 has for who says nothing: "the default packetization interval SHOULD have a duration of 20 ms".
const usualTime = 20

// packetTime reads the value of a=ptime and a=maxptime, RFC 8866 sections 6.4
// and 6.5: "non-zero-int-or-real" milliseconds, of which whole ones count. What is
// none, or not greater than zero (RFC 3264 section 5.1), is as if it was not there: 0.
func packetTime(v string) uint16 {
	whole, _, _ := strings.Cut(strings.TrimSpace(v), ".")
	n, err := strconv.ParseUint(whole, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// wants is how many milliseconds of sound a packet to the stream's party should
// carry, of what can be sent the nearest below what it asks for. RFC 3264 section 6.1:
// "When sending media, it SHOULD use a packetization interval equal to the value of
// the ptime attribute in the offer, if any was present"; RFC 8866 section 6.5: maxptime is
// "the maximum amount of media that can be encapsulated in each packet".
func (s *stream) wants() uint8 {
	want := s.ptime
	if want == 0 {
		want = usualTime
	}
	if s.maxptime != 0 {
		want = min(want, s.maxptime)
	}
	best := packetTimes[0]
	for _, n := range packetTimes {
		if n <= want {
			best = n
		}
	}
	return uint8(best)
}
