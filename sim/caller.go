package sim

import (
	"fmt"
	"net/netip"
	"time"

	"onhook/sip"
)

// A Caller makes one call by RFC 3261 and remembers what it saw.
type Caller struct {
	agent
	Server  netip.AddrPort
	Number  string
	CallID  string
	Talk    time.Duration // hang up so long after the answer; 0: wait for the other side
	Cancel  time.Duration // cancel so long after the INVITE if there is no final; 0: never
	NoAck   bool          // never acknowledge a 2xx
	Finals  []int         // final responses to the INVITE, without repetitions
	Byed    bool          // the other side hung up
	invite  string        // branch
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
	c.invite = c.branch()
	body := sdpOf(c.addr)
	c.repeat(now, "INVITE", c.Server, c.request("INVITE", "sip:"+c.Number+"@"+c.Server.String(), c.invite, 1, "",
		"Contact: <sip:a@"+c.addr.String()+">\r\nContent-Type: application/sdp\r\n", body), 0)
	if c.Cancel > 0 {
		c.after(now, c.Cancel, c.withdraw)
	}
}

func (c *Caller) request(method, uri, branch string, cseq int, toTag, extra, body string) string {
	to := "<sip:" + c.Number + "@" + c.Server.String() + ">"
	if toTag != "" {
		to += ";tag=" + toTag
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:a@%s>;tag=from%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n%sContent-Length: %d\r\n\r\n%s",
		method, uri, c.addr, branch, c.addr, c.CallID, to, c.CallID, cseq, method, extra, len(body), body)
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
	c.repeat(now, "CANCEL", c.Server, c.request("CANCEL", "sip:"+c.Number+"@"+c.Server.String(), c.invite, 1, "", "", ""), t2)
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
		if c.cancels {
			c.withdraw(now)
		}
	case cseq.Method == sip.INVITE && m.Status < 300:
		c.answered(now, m)
	case cseq.Method == sip.INVITE:
		c.stop("INVITE")
		if c.final == 0 {
			c.final = m.Status
			c.Finals = append(c.Finals, m.Status)
		}
		// RFC 3261 section 17.1.1.3: the same branch, the To of the response; again for each repetition.
		c.send(c.Server, c.request("ACK", "sip:"+c.Number+"@"+c.Server.String(), c.invite, 1, m.ToTag(), "", ""))
	default:
		if m.Status >= 200 {
			c.stop(string(cseq.Method))
		}
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
		ack = c.request("ACK", contact.URIText, c.branch(), 1, m.ToTag(), "", "")
		c.acks[m.ToTag()] = ack
	}
	c.send(c.Server, ack)
}

func (c *Caller) hangUp(now time.Time) {
	if c.ended {
		return
	}
	c.ended = true
	c.repeat(now, "BYE", c.Server, c.request("BYE", c.remote, c.branch(), 2, c.toTag, "", ""), t2)
}

// asked answers a request in the dialog.
func (c *Caller) asked(now time.Time, from netip.AddrPort, m *sip.Message) {
	if m.Method == sip.ACK {
		return
	}
	if m.Method == sip.BYE {
		c.Byed, c.ended = true, true
	}
	c.send(from, reply(m, 200, "OK", "", "Contact: <sip:a@"+c.addr.String()+">\r\n", ""))
}
