package outcome

import "time"

// RulesVersion is the version of the rules and of the record's form.
const RulesVersion = 1

// Meta is what is known of a call beside its events.
type Meta struct {
	ID        string // call_ and a UUIDv7
	Source    string // "live" (or empty), "pcap", "hep"
	Direction string // "internal", "inbound", "outbound"
	User      string // who authenticated
	Trunk     string
	Queue     string
	Related   []Related
	Options   *Options // nil: the defaults
}

// Options are an operator's settings of the rules.
type Options struct {
	// WireCodes replaces the code that the caller is sent for a reason of our
	// own. A code that RFC 3261 fixes is never replaced.
	WireCodes map[Reason]int
	// RetryAfter is the Retry-After of our own 503 for overload, in seconds; 0: 10.
	RetryAfter int
	// LeastMessage is the length from which a voicemail message counts; 0: 1 s.
	LeastMessage time.Duration
}

func (m *Meta) options() *Options { return m.Options }

func (o *Options) leastMessage() time.Duration {
	if o == nil || o.LeastMessage == 0 {
		return time.Second
	}
	return o.LeastMessage
}

func (o *Options) retryAfter() int {
	if o == nil || o.RetryAfter == 0 {
		return 10
	}
	return o.RetryAfter
}

// wireCode returns what the caller is sent for a reason of our own. A reason
// that is never a refusal, a menu's leaf on early media say, gets 480.
func (o *Options) wireCode(r Reason) int {
	if r == OriginatorCancel || r == PickedOff {
		return 487 // RFC 3261 section 9.2
	}
	if o != nil {
		if code := o.WireCodes[r]; code >= 300 && code <= 699 {
			return code
		}
	}
	if code := r.WireCode(); code != 0 {
		return code
	}
	return 480
}
