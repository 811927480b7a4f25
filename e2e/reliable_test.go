package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// prack acknowledges the reliable provisional response received last.
func (s *scenario) prack(code int) *scenario {
	s.add(fmt.Sprintf(`<recv response="100" optional="true"/>
<recv response="%d" rrs="true"><action><ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" check_it="true" assign_to="rseq"/></action></recv>`, code))
	s.callerRequest("PRACK", 2, "RAck: [$rseq] 1 INVITE")
	return s.add(`<recv response="200"/>`)
}

func TestRFC3262Section3_TheCallersPrackIsTaken(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	b := callee(t, uas().answer(180, "Ringing").pause(300*time.Millisecond).answer(200, "OK").recvRequest("ACK").recvRequest("BYE").plain(200, "OK"))
	a := caller(t, srv, uac("Require: 100rel").prack(180).recv(200).ack().callerRequest("BYE", 3).recv(200), b.number())
	a.wait()
	b.wait()
	expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, srv.record())
}

func TestRFC3262Section3_NoPrackFor64T1(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	b := callee(t, uas().answer(180, "Ringing").add(`<recv request="CANCEL" timeout="30000"/>`).plain(200, "OK").respond(487, "Request Terminated", "", "CSeq: 1 INVITE"))
	a := caller(t, srv, uac("Require: 100rel").recv(504, 100, 180).ackFailed(), b.number())
	a.wait()
	expected{status: "Call Failed", reason: "RECOVERY_ON_TIMER_EXPIRE", by: "network", answered: "no", detail: "no_prack", code: 504, final: 504}.check(t, srv.record())
	if n := strings.Count(a.messages(), "\nRSeq: "); n < 4 {
		t.Errorf("the 180 came %d times, want it repeated", n)
	}
}

func TestSection8_1_3_4_EachContactOfARedirectIsTried(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	c := callee(t, uas().answer(486, "Busy Here").recvRequest("ACK"))
	d := callee(t, answered())
	// The Contact that sipp adds by itself leads to no number of ours.
	b := callee(t, uas().answer(302, "Moved", fmt.Sprintf("Contact: <sip:%s@example.com>;q=0.2, <sip:%s@example.com>;q=0.9", d.number(), c.number())).recvRequest("ACK"))
	a := caller(t, srv, talk().bye().recv(200), b.number())
	a.wait()
	for _, p := range []*sipp{b, c, d} {
		p.wait()
	}
	r := srv.record()
	expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, r)
	var legs []string
	for _, l := range r.Legs[1:] {
		legs = append(legs, fmt.Sprint(l.FinalCode, " ", l.Reason))
	}
	if got := strings.Join(legs, ", "); got != "302 CALL_FORWARD, 486 USER_BUSY, 200 NORMAL_CLEARING" {
		t.Errorf("legs: %s", got)
	}
}
