package phone

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"onhook/media"
)

// A SyntaxError says which line of a script is no command, and what would be.
type SyntaxError struct {
	Line int
	Text string
	Want string
}

// Error says it in a line.
func (e *SyntaxError) Error() string {
	return "script line " + strconv.Itoa(e.Line) + ": got " + strconv.Quote(e.Text) + ", want " + e.Want
}

// An Unexpected says that something happened otherwise than expected.
type Unexpected struct {
	What      string // "code", "reason", "by", "digits", "state", "codec"
	Got, Want string
}

// Error says it in a line.
func (e *Unexpected) Error() string {
	return "expected " + e.What + " " + strconv.Quote(e.Want) + ", got " + strconv.Quote(e.Got)
}

// ScriptHelp is the language of scripts, for people.
const ScriptHelp = `One command a line; # begins a comment. Times are like 500ms or 2s.
  register | unregister
  call TARGET                       a number of the domain, or a sip: address
  wait incoming|ringing|answered|ended|held|resumed|transferred|digits KEYS [within TIME]
  ring CODE [early]                 a 18x to the call that came in; early: with sound
  answer | reject CODE [REASON] | redirect TARGET
  hold | resume | transfer TARGET | digits KEYS
  join NUMBER                       the other party takes our place in that call
  play FILE | loop FILE | tone HERTZ TIME | echo | record FILE
  sleep TIME
  hangup [REASON]                   CANCEL, 603 or BYE, whatever fits
  use NUMBER                        further commands are about this call
  expect code|reason|by|digits|state|codec|transfer VALUE
`

// patience is how long a wait waits if the script does not say.
const patience = 30 * time.Second

// A runner carries out a script.
type runner struct {
	p    *Phone
	call *Call
	all  map[uint64]*Call
	line int
	text string
}

// RunScript carries out the commands that it reads, one a line, as ScriptHelp
// says. The error is a *SyntaxError, an *Unexpected, a *Refused, or another's.
func (p *Phone) RunScript(ctx context.Context, in io.Reader) error {
	r := &runner{p: p, all: map[uint64]*Call{}}
	s := bufio.NewScanner(in)
	for s.Scan() {
		r.line++
		r.text = strings.TrimSpace(s.Text())
		if r.text == "" || r.text[0] == '#' {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.do(ctx, strings.Fields(r.text)); err != nil {
			return err
		}
	}
	return s.Err()
}

func (r *runner) want(what string) error { return &SyntaxError{Line: r.line, Text: r.text, Want: what} }

// rest is the line after its first n words.
func (r *runner) rest(n int) string {
	s := r.text
	for range n {
		s = strings.TrimSpace(s)
		i := strings.IndexAny(s, " \t")
		if i < 0 {
			return ""
		}
		s = s[i:]
	}
	return strings.TrimSpace(s)
}

// counts are the words a command may have after its name: least and most; -1 is any number.
var counts = map[string][2]int{
	"register": {0, 0}, "unregister": {0, 0}, "call": {1, 1}, "wait": {1, 4}, "ring": {1, 2}, "answer": {0, 0},
	"reject": {1, -1}, "redirect": {1, 1}, "hold": {0, 0}, "resume": {0, 0}, "transfer": {1, 1}, "join": {1, 1}, "digits": {1, 1},
	"play": {1, 1}, "loop": {1, 1}, "tone": {2, 2}, "echo": {0, 0}, "record": {1, 1}, "sleep": {1, 1},
	"hangup": {0, -1}, "use": {1, 1}, "expect": {2, -1},
}

func (r *runner) do(ctx context.Context, f []string) error {
	n, known := counts[f[0]]
	if !known {
		return r.want("a command such as call, wait, answer, hangup, expect")
	}
	if len(f)-1 < n[0] || n[1] >= 0 && len(f)-1 > n[1] {
		return r.want("another number of words after " + f[0])
	}
	switch f[0] {
	case "register":
		return r.p.Register(ctx)
	case "unregister":
		return r.p.Unregister(ctx)
	case "call":
		c, err := r.p.Call(ctx, f[1])
		r.use(c)
		return err
	case "wait":
		return r.wait(ctx, f[1:])
	case "sleep":
		d, err := time.ParseDuration(f[1])
		if err != nil {
			return r.want("sleep TIME")
		}
		return Pause(ctx, d)
	case "use":
		c, err := r.number(f[1])
		r.use(c)
		return err
	}
	if r.call == nil {
		return r.want("call or wait incoming before it")
	}
	if f[0] == "expect" {
		return r.expect(f[1], r.rest(2))
	}
	return r.verb(ctx, f)
}

func (r *runner) use(c *Call) {
	if c != nil {
		r.call, r.all[c.ID()] = c, c
	}
}

// number is the call with a number.
func (r *runner) number(s string) (*Call, error) {
	id, err := strconv.ParseUint(s, 10, 64)
	if err != nil || r.all[id] == nil {
		return nil, r.want("the number of a call that this script made or waited for")
	}
	return r.all[id], nil
}

// verb is a command about the call in hand.
func (r *runner) verb(ctx context.Context, f []string) error {
	c := r.call
	switch f[0] {
	case "ring":
		code, err := strconv.Atoi(f[1])
		if err != nil || code < 101 || code > 199 || len(f) == 3 && f[2] != "early" {
			return r.want("ring CODE [early] with a code from 101 to 199")
		}
		return c.Progress(ctx, code, "", len(f) == 3)
	case "answer":
		return c.Answer(ctx)
	case "reject":
		code, err := strconv.Atoi(f[1])
		if err != nil || code < 300 || code > 699 {
			return r.want("reject CODE [REASON] with a code from 300 to 699")
		}
		return c.Reject(ctx, code, "", r.rest(2))
	case "redirect":
		return c.Redirect(ctx, f[1])
	case "hold":
		return c.Hold(ctx)
	case "resume":
		return c.Resume(ctx)
	case "transfer":
		return c.Transfer(ctx, f[1])
	case "join":
		other, err := r.number(f[1])
		if err != nil {
			return err
		}
		return c.Join(ctx, other)
	case "digits":
		return c.Digits(ctx, f[1])
	case "hangup":
		if v := r.rest(1); v != "" {
			return c.Hangup(ctx, v)
		}
		return c.Hangup(ctx)
	}
	return r.sound(ctx, f)
}

// sound is a command about what is heard.
func (r *runner) sound(ctx context.Context, f []string) error {
	c := r.call
	switch f[0] {
	case "play":
		return c.PlayFile(ctx, r.rest(1))
	case "loop":
		pcm, err := ReadWAV(r.rest(1))
		if err != nil {
			return err
		}
		return c.PlayLoop(ctx, pcm)
	case "tone":
		hertz, err1 := strconv.ParseFloat(f[1], 64)
		d, err2 := time.ParseDuration(f[2])
		if err1 != nil || err2 != nil || hertz <= 0 || hertz >= 4000 || d <= 0 || d > time.Minute {
			return r.want("tone HERTZ TIME, below 4000 and a minute")
		}
		return c.Play(ctx, media.Tone(int(d*8000/time.Second), 8000, hertz))
	case "echo":
		return c.Echo(ctx)
	}
	return c.Record(ctx, r.rest(1))
}

// wait waits for one thing.
func (r *runner) wait(ctx context.Context, f []string) error {
	limit := patience
	if n := len(f); n >= 3 && f[n-2] == "within" {
		d, err := time.ParseDuration(f[n-1])
		if err != nil {
			return r.want("within TIME")
		}
		limit, f = d, f[:n-2]
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := r.waitFor(ctx, f)
	if errors.Is(err, context.DeadlineExceeded) {
		return &Unexpected{What: "wait", Got: "nothing for " + limit.String(), Want: strings.Join(f, " ")}
	}
	return err
}

func (r *runner) waitFor(ctx context.Context, f []string) error {
	if f[0] == "incoming" && len(f) == 1 {
		c, err := r.p.WaitIncoming(ctx)
		r.use(c)
		return err
	}
	if r.call == nil {
		return r.want("call or wait incoming before it")
	}
	holds := map[string]func(Info) bool{
		"ringing":     func(i Info) bool { return i.State >= Ringing },
		"answered":    func(i Info) bool { return i.State >= Answered },
		"ended":       func(i Info) bool { return i.State == Ended },
		"held":        func(i Info) bool { return i.HeldByPeer },
		"resumed":     func(i Info) bool { return !i.HeldByPeer },
		"transferred": func(i Info) bool { return i.Transfer >= 200 },
	}[f[0]]
	switch {
	case f[0] == "digits" && len(f) == 2:
		holds = func(i Info) bool { return strings.Contains(i.Digits, f[1]) }
	case holds == nil || len(f) != 1:
		return r.want("wait incoming, ringing, answered, ended, held, resumed, transferred or digits KEYS")
	}
	i, err := r.call.Wait(ctx, holds)
	if f[0] == "answered" || f[0] == "ringing" {
		return i.refused(err)
	}
	return err
}

// expect compares what is known of the call with what should be.
func (r *runner) expect(what, want string) error {
	got, known := r.call.Info().Value(what)
	if !known {
		return r.want("expect code, reason, by, digits, state, codec or transfer")
	}
	return Expect(what, got, want)
}

// Value is one of the things that scripts expect, as text.
func (i Info) Value(what string) (string, bool) {
	switch what {
	case "code":
		return strconv.Itoa(i.Code), true
	case "reason":
		return i.Reason, true
	case "by":
		return i.EndedBy, true
	case "digits":
		return i.Digits, true
	case "state":
		return i.State.String(), true
	case "codec":
		return i.Codec, true
	case "transfer":
		return strconv.Itoa(i.Transfer), true
	}
	return "", false
}

// Expect returns an *Unexpected unless got is as wanted. A reason need only
// hold what is wanted, and "none" wants nothing.
func Expect(what, got, want string) error {
	if got == want || want == "none" && got == "" || what == "reason" && want != "none" && strings.Contains(got, want) {
		return nil
	}
	return &Unexpected{What: what, Got: got, Want: want}
}

// Pause waits; the error is that of a context that ends first.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
