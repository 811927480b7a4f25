package sim

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"onhook/sip"
)

// inDialog makes a request of the phone's own in a call that it answered; extra are header lines.
func (c *Callee) inDialog(l *calleeLeg, method sip.Method, branch string, cseq int, extra, body string) string {
	contact, _ := l.invite.Contact()
	if body != "" {
		extra += "Contact: <sip:b@" + c.addr.String() + ">\r\nContent-Type: application/sdp\r\n"
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n%sContent-Length: %d\r\n\r\n%s",
		method, contact.URIText, c.addr, branch, l.invite.Get(sip.HTo), l.tag, l.invite.Get(sip.HFrom), l.invite.CallID(), cseq, method, extra, len(body), body)
}

// next is the number of the phone's next request in a call.
func (l *calleeLeg) next() int {
	l.cseq++
	return l.cseq
}

// talks is the call that the phone has up; nil: none.
func (c *Callee) talks() *calleeLeg {
	for _, l := range c.order {
		if l.acked && !l.hungUp && c.Up[l.invite.CallID()+l.tag] {
			return l
		}
	}
	return nil
}

// Hold offers the call that is up again: with sendonly, or sendrecv (RFC 3264 section 8.4).
func (c *Callee) Hold(now time.Time, on bool) {
	l := c.talks()
	if l == nil || l.offering {
		return
	}
	body := sdpOf(c.addr)
	l.version++
	body = strings.Replace(body, "o=- 1 1", fmt.Sprintf("o=- 1 %d", l.version+1), 1)
	if on {
		body += "a=sendonly\r\n"
	}
	l.offering, l.offer = true, c.branch()
	c.repeat(now, "INVITE"+l.invite.CallID(), l.from, c.inDialog(l, sip.INVITE, l.offer, l.next(), "", body), 0)
	last := &c.resends[len(c.resends)-1]
	last.giveUp = func() { l.offering = false }
}

// offered acknowledges the final response to an offer of the phone's own.
func (c *Callee) offered(m *sip.Message, from netip.AddrPort) {
	seq, _ := m.CSeq()
	c.stop("INVITE" + m.CallID())
	l := c.legs[m.CallID()+m.FromTag()]
	if l == nil {
		return
	}
	branch := l.offer
	if m.Status < 300 {
		branch = c.branch() // RFC 3261 section 13.2.2.4: the ACK of a 2xx is a transaction of its own
	}
	l.offering = false
	c.send(from, c.inDialog(l, sip.ACK, branch, int(seq.Seq), "", ""))
}

// Refer asks the server to connect the other party with somebody else (RFC 3515).
func (c *Callee) Refer(now time.Time, to string) {
	l := c.talks()
	if l == nil {
		return
	}
	c.repeat(now, "REFER"+l.invite.CallID()+l.tag, l.from, c.inDialog(l, sip.REFER, c.branch(), l.next(), "Contact: <sip:b@"+c.addr.String()+">\r\nRefer-To: <"+to+">\r\n", ""), t2)
}
