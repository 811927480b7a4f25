package outcome

import (
	"strconv"
	"strings"

	"onhook/sip"
)

// A value is one Reason header value that counts.
type value struct {
	cause    int // 0: there is none
	text     string
	location string // RFC 8606, as written
	preempt  bool   // it was RFC 4411's preemption
}

// values are the Reason header values of one message that count: the first
// valid one of each protocol.
type values struct {
	q850, sip value
	duplicate bool // a protocol had more than one
}

// readReasons reads every value of every Reason line (RFC 3326 section 2).
// all gets each value as text, for the leg's record.
func readReasons(m *sip.Message, all *[]string) (v values) {
	if !m.Has(sip.HReason) {
		return v
	}
	for _, r := range m.Reasons() {
		*all = append(*all, reasonText(r))
		switch {
		case equalFold(r.Protocol, "Q.850"):
			if r.Cause >= 1 && r.Cause <= 127 {
				location, _ := r.Params.Get("location")
				v.take(&v.q850, value{cause: r.Cause, text: r.Text, location: location})
			}
		case equalFold(r.Protocol, "SIP"):
			if r.Cause >= 100 && r.Cause <= 699 {
				v.take(&v.sip, value{cause: r.Cause, text: r.Text})
			}
		case equalFold(r.Protocol, "preemption"):
			// RFC 4411 section 5.1: causes 1 to 5; it reads as ISDN cause 8.
			if v.q850.cause == 0 {
				v.q850 = value{cause: 8, text: r.Text, preempt: true}
			}
		}
	}
	return v
}

func (v *values) take(at *value, x value) {
	if at.cause != 0 && !at.preempt {
		v.duplicate = true
		return
	}
	*at = x
}

// reasonText is a value as the record keeps it.
func reasonText(r sip.Reason) string {
	s := r.Protocol + string(r.Params)
	if len(s) > 200 {
		s = s[:200]
	}
	return s
}

// ofCause returns the reason of a Q.850 cause; Unspecified means "by the code".
func ofCause(cause int) Reason {
	if r, ok := ReasonOfCause(cause); ok {
		return r
	}
	// "A cause that is in no q850_in falls to its class's 'unspecified'"; that
	// of classes 0 and 1, 31, says nothing.
	class := cause / 16
	if class < 2 {
		return Unspecified
	}
	return byCause[class*16+15]
}

// fromUser tells whether the location lets cause 21 be the user's own refusal
// (RFC 8606 section 4). An unknown location counts as absent.
func (v value) fromUser() bool {
	switch strings.ToUpper(v.location) {
	case "LN", "TN", "RLN", "INTL", "BI", "LOC-6", "LOC-8", "LOC-9", "LOC-11", "LOC-12", "LOC-13", "LOC-14", "LOC-15":
		return false
	}
	return true
}

// A reading is what a message with its Reason values says.
type reading struct {
	reason     Reason
	confidence Confidence
	used       string // the Reason value that decided, as we pass it on; empty: the code decided
	note       string // a conflict, or a duplicate
	rule       string
	alerted    bool // cause 19: the leg was alerted though no 18x says so
	conflicted bool
}

// readFinal reads a final response >= 300 (rules, sections 4 and 5): only
// Q.850 values count in it (RFC 6432 section 3). early is what the last 18x said.
func readFinal(code int, from sender, v, early values) reading {
	q, in18x := v.q850, false
	if q.cause == 0 && early.q850.cause != 0 && (code == 480 || code == 487 || code == 500) {
		q, in18x = early.q850, true
	}
	alertedBy18x := from.alerted
	if q.cause == 19 {
		from.alerted = true
	}
	bare, sure := reasonOfCode(code, from)
	out := reading{reason: bare, confidence: sure, rule: "4", alerted: from.alerted && !alertedBy18x}
	why := unsure(code, sure)
	out.note = why
	if v.duplicate {
		out.note = join(out.note, "more than one Reason value of a protocol: the first counts")
	}
	if q.cause == 0 || q.cause == 16 {
		return out
	}
	used := ofCause(q.cause)
	carried := q.String()
	switch {
	case used == Unspecified:
		return out
	case used == CallRejected && !q.fromUser():
		return out.conflict(code, q, "a network location cannot be the user's own refusal")
	case (q.cause == 18 || q.cause == 20) && from.alerted:
		out = out.conflict(code, q, "the leg was alerted, so it reads as 19")
		used, carried = NoAnswer, ""
	}
	if !generic(code) && StatusOf(used, AnsweredNo, StageRouting) != StatusOf(bare, AnsweredNo, StageRouting) {
		return out.conflict(code, q, "the code wins")
	}
	out.reason, out.used, out.rule = used, carried, "5 final"
	if in18x {
		out.rule = "5 18x"
	}
	if sure == Guess && out.note == why {
		// The cause decides, so the kind of peer does not matter.
		out.confidence, out.note = Certain, ""
	}
	return out
}

// unknownPeer is the note of a guess at the kind of peer.
const unknownPeer = "the kind of peer is not known: taken as a trunk"

// unsure says why a bare code does not give a certain reason; empty: it does.
func unsure(code int, sure Confidence) string {
	switch {
	case sure == Certain:
		return ""
	case sure == Guess:
		return unknownPeer
	case code == 487:
		return "a 487, though nobody was seen to send CANCEL"
	}
	return "code " + strconv.Itoa(code) + " is not in the rules: read as " + strconv.Itoa(code/100) + "00"
}

// join puts two notes into one.
func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// conflict notes a Reason that was not used as it stands.
func (r reading) conflict(code int, q value, why string) reading {
	if !r.conflicted {
		r.note = join(r.note, "code "+strconv.Itoa(code)+" and Q.850 cause "+strconv.Itoa(q.cause)+" disagree: "+why)
	}
	r.conflicted = true
	r.confidence = min(r.confidence, Likely)
	return r
}

// readBye reads the Reason of a BYE after answer (rules, section 5).
func readBye(v values) reading {
	out := reading{reason: NormalClearing, confidence: Certain, rule: "3.3"}
	if v.duplicate {
		out.note = "more than one Reason value of a protocol: the first counts"
	}
	if q := v.q850; q.cause != 0 {
		switch r := ofCause(q.cause); {
		case r == Unspecified || r == NormalClearing:
		case r == CallRejected && !q.fromUser():
			out.note = join(out.note, "Q.850 cause 21 with location "+q.location+" cannot be the user's own refusal: not used")
			out.confidence = Likely
		default:
			out.reason, out.used, out.rule = r, q.String(), "5 BYE"
		}
		return out
	}
	if s := v.sip; s.cause >= 400 && s.cause != 487 {
		// "taken as from a trunk and alerted"
		out.reason, out.confidence = reasonOfCode(s.cause, trunkAlerted)
		out.used, out.rule = "SIP"+s.tail(), "5 BYE"
		if why := unsure(s.cause, out.confidence); why != "" {
			out.note = join(out.note, why)
		}
	}
	return out
}

// elsewhere tells whether a CANCEL says that the call was answered elsewhere,
// and by which value.
func (v values) elsewhere() (string, bool) {
	switch {
	case v.sip.cause == 200:
		return "SIP" + v.sip.tail(), true
	case v.q850.cause == 26:
		return v.q850.String(), true
	}
	return "", false
}
