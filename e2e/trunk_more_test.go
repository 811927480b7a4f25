package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// trunksTo is a server with trunks a, b ... at ports of 127.0.0.3; 8 and a number leads to "to". Each entry of
// more is the rest of one trunk's configuration.
func trunksTo(t *testing.T, to string, ports []int, more ...string) *server {
	t.Helper()
	var trunks strings.Builder
	for i, port := range ports {
		extra := ""
		if i < len(more) {
			extra = more[i]
		}
		fmt.Fprintf(&trunks, "  - {name: %c, address: \"127.0.0.3:%d\"%s}\n", 'a'+i, port, extra)
	}
	group := ""
	if len(ports) > 1 {
		group = "trunk_groups:\n  - {name: both, trunks: [{trunk: b, priority: 2}, {trunk: a, priority: 1}]}\n"
	}
	conf := fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`)
	conf = strings.Replace(conf, "routes:\n", trunks.String()+group+"routes:\n"+
		"  - {match: \"8(\\\\d+)\", to: "+to+", number: \"+$1\", transit: true}\n", 1)
	return startConfig(t, conf)
}

// onhook runs a command on the server's data folder.
func (s *server) onhook(args ...string) string {
	s.t.Helper()
	out, err := exec.Command(binary, append(args, "--data", filepath.Join(s.data, "store"))...).CombinedOutput()
	if err != nil {
		s.t.Errorf("onhook %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// refuses is a trunk that answers one INVITE so.
func refuses(code int, headers ...string) *scenario {
	return uas().answer(code, "As Told", headers...).recvRequest("ACK")
}

// TestTrunkFailOver: the first trunk fails in each way that gives the second its turn, which answers.
func TestTrunkFailOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, to string
		first    *scenario // nil: nobody listens there
		more     string
	}{
		{"500", "[trunk:a, trunk:b]", refuses(500), ""},
		{"503", "[trunk:a, trunk:b]", refuses(503, "Retry-After: 60"), ""},
		{"408", "[trunk:a, trunk:b]", refuses(408), ""},
		{"nobody listens", "[trunk:a, trunk:b]", nil, ""},
		{"a group", "trunk:both", refuses(504), ""},
		{"disabled", "[trunk:a, trunk:b]", nil, ", disabled: true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			port := freePort(t, "127.0.0.3")
			if c.first != nil {
				port = callee(t, c.first).port
			}
			b := callee(t, answered())
			srv := trunksTo(t, c.to, []int{port, b.port}, c.more)
			caller(t, srv, uac().recv(200, 100, 180).ack().pause(100*time.Millisecond).bye().recv(200), "849").wait()
			b.wait()
			r := srv.record()
			expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, r)
			if r.Trunk != "b" {
				t.Errorf("the record's trunk is %q, want b", r.Trunk)
			}
			if c.name == "503" {
				if got := srv.onhook("trunks"); !strings.Contains(got, "left alone until") {
					t.Errorf("after Retry-After: 60:\n%s", got)
				}
			}
		})
	}
}

// TestTrunkThatDecides: what the first trunk says for the called party is the end; the second hears nothing.
func TestTrunkThatDecides(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code int
		want expected
	}{
		{486, expected{status: "Busy", reason: "USER_BUSY", by: "callee", answered: "no", code: 486, final: 486}},
		{404, expected{status: "Call Failed", reason: "UNALLOCATED_NUMBER", by: "network", answered: "no", code: 404, final: 404}},
		{603, expected{status: "Declined", reason: "CALL_REJECTED", by: "callee", answered: "no", code: 603, final: 603}},
	} {
		t.Run(fmt.Sprint(c.code), func(t *testing.T) {
			t.Parallel()
			a, b := callee(t, refuses(c.code)), callee(t, uas())
			srv := trunksTo(t, "[trunk:a, trunk:b]", []int{a.port, b.port})
			caller(t, srv, uac().recv(c.code, 100).ackFailed(), "849").wait()
			a.wait()
			c.want.check(t, srv.record())
			if got := b.messages(); strings.Contains(got, "INVITE") {
				t.Errorf("the second trunk was asked:\n%s", got)
			}
		})
	}
}

// TestTrunkRegisters: challenged, told to ask for longer, registered, refreshed; the INVITE that then leaves has
// the caller id and the number as the trunk's rules say.
func TestTrunkRegisters(t *testing.T) {
	t.Parallel()
	challenge := `WWW-Authenticate: Digest realm="carrier", nonce="abc", algorithm=SHA-256, qop="auth"`
	contact := "Contact: <sip:5550100@192.0.2.1>;expires=4"
	registrar := (&scenario{name: "uas"}).
		add(`<recv request="REGISTER" crlf="true" rrs="true"/>`).answer(401, "Unauthorized", challenge).
		add(`<recv request="REGISTER" crlf="true" rrs="true"><action><ereg regexp="Digest username=.acme." search_in="hdr" header="Authorization:" check_it="true" assign_to="who"/><log message="[$who]"/></action></recv>`).
		answer(423, "Interval Too Brief", "Min-Expires: 900").
		add(`<recv request="REGISTER" crlf="true" rrs="true"><action><ereg regexp="900" search_in="hdr" header="Expires:" check_it="true" assign_to="long"/><log message="[$long]"/></action></recv>`)
	registrar = registrarOK(registrar, contact)
	registrar.add(`<recv request="REGISTER" crlf="true" rrs="true"/>`) // the refresh, before the 4 s are over
	registrar = registrarOK(registrar, contact)
	reg := callee(t, registrar)
	b := callee(t, refuses(486))
	srv := trunksTo(t, "trunk:a", []int{b.port}, fmt.Sprintf(
		", username: acme, password: secret-of-acme, register: {enabled: true, registrar: \"127.0.0.3:%d\", domain: carrier.example, contact: \"5550100\", expires: 10m}"+
			", numbers: {out: [{match: \"\\\\+(\\\\d+)\", number: \"00$1\"}], caller_out: [{number: \"4930\"}]}, caller_id: {name: Acme, domain: acme.example, trusted: true}", reg.port))
	eventually(t, 10*time.Second, func() bool { return strings.Contains(srv.onhook("trunks", "list"), "registered") },
		func() string { return srv.onhook("trunks") + reg.messages() + srv.log.String() })
	reg.wait()
	for _, want := range []string{"REGISTER sip:127.0.0.3:", "To: <sip:acme@carrier.example>", "Contact: <sip:5550100@127.0.0.1:"} {
		if !strings.Contains(reg.messages(), want) {
			t.Errorf("no %q in what the registrar got:\n%s", want, reg.messages())
		}
	}
	caller(t, srv, uac().recv(486, 100).ackFailed(), "849").wait()
	b.wait()
	for _, want := range []string{"INVITE sip:0049@127.0.0.3:", "From: Acme <sip:4930@acme.example>;tag=", "P-Asserted-Identity: Acme <sip:4930@acme.example>"} {
		if !strings.Contains(strings.ReplaceAll(b.messages(), `"Acme"`, "Acme"), want) {
			t.Errorf("no %q in what the trunk got:\n%s", want, b.messages())
		}
	}
}

// registrarOK answers a REGISTER by 200 with this Contact.
func registrarOK(s *scenario, contact string) *scenario {
	return s.send(fmt.Sprintf(`SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]s[call_number]
[last_Call-ID:]
[last_CSeq:]
%s
Content-Length: 0

`, contact), "")
}

// TestTrunkThatRefusesToRegisterIsDown, and says why.
func TestTrunkThatRefusesToRegisterIsDown(t *testing.T) {
	t.Parallel()
	reg := callee(t, (&scenario{name: "uas"}).add(`<recv request="REGISTER" crlf="true" rrs="true"/>`).answer(403, "No Contract"))
	srv := trunksTo(t, "trunk:a", []int{reg.port}, ", username: acme, password: secret-of-acme, register: {enabled: true}")
	eventually(t, 10*time.Second, func() bool { return strings.Contains(srv.onhook("trunks"), "not registered: 403 No Contract") },
		func() string { return srv.onhook("trunks") + srv.log.String() })
	caller(t, srv, uac().recv(503, 100).ackFailed(), "849").wait()
	expected{status: "Call Failed", reason: "GATEWAY_DOWN", by: "platform", answered: "no", code: 503, final: 503}.check(t, srv.record())
}

// TestOperatorTakesATrunkOutOfUse by onhook trunks disable, and enables it again.
func TestOperatorTakesATrunkOutOfUse(t *testing.T) {
	t.Parallel()
	b := callee(t, refuses(486))
	srv := trunksTo(t, "trunk:a", []int{b.port})
	if got := srv.onhook("trunks", "disable", "a"); got != "a: disabled\n" {
		t.Errorf("got %q", got)
	}
	if got := srv.onhook("trunks"); !strings.Contains(got, "by an operator") {
		t.Errorf("got\n%s", got)
	}
	caller(t, srv, uac().recv(503, 100).ackFailed(), "849").wait()
	r := srv.records(1)[0]
	expected{status: "Call Failed", reason: "REQUESTED_CHAN_UNAVAIL", by: "platform", answered: "no", code: 503, final: 503}.check(t, r)
	srv.onhook("trunks", "enable", "a")
	caller(t, srv, uac().recv(486, 100).ackFailed(), "849").wait()
	b.wait()
	if r := srv.records(2)[1]; r.ByeReason != "USER_BUSY" {
		t.Errorf("got %s", r.ByeReason)
	}
}

// TestTrunkThatIsFull: a channel is taken both ways and given back.
func TestTrunkThatIsFull(t *testing.T) {
	t.Parallel()
	b := callee(t, answered())
	srv := trunksTo(t, "trunk:a", []int{b.port}, ", channels: 1")
	first := caller(t, srv, uac().recv(200, 100, 180).ack().pause(8*time.Second).bye().recv(200), "849")
	eventually(t, 10*time.Second, func() bool { return strings.Contains(srv.onhook("trunks"), "full") }, func() string { return srv.onhook("trunks") })
	caller(t, srv, uac().recv(503, 100).ackFailed(), "849").wait()
	expected{status: "Unreachable", reason: "NORMAL_CIRCUIT_CONGESTION", by: "platform", answered: "no", code: 503, final: 503}.check(t, srv.records(1)[0])
	first.wait()
	b.wait()
	eventually(t, 10*time.Second, func() bool { return !strings.Contains(srv.onhook("trunks"), "full") }, func() string { return srv.onhook("trunks") })
}

// TestTrunkAnonymous: a caller that withholds its number is not shown to a trunk that is not trusted.
func TestTrunkAnonymous(t *testing.T) {
	t.Parallel()
	b := callee(t, refuses(486))
	srv := trunksTo(t, "trunk:a", []int{b.port})
	caller(t, srv, uac("Privacy: id").recv(486, 100).ackFailed(), "849").wait()
	b.wait()
	got := b.messages()
	if !strings.Contains(got, "<sip:anonymous@anonymous.invalid>") || !strings.Contains(got, "Privacy: id") || strings.Contains(got, "sip:caller@") {
		t.Errorf("the trunk got\n%s", got)
	}
}
