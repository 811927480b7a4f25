package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"onhook/media"
)

// A fake is a Session whose caller presses what the test says: each entry of
// presses is what one Digits gets; after the last the caller hangs up.
type fake struct {
	info    Info
	presses []string
	said    []string // what the application did, one verb a line
	ctx     context.Context
	cancel  context.CancelFunc
	names   map[media.Source]string
	dial    DialResult
	answer  error
	tapes   []cassette // what each Record gets
}

// A cassette is what a caller says into a recording, and how that ends: "hangup" hangs up.
type cassette struct {
	length time.Duration
	end    string
}

func newFake(presses ...string) *fake {
	f := &fake{presses: presses, info: Info{ID: "call_1", Caller: "100", Dialled: "700"}, names: map[media.Source]string{}}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f
}

func (f *fake) do(format string, args ...any) error {
	if f.ctx.Err() != nil {
		return ErrHungUp
	}
	f.said = append(f.said, fmt.Sprintf(format, args...))
	return nil
}

func (f *fake) Info() Info               { return f.info }
func (f *fake) Context() context.Context { return f.ctx }
func (f *fake) Answer() error            { return errors.Join(f.do("answer"), f.answer) }
func (f *fake) Play(_ PlayOptions, sources ...media.Source) error {
	if len(sources) == 0 {
		return nil
	}
	return f.do("play %d", len(sources))
}
func (f *fake) Music(media.Source) error { return f.do("music") }
func (f *fake) Quiet() error             { return f.do("quiet") }
func (f *fake) Flush()                   {}
func (f *fake) Digits(o DigitOptions) (string, error) {
	if len(f.presses) == 0 {
		f.cancel()
		return "", ErrHungUp
	}
	next := f.presses[0]
	max := o.Max
	if max == 0 {
		max = 1
	}
	got := next[:min(max, len(next))]
	if rest := next[len(got):]; rest != "" {
		f.presses[0] = rest
	} else {
		f.presses = f.presses[1:]
	}
	return strings.TrimRight(got, o.Until), nil
}

func (f *fake) Record(_ RecordOptions, sink media.Sink) (Recording, error) {
	if err := f.do("record"); err != nil || len(f.tapes) == 0 {
		return Recording{}, err
	}
	c := f.tapes[0]
	f.tapes = f.tapes[1:]
	for range c.length / (20 * time.Millisecond) {
		sink.Write(media.Tone(160, 8000, 700))
	}
	r := Recording{Length: c.length, End: c.end}
	if c.end == "hangup" {
		f.cancel()
		return r, ErrHungUp
	}
	return r, nil
}

func (f *fake) SendDigits(keys string) error { return f.do("digits %s", keys) }

func (f *fake) Dial(o DialOptions) (DialResult, error) {
	return f.dial, f.do("dial %s", strings.Join(o.To, " "))
}
func (f *fake) Transfer(to string) error { return f.do("transfer %s", to) }
func (f *fake) Stage(name string) error  { return f.do("stage %s", name) }
func (f *fake) Node(name string) error   { return f.do("node %s", name) }
func (f *fake) Leaf(name string) error   { return f.do("leaf %s", name) }

// Stored is heard though the caller has gone.
func (f *fake) Stored(box, id string, d time.Duration) error {
	f.said = append(f.said, fmt.Sprintf("stored %s %s %v", box, id, d))
	return nil
}
func (f *fake) Hangup(cause string) error { return f.do("hangup %s", cause) }

// text is what was done but for the sounds.
func (f *fake) text() string {
	var out []string
	for _, s := range f.said {
		if !strings.HasPrefix(s, "play ") {
			out = append(out, s)
		}
	}
	return strings.Join(out, " / ")
}
