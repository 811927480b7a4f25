package outcome

import "onhook/call"

// A sender is what is known of the side that sent a final response.
type sender struct {
	peer    call.Peer
	alerted bool // alerting evidence was seen on its leg
	noMedia bool // the response has a Warning 304: media type not available
	phrase  string
}

// phone tells whether the sender is the contact of a registered user.
func (s sender) phone() bool { return s.peer == call.PeerPhone }

// reasonOfCode returns the reason that a final response gives by its code
// alone (rules, section 4), and how sure that is.
func reasonOfCode(code int, from sender) (Reason, Confidence) {
	switch code {
	case 400, 500, 503:
		return TemporaryFailure, Certain
	case 401, 402, 407:
		return OutgoingCallBarred, Certain
	case 403:
		// RFC 3261 section 15: a user's phone may refuse a call with 403.
		if from.phone() {
			return CallRejected, Certain
		}
		return OutgoingCallBarred, from.kindKnown()
	case 404, 485, 604:
		return UnallocatedNumber, Certain
	case 405:
		return ServiceUnavailable, Certain
	case 406, 415, 501:
		return ServiceNotImplemented, Certain
	case 408:
		return alertedOr(from, NoUserResponse), Certain
	case 410:
		return NumberChanged, Certain
	case 413, 414, 420, 421, 423, 505, 513:
		return Interworking, Certain
	case 416, 484:
		return InvalidNumberFormat, Certain
	case 428, 433, 436, 437, 438, 608:
		return IncomingCallBarred, Certain
	case 430:
		return DestinationOutOfOrder, Certain
	case 440, 482, 483:
		return ExchangeRoutingError, Certain
	case 480:
		return alertedOr(from, SubscriberAbsent), Certain
	case 481:
		return InvalidCallReference, Certain
	case 486, 600:
		return UserBusy, Certain
	case 487:
		return alertedOr(from, Interworking), Likely
	case 488, 580, 606:
		if from.noMedia {
			return BearerNotImpl, Certain
		}
		return IncompatibleDestination, Certain
	case 502:
		if from.phone() {
			return DestinationOutOfOrder, Certain
		}
		return NetworkOutOfOrder, from.kindKnown()
	case 504:
		return TimerExpire, Certain
	case 603:
		if equalFold(from.phrase, networkBlocked) {
			return IncomingCallBarred, Certain
		}
		return CallRejected, Certain
	case 607:
		return CallRejected, Certain
	}
	// RFC 3261 section 8.1.3.2: an unknown code is as the x00 of its class.
	switch code / 100 {
	case 3:
		return Redirection, Certain
	case 4, 6:
		return Interworking, Likely
	}
	return TemporaryFailure, Likely
}

// networkBlocked is the phrase of a 603 that an analytics engine on the way
// sent, not the called party.
const networkBlocked = "Network Blocked"

// kindKnown is the confidence of a reading that depends on the kind of peer.
func (s sender) kindKnown() Confidence {
	if s.peer == call.PeerUnknown {
		return Guess
	}
	return Certain
}

func alertedOr(from sender, silent Reason) Reason {
	if from.alerted {
		return NoAnswer
	}
	return silent
}

// generic tells the codes that say too little by themselves, so that a Q.850
// Reason is used whatever status it gives (rules, section 5). A 603 "Network
// Blocked" is specific.
func generic(code int) bool {
	switch code {
	case 400, 403, 480, 487, 488, 500, 502, 503, 504, 606:
		return true
	}
	return false
}

// sentFor returns what the caller is sent where this received final decided
// (rules, section 1); 0: the wire code of the reason.
func sentFor(code int) int {
	switch {
	case code == 401 || code == 407:
		return 403 // the caller has no credentials for our trunk
	case code == 503:
		return 500 // RFC 3261 section 16.7: a 503 would stop the caller from trying us
	case code == 487:
		return 0 // unprompted: the caller did not cancel
	case code < 400:
		return 410
	}
	return code
}
