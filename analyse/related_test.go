package analyse

import (
	"slices"
	"strings"
	"testing"

	"onhook/outcome"
)

// relations are the calls' Call-IDs, and with which they are related and how.
func relations(t *testing.T, calls []*Call) (all []string) {
	t.Helper()
	names := map[string]string{}
	for _, c := range calls {
		names[c.Record.ID] = c.Record.Legs[0].SIPCallID
	}
	for _, c := range calls {
		for _, r := range c.Record.Related {
			if names[r.ID] == "" {
				t.Errorf("%s is related with %s, which is no call", names[c.Record.ID], r.ID)
			}
			all = append(all, names[c.Record.ID]+" "+r.How+" "+names[r.ID])
		}
	}
	slices.Sort(all)
	return all
}

// TestRelatedCalls: calls that a transfer ties together name each other, as those
// of a live server do.
func TestRelatedCalls(t *testing.T) {
	const (
		colleagueEnds = "dialog consult2 / by callee / c>p BYE / p>c 200/BYE / dialog one / by callee / p>a BYE / a>p 200/BYE"
		apart         = "dialog main2 / by caller / p>b BYE / b>p 200/BYE / dialog one / by callee / p>a BYE / a>p 200/BYE / dialog consult / by callee / p>b BYE / b>p 200/BYE / dialog consult2 / by caller / p>c BYE / c>p 200/BYE"
	)
	transfer := []string{"consult@example.com attended_transfer one@example.com", "one@example.com attended_transfer consult@example.com"}
	for _, x := range []struct {
		name, script string
		want         []string
	}{
		{"a REFER that was accepted", mainCall + consultCall + joinedCall + colleagueEnds, transfer},
		{"the consultation is told long before", mainCall + consultCall + joinedCall + "wait 20m / " + colleagueEnds, transfer},
		{"a REFER that was refused", mainCall + consultCall + "dialog main2 / by callee / b>p REFER {Refer-To: <sip:1002@example.com?Replaces=consult%40example.com%3Bto-tag%3Dbconsult%3Bfrom-tag%3Daconsult%40example.com>} / p>b 603/REFER / " + apart, nil},
		{"the tags of another dialog", mainCall + consultCall + "dialog main2 / by callee / b>p REFER {Refer-To: <sip:1002@example.com?Replaces=consult%40example.com%3Bto-tag%3Dother%3Bfrom-tag%3Daconsult%40example.com>} / p>b 202/REFER / " + apart, nil},
		{"a dialog that is not in the capture", mainCall + consultCall + "dialog main2 / by callee / b>p REFER {Refer-To: <sip:1002@example.com?Replaces=unknown%40example.com%3Bto-tag%3D1%3Bfrom-tag%3D2>} / p>b 202/REFER / " + apart, nil},
		{"a blind transfer", mainCall + consultCall + "dialog main2 / by callee / b>p REFER {Refer-To: <sip:1004@example.com>} / p>b 202/REFER / " + apart, nil},
		{
			// Through a proxy alone: the phones do all of it (RFC 5589 section 7.3).
			"an INVITE with Replaces between phones", "a>b INVITE / b>a 200+sdp / a>b ACK / dialog consult / b>c INVITE / c>b 200+sdp / b>c ACK / " +
				"dialog one / by callee / b>a REFER {Refer-To: <sip:1003@example.com?Replaces=consult%40example.com%3Bto-tag%3Dbconsult%3Bfrom-tag%3Daconsult%40example.com>} / a>b 202/REFER / " +
				"dialog new / a>c INVITE {Replaces: consult@example.com;to-tag=bconsult;from-tag=aconsult@example.com} / c>a 200+sdp / a>c ACK / " +
				"dialog consult / by callee / c>b BYE / b>c 200/BYE / dialog one / by callee / b>a BYE / a>b 200/BYE / wait 9s / dialog new / a>c BYE / c>a 200/BYE",
			[]string{transfer[0], "consult@example.com replaces new@example.com", "new@example.com replaces consult@example.com", transfer[1]},
		},
		{
			"a call that rings is picked up", "a>p INVITE / p>a 100 / dialog two / p>b INVITE {X-CID: one@example.com} / b>p 180 / dialog one / p>a 180 / " +
				"dialog pick / c>p INVITE {Replaces: two@example.com;to-tag=btwo;from-tag=atwo@example.com} / p>c 200+sdp / c>p ACK / " +
				"dialog two / p>b CANCEL {Reason: SIP;cause=200} / b>p 200/CANCEL / b>p 487 / p>b ACK / dialog one / p>a 200+sdp / a>p ACK / wait 9s / " +
				"dialog pick / c>p BYE / p>c 200/BYE / dialog one / by callee / p>a BYE / a>p 200/BYE",
			[]string{"one@example.com pickup pick@example.com", "pick@example.com pickup one@example.com"},
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			calls, _ := newTape(t).write(x.script).run(Options{})
			if got := relations(t, calls); !slices.Equal(got, x.want) {
				t.Errorf("related:\n got %q\nwant %q", got, x.want)
			}
		})
	}
	t.Run("in parallel", func(t *testing.T) {
		calls, _ := newTape(t).write(mainCall + consultCall + joinedCall + colleagueEnds).run(Options{Parallel: true})
		if got := relations(t, calls); !slices.Equal(got, transfer) {
			t.Errorf("related:\n got %q\nwant %q", got, transfer)
		}
	})
}

// TestATransferThatFailed: RFC 3515 section 2.4.5: the last NOTIFY says so, and each
// call goes on and ends as its own parties want.
func TestATransferThatFailed(t *testing.T) {
	p := newTape(t).write(mainCall + consultCall + "dialog main2 / by callee / b>p REFER {Refer-To: <sip:1002@example.com?Replaces=consult%40example.com%3Bto-tag%3Dbconsult%3Bfrom-tag%3Daconsult%40example.com>} / p>b 202/REFER / by caller / p>b NOTIFY {Event: refer & Content-Type: message/sipfrag}")
	it := &p.items[len(p.items)-1]
	it.Payload = append(it.Payload, "SIP/2.0 481 Call Does Not Exist\r\n"...)
	p.write("b>p 200/NOTIFY / wait 2s / dialog consult2 / by callee / c>p BYE / p>c 200/BYE / dialog consult / by callee / p>b BYE / b>p 200/BYE / wait 1s / dialog one / by caller / a>p BYE / p>a 200/BYE / dialog main2 / by caller / p>b BYE / b>p 200/BYE")
	calls, _ := p.run(Options{})
	want := map[string]string{
		"one@example.com":     "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain",
		"consult@example.com": "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain",
	}
	if len(calls) != 2 || len(relations(t, calls)) != 0 {
		t.Fatalf("%d calls, related %q", len(calls), relations(t, calls))
	}
	for _, c := range calls {
		if got := line(&c.Record); got != want[c.Record.Legs[0].SIPCallID] || len(c.Record.Legs) != 2 {
			t.Errorf("%s with %d legs:\n got %s\nwant %s\n%q", c.Record.Legs[0].SIPCallID, len(c.Record.Legs), got, want[c.Record.Legs[0].SIPCallID], c.Record.Notes)
		}
	}
}

// TestAReplacedCallIsToldSoon: what comes of its dialog is another call's, so nothing
// is waited for.
func TestAReplacedCallIsToldSoon(t *testing.T) {
	var told []string
	a := New(Options{}, func(c *Call) { told = append(told, c.Record.Legs[0].SIPCallID) })
	p := newTape(t).write(mainCall + "dialog new / c>p INVITE {Replaces: main2@example.com;to-tag=bmain2;from-tag=amain2@example.com} / p>c 200+sdp / c>p ACK / dialog main2 / p>b BYE / b>p 200/BYE / wait 2m / dialog late / x>p INVITE / p>x 486 / x>p ACK")
	for i := range p.items {
		a.Take(&p.items[i])
	}
	if !slices.Equal(told, []string{"new@example.com"}) {
		t.Errorf("told %q, want the replaced call", told)
	}
}

// outwardRows are calls that a server makes to two parties.
var outwardRows = []struct {
	name, script, want string
	legs               int
}{
	{"the first hangs up", twoParties + "wait 5s / dialog one / by callee / a>p BYE / p>a 200/BYE / dialog two / p>b BYE / b>p 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain", 2},
	{"the second hangs up", twoParties + "wait 5s / dialog two / by callee / b>p BYE / p>b 200/BYE / dialog one / p>a BYE / a>p 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain", 2},
	{"with the Call-ID of a caller who is not seen", strings.ReplaceAll(twoParties, "call_1", "unseen@example.com") + "wait 5s / dialog one / by callee / a>p BYE / p>a 200/BYE / dialog two / p>b BYE / b>p 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking likely", 2},
	{"the second is busy", firstUp + "b>p 486 / p>b ACK / dialog one / p>a BYE / a>p 200/BYE", "Busy 486 USER_BUSY 200 callee platform routing certain", 2},
	{"the first leaves", firstUp + "b>p 180 / wait 2s / dialog one / by callee / a>p BYE / p>a 200/BYE / dialog two / p>b CANCEL / b>p 200/CANCEL / b>p 487 / p>b ACK", "Cancelled 487 ORIGINATOR_CANCEL 200 caller platform ringing certain", 2},
	{"the second rings out", firstUp + "b>p 180 / wait 20s / p>b CANCEL / dialog one / p>a BYE / a>p 200/BYE / dialog two / b>p 200/CANCEL / b>p 487 / p>b ACK", "Not_Answered 480 NO_ANSWER 200 platform platform ringing likely", 2},
	{"the second is never reached", firstUp + "b>p 100 / wait 20s / dialog one / p>a BYE / a>p 200/BYE", "Unreachable 408 NO_USER_RESPONSE 200 platform platform routing likely", 2},
	{"two phones of the first ring", "dialog four / from 1002 / to 1001 / p>d INVITE {X-CID: call_1} / d>p 180 / dialog one / " + firstUp + "dialog four / p>d CANCEL {Reason: SIP;cause=200} / d>p 200/CANCEL / d>p 487 / p>d ACK / dialog two / b>p 180 / b>p 200+sdp / p>b ACK / wait 5s / dialog one / by callee / a>p BYE / p>a 200/BYE / dialog two / p>b BYE / b>p 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain", 3},
	{"two phones of the first ring, the second is busy", "dialog four / from 1002 / to 1001 / p>d INVITE {X-CID: call_1} / d>p 480 / p>d ACK / dialog one / " + firstUp + "b>p 486 / p>b ACK / dialog one / p>a BYE / a>p 200/BYE", "Busy 486 USER_BUSY 200 callee platform routing certain", 3},
	{"two phones of the second ring", firstUp + "b>p 180 / dialog three / to 1003 / p>c INVITE {X-CID: call_1} / c>p 180 / c>p 200+sdp / p>c ACK / dialog two / p>b CANCEL {Reason: SIP;cause=200} / b>p 200/CANCEL / b>p 487 / p>b ACK / wait 5s / dialog three / by callee / c>p BYE / p>c 200/BYE / dialog one / p>a BYE / a>p 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain", 3},
	{"the server ends it", twoParties + "wait 5s / dialog one / p>a BYE / dialog two / p>b BYE / b>p 200/BYE / dialog one / a>p 200/BYE", "Call_Ended 901 Terminated_From_Server 200 platform party talking likely", 2},
	{"the first holds, and the second leaves", twoParties + "wait 5s / dialog one / by callee / a>p re-INVITE+hold / p>a 200+sdp / a>p ACK / wait 2s / dialog two / by callee / b>p BYE / p>b 200/BYE / dialog one / by caller / p>a BYE / a>p 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain", 2},
	{"the second holds, and the first leaves", twoParties + "wait 5s / dialog two / by callee / b>p re-INVITE+hold / p>b 200+sdp / b>p ACK / wait 2s / dialog one / by callee / a>p BYE / p>a 200/BYE / dialog two / by caller / p>b BYE / b>p 200/BYE", "Abandoned 903 Abandoned_On_Hold 200 caller party hold certain", 2},
}

// The server p calls a and, when a has answered, b: nothing but X-CID says so.
const (
	firstUp    = "from 1002 / to 1001 / p>a INVITE {X-CID: call_1} / a>p 180 / a>p 200+sdp / p>a ACK / dialog two / p>b INVITE {X-CID: call_1} / "
	twoParties = firstUp + "b>p 180 / b>p 200+sdp / p>b ACK / "
)

func TestCallsThatAServerMakes(t *testing.T) {
	for _, x := range outwardRows {
		t.Run(x.name, func(t *testing.T) {
			calls, _ := newTape(t).write(x.script).run(Options{})
			if len(calls) != 1 {
				t.Fatalf("%d calls", len(calls))
			}
			r := &calls[0].Record
			if got := line(r); got != x.want {
				t.Errorf("\n got %s\nwant %s\n%q", got, x.want, r.Notes)
			}
			if len(r.Legs) != x.legs || r.Legs[0].Direction != "out" || r.From.Number != "1001" || r.To.Number != "1002" {
				t.Errorf("from %s to %s, legs %+v", r.From.Number, r.To.Number, r.Legs)
			}
			made := func(e outcome.Evidence) bool { return e.Text == "originate by the server" }
			if !slices.ContainsFunc(r.Evidence, made) {
				t.Errorf("the evidence does not say that the server made the call: %+v", r.Evidence)
			}
		})
	}
}

// TestBranchesOfAnUnseenCall: where the caller's side was not captured, phones that a
// server rang together are no call of one with the other.
func TestBranchesOfAnUnseenCall(t *testing.T) {
	calls, _ := newTape(t).write("p>a INVITE {X-CID: unseen@example.com} / dialog two / p>b INVITE {X-CID: unseen@example.com} / b>p 180 / dialog one / a>p 180 / dialog two / b>p 200+sdp / p>b ACK / dialog one / p>a CANCEL {Reason: SIP;cause=200} / a>p 200/CANCEL / a>p 487 / p>a ACK / wait 9s / dialog two / by callee / b>p BYE / p>b 200/BYE").run(Options{})
	want := map[string]string{
		"one@example.com": "Cancelled 487 PICKED_OFF 487 caller no ringing certain",
		"two@example.com": "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain",
	}
	if len(calls) != 2 {
		t.Fatalf("%d calls, want the two branches", len(calls))
	}
	for _, c := range calls {
		if got := line(&c.Record); got != want[c.Record.Legs[0].SIPCallID] {
			t.Errorf("%s:\n got %s\nwant %s", c.Record.Legs[0].SIPCallID, got, want[c.Record.Legs[0].SIPCallID])
		}
	}
}

// TestCancelOfAnUnseenCall: the server's ring timer and a caller who gives up look alike.
func TestCancelOfAnUnseenCall(t *testing.T) {
	const rings = " / b>p 180 / wait 20s / p>b CANCEL / b>p 200/CANCEL / b>p 487 / p>b ACK"
	for invite, want := range map[string]string{
		"p>b INVITE {X-CID: unseen@example.com}": "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing likely",
		"p>b INVITE {X-CID: one@example.com}":    "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain", // its own
		"p>b INVITE":                             "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain",
	} {
		calls, _ := newTape(t).write(invite + rings).run(Options{})
		if got := line(&calls[0].Record); len(calls) != 1 || got != want {
			t.Errorf("%s: %d calls\n got %s\nwant %s", invite, len(calls), got, want)
		}
	}
}

// TestWhoTakesACallOverHangsUp: its INVITE came to the server, whatever place it has taken.
func TestWhoTakesACallOverHangsUp(t *testing.T) {
	const (
		taken   = mainCall + "dialog new / c>p INVITE {Replaces: main2@example.com;to-tag=bmain2;from-tag=amain2@example.com} / p>c 200+sdp / c>p ACK / dialog main2 / p>b BYE / b>p 200/BYE / wait 9s / "
		held    = "dialog new / by caller / c>p re-INVITE+hold / p>c 200+sdp / c>p ACK / wait 3s / "
		leaves  = "dialog new / by caller / c>p BYE / p>c 200/BYE / dialog one / by callee / p>a BYE / a>p 200/BYE"
		caller  = "dialog one / by caller / a>p BYE / p>a 200/BYE / dialog new / by callee / p>c BYE / c>p 200/BYE"
		inwards = mainCall + "dialog consult / from 1003 / to 1002 / c>p INVITE / p>c 180 / dialog consult2 / from 1003 / to 1002 / p>b INVITE {X-CID: consult@example.com} / b>p 180 / b>p 200+sdp / p>b ACK / dialog consult / p>c 200+sdp / c>p ACK / wait 2s / " +
			"dialog main2 / by callee / b>p REFER {Refer-To: <sip:1003@example.com?Replaces=consult2%40example.com%3Bto-tag%3Dbconsult2%3Bfrom-tag%3Daconsult2%40example.com>} / p>b 202/REFER / by caller / p>b BYE / b>p 200/BYE / dialog consult2 / p>b BYE / b>p 200/BYE / wait 20s / " +
			"dialog consult / by caller / c>p BYE / p>c 200/BYE / dialog one / by callee / p>a BYE / a>p 200/BYE"
	)
	for name, x := range map[string]struct{ script, want string }{
		"who has taken it":              {taken + leaves, "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
		"the caller":                    {taken + caller, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		"the caller, held":              {taken + held + caller, "Abandoned 903 Abandoned_On_Hold 200 caller party hold certain"},
		"who had called the transferor": {inwards, "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
	} {
		calls, _ := newTape(t).write(x.script).run(Options{})
		for _, c := range calls {
			if got := line(&c.Record); c.Record.Legs[0].SIPCallID == "one@example.com" && got != x.want {
				t.Errorf("%s leaves:\n got %s\nwant %s\n%q", name, got, x.want, c.Record.Notes)
			}
		}
	}
}
