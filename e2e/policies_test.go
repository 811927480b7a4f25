package e2e

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"onhook/phone"
	"onhook/sip"
)

// policyConfig has a user for each right, and policies that bar a little of everything.
const policyConfig = `
users:
  - {name: "100", password: secret-horse-100}
  - {name: "101", password: secret-horse-101, blocked: ["100", "4930*"]}
  - {name: "102", password: secret-horse-102, video: false, fax: false}
  - {name: "103", password: secret-horse-103, dnd: true}
  - {name: "104", password: secret-horse-104, moved: "100"}
  - {name: "105", password: secret-horse-105}
  - {name: "106", password: secret-horse-106}
  - {name: "107", password: secret-horse-107}
  - {name: "108", password: secret-horse-108, calls: 1}
groups:
  - {name: "200", members: ["102", "103"]}
  - {name: "201", members: ["103", "105"]}
policies:
  outgoing:
    - {numbers: ["0900*"]}
    - {numbers: ["00*"], except: ["0041*"], groups: ["200"]}
  incoming:
    - {users: ["105"], numbers: ["10*"]}
  closed_groups:
    - {name: lab, users: ["106", "107"]}
  features:
    - {numbers: ["*55"], users: ["100"]}
  numbers: {patterns: ["\\d+", "\\*\\d\\d"], longest: 20}
`

// policyRoutes stand before the routes of the base configuration.
const policyRoutes = `routes:
  - {match: "0041\\d+|\\*55", to: echo}
  - {match: "10(\\d)00(\\d+)", to: "trunk:carrier$1", number: "$2"}
  - {match: "88", to: "sip:a@127.0.0.3;transport=ws"}
`

// startPolicies runs a server with more of the configuration.
func startPolicies(t *testing.T, more string, change ...string) *server {
	t.Helper()
	conf := strings.Replace(baseConfig, "%s", `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`, 1)
	conf = strings.Replace(conf, "routes:\n", policyRoutes, 1)
	return startConfig(t, strings.NewReplacer(change...).Replace(conf+more))
}

// ext is the phone of an extension.
func ext(t *testing.T, srv *server, user string, transport sip.Transport) *phone.Phone {
	t.Helper()
	o := phone.Options{
		User: user, Password: "secret-horse-" + user, Domain: "example.com", Server: srv.udp, Transport: transport,
		Listen: netip.MustParseAddrPort("127.0.0.1:0"), T1: 100 * time.Millisecond, NoMedia: true,
	}
	if transport == sip.TCP {
		o.Server = srv.tcp
	}
	p, err := phone.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// registered is a phone that is registered.
func registered(t *testing.T, srv *server, user string, transport sip.Transport) *phone.Phone {
	t.Helper()
	p := ext(t, srv, user, transport)
	ctx, cancel := context.WithTimeout(t.Context(), patient(10*time.Second))
	defer cancel()
	if err := p.Register(ctx); err != nil {
		t.Fatal(err)
	}
	return p
}

// dial places a call, hangs up if it is answered, and returns the final code.
func dial(t *testing.T, p *phone.Phone, to string, o phone.CallOptions) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patient(30*time.Second))
	defer cancel()
	c, err := p.CallWith(ctx, to, o)
	if err != nil {
		t.Fatal(err)
	}
	var no *phone.Refused
	switch err := c.WaitAnswered(ctx); {
	case errors.As(err, &no):
		return no.Code
	case err != nil:
		t.Fatal(err)
	}
	if err := c.Hangup(ctx); err != nil {
		t.Fatal(err)
	}
	return 200
}

// refusedBy is what a refusal of ours looks like.
func refusedBy(status, reason, detail string, shown, sent int) expected {
	return expected{status: status, reason: reason, by: "platform", answered: "no", detail: detail, code: shown, final: sent}
}

func offer(media ...string) phone.CallOptions {
	return phone.CallOptions{Body: "v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + strings.Join(media, "\r\n") + "\r\n"}
}

const (
	audioLine = "m=audio 4000 RTP/AVP 0"
	videoLine = "m=video 4002 RTP/AVP 99"
	faxLine   = "m=image 4004 udptl t38"
)

func TestPoliciesRefuse(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, policyConfig)
	phones := map[string]*phone.Phone{}
	for _, user := range []string{"100", "101", "102", "103", "104", "105", "106", "107"} {
		phones[user] = registered(t, srv, user, sip.UDP)
	}
	failed := func(reason string, code int) expected { return refusedBy("Call Failed", reason, "", code, code) }
	replaces := phone.CallOptions{Headers: []sip.Header{{ID: sip.HReplaces, Value: "nobody@127.0.0.9;to-tag=a;from-tag=b"}}}
	for i, c := range []struct {
		name, from, to string
		o              phone.CallOptions
		want           expected
	}{
		{"barred for all", "100", "0900123", phone.CallOptions{}, failed("OUTGOING_CALL_BARRED", 403)},
		{"barred for a group", "102", "00441234", phone.CallOptions{}, failed("OUTGOING_CALL_BARRED", 403)},
		{"not barred for others", "100", "00441234", phone.CallOptions{}, failed("NO_ROUTE_DESTINATION", 404)},
		{"closed group, out", "106", "100", phone.CallOptions{}, failed("OUTGOING_CALL_BARRED", 403)},
		{"closed group, to nobody", "106", "199", phone.CallOptions{}, failed("OUTGOING_CALL_BARRED", 403)},
		{"closed group, in", "100", "107", phone.CallOptions{}, failed("INCOMING_CALL_BARRED", 403)},
		{"feature", "102", "*55", phone.CallOptions{}, failed("FACILITY_NOT_SUBSCRIBED", 403)},
		{"number", "100", "12ab", phone.CallOptions{}, failed("INVALID_NUMBER_FORMAT", 484)},
		{"long number", "100", "123456789012345678901", phone.CallOptions{}, failed("INVALID_NUMBER_FORMAT", 484)},
		{"carrier", "100", "10700123", phone.CallOptions{}, failed("NO_ROUTE_TRANSIT_NET", 404)},
		{"transport", "100", "88", phone.CallOptions{}, failed("CHAN_NOT_IMPLEMENTED", 488)},
		{"moved", "100", "104", phone.CallOptions{}, failed("NUMBER_CHANGED", 410)},
		{"called may not", "100", "105", phone.CallOptions{}, failed("INCOMING_CALL_BARRED", 403)},
		{"blocked", "100", "101", phone.CallOptions{}, failed("INCOMING_CALL_BARRED", 403)},
		{"do not disturb", "100", "103", phone.CallOptions{}, refusedBy("Busy", "USER_BUSY", "dnd", 486, 486)},
		{"busy before barred", "100", "201", phone.CallOptions{}, refusedBy("Busy", "USER_BUSY", "dnd", 486, 486)},
		{"caller without video", "102", "106", offer(audioLine, videoLine), failed("INCOMING_CALL_BARRED", 403)},
		{"video", "102", "101", offer(audioLine, videoLine), failed("BEARERCAPABILITY_NOTAUTH", 403)},
		{"video, to", "100", "102", offer(audioLine, videoLine), failed("BEARERCAPABILITY_NOTAUTH", 403)},
		{"fax", "102", "101", offer(faxLine), failed("BEARERCAPABILITY_NOTAUTH", 403)},
		{"kind unknown", "105", "102", offer(strings.Replace(audioLine, "RTP/AVP", "UDP/TLS/RTP/SAVPF", 1)), failed("BEARERCAPABILITY_NOTIMPL", 488)},
		{"Replaces", "100", "102", replaces, failed("INVALID_CALL_REFERENCE", 481)},
	} {
		if got := dial(t, phones[c.from], c.to, c.o); got != c.want.final {
			t.Errorf("%s: got %d on the wire, want %d", c.name, got, c.want.final)
		}
		r := srv.records(i + 1)[i]
		if r.User != c.from {
			t.Errorf("%s: got user %q, want %s", c.name, r.User, c.from)
		}
		t.Log(c.name + ": " + r.Summary)
		c.want.check(t, r)
	}
}

func TestPoliciesAllow(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, policyConfig)
	for _, c := range []struct{ from, to string }{
		{"102", "0041123"}, // the exception of a barring
		{"100", "*55"},     // whose feature it is
		{"106", "600"},     // a service of the server's own
	} {
		if got := dial(t, ext(t, srv, c.from, sip.UDP), c.to, phone.CallOptions{}); got != 200 {
			t.Errorf("%s calls %s: got %d", c.from, c.to, got)
		}
	}
	b := registered(t, srv, "107", sip.UDP)
	go func() {
		if c, err := b.WaitIncoming(t.Context()); err == nil {
			_ = c.Answer(t.Context())
		}
	}()
	if got := dial(t, ext(t, srv, "106", sip.UDP), "107", phone.CallOptions{}); got != 200 {
		t.Errorf("within a closed group: got %d", got)
	}
}

func TestTrunkCallersAreBarred(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, `
users:
  - {name: "100", password: secret-horse-100, blocked: [anonymous]}
  - {name: "101", password: secret-horse-101}
policies:
  outgoing: [{numbers: ["600"], trunks: [sipp]}]
  incoming: [{numbers: ["call*"], users: ["101"], trunks: [sipp]}]
`)
	for i, c := range []struct {
		number, from string
		want         expected
	}{
		{"600", "caller@", refusedBy("Call Failed", "OUTGOING_CALL_BARRED", "", 403, 403)},
		{"101", "caller@", refusedBy("Call Failed", "INCOMING_CALL_BARRED", "", 403, 403)},
		{"100", "caller@", refusedBy("Unreachable", "USER_NOT_REGISTERED", "", 480, 480)},
		{"100", "anonymous@", refusedBy("Call Failed", "INCOMING_CALL_BARRED", "", 403, 403)},
	} {
		s := uac().recv(c.want.final, 100).ackFailed()
		for j := range s.steps {
			s.steps[j] = strings.ReplaceAll(s.steps[j], `From: "Caller" <sip:caller@`, `From: "Caller" <sip:`+c.from)
		}
		caller(t, srv, s, c.number).wait()
		c.want.check(t, srv.records(i + 1)[i])
	}
}

func TestPhoneOnAConnectionThatIsGone(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, policyConfig)
	_ = registered(t, srv, "102", sip.TCP).Close()
	if got := dial(t, ext(t, srv, "100", sip.UDP), "102", phone.CallOptions{}); got < 400 {
		t.Errorf("got %d", got)
	}
	r := srv.record()
	expected{status: "Unreachable", reason: "DESTINATION_OUT_OF_ORDER", by: "network", answered: "no", code: 502, final: 502}.check(t, r)
}

// TestMalformedInvitesHaveRecords sends INVITEs from the trunk's address that
// can be answered, but not taken.
func TestMalformedInvitesHaveRecords(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, "")
	c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)}, net.UDPAddrFromAddrPort(netip.MustParseAddrPort(srv.udp)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i, row := range []struct {
		name, from, to string // what stands in the INVITE, and what instead of it
		want           expected
	}{
		{"no Contact", "Contact: <sip:a@", "X-Contact: <sip:a@", refusedBy("Call Failed", "MANDATORY_IE_MISSING", "", 488, 400)},
		{"no Contact's URI", "Contact: <sip:a@", "Contact: <<sip:a@", refusedBy("Call Failed", "INVALID_IE_CONTENTS", "", 488, 400)},
		{"a line without a colon", "Max-Forwards: 70\r\n", "Max-Forwards: 70\r\nnonsense\r\n", refusedBy("Call Failed", "INVALID_MSG_UNSPECIFIED", "", 488, 400)},
		{"Require", "Max-Forwards: 70\r\n", "Max-Forwards: 70\r\nRequire: foo\r\n", refusedBy("Call Failed", "FACILITY_NOT_IMPLEMENTED", "", 501, 420)},
		{"Max-Forwards", "Max-Forwards: 70\r\n", "Max-Forwards: 0\r\n", refusedBy("Call Failed", "EXCHANGE_ROUTING_ERROR", "", 483, 483)},
		{"body", "Content-Length: 0\r\n\r\n", "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello", refusedBy("Call Failed", "SERVICE_NOT_IMPLEMENTED", "", 501, 415)},
		{"description", "Content-Length: 0\r\n\r\n", "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nhello", refusedBy("Call Failed", "INVALID_IE_CONTENTS", "", 488, 400)},
	} {
		text := inviteText(srv, c.LocalAddr().String(), "malformed"+itoa(i), "UDP")
		if !strings.Contains(text, row.from) {
			t.Fatalf("%s: %q is not in\n%s", row.name, row.from, text)
		}
		if _, err := c.Write([]byte(strings.Replace(text, row.from, row.to, 1))); err != nil {
			t.Fatal(err)
		}
		r := srv.records(i + 1)[i]
		t.Log(row.name + ": " + r.Summary)
		row.want.check(t, r)
	}
}

func TestVideoIsNotAddedLater(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, policyConfig)
	b := callee(t, answered())
	p := ext(t, srv, "102", sip.UDP)
	ctx, cancel := context.WithTimeout(t.Context(), patient(30*time.Second))
	defer cancel()
	c, err := p.CallWith(ctx, b.number(), offer("m=audio 4000 RTP/AVP 8"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.WaitAnswered(ctx); err != nil {
		t.Fatal(err)
	}
	more := &sip.Message{Method: sip.UPDATE, Body: offer("m=audio 4000 RTP/AVP 8", videoLine).Body}
	more.Add(sip.HContentType, "application/sdp")
	var no *phone.Refused
	if _, err := c.Send(ctx, more); !errors.As(err, &no) || no.Code != 488 {
		t.Errorf("got %v, want 488", err)
	}
	if err := c.Hangup(ctx); err != nil {
		t.Fatal(err)
	}
	b.wait()
	expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, srv.record())
}
