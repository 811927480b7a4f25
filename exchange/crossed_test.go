package exchange

import (
	"strings"
	"testing"
)

// request with an offer, as the trunk holds and thinks better of it: the CANCEL
// has the branch of the INVITE that it cancels (RFC 3261 section 9.1).
func cancelOf(invite string) string {
	head, _, _ := strings.Cut(invite, "\r\nContact:")
	head = strings.Replace(head, "INVITE ", "CANCEL ", 1)
	head = strings.Replace(head, " INVITE", " CANCEL", 1)
	return head + "\r\nContent-Length: 0\r\n\r\n"
}

func TestSection9_2_ACancelledReInviteEndsNoCall(t *testing.T) {
	r := newRig(t, nil)
	tag := r.talk("hold")
	again := request("INVITE", "1", "hold", tag, 2, sdpText)
	r.from(trunkAddr, again)
	if m := r.last(phoneAddr); m.Method != "INVITE" {
		t.Fatalf("the phone got %s, want the re-INVITE", m.Method)
	}
	r.from(trunkAddr, cancelOf(again))
	if m := r.last(phoneAddr); m.Method == "BYE" {
		t.Fatalf("the call was ended by the CANCEL of a re-INVITE:\n%s", strings.Join(r.log, "\n"))
	}
	r.answer(200, sdpText)
	if m := r.last(trunkAddr); m.Status != 200 {
		t.Fatalf("the re-INVITE was answered %d, want 200", m.Status)
	}
	r.from(trunkAddr, request("ACK", "1", "hold", tag, 2, ""))
	r.from(trunkAddr, request("BYE", "1", "hold", tag, 3, ""))
	r.answer(200, "")
	r.pass(40e9)
	r.one("Call Ended NORMAL_CLEARING 200")
	r.idle()
}
