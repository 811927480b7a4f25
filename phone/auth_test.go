package phone

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"onhook/digest"
	"onhook/sip"
)

// zeros is a source of numbers for a server of tests.
type zeros struct{ n uint64 }

func (z *zeros) Uint64() uint64 { z.n++; return z.n }

// A server challenges every request and answers those that are right as it is told.
type server struct {
	t      *testing.T
	conn   *net.UDPConn
	auth   *digest.Server
	proxy  bool // 407 in place of 401
	answer func(m *sip.Message) *sip.Message

	mu   sync.Mutex
	seen []*sip.Message
}

func newServer(t *testing.T, proxy bool, answer func(*sip.Message) *sip.Message) *server {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	ok(t, err)
	s := &server{t: t, conn: conn, proxy: proxy, answer: answer}
	s.auth = digest.NewServer(digest.Options{Realm: "example", Key: []byte("0123456789abcdef"), MD5: true, Rand: &zeros{}})
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65536)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			m, err := sip.Parse(buf[:n])
			if err != nil || m.Method == sip.ACK {
				continue
			}
			if r := s.reply(m); r != nil {
				_, _ = conn.WriteToUDPAddrPort(r.Append(nil), from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return s
}

func (s *server) addr() string { return s.conn.LocalAddr().String() }

func (s *server) messages() []*sip.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*sip.Message(nil), s.seen...)
}

func (s *server) reply(m *sip.Message) *sip.Message {
	s.mu.Lock()
	// On a busy machine the phone sends again what has its answer on the way.
	if !slices.ContainsFunc(s.seen, func(old *sip.Message) bool { return old.Get(sip.HVia) == m.Get(sip.HVia) }) {
		s.seen = append(s.seen, m)
	}
	s.mu.Unlock()
	checked := m
	if s.proxy {
		checked = m.Clone()
		if v := m.Get(sip.HProxyAuthorization); v != "" {
			checked.Set(sip.HAuthorization, v)
		}
	}
	res := s.auth.Check(time.Now(), checked, func(user string) (digest.Secret, bool) {
		return digest.NewSecret(user, "example", "secret"), user == "alice"
	})
	r := &sip.Message{Status: 401, Phrase: "Unauthorized"}
	id := sip.HWWWAuthenticate
	if s.proxy {
		r.Status, id = 407, sip.HProxyAuthenticate
	}
	if res.Verdict == digest.OK {
		r = s.answer(m)
	} else {
		for _, c := range s.auth.Challenges(time.Now(), res.Verdict == digest.Stale, false) {
			r.Add(id, c)
		}
	}
	for _, h := range m.Headers {
		switch h.ID {
		case sip.HVia, sip.HFrom, sip.HCallID, sip.HCSeq:
			r.Headers = append(r.Headers, h)
		case sip.HTo:
			r.Add(sip.HTo, h.Value+";tag=server")
		}
	}
	return r
}

func TestRegisterAnswersTheChallenge(t *testing.T) {
	ctx := testContext(t)
	s := newServer(t, false, func(m *sip.Message) *sip.Message {
		r := &sip.Message{Status: 200, Phrase: "OK"}
		r.Add(sip.HContact, m.Get(sip.HContact)+";expires=100")
		return r
	})
	p, l := start(t, Options{User: "alice", Password: "secret", Server: s.addr(), Domain: "example"})
	ok(t, p.Register(ctx))
	ok(t, p.Unregister(ctx))
	seen := s.messages()
	if len(seen) < 3 {
		t.Fatalf("the server saw %d requests", len(seen))
	}
	first, _ := seen[0].CSeq()
	second, _ := seen[1].CSeq()
	eq(t, "CSeq", second.Seq, first.Seq+1)
	eq(t, "Call-ID", seen[1].CallID(), seen[0].CallID())
	eq(t, "Request-URI", seen[0].URI, "sip:example")
	eq(t, "To", seen[0].Get(sip.HTo), "<sip:alice@example>")
	last := seen[len(seen)-1]
	eq(t, "Expires", last.Get(sip.HExpires), "0")
	lastSeq, _ := last.CSeq()
	if lastSeq.Seq <= second.Seq {
		t.Errorf("CSeq of the next REGISTER: %d after %d", lastSeq.Seq, second.Seq)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	eq(t, "event", l.all[0].String(), "registered sip:alice@example for 1m40s")
}

func TestRegisterWithTheWrongPassword(t *testing.T) {
	ctx := testContext(t)
	s := newServer(t, false, func(*sip.Message) *sip.Message { return &sip.Message{Status: 200} })
	p, _ := start(t, Options{User: "alice", Password: "wrong", Server: s.addr()})
	var r *Refused
	if err := p.Register(ctx); !errors.As(err, &r) || r.Code != 401 {
		t.Fatalf("got %v, want 401", err)
	}
	eq(t, "tries", len(s.messages()), 2)
}

func TestInviteAnswersTheChallenge(t *testing.T) {
	ctx := testContext(t)
	s := newServer(t, true, func(*sip.Message) *sip.Message { return &sip.Message{Status: 486, Phrase: "Busy Here"} })
	p, _ := start(t, Options{User: "alice", Password: "secret", Server: s.addr()})
	c, err := p.Call(ctx, "bob")
	ok(t, err)
	eq(t, "code", ended(t, ctx, c).Code, 486)
	seen := s.messages()
	if len(seen) != 2 {
		t.Fatalf("the server saw %d requests", len(seen))
	}
	// RFC 3261 section 22.2: same Call-ID, From tag and To; the CSeq goes up by one.
	first, _ := seen[0].CSeq()
	second, _ := seen[1].CSeq()
	eq(t, "CSeq", second.Seq, first.Seq+1)
	eq(t, "Call-ID", seen[1].CallID(), seen[0].CallID())
	eq(t, "From", seen[1].Get(sip.HFrom), seen[0].Get(sip.HFrom))
	eq(t, "To tag", seen[1].ToTag(), "")
}

func TestInviteWithTheWrongPassword(t *testing.T) {
	ctx := testContext(t)
	s := newServer(t, true, func(*sip.Message) *sip.Message { return &sip.Message{Status: 486} })
	p, _ := start(t, Options{User: "alice", Password: "wrong", Server: s.addr()})
	c, err := p.Call(ctx, "bob")
	ok(t, err)
	eq(t, "code", ended(t, ctx, c).Code, 407)
}

func TestRegisterWithoutServer(t *testing.T) {
	ctx := testContext(t)
	p, _ := start(t, Options{User: "alice", Listen: netip.MustParseAddrPort("127.0.0.1:0"), Domain: "127.0.0.1:1", T1: 10 * time.Millisecond})
	var r *Refused
	if err := p.Register(ctx); !errors.As(err, &r) || r.Wire {
		t.Fatalf("got %v, want a refusal that was not on the wire", err)
	}
}
