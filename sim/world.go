package sim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"onhook/call"
	"onhook/digest"
	"onhook/exchange"
	"onhook/media"
	"onhook/outcome"
	"onhook/route"
	"onhook/sip"
	"onhook/stack"
	"onhook/store"
	"onhook/txn"
)

// The addresses of a world.
var (
	ServerAddr = netip.MustParseAddrPort("10.0.0.1:5060")
	CallerAddr = netip.MustParseAddrPort("10.0.0.2:5060")
	calleeNet  = netip.MustParseAddr("10.0.1.0")
)

// A Saved is a record that the server stored, with its evidence.
type Saved struct {
	Record outcome.Record
	Events []call.Event
	At     time.Time
}

// A World is a server, its network and its phones.
type World struct {
	Net      *Net
	Server   *exchange.Exchange
	Started  []string // ids given to the store's Begin
	Saved    []Saved
	NoMedia  bool                        // no address for media is free
	Settings exchange.Settings           // it began with
	Hosts    map[string][]netip.AddrPort // what names resolve to
	Refuses  map[netip.AddrPort]bool     // addresses where a port is closed: what is sent there comes back as an error
	Settle   func()                      // lets applications do what they do, after each turn of the server; nil: there are none
	open     int                         // media legs
	port     uint16
	node     *serverNode
	sounds   *sounds // nil: what is played never ends
}

// serverNode is the server as the network sees it.
type serverNode struct{ w *World }

func (s *serverNode) Receive(now time.Time, from netip.AddrPort, data []byte) {
	flow := sip.Flow{Transport: sip.UDP, Local: ServerAddr, Remote: from}
	s.w.Server.Packets([]exchange.Packet{{Flow: flow, Data: data}})
	s.Tick(now)
}

func (s *serverNode) Tick(now time.Time) {
	s.w.Server.Turn(now)
	if s.w.Settle != nil {
		s.w.Settle()
	}
}

func (s *serverNode) Deadline() time.Time { return s.w.Server.Deadline() }

// NewWorld makes a server on a network with these faults. Numbers 1 to 9 lead
// to the callees that Callee makes; the caller is a trunk.
func NewWorld(seed uint64, f Faults, set func(*exchange.Settings)) *World {
	w := &World{Net: NewNet(seed, f), port: 10000}
	routes, err := route.New(route.Options{
		Rules: []route.Rule{{Match: `([1-9]+)`, To: []route.Destination{{Kind: route.ToSIP, Text: "sip:$1@10.0.1.$1"}}}},
		Local: []string{ServerAddr.Addr().String()},
	})
	if err != nil {
		panic(err)
	}
	s := exchange.Settings{
		Domain: "example.com", Routes: routes,
		Trunks: []exchange.Trunk{{Name: "sim", Host: "10.0.0.2", Sources: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}}},
		Call:   call.Options{Ring: 20 * time.Second, Linger: 2 * time.Second, Relay: true},
	}
	if set != nil {
		set(&s)
	}
	w.Settings = s
	var key [32]byte
	key[0], key[1], key[2] = byte(seed), byte(seed>>8), byte(seed>>16)
	rnd := rand.NewChaCha8(key)
	w.Server = exchange.New(exchange.Options{
		Settings: s,
		Stack: stack.Options{
			Rand: rnd, Timers: txn.RFC(), Product: "onhook",
			Identities: []stack.Identity{{Transport: sip.UDP, Local: ServerAddr, Host: ServerAddr.Addr().String(), Port: ServerAddr.Port()}},
			Supported:  []string{"100rel", "timer", "replaces"}, Accept: []string{"application/sdp"},
		},
		Digest: digest.Options{Realm: "example.com", Key: key[:], Rand: rnd, MD5: true, SHA512256: true},
		Wire:   simWire{w}, Media: simMedia{w}, Store: simStore{w},
		Rand: rnd, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: func() time.Time { return w.Net.Now },
	})
	w.node = &serverNode{w}
	w.Net.Add(ServerAddr, w.node)
	return w
}

// Callee adds a phone that a digit from 1 to 9 dials.
func (w *World) Callee(digit int) *Callee {
	a := calleeNet.As4()
	a[3] = byte(digit)
	return NewCallee(w.Net, netip.AddrPortFrom(netip.AddrFrom4(a), 5060))
}

// Caller adds the phone that calls.
func (w *World) Caller(callID, number string) *Caller {
	c := NewCaller(w.Net, CallerAddr, callID)
	c.Server, c.Number = ServerAddr, number
	return c
}

// secrets are what the server knows of the passwords of extensions.
func secrets(s *exchange.Settings) {
	for i := range s.Users {
		u := &s.Users[i]
		u.Secret = digest.NewSecret(u.Name, "example.com", passwordOf(u.Name))
	}
}

// Line adds another phone of an extension, which calls and is not registered: a
// stranger until it shows who it is. knows are the algorithms that it has.
func (w *World) Line(n byte, callID, user, number string, knows ...string) *Caller {
	c := NewCaller(w.Net, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 3, n}), 5060), callID)
	c.Server, c.Number = ServerAddr, number
	c.Account = &account{User: user, Password: passwordOf(user), Knows: knows}
	return c
}

// Check returns what is wrong after a run that has come to rest: the
// invariants of the rules of outcomes, and that nothing is left over.
func (w *World) Check() []string {
	var bad []string
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	seen, finals := map[string]int{}, w.finals()
	for _, s := range w.Saved {
		seen[s.Record.ID]++
		for _, p := range outcome.Check(s.Record) {
			say("%s: %s", s.Record.ID, p)
		}
		if got := finals[askedBy(s.Events)]; s.Record.SIPFinal != got {
			say("%s: sip_final %d, the wire carried %d", s.Record.ID, s.Record.SIPFinal, got)
		}
	}
	for _, id := range w.Started {
		if seen[id] != 1 {
			say("%s: %d records, want exactly one", id, seen[id])
		}
	}
	if len(w.Saved) != len(w.Started) {
		say("%d calls started, %d records", len(w.Started), len(w.Saved))
	}
	if n := w.Server.Idle(); n != "" {
		say("left over: %s", n)
	}
	if w.open != 0 {
		say("left over: %d media legs", w.open)
	}
	return bad
}

// An asked is an INVITE as its responses name it: one that was challenged has the
// Call-ID of the one with credentials.
type asked struct {
	id  string
	seq uint32
}

// finals are the final responses to INVITEs that the network was given, the first of each.
func (w *World) finals() map[asked]int {
	all := map[asked]int{}
	for _, s := range w.Net.Trace {
		if s.From != ServerAddr || !bytes.HasPrefix(s.Data, []byte("SIP/2.0 ")) || s.Data[8] == '1' || !bytes.Contains(s.Data, []byte(" INVITE\r\n")) {
			continue
		}
		m, err := sip.Parse(s.Data)
		if err != nil {
			continue
		}
		if c, _ := m.CSeq(); c.Method == sip.INVITE && all[asked{m.CallID(), c.Seq}] == 0 {
			all[asked{m.CallID(), c.Seq}] = m.Status
		}
	}
	return all
}

// askedBy is the INVITE that began a call, by its events.
func askedBy(events []call.Event) asked {
	if len(events) < 2 {
		return asked{}
	}
	invite, err := sip.ParseString(events[1].Msg)
	if err != nil {
		return asked{}
	}
	c, _ := invite.CSeq()
	return asked{invite.CallID(), c.Seq}
}

type simWire struct{ w *World }

func (s simWire) Send(flow sip.Flow, data []byte, ref uint64) {
	if s.w.Refuses[flow.Remote] {
		s.w.Server.SendFailed(flow, ref, errors.New("connection refused"))
		return
	}
	s.w.Net.Send(ServerAddr, flow.Remote, slices.Clone(data))
}
func (simWire) Flush()             {}
func (simWire) CloseFlow(sip.Flow) {}
func (s simWire) Resolve(host string, _ uint16, _ sip.Transport, _ bool, done func([]stack.Target, error)) {
	if found := s.w.Hosts[host]; found != nil {
		targets := make([]stack.Target, len(found))
		for i, a := range found {
			targets[i] = stack.Target{Transport: sip.UDP, Addr: a}
		}
		done(targets, nil)
		return
	}
	done(nil, fmt.Errorf("no such host: %s", host))
}

type simMedia struct{ w *World }

func (s simMedia) Open(media.LegID, uint64, bool) (rtp, rtcp netip.AddrPort, err error) {
	if s.w.NoMedia {
		return rtp, rtcp, errors.New("no port is free")
	}
	s.w.open++
	s.w.port += 2
	return netip.AddrPortFrom(ServerAddr.Addr(), s.w.port), netip.AddrPortFrom(ServerAddr.Addr(), s.w.port+1), nil
}
func (simMedia) Set(media.LegID, media.Config) error { return nil }
func (s simMedia) Bridge(a, b media.LegID) error {
	s.w.sounds.stop(a)
	s.w.sounds.stop(b)
	return nil
}
func (simMedia) Echo(media.LegID) error { return nil }
func (s simMedia) Play(leg media.LegID, _ media.Source, loop bool) error {
	s.w.sounds.play(leg, loop)
	return nil
}
func (simMedia) Over(media.LegID, media.Source) error { return nil }
func (s simMedia) Record(leg media.LegID, sink media.Sink) error {
	s.w.sounds.record(leg, sink)
	return nil
}
func (simMedia) Digits(media.LegID, string) error { return nil }
func (s simMedia) Idle(leg media.LegID) error {
	s.w.sounds.stop(leg)
	return nil
}

func (s simMedia) Close(leg media.LegID) media.Stats {
	s.w.sounds.stop(leg)
	s.w.open--
	return media.Stats{}
}
func (s simMedia) Events(buf []media.Event) []media.Event { return s.w.sounds.events(buf) }

type simStore struct{ w *World }

func (s simStore) Begin(st store.Start) error {
	s.w.Started = append(s.w.Started, st.ID)
	return nil
}
func (simStore) Append(string, []call.Event) error { return nil }
func (simStore) Heartbeat(time.Time) error         { return nil }
func (simStore) SaveBindings([]store.Binding, []store.BindingKey) error {
	return nil
}

func (s simStore) Finish(r outcome.Record, events []call.Event, done func(error)) error {
	s.w.Saved = append(s.w.Saved, Saved{r, slices.Clone(events), s.w.Net.Now})
	done(nil)
	return nil
}
