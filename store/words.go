package store

import "sync"

// words are texts that records have in common: in the stored form each is its
// place here. They are part of the format: new ones are put at the end only.
var words = [...]string{
	"live", "pcap", "hep", "internal", "inbound", "outbound", "in", "out", "phone", "trunk", "uri", "platform", "unknown", "caller", "callee",
	"network", "no", "party", "certain", "likely", "guess", "Call Ended", "Declined", "Busy", "Not Answered", "Cancelled", "Abandoned", "Unreachable",
	"Call Failed", "routing", "ringing", "menu", "queue", "talking", "hold", "consult", "voicemail", "bye_reason", "ended_by", "answered", "stage",
	"alerting", "sip_final", "1 answered", "1 stage", "1 alerting", "1 sent", "1 ended_by 1", "1 ended_by 2", "1 ended_by 3", "1 ended_by 4",
	"1 ended_by 5", "1 ended_by 6", "2", "3.1", "3.2", "3.3", "3.4", "3.5", "7 voicemail", "a party was joined with the caller", "2xx to the caller",
	"the called party was alerted", "the final response on the caller's leg", "BYE from the caller", "BYE from the called party", "recovered",
	"shutdown", "overload", "disk_full", "UNSPECIFIED", "OUTGOING_CALL_BARRED", "INCOMING_CALL_BARRED", "BEARERCAPABILITY_NOTAUTH",
	"BEARERCAPABILITY_NOTAVAIL", "UNALLOCATED_NUMBER", "NO_ROUTE_TRANSIT_NET", "NO_ROUTE_DESTINATION", "NO_USER_RESPONSE", "NUMBER_CHANGED",
	"REDIRECTION_TO_NEW_DESTINATION", "NO_ANSWER", "SUBSCRIBER_ABSENT", "EXCHANGE_ROUTING_ERROR", "INVALID_NUMBER_FORMAT", "USER_BUSY",
	"ORIGINATOR_CANCEL", "INCOMPATIBLE_DESTINATION", "INVALID_MSG_UNSPECIFIED", "MANDATORY_IE_MISSING", "MESSAGE_TYPE_NONEXIST", "WRONG_MESSAGE",
	"IE_NONEXIST", "INVALID_IE_CONTENTS", "WRONG_CALL_STATE", "BEARERCAPABILITY_NOTIMPL", "CHAN_NOT_IMPLEMENTED", "FACILITY_REJECTED",
	"FACILITY_NOT_IMPLEMENTED", "SERVICE_NOT_IMPLEMENTED", "DESTINATION_OUT_OF_ORDER", "NETWORK_OUT_OF_ORDER", "NORMAL_CIRCUIT_CONGESTION",
	"NORMAL_TEMPORARY_FAILURE", "SWITCH_CONGESTION", "REQUESTED_CHAN_UNAVAIL", "RECOVERY_ON_TIMER_EXPIRE", "CALL_REJECTED", "Terminated_From_Server",
	"Abandoned_IVR_Menu", "Abandoned_On_Hold", "Abandoned_Voicemail", "Caller_Left_Voicemail", "End_In_IVR", "Transferred_From_IVR",
	"Ended_In_Call_System", "Transferred_From_Call_System", "FACILITY_NOT_SUBSCRIBED", "RESPONSE_TO_STATUS_ENQUIRY", "SERVICE_UNAVAILABLE",
	"INVALID_CALL_REFERENCE", "MANDATORY_IE_LENGTH_ERROR", "PROTOCOL_ERROR", "INTERWORKING", "MANAGER_REQUEST", "BLIND_TRANSFER", "ATTENDED_TRANSFER",
	"PICKED_OFF", "USER_NOT_REGISTERED", "PROGRESS_TIMEOUT", "GATEWAY_DOWN", "CALL_FORWARD", "CHANNEL_UNACCEPTABLE", "CALL_AWARDED_DELIVERED",
	"NORMAL_CLEARING", "ACCESS_INFO_DISCARDED",
}

// wordPlaces finds the place of a word.
var wordPlaces = sync.OnceValue(func() map[string]int {
	m := make(map[string]int, len(words))
	for i, w := range words {
		m[w] = i
	}
	return m
})

// longestWord bounds what is looked up.
const longestWord = 48
