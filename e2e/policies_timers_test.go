package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// moved is a 302 to another number.
func moved(to string) *scenario {
	return uas().answer(302, "Moved Temporarily", "Contact: <sip:"+to+"@example.com>").recvRequest("ACK")
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	notFollowed := expected{status: "Call Failed", reason: "REDIRECTION_TO_NEW_DESTINATION", by: "callee", answered: "no", code: 302, final: 410}
	t.Run("none is followed", func(t *testing.T) {
		t.Parallel()
		srv := startPolicies(t, "policies: {redirects: 0}")
		b := callee(t, redirecting("600"))
		caller(t, srv, uac().recv(410, 100).ackFailed(), b.number()).wait()
		notFollowed.check(t, srv.record())
	})
	t.Run("one is followed", func(t *testing.T) {
		t.Parallel()
		srv := startPolicies(t, "policies: {redirects: 1}")
		second := callee(t, redirecting("600"))
		first := callee(t, redirecting(second.number()))
		caller(t, srv, uac().recv(410, 100).ackFailed(), first.number()).wait()
		notFollowed.check(t, srv.record())
	})
	t.Run("not to a barred number", func(t *testing.T) {
		t.Parallel()
		srv := startPolicies(t, `policies: {outgoing: [{numbers: ["600"]}]}`)
		b := callee(t, redirecting("600"))
		caller(t, srv, uac().recv(410, 100).ackFailed(), b.number()).wait()
		notFollowed.check(t, srv.record())
	})
	t.Run("a loop is found", func(t *testing.T) {
		t.Parallel()
		srv := startPolicies(t, "")
		// The second sends the call back to the first.
		port := freePort(t, "127.0.0.3")
		second := callee(t, redirecting("7"+padPort(port)))
		first := runSipp(t, redirecting(second.number()), "127.0.0.3", "-p", itoa(port))
		first.port = port
		first.listens()
		caller(t, srv, uac().recv(483, 100).ackFailed(), first.number()).wait()
		refusedBy("Call Failed", "EXCHANGE_ROUTING_ERROR", "", 483, 483).check(t, srv.record())
	})
}

// redirecting answers with a 302 whose only Contact is a number of the server's.
func redirecting(number string) *scenario {
	s := moved(number)
	for i := range s.steps {
		s.steps[i] = strings.Replace(s.steps[i], "Contact: <sip:callee@[local_ip]:[local_port];transport=[transport]>\n", "", 1)
	}
	return s
}

func TestProgressTimer(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, "", "ring: 20s", "ring: 20s, progress: 1s")
	b := callee(t, uas().answer(100, "Trying").recvRequest("CANCEL").plain(200, "OK").respond(487, "Request Terminated", "", "CSeq: 1 INVITE"))
	caller(t, srv, uac().recv(408, 100).ackFailed(), b.number()).wait()
	refusedBy("Unreachable", "PROGRESS_TIMEOUT", "", 408, 408).check(t, srv.record())
}

func TestInvitesExpires(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, "")
	b := callee(t, uas().answer(180, "Ringing").recvRequest("CANCEL").plain(200, "OK").respond(487, "Request Terminated", "", "CSeq: 1 INVITE"))
	caller(t, srv, uac("Expires: 1").recv(487, 100, 180).ackFailed(), b.number()).wait()
	refusedBy("Not Answered", "NO_ANSWER", "expires", 480, 487).check(t, srv.record())
}

// hungUp is a caller whose call is answered and ended by the server.
func hungUp() *scenario { return talk().recvRequest("BYE").plain(200, "OK") }

func TestLongestCall(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, "", "ring: 20s", "ring: 20s, max_call: 1s")
	b := callee(t, answered())
	a := caller(t, srv, hungUp(), b.number())
	a.wait()
	b.wait()
	expected{status: "Call Ended", reason: "Terminated_From_Server", by: "platform", answered: "party", detail: "max_duration", code: 901, final: 200}.check(t, srv.record())
}

func TestNoRTP(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, "", "rtp: {timeout: 60s}", "rtp: {timeout: 1s}")
	b := callee(t, answered())
	a := caller(t, srv, hungUp(), b.number())
	a.wait()
	b.wait()
	r := srv.record()
	expected{status: "Call Ended", reason: "RECOVERY_ON_TIMER_EXPIRE", by: "network", answered: "party", detail: "media_timeout", code: 200, final: 200}.check(t, r)
}

func TestStopDrainsAndRefusesNewCalls(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, "")
	b := callee(t, answered())
	up := caller(t, srv, hungUp(), b.number())
	eventually(t, 10*time.Second, func() bool { return srv.liveCall(true) != "" }, up.messages)
	_ = srv.cmd.Process.Signal(syscall.SIGTERM)
	late := caller(t, srv, uac().recv(503, 100).ackFailed(), "600")
	late.wait()
	up.wait()
	b.wait()
	if err := srv.cmd.Wait(); err != nil {
		t.Errorf("the server ended badly: %v\n%s", err, srv.log)
	}
	recs := srv.records(2)
	expected{status: "Call Ended", reason: "Terminated_From_Server", by: "platform", answered: "party", detail: "shutdown", code: 901, final: 200}.check(t, recs[0])
	refusedBy("Unreachable", "SWITCH_CONGESTION", "shutdown", 503, 503).check(t, recs[1])
}

// TestSessionTimerRunsOut takes a minute: RFC 4028 section 4 allows no interval below 90 s.
func TestSessionTimerRunsOut(t *testing.T) {
	t.Parallel()
	for _, refresher := range []string{"uas", "uac"} {
		t.Run(refresher, func(t *testing.T) {
			t.Parallel()
			srv := startPolicies(t, "", "ring: 20s", "ring: 20s, session: 90s", "rtp: {timeout: 60s}", "rtp: {timeout: 0s}")
			s := uas().answer(180, "Ringing").answer(200, "OK", "Require: timer", "Session-Expires: 90;refresher="+refresher).recvRequest("ACK")
			want := expected{status: "Call Ended", reason: "RECOVERY_ON_TIMER_EXPIRE", by: "network", answered: "party", detail: "session_timer", code: 200, final: 200}
			if refresher == "uac" {
				// Our refresh gets no answer.
				want.detail = "in_dialog_timeout"
				s.add(`<recv request="INVITE" timeout="70000"/>`)
			}
			b := callee(t, s.pause(80*time.Second))
			a := caller(t, srv, talk().add(`<recv request="BYE" timeout="75000"/>`).plain(200, "OK"), b.number())
			a.wait()
			want.check(t, srv.record())
		})
	}
}
