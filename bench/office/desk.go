package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"onhook/bench/voice"
	"onhook/phone"
	"onhook/sip"
)

const (
	callersHost = "127.0.0.2"
	calleesHost = "127.0.0.3"
	pace        = 8 * time.Millisecond // between new calls
	setUp       = time.Minute          // in which all calls of a kind have to be up
)

// A desk places calls at the server and takes some, and has a party for each.
type desk struct {
	hall    voice.Hall
	caller  *phone.Phone
	callee  *phone.Phone
	server  string
	port    int // of the next party
	mu      sync.Mutex
	offered map[string]netip.AddrPort // where the server hears, by Call-ID
	took    chan *taken
	waits   chan *voice.Party // for those who take calls
}

// A taken is a call that came in and was answered.
type taken struct {
	party *voice.Party
	err   error
}

func newDesk(ctx context.Context, server, callee string) (*desk, error) {
	d := &desk{server: server, port: 20000, offered: map[string]netip.AddrPort{}, took: make(chan *taken, 1000), waits: make(chan *voice.Party, 1000)}
	var err error
	for _, p := range []struct {
		listen string
		to     **phone.Phone
	}{{callersHost + ":0", &d.caller}, {callee, &d.callee}} {
		o := phone.Options{User: "office", Domain: "bench.example", Server: server, Listen: netip.MustParseAddrPort(p.listen), NoMedia: true, Trace: d.trace}
		if *p.to, err = phone.New(o); err != nil {
			return nil, err
		}
	}
	go d.hall.Run(ctx)
	go d.answer(ctx)
	return d, nil
}

func (d *desk) close() {
	_ = d.caller.Close()
	_ = d.callee.Close()
}

// trace keeps where the server hears, as its session descriptions say.
func (d *desk) trace(sent bool, _ sip.Flow, text string) {
	if sent {
		return
	}
	_, rest, ok := strings.Cut(text, "\r\nm=audio ")
	if !ok {
		return
	}
	number, _, _ := strings.Cut(rest, " ")
	port, err := strconv.ParseUint(number, 10, 16)
	m, err2 := sip.ParseString(text)
	if err != nil || err2 != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.offered[m.CallID()] = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
}

// join has a party talk to where the server hears the call.
func (d *desk) join(p *voice.Party, callID string) error {
	d.mu.Lock()
	to, ok := d.offered[callID]
	delete(d.offered, callID)
	d.mu.Unlock()
	if !ok {
		return errors.New("the server has not said where it hears")
	}
	return p.Connect(to)
}

// party opens the next party.
func (d *desk) party(host string, talks int, pair bool) (*voice.Party, error) {
	for range 5000 {
		d.port += 2
		if d.port >= 30000 {
			d.port = 20000
		}
		p, err := voice.Open(netip.AddrPortFrom(netip.MustParseAddr(host), uint16(d.port)))
		if err == nil {
			p.Talks, p.Pair = talks, pair
			return p, nil
		}
	}
	return nil, errors.New("no port is free")
}

// answer takes all calls that come in.
func (d *desk) answer(ctx context.Context) {
	for {
		c, err := d.callee.WaitIncoming(ctx)
		if err != nil {
			return
		}
		go func() {
			t := &taken{party: <-d.waits}
			m := &sip.Message{Status: 200, Phrase: "OK", Body: t.party.Offer()}
			m.Add(sip.HContact, fmt.Sprintf("<sip:office@%s>", d.callee.Addr()))
			m.Add(sip.HContentType, "application/sdp")
			if t.err = d.join(t.party, c.Info().CallID); t.err == nil {
				t.err = c.Respond(ctx, m)
			}
			d.took <- t
		}()
	}
}

// A group is calls of one kind.
type group struct {
	desk    *desk
	parties []*voice.Party
	calls   []*phone.Call
}

// calls places n calls to a number, one after the other; with two, they are answered here too.
func (d *desk) calls(ctx context.Context, n int, number string, two bool) (*group, error) {
	ctx, cancel := context.WithTimeout(ctx, setUp)
	defer cancel()
	g := &group{desk: d}
	next := time.NewTicker(pace)
	defer next.Stop()
	for range n {
		<-next.C
		if err := g.call(ctx, number, two); err != nil {
			g.end()
			return nil, fmt.Errorf("call %d of %d to %s: %w", len(g.calls), n, number, err)
		}
	}
	return g, nil
}

func (g *group) call(ctx context.Context, number string, two bool) error {
	d := g.desk
	p, err := d.party(callersHost, 1, two)
	if err != nil {
		return err
	}
	d.hall.Add(p)
	g.parties = append(g.parties, p)
	if two {
		o, err := d.party(calleesHost, 1, true)
		if err != nil {
			return err
		}
		d.hall.Add(o)
		g.parties = append(g.parties, o)
		d.waits <- o
	}
	c, err := d.caller.CallWith(ctx, number, phone.CallOptions{Body: p.Offer()})
	if err != nil {
		return err
	}
	g.calls = append(g.calls, c)
	if err := c.WaitAnswered(ctx); err != nil {
		return err
	}
	if two {
		if t := <-d.took; t.err != nil {
			return t.err
		}
	}
	return d.join(p, c.Info().CallID)
}

// up says how many of the calls are.
func (g *group) up() (n int) {
	for _, c := range g.calls {
		if c.Info().State == phone.Answered {
			n++
		}
	}
	return n
}

// end hangs up all calls.
func (g *group) end() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, c := range g.calls {
		_ = c.Hangup(ctx) // the other side may have been first
	}
	g.desk.hall.Remove(g.parties...)
}
