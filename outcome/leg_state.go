package outcome

import (
	"time"

	"onhook/call"
	"onhook/sip"
)

// A legState is what the scan knows of one leg.
type legState struct {
	id           call.LegID
	peer         call.Peer
	name, uri    string
	attempt, set uint16
	out          bool       // we sent its INVITE
	in           bool       // its INVITE came to us
	root         call.LegID // whose INVITE it was that a proxy forked; 0: its own
	replaced     bool       // its flow failed, and the same phone was called by another one
	callID       string
	address      string
	startedAt    time.Time

	alerted bool   // alerting evidence was seen
	ringing bool   // and more than a 183
	rang    bool   // by a 180
	ringBy  mark   // what showed it first
	early   values // Reason values of the last 18x that had a Q.850 one

	answeredAt time.Time
	final      int  // the last final response to its INVITE, synthetic ones too
	finalBy    mark // the event that brought it
	synthetic  string
	trying     bool // a 100 came, from a capture, and nothing else
	phrase     string
	warning    string
	noMedia    bool   // a Warning 304 was there
	v          values // Reason values of the final response

	decided  bool // we decided to end it
	intent   Reason
	intended bool // the intent has a reason
	guessed  bool // the intent is concluded from a CANCEL
	intentBy mark
	detail   string

	cause    Reason // what EvLegEnded says
	hasCause bool
	why      string
	endedAt  time.Time
	endedBy  mark

	invite     string // from a capture: the INVITE as it was last sent
	refused    bool   // an ACK shows that it was refused, by a response that was not captured
	byeSeen    bool
	cancelSeen bool

	held       bool
	referring  bool // it sent REFER
	replacing  bool // with Replaces: an attended transfer
	transferor bool // and we accepted it
	byeSent    bool
	reasons    []string
}

// again forgets the final response: the INVITE is tried once more, with
// credentials, say.
func (l *legState) again() {
	l.final, l.finalBy, l.synthetic, l.phrase, l.v = 0, mark{}, "", "", values{}
	l.warning, l.noMedia, l.refused = "", false, false
}

// why a final response is synthetic.
const (
	byTimerB    = "timer B"
	byTransport = "transport"
	byCancel    = "cancel"
)

// conclude sets a final response that was not on the wire (RFC 3261 section 8.1.3.1).
func (l *legState) conclude(code int, how string, e *call.Event) {
	if l.final != 0 {
		return
	}
	l.final, l.synthetic, l.finalBy = code, how, markOf(e)
	if l.endedAt.IsZero() {
		l.endedAt = e.At
	}
}

// sender is how the rules see who sent the leg's final response.
func (l *legState) sender() sender {
	return sender{peer: l.peer, alerted: l.alerted, noMedia: l.noMedia, phrase: l.phrase}
}

// warned keeps the Warning of a final response (RFC 3261 section 20.43).
func (l *legState) warned(m *sip.Message) {
	l.warning = m.Get(sip.HWarning)
	if l.warning == "" {
		return
	}
	for _, w := range m.Warnings() {
		l.noMedia = l.noMedia || w.Code == 304
	}
}
