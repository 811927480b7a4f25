package outcome

import (
	"strings"

	"onhook/sip"
)

// words says what the deciding event of an attempt was.
func (r *result) words() string {
	switch {
	case r.received != 0:
		words := itoa3(r.received) + " " + r.leg.phrase
		if r.used != "" {
			words += " with the Reason " + r.used
		}
		return words
	case r.leg.decided && r.rule == "3.1 ring timer":
		return "the ring timer ran out"
	case r.leg.decided && r.reason == ProgressTimeout:
		return "the progress timer ran out"
	case r.leg.synthetic == byTransport:
		return "the INVITE could not be delivered: " + undelivered(r.leg.why)
	case r.leg.synthetic == byTimerB && r.leg.trying:
		return "a 100, and then nothing in 64*T1"
	case r.leg.synthetic == byTimerB:
		return "no final response in 64*T1"
	}
	return "the server's decision on the attempt"
}

// undelivered leaves out of an error what only a programmer reads: the calls of
// the system that it went through.
func undelivered(why string) string {
	why = strings.TrimPrefix(why, "wire: ")
	from, to := strings.Index(why, ": dial "), strings.LastIndex(why, ": ")
	if from >= 0 && from < to {
		return why[:from] + why[to:]
	}
	switch why {
	case "refused":
		return "the connection was refused, or nothing listens at the port"
	case "closed":
		return "the connection was closed"
	case "unreachable":
		return "the network or host cannot be reached"
	}
	return why
}

// itoa3 prints a response code.
func itoa3(n int) string {
	return string([]byte{byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10)})
}

// passedOn is what a caller is sent for a final response that decided (section
// 1; RFC 3261 section 16.7).
func passedOn(code int) int {
	switch {
	case code == 401 || code == 407:
		return 403
	case code == 503:
		return 500
	case code/100 == 3:
		return 410
	}
	return code
}

// byeSender says in words whose BYE ended the call, where it was not the caller's.
func (s *scan) byeSender() string {
	if s.serverEnded() {
		return "BYE from the server to both parties"
	}
	return "BYE from the other party"
}

// whoSent names the sender of a request, of which m is one or the answer, by its
// number and its address.
func whoSent(m *sip.Message, at string) string {
	p := party(m, sip.HFrom)
	name := p.Number
	if name == "" {
		name = p.URI
	}
	if at != "" {
		name += " (" + at + ")"
	}
	return name
}
