package call

import (
	"strings"
	"testing"
	"time"

	"onhook/dialog"
	"onhook/sip"
)

// forked brings a response of another branch behind leg 2's INVITE.
func (r *rig) forked(d dialog.ID, status int, body string) {
	r.t.Helper()
	m := &sip.Message{Status: status, Phrase: "x"}
	setSession(m, body)
	r.in(Input{Kind: InForked, Leg: 2, Dialog: d})
	r.in(Input{Kind: InResponse, Leg: 2, Dialog: d, Method: sip.INVITE, Msg: m})
}

func TestSection13_2_2_4_ABranchIsALegOfItsOwn(t *testing.T) {
	r := ringing(t, Options{Relay: true}, "sip:b@h")
	r.from(2, 180, "")
	r.forked(99, 183, answerB)
	r.want("event leg 3 101 0", "bind 3 99", "media set 2 192.0.2.2:5000 send=true recv=true", "media bridge 1 2", "respond 1 183")
	r.forked(99, 200, answerB)
	// The winner has the addresses of the INVITE that it answers, so nothing is closed.
	r.want("respond 1 200", "event bridged 3 0", "event ended 2 PICKED_OFF 0", "media bridge 1 2")
	r.never("cancel")
	r.never("media close")
	r.ask(1, sip.INVITE, offerA)
	r.want("request 3 INVITE")
	r.in(Input{Kind: InResponse, Leg: 3, Dialog: 99, Txn: 103, Method: sip.INVITE, Msg: okWith(answerB)})
	r.want("respond 1 200", "media set 2 192.0.2.2:5000 send=true recv=true")
	r.ask(1, sip.BYE, "")
	r.want("respond 1 200", "bye 3", "media close 1", "media close 2")
	r.pass(time.Minute)
	r.want("release 2", "release 3", "finish")
}

func TestSection13_2_2_4_ABranchAnsweredAfterTheWinnerGetsBye(t *testing.T) {
	r := ringing(t, Options{Relay: true}, "sip:b@h")
	r.from(2, 180, "")
	r.forked(99, 180, "")
	r.forked(99, 200, answerB)
	r.want("respond 1 200", "event ended 2 PICKED_OFF 0")
	r.from(2, 200, answerB)
	r.want(`bye 2 SIP;cause=200;text="Call completed elsewhere"`)
	r.reply(2, sip.BYE, 200, "")
	r.never("media close")
	r.never("bye 1")
	r.never("bye 3")
}

func TestOneCancelEndsAllBranches(t *testing.T) {
	r := ringing(t, Options{}, "sip:b@h")
	r.from(2, 180, "")
	r.forked(99, 180, "")
	r.in(Input{Kind: InCancelled, Leg: Caller})
	r.want("event intent 2 ORIGINATOR_CANCEL 0", "cancel 2", "event intent 3 ORIGINATOR_CANCEL 0", "refuse 1")
	r.never("cancel 3")
	// The stack ends the branches first, then tells the final response.
	r.in(Input{Kind: InTerminated, Leg: 3, Dialog: 99})
	r.from(2, 487, "")
	r.in(Input{Kind: InTerminated, Leg: 1, Dialog: 1})
	r.want("finish")
}

func TestSection12_3_AFinalResponseEndsAllBranches(t *testing.T) {
	r := ringing(t, Options{Relay: true}, "sip:b@h", "sip:c@h")
	r.from(2, 180, "")
	r.in(Input{Kind: InForked, Leg: 2, Dialog: 99})
	r.in(Input{Kind: InResponse, Leg: 4, Dialog: 99, Method: sip.INVITE, Msg: okWithStatus(183, answerB)})
	r.want("media bridge 1 2")
	r.in(Input{Kind: InTerminated, Leg: 4, Dialog: 99})
	r.from(2, 486, "")
	r.want("event ended 4 0", "event ended 2 0", "media close 2")
	r.from(3, 183, answerB)
	r.want("media bridge 1 3")
}

func TestABranchStillWinsAfterA6xxElsewhere(t *testing.T) {
	r := ringing(t, Options{Relay: true}, "sip:b@h", "sip:c@h")
	r.in(Input{Kind: InForked, Leg: 2, Dialog: 12})
	r.in(Input{Kind: InForked, Leg: 2, Dialog: 99})
	r.from(3, 603, "")
	r.want("cancel 2")
	r.in(Input{Kind: InResponse, Leg: 4, Dialog: 99, Method: sip.INVITE, Msg: okWith(answerB)})
	r.want("respond 1 200", "event bridged 4 0", "media bridge 1 2")
	r.never("bye")
}

func TestTheRingTimerEndsAllBranches(t *testing.T) {
	r := ringing(t, Options{Ring: 10 * time.Second}, "sip:b@h")
	r.from(2, 183, "")
	r.forked(99, 180, "")
	r.pass(10 * time.Second)
	r.want("event intent 2 NO_USER_RESPONSE 0", "cancel 2", "event intent 3 NO_ANSWER 0", "refuse 1")
	r.forked(99, 200, answerB)
	r.want("bye 3")
}

func TestAnUnknownDialogIsToldSo(t *testing.T) {
	r := talking(t, Options{}, "UPDATE")
	r.in(Input{Kind: InRequest, Leg: 2, Dialog: 77, Txn: 5, Msg: &sip.Message{Method: sip.INFO}})
	r.want("respond 2 481")
}

func TestTheForkedDialogsDescriptionsGoOnFromTheInvites(t *testing.T) {
	r := ringing(t, Options{}, "sip:b@h")
	first := r.bodies["invite 2 sip:b@h"]
	r.from(2, 180, "")
	r.forked(99, 200, answerB)
	r.ask(1, sip.INVITE, strings.Replace(offerA, "4000", "4444", 1))
	second := r.bodies["request 3 INVITE"]
	o := func(s string) []string { return strings.Fields(s[strings.Index(s, "o="):]) }
	// RFC 3264 section 8: the same session, the version one more.
	if a, b := o(first), o(second); a[1] != b[1] || a[2] != "1" || b[2] != "2" {
		t.Errorf("o= goes from %q to %q", a[:3], b[:3])
	}
}

func okWithStatus(status int, body string) *sip.Message {
	m := okWith(body)
	m.Status = status
	return m
}
