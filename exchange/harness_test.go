package exchange

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/call"
	"onhook/digest"
	"onhook/media"
	"onhook/outcome"
	"onhook/route"
	"onhook/sip"
	"onhook/stack"
	"onhook/store"
	"onhook/txn"
)

var (
	serverAddr = netip.MustParseAddrPort("10.0.0.1:5060")
	// serverAddr6 is its other address, where it has one.
	serverAddr6 = netip.MustParseAddrPort("[2001:db8::1]:5060")
	trunkAddr   = "10.0.0.2:5060"
	phoneAddr   = "10.0.1.1:5060" // where number 1 leads
)

// A rig is an Exchange with a world that does nothing by itself, in a time of its own.
type rig struct {
	t    *testing.T
	x    *Exchange
	now  time.Time
	log  []string // what the exchange did: "send 10.0.0.2:5060 SIP/2.0 200 OK"
	sent []sentTo
	fakeStore
	media struct {
		err  error
		open map[media.LegID]bool
		port uint16
	}
	resolved func([]stack.Target, error)
}

type sentTo struct {
	to   netip.AddrPort
	data string
}

// A fakeStore keeps what it is given and answers what a test says.
type fakeStore struct {
	begun    []store.Start
	begin    error
	finish   error
	records  []outcome.Record
	done     []func(error) // of records that are not durable yet
	slow     bool          // done is the test's to call
	beats    int
	bindings []store.Binding
	removed  []store.BindingKey
}

type fakeWire struct{ r *rig }

func (w fakeWire) Send(f sip.Flow, data []byte, _ uint64) {
	first, _, _ := strings.Cut(string(data), "\r\n")
	w.r.log = append(w.r.log, "send "+f.Remote.String()+" "+first)
	w.r.sent = append(w.r.sent, sentTo{f.Remote, string(data)})
}
func (fakeWire) Flush() {}
func (w fakeWire) CloseFlow(f sip.Flow) {
	w.r.log = append(w.r.log, "close "+f.Remote.String())
}

func (w fakeWire) Resolve(_ string, _ uint16, _ sip.Transport, _ bool, done func([]stack.Target, error)) {
	w.r.resolved = done
}

type fakeMedia struct{ r *rig }

func (m fakeMedia) Open(leg media.LegID, _ uint64, v6 bool) (rtp, rtcp netip.AddrPort, err error) {
	if m.r.media.err != nil {
		return rtp, rtcp, m.r.media.err
	}
	m.r.media.open[leg] = true
	m.r.media.port += 2
	ip := serverAddr.Addr()
	if v6 {
		ip = serverAddr6.Addr()
	}
	return netip.AddrPortFrom(ip, 10000+m.r.media.port), netip.AddrPortFrom(ip, 10001+m.r.media.port), nil
}
func (fakeMedia) Set(media.LegID, media.Config) error        { return nil }
func (fakeMedia) Bridge(media.LegID, media.LegID) error      { return nil }
func (fakeMedia) Echo(media.LegID) error                     { return nil }
func (fakeMedia) Play(media.LegID, media.Source, bool) error { return nil }
func (fakeMedia) Over(media.LegID, media.Source) error       { return nil }
func (fakeMedia) Record(media.LegID, media.Sink) error       { return nil }
func (fakeMedia) Digits(media.LegID, string) error           { return nil }
func (fakeMedia) Idle(media.LegID) error                     { return nil }
func (m fakeMedia) Close(leg media.LegID) media.Stats {
	if !m.r.media.open[leg] {
		m.r.t.Errorf("media leg %d is closed and not open", leg)
	}
	delete(m.r.media.open, leg)
	return media.Stats{}
}
func (fakeMedia) Events(buf []media.Event) []media.Event { return buf }

func (s *fakeStore) Begin(st store.Start) error {
	s.begun = append(s.begun, st)
	return s.begin
}
func (*fakeStore) Append(string, []call.Event) error { return nil }
func (s *fakeStore) Heartbeat(time.Time) error {
	s.beats++
	return nil
}

func (s *fakeStore) SaveBindings(changed []store.Binding, removed []store.BindingKey) error {
	s.bindings, s.removed = append(s.bindings, changed...), append(s.removed, removed...)
	return nil
}

func (s *fakeStore) Finish(r outcome.Record, _ []call.Event, done func(error)) error {
	if s.finish != nil {
		return s.finish
	}
	s.records = append(s.records, r)
	if s.slow {
		s.done = append(s.done, done)
	} else {
		done(nil)
	}
	return nil
}

func routesTo(t *testing.T, rules ...route.Rule) *route.Table {
	t.Helper()
	table, err := route.New(route.Options{Rules: rules, Trunks: []string{"carrier"}, Local: []string{"10.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func toPhone(match string) route.Rule {
	return route.Rule{Match: match, To: []route.Destination{{Kind: route.ToSIP, Text: "sip:" + phoneAddr}}}
}

func settings(t *testing.T) Settings {
	t.Helper()
	return Settings{
		Domain: "example.com", Routes: routesTo(t, toPhone("1")),
		Trunks: []Trunk{{Name: "sim", Host: "10.0.0.2", Sources: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}}},
		Call:   call.Options{Ring: 20 * time.Second, Linger: 2 * time.Second, Relay: true},
	}
}

func newRig(t *testing.T, change func(*Settings)) *rig {
	t.Helper()
	return newRigAt(t, change)
}

// newRigAt is a rig that has more addresses.
func newRigAt(t *testing.T, change func(*Settings), more ...netip.AddrPort) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	r.media.open = map[media.LegID]bool{}
	s := settings(t)
	if change != nil {
		change(&s)
	}
	rnd := rand.NewChaCha8([32]byte{1})
	identities := []stack.Identity{
		{Transport: sip.UDP, Local: serverAddr, Host: serverAddr.Addr().String(), Port: serverAddr.Port()},
		{Transport: sip.TCP, Local: serverAddr, Host: serverAddr.Addr().String(), Port: serverAddr.Port()},
	}
	for _, a := range more {
		identities = append(identities, stack.Identity{Transport: sip.UDP, Local: a, Host: "[" + a.Addr().String() + "]", Port: a.Port()})
	}
	r.x = New(Options{
		Settings: s,
		Stack: stack.Options{
			Rand: rnd, Timers: txn.RFC(), Product: "onhook",
			Identities: identities,
			Supported:  []string{"100rel", "timer", "replaces"}, Accept: []string{"application/sdp"},
		},
		Digest: digest.Options{Realm: "example.com", Key: make([]byte, 32), Rand: rnd},
		Wire:   fakeWire{r}, Media: fakeMedia{r}, Store: r,
		Rand: rnd, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: func() time.Time { return r.now },
	})
	return r
}

// patience is how long a starved machine may take for what is to happen.
const patience = 2 * time.Minute

// turn lets the loop turn once at the present time.
func (r *rig) turn() { r.x.Turn(r.now) }

// pass lets time pass, with all that is due in it.
func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	end := r.now.Add(d)
	for range 100_000 {
		next := r.x.Deadline()
		if next.IsZero() || next.After(end) {
			break
		}
		if next.After(r.now) {
			r.now = next
		}
		r.turn()
	}
	r.now = end
	r.turn()
}

// from brings a datagram.
func (r *rig) from(addr, text string) {
	r.t.Helper()
	if !r.x.Packets([]Packet{{Flow: flowOf(addr), Data: []byte(text)}}) {
		r.t.Fatal("the mailbox is full")
	}
	r.turn()
}

// last returns the last message sent to an address, parsed.
func (r *rig) last(addr string) *sip.Message {
	r.t.Helper()
	for _, s := range slices.Backward(r.sent) {
		if s.to.String() == addr {
			m, err := sip.Parse([]byte(s.data))
			if err != nil {
				r.t.Fatal(err)
			}
			return m
		}
	}
	r.t.Fatalf("nothing was sent to %s: %q", addr, r.log)
	return nil
}

const sdpText = "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\n"

// request makes a request of the trunk's.
func request(method, number, callID, toTag string, cseq int, body string) string {
	to := "<sip:" + number + "@10.0.0.1>"
	if toTag != "" {
		to += ";tag=" + toTag
	}
	typ := ""
	if body != "" {
		typ = "Content-Type: application/sdp\r\n"
	}
	return fmt.Sprintf("%s sip:%s@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%d%s\r\nMax-Forwards: 70\r\nFrom: <sip:a@10.0.0.2>;tag=a\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:a@%s>\r\n%sContent-Length: %d\r\n\r\n%s",
		method, number, trunkAddr, callID, cseq, method, to, callID, cseq, method, trunkAddr, typ, len(body), body)
}

// answer is what the phone says to the last request that it got.
func (r *rig) answer(code int, body string) {
	r.t.Helper()
	req := r.last(phoneAddr)
	m := &sip.Message{Status: code, Phrase: "x", Body: body}
	for _, h := range req.Headers {
		switch h.ID {
		case sip.HVia, sip.HFrom, sip.HCallID, sip.HCSeq:
			m.Add(h.ID, h.Value)
		case sip.HTo:
			v := h.Value
			if req.ToTag() == "" {
				v += ";tag=b"
			}
			m.Add(sip.HTo, v)
		}
	}
	m.Add(sip.HContact, "<sip:"+phoneAddr+">")
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	r.from(phoneAddr, m.String())
}

// talk begins a call that is answered, and returns the tag that the trunk was given.
func (r *rig) talk(callID string) (tag string) {
	r.t.Helper()
	r.from(trunkAddr, request("INVITE", "1", callID, "", 1, sdpText))
	r.answer(200, sdpText)
	m := r.last(trunkAddr)
	if m.Status != 200 {
		r.t.Fatalf("the trunk got %d", m.Status)
	}
	r.from(trunkAddr, request("ACK", "1", callID, m.ToTag(), 1, ""))
	return m.ToTag()
}

// idle checks that nothing is left over.
func (r *rig) idle() {
	r.t.Helper()
	r.pass(5 * time.Minute)
	if s := r.x.Idle(); s != "" {
		r.t.Errorf("left over: %s", s)
	}
	if n := len(r.media.open); n != 0 {
		r.t.Errorf("left over: %d media legs", n)
	}
}
