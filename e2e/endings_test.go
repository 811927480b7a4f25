package e2e

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// answered is a callee that rings, answers, and waits for BYE.
func answered() *scenario {
	return uas().answer(180, "Ringing").answer(200, "OK").recvRequest("ACK").recvRequest("BYE").plain(200, "OK")
}

// talk is a caller whose call is answered.
func talk() *scenario { return uac().recv(200, 100, 180).ack() }

func TestCallerHangsUp(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	b := callee(t, answered())
	a := caller(t, srv, talk().pause(300*time.Millisecond).bye().recv(200), b.number())
	a.wait()
	b.wait()
	r := srv.record()
	expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, r)
	if r.TalkMS < 250 || r.TalkMS > 5000 || r.AnsweredAt == nil || r.RingingAt == nil {
		t.Errorf("talked %d ms, ringing %v, answered %v", r.TalkMS, r.RingingAt, r.AnsweredAt)
	}
	if !strings.Contains(b.messages(), "Reason: Q.850;cause=16") {
		t.Errorf("the BYE to the callee must say why:\n%s", b.messages())
	}
}

func TestCalleeHangsUp(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	b := callee(t, uasKeeping().answer(180, "Ringing").answer(200, "OK").recvRequest("ACK").pause(200*time.Millisecond).calleeBye().recv(200))
	a := caller(t, srv, talk().recvRequest("BYE").plain(200, "OK"), b.number())
	a.wait()
	b.wait()
	expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "callee", answered: "party", code: 200, final: 200}.check(t, srv.record())
}

func TestFinals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		ring    bool
		code    int
		wire    int
		headers []string
		want    expected
	}{
		{"486", true, 486, 486, nil, expected{status: "Busy", reason: "USER_BUSY", by: "callee", answered: "no", code: 486, final: 486}},
		{"603", true, 603, 603, nil, expected{status: "Declined", reason: "CALL_REJECTED", by: "callee", answered: "no", code: 603, final: 603}},
		{"404", false, 404, 404, nil, expected{status: "Call Failed", reason: "UNALLOCATED_NUMBER", by: "network", answered: "no", code: 404, final: 404}},
		{"480-at-once", false, 480, 480, nil, expected{status: "Unreachable", reason: "SUBSCRIBER_ABSENT", by: "callee", answered: "no", code: 480, final: 480}},
		{"480-after-ringing", true, 480, 480, nil, expected{status: "Not Answered", reason: "NO_ANSWER", by: "callee", answered: "no", code: 480, final: 480}},
		{"408", false, 408, 408, nil, expected{status: "Unreachable", reason: "NO_USER_RESPONSE", by: "callee", answered: "no", code: 408, final: 408}},
		{"503", false, 503, 500, nil, expected{status: "Call Failed", reason: "NORMAL_TEMPORARY_FAILURE", by: "network", answered: "no", code: 503, final: 500}},
		{"600", false, 600, 600, nil, expected{status: "Busy", reason: "USER_BUSY", by: "callee", answered: "no", code: 600, final: 600}},
		{"480-cause-17", false, 480, 480, []string{"Reason: Q.850;cause=17"}, expected{status: "Busy", reason: "USER_BUSY", by: "callee", answered: "no", code: 480, final: 480}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := start(t, "")
			s := uas()
			if c.ring {
				s.answer(180, "Ringing")
			}
			b := callee(t, s.answer(c.code, "No", c.headers...).recvRequest("ACK"))
			a := caller(t, srv, uac().recv(c.wire, 100, 180).ackFailed(), b.number())
			a.wait()
			b.wait()
			c.want.check(t, srv.record())
		})
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	b := callee(t, uas().answer(180, "Ringing").recvRequest("CANCEL").plain(200, "OK").respond(487, "Request Terminated", "", "CSeq: 1 INVITE"))
	a := caller(t, srv, uac().recv(480, 100, 180).ackFailed(), b.short())
	a.wait()
	expected{status: "Not Answered", reason: "NO_ANSWER", by: "platform", answered: "no", code: 480, final: 480}.check(t, srv.record())
}

func TestNoReplyAtAll(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	b := callee(t, uas().pause(15*time.Second))
	a := caller(t, srv, uac().recv(408, 100).ackFailed(), b.number())
	a.wait()
	expected{status: "Unreachable", reason: "NO_USER_RESPONSE", by: "network", answered: "no", code: 408, final: 408}.check(t, srv.record())
}

func TestCallerCancels(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	b := callee(t, uas().answer(180, "Ringing").recvRequest("CANCEL").plain(200, "OK"))
	a := caller(t, srv, uac().recv(180, 100).cancel().recv(200).recv(487).ackFailed(), b.number())
	a.wait()
	expected{status: "Cancelled", reason: "ORIGINATOR_CANCEL", by: "caller", answered: "no", code: 487, final: 487}.check(t, srv.record())
}

func TestByeWithReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ cause, reason, by string }{
		{"17", "USER_BUSY", "callee"},
		{"38", "NETWORK_OUT_OF_ORDER", "network"},
		{"127", "INTERWORKING", "network"},
	} {
		t.Run(c.cause, func(t *testing.T) {
			t.Parallel()
			srv := start(t, "")
			b := callee(t, uasKeeping().answer(180, "Ringing").answer(200, "OK").recvRequest("ACK").pause(100*time.Millisecond).calleeBye("Reason: Q.850;cause="+c.cause).recv(200))
			a := caller(t, srv, talk().recvRequest("BYE").plain(200, "OK"), b.number())
			a.wait()
			b.wait()
			expected{status: "Call Ended", reason: c.reason, by: c.by, answered: "party", code: 200, final: 200}.check(t, srv.record())
			if !strings.Contains(a.messages(), "Reason: Q.850;cause="+c.cause) {
				t.Errorf("the reason must reach the caller:\n%s", a.messages())
			}
		})
	}
}

func TestNoAckToThe200(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	b := callee(t, answered())
	a := caller(t, srv, uac().recv(200, 100, 180).add(`<recv request="BYE" timeout="30000"/>`).plain(200, "OK"), b.number())
	a.wait()
	b.wait()
	expected{status: "Call Ended", reason: "RECOVERY_ON_TIMER_EXPIRE", by: "network", answered: "party", detail: "no_ack", code: 200, final: 200}.check(t, srv.record())
}

func TestConnectionRefused(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	a := caller(t, srv, uac().recv(503, 100, 500).ackFailed(), "7"+padPort(freePort(t, "127.0.0.3")))
	a.wait()
	r := srv.record()
	if r.Status != "Unreachable" && r.Status != "Call Failed" || r.DurationMS > 3000 {
		t.Errorf("a closed port must be known at once, got %s after %d ms", r.Status, r.DurationMS)
	}
}

func padPort(n int) string {
	s := "00000" + itoa(n)
	return s[len(s)-5:]
}

func TestKilledInMidCall(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	b := callee(t, uas().answer(180, "Ringing").answer(200, "OK").recvRequest("ACK").pause(20*time.Second))
	a := caller(t, srv, talk().pause(20*time.Second), b.number())
	eventually(t, 10*time.Second, func() bool { return strings.Contains(a.messages(), "ACK sip:") }, a.messages)
	srv.kill()
	srv.run()
	r := srv.record()
	expected{status: "Call Ended", reason: "Terminated_From_Server", by: "platform", answered: "party", detail: "recovered", code: 901, final: 200}.check(t, r)
	if r.Confidence != "likely" {
		t.Errorf("confidence %s, want likely", r.Confidence)
	}
}
func itoa(n int) string { return strconv.Itoa(n) }
