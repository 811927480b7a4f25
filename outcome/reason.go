package outcome

// A Reason is a Bye Reason: one of the 66 names for why a call, a leg or a
// segment ended. Its text is spelt as in the rules.
type Reason uint8

// The Bye Reasons, in the order of the rules' table.
const (
	Unspecified               Reason = iota // UNSPECIFIED
	OutgoingCallBarred                      // OUTGOING_CALL_BARRED
	IncomingCallBarred                      // INCOMING_CALL_BARRED
	BearerNotAuth                           // BEARERCAPABILITY_NOTAUTH
	BearerNotAvail                          // BEARERCAPABILITY_NOTAVAIL
	UnallocatedNumber                       // UNALLOCATED_NUMBER
	NoRouteTransitNet                       // NO_ROUTE_TRANSIT_NET
	NoRouteDestination                      // NO_ROUTE_DESTINATION
	NoUserResponse                          // NO_USER_RESPONSE
	NumberChanged                           // NUMBER_CHANGED
	Redirection                             // REDIRECTION_TO_NEW_DESTINATION
	NoAnswer                                // NO_ANSWER
	SubscriberAbsent                        // SUBSCRIBER_ABSENT
	ExchangeRoutingError                    // EXCHANGE_ROUTING_ERROR
	InvalidNumberFormat                     // INVALID_NUMBER_FORMAT
	UserBusy                                // USER_BUSY
	OriginatorCancel                        // ORIGINATOR_CANCEL
	IncompatibleDestination                 // INCOMPATIBLE_DESTINATION
	InvalidMsgUnspecified                   // INVALID_MSG_UNSPECIFIED
	MandatoryIEMissing                      // MANDATORY_IE_MISSING
	MessageTypeNonexist                     // MESSAGE_TYPE_NONEXIST
	WrongMessage                            // WRONG_MESSAGE
	IENonexist                              // IE_NONEXIST
	InvalidIEContents                       // INVALID_IE_CONTENTS
	WrongCallState                          // WRONG_CALL_STATE
	BearerNotImpl                           // BEARERCAPABILITY_NOTIMPL
	ChanNotImplemented                      // CHAN_NOT_IMPLEMENTED
	FacilityRejected                        // FACILITY_REJECTED
	FacilityNotImplemented                  // FACILITY_NOT_IMPLEMENTED
	ServiceNotImplemented                   // SERVICE_NOT_IMPLEMENTED
	DestinationOutOfOrder                   // DESTINATION_OUT_OF_ORDER
	NetworkOutOfOrder                       // NETWORK_OUT_OF_ORDER
	CircuitCongestion                       // NORMAL_CIRCUIT_CONGESTION
	TemporaryFailure                        // NORMAL_TEMPORARY_FAILURE
	SwitchCongestion                        // SWITCH_CONGESTION
	RequestedChanUnavail                    // REQUESTED_CHAN_UNAVAIL
	TimerExpire                             // RECOVERY_ON_TIMER_EXPIRE
	CallRejected                            // CALL_REJECTED
	TerminatedFromServer                    // Terminated_From_Server
	AbandonedIVRMenu                        // Abandoned_IVR_Menu
	AbandonedOnHold                         // Abandoned_On_Hold
	AbandonedVoicemail                      // Abandoned_Voicemail
	CallerLeftVoicemail                     // Caller_Left_Voicemail
	EndInIVR                                // End_In_IVR
	TransferredFromIVR                      // Transferred_From_IVR
	EndedInCallSystem                       // Ended_In_Call_System
	TransferredFromCallSystem               // Transferred_From_Call_System
	FacilityNotSubscribed                   // FACILITY_NOT_SUBSCRIBED
	ResponseToStatusEnquiry                 // RESPONSE_TO_STATUS_ENQUIRY
	ServiceUnavailable                      // SERVICE_UNAVAILABLE
	InvalidCallReference                    // INVALID_CALL_REFERENCE
	MandatoryIELengthError                  // MANDATORY_IE_LENGTH_ERROR
	ProtocolError                           // PROTOCOL_ERROR
	Interworking                            // INTERWORKING
	ManagerRequest                          // MANAGER_REQUEST
	BlindTransfer                           // BLIND_TRANSFER
	AttendedTransfer                        // ATTENDED_TRANSFER
	PickedOff                               // PICKED_OFF
	UserNotRegistered                       // USER_NOT_REGISTERED
	ProgressTimeout                         // PROGRESS_TIMEOUT
	GatewayDown                             // GATEWAY_DOWN
	CallForward                             // CALL_FORWARD
	ChannelUnacceptable                     // CHANNEL_UNACCEPTABLE
	CallAwardedDelivered                    // CALL_AWARDED_DELIVERED
	NormalClearing                          // NORMAL_CLEARING
	AccessInfoDiscarded                     // ACCESS_INFO_DISCARDED
	numReasons
)

// Reasons is how many Bye Reasons there are.
const Reasons = int(numReasons)

// String returns the reason's name.
func (r Reason) String() string {
	if r < numReasons {
		return table[r].name
	}
	return table[Unspecified].name
}

// ParseReason returns the reason of that name, without regard to case.
func ParseReason(name string) (Reason, bool) {
	for r := range table {
		if equalFold(table[r].name, name) {
			return Reason(r), true
		}
	}
	return Unspecified, false
}

// exact is ParseReason for the names that our own events hold: exact, and
// quick for the commonest.
func exact(name string) (Reason, bool) {
	for r := range table {
		if table[r].name == name {
			return Reason(r), true
		}
	}
	return Unspecified, false
}

// Code returns the last response code that a person is shown for the reason,
// 0 if it is empty in the table.
func (r Reason) Code() int { return int(table[r].code) }

// WireCode returns the final SIP code that the caller is sent when we
// decided, 0 if the reason is never a refusal.
func (r Reason) WireCode() int { return int(table[r].wire) }

// Q850 returns the ISDN cause that we send for the reason, 0 for none.
func (r Reason) Q850() int { return int(table[r].out) }

// Scope tells what can end with the reason.
func (r Reason) Scope() Scope { return table[r].scope }

// ReasonOfCause returns the reason of a received Q.850 cause that the table
// names; ok is false for the others, which fall to their class.
func ReasonOfCause(cause int) (r Reason, ok bool) {
	if cause < 1 || cause > 127 {
		return Unspecified, false
	}
	r = byCause[cause]
	return r, r != Unspecified
}

// byCause holds the reason of each Q.850 cause.
var byCause = func() (t [128]Reason) {
	for r := range table {
		for _, c := range table[r].in {
			t[c] = Reason(r)
		}
	}
	return t
}()

// ReasonsOfCode returns the reasons that a response code or a 9xx number may
// stand for: those shown or sent with it.
func ReasonsOfCode(code int) []Reason {
	var out []Reason
	for r := range table {
		if t := &table[r]; code != 0 && (int(t.code) == code || int(t.wire) == code) {
			out = append(out, Reason(r))
		}
	}
	return out
}

// equalFold compares ASCII text without regard to case.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if 'A' <= x && x <= 'Z' {
			x |= 0x20
		}
		if 'A' <= y && y <= 'Z' {
			y |= 0x20
		}
		if x != y {
			return false
		}
	}
	return true
}
