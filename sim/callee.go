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
	Silent  bool                     // answers nothing at all
	Next    func(*Callee)            // says anew how it behaves, at each call; nil: always as the fields say
	Ring    time.Duration            // 180 so long after the INVITE; 0: none
	Final   int                      // code of the final response; 0: none, it rings on
	After   time.Duration            // the final so long after the INVITE
	Talk    time.Duration            // hang up so long after the ACK; 0: wait
	Reason  string                   // Reason header of the final or of the BYE
	Rel     bool                     // at Ring comes a reliable 183 with the answer, and the final has none
	Update  bool                     // after its PRACK the callee offers again by UPDATE
	Twin    time.Duration            // a second phone behind the same address rings so long after the INVITE; 0: none
	Twin2   time.Duration            // and answers so long after the INVITE, whatever the first one does, unless that has refused; 0: it does not
	Begun   func(*Callee, time.Time) // its answer was acknowledged; nil: it does nothing then
	Updated int                      // the final response to it
	Calls   int                      // INVITEs seen, without repetitions
	Up      map[string]bool
	seen    map[string]string       // branch -> last response
	legs    map[string]*calleeLeg   // by Call-ID and tag
	rings   map[string][]*calleeLeg // by Call-ID, the first phone's first
	order   []*calleeLeg            // as they came
}

type calleeLeg struct {
	invite *sip.Message
	from   netip.AddrPort
	tag    string
	final  int
	acked  bool
	rel    bool // its reliable 183 waits for the PRACK
	told   bool // the answer has gone in it
	late   int  // the final that waits for that too
	hungUp bool

	cseq     int    // of the phone's own last request
	version  int    // of its description
	offer    string // the branch of the last offer of its own
	offering bool   // that waits for its answer
}

// NewCallee returns a callee at an address; its fields say how it behaves.
func NewCallee(n *Net, at netip.AddrPort) *Callee {
	c := &Callee{agent: agent{net: n, addr: at}, Up: map[string]bool{}, seen: map[string]string{}, legs: map[string]*calleeLeg{}, rings: map[string][]*calleeLeg{}}
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
		if m.Status >= 200 && cseq.Method == sip.INVITE {
			c.offered(m, from)
		}
		if m.Status >= 200 {
			if cseq.Method == sip.UPDATE {
				c.Updated = m.Status
			}
			c.stop(string(cseq.Method) + m.CallID() + m.FromTag())
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
		c.stop("2xx" + m.CallID() + m.ToTag())
		delete(c.Up, m.CallID()+m.ToTag())
		c.answer(from, m, key, 200, "OK", "", "")
	case sip.PRACK:
		c.answer(from, m, key, 200, "OK", "", "")
		c.pracked(now, m)
	default:
		body := ""
		if m.Body != "" {
			body = sdpOf(c.addr)
		}
		c.answer(from, m, key, 200, "OK", "", body)
	}
}

// reliable sends a 183 with the answer and repeats it until its PRACK (RFC 3262 section 3).
func (c *Callee) reliable(now time.Time, l *calleeLeg, key string) {
	l.rel, l.told = true, true
	text := reply(l.invite, 183, "Session Progress", l.tag, "Contact: <sip:b@"+c.addr.String()+">\r\nAllow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE\r\nRequire: 100rel\r\nRSeq: 1000\r\n", sdpOf(c.addr))
	c.seen[key] = text
	c.repeat(now, "183"+l.invite.CallID(), l.from, text, 0)
}

// pracked goes on after the PRACK.
func (c *Callee) pracked(now time.Time, m *sip.Message) {
	c.stop("183" + m.CallID())
	l := c.legs[m.CallID()+m.ToTag()]
	if l == nil || !l.rel || l.final != 0 {
		return
	}
	l.rel = false
	if c.Update {
		contact, _ := l.invite.Contact()
		c.repeat(now, "UPDATE"+l.invite.CallID()+l.tag, l.from, fmt.Sprintf("UPDATE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 5 UPDATE\r\nContact: <sip:b@%s>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
			contact.URIText, c.addr, c.branch(), l.invite.Get(sip.HTo), l.tag, l.invite.Get(sip.HFrom), l.invite.CallID(), c.addr, len(sdpOf(c.addr)), sdpOf(c.addr)), t2)
	}
	if l.late != 0 {
		via, _ := l.invite.Via()
		c.finish(now, l, via.Branch()+"INVITE", l.late)
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
	if c.Next != nil {
		c.Next(c)
	}
	l := c.phone(m, from)
	c.seen[key] = ""
	if c.Twin > 0 {
		c.twin(now, c.phone(m, from), key)
	}
	if c.Ring > 0 {
		c.after(now, c.Ring, func(now time.Time) {
			switch {
			case l.final != 0:
			case c.Rel && m.HasToken(sip.HSupported, "100rel"):
				c.reliable(now, l, key)
			default:
				c.answer(from, m, key, 180, "Ringing", l.tag, "")
			}
		})
	}
	if final := c.Final; final > 0 {
		c.after(now, c.After, func(now time.Time) {
			if l.final == 0 && (final < 300 || !c.anyFinal(l)) {
				c.finish(now, l, key, final)
			}
		})
	}
}

// phone makes one party behind the address.
func (c *Callee) phone(m *sip.Message, from netip.AddrPort) *calleeLeg {
	c.seq++
	l := &calleeLeg{invite: m, from: from, tag: fmt.Sprintf("b%d", c.seq), cseq: 6}
	c.legs[m.CallID()+l.tag] = l
	c.rings[m.CallID()] = append(c.rings[m.CallID()], l)
	c.order = append(c.order, l)
	return l
}

// twin is what the second phone does: RFC 3261 section 13.2.2.4, several 1xx
// and 2xx responses with tags of their own may come to one INVITE.
func (c *Callee) twin(now time.Time, l *calleeLeg, key string) {
	m := l.invite
	c.after(now, c.Twin, func(time.Time) {
		if !c.anyFinal(l) {
			c.answer(l.from, m, key, 180, "Ringing", l.tag, "")
		}
	})
	if c.Twin2 == 0 {
		return
	}
	c.after(now, c.Twin2, func(now time.Time) {
		if l.final == 0 && !c.refused(l) {
			c.finish(now, l, key, 200)
		}
	})
}

// anyFinal tells whether one of the phones has answered or refused.
func (c *Callee) anyFinal(l *calleeLeg) bool {
	for _, k := range c.rings[l.invite.CallID()] {
		if k.final != 0 {
			return true
		}
	}
	return false
}

func (c *Callee) refused(l *calleeLeg) bool {
	for _, k := range c.rings[l.invite.CallID()] {
		if k.final >= 300 {
			return true
		}
	}
	return false
}

// finish sends the final and repeats it until its ACK: timer G for a failure, RFC 3261 section 13.3.1.4 for a 2xx.
func (c *Callee) finish(now time.Time, l *calleeLeg, key string, code int) {
	if l.rel && code < 300 {
		l.late = code // RFC 3262 section 5: the 2xx waits for the PRACK
		return
	}
	l.final = code
	c.stop("183" + l.invite.CallID())
	body, extra := "", "Contact: <sip:b@"+c.addr.String()+">\r\n"
	if code < 300 {
		if !l.told {
			body = sdpOf(c.addr)
		}
		c.Up[l.invite.CallID()+l.tag] = true
	} else if c.Reason != "" && code == c.Final {
		extra += "Reason: " + c.Reason + "\r\n"
	}
	text := reply(l.invite, code, "Final", l.tag, extra, body)
	c.seen[key] = text
	c.repeat(now, "2xx"+l.invite.CallID()+l.tag, l.from, text, t2)
	if code < 300 {
		// RFC 3261 section 13.3.1.4: without an ACK for 64*T1 the session should be terminated.
		c.resends[len(c.resends)-1].giveUp = func() { delete(c.Up, l.invite.CallID()+l.tag) }
	}
}

func (c *Callee) acked(now time.Time, m *sip.Message) {
	c.stop("2xx" + m.CallID() + m.ToTag())
	l := c.legs[m.CallID()+m.ToTag()]
	if l == nil || l.acked || l.final >= 300 {
		return
	}
	l.acked = true
	if c.Begun != nil {
		c.Begun(c, now)
	}
	if c.Talk > 0 {
		c.after(now, c.Talk, func(now time.Time) { c.hangUp(now, l) })
	}
}

func (c *Callee) cancelled(now time.Time, from netip.AddrPort, m *sip.Message, key string) {
	c.answer(from, m, key, 200, "OK", "", "")
	rings := c.rings[m.CallID()]
	if len(rings) == 0 || c.anyFinal(rings[0]) {
		return
	}
	l := rings[0]
	via, _ := m.Via()
	c.finish(now, l, via.Branch()+"INVITE", 487)
}

func (c *Callee) hangUp(now time.Time, l *calleeLeg) {
	if l.hungUp || !c.Up[l.invite.CallID()+l.tag] {
		return
	}
	l.hungUp = true
	delete(c.Up, l.invite.CallID()+l.tag)
	contact, _ := l.invite.Contact()
	extra := ""
	if c.Reason != "" {
		extra = "Reason: " + c.Reason + "\r\n"
	}
	c.repeat(now, "BYE"+l.invite.CallID()+l.tag, l.from, fmt.Sprintf("BYE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d BYE\r\n%sContent-Length: 0\r\n\r\n",
		contact.URIText, c.addr, c.branch(), l.invite.Get(sip.HTo), l.tag, l.invite.Get(sip.HFrom), l.invite.CallID(), l.next(), extra), t2)
}

// Vanish has the phone lose its power: it answers nothing and knows nothing more of its calls.
func (c *Callee) Vanish() {
	c.Silent, c.resends, c.later, c.order = true, nil, nil, nil
	clear(c.Up)
	clear(c.legs)
	clear(c.rings)
	clear(c.seen)
}
