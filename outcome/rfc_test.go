package outcome

import (
	"strings"
	"testing"
)

// TestRFCNotes holds the notes against the RFCs' text: what parts from them is
// said, and nothing else.
func TestRFCNotes(t *testing.T) {
	for reason, want := range map[Reason][]string{
		NetworkOutOfOrder:       {"Cause 38 is shown 502, sent 503 here; RFC 3398 and RFC 4497 give 503."},
		BearerNotAvail:          {"Cause 58 is shown 403, sent 503 here; RFC 3398 and RFC 4497 give 503."},
		IncompatibleDestination: {"Cause 88 is sent 488 here; RFC 3398 and RFC 4497 give 503.", "488 received gives cause 88 here; RFC 3398 and RFC 4497 give 31, or 65 where a Warning speaks of the media.", "580 received", "606 received"},
		InvalidMsgUnspecified:   {"Cause 95 is sent 488 here; RFC 3398 and RFC 4497 give 500, their default."},
		CallRejected:            {"Cause 21 is sent 603 here; RFC 3398 and RFC 4497 give 403, and 603 only where the location is the user.", "607 received gives cause 21 here; RFC 3398 and RFC 4497 give cause 31, their default."},
		NoAnswer:                {"408 received from an alerted phone", "480 received from an alerted phone", "487 received"},
		NoUserResponse:          {"408 received from a phone or from a trunk gives cause 18 here; RFC 3398 and RFC 4497 give cause 102."},
		OutgoingCallBarred:      {"Cause 52 is sent 403", "Cause 53 is sent 403", "401 received gives cause 53 here; RFC 3398 and RFC 4497 give cause 21.", "402 received", "403 received from a trunk gives cause 53", "407 received"},
		InvalidCallReference:    {"Cause 81 is sent 481", "481 received gives cause 81 here; RFC 3398 and RFC 4497 give cause 41."},
		FacilityNotImplemented:  {"Cause 69 is sent 501 here; RFC 3398 gives 500, its default; RFC 4497 gives 501."},
		RequestedChanUnavail:    {"Cause 44"},
		UserBusy:                nil, UnallocatedNumber: nil, NumberChanged: nil, Redirection: nil, FacilityRejected: nil, BearerNotImpl: nil, SwitchCongestion: nil,
		TimerExpire: nil, ProtocolError: nil, ServiceNotImplemented: nil, NormalClearing: nil, TemporaryFailure: nil, ManagerRequest: nil,
	} {
		got := reason.RFCNotes()
		if len(got) != len(want) {
			t.Errorf("%s: %q, want %q", reason, got, want)
			continue
		}
		for i := range want {
			if !strings.HasPrefix(got[i], strings.ReplaceAll(want[i], "an alerted", "an alerted")) {
				t.Errorf("%s: %q, want %q", reason, got[i], want[i])
			}
		}
	}
}

// TestWireCodesOverridden: an operator's code is sent and recorded as sent; what
// cannot be on the wire is refused, and what RFC 3261 fixes stays.
func TestWireCodesOverridden(t *testing.T) {
	for _, x := range []struct {
		code, sent int
	}{{404, 404}, {600, 600}, {699, 699}, {200, 480}, {299, 480}, {700, 480}, {901, 480}, {902, 480}, {909, 480}, {-1, 480}} {
		o := &Options{WireCodes: map[Reason]int{UserNotRegistered: x.code, TerminatedFromServer: x.code}}
		for _, reason := range []string{"USER_NOT_REGISTERED", "Terminated_From_Server"} {
			if a := Verdict(events(t, "in phone / ! 1 "+reason), Meta{Options: o}); a.Code != x.sent || a.ByeReason != reason {
				t.Errorf("%s, with %d for it: %d is sent, want %d", reason, x.code, a.Code, x.sent)
			}
		}
	}
	o := &Options{WireCodes: map[Reason]int{UserNotRegistered: 404}}
	r := Fold(events(t, "in phone / ! 1 USER_NOT_REGISTERED / > 1 404"), Meta{Options: o})
	checkOutcome(t, &r, "Unreachable 480 USER_NOT_REGISTERED 404 platform no routing certain")
}
