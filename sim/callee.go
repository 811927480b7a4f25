package sim

import (
	"fmt"
	"net/netip"
	"time"

	"onhook/sip"
)

// A Callee takes calls by RFC 3261 in a way that is told before.
type Callee struct {
	agent
	Silent bool          // answers nothing at all
	Ring   time.Duration // 180 so long after the INVITE; 0: none
	Final  int           // code of the final response; 0: none, it rings on
	After  time.Duration // the final so long after the INVITE
	Talk   time.Duration // hang up so long after the ACK; 0: wait
	Reason string        // Reason header of the final or of the BYE
	Calls  int           // INVITEs seen, without repetitions
	Up     map[string]bool
	seen   map[string]string // branch -> last response
	legs   map[string]*calleeLeg
}

type calleeLeg struct {
	invite *sip.Message
	from   netip.AddrPort
	tag    string
	final  int
	acked  bool
	hungUp bool
}

// NewCallee returns a callee at an address; its fields say how it behaves.
func NewCallee(n *Net, at netip.AddrPort) *Callee {
	c := &Callee{agent: agent{net: n, addr: at}, Up: map[string]bool{}, seen: map[string]string{}, legs: map[string]*calleeLeg{}}
	n.Add(at, c)
	return c
}

// NewCaller returns a caller at an address.
func NewCaller(n *Net, at netip.AddrPort, callID string) *Caller {
	c := &Caller{agent: agent{net: n, addr: at}, CallID: callID}
	n.Add(at, c)
	return c
}

// Receive takes a datagram.
func (c *Callee) Receive(now time.Time, from netip.AddrPort, data []byte) {
	if c.Silent {
		return
	}
	m, err := sip.Parse(data)
	if err != nil {
		panic(fmt.Sprintf("the server sent what does not parse: %v\n%s", err, data))
	}
	via, _ := m.Via()
	if !m.IsRequest() {
		cseq, _ := m.CSeq()
		if m.Status >= 200 {
			c.stop(string(cseq.Method) + m.CallID())
		}
		return
	}
	key := via.Branch() + string(m.Method)
	if last, again := c.seen[key]; again && m.Method != sip.ACK {
		if last != "" {
			c.send(from, last)
		}
		return
	}
	switch m.Method {
	case sip.INVITE:
		c.invited(now, from, m, key)
	case sip.ACK:
		c.acked(now, m)
	case sip.CANCEL:
		c.cancelled(now, from, m, key)
	case sip.BYE:
		c.stop("2xx" + m.CallID())
		delete(c.Up, m.CallID())
		c.answer(from, m, key, 200, "OK", "", "")
	default:
		c.answer(from, m, key, 200, "OK", "", "")
	}
}

func (c *Callee) answer(to netip.AddrPort, m *sip.Message, key string, code int, phrase, tag, body string) string {
	text := reply(m, code, phrase, tag, "Contact: <sip:b@"+c.addr.String()+">\r\n", body)
	c.seen[key] = text
	c.send(to, text)
	return text
}

func (c *Callee) invited(now time.Time, from netip.AddrPort, m *sip.Message, key string) {
	if m.ToTag() != "" {
		c.answer(from, m, key, 200, "OK", "", sdpOf(c.addr))
		return
	}
	c.Calls++
	c.seq++
	l := &calleeLeg{invite: m, from: from, tag: fmt.Sprintf("b%d", c.seq)}
	c.legs[m.CallID()] = l
	c.seen[key] = ""
	if c.Ring > 0 {
		c.after(now, c.Ring, func(time.Time) {
			if l.final == 0 {
				c.answer(from, m, key, 180, "Ringing", l.tag, "")
			}
		})
	}
	if c.Final > 0 {
		c.after(now, c.After, func(now time.Time) {
			if l.final == 0 {
				c.finish(now, l, key, c.Final)
			}
		})
	}
}

// finish sends the final and repeats it until its ACK: timer G for a failure, RFC 3261 section 13.3.1.4 for a 2xx.
func (c *Callee) finish(now time.Time, l *calleeLeg, key string, code int) {
	l.final = code
	body, extra := "", "Contact: <sip:b@"+c.addr.String()+">\r\n"
	if code < 300 {
		body = sdpOf(c.addr)
		c.Up[l.invite.CallID()] = true
	} else if c.Reason != "" && code == c.Final {
		extra += "Reason: " + c.Reason + "\r\n"
	}
	text := reply(l.invite, code, "Final", l.tag, extra, body)
	c.seen[key] = text
	c.repeat(now, "2xx"+l.invite.CallID(), l.from, text, t2)
	if code < 300 {
		// RFC 3261 section 13.3.1.4: without an ACK for 64*T1 the session should be terminated.
		c.resends[len(c.resends)-1].giveUp = func() { delete(c.Up, l.invite.CallID()) }
	}
}

func (c *Callee) acked(now time.Time, m *sip.Message) {
	c.stop("2xx" + m.CallID())
	l := c.legs[m.CallID()]
	if l == nil || l.acked || l.final >= 300 {
		return
	}
	l.acked = true
	if c.Talk > 0 {
		c.after(now, c.Talk, func(now time.Time) { c.hangUp(now, l) })
	}
}

func (c *Callee) cancelled(now time.Time, from netip.AddrPort, m *sip.Message, key string) {
	c.answer(from, m, key, 200, "OK", "", "")
	l := c.legs[m.CallID()]
	if l == nil || l.final != 0 {
		return
	}
	via, _ := m.Via()
	c.finish(now, l, via.Branch()+"INVITE", 487)
}

func (c *Callee) hangUp(now time.Time, l *calleeLeg) {
	if l.hungUp || !c.Up[l.invite.CallID()] {
		return
	}
	l.hungUp = true
	delete(c.Up, l.invite.CallID())
	contact, _ := l.invite.Contact()
	extra := ""
	if c.Reason != "" {
		extra = "Reason: " + c.Reason + "\r\n"
	}
	c.repeat(now, "BYE"+l.invite.CallID(), l.from, fmt.Sprintf("BYE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 7 BYE\r\n%sContent-Length: 0\r\n\r\n",
		contact.URIText, c.addr, c.branch(), l.invite.Get(sip.HTo), l.tag, l.invite.Get(sip.HFrom), l.invite.CallID(), extra), t2)
}
