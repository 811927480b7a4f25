package outcome

import (
	"strings"

	"onhook/call"
)

// An Answer is the final response that the caller must be sent.
type Answer struct {
	Code       int
	Phrase     string
	Reason     string     // the Reason header's value; empty: none
	RetryAfter int        // seconds; 0: none
	Warning    string     // the Warning header's value; empty: none
	ByeReason  string     // the Bye Reason that it stands for
	Leg        call.LegID // the attempt whose final response decided; 0: none
	Seq        uint32     // the event that decided
}

// Verdict says what the caller must be sent when its call is being refused:
// rules, section 1, "What the caller is sent". The events are those so far:
// the attempts have ended, or the intent, CANCEL or BYE is the last thing that
// counts. Fold of the same events gives the same reason.
func Verdict(events []call.Event, meta Meta) Answer {
	var f Folder
	return f.Verdict(events, &meta)
}

func (d *decision) answer(o *Options) Answer {
	a := Answer{Reason: d.header(), ByeReason: d.reason.String(), Seq: d.at.seq}
	if d.leg != nil {
		a.Leg = d.leg.id
	}
	// RFC 6432 section 3: in a response only Q.850 values have a meaning.
	if strings.HasPrefix(a.Reason, "SIP") {
		a.Reason = ""
	}
	switch {
	case d.received != 0:
		a.Code = sentFor(d.received)
		if a.Code == 0 {
			a.Code = o.wireCode(d.reason)
		}
	case d.code >= 300 && d.code <= 699: // whatever an event says, 9xx never goes on the wire
		a.Code = d.code
	case d.detail == "expires":
		a.Code = 487 // RFC 3261 section 13.3.1
	default:
		a.Code = o.wireCode(d.reason)
	}
	a.Phrase = phrase(a.Code)
	if d.received != 0 && a.Code == d.received && d.leg.phrase != "" {
		a.Phrase = d.leg.phrase // a 603's phrase tells who refused
	}
	a.Warning = d.warning(a.Code)
	if d.reason == SwitchCongestion && d.received == 0 && a.Code == 503 {
		a.RetryAfter = o.retryAfter()
	}
	return a
}

// warning returns the Warning of a 488 or 606, which RFC 3261 sections 21.4.26
// and 21.6.4 ask for.
func (d *decision) warning(code int) string {
	switch {
	case code != 488 && code != 606:
		return ""
	case d.received == code && d.leg.warning != "":
		return d.leg.warning
	case d.received != 0:
		return ""
	case d.reason == BearerNotImpl:
		return `304 onhook "Media type not available"`
	case d.reason == IncompatibleDestination:
		return `305 onhook "Incompatible media format"`
	}
	return ""
}

// header is the Reason value that we send (rules, section 5): the received one
// if it decided, else ours.
func (d *decision) header() string {
	if d.used != "" {
		return d.used
	}
	return d.reason.Header()
}

// ByeReason returns the Reason header's value for the BYE that we send on the
// other legs; empty: none.
func ByeReason(events []call.Event, meta Meta) string {
	var s scan
	s.init(&meta)
	s.read(events)
	d := s.decide()
	return d.header()
}

// LegByeReason is ByeReason for one leg: an attempt that we had given up before
// its 2xx came is told why, not how the call ended.
func LegByeReason(events []call.Event, meta Meta, leg call.LegID) string {
	var f Folder
	return f.LegByeReason(events, &meta, leg)
}

func (s *scan) legByeReason(leg call.LegID) string {
	if l := s.leg(leg); l.decided && l.id != s.caller && l.id != s.other {
		return s.cancelReason(leg)
	}
	d := s.decide()
	return d.header()
}

// CancelReason returns the Reason header's value for the CANCEL of a leg;
// empty: none. The intent is among the events.
func CancelReason(events []call.Event, meta Meta, leg call.LegID) string {
	var f Folder
	return f.CancelReason(events, &meta, leg)
}

func (s *scan) cancelReason(leg call.LegID) string {
	l := s.known(leg)
	if l == nil {
		l = &legState{id: leg}
	}
	switch {
	case l.decided && l.intent == PickedOff:
		// "only when a 2xx really won"
		if s.anyAnswered() || s.bridge.is() {
			return Elsewhere
		}
		return PickedOff.Header()
	case s.end.kind == withdrawn:
		// The caller's own words go on where they count: answered elsewhere.
		used, _ := s.end.v.elsewhere()
		return used
	case l.decided && l.intended && (l.intent == NoAnswer || l.intent == NoUserResponse):
		if r, ok := l.result(); ok {
			return r.reason.Header()
		}
	case l.decided && l.intended:
		return l.intent.Header()
	}
	return ""
}
