package stack

import (
	"bytes"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

// A chaos drives one endpoint by bytes: packets made and mutated, answers,
// commands and time; it keeps only what a user must keep.
type chaos struct {
	t       *testing.T
	e       *Endpoint
	now     time.Time
	in      []byte
	open    map[txn.ID]bool // requests to answer
	dialogs map[dialog.ID]bool
	ended   map[dialog.ID]bool
	waiting map[txn.ID]bool // names to resolve
	sent    [][]byte
	me      netip.AddrPort
}

// first returns the smallest key, so that a run is the same each time; 0: none.
func first(m map[txn.ID]bool) (id txn.ID) {
	for t := range m {
		if id == 0 || t < id {
			id = t
		}
	}
	return id
}

func newChaos(t *testing.T, in []byte) *chaos {
	seed := seeded(1)
	me := netip.MustParseAddrPort("192.0.2.2:5060")
	c := &chaos{t: t, now: begin, in: in, me: me, open: map[txn.ID]bool{}, dialogs: map[dialog.ID]bool{}, ended: map[dialog.ID]bool{}, waiting: map[txn.ID]bool{}}
	c.e = New(begin, Options{
		Rand: &seed, Timers: txn.RFC(), Supported: []string{"100rel", "timer"}, SessionExp: 1800,
		Identities: []Identity{
			{Transport: sip.UDP, Local: me, Host: "192.0.2.2", Port: 5060},
			{Transport: sip.TCP, Local: me, Host: "192.0.2.2", Port: 5060},
		},
	})
	return c
}

// know notes a dialog that the user hears of.
func (c *chaos) know(id dialog.ID) {
	if id != 0 && !c.ended[id] {
		c.dialogs[id] = true
	}
}

func (c *chaos) next() byte {
	if len(c.in) == 0 {
		return 0
	}
	b := c.in[0]
	c.in = c.in[1:]
	return b
}

func (c *chaos) step(in Input) {
	for _, a := range c.e.Step(nil, c.now, in) {
		switch a.Kind {
		case ActSend:
			if len(a.Data) == 0 || !a.Flow.Local.IsValid() || a.Flow.Conn == 0 && !reachable(a.Flow.Remote.Addr()) {
				c.t.Fatalf("ActSend that cannot be carried out: %+v", a)
			}
			if m, err := sip.Parse(a.Data); m == nil {
				c.t.Fatalf("sent what is no message: %v\n%q", err, a.Data)
			}
			if c.sent = append(c.sent, a.Data); len(c.sent) > 32 {
				c.sent = c.sent[1:]
			}
		case ActRequest:
			c.open[a.Txn] = true
			c.know(a.Dialog)
		case ActCreated, ActReceived:
			c.know(a.Dialog)
		case ActResolve:
			c.waiting[a.Txn] = true
		case ActTerminated:
			if !c.dialogs[a.Dialog] {
				c.t.Fatalf("dialog %x terminated that nobody knew, or twice", a.Dialog)
			}
			c.ended[a.Dialog] = true
			delete(c.dialogs, a.Dialog)
		}
	}
}

var chaosTags = []string{"", ";tag=x", ";tag=y", ";tag=z"}

// answerTo makes a response to a request we sent.
func (c *chaos) answerTo(data []byte, status int, tag string) []byte {
	m, err := sip.Parse(data)
	if err != nil || !m.IsRequest() {
		return nil
	}
	r := &sip.Message{Status: status, Phrase: "x"}
	for _, h := range m.Headers {
		switch h.ID {
		case sip.HVia, sip.HFrom, sip.HCallID, sip.HCSeq:
			r.Headers = append(r.Headers, h)
		case sip.HTo:
			if m.ToTag() == "" {
				h.Value += tag
			}
			r.Headers = append(r.Headers, h)
		}
	}
	r.Add(sip.HContact, "<sip:bob@192.0.2.1>")
	return r.Append(nil)
}

// inDialogOf makes a request that follows a message we sent.
func (c *chaos) inDialogOf(data []byte, method string, seq byte) []byte {
	m, err := sip.Parse(data)
	if err != nil {
		return nil
	}
	to, from := m.Get(sip.HTo), m.Get(sip.HFrom)
	if m.IsRequest() {
		to, from = from, to
	}
	return []byte(request(method, string('a'+seq%16), "To: "+to, "From: "+from, "Call-ID: "+m.CallID(), "CSeq: "+portText(uint16(seq))+" "+method))
}

func (c *chaos) packet(data []byte) {
	if len(data) > 0 && c.next()%4 == 0 {
		data = bytes.Clone(data)
		for range c.next() % 4 {
			at := int(c.next())<<8 | int(c.next())
			data[at%len(data)] ^= 1 << (c.next() % 8)
		}
		data = data[:len(data)-int(c.next()%3)*len(data)/8]
	}
	f := sip.Flow{Transport: sip.UDP, Local: c.me, Remote: netip.MustParseAddrPort("192.0.2.1:5060")}
	if c.next()%4 == 1 {
		f.Transport, f.Conn = sip.TCP, 3
	}
	c.step(Input{Kind: InPacket, Flow: f, Data: data})
}

var chaosMethods = []string{"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK", "UPDATE", "INFO", "SUBSCRIBE", "NOTIFY", "REFER", "NONE"}

func (c *chaos) act() {
	last := func() []byte {
		if len(c.sent) == 0 {
			return nil
		}
		return c.sent[int(c.next())%len(c.sent)]
	}
	method := chaosMethods[int(c.next())%len(chaosMethods)]
	var id dialog.ID
	for d := range c.dialogs {
		id = max(id, d)
	}
	switch c.next() % 12 {
	case 0, 1:
		c.packet([]byte(request(method, string('a'+c.next()%4), "Call-ID: c"+string('0'+c.next()%3))))
	case 2, 3:
		c.packet(c.inDialogOf(last(), method, c.next()))
	case 4, 5:
		status := []int{100, 180, 183, 200, 200, 302, 401, 422, 486, 503, 603}[c.next()%11]
		c.packet(c.answerTo(last(), status, chaosTags[c.next()%4]))
	case 6:
		if t := first(c.open); t != 0 {
			status := []int{100, 180, 200, 401, 486}[c.next()%5]
			if status >= 200 {
				delete(c.open, t)
			}
			c.step(Input{Kind: InRespond, Txn: t, Msg: answer(status), Reliable: c.next()%2 == 0})
		}
	case 7:
		uri := []string{"sip:bob@192.0.2.1", "sip:bob@name.example", "sip:bob@224.0.0.1"}[c.next()%3]
		m := msg(sip.INVITE, uri, "From: <sip:a@b>", "To: <"+uri+">")
		if c.next()%2 == 0 {
			c.step(Input{Kind: InInvite, Ref: 4, Msg: m})
			return
		}
		m.Method = sip.Method(method)
		c.step(Input{Kind: InRequest, Ref: 4, Msg: m})
	case 8:
		c.step(Input{Kind: InRequest, Dialog: id, Msg: msg(sip.Method(method), "")})
	case 9:
		c.step(Input{Kind: []InputKind{InCancel, InRelease, InBind}[c.next()%3], Dialog: id, Ref: 6})
	case 10:
		if t := first(c.waiting); t != 0 {
			delete(c.waiting, t)
			c.step(Input{Kind: InResolved, Txn: t, Targets: []Target{{sip.UDP, netip.MustParseAddrPort("192.0.2.1:5060")}, {sip.TCP, netip.MustParseAddrPort("192.0.2.1:5060")}}[:c.next()%3]})
		}
		c.step(Input{Kind: []InputKind{InSendFailed, InFlowDown}[c.next()%2], Flow: sip.Flow{Transport: sip.TCP, Conn: 3}, Txn: txn.ID(c.next())})
	case 11:
		c.now = c.now.Add(time.Duration(c.next()) * 100 * time.Millisecond)
		c.step(Input{})
	}
}

// end answers and releases everything, as a user that stops would, and lets time run out.
func (c *chaos) end() {
	for range 3000 {
		for t := first(c.open); t != 0; t = first(c.open) {
			delete(c.open, t)
			c.step(Input{Kind: InRespond, Txn: t, Msg: answer(486)})
		}
		for _, d := range slices.Sorted(maps.Keys(c.dialogs)) {
			c.step(Input{Kind: InCancel, Dialog: d})
			c.step(Input{Kind: InRelease, Dialog: d})
		}
		dl := c.e.Deadline()
		if dl.IsZero() {
			break
		}
		if c.now.Before(dl) {
			c.now = dl
		}
		c.step(Input{})
	}
	if s := c.e.State(); s != (State{}) || !c.e.Deadline().IsZero() || c.e.byKey.n+c.e.merged.n+len(c.e.byConn)+len(c.dialogs) > 0 {
		c.t.Fatalf("after the last deadline: %+v, %v, %d keys, %d merged, user's dialogs %v", s, c.e.Deadline(), c.e.byKey.n, c.e.merged.n, c.dialogs)
	}
}

// FuzzEndpoint: it never panics, sends nothing but messages, and holds nothing after its last deadline.
func FuzzEndpoint(f *testing.F) {
	r := seeded(3)
	for range 60 {
		var b []byte
		for range 400 {
			b = append(b, byte(r.Uint64()>>8))
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 4000 {
			in = in[:4000]
		}
		c := newChaos(t, in)
		for len(c.in) > 0 {
			c.act()
		}
		c.end()
	})
}

// FuzzPacket feeds bytes as they are.
func FuzzPacket(f *testing.F) {
	for _, m := range chaosMethods {
		f.Add([]byte(request(m, "1")))
	}
	f.Add([]byte(strings.Repeat("\r\n", 9)))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := newChaos(t, nil)
		c.packet(data)
		c.packet(data)
		c.end()
	})
}
