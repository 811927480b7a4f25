package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"onhook/outcome"
)

// recordOf waits for the record of the call to a number.
func (s *server) recordOf(number string) outcome.Record {
	s.t.Helper()
	var found []outcome.Record
	eventually(s.t, 10*time.Second, func() bool {
		out, err := exec.Command(binary, "calls", "--data", filepath.Join(s.data, "store"), "--json", "--to", number).Output()
		if err != nil {
			return false
		}
		found = nil
		for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
			var r outcome.Record
			if err := dec.Decode(&r); err != nil {
				s.t.Fatalf("calls --json: %v\n%s", err, out)
			}
			found = append(found, r)
		}
		return len(found) > 0
	}, func() string { return "there is no record of a call to " + number + "\n" + s.log.String() })
	if len(found) != 1 {
		s.t.Fatalf("%d calls to %s have a record, want 1", len(found), number)
	}
	return found[0]
}

// of uses a server of another test.
func (s *server) of(t *testing.T) *server {
	c := *s
	c.t = t
	return &c
}

// saw checks that a caller was sent this final code with this Reason: the Q.850
// cause, 0 for a final without one.
func (p *sipp) saw(code, cause int) {
	p.t.Helper()
	for _, m := range strings.Split(strings.ReplaceAll(p.messages(), "\r\n", "\n"), "\nSIP/2.0 ") {
		if !strings.HasPrefix(m, itoa(code)+" ") {
			continue
		}
		head, _, _ := strings.Cut(m, "\n\n")
		got := 0
		for l := range strings.Lines(head) {
			if v, ok := strings.CutPrefix(l, "Reason: Q.850;cause="); ok {
				v, _, _ = strings.Cut(strings.TrimSpace(v), ";")
				got, _ = strconv.Atoi(v)
			}
		}
		if got != cause {
			p.t.Errorf("the %d has the Q.850 cause %d, want %d:\n%s", code, got, cause, head)
		}
		return
	}
	p.t.Errorf("the caller never got a %d:\n%s", code, p.messages())
}

// TestReasonsOfARefusal: a foreign callee refuses, by a code alone or with the
// ISDN cause that explains it. Each row is one of outcome/reasons.csv: how to
// produce it in a test.
func TestReasonsOfARefusal(t *testing.T) {
	t.Parallel()
	shared := start(t, "")
	for _, c := range []struct {
		reason string
		code   int // the callee's final
		header string
		status string
		by     string
		final  int // what the caller is sent: the code, but 503 as 500 and 3xx as 410 (RFC 3261 section 16.7)
		cause  int // of the Reason that the caller is sent: the received one, or the reason's own
	}{
		{"OUTGOING_CALL_BARRED", 402, "", "Call Failed", "network", 402, 53},
		{"INCOMING_CALL_BARRED", 403, "Q.850;cause=55", "Call Failed", "network", 403, 55},
		{"BEARERCAPABILITY_NOTAUTH", 403, "Q.850;cause=57", "Call Failed", "network", 403, 57},
		{"BEARERCAPABILITY_NOTAVAIL", 503, "Q.850;cause=58", "Call Failed", "network", 500, 58},
		{"UNALLOCATED_NUMBER", 604, "", "Call Failed", "network", 604, 1},
		{"NO_ROUTE_TRANSIT_NET", 404, "Q.850;cause=2", "Call Failed", "network", 404, 2},
		{"NO_ROUTE_DESTINATION", 404, "Q.850;cause=3", "Call Failed", "network", 404, 3},
		{"NUMBER_CHANGED", 410, "", "Call Failed", "network", 410, 22},
		{"REDIRECTION_TO_NEW_DESTINATION", 302, "", "Call Failed", "callee", 410, 23},
		{"EXCHANGE_ROUTING_ERROR", 483, "", "Call Failed", "network", 483, 25},
		{"INVALID_NUMBER_FORMAT", 484, "", "Call Failed", "network", 484, 28},
		{"INCOMPATIBLE_DESTINATION", 488, "", "Call Failed", "callee", 488, 88},
		{"INVALID_MSG_UNSPECIFIED", 488, "Q.850;cause=95", "Call Failed", "network", 488, 95},
		{"MANDATORY_IE_MISSING", 488, "Q.850;cause=96", "Call Failed", "network", 488, 96},
		{"MESSAGE_TYPE_NONEXIST", 488, "Q.850;cause=97", "Call Failed", "network", 488, 97},
		{"WRONG_MESSAGE", 488, "Q.850;cause=98", "Call Failed", "network", 488, 98},
		{"IE_NONEXIST", 488, "Q.850;cause=99", "Call Failed", "network", 488, 99},
		{"INVALID_IE_CONTENTS", 488, "Q.850;cause=100", "Call Failed", "network", 488, 100},
		{"WRONG_CALL_STATE", 488, "Q.850;cause=101", "Call Failed", "network", 488, 101},
		{"BEARERCAPABILITY_NOTIMPL", 488, "Q.850;cause=65", "Call Failed", "callee", 488, 65},
		{"CHAN_NOT_IMPLEMENTED", 488, "Q.850;cause=66", "Call Failed", "network", 488, 66},
		{"FACILITY_REJECTED", 501, "Q.850;cause=29", "Call Failed", "network", 501, 29},
		{"FACILITY_NOT_IMPLEMENTED", 501, "Q.850;cause=69", "Call Failed", "network", 501, 69},
		{"SERVICE_NOT_IMPLEMENTED", 501, "", "Call Failed", "network", 501, 79},
		{"NORMAL_CIRCUIT_CONGESTION", 503, "Q.850;cause=34", "Unreachable", "network", 500, 34},
		{"SWITCH_CONGESTION", 503, "Q.850;cause=42", "Unreachable", "network", 500, 42},
		{"REQUESTED_CHAN_UNAVAIL", 503, "Q.850;cause=44", "Call Failed", "network", 500, 44},
		{"RECOVERY_ON_TIMER_EXPIRE", 504, "", "Call Failed", "network", 504, 102},
		{"FACILITY_NOT_SUBSCRIBED", 403, "Q.850;cause=50", "Call Failed", "network", 403, 50},
		{"RESPONSE_TO_STATUS_ENQUIRY", 480, "Q.850;cause=30", "Call Failed", "network", 480, 30},
		{"SERVICE_UNAVAILABLE", 405, "", "Call Failed", "network", 405, 63},
		{"INVALID_CALL_REFERENCE", 481, "", "Call Failed", "network", 481, 81},
		{"MANDATORY_IE_LENGTH_ERROR", 400, "Q.850;cause=103", "Call Failed", "network", 400, 103},
		{"PROTOCOL_ERROR", 500, "Q.850;cause=111", "Call Failed", "network", 500, 111},
		{"INTERWORKING", 420, "", "Call Failed", "network", 420, 127},
		{"CHANNEL_UNACCEPTABLE", 500, "Q.850;cause=6", "Call Failed", "network", 500, 6},
		{"CALL_AWARDED_DELIVERED", 480, "Q.850;cause=7", "Call Failed", "network", 480, 7},
		{"DESTINATION_OUT_OF_ORDER", 430, "", "Unreachable", "callee", 430, 27}, // RFC 5626
		{"ACCESS_INFO_DISCARDED", 500, "Q.850;cause=43", "Call Failed", "network", 500, 43},
		// A specific code is not overruled by a cause of another status (rules, section 5), and its own cause is sent on.
		{"CALL_REJECTED", 603, "Q.850;cause=17", "Declined", "callee", 603, 21},
	} {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			srv := shared.of(t)
			var headers []string
			if c.header != "" {
				headers = []string{"Reason: " + c.header}
			}
			final := uas().respond(c.code, "No", "", headers...)
			if c.code == 302 { // a Contact that nobody may use is none
				final = uas().send("SIP/2.0 302 Moved\n[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]s[call_number]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n\n")
			}
			b := callee(t, final.recvRequest("ACK"))
			a := caller(t, srv, uac().recv(c.final, 100).ackFailed(), b.number())
			a.wait()
			b.wait()
			expected{status: c.status, reason: c.reason, by: c.by, answered: "no", code: c.code, final: c.final}.check(t, srv.recordOf(b.number()))
			a.saw(c.final, c.cause)
		})
	}
}

// spoil changes the first message of a scenario.
func (s *scenario) spoil(old, with string) *scenario {
	if !strings.Contains(s.steps[0], old) {
		panic("the scenario has no " + old)
	}
	s.steps[0] = strings.Replace(s.steps[0], old, with, 1)
	return s
}

// TestReasonsOfTheServersOwn: the server refuses, and nothing leaves for anybody.
func TestReasonsOfTheServersOwn(t *testing.T) {
	t.Parallel()
	shared := start(t, users)
	for _, c := range []struct {
		name   string
		uac    *scenario
		number string
		want   expected // its code is what is shown, its final what is sent
		cause  int
	}{
		{
			"no-such-extension", uac(), "199",
			expected{status: "Call Failed", reason: "UNALLOCATED_NUMBER", code: 404, final: 404},
			1,
		},
		{
			"no-route", uac(), "004412345678",
			expected{status: "Call Failed", reason: "NO_ROUTE_DESTINATION", code: 404, final: 404},
			3,
		},
		{
			"not-registered", uac(), "100",
			expected{status: "Unreachable", reason: "USER_NOT_REGISTERED", code: 480, final: 480},
			0,
		},
		{
			"max-forwards-0", uac().spoil("Max-Forwards: 70", "Max-Forwards: 0"), "6000001",
			expected{status: "Call Failed", reason: "EXCHANGE_ROUTING_ERROR", code: 483, final: 483},
			25,
		},
		{
			"require-foo", uac("Require: foo"), "6000002",
			expected{status: "Call Failed", reason: "FACILITY_NOT_IMPLEMENTED", code: 501, final: 420},
			69,
		},
		{
			"no-contact", uac().spoil("Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>\n", ""), "6000003",
			expected{status: "Call Failed", reason: "MANDATORY_IE_MISSING", code: 488, final: 400},
			96,
		},
		{
			"broken-sdp", uac().spoil("v=0\n", "this is no session description\n"), "600005",
			expected{status: "Call Failed", reason: "INVALID_IE_CONTENTS", code: 488, final: 400},
			100,
		},
		{
			"no-common-codec", uac().spoil("RTP/AVP 8\na=rtpmap:8 PCMA/8000", "RTP/AVP 125\na=rtpmap:125 EVS/16000"), "600",
			expected{status: "Call Failed", reason: "INCOMPATIBLE_DESTINATION", code: 488, final: 488},
			88,
		},
		{
			"unknown-body", uac().spoil("Content-Type: application/sdp", "Content-Type: application/x-other"), "6000004",
			expected{status: "Call Failed", reason: "SERVICE_NOT_IMPLEMENTED", code: 501, final: 415},
			79,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := shared.of(t)
			a := caller(t, srv, c.uac.recv(c.want.final, 100).ackFailed(), c.number)
			a.wait()
			c.want.by, c.want.answered = "platform", "no"
			c.want.check(t, srv.recordOf(c.number))
			a.saw(c.want.final, c.cause)
		})
	}
}

// What is encrypted (RTP/SAVP) no application of the server can hear.
func TestReasonOfEncryptedSound(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	a := caller(t, srv, uac().spoil("RTP/AVP 8", "RTP/SAVP 8").recv(488, 100).ackFailed(), "600")
	a.wait()
	expected{"Call Failed", "INCOMPATIBLE_DESTINATION", "platform", "no", "", 488, 488}.check(t, srv.record())
	a.saw(488, 88)
}

// withTrunk is a server whose numbers 8... go to a trunk at a port, with further keys of its own.
func withTrunk(t *testing.T, port int, keys, sections string) *server {
	t.Helper()
	conf := fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`)
	conf = strings.Replace(conf, "routes:\n", fmt.Sprintf("  - {name: carrier, address: \"127.0.0.3:%d\"%s}\nroutes:\n  - {match: \"8(\\\\d+)\", to: \"trunk:carrier\", transit: true}\n", port, keys), 1)
	return startConfig(t, conf+sections)
}

func TestReasonDisabledTrunk(t *testing.T) {
	t.Parallel()
	srv := withTrunk(t, freePort(t, "127.0.0.3"), ", disabled: true", "")
	a := caller(t, srv, uac().recv(503, 100).ackFailed(), "849")
	a.wait()
	expected{status: "Call Failed", reason: "REQUESTED_CHAN_UNAVAIL", by: "platform", answered: "no", code: 503, final: 503}.check(t, srv.record())
	a.saw(503, 44)
}

func TestReasonsOfATrunk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		code int
		want expected
	}{
		{"403", 403, expected{status: "Call Failed", reason: "OUTGOING_CALL_BARRED", by: "network", answered: "no", code: 403, final: 403}},
		{"502", 502, expected{status: "Call Failed", reason: "NETWORK_OUT_OF_ORDER", by: "network", answered: "no", code: 502, final: 502}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := callee(t, uas().respond(c.code, "No", "").recvRequest("ACK"))
			srv := withTrunk(t, b.port, "", "")
			caller(t, srv, uac().recv(c.want.final, 100).ackFailed(), "849").wait()
			b.wait()
			r := srv.record()
			c.want.check(t, r)
			if r.Trunk != "carrier" {
				t.Errorf("got trunk %q, want carrier", r.Trunk)
			}
		})
	}
}

func TestReasonFullTrunk(t *testing.T) {
	t.Parallel()
	b := callee(t, uas().answer(180, "Ringing").recvRequest("CANCEL").plain(200, "OK"))
	srv := withTrunk(t, b.port, ", channels: 1", "")
	first := caller(t, srv, uac().recv(180, 100).add(`<recv request="INFO" timeout="60000"/>`).cancel().recv(200).recv(487).ackFailed(), "849")
	eventually(t, 10*time.Second, func() bool { return srv.liveCall(false) != "" }, first.messages)
	second := caller(t, srv, uac().recv(503, 100).ackFailed(), "850")
	second.wait()
	second.saw(503, 34)
	expected{status: "Unreachable", reason: "NORMAL_CIRCUIT_CONGESTION", by: "platform", answered: "no", code: 503, final: 503}.check(t, srv.recordOf("850"))
	sendInfo(t, srv, first)
	first.wait()
}

func TestReasonServerFull(t *testing.T) {
	t.Parallel()
	b := callee(t, uas().answer(180, "Ringing").recvRequest("CANCEL").plain(200, "OK"))
	srv := start(t, "limits: {calls: 1}\n")
	first := caller(t, srv, uac().recv(180, 100).add(`<recv request="INFO" timeout="60000"/>`).cancel().recv(200).recv(487).ackFailed(), b.number())
	eventually(t, 10*time.Second, func() bool { return srv.liveCall(false) != "" }, first.messages)
	second := caller(t, srv, uac().recv(503, 100).ackFailed(), "600")
	second.wait()
	second.saw(503, 42)
	if !strings.Contains(second.messages(), "Retry-After: ") {
		t.Errorf("our own 503 for congestion says when to come again:\n%s", second.messages())
	}
	expected{status: "Unreachable", reason: "SWITCH_CONGESTION", by: "platform", answered: "no", code: 503, final: 503}.check(t, srv.recordOf("600"))
	sendInfo(t, srv, first)
	first.wait()
}

func TestReasonNoProgress(t *testing.T) {
	t.Parallel()
	srv := startConfig(t, strings.Replace(fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`), "ring: 20s", "ring: 20s, progress: 1s", 1))
	b := callee(t, uas().respond(100, "Trying", "").recvRequest("CANCEL").plain(200, "OK"))
	a := caller(t, srv, uac().recv(408, 100).ackFailed(), b.number())
	a.wait()
	expected{status: "Unreachable", reason: "PROGRESS_TIMEOUT", by: "platform", answered: "no", code: 408, final: 408}.check(t, srv.record())
	a.saw(408, 0)
}

func TestReasonAnsweredElsewhereUpstream(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	b := callee(t, uas().answer(180, "Ringing").recvRequest("CANCEL").plain(200, "OK"))
	a := caller(t, srv, uac().recv(180, 100).cancel(`Reason: SIP;cause=200;text="Call completed elsewhere"`).recv(200).recv(487).ackFailed(), b.number())
	a.wait()
	expected{status: "Cancelled", reason: "PICKED_OFF", by: "caller", answered: "no", code: 487, final: 487}.check(t, srv.record())
}

func TestReasonFollowed302IsALegs(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	target := callee(t, answered())
	b := callee(t, uas().send(fmt.Sprintf("SIP/2.0 302 Moved\n[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]s[call_number]\n[last_Call-ID:]\n[last_CSeq:]\nContact: <sip:%s@example.com>\nContent-Length: 0\n\n", target.number())).recvRequest("ACK"))
	a := caller(t, srv, talk().bye().recv(200), b.number())
	a.wait()
	b.wait()
	target.wait()
	r := srv.record()
	expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, r)
	for _, l := range r.Legs {
		if l.Reason == "CALL_FORWARD" && l.FinalCode == 302 {
			return
		}
	}
	t.Errorf("no leg was forwarded: %+v", r.Legs)
}
