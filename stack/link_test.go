package stack

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

// A seeded is a source of numbers for tests (SplitMix64).
type seeded uint64

func (s *seeded) Uint64() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A packet is under way on the link.
type packet struct {
	at   time.Time
	flow sip.Flow // as its receiver sees it
	data []byte
}

// A side is one endpoint and what its user has been told.
type side struct {
	t    *testing.T
	name string
	e    *Endpoint
	addr netip.AddrPort
	link *link
	log  []Action // all actions but ActSend, ActReceived
	sent []Action
	got  []Action // ActReceived
	// hook answers what the user is told at once; may be nil.
	hook func(s *side, a Action)
}

// A link joins sides in virtual time.
type link struct {
	t     *testing.T
	now   time.Time
	delay time.Duration
	sides []*side
	wire  []packet
	lose  func(from *side, a Action) bool // tells whether a message is lost
	trace []string
}

func newLink(t *testing.T) *link { return &link{t: t, now: begin, delay: 10 * time.Millisecond} }

func (l *link) add(name, addr string, change func(*Options)) *side {
	seed := seeded(len(l.sides) + 1)
	s := &side{t: l.t, name: name, addr: netip.MustParseAddrPort(addr), link: l}
	opt := Options{
		Shard: byte(len(l.sides) + 1), Rand: &seed, Timers: txn.RFC(), Product: name,
		Supported: []string{"100rel", "timer", "replaces"},
		Identities: []Identity{
			{Transport: sip.UDP, Local: s.addr, Host: s.addr.Addr().String(), Port: s.addr.Port()},
			{Transport: sip.TCP, Local: s.addr, Host: s.addr.Addr().String(), Port: s.addr.Port()},
		},
	}
	if s.addr.Addr().Is6() {
		for i := range opt.Identities {
			opt.Identities[i].Host = "[" + opt.Identities[i].Host + "]"
		}
	}
	if change != nil {
		change(&opt)
	}
	s.e = New(l.now, opt)
	l.sides = append(l.sides, s)
	return s
}

// do gives an input and carries out what follows.
func (s *side) do(in Input) []Action {
	acts := s.e.Step(nil, s.link.now, in)
	for i := range acts {
		if m := acts[i].Msg; m == &s.e.brief { // tests look at it later
			acts[i].Msg = m.Keep()
		}
	}
	for _, a := range acts {
		switch a.Kind {
		case ActSend:
			s.sent = append(s.sent, a)
			s.link.send(s, a)
		case ActReceived:
			s.got = append(s.got, a)
		default:
			s.log = append(s.log, a)
		}
	}
	if s.hook != nil {
		for _, a := range acts {
			s.hook(s, a)
		}
	}
	return acts
}

func (l *link) send(from *side, a Action) {
	line, _, _ := strings.Cut(string(a.Data), "\r\n")
	l.trace = append(l.trace, fmt.Sprintf("%.3f %s: %s", l.now.Sub(begin).Seconds(), from.name, line))
	if l.lose != nil && l.lose(from, a) {
		return
	}
	l.wire = append(l.wire, packet{
		at: l.now.Add(l.delay), data: a.Data,
		flow: sip.Flow{Transport: a.Flow.Transport, Local: a.Flow.Remote, Remote: from.addr, Conn: a.Flow.Conn},
	})
}

// run lets virtual time pass, packets and timers in order.
func (l *link) run(d time.Duration) {
	end := l.now.Add(d)
	for {
		at := end
		for _, p := range l.wire {
			if p.at.Before(at) {
				at = p.at
			}
		}
		for _, s := range l.sides {
			if dl := s.e.Deadline(); !dl.IsZero() && dl.Before(at) {
				at = dl
			}
		}
		l.now = at
		if i := slices.IndexFunc(l.wire, func(p packet) bool { return !p.at.After(at) }); i >= 0 {
			p := l.wire[i]
			l.wire = slices.Delete(l.wire, i, i+1)
			for _, s := range l.sides {
				if s.addr == p.flow.Local {
					s.do(Input{Kind: InPacket, Flow: p.flow, Data: p.data})
				}
			}
			continue
		}
		busy := false
		for _, s := range l.sides {
			if dl := s.e.Deadline(); !dl.IsZero() && !dl.After(at) {
				s.do(Input{})
				if again := s.e.Deadline(); !again.IsZero() && !again.After(at) {
					l.t.Fatalf("%s: deadline %v is not over after a step at it", s.name, again)
				}
				busy = true
			}
		}
		if !busy && !at.Before(end) {
			return
		}
	}
}

// empty fails if an endpoint still holds something.
func (l *link) empty() {
	l.t.Helper()
	for _, s := range l.sides {
		if s.e.State() != (State{}) || !s.e.Deadline().IsZero() {
			l.t.Errorf("%s holds %+v, deadline %v", s.name, s.e.State(), s.e.Deadline())
		}
		if s.e.byKey.n+s.e.merged.n != 0 {
			l.t.Errorf("%s: keys left: %d, %d", s.name, s.e.byKey.n, s.e.merged.n)
		}
	}
}

// wants compares what went over the link with lines like "A: INVITE" or "B: 180".
func (l *link) wants(lines ...string) {
	l.t.Helper()
	var have []string
	for _, t := range l.trace {
		_, t, _ = strings.Cut(t, " ")
		name, msg, _ := strings.Cut(t, ": ")
		f := strings.Fields(msg)
		word := f[0]
		if word == "SIP/2.0" {
			word = f[1]
		}
		have = append(have, name+": "+word)
	}
	if !slices.Equal(have, lines) {
		l.t.Errorf("messages:\n%s\nwant\n%s", strings.Join(have, "\n"), strings.Join(lines, "\n"))
	}
}

// find returns the first action of a kind that the user was told; it fails if there is none.
func (s *side) find(k ActionKind) Action {
	s.t.Helper()
	for _, a := range s.log {
		if a.Kind == k {
			return a
		}
	}
	s.t.Fatalf("%s: no action %d among %v", s.name, k, s.kinds())
	return Action{}
}

func (s *side) count(k ActionKind) int {
	n := 0
	for _, a := range s.log {
		if a.Kind == k {
			n++
		}
	}
	return n
}

func (s *side) kinds() []ActionKind {
	var k []ActionKind
	for _, a := range s.log {
		k = append(k, a.Kind)
	}
	return k
}

func msg(method sip.Method, uri string, headers ...string) *sip.Message {
	m := &sip.Message{Method: method, URI: uri}
	for _, h := range headers {
		n, v, _ := strings.Cut(h, ": ")
		m.AddNamed(n, v)
	}
	return m
}

func answer(status int, headers ...string) *sip.Message {
	m := msg("", "", headers...)
	m.Status, m.URI = status, ""
	return m
}

const someSDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"

func withSDP(m *sip.Message) *sip.Message {
	m.Add(sip.HContentType, "application/sdp")
	m.Body = someSDP
	return m
}

// invite makes A call B and returns A's dialog.
func (s *side) invite(to *side, headers ...string) dialog.ID {
	uri := "sip:bob@" + to.addr.String()
	m := withSDP(msg(sip.INVITE, uri, append([]string{"From: <sip:alice@a.example>", "To: <" + uri + ">"}, headers...)...))
	acts := s.do(Input{Kind: InInvite, Ref: 7, Msg: m})
	for _, a := range acts {
		if a.Kind == ActCreated {
			return a.Dialog
		}
	}
	s.t.Fatalf("no ActCreated in %v", acts)
	return 0
}

// respond answers the n-th request that the user was told of.
func (s *side) respond(status int) {
	s.t.Helper()
	m := answer(status)
	if status/100 == 2 {
		withSDP(m)
	}
	s.do(Input{Kind: InRespond, Txn: s.find(ActRequest).Txn, Msg: m})
}
