package exchange

import (
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// TestSection14_1_WhoWasHeldIsAskedAgainInItsTime: a phone holds its caller and sends it
// on, and the caller is about to make an offer itself just then. After its 491 it is
// offered to talk both ways once more, and not before the time that RFC 3261 sets.
func TestSection14_1_WhoWasHeldIsAskedAgainInItsTime(t *testing.T) {
	r := withRights(t)
	if got := r.asUser(phoneAddr, "REGISTER", "reg", "101", "101-horse"); got != 200 {
		t.Fatalf("the phone's REGISTER got %d", got)
	}
	r.dials("101", "call")
	r.says(phoneAddr, 200, sdpText+"a=sendonly\r\n")
	ok := r.last(askerAddr)
	if ok.Status != 200 {
		t.Fatalf("the caller got %d", ok.Status)
	}
	r.from(askerAddr, strings.ReplaceAll(request("ACK", "101", "call", ok.ToTag(), 2, ""), trunkAddr, askerAddr))
	offers := func() int { // without those that were sent again
		seen := map[string]bool{}
		for _, s := range r.sent {
			if m, err := sip.Parse([]byte(s.data)); err == nil && s.to.String() == askerAddr && m.Method == sip.INVITE {
				seen[m.Get(sip.HCSeq)] = true
			}
		}
		return len(seen)
	}
	if got := r.refers(phoneAddr, "sip:030123@example.com", 5); got != 202 {
		t.Fatalf("the REFER got %d", got)
	}
	if m := r.last(askerAddr); m.Method != sip.INVITE || offers() != 1 {
		t.Fatalf("the caller got %s", m)
	}
	r.says(askerAddr, 491, "")
	if got := offers(); got != 1 {
		t.Errorf("it was asked %d times at once", got)
	}
	r.pass(2 * time.Second)
	if got := offers(); got != 2 {
		t.Errorf("it was asked %d times in 2 s, want 2", got)
	}
	r.over(1)
}
