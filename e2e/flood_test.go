package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// floodMethods are what strangers flood a server with.
var floodMethods = []string{"INVITE", "REGISTER", "OPTIONS", "SUBSCRIBE", "MESSAGE", "PUBLISH", "NOTIFY", "REFER", "INFO", "UPDATE", "BYE", "CANCEL", "ACK", "NEWMETHOD"}

const (
	floodSources = 5000
	floodRequest = 2000 // of each method from one source
)

// TestClass21_Floods: each method, from one address and from 5,000, while a call is
// up: it stays up, a client is answered in the middle, memory does not grow.
func TestClass21_Floods(t *testing.T) {
	t.Parallel()
	srv := start(t, users)
	srv.apart = true // so much at once is not captured without loss
	withCallUp(t, srv, func() {
		fromMany(t, srv, 40)
		first := srv.rss()
		fromMany(t, srv, 41)
		for i, method := range floodMethods {
			fromOne(t, srv, byte(i+1), method)
			srv.optionsWithin(2 * time.Second)
		}
		grown, bound := srv.rss()-first, 32<<10
		if raceEnabled {
			bound *= 4
		}
		t.Logf("%d requests more: memory grew by %d kB", floodSources+floodRequest*len(floodMethods), grown)
		if grown > bound {
			t.Errorf("memory grew by %d kB, want at most %d", grown, bound)
		}
	})
}

// hostileRequest is a request of a stranger.
func hostileRequest(srv *server, local, method, id string) string {
	text := strings.ReplaceAll(inviteText(srv, local, id, "UDP"), "1 INVITE", "1 "+method)
	return strings.Replace(text, "INVITE sip", method+" sip", 1)
}

// fromMany sends one request from each of many addresses, the methods in turn.
func fromMany(t *testing.T, srv *server, base byte) {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp", srv.udp)
	if err != nil {
		t.Fatal(err)
	}
	for i := range floodSources {
		c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, base, byte(i>>8), byte(i))}, to)
		if err != nil {
			t.Fatal(err)
		}
		method := floodMethods[i%len(floodMethods)]
		fmt.Fprint(c, hostileRequest(srv, c.LocalAddr().String(), method, fmt.Sprint("s", base, method, i)))
		c.Close()
		if i%1000 == 0 {
			srv.optionsWithin(2 * time.Second)
		}
	}
}

// fromOne sends many requests of one method from one address, and hears no more
// from the server than one answer to each.
func fromOne(t *testing.T, srv *server, last byte, method string) {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp", srv.udp)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 50, 0, last)}, to)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := 0
	for i := range floodRequest {
		text := hostileRequest(srv, c.LocalAddr().String(), method, fmt.Sprint("f", method, i))
		in += len(text)
		fmt.Fprint(c, text)
		if i == floodRequest/2 {
			srv.optionsWithin(2 * time.Second)
		}
	}
	out, buf := 0, make([]byte, 65536)
	if err := c.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for {
		n, err := c.Read(buf)
		if err != nil {
			break
		}
		out += n
	}
	if most := in + 700*floodRequest; out > most {
		t.Errorf("%s: %d bytes in, %d bytes out, want at most %d", method, in, out, most)
	}
}
