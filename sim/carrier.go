package sim

import (
	"fmt"
	"net/netip"
	"time"

	"onhook/sip"
)

// A Carrier is another server: it answers every request by what Answer says.
type Carrier struct {
	net  *Net
	addr netip.AddrPort
	// Answer gives the status line's code and phrase and header lines, each with its line end; code 0 is silence.
	Answer func(m *sip.Message) (code int, phrase, headers string)
	Seen   []*sip.Message // requests without ACKs and repetitions
	At     []time.Time    // when each came
	last   map[string][]byte
}

// Carrier adds another server at 10.0.5.N, port 5060.
func (w *World) Carrier(n byte) *Carrier {
	c := &Carrier{net: w.Net, addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 5, n}), 5060), last: map[string][]byte{}}
	w.Net.Add(c.addr, c)
	return c
}

// Of are the requests of one method that came.
func (c *Carrier) Of(method sip.Method) []*sip.Message {
	var out []*sip.Message
	for _, m := range c.Seen {
		if m.Method == method {
			out = append(out, m)
		}
	}
	return out
}

// Receive takes a datagram.
func (c *Carrier) Receive(now time.Time, from netip.AddrPort, data []byte) {
	m, err := sip.Parse(data)
	if err != nil {
		panic(fmt.Sprintf("the server sent what does not parse: %v\n%s", err, data))
	}
	if !m.IsRequest() || m.Method == sip.ACK {
		return
	}
	key := m.Get(sip.HVia) + string(m.Method)
	if again, ok := c.last[key]; ok {
		if again != nil {
			c.net.Send(c.addr, from, again)
		}
		return
	}
	c.Seen, c.At = append(c.Seen, m), append(c.At, now)
	code, phrase, headers := 200, "OK", ""
	if c.Answer != nil {
		code, phrase, headers = c.Answer(m)
	}
	c.last[key] = nil
	if code == 0 {
		return
	}
	to := m.Get(sip.HTo)
	if m.ToTag() == "" {
		to += ";tag=carrier"
	}
	answer := fmt.Sprintf("SIP/2.0 %d %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n%sContent-Length: 0\r\n\r\n",
		code, phrase, m.Get(sip.HVia), m.Get(sip.HFrom), to, m.CallID(), m.Get(sip.HCSeq), headers)
	c.last[key] = []byte(answer)
	c.net.Send(c.addr, from, []byte(answer))
}

// Tick does nothing: it never acts of itself.
func (c *Carrier) Tick(time.Time) {}

// Deadline is never.
func (c *Carrier) Deadline() time.Time { return time.Time{} }
