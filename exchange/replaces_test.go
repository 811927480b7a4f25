package exchange

import (
	"fmt"
	"strings"
	"testing"

	"onhook/digest"
	"onhook/sip"
)

// TestRFC3891_8_WhoGuessesPasswordsReplacesNoDialog: an INVITE with wrong
// credentials too often is refused, and not challenged, which must hold for one
// that names a dialog as well.
func TestRFC3891_8_WhoGuessesPasswordsReplacesNoDialog(t *testing.T) {
	r := withUsers(t)
	const stranger = "203.0.113.5:5060"
	tag := r.talk("c")
	for i := range failuresAllowed + 2 {
		text := func(cseq int, auth string) string {
			s := strings.ReplaceAll(request("INVITE", "100", fmt.Sprint("s", i), "", cseq, sdpText), trunkAddr, stranger)
			return strings.Replace(s, "Max-Forwards", auth+"Replaces: c;to-tag="+tag+";from-tag=a\r\nMax-Forwards", 1)
		}
		r.from(stranger, text(1, ""))
		_, value, _, err := digest.Credentials{User: "100", Password: "guess"}.Answer(r.last(stranger), sip.INVITE, "sip:100@10.0.0.1", r.x.opt.Rand)
		if err != nil {
			t.Fatal(err)
		}
		r.from(stranger, text(2, "Authorization: "+value+"\r\n"))
		want := 401
		if i >= failuresAllowed {
			want = 403
		}
		if got := r.last(stranger).Status; got != want {
			t.Fatalf("guess %d: the answer is %d, want %d", i, got, want)
		}
	}
	r.from(trunkAddr, request("BYE", "1", "c", tag, 2, ""))
	if m := r.last(trunkAddr); m.Status != 200 {
		t.Errorf("the call is no longer the trunk's: its BYE is answered %d", m.Status)
	}
}

func TestRFC3891_8_ADisabledTrunkReplacesNoDialog(t *testing.T) {
	r := newRig(t, nil)
	tag := r.talk("c")
	r.x.lines["sim"].word = "disabled"
	text := strings.Replace(request("INVITE", "1", "n", "", 1, sdpText), "Max-Forwards", "Replaces: c;to-tag="+tag+";from-tag=a\r\nMax-Forwards", 1)
	r.from(trunkAddr, text)
	if m := r.last(trunkAddr); m.Status != 403 {
		t.Errorf("the answer is %d, want 403", m.Status)
	}
}
