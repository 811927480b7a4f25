package sim

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"onhook/sip"
)

// The times of RFC 3261 that a phone keeps for itself.
const (
	t1 = 500 * time.Millisecond
	t2 = 4 * time.Second
)

// A resend is a message that goes again until something stops it.
type resend struct {
	key    string // what stops it
	data   []byte
	to     netip.AddrPort
	every  time.Duration
	limit  time.Duration // longest interval; 0: it keeps doubling (timer A)
	next   time.Time
	end    time.Time // 64*T1 after the first
	giveUp func()    // called at the end
}

// An agent is what callers and callees share: an address, a network, things to say again.
type agent struct {
	net     *Net
	addr    netip.AddrPort
	resends []resend
	later   []timed
	seq     int
	name    string // of its branches
}

type timed struct {
	at time.Time
	do func(now time.Time)
}

func (a *agent) send(to netip.AddrPort, text string) { a.net.Send(a.addr, to, []byte(text)) }

// repeat sends now and again: interval T1, doubling up to limit, for 64*T1.
func (a *agent) repeat(now time.Time, key string, to netip.AddrPort, text string, limit time.Duration) {
	a.send(to, text)
	a.resends = append(a.resends, resend{key: key, data: []byte(text), to: to, every: t1, limit: limit, next: now.Add(t1), end: now.Add(64 * t1)})
}

func (a *agent) stop(key string) {
	kept := a.resends[:0]
	for _, r := range a.resends {
		if r.key != key {
			kept = append(kept, r)
		}
	}
	a.resends = kept
}

func (a *agent) after(now time.Time, d time.Duration, do func(time.Time)) {
	a.later = append(a.later, timed{now.Add(d), do})
}

// Deadline is the earliest thing to do.
func (a *agent) Deadline() time.Time {
	var d time.Time
	for _, r := range a.resends {
		if d.IsZero() || r.next.Before(d) {
			d = r.next
		}
	}
	for _, l := range a.later {
		if d.IsZero() || l.at.Before(d) {
			d = l.at
		}
	}
	return d
}

// Tick does what is due.
func (a *agent) Tick(now time.Time) {
	kept := a.resends[:0]
	for _, r := range a.resends {
		if !r.next.After(now) {
			if !now.Before(r.end) {
				if r.giveUp != nil {
					r.giveUp()
				}
				continue
			}
			a.net.Send(a.addr, r.to, r.data)
			r.every *= 2
			if r.limit > 0 && r.every > r.limit {
				r.every = r.limit
			}
			r.next = now.Add(r.every)
		}
		kept = append(kept, r)
	}
	a.resends = kept
	var ready []timed
	waiting := a.later[:0]
	for _, l := range a.later {
		if l.at.After(now) {
			waiting = append(waiting, l)
		} else {
			ready = append(ready, l)
		}
	}
	a.later = waiting
	for _, l := range ready {
		l.do(now)
	}
}

func (a *agent) branch() string {
	if a.name == "" {
		a.name = "z9hG4bK" + strings.NewReplacer(":", "", ".", "").Replace(a.addr.String()) + "-"
	}
	a.seq++
	return a.name + strconv.Itoa(a.seq)
}

// reply makes a response from a request: Vias, From, To, Call-ID and CSeq are the request's (RFC 3261 section 8.2.6.2).
func reply(m *sip.Message, code int, phrase, tag, extra, body string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", code, phrase)
	for v := range m.Lines(sip.HVia) {
		b.WriteString("Via: " + v + "\r\n")
	}
	to := m.Get(sip.HTo)
	if m.ToTag() == "" && tag != "" {
		to += ";tag=" + tag
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n%s", m.Get(sip.HFrom), to, m.CallID(), m.Get(sip.HCSeq), extra)
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.String()
}

func sdpOf(a netip.AddrPort) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 0 8\r\n", a.Addr(), a.Addr(), 20000)
}
