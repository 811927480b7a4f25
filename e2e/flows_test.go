package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"onhook/digest"
	"onhook/phone"
	"onhook/sip"
)

// A connection is one of the flows (RFC 5626) of a phone by hand, registered as user 150.
type connection struct {
	t    *testing.T
	c    net.Conn
	r    *bufio.Reader
	name string
}

// registerFlow opens a connection and registers it as that flow of the phone.
func registerFlow(t *testing.T, srv *server, regID int) *connection {
	t.Helper()
	c, err := net.Dial("tcp", srv.tcp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	f := &connection{t, c, bufio.NewReader(c), fmt.Sprint("flow ", regID)}
	own := c.LocalAddr().String()
	send := func(cseq int, more string) *sip.Message {
		f.write(fmt.Sprintf("REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bKr%d.%d\r\nMax-Forwards: 70\r\nFrom: <sip:150@example.com>;tag=f%d\r\nTo: <sip:150@example.com>\r\nCall-ID: flow-%d\r\nCSeq: %d REGISTER\r\nSupported: path, outbound\r\nContact: <sip:150@%s;transport=tcp>;reg-id=%d;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\"\r\n%sContent-Length: 0\r\n\r\n",
			own, regID, cseq, regID, regID, cseq, own, regID, more))
		return f.read()
	}
	m := send(1, "")
	if m.Status == 401 {
		_, value, _, err := digest.Credentials{User: "150", Password: "secret-of-150"}.Answer(m, sip.REGISTER, "sip:example.com", rand.New(rand.NewPCG(1, uint64(regID))))
		if err != nil {
			t.Fatal(err)
		}
		m = send(2, fmt.Sprintf("Authorization: %s\r\n", value))
	}
	if m.Status != 200 {
		t.Fatalf("%s: REGISTER got %d", f.name, m.Status)
	}
	return f
}

func (f *connection) write(text string) {
	f.t.Helper()
	if _, err := io.WriteString(f.c, text); err != nil {
		f.t.Fatalf("%s: %v", f.name, err)
	}
}

// read waits for the next message, whatever it is.
func (f *connection) read() *sip.Message {
	f.t.Helper()
	if err := f.c.SetReadDeadline(time.Now().Add(patient(20 * time.Second))); err != nil {
		f.t.Fatal(err)
	}
	var text strings.Builder
	length := 0
	for {
		l, err := f.r.ReadString('\n')
		if err != nil {
			f.t.Fatalf("%s: %v after %q", f.name, err, text.String())
		}
		text.WriteString(l)
		if n, ok := strings.CutPrefix(l, "Content-Length: "); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(n)); err != nil {
				f.t.Fatal(err)
			}
		}
		if l == "\r\n" && text.Len() > 2 {
			break
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(f.r, body); err != nil {
		f.t.Fatal(err)
	}
	text.Write(body)
	m, err := sip.Parse([]byte(text.String()))
	if err != nil {
		f.t.Fatalf("%s: %v in %q", f.name, err, text.String())
	}
	return m
}

// request waits for a request of this method; another one is a fault.
func (f *connection) request(method sip.Method) *sip.Message {
	f.t.Helper()
	m := f.read()
	if m.Method != method {
		f.t.Fatalf("%s got %s %d, want %s", f.name, m.Method, m.Status, method)
	}
	return m
}

// answer answers a request.
func (f *connection) answer(req *sip.Message, code int, phrase, body string) {
	f.t.Helper()
	m := &sip.Message{Status: code, Phrase: phrase, Body: body}
	for _, h := range req.Headers {
		switch h.ID {
		case sip.HTo:
			if req.ToTag() == "" {
				h.Value += ";tag=of-150"
			}
			m.Add(h.ID, h.Value)
		case sip.HVia, sip.HFrom, sip.HCallID, sip.HCSeq:
			m.Add(h.ID, h.Value)
		}
	}
	m.Add(sip.HContact, "<sip:150@"+f.c.LocalAddr().String()+";transport=tcp>")
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	f.write(m.String())
}

// TestAPhoneWithTwoConnectionsIsCalledByOne: RFC 5626 section 7. The connection
// registered last is cut, or cannot reach the phone, when the INVITE has come by it.
func TestAPhoneWithTwoConnectionsIsCalledByOne(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(f *connection, invite *sip.Message){
		"cut":         func(f *connection, _ *sip.Message) { f.c.Close() },
		"flow failed": func(f *connection, invite *sip.Message) { f.answer(invite, 430, "Flow Failed", "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conf := "users:\n  - {name: \"100\", password: secret-of-100}\n  - {name: \"150\", password: secret-of-150}\n"
			srv := startConfig(t, conf+fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`))
			first, second := registerFlow(t, srv, 1), registerFlow(t, srv, 2)
			ctx, cancel := context.WithTimeout(t.Context(), patient(40*time.Second))
			t.Cleanup(cancel)
			o := &office{server: srv, ctx: ctx}
			a, err := phone.New(phone.Options{User: "100", Password: "secret-of-100", Domain: "example.com", Server: srv.udp, T1: 100 * time.Millisecond, Codecs: []string{"PCMA"}})
			o.must(err)
			t.Cleanup(func() { _ = a.Close() })
			o.must(a.Register(ctx))
			c, err := a.Call(ctx, "150")
			o.must(err)
			invite := second.request(sip.INVITE)
			fails(second, invite)
			invite = first.request(sip.INVITE)
			first.answer(invite, 180, "Ringing", "")
			first.answer(invite, 200, "OK", "v=0\r\no=- 1 1 IN IP4 127.0.0.4\r\ns=-\r\nc=IN IP4 127.0.0.4\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n")
			first.request(sip.ACK)
			o.must(c.WaitAnswered(ctx))
			o.must(c.Hangup(ctx))
			first.answer(first.request(sip.BYE), 200, "OK", "")
			rec := srv.record()
			expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, rec)
			if len(rec.Legs) != 3 {
				t.Fatalf("%d legs, want the caller's and one for each flow", len(rec.Legs))
			}
			// A machine on which the INVITE was not taken for 5 s has the flow given up as silent.
			if l := rec.Legs[1]; l.Reason != "DESTINATION_OUT_OF_ORDER" && l.Reason != "NO_USER_RESPONSE" {
				t.Errorf("the leg by the flow that failed says %s", l.Reason)
			}
		})
	}
}
