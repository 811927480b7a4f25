package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"onhook/phone"
	"onhook/sip"
)

// A stage is what the scenes are played on: servers, phones, carriers.
type stage struct {
	systems
	callers  map[string]*phone.Phone
	carrier  *phone.Phone
	password string // of all accounts
	sick     *sickTrunk
	closers  []func() error
	own      netip.Addr // where ports are that nobody else takes
	held     gate       // opens when the called party holds

	mu    sync.Mutex
	acts  map[string]act // of the carrier, by number
	last  int
	calls map[role]*phone.Call
}

// build opens the carriers, starts the servers and registers the phones.
func build(ctx context.Context, start Starter) (s *stage, err error) {
	s = &stage{
		callers: map[string]*phone.Phone{}, acts: map[string]act{}, calls: map[role]*phone.Call{},
		password: rand.Text()[:16], own: ownAddress(), held: newGate(),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.carrier, err = s.open(phone.Options{User: "carrier", Listen: loopback(), NoRinging: true}); err != nil {
		return s, err
	}
	go s.answerAll(ctx)
	if s.sick, err = s.openSick(); err != nil {
		return s, err
	}
	silent, err := net.ListenPacket("udp", "127.0.0.1:0") // nobody reads what comes
	if err != nil {
		return s, err
	}
	s.closers = append(s.closers, silent.Close)
	if err := s.start(start, netip.MustParseAddrPort(silent.LocalAddr().String())); err != nil {
		return s, err
	}
	if err := s.openCallers(); err != nil {
		return s, err
	}
	return s, s.openPeople(ctx)
}

// open is phone.New with what all phones here have in common.
func (s *stage) open(o phone.Options) (*phone.Phone, error) {
	o.T1, o.Domain = T1, domain
	if !o.Listen.IsValid() {
		o.Listen = loopback()
	}
	if o.Ports[0] == 0 {
		o.NoMedia = true
	}
	p, err := phone.New(o)
	if err == nil {
		s.closers = append(s.closers, p.Close)
	}
	return p, err
}

// The extensions that calls come from.
const (
	callerUser = "1000"
	deniedUser = "1001" // may not have video
)

// openCallers makes the callers: one in order, and some with a fault each.
func (s *stage) openCallers() error {
	for _, c := range []struct {
		name   string
		system *System
		pass   func(bool, string) bool
		fault  func(string) string
	}{
		{"", s.main, nil, nil},
		{"small", s.small, nil, nil},
		{"narrow", s.narrow, nil, nil},
		{"no ACK", s.main, silentAbout("ACK "), nil},
		{"no PRACK", s.main, silentAbout("PRACK "), nil},
		{"no video", s.main, nil, nil},
		{"no Contact", s.main, nil, func(text string) string { return without(text, "Contact") }},
		{"no header", s.main, nil, spoiled},
	} {
		user := callerUser
		if c.name == "no video" {
			user = deniedUser
		}
		p, err := s.open(phone.Options{
			User: user, Password: s.password, Server: c.system.UDP.String(), Display: "Demo",
			Pass: c.pass, Rewrite: c.fault, Reliable: c.name == "no PRACK",
		})
		if err != nil {
			return err
		}
		s.callers[c.name] = p
	}
	return nil
}

// silentAbout loses the messages that the phone sends and that begin so.
func silentAbout(start string) func(bool, string) bool {
	return func(sent bool, text string) bool { return !sent || !strings.HasPrefix(text, start) }
}

// without drops a header of an INVITE.
func without(text, header string) string {
	if !strings.HasPrefix(text, "INVITE ") {
		return text
	}
	head, rest, ok := strings.Cut(text, "\r\n"+header+": ")
	if !ok {
		return text
	}
	_, rest, _ = strings.Cut(rest, "\r\n")
	return head + "\r\n" + rest
}

// spoiled puts a line into an INVITE that is no header.
func spoiled(text string) string {
	line, rest, ok := strings.Cut(text, "\r\n")
	if !ok || !strings.HasPrefix(line, "INVITE ") {
		return text
	}
	return line + "\r\nthis line is no header\r\n" + rest
}

// number reserves a number of the carrier's for an act.
func (s *stage) number(f act) string {
	s.mu.Lock()
	s.last++
	n := strconv.Itoa(1000 + s.last)
	s.mu.Unlock()
	s.assign(n, f)
	return "0" + n
}

// assign gives a number of the carrier's an act.
func (s *stage) assign(number string, f act) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acts[number] = f
}

// answerAll plays the carrier: each number has its act; without one it does not exist.
func (s *stage) answerAll(ctx context.Context) {
	for {
		c, err := s.carrier.WaitIncoming(ctx)
		if err != nil {
			return
		}
		s.mu.Lock()
		f := s.acts[c.Info().Dialled]
		s.mu.Unlock()
		if f == nil {
			f = refuse(404)
		}
		go func() { _ = f(ctx, c) }() // a call that ended early is judged by its record
	}
}

// close ends phones and servers, the last opened first.
func (s *stage) close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// refuse is an act: a final response with headers, at once.
func refuse(code int, headers ...sip.Header) act {
	return func(ctx context.Context, c *phone.Call) error {
		return c.Respond(ctx, &sip.Message{Status: code, Headers: headers})
	}
}

// q850 is a Reason header with an ISDN cause (RFC 6432).
func q850(cause int) sip.Header {
	return sip.Header{ID: sip.HReason, Value: fmt.Sprintf("Q.850;cause=%d", cause)}
}

// talk is an act: it rings, answers, and waits for the other side to hang up.
func talk(ctx context.Context, c *phone.Call) error {
	if err := c.Progress(ctx, 180, "Ringing", false); err != nil {
		return err
	}
	if err := c.Answer(ctx); err != nil {
		return err
	}
	_, err := c.WaitEnded(ctx)
	return err
}

// ring is an act: it rings until the call is over.
func ring(ctx context.Context, c *phone.Call) error {
	if err := c.Progress(ctx, 180, "Ringing", false); err != nil {
		return err
	}
	return wait(ctx, c)
}

// wait is an act: nothing is done until the call is over.
func wait(ctx context.Context, c *phone.Call) error {
	_, err := c.WaitEnded(ctx)
	return err
}

// hangUp is an act of the caller: it hangs up as soon as it is answered.
func hangUp(ctx context.Context, c *phone.Call) error {
	if err := c.WaitAnswered(ctx); err != nil {
		return err
	}
	return c.Hangup(ctx)
}

// giveUp is an act of the caller: it hangs up while it rings.
func giveUp(ctx context.Context, c *phone.Call) error {
	if err := c.WaitRinging(ctx); err != nil {
		return err
	}
	return c.Hangup(ctx)
}
