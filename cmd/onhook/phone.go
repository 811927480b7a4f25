package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"onhook/phone"
	"onhook/sip"
)

// A PhoneCmd is `onhook phone`: a small SIP user agent for tries and tests.
type PhoneCmd struct {
	User      string         `help:"The user part of our address." default:"phone" placeholder:"100"`
	Password  string         `help:"Answers the server's challenges." env:"ONHOOK_PHONE_PASSWORD"`
	AuthUser  string         `help:"The name in credentials, if it is not the user."`
	Display   string         `help:"The display name."`
	Domain    string         `help:"The domain of our address; the server's host if not given."`
	Server    string         `help:"Where requests go: host or host:port." placeholder:"127.0.0.1:5060"`
	Transport string         `help:"udp or tcp." enum:"udp,tcp" default:"udp"`
	Listen    netip.AddrPort `help:"Our own address and port." placeholder:"127.0.0.1:5070"`
	Codec     []string       `help:"PCMU or PCMA, the preferred one first."`
	Expires   time.Duration  `help:"How long a registration lasts." default:"10m"`
	T1        time.Duration  `name:"t1" help:"RFC 3261's T1; the other timers in proportion." default:"500ms"`
	Session   time.Duration  `help:"A session timer (RFC 4028), such as 30m."`
	Reliable  bool           `help:"Offer and use 100rel (RFC 3262)."`
	Mute      bool           `help:"Send no RTP but what is played; else silence, as phones do."`
	JSON      bool           `name:"json" help:"Print what happens as JSON, an object a line."`
	Trace     bool           `help:"Print every message to the standard error."`

	Script   phoneScriptCmd   `cmd:"" default:"withargs" help:"Do what a script says (the default: from the standard input)."`
	Register phoneRegisterCmd `cmd:"" help:"Register, and stay registered."`
	Call     phoneCallCmd     `cmd:"" help:"Call a number or address."`
	Answer   phoneAnswerCmd   `cmd:"" help:"Register, wait for calls and answer or refuse them."`
}

type phoneScriptCmd struct {
	File string `arg:"" optional:"" help:"The script; - or nothing: the standard input. 'onhook phone script --commands' prints the language."`
	Help bool   `name:"commands" help:"Print the commands of scripts."`
}

type phoneRegisterCmd struct {
	For time.Duration `help:"Unregister after this time; 0: stay until interrupted." placeholder:"5s"`
}

type phoneCallCmd struct {
	Target   string        `arg:"" help:"A number of the domain, or a sip: address."`
	Register bool          `help:"Register first."`
	Ring     time.Duration `help:"Give up (CANCEL) when nobody has answered for this long." placeholder:"20s"`
	NoOffer  bool          `help:"Leave the offer to the other side."`
	Header   []string      `help:"A header of the INVITE, as written; may be given again." placeholder:"'Diversion: <sip:9@x>'" sep:"none"`
	From     string        `help:"Another From address, as a URI."`
	phoneTalk
}

type phoneAnswerCmd struct {
	NoRegister bool          `help:"Do not register first."`
	After      time.Duration `help:"Ring this long before answering or refusing." placeholder:"2s"`
	Early      bool          `help:"Send 183 with sound before the answer."`
	Reject     int           `help:"Refuse with this code." placeholder:"486"`
	Phrase     string        `help:"The reason phrase of the refusal."`
	Redirect   string        `help:"Answer 302 to this number."`
	Count      int           `help:"End after this many calls; 0: never." default:"0"`
	phoneTalk
}

// phoneExit is an error with an exit code of its own.
type phoneExit struct {
	err  error
	code int
}

func (e phoneExit) Error() string { return e.err.Error() }
func (e phoneExit) Unwrap() error { return e.err }

// ExitCode is what the program ends with.
func (e phoneExit) ExitCode() int { return e.code }

// Run is called by kong with the command that was chosen.
func (c *PhoneCmd) Run(chosen *kong.Context) error {
	if c.Script.Help {
		fmt.Print(phone.ScriptHelp)
		return nil
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out := &phonePrinter{json: c.JSON}
	p, err := phone.New(c.options(out))
	if err != nil {
		return phoneExit{err, 2}
	}
	defer p.Close()
	switch chosen.Selected().Name {
	case "register":
		err = c.Register.run(ctx, p)
	case "call":
		err = c.Call.run(ctx, p)
	case "answer":
		err = c.Answer.run(ctx, p)
	default:
		err = c.Script.run(ctx, p)
	}
	var syntax *phone.SyntaxError
	var other *phone.Unexpected
	switch {
	case errors.As(err, &syntax):
		return phoneExit{err, 2}
	case errors.As(err, &other):
		return phoneExit{err, 3}
	case ctx.Err() != nil:
		return nil // interrupted: that is how one ends a phone
	}
	return err
}

func (c *PhoneCmd) options(out *phonePrinter) phone.Options {
	o := phone.Options{
		User: c.User, Password: c.Password, AuthUser: c.AuthUser, Display: c.Display, Domain: c.Domain, Server: c.Server,
		Transport: sip.ParseTransport(c.Transport), Listen: c.Listen, T1: c.T1, Expires: c.Expires,
		Reliable: c.Reliable, SessionExp: c.Session, Codecs: c.Codec, Mute: c.Mute, OnEvent: out.event,
	}
	if c.Trace {
		o.Trace = func(sent bool, f sip.Flow, text string) {
			way := "received from"
			if sent {
				way = "sent to"
			}
			fmt.Fprintf(os.Stderr, "--- %s %s %s\n%s\n", way, f.Transport, f.Remote, text)
		}
	}
	return o
}

// A phonePrinter prints events.
type phonePrinter struct {
	json bool
	mu   sync.Mutex
}

func (w *phonePrinter) event(e phone.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.json {
		if e.Kind != phone.EvNote {
			fmt.Println(e.At.Format("15:04:05.000"), e)
		}
		return
	}
	if b, err := json.Marshal(e); err == nil {
		fmt.Println(string(b))
	}
}

func (c *phoneScriptCmd) run(ctx context.Context, p *phone.Phone) error {
	var in io.Reader = os.Stdin
	if c.File != "" && c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return phoneExit{err, 2}
		}
		defer f.Close()
		in = f
	}
	return p.RunScript(ctx, in)
}

func (c *phoneRegisterCmd) run(ctx context.Context, p *phone.Phone) error {
	if err := p.Register(ctx); err != nil {
		return err
	}
	if c.For == 0 {
		<-ctx.Done()
	} else if err := phone.Pause(ctx, c.For); err != nil {
		return err
	}
	bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return p.Unregister(bye)
}

func (c *phoneCallCmd) run(ctx context.Context, p *phone.Phone) error {
	if c.Register {
		if err := p.Register(ctx); err != nil {
			return err
		}
	}
	o := phone.CallOptions{NoOffer: c.NoOffer, From: c.From}
	for _, h := range c.Header {
		name, value, ok := strings.Cut(h, ":")
		if !ok || strings.ContainsAny(h, "\r\n") {
			return phoneExit{fmt.Errorf("--header %q: want Name: value", h), 2}
		}
		name = strings.TrimSpace(name)
		o.Headers = append(o.Headers, sip.Header{ID: sip.LookupHeader(name), Name: name, Value: strings.TrimSpace(value)})
	}
	call, err := p.CallWith(ctx, c.Target, o)
	if err != nil {
		return err
	}
	wait, cancel := ctx, context.CancelFunc(func() {})
	if c.Ring > 0 {
		wait, cancel = context.WithTimeout(ctx, c.Ring)
	}
	err = call.WaitAnswered(wait)
	cancel()
	var refused *phone.Refused
	switch {
	case errors.As(err, &refused):
		if c.expects() {
			return c.check(call.Info())
		}
		return err
	case err != nil:
		// Nobody answered in time, or the user is impatient.
		if e := c.hangup(call); e != nil {
			return e
		}
		return c.check(call.Info())
	}
	return c.talk(ctx, call)
}

func (c *phoneAnswerCmd) run(ctx context.Context, p *phone.Phone) error {
	if !c.NoRegister {
		if err := p.Register(ctx); err != nil {
			return err
		}
	}
	results := make(chan error, 64)
	calls := 0
	for c.Count == 0 || calls < c.Count {
		call, err := p.WaitIncoming(ctx)
		if err != nil {
			return err
		}
		calls++
		go func() {
			err := c.take(ctx, call)
			if c.Count > 0 {
				results <- err
			}
		}()
	}
	var first error
	for range calls {
		if err := <-results; err != nil && first == nil {
			first = err
		}
	}
	if !c.NoRegister && first == nil {
		return p.Unregister(ctx)
	}
	return first
}

// take answers or refuses one call.
func (c *phoneAnswerCmd) take(ctx context.Context, call *phone.Call) error {
	if c.Early {
		if err := call.Progress(ctx, 183, "", true); err != nil {
			return err
		}
	}
	if c.After > 0 {
		wait, cancel := context.WithTimeout(ctx, c.After)
		_, err := call.WaitEnded(wait)
		cancel()
		if err == nil {
			return c.check(call.Info()) // the caller gave up first
		}
	}
	switch {
	case c.Redirect != "":
		return call.Redirect(ctx, c.Redirect)
	case c.Reject != 0:
		return call.Reject(ctx, c.Reject, c.Phrase, c.Reason)
	}
	if err := call.Answer(ctx); err != nil {
		return err
	}
	return c.talk(ctx, call)
}
