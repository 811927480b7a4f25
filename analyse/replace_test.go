package analyse

import "testing"

// Hosts: a is the customer, b the agent, c the colleague, p the server.
const (
	mainCall    = "a>p INVITE / p>a 180 / dialog main2 / p>b INVITE {X-CID: one@example.com} / b>p 180 / b>p 200+sdp / p>b ACK / dialog one / p>a 200+sdp / a>p ACK / wait 3s / "
	consultCall = "dialog consult / from 1002 / to 1003 / b>p INVITE / p>b 180 / dialog consult2 / from 1002 / to 1003 / p>c INVITE {X-CID: consult@example.com} / c>p 180 / c>p 200+sdp / p>c ACK / dialog consult / p>b 200+sdp / b>p ACK / wait 2s / "
	joinedCall  = "dialog main2 / by callee / b>p REFER {Refer-To: <sip:1002@example.com?Replaces=consult%40example.com%3Bto-tag%3Dbconsult%3Bfrom-tag%3Daconsult%40example.com>} / p>b 202/REFER / " +
		"by caller / p>b BYE / b>p 200/BYE / dialog consult / by callee / p>b BYE / b>p 200/BYE / wait 20s / "
)

func TestRFC5589Section7_AttendedTransferJoinsTwoCalls(t *testing.T) {
	for _, x := range []struct{ name, end, main string }{
		{"the colleague hangs up", "dialog consult2 / by callee / c>p BYE / p>c 200/BYE / dialog one / by callee / p>a BYE / a>p 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
		{"the customer hangs up", "dialog one / by caller / a>p BYE / p>a 200/BYE / dialog consult2 / by caller / p>c BYE / c>p 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
	} {
		t.Run(x.name, func(t *testing.T) {
			calls, _ := newTape(t).write(mainCall + consultCall + joinedCall + x.end).run(Options{})
			if len(calls) != 2 {
				t.Fatalf("%d calls, want 2", len(calls))
			}
			for _, c := range calls {
				want, legs := x.main, []string{"", "ATTENDED_TRANSFER", ""}
				if c.Record.Legs[0].SIPCallID == "consult@example.com" {
					want, legs = "Call_Ended 200 ATTENDED_TRANSFER 200 caller party talking likely", []string{"ATTENDED_TRANSFER", ""}
				}
				if got := line(&c.Record); got != want {
					t.Errorf("%s\n got %s\nwant %s\n%q", c.Record.Legs[0].SIPCallID, got, want, c.Record.Notes)
				}
				if len(c.Record.Legs) != len(legs) {
					t.Fatalf("%s has %d legs, want %d", c.Record.Legs[0].SIPCallID, len(c.Record.Legs), len(legs))
				}
				for i, l := range c.Record.Legs {
					if legs[i] != "" && l.Reason != legs[i] {
						t.Errorf("leg %d ended with %s, want %s", i+1, l.Reason, legs[i])
					}
				}
			}
		})
	}
}
