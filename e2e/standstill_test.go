package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"onhook/phone"
	"onhook/sip"
)

// A quiet callee takes calls without a word until it is told to answer them all.
type quietCallee struct {
	t    *testing.T
	conn *net.UDPConn

	mu      sync.Mutex
	from    net.Addr
	invites map[string]*sip.Message // by Call-ID
	again   int                     // INVITEs that came more than once
}

func newQuietCallee(t *testing.T) *quietCallee {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 3)})
	if err != nil {
		t.Fatal(err)
	}
	q := &quietCallee{t: t, conn: c, invites: map[string]*sip.Message{}}
	t.Cleanup(func() { c.Close() })
	go q.read()
	return q
}

func (q *quietCallee) read() {
	buf := make([]byte, 65536)
	for {
		n, from, err := q.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		m, err := sip.Parse(append([]byte(nil), buf[:n]...))
		if err != nil {
			continue
		}
		q.mu.Lock()
		switch {
		case m.Method == sip.INVITE && q.invites[m.CallID()] != nil:
			q.again++
		case m.Method == sip.INVITE:
			q.invites[m.CallID()], q.from = m, from
		case m.Method == sip.BYE:
			q.say(m, "")
		}
		q.mu.Unlock()
	}
}

// say sends a 200, q.mu held.
func (q *quietCallee) say(req *sip.Message, body string) {
	m := &sip.Message{Status: 200, Phrase: "OK", Body: body}
	for _, h := range req.Headers {
		switch h.ID {
		case sip.HVia, sip.HFrom, sip.HCallID, sip.HCSeq:
			m.Add(h.ID, h.Value)
		case sip.HTo:
			if req.ToTag() == "" {
				h.Value += ";tag=q"
			}
			m.Add(sip.HTo, h.Value)
		}
	}
	m.Add(sip.HContact, "<sip:q@"+q.conn.LocalAddr().String()+">")
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	if _, err := q.conn.WriteTo([]byte(m.String()), q.from); err != nil {
		q.t.Error(err)
	}
}

// answerAll answers every call.
func (q *quietCallee) answerAll() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.invites {
		q.say(m, "v=0\r\no=q 1 1 IN IP4 127.0.0.3\r\ns=-\r\nc=IN IP4 127.0.0.3\r\nt=0 0\r\nm=audio 39990 RTP/AVP 8 0\r\n")
	}
}

func (q *quietCallee) counts() (calls, again int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.invites), q.again
}

// standsStill waits until the system has stopped all threads of the server: one may still finish what it was doing.
func (s *server) standsStill() {
	s.t.Helper()
	var runs string
	eventually(s.t, 10*time.Second, func() bool {
		all, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", s.cmd.Process.Pid))
		runs = "no threads"
		for _, name := range all {
			b, _ := os.ReadFile(name)
			// proc_pid_stat(5): the state comes after the name in brackets.
			if runs = string(b); !strings.HasPrefix(runs[strings.LastIndexByte(runs, ')')+1:], " T ") {
				return false
			}
		}
		return err == nil && len(all) > 0
	}, func() string { return "the server is not stopped: " + runs })
}

// TestScenario37_WhatCameWhileItStoodStillCounts: a server that is stopped for longer than
// its transactions may take, and whose calls were answered meanwhile, finds none of them
// timed out when it goes on, and repeats nothing more than once.
func TestScenario37_WhatCameWhileItStoodStillCounts(t *testing.T) {
	t.Parallel()
	const calls = 20
	srv := start(t, "")
	srv.apart = true // times of the capture and of the server differ by the standstill
	before := srv.resting()
	q := newQuietCallee(t)
	p := trunkPhone(t, srv)
	ctx, cancel := context.WithTimeout(t.Context(), patient(60*time.Second))
	defer cancel()
	number := fmt.Sprintf("7%05d", q.conn.LocalAddr().(*net.UDPAddr).Port)
	var placed []*phone.Call
	for range calls {
		c, err := p.Call(ctx, number)
		if err != nil {
			t.Fatal(err)
		}
		placed = append(placed, c)
	}
	eventually(t, 5*time.Second, func() bool { n, _ := q.counts(); return n == calls }, func() string {
		n, _ := q.counts()
		return fmt.Sprintf("%d of %d calls came", n, calls)
	})
	if err := srv.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	srv.standsStill()
	stopped := time.Now()
	q.answerAll()
	_, again := q.counts()
	// Timer B is 64 T1, 6.4 s here: all of them pass while the server stands still.
	<-time.After(time.Until(stopped.Add(7500 * time.Millisecond)))
	if err := srv.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for i, c := range placed {
		if err := c.WaitAnswered(ctx); err != nil {
			t.Errorf("call %d: %v", i+1, err)
		}
	}
	if _, n := q.counts(); n-again > calls {
		t.Errorf("%d calls were repeated %d times when the server went on", calls, n-again)
	}
	for _, c := range placed {
		if err := c.Hangup(ctx); err != nil {
			t.Error(err)
		}
	}
	for _, r := range srv.records(calls) {
		expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	}
	srv.restsAs(before)
}
