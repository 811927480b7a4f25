package sim

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"onhook/sip"
)

// A Caller makes one call by RFC 3261 and remembers what it saw.
type Caller struct {
	agent
	Server  netip.AddrPort
	Number  string
	CallID  string
	Talk    time.Duration   // hang up so long after the answer; 0: wait for the other side
	Cancel  time.Duration   // cancel so long after the INVITE if there is no final; 0: never
	NoAck   bool            // never acknowledge a 2xx
	Rel     string          // "Require" or "Supported": 100rel is said there; empty: not at all
	NoPrack bool            // never acknowledge a reliable provisional response
	Update  bool            // offer again by UPDATE as soon as the first offer is answered
	Updated int             // the final response to that
	Account *account        // that it shows where it is asked; nil: none
	pracked func(time.Time) // what the 2xx to a PRACK is waited for with
	rseq    int             // the last reliable provisional response in order
	cseq    int
	Finals  []int  // final responses to the INVITE, without repetitions
	Byed    bool   // the other side hung up
	invite  string // branch
	inviteN int    // its number
	proof   string // the Authorization header of that INVITE; empty: none
	toTag   string
	remote  string // the peer's Contact
	final   int
	early   bool // a provisional came
	cancels bool // wants to cancel as soon as it may
	acks    map[string]string
	ended   bool
}

// Start sends the INVITE.
func (c *Caller) Start(now time.Time) {
	c.acks = map[string]string{}
	c.ask(now)
	if c.Cancel > 0 {
		c.after(now, c.Cancel, c.withdraw)
	}
}

// target is the Request-URI of the INVITE.
func (c *Caller) target() string { return "sip:" + c.Number + "@" + c.Server.String() }

// ask sends an INVITE: the first one, or the one that answers a challenge.
func (c *Caller) ask(now time.Time) {
	c.cseq++
	c.invite, c.inviteN = c.branch(), c.cseq
	c.repeat(now, "INVITE", c.Server, c.request("INVITE", c.target(), c.invite, c.inviteN, "",
		c.proof+c.says()+"Contact: <sip:a@"+c.addr.String()+">\r\nContent-Type: application/sdp\r\n", sdpOf(c.addr)), 0)
}

// challenged answers a 401 to the INVITE by the same one with credentials, once
// (RFC 3261 section 8.1.3.5: the same Call-ID, From and To, the next CSeq number). It
// tells whether it did.
func (c *Caller) challenged(now time.Time, m *sip.Message) bool {
	if m.Status != 401 || c.Account == nil || c.proof != "" || c.cancels {
		return false
	}
	if c.proof = c.Account.answer(m, sip.INVITE, c.target()); c.proof == "" {
		return false
	}
	c.ask(now)
	return true
}

func (c *Caller) request(method, uri, branch string, cseq int, toTag, extra, body string) string {
	to := "<sip:" + c.Number + "@" + c.Server.String() + ">"
	if toTag != "" {
		to += ";tag=" + toTag
	}
	user := "a"
	if c.Account != nil {
		user = c.Account.User
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:%s@%s>;tag=from%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n%sContent-Length: %d\r\n\r\n%s",
		method, uri, c.addr, branch, user, c.addr, c.CallID, to, c.CallID, cseq, method, extra, len(body), body)
}

// says is what the INVITE says of this phone.
func (c *Caller) says() string {
	s := "Allow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE\r\n"
	if c.Rel != "" {
		s += c.Rel + ": 100rel\r\n"
	}
	return s
}

// reliable acknowledges a reliable provisional response (RFC 3262 section 4): in
// order, each once; its repetitions are discarded.
func (c *Caller) reliable(now time.Time, m *sip.Message) {
	n, err := strconv.Atoi(m.Get(sip.HRSeq))
	if err != nil || !m.HasToken(sip.HRequire, "100rel") || c.final != 0 {
		return
	}
	if c.Rel == "" {
		panic("a caller that does not support 100rel got a reliable response")
	}
	if c.NoPrack || c.rseq != 0 && n != c.rseq+1 {
		return
	}
	c.rseq = n
	contact, _ := m.Contact()
	c.cseq++
	c.repeat(now, "PRACK"+fmt.Sprint(c.cseq), c.Server, c.request("PRACK", contact.URIText, c.branch(), c.cseq, m.ToTag(), fmt.Sprintf("RAck: %d %d INVITE\r\n", n, c.inviteN), ""), t2)
	if c.Update && m.Body != "" && m.HasToken(sip.HAllow, "UPDATE") {
		c.Update = false
		c.pracked = func(now time.Time) {
			c.cseq++
			c.repeat(now, "UPDATE"+fmt.Sprint(c.cseq), c.Server, c.request("UPDATE", contact.URIText, c.branch(), c.cseq, m.ToTag(),
				"Contact: <sip:a@"+c.addr.String()+">\r\nContent-Type: application/sdp\r\n", sdpOf(c.addr)), t2)
		}
	}
}

// withdraw sends CANCEL, once a provisional has come (RFC 3261 section 9.1).
func (c *Caller) withdraw(now time.Time) {
	if c.final != 0 {
		return
	}
	c.cancels = true
	if !c.early {
		return
	}
	c.repeat(now, "CANCEL", c.Server, c.request("CANCEL", c.target(), c.invite, c.inviteN, "", "", ""), t2)
	c.cancels = false
}

// Receive takes a datagram.
func (c *Caller) Receive(now time.Time, from netip.AddrPort, data []byte) {
	m, err := sip.Parse(data)
	if err != nil {
		panic(fmt.Sprintf("the server sent what does not parse: %v\n%s", err, data))
	}
	if m.IsRequest() {
		c.asked(now, from, m)
		return
	}
	cseq, _ := m.CSeq()
	switch {
	case cseq.Method == sip.INVITE && m.Status < 200:
		c.early = true
		c.stop("INVITE")
		c.reliable(now, m)
		if c.cancels {
			c.withdraw(now)
		}
	case cseq.Method == sip.INVITE && m.Status < 300:
		c.answered(now, m)
	case cseq.Method == sip.INVITE:
		c.refused(now, m, int(cseq.Seq))
	default:
		if m.Status >= 200 {
			c.stop(string(cseq.Method))
			c.stop(string(cseq.Method) + fmt.Sprint(cseq.Seq))
		}
		if cseq.Method == sip.PRACK && m.Status/100 == 2 && c.pracked != nil && c.final == 0 {
			c.pracked(now)
			c.pracked = nil
		}
		if cseq.Method == sip.UPDATE && m.Status >= 200 {
			c.Updated = m.Status
		}
	}
}

// refused acknowledges a failure, of the INVITE or of one before its credentials were asked for.
func (c *Caller) refused(now time.Time, m *sip.Message, cseq int) {
	via, _ := m.Via()
	// RFC 3261 section 17.1.1.3: the same branch, the To of the response; again for each repetition.
	c.send(c.Server, c.request("ACK", c.target(), via.Branch(), cseq, m.ToTag(), "", ""))
	if cseq != c.inviteN {
		return
	}
	c.stop("INVITE")
	if c.final == 0 && !c.challenged(now, m) {
		c.final = m.Status
		c.Finals = append(c.Finals, m.Status)
	}
}

// answered acknowledges each 2xx (RFC 3261 section 13.2.2.4).
func (c *Caller) answered(now time.Time, m *sip.Message) {
	c.stop("INVITE")
	contact, _ := m.Contact()
	if c.final == 0 {
		c.final = m.Status
		c.Finals = append(c.Finals, m.Status)
		c.toTag, c.remote = m.ToTag(), contact.URIText
		if c.Talk > 0 {
			c.after(now, c.Talk, c.hangUp)
		}
	}
	if c.NoAck {
		return
	}
	ack := c.acks[m.ToTag()]
	if ack == "" {
		// RFC 3261 section 22.1: the ACK of a 2xx has the credentials of its INVITE.
		ack = c.request("ACK", contact.URIText, c.branch(), c.inviteN, m.ToTag(), c.proof, "")
		c.acks[m.ToTag()] = ack
	}
	c.send(c.Server, ack)
}

func (c *Caller) hangUp(now time.Time) {
	if c.ended {
		return
	}
	c.ended = true
	c.cseq++
	c.repeat(now, "BYE", c.Server, c.request("BYE", c.remote, c.branch(), c.cseq, c.toTag, "", ""), t2)
}

// asked answers a request in the dialog.
func (c *Caller) asked(now time.Time, from netip.AddrPort, m *sip.Message) {
	if m.Method == sip.ACK {
		return
	}
	if m.Method == sip.BYE {
		c.Byed, c.ended = true, true
	}
	body := ""
	if m.Body != "" {
		body = sdpOf(c.addr)
	}
	c.send(from, reply(m, 200, "OK", "", "Contact: <sip:a@"+c.addr.String()+">\r\n", body))
}
