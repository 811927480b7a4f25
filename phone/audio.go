package phone

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"time"

	"onhook/media"
)

// longest is how much of a call is recorded, and of a file played: ten minutes.
const longest = 10 * 60 * 8000

// audio joins the calls with the media engine; a call's leg has its Ref.
type audio struct {
	engine *media.Engine
	events []media.Event
}

func newAudio(p *Phone) (*audio, error) {
	o := media.Options{
		Ports: p.opt.Ports, Timeout: 30 * time.Second, OneWayAfter: 5 * time.Second,
		Notify: p.box.signal, Rand: rand.Uint64, DSCP: -1,
	}
	if a := p.local.Addr(); a.Is4() {
		o.Bind4 = a
	} else {
		o.Bind6 = a
	}
	e, err := media.New(o)
	if err != nil {
		return nil, err
	}
	return &audio{engine: e}, nil
}

func (a *audio) stop() { a.engine.Stop() }

// A recording is what a call keeps of the peer's sound.
type recording struct {
	buffer *media.Buffer
	path   string // empty: kept in memory only
	saved  chan error
}

// openAudio reserves the call's RTP address.
func (c *Call) openAudio() error {
	if c.p.audio == nil {
		c.sess.local = netip.AddrPortFrom(c.p.local.Addr(), 9) // the discard port: nobody listens
		return nil
	}
	rtp, _, err := c.p.audio.engine.Open(media.LegID(c.ref), c.ref, c.p.local.Addr().Is6())
	if err != nil {
		return err
	}
	c.leg, c.sess.local = true, rtp
	return nil
}

// setAudio tells the engine what the two sides agreed.
func (c *Call) setAudio() {
	if !c.leg || c.sess.codec == "" {
		return
	}
	s := &c.sess
	recv := s.dir&dirRecv != 0 && s.remoteDir&dirSend != 0
	_ = c.p.audio.engine.Set(media.LegID(c.ref), media.Config{
		Remote: s.remote, Send: s.dir&dirSend != 0 && s.remoteDir&dirRecv != 0, Recv: recv,
		Codec: codecOf(s.codec), PT: payloadTypes[s.codec], DTMFPT: s.dtmf,
		OnHold: !recv || c.info.State != Answered,
	}) // an address that cannot be sent to is heard of as no_audio
}

// silence is what a phone sends when nobody speaks.
func silence() *media.Clip { return media.NewClip(make([]int16, 1600)) }

// idle sends silence, or nothing if the phone is mute.
func (c *Call) idle() error {
	if c.p.opt.Mute {
		return c.p.audio.engine.Play(media.LegID(c.ref), nil, false)
	}
	return c.p.audio.engine.Play(media.LegID(c.ref), silence(), true)
}

func codecOf(name string) media.Codec {
	if name == "PCMA" {
		return media.PCMA
	}
	return media.PCMU
}

// closeAudio ends the call's leg and keeps what was recorded.
func (c *Call) closeAudio() {
	if !c.leg {
		return
	}
	c.leg = false
	c.p.audio.engine.Close(media.LegID(c.ref))
	for _, w := range slices.Concat(c.played, c.dialed, c.heard) {
		w <- ErrEnded
	}
	c.played, c.dialed, c.heard = nil, nil, nil
	if r := c.rec; r != nil {
		go c.save(r)
	}
}

// save writes a recording, on a goroutine of its own.
func (c *Call) save(r *recording) {
	var err error
	if r.path != "" {
		err = writeWAV(r.path, r.buffer.Samples())
		c.p.box.post(func() { c.p.event(Event{Kind: EvRecorded, Call: c.ref, Text: r.path}) })
	}
	r.saved <- err
}

func writeWAV(path string, pcm []int16) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = media.WriteWAV(f, media.Audio{Channels: 1, Samples: pcm}, media.WAVPCM)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// ReadWAV reads a file of 8 kHz sound, mixed to one channel.
func ReadWAV(path string) ([]int16, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := media.ReadWAV(f, longest)
	if err != nil {
		return nil, err
	}
	return a.Mono(), nil
}

// sound runs f if the call has a leg.
func (c *Call) sound(ctx context.Context, f func(*media.Engine, media.LegID) error) error {
	return c.do(ctx, func() error {
		switch {
		case c.info.State == Ended:
			return ErrEnded
		case !c.leg:
			return ErrNoMedia
		}
		return f(c.p.audio.engine, media.LegID(c.ref))
	})
}

// Play sends samples of 8 kHz to the other side and waits until it has.
func (c *Call) Play(ctx context.Context, pcm []int16) error {
	done := make1()
	err := c.sound(ctx, func(e *media.Engine, id media.LegID) error {
		c.played, c.busy = append(c.played, done), true
		return e.Play(id, media.NewClip(pcm), false)
	})
	if err != nil {
		return err
	}
	return c.p.result(ctx, done)
}

// PlayLoop sends samples of 8 kHz to the other side again and again; nil ends it, and an echo.
func (c *Call) PlayLoop(ctx context.Context, pcm []int16) error {
	return c.sound(ctx, func(e *media.Engine, id media.LegID) error {
		c.busy = pcm != nil
		if pcm == nil {
			return c.idle()
		}
		return e.Play(id, media.NewClip(pcm), true)
	})
}

// PlayFile plays a WAV file of 8 kHz and waits until it has.
func (c *Call) PlayFile(ctx context.Context, path string) error {
	pcm, err := ReadWAV(path)
	if err != nil {
		return err
	}
	return c.Play(ctx, pcm)
}

// Echo sends back what the other side says.
func (c *Call) Echo(ctx context.Context) error {
	return c.sound(ctx, func(e *media.Engine, id media.LegID) error {
		c.busy = true
		return e.Echo(id)
	})
}

// Record keeps what the other side says, from now to the call's end, ten
// minutes at most; Recording returns it. With a path it is written there as a WAV file.
func (c *Call) Record(ctx context.Context, path string) error {
	return c.sound(ctx, func(e *media.Engine, id media.LegID) error {
		if c.rec != nil {
			return ErrState
		}
		c.rec = &recording{buffer: media.NewBuffer(longest), path: path, saved: make1()}
		return e.Record(id, c.rec.buffer)
	})
}

// Recording waits until the call's sound has ended and its recording is
// written, and returns the samples.
func (c *Call) Recording(ctx context.Context) ([]int16, error) {
	var r *recording
	if err := c.do(ctx, func() error { r = c.rec; return nil }); err != nil {
		return nil, err
	}
	if r == nil {
		return nil, ErrNoMedia
	}
	err := c.p.result(ctx, r.saved)
	if err == nil {
		r.saved <- nil // for who asks again
	}
	return r.buffer.Samples(), err
}

// Listen returns the next so much of what the other side says; not while it is recorded.
func (c *Call) Listen(ctx context.Context, d time.Duration) ([]int16, error) {
	buffer, done := media.NewBuffer(int(d/time.Millisecond)*8), make1()
	err := c.sound(ctx, func(e *media.Engine, id media.LegID) error {
		if c.rec != nil || c.heard != nil {
			return ErrState
		}
		c.heard = append(c.heard, done)
		return e.Record(id, buffer)
	})
	if err != nil {
		return nil, err
	}
	if err := c.p.result(ctx, done); err != nil {
		return nil, err // it is still being written
	}
	return buffer.Samples(), nil
}

// Digits presses keys (0-9, *, #, A-D) and waits until they have been sent.
func (c *Call) Digits(ctx context.Context, keys string) error {
	done := make1()
	err := c.sound(ctx, func(e *media.Engine, id media.LegID) error {
		c.dialed = append(c.dialed, done)
		return e.Digits(id, keys)
	})
	if err != nil {
		return err
	}
	return c.p.result(ctx, done)
}

// audioEvents takes what the media workers found.
func (p *Phone) audioEvents() {
	if p.audio == nil {
		return
	}
	p.audio.events = p.audio.engine.Events(p.audio.events[:0])
	for i := range p.audio.events {
		e := &p.audio.events[i]
		c := p.calls[uint64(e.Leg)]
		if c == nil {
			continue
		}
		switch e.Kind {
		case media.Digit:
			c.digits(e.Keys())
		case media.PlayDone:
			c.played, c.busy = release(c.played, e.Failed), false
			if c.leg {
				_ = c.idle() // it fails only if the leg has gone
			}
			p.event(Event{Kind: EvPlayed, Call: c.ref})
		case media.DigitsDone:
			c.dialed = release(c.dialed, e.Failed)
		case media.RecordDone:
			c.heard = release(c.heard, false)
		case media.OneWay:
			c.silent(e.Finding.String())
		case media.RTPTimeout:
			c.silent("nothing came for a long time")
		}
	}
}

func (c *Call) silent(why string) {
	c.update(func(i *Info) { i.NoAudio = why })
	c.p.event(Event{Kind: EvNoAudio, Call: c.ref, Text: why})
}

// release tells those who wait.
func release(who []chan error, failed bool) []chan error {
	var err error
	if failed {
		err = ErrNoMedia
	}
	for _, w := range who {
		w <- err
	}
	return nil
}
