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
	main, small *System
	callers     map[string]*phone.Phone
	carrier     *phone.Phone
	password    string // of all accounts
	sick        *sickTrunk
	closers     []func() error

	mu    sync.Mutex
	acts  map[string]act // of the carrier, by number
	last  int
	calls map[role]*phone.Call
}

// loopback is a free port of the loopback address.
func loopback() netip.AddrPort { return netip.MustParseAddrPort("127.0.0.1:0") }

// build opens the carriers, starts the servers and registers the phones.
func build(ctx context.Context, start Starter) (s *stage, err error) {
	s = &stage{
		callers: map[string]*phone.Phone{}, acts: map[string]act{}, calls: map[role]*phone.Call{},
		password: rand.Text()[:16],
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

// start runs the servers: the main one, and one that takes a single call.
func (s *stage) start(start Starter, silent netip.AddrPort) error {
	p := plan{
		trunks: []trunk{
			{"carrier", s.carrier.Addr(), ""},
			{"silent", silent, ""},
			{"sick", s.sick.phone.Addr(), ", options: 1s"},
			{"narrow", s.carrier.Addr(), ", channels: 1"},
			{"closed", s.carrier.Addr(), ", disabled: true"},
		},
		routes: []string{
			`match: "9004", to: "user:9004", ring: 5s`,
			`match: "9007", to: "trunk:carrier"`,
			`match: "0(\\d+)", to: "trunk:carrier", number: "$1"`,
			`match: "71(\\d+)", to: "trunk:silent", number: "$1"`,
			`match: "72(\\d+)", to: "trunk:sick", number: "$1"`,
			`match: "73(\\d+)", to: "trunk:narrow", number: "$1"`,
			`match: "74(\\d+)", to: "trunk:closed", number: "$1"`,
		},
		more: "groups:\n  - {name: \"9100\", members: [\"9001\", \"9005\"], ring: 10s}\n",
	}
	for _, n := range []string{callerUser, "9010"} {
		p.users = append(p.users, account{name: n, password: s.password})
	}
	for _, e := range people {
		p.users = append(p.users, account{name: e.number, display: e.status, password: s.password})
	}
	var err error
	if s.main, err = start("main", p.yaml()); err != nil {
		return fmt.Errorf("demo: the server: %w", err)
	}
	s.closers = append(s.closers, s.main.Stop)
	small := plan{
		users:  []account{{name: callerUser, password: s.password}},
		trunks: []trunk{{"carrier", s.carrier.Addr(), ""}},
		routes: []string{`match: "0(\\d+)", to: "trunk:carrier", number: "$1"`},
		more:   "limits: {calls: 1}\n",
	}
	if s.small, err = start("small", small.yaml()); err != nil {
		return fmt.Errorf("demo: the small server: %w", err)
	}
	s.closers = append(s.closers, s.small.Stop)
	return nil
}

// callerUser is the extension that all calls come from.
const callerUser = "1000"

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
		{"no ACK", s.main, func(sent bool, text string) bool { return !sent || !strings.HasPrefix(text, "ACK ") }, nil},
		{"no Contact", s.main, nil, func(text string) string { return without(text, "Contact") }},
	} {
		p, err := s.open(phone.Options{
			User: callerUser, Password: s.password, Server: c.system.UDP.String(), Display: "Demo", Pass: c.pass, Rewrite: c.fault,
		})
		if err != nil {
			return err
		}
		s.callers[c.name] = p
	}
	return nil
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
