package stack

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// lone returns one endpoint that packets are put into by hand.
func lone(t *testing.T, change func(*Options)) *side {
	return newLink(t).add("B", "192.0.2.2:5060", change)
}

// flowFrom is a datagram's way from an address to the endpoint.
func (s *side) flowFrom(t sip.Transport, addr string) sip.Flow {
	f := sip.Flow{Transport: t, Local: s.addr, Remote: netip.MustParseAddrPort(addr)}
	if t.Reliable() {
		f.Conn = 77
	}
	return f
}

// inject gives a packet and returns what was sent, as text.
func (s *side) inject(f sip.Flow, text string) []Action {
	n := len(s.sent)
	s.do(Input{Kind: InPacket, Flow: f, Data: []byte(text)})
	return s.sent[n:]
}

// request writes a request with the headers that every one has; extra lines
// replace those of the same name, and one that ends in ":" takes it out.
func request(method, branch string, extra ...string) string {
	lines := []string{
		"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK" + branch, "Max-Forwards: 70",
		"From: <sip:alice@a.example>;tag=a1", "To: <sip:bob@b.example>", "Call-ID: c1", "CSeq: 1 " + method,
		"Contact: <sip:alice@192.0.2.1>",
	}
	uri, body := "sip:bob@192.0.2.2", ""
	for _, x := range extra {
		switch name, v, _ := strings.Cut(x, ":"); name {
		case "uri":
			uri = v
		case "body":
			body = v
		default:
			kept := lines[:0]
			for _, l := range lines {
				if !strings.HasPrefix(l, name+":") {
					kept = append(kept, l)
				}
			}
			if lines = kept; v != "" {
				lines = append(lines, x)
			}
		}
	}
	return method + " " + uri + " SIP/2.0\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// parsed returns what an ActSend holds.
func parsed(t *testing.T, a Action) *sip.Message {
	t.Helper()
	m, err := sip.Parse(a.Data)
	if err != nil {
		t.Fatalf("we sent what we cannot read: %v\n%s", err, a.Data)
	}
	if err := m.Check(); err != nil {
		t.Fatalf("we sent what is wrong: %v\n%s", err, a.Data)
	}
	return m
}

// TestOwnAnswers: what the endpoint refuses without asking its user.
func TestOwnAnswers(t *testing.T) {
	for _, c := range []struct {
		name, text string
		status     int
		header     string // a line that the answer has
	}{
		{"8.2.1 method", request("PUBLISH", "1"), 405, "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, PRACK, UPDATE, INFO, REFER, NOTIFY, SUBSCRIBE, MESSAGE"},
		{"8.2.1 unknown method", request("BREW", "1"), 405, ""},
		{"8.2.2.1 scheme", request("OPTIONS", "1", "uri:nobodyknows:x"), 416, ""},
		{"8.2.2.3 Require", request("OPTIONS", "1", "Require: timer, magic", "Proxy-Require: trick"), 420, "Unsupported: magic, trick"},
		{"12.2.2 unknown dialog", request("BYE", "1", "To: <sip:bob@b.example>;tag=none"), 481, ""},
		{"12.2.2 unknown dialog of our form", request("BYE", "1", "To: <sip:bob@b.example>;tag="+strings.Repeat("0", 32)), 481, ""},
		{"12.2.2 re-INVITE", request("INVITE", "1", "To: <sip:bob@b.example>;tag=none"), 481, ""},
		{"9.2 CANCEL of nothing", request("CANCEL", "1"), 481, ""},
		{"21.5.6 version", strings.Replace(request("OPTIONS", "1"), "SIP/2.0", "SIP/7.0", 1), 505, ""},
		{"21.4.1 CSeq", request("OPTIONS", "1", "CSeq: 1 INVITE"), 400, ""},
		{"21.4.1 From", request("OPTIONS", "1", "From: <sip:alice"), 400, ""},
		{"21.4.12 URI too long", request("OPTIONS", "1", "uri:sip:"+strings.Repeat("a", 5000)+"@h"), 414, ""},
		{"21.4.1 Content-Length", request("OPTIONS", "1", "Content-Length: 9"), 400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := lone(t, nil)
			sent := b.inject(b.flowFrom(sip.UDP, "192.0.2.1:5060"), c.text)
			if len(sent) != 1 || len(b.log) != 0 && b.log[0].Kind == ActRequest {
				t.Fatalf("sent %d messages, told the user %v", len(sent), b.kinds())
			}
			text := string(sent[0].Data)
			m, err := sip.Parse(sent[0].Data)
			if err != nil || m.Status != c.status {
				t.Fatalf("answer %v, want %d:\n%s", err, c.status, text)
			}
			if m.ToTag() == "" || c.header != "" && !strings.Contains(text, "\r\n"+c.header+"\r\n") {
				t.Errorf("no tag or no %q in\n%s", c.header, text)
			}
			again := b.inject(b.flowFrom(sip.UDP, "192.0.2.1:5060"), c.text)
			if len(again) != 1 || string(again[0].Data) != text {
				t.Error("the same request gets another answer (section 8.2.7)")
			}
			if b.e.State() != (State{}) {
				t.Errorf("held: %+v", b.e.State())
			}
		})
	}
}

// TestVerdicts: what is wrong with an initial INVITE is told to the user, who answers.
func TestVerdicts(t *testing.T) {
	sdp := "body:" + someSDP
	for _, c := range []struct {
		name, text string
		status     int
		header     string
	}{
		{"8.2.2.1", request("INVITE", "1", "uri:nobodyknows:x"), 416, ""},
		{"8.2.2.3", request("INVITE", "1", "Require: magic"), 420, "Unsupported: magic"},
		{"8.2.3 type", request("INVITE", "1", "Content-Type: text/plain", sdp), 415, "Accept: application/sdp"},
		{"8.2.3 a part", request("INVITE", "1", "Content-Type: multipart/mixed;boundary=b", parts("application/sdp", "", "text/plain", "")), 415, "Accept: application/sdp"},
		{"8.2.3 a part within a part", request("INVITE", "1", "Content-Type: multipart/mixed;boundary=o", "body:--o\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n"+parts("application/pkcs7-signature", "session")[5:]+"\r\n--o--\r\n"), 415, "Accept: application/sdp"},
		{"8.2.3 no part", request("INVITE", "1", "Content-Type: multipart/mixed;boundary=b", "body:hello"), 415, "Accept: application/sdp"},
		{"8.2.3 no alternative", request("INVITE", "1", "Content-Type: multipart/alternative;boundary=b", parts("text/plain", "", "text/html", "")), 415, "Accept: application/sdp"},
		{"21.4.11", request("INVITE", "1", "Content-Type: application/sdp", "body:"+strings.Repeat("a", sip.MaxBody+1)), 413, ""},
		{"8.2.3 encoding", request("INVITE", "1", "Content-Type: application/sdp", "Content-Encoding: gzip", sdp), 415, "Accept-Encoding: identity"},
		{"16.3 Max-Forwards", request("INVITE", "1", "Max-Forwards: 0"), 483, ""},
		{"20.15 no Content-Type", request("INVITE", "1", sdp), 400, ""},
		{"8.1.1.8 no Contact", request("INVITE", "1", "Contact:"), 400, ""},
		{"21.4.1 bad Contact", request("INVITE", "1", "Contact: <sip:"), 400, ""},
		{"RFC 4028 9", request("INVITE", "1", "Supported: timer", "Session-Expires: 60"), 422, "Min-SE: 90"},
		{"21.4.12", request("INVITE", "1", "uri:sip:"+strings.Repeat("a", 5000)+"@h"), 414, ""},
		{"21.5.6", strings.Replace(request("INVITE", "1"), " SIP/2.0\r", " SIP/3.0\r", 1), 505, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := lone(t, nil)
			if sent := b.inject(b.flowFrom(sip.UDP, "192.0.2.1:5060"), c.text); len(sent) != 0 {
				t.Fatalf("the endpoint answered by itself: %s", sent[0].Data)
			}
			x := b.find(ActRequest)
			if x.Refuse != c.status || x.Text == "" || x.Dialog == 0 {
				t.Fatalf("Refuse %d %q, want %d", x.Refuse, x.Text, c.status)
			}
			var p *sip.ParseError
			if c.status == 400 && !errors.As(x.Err, &p) {
				t.Errorf("Err is %v, want what parsing found", x.Err)
			}
			if len(b.got) != 1 || b.got[0].Dialog != x.Dialog {
				t.Error("the INVITE was not journalled")
			}
			b.do(Input{Kind: InBind, Dialog: x.Dialog, Ref: 5})
			acts := b.do(Input{Kind: InRespond, Txn: x.Txn, Msg: answer(200)})
			if acts[0].Kind != ActSend || acts[0].Ref != 5 {
				t.Fatalf("%+v", acts)
			}
			m := parsed(t, acts[0])
			if m.Status != c.status || c.header != "" && !strings.Contains(string(acts[0].Data), "\r\n"+c.header+"\r\n") {
				t.Errorf("a 2xx to it becomes\n%s\nwant %d with %q", acts[0].Data, c.status, c.header)
			}
			b.inject(b.flowFrom(sip.UDP, "192.0.2.1:5060"), request("ACK", "1", "To: <sip:bob@b.example>;tag="+m.ToTag()))
			if n := len(b.got); n != 2 || b.got[1].Ref != 5 {
				t.Errorf("the ACK was not journalled for its call: %+v", b.got)
			}
			b.link.run(40 * time.Second)
			b.link.empty()
		})
	}
}

// parts is a multipart body of pairs of type and disposition, as request takes it.
func parts(pairs ...string) string {
	b := "body:"
	for i := 0; i+1 < len(pairs); i += 2 {
		b += "--b\r\nContent-Type: " + pairs[i] + "\r\n"
		if pairs[i+1] != "" {
			b += "Content-Disposition: " + pairs[i+1] + "\r\n"
		}
		b += "\r\nx\r\n"
	}
	return b + "--b--\r\n"
}

// TestSection8_2_3_WhatIsOptionalIsNotRefused: parts that may be ignored, and one of several alternatives, are enough.
func TestSection8_2_3_WhatIsOptionalIsNotRefused(t *testing.T) {
	for typ, body := range map[string]string{
		"multipart/mixed;boundary=b":       parts("application/sdp", "session", "application/isup", "signal;handling=optional"),
		"multipart/mixed; boundary=\"b\"":  parts("application/sdp", ""),
		"multipart/alternative;boundary=b": parts("text/plain", "", "application/sdp", ""),
		"APPLICATION/SDP":                  "body:" + someSDP,
	} {
		b := lone(t, nil)
		b.inject(b.flowFrom(sip.UDP, peerAddr), request("INVITE", "1", "Content-Type: "+typ, body))
		if x := b.find(ActRequest); x.Refuse != 0 {
			t.Errorf("%s: %d %s", typ, x.Refuse, x.Text)
		}
	}
}

// TestSection21_4_11_TooLargeABodyIsRefusedEverywhere: in other requests too.
func TestSection21_4_11_TooLargeABodyIsRefusedEverywhere(t *testing.T) {
	for _, method := range []string{"OPTIONS", "MESSAGE", "REGISTER"} {
		b := lone(t, nil)
		sent := b.inject(b.flowFrom(sip.UDP, peerAddr), request(method, "1", "Content-Type: text/plain", "body:"+strings.Repeat("a", sip.MaxBody+1)))
		if m := parsed(t, sent[0]); m.Status != 413 {
			t.Errorf("%s: %s", method, sent[0].Data[:40])
		}
	}
}

func TestVerdict421(t *testing.T) {
	b := lone(t, func(o *Options) { o.Require = []string{"timer"} })
	b.inject(b.flowFrom(sip.UDP, "192.0.2.1:5060"), request("INVITE", "1"))
	x := b.find(ActRequest)
	acts := b.do(Input{Kind: InRespond, Txn: x.Txn, Msg: answer(421)})
	if m := parsed(t, acts[0]); x.Refuse != 421 || m.Status != 421 || m.Get(sip.HRequire) != "timer" {
		t.Errorf("%d\n%s", x.Refuse, acts[0].Data)
	}
}

// A refused INVITE may be challenged first, so that only callers who may call leave a record.
func TestVerdictMayBeChallenged(t *testing.T) {
	b := lone(t, nil)
	b.inject(b.flowFrom(sip.UDP, "192.0.2.1:5060"), request("INVITE", "1", "Max-Forwards: 0"))
	acts := b.do(Input{Kind: InRespond, Txn: b.find(ActRequest).Txn, Msg: answer(401, "WWW-Authenticate: Digest realm=\"x\"")})
	if m := parsed(t, acts[0]); m.Status != 401 || !m.Has(sip.HWWWAuthenticate) {
		t.Errorf("%s", acts[0].Data)
	}
}

func TestOverload503HoldsNothingAndLetsDialogsGoOn(t *testing.T) {
	b := lone(t, func(o *Options) { o.MaxTxns = 1 })
	f := b.flowFrom(sip.UDP, "192.0.2.1:5060")
	b.inject(f, request("INVITE", "1"))
	b.respond(200)
	tag := parsed(t, b.sent[len(b.sent)-1]).ToTag()
	sent := b.inject(f, request("INVITE", "2", "Call-ID: c2"))
	if m := parsed(t, sent[0]); m.Status != 503 || m.Get(sip.HRetryAfter) == "" {
		t.Errorf("%s", sent[0].Data)
	}
	b.inject(f, request("ACK", "3", "To: <sip:bob@b.example>;tag="+tag))
	b.inject(f, request("BYE", "4", "To: <sip:bob@b.example>;tag="+tag, "CSeq: 2 BYE"))
	if x := b.log[len(b.log)-1]; x.Kind != ActRequest || x.Method != sip.BYE {
		t.Errorf("the BYE did not reach the user: %v", b.kinds())
	}
}
