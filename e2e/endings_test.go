package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
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
	if r.TalkMS < 250 || r.TalkMS > 60_000 || r.AnsweredAt == nil || r.RingingAt == nil {
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
	expected{status: "Call Failed", reason: "NETWORK_OUT_OF_ORDER", by: "network", answered: "no", code: 502, final: 503}.check(t, r)
	if r.DurationMS >= 6400 {
		t.Errorf("a closed port must be known before timer B says so, after 64*T1: it took %d ms", r.DurationMS)
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

func TestCancelCrossesThe200(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	// The callee answers the CANCEL with nothing and its INVITE with 200: it must get ACK and BYE.
	b := callee(t, uas().answer(180, "Ringing").recvRequest("CANCEL").plain(200, "OK").
		respond(200, "OK", sdpBody, "X-Late: yes").recvRequest("ACK").recvRequest("BYE").plain(200, "OK"))
	a := caller(t, srv, uac().recv(180, 100).cancel().recv(200).recv(487).ackFailed(), b.number())
	a.wait()
	expected{status: "Cancelled", reason: "ORIGINATOR_CANCEL", by: "caller", answered: "no", code: 487, final: 487}.check(t, srv.record())
}

func TestHangUpByCommand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		up   bool
		want expected
	}{
		{"ringing", false, expected{status: "Cancelled", reason: "MANAGER_REQUEST", by: "platform", answered: "no", code: 480, final: 480}},
		{"answered", true, expected{status: "Call Ended", reason: "MANAGER_REQUEST", by: "platform", answered: "party", code: 200, final: 200}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := start(t, "")
			bs, as := uas().answer(180, "Ringing"), uac()
			if c.up {
				bs.answer(200, "OK").recvRequest("ACK").recvRequest("BYE").plain(200, "OK")
				as.recv(200, 100, 180).ack().recvRequest("BYE").plain(200, "OK")
			} else {
				bs.recvRequest("CANCEL").plain(200, "OK")
				as.recv(180, 100).recv(480).ackFailed()
			}
			b := callee(t, bs)
			a := caller(t, srv, as, b.number())
			var id string
			eventually(t, 10*time.Second, func() bool {
				id = srv.liveCall(c.up)
				return id != ""
			}, a.messages)
			if out, err := exec.Command(binary, "calls", "hangup", id, "--data", filepath.Join(srv.data, "store")).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			a.wait()
			c.want.check(t, srv.record())
		})
	}
}

func TestGracefulStop(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	b := callee(t, answered())
	a := caller(t, srv, talk().recvRequest("BYE").plain(200, "OK"), b.number())
	eventually(t, 10*time.Second, func() bool { return srv.liveCall(true) != "" }, a.messages)
	srv.stop()
	a.wait()
	b.wait()
	expected{status: "Call Ended", reason: "Terminated_From_Server", by: "platform", answered: "party", detail: "shutdown", code: 901, final: 200}.check(t, srv.record())
}

func TestOwnPhoneAndARestart(t *testing.T) {
	t.Parallel()
	srv := start(t, `
users:
  - {name: "100", password: "secret-horse-100"}
`)
	b := callee(t, uas().answer(603, "Decline").recvRequest("ACK"))
	out, err := exec.Command(binary, "phone", "--user", "100", "--password", "secret-horse-100", "--domain", "example.com", "--server", srv.udp,
		"--listen", "127.0.0.1:0", "call", b.number(), "--expect-code=603").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	r := srv.record()
	expected{status: "Declined", reason: "CALL_REJECTED", by: "callee", answered: "no", code: 603, final: 603}.check(t, r)
	if r.User != "100" {
		t.Errorf("got user %q", r.User)
	}
	srv.stop()
	srv.run()
	if again := srv.record(); again.ID != r.ID {
		t.Errorf("a record is another after a restart: %s, %s", r.ID, again.ID)
	}
}

func TestReloadTouchesNoCallAndABadFileChangesNothing(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	b := callee(t, answered())
	a := caller(t, srv, talk().add(`<recv request="INFO" timeout="60000"/>`).plain(200, "OK").bye().recv(200), b.number())
	eventually(t, 10*time.Second, func() bool { return srv.liveCall(true) != "" }, a.messages)
	good, err := os.ReadFile(srv.conf)
	if err != nil {
		t.Fatal(err)
	}
	srv.reload(string(good)+"nonsense: 1\n", "configuration not changed")
	srv.reload(strings.Replace(string(good), "600", "601", 1), "configuration read again")
	sendInfo(t, srv, a)
	a.wait()
	b.wait()
	expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, srv.record())
	caller(t, srv, uac().recv(404, 100).ackFailed(), "600").wait()
	caller(t, srv, uac().recv(200, 100).ack().bye().recv(200), "601").wait()
	srv.records(3)
}
