package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// A listener is a callee that reads and writes its socket by itself.
type listener struct {
	t    *testing.T
	conn *net.UDPConn
	peer *net.UDPAddr
	port int
}

func newListener(t *testing.T) *listener {
	t.Helper()
	port := freePort(t, "127.0.0.3")
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 3), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &listener{t: t, conn: c, port: port}
}

func (l *listener) number() string { return fmt.Sprintf("7%05d", l.port) }

// next is the next message for which want holds; what repeats meanwhile is passed over.
func (l *listener) next(what string, want func(m *sip.Message) bool) *sip.Message {
	l.t.Helper()
	if err := l.conn.SetReadDeadline(time.Now().Add(patient(20 * time.Second))); err != nil {
		l.t.Fatal(err)
	}
	buf := make([]byte, 1<<16)
	for {
		n, from, err := l.conn.ReadFromUDP(buf)
		if err != nil {
			l.t.Fatalf("no %s: %v", what, err)
		}
		m, err := sip.Parse(append([]byte(nil), buf[:n]...))
		if err == nil && want(m) {
			l.peer = from
			return m
		}
	}
}

func (l *listener) request(method sip.Method) *sip.Message {
	l.t.Helper()
	return l.next(string(method), func(m *sip.Message) bool { return m.Method == method })
}

// says answers a request.
func (l *listener) says(req *sip.Message, code int, body string, more ...sip.Header) {
	l.t.Helper()
	m := &sip.Message{Status: code, Phrase: "x", Body: body}
	for _, h := range req.Headers {
		switch h.ID {
		case sip.HVia, sip.HFrom, sip.HCallID, sip.HCSeq:
			m.Add(h.ID, h.Value)
		case sip.HTo:
			if req.ToTag() == "" {
				h.Value += ";tag=early"
			}
			m.Add(sip.HTo, h.Value)
		}
	}
	m.Add(sip.HContact, fmt.Sprintf("<sip:p@127.0.0.3:%d>", l.port))
	m.Add(sip.HAllow, "INVITE, ACK, BYE, CANCEL, PRACK, UPDATE")
	m.Headers = append(m.Headers, more...)
	l.send(m)
}

func (l *listener) send(m *sip.Message) {
	l.t.Helper()
	if m.Body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	if _, err := l.conn.WriteToUDP([]byte(m.String()), l.peer); err != nil {
		l.t.Fatal(err)
	}
}

// update is an UPDATE in the dialog of an INVITE that came, and its final answer.
func (l *listener) update(invite *sip.Message, body string) *sip.Message {
	l.t.Helper()
	target, err := invite.Contact()
	if err != nil {
		l.t.Fatal(err)
	}
	m := &sip.Message{Method: sip.UPDATE, URI: target.URIText, Body: body}
	m.Add(sip.HVia, fmt.Sprintf("SIP/2.0/UDP 127.0.0.3:%d;branch=z9hG4bKupdate", l.port))
	m.Add(sip.HMaxForwards, "70")
	m.Add(sip.HFrom, invite.Get(sip.HTo)+";tag=early")
	m.Add(sip.HTo, invite.Get(sip.HFrom))
	m.Add(sip.HCallID, invite.CallID())
	m.Add(sip.HCSeq, "1 UPDATE")
	m.Add(sip.HContact, fmt.Sprintf("<sip:p@127.0.0.3:%d>", l.port))
	l.send(m)
	return l.next("answer to the UPDATE", func(m *sip.Message) bool {
		c, err := m.CSeq()
		return err == nil && m.Status >= 200 && c.Method == sip.UPDATE
	})
}

// TestRFC3311Section5_2_AnEarlyUpdateIsAnswered: a carrier plays an announcement and
// then connects a phone, which it tells by UPDATE before anybody answers; the caller
// knows neither reliable responses nor UPDATE.
func TestRFC3311Section5_2_AnEarlyUpdateIsAnswered(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	l := newListener(t)
	a := caller(t, srv, uac().recv(200, 100, 180, 183).ack().bye().recv(200), l.number())
	body := func(port int) string {
		return fmt.Sprintf("v=0\r\no=- 1 %d IN IP4 127.0.0.3\r\ns=-\r\nc=IN IP4 127.0.0.3\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\n", port, port)
	}
	invite := l.request(sip.INVITE)
	l.says(invite, 183, body(4000), sip.Header{ID: sip.HRequire, Value: "100rel"}, sip.Header{ID: sip.HRSeq, Value: "1"})
	l.says(l.request(sip.PRACK), 200, "")
	answer := l.update(invite, body(4002))
	if answer.Status != 200 || !strings.Contains(answer.Body, "m=audio ") || strings.Contains(answer.Body, "m=audio 0 ") {
		t.Fatalf("the UPDATE is answered\n%s", answer)
	}
	l.says(invite, 200, "")
	l.request(sip.ACK)
	l.says(l.request(sip.BYE), 200, "")
	a.wait()
	expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, srv.record())
}
