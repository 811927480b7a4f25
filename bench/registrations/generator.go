package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"
)

func name(i int) string     { return "u" + strconv.Itoa(i) }
func password(i int) string { return "secret-of-" + strconv.Itoa(i) }

// A user is one that refreshes its registration.
type user struct {
	ha1   string // hex of SHA-256 of name:realm:password
	nonce string
	nc    int
	cseq  int
	waits bool // for the answer to the last REGISTER
}

// A generator sends REGISTERs from one socket and reads the answers.
type generator struct {
	conn *net.UDPConn
	port int

	mu                    sync.Mutex
	users                 []user
	buf                   []byte
	sent, answered, stale int
	measuring             bool
}

func newGenerator(port, users int) (*generator, error) {
	conn, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return nil, err
	}
	g := &generator{conn: conn, port: conn.LocalAddr().(*net.UDPAddr).Port, users: make([]user, users)}
	_ = conn.SetReadBuffer(8 << 20) // less serves, too
	for i := range g.users {
		h := sha256.Sum256([]byte(name(i) + ":bench.example:" + password(i)))
		g.users[i].ha1 = hex.EncodeToString(h[:])
	}
	go g.read()
	return g, nil
}

// send sends a REGISTER of user i, with credentials if it has a nonce; g.mu is held.
func (g *generator) send(i int) {
	u := &g.users[i]
	u.cseq++
	u.waits = true
	b := g.buf[:0]
	b = append(b, "REGISTER sip:bench.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:"...)
	b = strconv.AppendInt(b, int64(g.port), 10)
	b = append(b, ";rport;branch=z9hG4bK"...)
	b = strconv.AppendInt(b, int64(i), 10)
	b = append(b, 'x')
	b = strconv.AppendInt(b, int64(u.cseq), 10)
	b = append(b, "\r\nMax-Forwards: 70\r\nFrom: <sip:"...)
	b = append(b, name(i)...)
	b = append(b, "@bench.example>;tag=t"...)
	b = strconv.AppendInt(b, int64(i), 10)
	b = append(b, "\r\nTo: <sip:"...)
	b = append(b, name(i)...)
	b = append(b, "@bench.example>\r\nCall-ID: reg-"...)
	b = strconv.AppendInt(b, int64(i), 10)
	b = append(b, "@127.0.0.1\r\nCSeq: "...)
	b = strconv.AppendInt(b, int64(u.cseq), 10)
	b = append(b, " REGISTER\r\nContact: <sip:"...)
	b = append(b, name(i)...)
	b = append(b, "@127.0.0.1:"...)
	b = strconv.AppendInt(b, int64(g.port), 10)
	b = append(b, ">\r\nExpires: 120\r\nUser-Agent: generator\r\n"...)
	if u.nonce != "" {
		b = g.credentials(b, i)
	}
	b = append(b, "Content-Length: 0\r\n\r\n"...)
	g.buf = b
	if _, err := g.conn.Write(b); err != nil {
		u.waits = false // counted as lost
	}
}

// credentials appends the answer to the challenge (RFC 7616 section 3.4.1).
func (g *generator) credentials(b []byte, i int) []byte {
	u := &g.users[i]
	u.nc++
	var room [256]byte
	a2 := sha256.Sum256([]byte("REGISTER:sip:bench.example"))
	r := append(room[:0], u.ha1...)
	r = append(append(r, ':'), u.nonce...)
	r = fmt.Appendf(r, ":%08x:0a4f113b:auth:", u.nc)
	r = hex.AppendEncode(r, a2[:])
	sum := sha256.Sum256(r)
	b = append(b, `Authorization: Digest username="`...)
	b = append(b, name(i)...)
	b = append(b, `", realm="bench.example", nonce="`...)
	b = append(b, u.nonce...)
	b = append(b, `", uri="sip:bench.example", algorithm=SHA-256, qop=auth, cnonce="0a4f113b", nc=`...)
	b = fmt.Appendf(b, "%08x", u.nc)
	b = append(b, `, response="`...)
	b = hex.AppendEncode(b, sum[:])
	return append(b, "\"\r\n"...)
}

// read takes answers until the socket is closed.
func (g *generator) read() {
	buf := make([]byte, 4096)
	for {
		n, err := g.conn.Read(buf)
		if err != nil {
			if _, ok := err.(*net.OpError); ok && !isTimeout(err) {
				return
			}
			continue
		}
		g.take(buf[:n])
	}
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

func (g *generator) take(m []byte) {
	i, err := strconv.Atoi(string(between(m, "Call-ID: reg-", "@")))
	if err != nil || i < 0 || i >= len(g.users) || len(m) < 12 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	u := &g.users[i]
	seq, _ := strconv.Atoi(string(between(m, "CSeq: ", " ")))
	if !u.waits || seq != u.cseq {
		return // a repetition
	}
	u.waits = false
	switch string(m[8:11]) {
	case "200":
		if g.measuring {
			g.answered++
		}
	case "401":
		u.nonce, u.nc = string(between(m, `nonce="`, `"`)), 0
		if g.measuring {
			g.stale++
		}
		g.send(i)
	}
}

// between returns what stands between two marks.
func between(m []byte, from, to string) []byte {
	_, rest, ok := bytes.Cut(m, []byte(from))
	if !ok {
		return nil
	}
	v, _, _ := bytes.Cut(rest, []byte(to))
	return v
}

// enter registers every user once, a few at a time.
func (g *generator) enter() error {
	for i := range g.users {
		g.mu.Lock()
		g.send(i)
		g.mu.Unlock()
		if i%5 == 4 {
			time.Sleep(time.Millisecond)
		}
	}
	g.wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range g.users {
		if g.users[i].nonce == "" || g.users[i].waits {
			return fmt.Errorf("user %d could not register", i)
		}
	}
	g.measuring = true
	return nil
}

// refresh sends n refreshes, evenly spaced, the users in turn.
func (g *generator) refresh(rate, n int) {
	begun := time.Now()
	for g.sent < n {
		due := min(n, int(time.Since(begun).Seconds()*float64(rate)))
		for g.sent < due {
			g.mu.Lock()
			g.send(g.sent % len(g.users))
			g.mu.Unlock()
			g.sent++
		}
		time.Sleep(200 * time.Microsecond)
	}
}

// wait gives answers two seconds.
func (g *generator) wait() { time.Sleep(2 * time.Second) }
