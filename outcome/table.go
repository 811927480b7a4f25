package outcome

// A row is what the table holds of one reason. The columns are those of
// testdata/reasons.csv, which a test holds it against.
type row struct {
	name       string
	text       string // what our Reason header says in text=""
	scope      Scope
	code       uint16 // shown; 0: the wire code, or none
	wire       uint16 // sent to the caller where we decided; 0: never
	in         []uint8
	out        uint8
	unanswered Status
	answered   Status
	by         []EndedBy
}

// A Scope says what can end with a reason.
type Scope uint8

// The scopes.
const (
	ScopeCall        Scope = iota
	ScopeLeg               // of a leg only: the call goes on
	ScopeLegCall           // of a leg, and of a call in one case
	ScopeSegmentCall       // of a menu or queue segment, and of a call in one case
)

// String returns the scope as the rules spell it.
func (s Scope) String() string { return [...]string{"call", "leg", "leg|call", "segment|call"}[s&3] }

// table holds the 66 reasons, indexed by Reason.
var table = [numReasons]row{
	Unspecified: {
		name: "UNSPECIFIED", text: "Unspecified",
		wire: 480, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByUnknown},
	},
	OutgoingCallBarred: {
		name: "OUTGOING_CALL_BARRED", text: "Outgoing call barred",
		code: 403, wire: 403, in: []uint8{52, 53}, out: 53, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	IncomingCallBarred: {
		name: "INCOMING_CALL_BARRED", text: "Incoming call barred",
		code: 403, wire: 403, in: []uint8{54, 55, 87}, out: 55, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	BearerNotAuth: {
		name: "BEARERCAPABILITY_NOTAUTH", text: "Bearer capability not authorized",
		code: 403, wire: 403, in: []uint8{57}, out: 57, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	BearerNotAvail: {
		name: "BEARERCAPABILITY_NOTAVAIL", text: "Bearer capability not available",
		code: 403, wire: 503, in: []uint8{58}, out: 58, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	UnallocatedNumber: {
		name: "UNALLOCATED_NUMBER", text: "Unallocated number",
		code: 404, wire: 404, in: []uint8{1}, out: 1, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	NoRouteTransitNet: {
		name: "NO_ROUTE_TRANSIT_NET", text: "No route to transit network",
		code: 404, wire: 404, in: []uint8{2}, out: 2, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	NoRouteDestination: {
		name: "NO_ROUTE_DESTINATION", text: "No route to destination",
		code: 404, wire: 404, in: []uint8{3}, out: 3, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	NoUserResponse: {
		name: "NO_USER_RESPONSE", text: "No user responding",
		code: 408, wire: 408, in: []uint8{18}, out: 18, unanswered: Unreachable, answered: CallEnded, by: []EndedBy{ByCallee, ByNetwork, ByPlatform},
	},
	NumberChanged: {
		name: "NUMBER_CHANGED", text: "Number changed",
		code: 410, wire: 410, in: []uint8{22}, out: 22, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	Redirection: {
		name: "REDIRECTION_TO_NEW_DESTINATION", text: "Redirection to new destination",
		code: 410, wire: 410, in: []uint8{23}, out: 23, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByCallee},
	},
	NoAnswer: {
		name: "NO_ANSWER", text: "No answer from user",
		code: 480, wire: 480, in: []uint8{19}, out: 19, unanswered: NotAnswered, answered: CallEnded, by: []EndedBy{ByCallee, ByPlatform},
	},
	SubscriberAbsent: {
		name: "SUBSCRIBER_ABSENT", text: "Subscriber absent",
		code: 480, wire: 480, in: []uint8{20}, out: 20, unanswered: Unreachable, answered: CallEnded, by: []EndedBy{ByCallee, ByPlatform},
	},
	ExchangeRoutingError: {
		name: "EXCHANGE_ROUTING_ERROR", text: "Exchange routing error",
		code: 483, wire: 483, in: []uint8{25}, out: 25, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	InvalidNumberFormat: {
		name: "INVALID_NUMBER_FORMAT", text: "Invalid number format",
		code: 484, wire: 484, in: []uint8{28}, out: 28, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	UserBusy: {
		name: "USER_BUSY", text: "User busy",
		code: 486, wire: 486, in: []uint8{17}, out: 17, unanswered: Busy, answered: CallEnded, by: []EndedBy{ByCallee, ByPlatform},
	},
	OriginatorCancel: {
		name: "ORIGINATOR_CANCEL", text: "Originator cancel",
		code: 487, wire: 487, unanswered: Cancelled, answered: noStatus, by: []EndedBy{ByCaller},
	},
	IncompatibleDestination: {
		name: "INCOMPATIBLE_DESTINATION", text: "Incompatible destination",
		code: 488, wire: 488, in: []uint8{88}, out: 88, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByCallee, ByPlatform},
	},
	InvalidMsgUnspecified: {
		name: "INVALID_MSG_UNSPECIFIED", text: "Invalid message",
		code: 488, wire: 488, in: []uint8{95}, out: 95, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	MandatoryIEMissing: {
		name: "MANDATORY_IE_MISSING", text: "Mandatory information element missing",
		code: 488, wire: 488, in: []uint8{96}, out: 96, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	MessageTypeNonexist: {
		name: "MESSAGE_TYPE_NONEXIST", text: "Message type non-existent",
		code: 488, wire: 488, in: []uint8{97}, out: 97, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	WrongMessage: {
		name: "WRONG_MESSAGE", text: "Message not compatible with call state",
		code: 488, wire: 488, in: []uint8{98}, out: 98, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	IENonexist: {
		name: "IE_NONEXIST", text: "Information element non-existent",
		code: 488, wire: 488, in: []uint8{99}, out: 99, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	InvalidIEContents: {
		name: "INVALID_IE_CONTENTS", text: "Invalid information element contents",
		code: 488, wire: 488, in: []uint8{100}, out: 100, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	WrongCallState: {
		name: "WRONG_CALL_STATE", text: "Message not compatible with call state",
		code: 488, wire: 488, in: []uint8{101}, out: 101, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	BearerNotImpl: {
		name: "BEARERCAPABILITY_NOTIMPL", text: "Bearer capability not implemented",
		code: 488, wire: 488, in: []uint8{65, 70}, out: 65, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByCallee},
	},
	ChanNotImplemented: {
		name: "CHAN_NOT_IMPLEMENTED", text: "Channel type not implemented",
		code: 488, wire: 488, in: []uint8{66}, out: 66, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	FacilityRejected: {
		name: "FACILITY_REJECTED", text: "Facility rejected",
		code: 501, wire: 501, in: []uint8{29}, out: 29, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	FacilityNotImplemented: {
		name: "FACILITY_NOT_IMPLEMENTED", text: "Facility not implemented",
		code: 501, wire: 501, in: []uint8{69}, out: 69, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	ServiceNotImplemented: {
		name: "SERVICE_NOT_IMPLEMENTED", text: "Service not implemented",
		code: 501, wire: 501, in: []uint8{79}, out: 79, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	DestinationOutOfOrder: {
		name: "DESTINATION_OUT_OF_ORDER", text: "Destination out of order",
		code: 502, wire: 502, in: []uint8{27}, out: 27, unanswered: Unreachable, answered: CallEnded, by: []EndedBy{ByCallee, ByNetwork},
	},
	NetworkOutOfOrder: {
		name: "NETWORK_OUT_OF_ORDER", text: "Network out of order",
		code: 502, wire: 503, in: []uint8{38}, out: 38, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	CircuitCongestion: {
		name: "NORMAL_CIRCUIT_CONGESTION", text: "No circuit available",
		code: 503, wire: 503, in: []uint8{8, 9, 34, 46, 47}, out: 34, unanswered: Unreachable, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	TemporaryFailure: {
		name: "NORMAL_TEMPORARY_FAILURE", text: "Temporary failure",
		code: 503, wire: 503, in: []uint8{41}, out: 41, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	SwitchCongestion: {
		name: "SWITCH_CONGESTION", text: "Switching equipment congestion",
		code: 503, wire: 503, in: []uint8{42}, out: 42, unanswered: Unreachable, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	RequestedChanUnavail: {
		name: "REQUESTED_CHAN_UNAVAIL", text: "Requested channel not available",
		code: 503, wire: 503, in: []uint8{44}, out: 44, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	TimerExpire: {
		name: "RECOVERY_ON_TIMER_EXPIRE", text: "Recovery on timer expiry",
		code: 504, wire: 504, in: []uint8{102}, out: 102, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	CallRejected: {
		name: "CALL_REJECTED", text: "Call rejected",
		code: 603, wire: 603, in: []uint8{21}, out: 21, unanswered: Declined, answered: CallEnded, by: []EndedBy{ByCallee},
	},
	TerminatedFromServer: {
		name: "Terminated_From_Server", text: "Terminated from server",
		code: 901, wire: 480, unanswered: Cancelled, answered: CallEnded, by: []EndedBy{ByPlatform},
	},
	AbandonedIVRMenu: {
		name: "Abandoned_IVR_Menu", text: "Abandoned in menu",
		code: 902, unanswered: Abandoned, answered: Abandoned, by: []EndedBy{ByCaller},
	},
	AbandonedOnHold: {
		name: "Abandoned_On_Hold", text: "Abandoned on hold",
		code: 903, unanswered: Abandoned, answered: Abandoned, by: []EndedBy{ByCaller},
	},
	AbandonedVoicemail: {
		name: "Abandoned_Voicemail", text: "Abandoned in voicemail",
		code: 904, unanswered: Abandoned, answered: Abandoned, by: []EndedBy{ByCaller},
	},
	CallerLeftVoicemail: {
		name: "Caller_Left_Voicemail", text: "Caller left voicemail",
		code: 905, unanswered: CallEnded, answered: CallEnded, by: []EndedBy{ByCaller, ByPlatform},
	},
	EndInIVR: {
		name: "End_In_IVR", text: "Ended in menu",
		code: 906, unanswered: CallEnded, answered: CallEnded, by: []EndedBy{ByCaller, ByPlatform},
	},
	TransferredFromIVR: {
		name: "Transferred_From_IVR", text: "Transferred from menu",
		scope: ScopeSegmentCall, code: 907, unanswered: noStatus, answered: CallEnded, by: []EndedBy{ByPlatform},
	},
	EndedInCallSystem: {
		name: "Ended_In_Call_System", text: "Ended in queue",
		code: 908, unanswered: Abandoned, answered: Abandoned, by: []EndedBy{ByCaller},
	},
	TransferredFromCallSystem: {
		name: "Transferred_From_Call_System", text: "Transferred from queue",
		scope: ScopeSegmentCall, code: 909, unanswered: noStatus, answered: CallEnded, by: []EndedBy{ByPlatform},
	},
	FacilityNotSubscribed: {
		name: "FACILITY_NOT_SUBSCRIBED", text: "Facility not subscribed",
		wire: 403, in: []uint8{50}, out: 50, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	ResponseToStatusEnquiry: {
		name: "RESPONSE_TO_STATUS_ENQUIRY", text: "Response to status enquiry",
		wire: 480, in: []uint8{30}, out: 30, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	ServiceUnavailable: {
		name: "SERVICE_UNAVAILABLE", text: "Service or option not available",
		wire: 503, in: []uint8{63}, out: 63, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	InvalidCallReference: {
		name: "INVALID_CALL_REFERENCE", text: "Invalid call reference",
		wire: 481, in: []uint8{81}, out: 81, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork, ByPlatform},
	},
	MandatoryIELengthError: {
		name: "MANDATORY_IE_LENGTH_ERROR", text: "Mandatory information element length error",
		wire: 400, in: []uint8{103}, out: 103, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	ProtocolError: {
		name: "PROTOCOL_ERROR", text: "Protocol error",
		wire: 500, in: []uint8{111}, out: 111, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	Interworking: {
		name: "INTERWORKING", text: "Interworking",
		wire: 500, in: []uint8{127}, out: 127, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	ManagerRequest: {
		name: "MANAGER_REQUEST", text: "Manager request",
		wire: 480, unanswered: Cancelled, answered: CallEnded, by: []EndedBy{ByPlatform},
	},
	BlindTransfer: {
		name: "BLIND_TRANSFER", text: "Blind transfer",
		scope: ScopeLeg, unanswered: noStatus, answered: CallEnded, by: []EndedBy{ByCaller, ByCallee},
	},
	AttendedTransfer: {
		name: "ATTENDED_TRANSFER", text: "Attended transfer",
		scope: ScopeLegCall, unanswered: noStatus, answered: CallEnded, by: []EndedBy{ByCaller, ByCallee},
	},
	PickedOff: {
		name: "PICKED_OFF", text: "Picked off",
		scope: ScopeLegCall, wire: 487, unanswered: Cancelled, answered: CallEnded, by: []EndedBy{ByPlatform, ByCaller},
	},
	UserNotRegistered: {
		name: "USER_NOT_REGISTERED", text: "User not registered",
		wire: 480, unanswered: Unreachable, answered: CallEnded, by: []EndedBy{ByPlatform},
	},
	ProgressTimeout: {
		name: "PROGRESS_TIMEOUT", text: "Progress timeout",
		wire: 408, unanswered: Unreachable, answered: CallEnded, by: []EndedBy{ByPlatform},
	},
	GatewayDown: {
		name: "GATEWAY_DOWN", text: "Gateway down",
		wire: 503, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByPlatform},
	},
	CallForward: {
		name: "CALL_FORWARD", text: "Call forwarded",
		scope: ScopeLeg, unanswered: NotAnswered, answered: CallEnded, by: []EndedBy{ByCallee, ByPlatform},
	},
	ChannelUnacceptable: {
		name: "CHANNEL_UNACCEPTABLE", text: "Channel unacceptable",
		wire: 500, in: []uint8{6}, out: 6, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	CallAwardedDelivered: {
		name: "CALL_AWARDED_DELIVERED", text: "Call awarded, delivered in an established channel",
		wire: 480, in: []uint8{7}, out: 7, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
	NormalClearing: {
		name: "NORMAL_CLEARING", text: "Normal call clearing",
		in: []uint8{16}, out: 16, unanswered: noStatus, answered: CallEnded, by: []EndedBy{ByCaller, ByCallee},
	},
	AccessInfoDiscarded: {
		name: "ACCESS_INFO_DISCARDED", text: "Access information discarded",
		wire: 500, in: []uint8{43}, out: 43, unanswered: CallFailed, answered: CallEnded, by: []EndedBy{ByNetwork},
	},
}
