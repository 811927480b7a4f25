package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// carrier is a trunk at a port of 127.0.0.3, dialled by 8 and a number.
func carrier(t *testing.T, port int, more string) *server {
	t.Helper()
	conf := fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`)
	conf = strings.Replace(conf, "routes:\n", fmt.Sprintf("  - {name: carrier, address: \"127.0.0.3:%d\"%s}\nroutes:\n  - {match: \"8(\\\\d+)\", to: \"trunk:carrier\", number: \"+$1\", transit: true}\n", port, more), 1)
	return startConfig(t, conf)
}

func TestTrunkThatDoesNotAnswerOptionsIsDown(t *testing.T) {
	t.Parallel()
	srv := carrier(t, freePort(t, "127.0.0.3"), ", options: 1s")
	eventually(t, 10*time.Second, func() bool { return strings.Contains(srv.log.String(), "trunk is down") },
		func() string { return "the trunk never went down:\n" + srv.log.String() })
	caller(t, srv, uac().recv(503, 100).ackFailed(), "849").wait()
	expected{status: "Call Failed", reason: "GATEWAY_DOWN", by: "platform", answered: "no", code: 503, final: 503}.check(t, srv.record())
}

func TestTrunksChallengeIsAnswered(t *testing.T) {
	t.Parallel()
	challenge := `WWW-Authenticate: Digest realm="carrier", nonce="abc", algorithm=MD5, qop="auth"`
	b := callee(t, uas().answer(401, "Unauthorized", challenge).recvRequest("ACK").
		add(`<recv request="INVITE" crlf="true" rrs="true"><action><ereg regexp="Digest username=.acme." search_in="hdr" header="Authorization:" check_it="true" assign_to="got"/><log message="[$got]"/></action></recv>`).
		answer(180, "Ringing").answer(200, "OK").recvRequest("ACK").recvRequest("BYE").plain(200, "OK"))
	srv := carrier(t, b.port, ", username: acme, password: secret-of-acme")
	a := caller(t, srv, talk().pause(100*time.Millisecond).bye().recv(200), "849")
	a.wait()
	b.wait()
	expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, srv.record())
}

func TestTrunkThatRefusesOurCredentials(t *testing.T) {
	t.Parallel()
	challenge := `WWW-Authenticate: Digest realm="carrier", nonce="abc", algorithm=MD5, qop="auth"`
	b := callee(t, uas().answer(401, "Unauthorized", challenge).recvRequest("ACK").
		add(`<recv request="INVITE" crlf="true" rrs="true"/>`).answer(401, "Unauthorized", challenge).recvRequest("ACK"))
	srv := carrier(t, b.port, ", username: acme, password: secret-of-acme")
	a := caller(t, srv, uac().recv(403, 100).ackFailed(), "849")
	a.wait()
	b.wait()
	expected{status: "Call Failed", reason: "OUTGOING_CALL_BARRED", by: "network", answered: "no", code: 401, final: 403}.check(t, srv.record())
}
