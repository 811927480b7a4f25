package outcome

import (
	"strings"
	"testing"
)

// reasonCases reach each Bye Reason of call scope, in the table's order; the
// name is the reason.
var reasonCases = []hardCase{
	{"OUTGOING_CALL_BARRED", "in phone / ! 1 OUTGOING_CALL_BARRED / > 1 403", "Call_Failed 403 OUTGOING_CALL_BARRED 403 platform no routing certain"},
	{"INCOMING_CALL_BARRED", "in phone / ! 1 INCOMING_CALL_BARRED / > 1 403", "Call_Failed 403 INCOMING_CALL_BARRED 403 platform no routing certain"},
	{"BEARERCAPABILITY_NOTAUTH", "in phone / out 2 trunk / < 2 403 {Reason: Q.850;cause=57} / > 1 403", "Call_Failed 403 BEARERCAPABILITY_NOTAUTH 403 network no routing certain"},
	{"BEARERCAPABILITY_NOTAVAIL", "in phone / ! 1 BEARERCAPABILITY_NOTAVAIL / > 1 503", "Call_Failed 403 BEARERCAPABILITY_NOTAVAIL 503 platform no routing certain"},
	{"UNALLOCATED_NUMBER", "in phone / ! 1 UNALLOCATED_NUMBER / > 1 404", "Call_Failed 404 UNALLOCATED_NUMBER 404 platform no routing certain"},
	{"NO_ROUTE_TRANSIT_NET", "in phone / out 2 trunk / < 2 404 {Reason: Q.850;cause=2} / > 1 404", "Call_Failed 404 NO_ROUTE_TRANSIT_NET 404 network no routing certain"},
	{"NO_ROUTE_DESTINATION", "in phone / ! 1 NO_ROUTE_DESTINATION / > 1 404", "Call_Failed 404 NO_ROUTE_DESTINATION 404 platform no routing certain"},
	{"NO_USER_RESPONSE", "in phone / out 2 phone / timer 2 B INVITE / ended 2 / > 1 408", "Unreachable 408 NO_USER_RESPONSE 408 network no routing certain timer_b"},
	{"NUMBER_CHANGED", "in phone / out 2 trunk / < 2 410 / > 1 410", "Call_Failed 410 NUMBER_CHANGED 410 network no routing certain"},
	{"REDIRECTION_TO_NEW_DESTINATION", "in phone / out 2 phone / < 2 302 / > 1 410", "Call_Failed 302 REDIRECTION_TO_NEW_DESTINATION 410 callee no routing certain"},
	{"NO_ANSWER", "in phone / out 2 phone / < 2 180 / < 2 408 / > 1 408", "Not_Answered 408 NO_ANSWER 408 callee no ringing certain"},
	{"SUBSCRIBER_ABSENT", "in phone / out 2 phone / < 2 480 / > 1 480", "Unreachable 480 SUBSCRIBER_ABSENT 480 callee no routing certain"},
	{"EXCHANGE_ROUTING_ERROR", "in phone / ! 1 EXCHANGE_ROUTING_ERROR =483 / > 1 483", "Call_Failed 483 EXCHANGE_ROUTING_ERROR 483 platform no routing certain"},
	{"INVALID_NUMBER_FORMAT", "in phone / ! 1 INVALID_NUMBER_FORMAT / > 1 484", "Call_Failed 484 INVALID_NUMBER_FORMAT 484 platform no routing certain"},
	{"USER_BUSY", "in phone / ! 1 USER_BUSY dnd / > 1 486", "Busy 486 USER_BUSY 486 platform no routing certain dnd"},
	{"ORIGINATOR_CANCEL", "in phone / out 2 phone / < 2 180 / < 1 CANCEL / > 1 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain"},
	{"INCOMPATIBLE_DESTINATION", "in phone / out 2 phone / < 2 488 / > 1 488", "Call_Failed 488 INCOMPATIBLE_DESTINATION 488 callee no routing certain"},
	{"INVALID_MSG_UNSPECIFIED", "in phone / ! 1 INVALID_MSG_UNSPECIFIED =400 / > 1 400", "Call_Failed 488 INVALID_MSG_UNSPECIFIED 400 platform no routing certain"},
	{"MANDATORY_IE_MISSING", "in phone / ! 1 MANDATORY_IE_MISSING =400 / > 1 400", "Call_Failed 488 MANDATORY_IE_MISSING 400 platform no routing certain"},
	{"MESSAGE_TYPE_NONEXIST", "in phone / out 2 trunk / < 2 488 {Reason: Q.850;cause=97} / > 1 488", "Call_Failed 488 MESSAGE_TYPE_NONEXIST 488 network no routing certain"},
	{"WRONG_MESSAGE", "in phone / out 2 trunk / < 2 488 {Reason: Q.850;cause=98} / > 1 488", "Call_Failed 488 WRONG_MESSAGE 488 network no routing certain"},
	{"IE_NONEXIST", "in phone / out 2 trunk / < 2 488 {Reason: Q.850;cause=99} / > 1 488", "Call_Failed 488 IE_NONEXIST 488 network no routing certain"},
	{"INVALID_IE_CONTENTS", "in phone / ! 1 INVALID_IE_CONTENTS =400 / > 1 400", "Call_Failed 488 INVALID_IE_CONTENTS 400 platform no routing certain"},
	{"WRONG_CALL_STATE", "in phone / out 2 trunk / < 2 488 {Reason: Q.850;cause=101} / > 1 488", "Call_Failed 488 WRONG_CALL_STATE 488 network no routing certain"},
	{"BEARERCAPABILITY_NOTIMPL", `in phone / out 2 phone / < 2 488 {Warning: 304 gw "Media type not available"} / > 1 488`, "Call_Failed 488 BEARERCAPABILITY_NOTIMPL 488 callee no routing certain"},
	{"CHAN_NOT_IMPLEMENTED", "in phone / ! 1 CHAN_NOT_IMPLEMENTED / > 1 488", "Call_Failed 488 CHAN_NOT_IMPLEMENTED 488 platform no routing certain"},
	{"FACILITY_REJECTED", "in phone / out 2 trunk / < 2 501 {Reason: Q.850;cause=29} / > 1 501", "Call_Failed 501 FACILITY_REJECTED 501 network no routing certain"},
	{"FACILITY_NOT_IMPLEMENTED", "in phone / ! 1 FACILITY_NOT_IMPLEMENTED =420 / > 1 420", "Call_Failed 501 FACILITY_NOT_IMPLEMENTED 420 platform no routing certain"},
	{"SERVICE_NOT_IMPLEMENTED", "in phone / ! 1 SERVICE_NOT_IMPLEMENTED =415 / > 1 415", "Call_Failed 501 SERVICE_NOT_IMPLEMENTED 415 platform no routing certain"},
	{"DESTINATION_OUT_OF_ORDER", "in phone / out 2 phone / broken 2 closed INVITE / > 1 502", "Unreachable 502 DESTINATION_OUT_OF_ORDER 502 network no routing certain transport"},
	{"NETWORK_OUT_OF_ORDER", "in phone / out 2 trunk / < 2 502 / > 1 502", "Call_Failed 502 NETWORK_OUT_OF_ORDER 502 network no routing certain"},
	{"NORMAL_CIRCUIT_CONGESTION", "in phone / ! 1 NORMAL_CIRCUIT_CONGESTION / > 1 503", "Unreachable 503 NORMAL_CIRCUIT_CONGESTION 503 platform no routing certain"},
	{"NORMAL_TEMPORARY_FAILURE", "in phone / out 2 trunk / < 2 500 / > 1 500", "Call_Failed 500 NORMAL_TEMPORARY_FAILURE 500 network no routing certain"},
	{"SWITCH_CONGESTION", "in phone / ! 1 SWITCH_CONGESTION / > 1 503", "Unreachable 503 SWITCH_CONGESTION 503 platform no routing certain"},
	{"REQUESTED_CHAN_UNAVAIL", "in phone / ! 1 REQUESTED_CHAN_UNAVAIL / > 1 503", "Call_Failed 503 REQUESTED_CHAN_UNAVAIL 503 platform no routing certain"},
	{"RECOVERY_ON_TIMER_EXPIRE", "in phone / out 2 trunk / < 2 504 / > 1 504", "Call_Failed 504 RECOVERY_ON_TIMER_EXPIRE 504 network no routing certain"},
	{"CALL_REJECTED", "in phone / out 2 phone / < 2 180 / < 2 607 / > 1 607", "Declined 607 CALL_REJECTED 607 callee no ringing certain"},
	{"Terminated_From_Server", up + "! 1 Terminated_From_Server credit / > 1 BYE", "Call_Ended 901 Terminated_From_Server 200 platform party talking certain credit"},
	{"Abandoned_IVR_Menu", menu + "< 1 BYE", "Abandoned 902 Abandoned_IVR_Menu 200 caller platform menu certain"},
	{"Abandoned_On_Hold", held + "< 1 BYE", "Abandoned 903 Abandoned_On_Hold 200 caller party hold certain"},
	{"Abandoned_Voicemail", mailbox + "< 1 BYE", "Abandoned 904 Abandoned_Voicemail 200 caller platform voicemail certain"},
	{"Caller_Left_Voicemail", mailbox + "stored 5000 / < 1 BYE", "Call_Ended 905 Caller_Left_Voicemail 200 caller platform voicemail certain"},
	{"End_In_IVR", menu + "app main closed 1 / ! 1 End_In_IVR / > 1 BYE", "Call_Ended 906 End_In_IVR 200 platform platform menu certain"},
	{"Transferred_From_IVR", menu + "! 1 Transferred_From_IVR / > 1 BYE", "Call_Ended 907 Transferred_From_IVR 200 platform platform menu certain"},
	{"Ended_In_Call_System", queued + "< 1 BYE", "Abandoned 908 Ended_In_Call_System 200 caller platform queue certain"},
	{"Transferred_From_Call_System", queued + "! 1 Transferred_From_Call_System / > 1 BYE", "Call_Ended 909 Transferred_From_Call_System 200 platform platform queue certain"},
	{"FACILITY_NOT_SUBSCRIBED", "in phone / ! 1 FACILITY_NOT_SUBSCRIBED / > 1 403", "Call_Failed 403 FACILITY_NOT_SUBSCRIBED 403 platform no routing certain"},
	{"RESPONSE_TO_STATUS_ENQUIRY", "in phone / out 2 trunk / < 2 480 {Reason: Q.850;cause=30} / > 1 480", "Call_Failed 480 RESPONSE_TO_STATUS_ENQUIRY 480 network no routing certain"},
	{"SERVICE_UNAVAILABLE", "in phone / out 2 trunk / < 2 405 / > 1 405", "Call_Failed 405 SERVICE_UNAVAILABLE 405 network no routing certain"},
	{"INVALID_CALL_REFERENCE", "in phone / ! 1 INVALID_CALL_REFERENCE =481 / > 1 481", "Call_Failed 481 INVALID_CALL_REFERENCE 481 platform no routing certain"},
	{"MANDATORY_IE_LENGTH_ERROR", "in phone / out 2 trunk / < 2 400 {Reason: Q.850;cause=103} / > 1 400", "Call_Failed 400 MANDATORY_IE_LENGTH_ERROR 400 network no routing certain"},
	{"PROTOCOL_ERROR", "in phone / out 2 trunk / < 2 500 {Reason: Q.850;cause=111} / > 1 500", "Call_Failed 500 PROTOCOL_ERROR 500 network no routing certain"},
	{"INTERWORKING", "in phone / out 2 trunk / < 2 513 / > 1 513", "Call_Failed 513 INTERWORKING 513 network no routing certain"},
	{"MANAGER_REQUEST", "in phone / out 2 phone / < 2 180 / command api / ! 1 MANAGER_REQUEST / > 1 480", "Cancelled 480 MANAGER_REQUEST 480 platform no ringing certain"},
	{"ATTENDED_TRANSFER", up + "! 1 ATTENDED_TRANSFER by=caller / > 1 BYE", "Call_Ended 200 ATTENDED_TRANSFER 200 caller party talking certain"},
	{"PICKED_OFF", "in trunk / out 2 phone / < 2 180 / < 1 CANCEL {Reason: SIP;cause=200} / > 1 487", "Cancelled 487 PICKED_OFF 487 caller no ringing certain"},
	{"USER_NOT_REGISTERED", "in phone / ! 1 USER_NOT_REGISTERED / > 1 480", "Unreachable 480 USER_NOT_REGISTERED 480 platform no routing certain"},
	{"PROGRESS_TIMEOUT", "in phone / out 2 phone / timer 2 progress / ! 2 PROGRESS_TIMEOUT / > 2 CANCEL / < 2 487 / > 1 408", "Unreachable 408 PROGRESS_TIMEOUT 408 platform no routing certain"},
	{"GATEWAY_DOWN", "in phone / ! 1 GATEWAY_DOWN / > 1 503", "Call_Failed 503 GATEWAY_DOWN 503 platform no routing certain"},
	{"CHANNEL_UNACCEPTABLE", "in phone / out 2 trunk / < 2 500 {Reason: Q.850;cause=6} / > 1 500", "Call_Failed 500 CHANNEL_UNACCEPTABLE 500 network no routing certain"},
	{"CALL_AWARDED_DELIVERED", "in phone / out 2 trunk / < 2 480 {Reason: Q.850;cause=7} / > 1 480", "Call_Failed 480 CALL_AWARDED_DELIVERED 480 network no routing certain"},
	{"NORMAL_CLEARING", up + "< 2 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
	{"ACCESS_INFO_DISCARDED", "in phone / out 2 trunk / < 2 500 {Reason: Q.850;cause=43} / > 1 500", "Call_Failed 500 ACCESS_INFO_DISCARDED 500 network no routing certain"},
}

// legReasonCases reach the reasons that only a leg ends with: leg 2.
var legReasonCases = []hardCase{
	{"CALL_FORWARD", "in phone / out 2 phone / < 2 302 / ended 2 CALL_FORWARD / out 3 phone / < 3 200+sdp / > 1 200+sdp / bridge 3 / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain | legs NORMAL_CLEARING CALL_FORWARD NORMAL_CLEARING"},
	{"BLIND_TRANSFER", up + "< 2 REFER / > 2 202/REFER / stage routing / out 3 phone / < 3 200+sdp / bridge 3 / ended 2 BLIND_TRANSFER / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain | legs NORMAL_CLEARING BLIND_TRANSFER NORMAL_CLEARING"},
}

// cutCases is the one of a capture that was cut.
var cutCases = []hardCase{
	{"UNSPECIFIED", "in unknown / > 1 180", "Call_Failed - UNSPECIFIED - unknown no ringing guess"},
}

// TestEachReasonCanBeReached covers all 66, and holds who ended the call against the table.
func TestEachReasonCanBeReached(t *testing.T) {
	reached := map[string]bool{"UNSPECIFIED": true} // TestSection3a, a capture that was cut
	for _, x := range reasonCases {
		if !strings.Contains(x.want, " "+x.name+" ") {
			t.Errorf("%s: its row wants %s", x.name, x.want)
		}
		reached[x.name] = true
	}
	runCases(t, reasonCases)
	for _, x := range reasonCases {
		r := Fold(events(t, x.script), Meta{})
		reason, _ := ParseReason(r.ByeReason)
		allowed := false
		for _, by := range table[reason].by {
			allowed = allowed || by.String() == r.EndedBy
		}
		if !allowed {
			t.Errorf("%s was ended by %s, which the table does not name", r.ByeReason, r.EndedBy)
		}
	}
	runCases(t, legReasonCases)
	for _, x := range legReasonCases {
		if !strings.Contains(x.want, " "+x.name+" ") {
			t.Errorf("%s: its row wants %s", x.name, x.want)
		}
		reached[x.name] = true
	}
	for r := range Reason(Reasons) {
		if !reached[r.String()] {
			t.Errorf("no test reaches %s", r)
		}
	}
}
