package main

import (
	"bytes"
	"fmt"
	"net"
	"sync"
	"time"
)

const sdp = "v=0\r\no=b 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"

// header is the value of the first header of a name; all is every line of it as it stands.
func header(msg []byte, name string) string {
	at := bytes.Index(msg, []byte("\r\n"+name+": "))
	if at < 0 {
		return ""
	}
	rest := msg[at+len(name)+4:]
	return string(rest[:max(bytes.Index(rest, []byte("\r\n")), 0)])
}

func vias(msg []byte) (out string) {
	for line := range bytes.SplitSeq(msg, []byte("\r\n")) {
		if len(line) == 0 {
			break
		}
		if bytes.HasPrefix(line, []byte("Via: ")) || bytes.HasPrefix(line, []byte("Record-Route: ")) {
			out += string(line) + "\r\n"
		}
	}
	return out
}

// answer is a callee that takes every call at once.
func answer(c *net.UDPConn) {
	buf := make([]byte, 65536)
	for {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		m := buf[:n]
		say := func(status, more, body string) {
			text := fmt.Sprintf("SIP/2.0 %s\r\n%sFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:%s>\r\n%sContent-Length: %d\r\n\r\n%s",
				status, vias(m), header(m, "From"), tagged(header(m, "To")), header(m, "Call-ID"), header(m, "CSeq"), c.LocalAddr(), more, len(body), body)
			_, _ = c.WriteToUDPAddrPort([]byte(text), from)
		}
		switch {
		case bytes.HasPrefix(m, []byte("INVITE ")):
			say("180 Ringing", "", "")
			say("200 OK", "Content-Type: application/sdp\r\n", sdp)
		case bytes.HasPrefix(m, []byte("BYE ")), bytes.HasPrefix(m, []byte("OPTIONS ")):
			say("200 OK", "", "")
		}
	}
}

func tagged(to string) string {
	if bytes.Contains([]byte(to), []byte(";tag=")) {
		return to
	}
	return to + ";tag=callee"
}

// A caller places calls and measures how long each takes until it is answered.
type caller struct {
	conn   *net.UDPConn
	server string
	mu     sync.Mutex
	begun  map[string]time.Time
	from   time.Time // calls that began before count as answered or not only
	got    int
	took   []time.Duration
}

func (c *caller) send(method string, n int, cseq int, callID, to, body string) {
	more := ""
	if body != "" {
		more = "Content-Type: application/sdp\r\n"
	}
	text := fmt.Sprintf("%s sip:service@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s-%d-%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:%d@127.0.0.1>;tag=c%d\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:c@%s>\r\n%sContent-Length: %d\r\n\r\n%s",
		method, c.server, c.conn.LocalAddr(), callID, cseq, method, n, n, to, callID, cseq, method, c.conn.LocalAddr(), more, len(body), body)
	_, _ = c.conn.Write([]byte(text))
}

// hear takes answers; hold is how long a call stays up.
func (c *caller) hear(hold time.Duration) {
	buf := make([]byte, 65536)
	for {
		n, err := c.conn.Read(buf)
		if err != nil {
			return
		}
		now := time.Now()
		m := buf[:n]
		id := header(m, "Call-ID")
		switch {
		case bytes.HasPrefix(m, []byte("SIP/2.0 200")) && bytes.Contains(m, []byte("CSeq: 1 INVITE")):
			to := header(m, "To")
			var number int
			_, _ = fmt.Sscanf(header(m, "From"), "<sip:%d@", &number)
			c.send("ACK", number, 1, id, to, "")
			c.mu.Lock()
			if at, first := c.begun[id]; first {
				if c.got++; !at.Before(c.from) {
					c.took = append(c.took, now.Sub(at))
				}
				delete(c.begun, id)
				time.AfterFunc(hold, func() { c.send("BYE", number, 2, id, to, "") })
			}
			c.mu.Unlock()
		case bytes.HasPrefix(m, []byte("BYE ")):
			_, _ = c.conn.Write([]byte(fmt.Sprintf("SIP/2.0 200 OK\r\n%sFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n",
				vias(m), header(m, "From"), header(m, "To"), id, header(m, "CSeq"))))
		}
	}
}

// place places calls at a rate; it returns how long each took that began after the
// first while, and how many of all were not answered.
func place(server string, rate int, first, for_, hold time.Duration, mark string) (took []time.Duration, missed int, err error) {
	to, err := net.ResolveUDPAddr("udp", server)
	if err != nil {
		return nil, 0, err
	}
	conn, err := net.DialUDP("udp", nil, to)
	if err != nil {
		return nil, 0, err
	}
	defer conn.Close()
	_ = conn.SetReadBuffer(8 << 20) // a smaller one loses answers, which are counted
	c := &caller{conn: conn, server: server, begun: map[string]time.Time{}, from: time.Now().Add(first)}
	go c.hear(hold)
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	total := int((first + for_).Seconds() * float64(rate))
	for n := range total {
		<-tick.C
		id := fmt.Sprintf("%s-%d", mark, n)
		c.mu.Lock()
		c.begun[id] = time.Now()
		c.mu.Unlock()
		c.send("INVITE", n, 1, id, "<sip:service@127.0.0.1>", sdp)
	}
	time.Sleep(hold + time.Second)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.took, total - c.got, nil
}
