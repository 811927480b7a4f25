package outcome

import (
	"os"
	"strings"
	"testing"
)

// A section7Row is a row of section 7: the name of its file among the vectors,
// its first cell as docs/outcomes.md has it, and calls that show it.
type section7Row struct {
	file, cell string
	cases      []hardCase
}

var section7Rows = []section7Row{
	{"cancel_crosses_200", "caller's CANCEL crosses the callee's 200", []hardCase{
		{"CANCEL crosses the callee's 200, before ours", "in phone / out 2 phone / < 2 180 / < 1 CANCEL / ! 2 ORIGINATOR_CANCEL / > 2 CANCEL / > 1 487 / < 2 200+sdp / > 2 ACK / > 2 BYE", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain | legs ORIGINATOR_CANCEL ORIGINATOR_CANCEL | path routing ringing:ORIGINATOR_CANCEL"},
		{"CANCEL after our 200", up + "< 1 CANCEL / > 1 200/CANCEL / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain | legs NORMAL_CLEARING NORMAL_CLEARING"},
	}},
	{"cancel_before_provisional", "CANCEL before any provisional", []hardCase{
		{"CANCEL before any provisional", "in phone / out 2 phone / < 1 CANCEL / ! 2 ORIGINATOR_CANCEL / > 1 487 / < 2 100 / > 2 CANCEL / < 2 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no routing certain | path routing:ORIGINATOR_CANCEL"},
	}},
	{"487_never_comes", "487 never comes after our CANCEL", []hardCase{
		{"487 never comes after our CANCEL", "in phone / out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 200/CANCEL / wait 32s / timer 2 cancel / > 1 480", "Not_Answered 480 NO_ANSWER 480 platform no ringing certain | legs NO_ANSWER NO_ANSWER"},
		{"487 never comes after the caller's CANCEL", "in phone / out 2 phone / < 2 180 / < 1 CANCEL / ! 2 ORIGINATOR_CANCEL / > 2 CANCEL / > 1 487 / < 2 200/CANCEL / wait 32s / timer 2 cancel", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain | legs ORIGINATOR_CANCEL ORIGINATOR_CANCEL"},
	}},
	{"several_2xx", "several 2xx to one INVITE", []hardCase{
		{"several 2xx to one INVITE", "in phone / out 2 phone / < 2 200+sdp / > 1 200+sdp / bridge 2 / < 2 200+sdp / > 2 ACK / > 2 BYE / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain | legs NORMAL_CLEARING NORMAL_CLEARING | path routing talking:NORMAL_CLEARING"},
	}},
	{"200_cannot_be_used", "callee's 200 cannot be used (no SDP answer, no common codec)", []hardCase{
		{"callee's 200 cannot be used", "in phone / out 2 phone / < 2 180 / < 2 200 / ! 2 INCOMPATIBLE_DESTINATION / > 2 BYE / ! 1 INCOMPATIBLE_DESTINATION =488 / > 1 488", "Call_Failed 488 INCOMPATIBLE_DESTINATION 488 platform no ringing certain | legs INCOMPATIBLE_DESTINATION INCOMPATIBLE_DESTINATION | path routing ringing:INCOMPATIBLE_DESTINATION"},
	}},
	{"answered_elsewhere", "answered elsewhere", []hardCase{
		{"answered elsewhere in a set", "in phone / out 2 phone 1 / out 3 phone 1 / < 2 180 / < 3 180 / < 3 200+sdp / > 1 200+sdp / bridge 3 / ! 2 PICKED_OFF / > 2 CANCEL / < 2 487 / < 3 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain | legs NORMAL_CLEARING PICKED_OFF NORMAL_CLEARING | path routing ringing talking:NORMAL_CLEARING"},
	}},
	{"bye_before_ack", "BYE before ACK, from either side", []hardCase{
		{"BYE before ACK from the caller", "in phone / out 2 phone / < 2 200+sdp / > 1 200+sdp / bridge 2 / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"BYE before ACK from the callee", "in phone / out 2 phone / < 2 200+sdp / > 1 200+sdp / bridge 2 / < 2 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
	}},
	{"no_ack", "no ACK to our 2xx", []hardCase{
		{"no ACK", up + "timer 1 2xx / ! 1 RECOVERY_ON_TIMER_EXPIRE no_ack / > 1 BYE / > 2 BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain no_ack | legs RECOVERY_ON_TIMER_EXPIRE RECOVERY_ON_TIMER_EXPIRE | path routing ringing talking:RECOVERY_ON_TIMER_EXPIRE"},
	}},
	{"session_timer", "session timer runs out", []hardCase{
		{"session timer", up + "timer 2 session / ! 1 RECOVERY_ON_TIMER_EXPIRE session_timer / > 1 BYE / > 2 BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain session_timer"},
		{"our decision on the other party's leg", up + "! 2 RECOVERY_ON_TIMER_EXPIRE session_timer / > 2 BYE / > 1 BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain session_timer"},
		{"the intent's own detail counts", up + "timer 2 session / ! 1 RECOVERY_ON_TIMER_EXPIRE no_ack / > 1 BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain no_ack"},
	}},
	{"no_rtp", "no RTP", []hardCase{
		{"no RTP", up + "rtp 2 / ! 1 RECOVERY_ON_TIMER_EXPIRE / > 1 BYE / > 2 BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain media_timeout"},
	}},
	{"in_dialog_481_408", "in-dialog 481 / 408 or timeout to re-INVITE, UPDATE, refresh", []hardCase{
		{"481 to a re-INVITE", up + "> 2 INVITE / < 2 481/INVITE / ! 1 INVALID_CALL_REFERENCE / > 1 BYE", "Call_Ended 200 INVALID_CALL_REFERENCE 200 network party talking certain in_dialog_481"},
		{"408 to UPDATE", up + "> 2 UPDATE / < 2 408/UPDATE / ! 1 RECOVERY_ON_TIMER_EXPIRE / > 1 BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain in_dialog_timeout"},
		{"no answer to UPDATE", up + "> 2 UPDATE / timer 2 F UPDATE / ! 1 RECOVERY_ON_TIMER_EXPIRE / > 1 BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain in_dialog_timeout"},
		{"481 to our own BYE", up + "< 1 BYE / > 2 BYE / < 2 481/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"408 to our own BYE", up + "< 1 BYE / > 2 BYE / < 2 408/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
	}},
	{"reinvite_refused", "re-INVITE refused with 488, 403, 491", []hardCase{
		{"re-INVITE refused with 488", up + "> 2 INVITE / < 2 488/INVITE / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"re-INVITE refused with 403", up + "> 2 INVITE / < 2 403/INVITE / < 2 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
		{"re-INVITE refused with 491", up + "> 2 INVITE / < 2 491/INVITE / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
	}},
	{"both_bye", "both BYE at once", []hardCase{
		{"both BYE at once, the callee's first", up + "< 2 BYE / > 1 BYE / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking likely"},
		{"both BYE at once, the caller's first", up + "< 1 BYE / > 2 BYE / < 2 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking likely"},
		{"BYE crosses our own, after a command", up + "command op / ! 1 MANAGER_REQUEST / > 1 BYE / > 2 BYE / < 1 BYE", "Call_Ended 200 MANAGER_REQUEST 200 platform party talking likely"},
	}},
	{"blind_transfer", "blind transfer", []hardCase{
		{"blind transfer, then the caller hangs up", up + "< 2 REFER / > 2 202/REFER / stage routing / < 2 BYE / out 3 phone / < 3 180 / < 3 200+sdp / bridge 3 / ended 2 BLIND_TRANSFER / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain | legs NORMAL_CLEARING BLIND_TRANSFER NORMAL_CLEARING | path routing ringing talking routing ringing talking:NORMAL_CLEARING"},
		{"blind transfer, caller hangs up while the target rings", up + "< 2 REFER / > 2 202/REFER / stage routing / out 3 phone / < 3 180 / < 1 BYE / ! 3 ORIGINATOR_CANCEL", "Abandoned 903 Abandoned_On_Hold 200 caller party ringing certain | legs Abandoned_On_Hold BLIND_TRANSFER ORIGINATOR_CANCEL | path routing ringing talking routing ringing:Abandoned_On_Hold"},
		{"the caller transfers; the target hangs up", up + "< 1 REFER / > 1 202/REFER / < 1 BYE / stage routing / out 3 phone / < 3 200+sdp / bridge 2 3 / ended 1 BLIND_TRANSFER / < 3 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain | legs BLIND_TRANSFER NORMAL_CLEARING NORMAL_CLEARING"},
		{"a callee who leaves while the target of the caller's transfer rings", up + "< 1 REFER / > 1 202/REFER / stage routing / out 3 phone / < 3 180 / < 2 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party ringing certain"},
		{"who took the caller's place hangs up while held", up + "< 1 REFER / > 1 202/REFER / < 1 BYE / stage routing / out 3 phone / < 3 200+sdp / bridge 2 3 / ended 1 BLIND_TRANSFER / hold 2 / < 3 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party hold certain"},
		{"the transferor is let go before its BYE", up + "< 2 REFER / > 2 202/REFER / stage routing / out 3 phone / < 3 200+sdp / bridge 3 / ended 2 BLIND_TRANSFER / < 2 BYE / < 3 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain | legs NORMAL_CLEARING BLIND_TRANSFER NORMAL_CLEARING"},
		{"the transferor had held: its hold ends with it", up + "hold 2 / < 2 REFER / > 2 202/REFER / stage routing / out 3 phone / < 3 200+sdp / bridge 3 / ended 2 BLIND_TRANSFER / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain | path routing ringing talking hold routing talking:NORMAL_CLEARING"},
	}},
	{"blind_transfer_fails", "blind transfer, target fails", []hardCase{
		{"blind transfer, target busy", up + "< 2 REFER / > 2 202/REFER / < 2 BYE / stage routing / out 3 phone / < 3 180 / < 3 486 / ! 1 - / > 1 BYE", "Call_Ended 200 USER_BUSY 200 callee party ringing certain | legs USER_BUSY NORMAL_CLEARING USER_BUSY | path routing ringing talking routing ringing:USER_BUSY"},
		{"the transferor, who was let go, counts as gone", up + "< 2 REFER / > 2 202/REFER / ended 2 BLIND_TRANSFER / stage routing / out 3 phone / < 3 404 / ! 1 - / > 1 BYE", "Call_Ended 200 UNALLOCATED_NUMBER 200 network party routing certain | legs UNALLOCATED_NUMBER NORMAL_CLEARING UNALLOCATED_NUMBER"},
		{"a transfer that failed; the transferor hangs up later", up + "< 2 REFER / > 2 202/REFER / stage routing / out 3 phone / < 3 486 / > 2 NOTIFY {Body: SIP/2.0 486 Busy Here} / stage talking / < 2 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain | legs NORMAL_CLEARING NORMAL_CLEARING USER_BUSY"},
		{"a transfer that failed; the transferor is joined again", up + "< 2 REFER / > 2 202/REFER / stage routing / out 3 phone / < 3 486 / bridge 2 / < 2 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
		{"the transferor is rung again and answers", up + "< 2 REFER / > 2 202/REFER / < 2 BYE / stage routing / out 3 phone / < 3 486 / out 4 phone / < 4 180 / < 4 200+sdp / bridge 4 / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain | legs NORMAL_CLEARING BLIND_TRANSFER USER_BUSY NORMAL_CLEARING"},
		{"the transferor is rung again and does not answer", up + "< 2 REFER / > 2 202/REFER / < 2 BYE / stage routing / out 3 phone / < 3 486 / out 4 phone / < 4 180 / timer 4 ring / ! 4 NO_ANSWER / > 4 CANCEL / < 4 487 / ! 1 - / > 1 BYE", "Call_Ended 200 NO_ANSWER 200 platform party ringing certain"},
	}},
	{"attended_transfer", "attended transfer", []hardCase{
		{"attended transfer, then the caller hangs up", up + "hold 2 / stage consult / < 2 REFER {Refer-To: <sip:1003@example.com?Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2>} / > 2 202/REFER / leg 3 phone / bridge 3 / ended 2 ATTENDED_TRANSFER / > 2 BYE / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain | legs NORMAL_CLEARING ATTENDED_TRANSFER NORMAL_CLEARING | path routing ringing talking hold consult talking:NORMAL_CLEARING"},
		{"attended transfer, the transferor's BYE comes first", up + "hold 2 / stage consult / < 2 REFER {Refer-To: <sip:1003@example.com?Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2>} / > 2 202/REFER / < 2 BYE / leg 3 phone / bridge 3 / < 3 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain | legs NORMAL_CLEARING ATTENDED_TRANSFER NORMAL_CLEARING"},
		{"consultation call of a completed transfer", up + "! 1 ATTENDED_TRANSFER by=caller / > 1 BYE", "Call_Ended 200 ATTENDED_TRANSFER 200 caller party talking certain | path routing ringing talking:ATTENDED_TRANSFER"},
		{"caller hangs up in the consultation", up + "hold 2 / stage consult / < 1 BYE", "Abandoned 903 Abandoned_On_Hold 200 caller party consult certain | path routing ringing talking hold consult:Abandoned_On_Hold"},
		{"the consultation is over, the party is back", up + "hold 2 / stage consult / resume 2 / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain | path routing ringing talking hold consult talking:NORMAL_CLEARING"},
	}},
	{"semi_attended_transfer", "semi-attended transfer (consultation cancelled, plain REFER)", []hardCase{
		{"the consultation's record", "in phone / out 2 phone / < 2 180 / > 1 180 / < 1 CANCEL / ! 2 ORIGINATOR_CANCEL / > 2 CANCEL / > 1 487 / < 2 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain"},
		{"the original follows blind transfer", up + "hold 2 / stage consult / < 2 REFER / > 2 202/REFER / stage routing / out 3 phone / < 3 180 / < 3 200+sdp / bridge 3 / ended 2 BLIND_TRANSFER / < 3 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain | legs NORMAL_CLEARING BLIND_TRANSFER NORMAL_CLEARING"},
	}},
	{"queue", "queue, several agents tried", []hardCase{
		{"queue: the caller leaves while an agent rings", queued + "out 2 phone / < 2 180 / < 1 BYE / ! 2 ORIGINATOR_CANCEL", "Abandoned 908 Ended_In_Call_System 200 caller platform queue certain | legs Ended_In_Call_System ORIGINATOR_CANCEL | path routing queue:Ended_In_Call_System"},
		{"queue: an agent answers", queued + "out 2 phone / < 2 603 / out 3 phone / < 3 200+sdp / bridge 3 / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain | legs NORMAL_CLEARING CALL_REJECTED NORMAL_CLEARING | path routing queue:Transferred_From_Call_System talking:NORMAL_CLEARING"},
		{"queue: an agent's 603, then the time is over", queued + "out 2 phone / < 2 603 / ! 1 NO_ANSWER queue_timeout / > 1 BYE", "Not_Answered 480 NO_ANSWER 200 platform platform queue certain queue_timeout | legs NO_ANSWER CALL_REJECTED | path routing queue:NO_ANSWER"},
		{"queue: the time is over, and nothing else is said", queued + "out 2 phone / < 2 603 / ! 1 - queue_timeout / > 1 BYE", "Not_Answered 480 NO_ANSWER 200 platform platform queue certain queue_timeout"},
		{"queue: nobody is logged in", queued + "! 1 SUBSCRIBER_ABSENT / > 1 BYE", "Unreachable 480 SUBSCRIBER_ABSENT 200 platform platform queue certain"},
		{"queue: full, before an answer", "in phone / stage routing / ! 1 NORMAL_CIRCUIT_CONGESTION queue_full / > 1 503", "Unreachable 503 NORMAL_CIRCUIT_CONGESTION 503 platform no routing certain queue_full"},
		{"queue: an agent's 603, then the queue's mailbox, greeting only", queued + "out 2 phone / < 2 603 / stage voicemail / ! 1 - / > 1 BYE", "Not_Answered 480 NO_ANSWER 200 platform platform voicemail certain | path routing queue voicemail:NO_ANSWER"},
		{"queue: no agent, then its mailbox, full", queued + "app support no_agent 0 / stage voicemail / ! 1 - full / > 1 BYE", "Unreachable 480 SUBSCRIBER_ABSENT 200 platform platform voicemail certain full"},
		{"queue: over to an extension, which is busy", queued + "out 2 phone / < 2 603 / stage routing / out 3 phone / < 3 486 / ! 1 - / > 1 BYE", "Busy 486 USER_BUSY 200 callee platform routing certain"},
		{"queue: the first agent's ring timer, the second answers", queued + "out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 487 / out 3 phone / < 3 180 / < 3 200+sdp / bridge 3 / < 3 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain | legs NORMAL_CLEARING NO_ANSWER NORMAL_CLEARING"},
	}},
	{"voicemail", "no answer, then voicemail", []hardCase{
		{"voicemail: a message, then BYE", mailbox + "stored 3000 / < 1 BYE", "Call_Ended 905 Caller_Left_Voicemail 200 caller platform voicemail certain | legs Caller_Left_Voicemail NO_ANSWER | path routing ringing voicemail:Caller_Left_Voicemail"},
		{"voicemail: stored after the BYE", mailbox + "< 1 BYE / stored 3000", "Call_Ended 905 Caller_Left_Voicemail 200 caller platform voicemail certain"},
		{"voicemail: too short", mailbox + "stored 300 / < 1 BYE", "Abandoned 904 Abandoned_Voicemail 200 caller platform voicemail certain"},
		{"voicemail: greeting only", mailbox + "< 1 BYE", "Abandoned 904 Abandoned_Voicemail 200 caller platform voicemail certain"},
		{"voicemail: we end it after a message", mailbox + "stored 3000 / ! 1 - / > 1 BYE", "Call_Ended 905 Caller_Left_Voicemail 200 platform platform voicemail certain"},
		{"voicemail: full", mailbox + "! 1 - full / > 1 BYE", "Not_Answered 480 NO_ANSWER 200 platform platform voicemail certain full | legs NO_ANSWER NO_ANSWER | path routing ringing voicemail:NO_ANSWER"},
		{"voicemail: full, its application says so", mailbox + "stored full / ! 1 - / > 1 BYE", "Not_Answered 480 NO_ANSWER 200 platform platform voicemail certain full"},
		{"voicemail: dialled directly", "in phone / > 1 200+sdp / stage voicemail / ! 1 - / > 1 BYE", "Call_Ended 906 End_In_IVR 200 platform platform voicemail certain"},
		{"voicemail: the write failed", mailbox + "stored failed / < 1 BYE", "Abandoned 904 Abandoned_Voicemail 200 caller platform voicemail certain not_stored"},
		{"voicemail: busy led to it, silence", "in phone / stage routing / out 2 phone / < 2 486 / > 1 200+sdp / stage voicemail / < 1 ACK / ! 1 - / > 1 BYE", "Busy 486 USER_BUSY 200 platform platform voicemail certain | legs USER_BUSY USER_BUSY"},
		{"voicemail: dialled from a menu, after an extension that did not answer", menu + "stage routing / out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 487 / stage menu / stage voicemail / ! 1 - / > 1 BYE", "Call_Ended 906 End_In_IVR 200 platform platform voicemail certain | path routing menu:Transferred_From_IVR routing ringing menu:Transferred_From_IVR voicemail:End_In_IVR"},
		{"voicemail: on early media, the caller cancels", "in phone / stage routing / out 2 phone / < 2 486 / > 1 183+sdp / stage voicemail / < 1 CANCEL / > 1 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no voicemail certain"},
		{"voicemail: operator hang-up", mailbox + "command op / ! 1 MANAGER_REQUEST / > 1 BYE", "Call_Ended 200 MANAGER_REQUEST 200 platform platform voicemail certain"},
	}},
	{"forwarding", "forwarding (always, busy, no answer, 302)", []hardCase{
		{"forwarded always", "in phone / leg 2 phone / ended 2 CALL_FORWARD / out 3 phone / < 3 180 / < 3 200+sdp / > 1 200+sdp / bridge 3 / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain | legs NORMAL_CLEARING CALL_FORWARD NORMAL_CLEARING"},
		{"forwarded when busy, the target does not answer", "in phone / out 2 phone / < 2 486 / ended 2 CALL_FORWARD / out 3 phone / < 3 180 / timer 3 ring / ! 3 NO_ANSWER / > 3 CANCEL / < 3 487 / > 1 480", "Not_Answered 480 NO_ANSWER 480 platform no ringing certain | legs NO_ANSWER CALL_FORWARD NO_ANSWER"},
		{"forwarded for no answer, the target does not exist", "in phone / out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 487 / ended 2 CALL_FORWARD / out 3 trunk / < 3 404 / > 1 404", "Call_Failed 404 UNALLOCATED_NUMBER 404 network no ringing certain | legs UNALLOCATED_NUMBER CALL_FORWARD UNALLOCATED_NUMBER"},
		{"forwarded by 302", "in phone / out 2 phone / < 2 302 / ended 2 CALL_FORWARD / out 3 phone / < 3 180 / < 3 486 / > 1 486", "Busy 486 USER_BUSY 486 callee no ringing certain | legs USER_BUSY CALL_FORWARD USER_BUSY"},
		{"forwarded in a circle", "in phone / out 2 phone / < 2 302 / ended 2 CALL_FORWARD / ! 1 EXCHANGE_ROUTING_ERROR / > 1 483", "Call_Failed 483 EXCHANGE_ROUTING_ERROR 483 platform no routing certain"},
		{"302 not followed", "in phone / out 2 phone / < 2 302 / ended 2 / > 1 410", "Call_Failed 302 REDIRECTION_TO_NEW_DESTINATION 410 callee no routing certain"},
	}},
	{"pickup", "pickup of a ringing call", []hardCase{
		{"picked up by a colleague", "in phone / out 2 phone / < 2 180 / > 1 180 / leg 3 phone / < 3 INVITE / ! 2 PICKED_OFF / > 3 200+sdp / > 1 200+sdp / bridge 3 / > 2 CANCEL / < 2 487 / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain | legs NORMAL_CLEARING PICKED_OFF NORMAL_CLEARING | path routing ringing talking:NORMAL_CLEARING"},
		{"the colleague hangs up", "in phone / out 2 phone / < 2 180 / > 1 180 / leg 3 phone / < 3 INVITE / ! 2 PICKED_OFF / > 3 200+sdp / > 1 200+sdp / bridge 3 / > 2 CANCEL / < 2 487 / < 3 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
		{"a pickup that was given up", "in phone / out 2 phone / < 2 180 / > 1 180 / leg 3 phone / < 3 INVITE / < 3 CANCEL / > 3 487 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 487 / > 1 480", "Not_Answered 480 NO_ANSWER 480 platform no ringing certain | legs NO_ANSWER NO_ANSWER ORIGINATOR_CANCEL"},
	}},
	{"command", "hang-up command before answer / after", []hardCase{
		{"hang-up command before answer", "in phone / out 2 phone / < 2 180 / command operator / ! 1 MANAGER_REQUEST / ! 2 MANAGER_REQUEST / > 2 CANCEL / > 1 480 / < 2 487", "Cancelled 480 MANAGER_REQUEST 480 platform no ringing certain | legs MANAGER_REQUEST MANAGER_REQUEST"},
		{"hang-up command after answer", up + "command operator / ! 1 MANAGER_REQUEST / > 1 BYE / > 2 BYE", "Call_Ended 200 MANAGER_REQUEST 200 platform party talking certain | legs MANAGER_REQUEST MANAGER_REQUEST"},
	}},
	{"graceful_stop", "graceful stop", []hardCase{
		{"graceful stop, unanswered", "in phone / out 2 phone / < 2 180 / ! 1 Terminated_From_Server shutdown / > 1 480", "Cancelled 901 Terminated_From_Server 480 platform no ringing certain shutdown"},
		{"graceful stop, answered", up + "! 1 Terminated_From_Server shutdown / > 1 BYE", "Call_Ended 901 Terminated_From_Server 200 platform party talking certain shutdown"},
	}},
	{"killed", "killed and started again", []hardCase{
		{"killed in mid-call", up + "alive / wait 9s / ! 0 Terminated_From_Server recovered", "Call_Ended 901 Terminated_From_Server 200 platform party talking likely recovered"},
		{"killed while it rang", "in phone / out 2 phone / < 2 180 / alive / ! 0 Terminated_From_Server recovered", "Cancelled 901 Terminated_From_Server - platform no ringing likely recovered"},
		{"killed, and nobody said so", up + "alive", "Call_Ended 901 Terminated_From_Server 200 platform party talking likely recovered"},
		{"the dialog was taken up again", up + "alive / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
	}},
	{"early_media", "early media, then a failure", []hardCase{
		{"early media, then a failure", "in phone / out 2 trunk / < 2 183+sdp / < 2 404 / > 1 404", "Call_Failed 404 UNALLOCATED_NUMBER 404 network no ringing certain"},
		{"early media, its announcement's Reason", "in phone / out 2 trunk / < 2 183+sdp {Reason: Q.850;cause=1} / < 2 480 / > 1 480", "Call_Failed 480 UNALLOCATED_NUMBER 480 network no ringing certain"},
		{"early media alone is weak evidence of alerting", "in phone / out 2 trunk / < 2 183+sdp / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 487 / > 1 480", "Not_Answered 480 NO_ANSWER 480 platform no ringing likely"},
	}},
	{"our_challenge", "our 401/407 challenge", []hardCase{
		{"our challenge is no outcome", "in phone / > 1 401 / < 1 ACK / < 1 INVITE / out 2 phone / < 2 486 / > 1 486", "Busy 486 USER_BUSY 486 callee no routing certain"},
		{"wrong credentials to the limit", "in phone / ! 1 OUTGOING_CALL_BARRED / > 1 403", "Call_Failed 403 OUTGOING_CALL_BARRED 403 platform no routing certain"},
	}},
	{"trunk_always_challenges", "a trunk that always challenges", []hardCase{
		{"a trunk that always challenges", "in phone / out 2 trunk / < 2 407 / > 2 INVITE / < 2 407 / ended 2 / > 1 403", "Call_Failed 407 OUTGOING_CALL_BARRED 403 network no routing certain"},
	}},
	{"connection_refused", "connection refused, ICMP, DNS failure", []hardCase{
		{"connection refused by a phone", "in phone / out 2 phone / broken 2 refused INVITE / ended 2 / > 1 502", "Unreachable 502 DESTINATION_OUT_OF_ORDER 502 network no routing certain transport"},
		{"connection refused by a trunk", "in phone / out 2 trunk / broken 2 refused INVITE / ended 2 / > 1 503", "Call_Failed 502 NETWORK_OUT_OF_ORDER 503 network no routing certain transport"},
		{"next route after a refused connection", "in phone / out 2 trunk / broken 2 refused INVITE / ended 2 / out 3 trunk / < 3 180 / < 3 486 / > 1 486", "Busy 486 USER_BUSY 486 callee no ringing certain"},
		{"a trunk's name that is not in the DNS", "in phone / out 2 trunk / broken 2 dns INVITE / ended 2 / > 1 503", "Call_Failed 502 NETWORK_OUT_OF_ORDER 503 network no routing certain transport"},
		{"an ICMP error from a phone's address", "in phone / out 2 phone / broken 2 unreachable INVITE / ended 2 / > 1 502", "Unreachable 502 DESTINATION_OUT_OF_ORDER 502 network no routing certain transport"},
	}},
	{"timer_b_180", "timer B against 180", []hardCase{
		{"answered 40 s after the 180", "in phone / out 2 phone / < 2 180 / wait 40s / < 2 200+sdp / > 1 200+sdp / bridge 2 / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"ringing ends by our own timer", "in phone / out 2 phone / < 2 180 / wait 60s / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 487 / > 1 480", "Not_Answered 480 NO_ANSWER 480 platform no ringing certain"},
	}},
	{"resent_invite", "a re-sent or looped INVITE", []hardCase{
		{"a re-sent INVITE is the same call", "in phone / again 1 2 / out 2 phone / again 1 2 / < 2 486 / > 1 486", "Busy 486 USER_BUSY 486 callee no routing certain | legs USER_BUSY USER_BUSY"},
		{"a loop that is found", "in phone / ! 1 EXCHANGE_ROUTING_ERROR loop =482 / > 1 482", "Call_Failed 483 EXCHANGE_ROUTING_ERROR 482 platform no routing certain loop"},
	}},
}

// endingCases are endings that have no row in section 7.
var endingCases = []hardCase{
	{"a 183 without SDP is no alerting", "in phone / out 2 phone / < 2 183 / timer 2 ring / ! 2 NO_USER_RESPONSE / > 2 CANCEL / < 2 487 / > 1 408", "Unreachable 408 NO_USER_RESPONSE 408 platform no routing certain"},
	{"a 199 is no alerting", "in phone / out 2 phone / < 2 199 / < 2 480 / > 1 480", "Unreachable 480 SUBSCRIBER_ABSENT 480 callee no routing certain"},
	{"a 181 from the far end is alerting", "in phone / out 2 trunk / < 2 181 / < 2 480 / > 1 480", "Not_Answered 480 NO_ANSWER 480 callee no ringing certain"},
	{"a BYE's cause 21 from a network is not used", up + "< 2 BYE {Reason: Q.850;cause=21;location=LN} / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking likely"},
	{"longest duration", up + "timer 1 max_call / ! 1 Terminated_From_Server max_duration / > 1 BYE", "Call_Ended 901 Terminated_From_Server 200 platform party talking certain max_duration"},
	{"the INVITE's Expires ran out", "in phone / out 2 phone / < 2 180 / timer 1 expires / ! 2 NO_ANSWER / ! 1 NO_ANSWER expires =487 / > 1 487", "Not_Answered 480 NO_ANSWER 487 platform no ringing certain expires"},
	{"progress timer", "in phone / out 2 phone / < 2 100 / timer 2 progress / ! 2 PROGRESS_TIMEOUT / > 2 CANCEL / < 2 487 / > 1 408", "Unreachable 408 PROGRESS_TIMEOUT 408 platform no routing certain"},
	{"no PRACK", "in phone / out 2 phone / < 2 183 / timer 1 prack / ! 1 RECOVERY_ON_TIMER_EXPIRE no_prack / > 1 504", "Call_Failed 504 RECOVERY_ON_TIMER_EXPIRE 504 network no routing certain no_prack"},
}

// TestSection7 is section 7, row by row.
func TestSection7(t *testing.T) {
	for _, row := range section7Rows {
		t.Run(row.file, func(t *testing.T) { runCases(t, row.cases) })
	}
}

// TestSection7_EachRowIsThere reads the rows from the page of the rules.
func TestSection7_EachRowIsThere(t *testing.T) {
	page, err := os.ReadFile("../docs/outcomes.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## 7.")
	section, _, _ = strings.Cut(section, "\n## 8.")
	n := 0
	for _, line := range strings.Split(section, "\n") {
		cell, isRow := strings.CutPrefix(line, "| ")
		cell, _, _ = strings.Cut(cell, " |")
		if !isRow || cell == "case" || cell == "---" {
			continue
		}
		if n >= len(section7Rows) || section7Rows[n].cell != cell || len(section7Rows[n].cases) == 0 {
			t.Fatalf("row %d of section 7 is %q: it has no calls here", n+1, cell)
		}
		n++
	}
	if n != len(section7Rows) || n < 30 {
		t.Errorf("%d rows on the page, %d here", n, len(section7Rows))
	}
}

// TestEndings are endings beside those rows.
func TestEndings(t *testing.T) { runCases(t, endingCases) }

// TestHoldEndsWithTheTransferor: who held and was replaced holds no more.
func TestHoldEndsWithTheTransferor(t *testing.T) {
	// Held for the seven seconds from the hold to the joining with leg 3.
	r := Fold(events(t, up+"hold 2 / < 2 REFER / > 2 202/REFER / stage routing / out 3 phone / < 3 200+sdp / bridge 3 / ended 2 BLIND_TRANSFER / wait 60s / < 1 BYE"), Meta{})
	if r.HoldMS != 7000 {
		t.Errorf("hold %d ms, want 7000", r.HoldMS)
	}
	// Nor does the one who is left hold, if it was the transferor who held.
	r = Fold(events(t, up+"hold 1 / hold 2 / < 2 REFER / > 2 202/REFER / stage routing / out 3 phone / < 3 200+sdp / bridge 3 / wait 10s / resume 1 / < 1 BYE"), Meta{})
	if r.HoldMS != 19000 || r.Stage != "talking" {
		t.Errorf("hold %d ms, want 19000 until the caller resumed; stage %s", r.HoldMS, r.Stage)
	}
}
