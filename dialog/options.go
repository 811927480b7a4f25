package dialog

import (
	"strings"
	"time"
)

// minSE is the shortest session interval that RFC 4028 section 4 allows, in seconds.
const minSE = 90

// filled returns the options with the RFCs' values where none were given.
func (o Options) filled() Options {
	if o.T1 <= 0 {
		o.T1 = 500 * time.Millisecond
	}
	if o.T2 <= 0 {
		o.T2 = 8 * o.T1
	}
	o.MinSE = max(o.MinSE, minSE)
	return o
}

// does tells whether an option tag is one of ours.
func (o *Options) does(tag string) bool { return hasToken(o.Supported, tag) }

// hasToken tells whether a comma-separated list holds the token.
func hasToken(list, token string) bool {
	for list != "" {
		var one string
		one, list, _ = strings.Cut(list, ",")
		if strings.EqualFold(strings.TrimSpace(one), token) {
			return true
		}
	}
	return false
}

// newTag returns the tag given, or makes one of 64 random bits (RFC 3261 section 19.3 asks for 32).
func (o *Options) newTag() string {
	if o.Tag != "" {
		return o.Tag
	}
	return string(appendHex(make([]byte, 0, 16), o.Rand.Uint64()))
}

// newCallID makes a Call-ID of 128 random bits (section 8.1.1.4).
func newCallID(r Rand, host string) string {
	b := appendHex(appendHex(make([]byte, 0, 33+len(host)), r.Uint64()), r.Uint64())
	if host != "" {
		b = append(append(b, '@'), host...)
	}
	return string(b)
}

func appendHex(b []byte, v uint64) []byte {
	const digits = "0123456789abcdef"
	for i := 60; i >= 0; i -= 4 {
		b = append(b, digits[v>>i&15])
	}
	return b
}

// between returns a random time from low to high in steps.
func between(r Rand, low, high, step time.Duration) time.Duration {
	n := uint64((high-low)/step) + 1
	return low + time.Duration(r.Uint64()%n)*step
}
