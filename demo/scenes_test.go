package demo

import (
	"strings"
	"testing"

	"onhook/outcome"
)

func TestEveryReasonIsShown(t *testing.T) {
	seen := map[outcome.Reason]string{outcome.Unspecified: "capture"}
	roles := map[role]bool{}
	for _, sc := range scenes() {
		if roles[sc.role()] {
			t.Errorf("%s %q has two scenes", sc.reason, sc.variant)
		}
		roles[sc.role()] = true
		if seen[sc.reason] == "capture" {
			t.Errorf("%s has a scene and is not to be shown by a call", sc.reason)
		}
		if sc.variant == "" {
			seen[sc.reason] = "scene"
		} else if !roles[role{reason: sc.reason}] {
			t.Errorf("%s has a variant before its first scene", sc.reason)
		}
	}
	for _, e := range outcome.Entries() {
		r, _ := outcome.ParseReason(e.Name)
		if seen[r] == "" {
			t.Errorf("%s has no scene", e.Name)
		}
	}
}

func TestScenesAgreeWithTheTable(t *testing.T) {
	known := map[string]bool{"": true, "small": true, "narrow": true, "no video": true, "no header": true, "no ACK": true, "no PRACK": true, "no Contact": true}
	for _, sc := range scenes() {
		e := sc.reason.Entry()
		o, err := sc.want.expected(e)
		if err != nil {
			t.Error(err)
		}
		if !sc.leg && (o.Status == "" || o.Status == "n/a") {
			t.Errorf("%s %q: no status is expected", e.Name, sc.variant)
		}
		if sc.leg && !strings.Contains(e.Scope, "leg") {
			t.Errorf("%s is no reason of a leg", e.Name)
		}
		if !sc.leg && e.Scope == "leg" {
			t.Errorf("%s is a reason of a leg only", e.Name)
		}
		if sc.story == "" || !known[sc.caller] || sc.play == nil && sc.to == "" && sc.far == nil {
			t.Errorf("%s %q: got story %q, caller %q, to %q: want a story, a known caller, and something to dial", e.Name, sc.variant, sc.story, sc.caller, sc.to)
		}
	}
}

func TestExpectedCodes(t *testing.T) {
	for _, c := range []struct {
		reason outcome.Reason
		want   want
		code   int
		status string
	}{
		{outcome.UserBusy, want{by: callee, code: 600}, 600, "Busy"},                                  // as received
		{outcome.UserBusy, want{by: platform}, 486, "Busy"},                                           // the table's
		{outcome.FacilityNotSubscribed, want{by: platform}, 403, "Call Failed"},                       // none in the table: what is sent
		{outcome.ManagerRequest, want{answered: true}, 200, "Call Ended"},                             // answered
		{outcome.TerminatedFromServer, want{answered: true}, 901, "Call Ended"},                       // 9xx stands above all
		{outcome.NetworkOutOfOrder, want{}, 502, "Call Failed"},                                       // shown, not sent
		{outcome.Interworking, want{by: network, code: 0, answered: true}, 200, "Call Ended"},         // a BYE's cause
		{outcome.CallRejected, want{code: 607}, 607, "Declined"},                                      // as received
		{outcome.BearerNotAvail, want{by: platform}, 403, "Call Failed"},                              // 503 is sent
		{outcome.TerminatedFromServer, want{by: platform}, 901, "Cancelled"},                          // unanswered
		{outcome.PickedOff, want{by: caller}, 487, "Cancelled"},                                       // a call's outcome in one case
		{outcome.NoUserResponse, want{by: network}, 408, "Unreachable"},                               // synthetic codes do not count
		{outcome.DestinationOutOfOrder, want{by: network}, 502, "Unreachable"},                        // likewise
		{outcome.RequestedChanUnavail, want{by: platform, code: 0}, 503, "Call Failed"},               // the table's
		{outcome.InvalidMsgUnspecified, want{by: network, code: 488}, 488, "Call Failed"},             // as received
		{outcome.GatewayDown, want{by: platform}, 503, "Call Failed"},                                 // none in the table: what is sent
		{outcome.TimerExpire, want{by: network, answered: true}, 200, "Call Ended"},                   // answered
		{outcome.ExchangeRoutingError, want{by: platform}, 483, "Call Failed"},                        // the table's
		{outcome.OriginatorCancel, want{}, 487, "Cancelled"},                                          // the table's
		{outcome.NormalClearing, want{by: caller, answered: true}, 200, "Call Ended"},                 // answered
		{outcome.Redirection, want{code: 302}, 302, "Call Failed"},                                    // as received, 410 is sent
		{outcome.SwitchCongestion, want{by: platform}, 503, "Unreachable"},                            // the table's
		{outcome.UserNotRegistered, want{by: platform}, 480, "Unreachable"},                           // none in the table: what is sent
		{outcome.ProgressTimeout, want{by: platform}, 408, "Unreachable"},                             // none in the table: what is sent
		{outcome.InvalidCallReference, want{by: network, answered: true, code: 0}, 200, "Call Ended"}, // 481 in the dialog
	} {
		o, err := c.want.expected(c.reason.Entry())
		if err != nil || o.Code != c.code || o.Status != c.status {
			t.Errorf("%s %+v: got %+v, %v, want %d %s", c.reason, c.want, o, err, c.code, c.status)
		}
	}
	if _, err := (want{by: "caller"}).expected(outcome.UserBusy.Entry()); err == nil {
		t.Error("the caller never ends a call with USER_BUSY: want an error")
	}
}

func TestWithoutContact(t *testing.T) {
	const text = "INVITE sip:a@b SIP/2.0\r\nVia: x\r\nContact: <sip:a@b>\r\nTo: y\r\n\r\n"
	if got, want := without(text, "Contact"), "INVITE sip:a@b SIP/2.0\r\nVia: x\r\nTo: y\r\n\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if other := strings.Replace(text, "INVITE", "BYE", 1); without(other, "Contact") != other {
		t.Error("only an INVITE loses its Contact")
	}
}
