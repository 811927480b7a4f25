package outcome

import "onhook/call"

// A result is how one attempt finished.
type result struct {
	leg        *legState
	reason     Reason
	by         EndedBy
	received   int // the final response that decided; 0: none was received
	confidence Confidence
	used       string // the Reason value to pass on
	note       string
	rule       string
	detail     string
	at         mark
	rank       int
	reached    bool // the callee was reached
	alerted    bool // cause 19 says that it was alerted
}

// The ranks of section 6, the best first: "Order, by code, before any Reason
// is read". 6xx take rank6xx to rank6xx+5.
const (
	rank6xx = iota * 10
	rank3xx
	rank486
	rank403Phone
	rankRangOut  // 480 or 408 after alerting
	rankRingOver // alerted, ended by our ring timer
	rankSilent   // 480 or 408 not alerted, unprompted 487
	rank484
	rank488
	rank410
	rank404
	rank4xx
	rank5xx
	rankNothing // transport failure, timeout, a ring timer over a silent device
)

// rankOf returns the rank of a received final response.
func rankOf(code int, from sender) int {
	switch code {
	case 603:
		return rank6xx
	case 607:
		return rank6xx + 1
	case 600:
		return rank6xx + 2
	case 606:
		return rank6xx + 3
	case 604:
		return rank6xx + 4
	case 486:
		return rank486
	case 403:
		if from.phone() {
			return rank403Phone
		}
		return rank4xx
	case 480, 408:
		if from.alerted {
			return rankRangOut
		}
		return rankSilent
	case 487:
		return rankSilent
	case 484:
		return rank484
	case 488:
		return rank488
	case 410:
		return rank410
	case 404:
		return rank404
	}
	switch code / 100 {
	case 3:
		return rank3xx
	case 4:
		return rank4xx
	case 5:
		return rank5xx
	}
	return rank6xx + 5
}

// result returns how the attempt finished; ok is false if it has not: it is
// pending, was answered, was followed elsewhere, or was ended by the caller, a
// command or another branch.
func (l *legState) result() (r result, ok bool) {
	switch {
	case l.hasCause && table[l.cause].scope != ScopeCall:
		return r, false
	case l.decided && l.intended:
		return l.ownResult()
	case l.hasCause && l.cause != Unspecified && l.final == 0:
		return l.ownCause(l.cause, l.endedBy), true
	case !l.answeredAt.IsZero() || l.final < 300:
		return r, false
	case l.decided && (l.final == 487 || l.synthetic != ""):
		// "a 487 caused by our own CANCEL never counts"
		return r, false
	case l.synthetic != "":
		return l.silentResult(), true
	}
	from := l.sender()
	read := readFinal(l.final, from, l.v, l.early)
	r = result{
		leg: l, reason: read.reason, received: l.final, confidence: read.confidence, used: read.used, note: read.note,
		rule: read.rule, at: l.finalBy, rank: rankOf(l.final, from), by: byFinal(read.reason), alerted: read.alerted,
	}
	switch l.final {
	case 486, 600, 603, 607:
		r.reached = true
	case 403:
		r.reached = from.phone()
	}
	r.reached = r.reached || l.alerted || read.alerted
	l.weak(&r)
	return r, true
}

// ownResult is how an attempt finished that we ended: nothing that it sends
// later counts.
func (l *legState) ownResult() (r result, ok bool) {
	switch l.intent {
	case OriginatorCancel, ManagerRequest, TerminatedFromServer:
		return r, false
	case NoAnswer, NoUserResponse:
		// The ring timer: which of the two is for the evidence to say.
		r = result{leg: l, reason: NoUserResponse, by: ByPlatform, confidence: Certain, rule: "3.1 ring timer", at: l.intentBy, rank: rankNothing, detail: l.detail}
		if l.guessed {
			r.confidence, r.note = Likely, "the server's CANCEL is taken as that of its ring timer"
		}
		if l.alerted {
			r.reason, r.rank, r.reached = NoAnswer, rankRingOver, true
			l.weak(&r)
		}
		return r, true
	}
	if table[l.intent].scope != ScopeCall {
		return r, false
	}
	return l.ownCause(l.intent, l.intentBy), true
}

// ownCause is how an attempt finished for a reason of ours.
func (l *legState) ownCause(reason Reason, at mark) result {
	r := result{leg: l, reason: reason, by: byOwn(reason, AnsweredNo), confidence: Certain, rule: "3.1", at: at, detail: l.detail, reached: l.alerted}
	r.rank = rankOf(reason.WireCode(), l.sender())
	if reason == ProgressTimeout {
		r.rank = rankNothing
	}
	return r
}

// silentResult is how an attempt finished that got no final response.
func (l *legState) silentResult() result {
	r := result{leg: l, by: ByNetwork, confidence: Certain, rule: "3.1 synthetic", at: l.finalBy, rank: rankNothing, reached: l.alerted}
	if l.synthetic == byTransport {
		// Section 7: "phone: DESTINATION_OUT_OF_ORDER, trunk: NETWORK_OUT_OF_ORDER".
		r.reason, r.detail = NetworkOutOfOrder, "transport"
		if l.peer == call.PeerPhone {
			r.reason = DestinationOutOfOrder
		} else {
			r.confidence = l.sender().kindKnown()
			if r.confidence == Guess {
				r.note = unknownPeer
			}
		}
		return r
	}
	r.reason, r.detail = NoUserResponse, "timer_b"
	if l.trying {
		r.detail = "only_100" // RFC 3261 section 17.1.1.2: timer B was over
	}
	if l.alerted {
		r.reason = NoAnswer
		l.weak(&r)
	}
	return r
}

// weak lowers the confidence where only a 183 with early media says that the
// called party was alerted: it may be an announcement.
func (l *legState) weak(r *result) {
	if r.reason == NoAnswer && l.alerted && !l.ringing {
		r.confidence = min(r.confidence, Likely)
		if r.note == "" {
			r.note = "alerted by a 183 with early media only: it may be an announcement"
		}
	}
}

// byFinal is who ended the call where a received final decided: "the first
// value of ended_by, where platform reads as network".
func byFinal(r Reason) EndedBy {
	if by := table[r].by[0]; by != ByPlatform {
		return by
	}
	return ByNetwork
}

// byOwn is who ended the call where we decided (rules, section 1, ended_by 4 and 5).
func byOwn(r Reason, a Answered) EndedBy {
	switch r {
	case TimerExpire, DestinationOutOfOrder, NetworkOutOfOrder:
		return ByNetwork
	case InvalidCallReference:
		if a != AnsweredNo {
			return ByNetwork
		}
	}
	return ByPlatform
}

// attempts are the legs of the present round that we called.
func (s *scan) attempts() []legState {
	if s.outward {
		return s.legs
	}
	return s.legs[min(s.roundFrom, len(s.legs)):]
}

// isAttempt tells an attempt from the caller's own leg, and from that of a phone
// that picks the call up.
func (s *scan) isAttempt(l *legState) bool { return (l.id != s.caller || s.outward) && !l.in }

func (s *scan) anyResult() bool {
	_, ok := s.choose()
	return ok
}
