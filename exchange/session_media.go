package exchange

import (
	"bytes"
	"strings"
	"sync/atomic"
	"time"

	"onhook/app"
	"onhook/media"
)

// heard takes an event of the media path for the session; in the loop.
func (s *session) heard(e media.Event) {
	select {
	case s.sound <- e:
	default:
	}
}

// press takes keys, from RTP, INFO or tones; in the loop. A flash of the hook is none.
func (s *session) press(keys string) {
	if keys = strings.ReplaceAll(keys, "!", ""); keys == "" {
		return
	}
	s.mu.Lock()
	if len(s.keys)+len(keys) <= maxKeys {
		s.keys = append(s.keys, keys...)
	}
	s.mu.Unlock()
	select {
	case s.keyed <- struct{}{}:
	default:
	}
}

// Keyed gets something when a key was pressed (app.Keyer).
func (s *session) Keyed() <-chan struct{} { return s.keyed }

// pressed tells whether keys wait.
func (s *session) pressed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.keys) > 0
}

// take takes one key.
func (s *session) take() (byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.keys) == 0 {
		return 0, false
	}
	k := s.keys[0]
	s.keys = s.keys[1:]
	return k, true
}

func (s *session) Flush() {
	s.mu.Lock()
	s.keys = nil
	s.mu.Unlock()
}

// media has f done with the leg's media; what the media path said before is forgotten.
func (s *session) media(f func(m Media, leg media.LegID) error) error {
	return s.in(func(x *Exchange, _ *live) error {
		for len(s.sound) > 0 {
			<-s.sound
		}
		return f(x.opt.Media, s.leg())
	})
}

func (s *session) Play(o app.PlayOptions, sources ...media.Source) error {
	for _, src := range sources {
		if o.Barge && s.pressed() {
			return nil
		}
		if src == nil {
			continue
		}
		if err := s.media(func(m Media, leg media.LegID) error { return m.Play(leg, src, false) }); err != nil {
			return err
		}
		if ended, err := s.played(o); err != nil || ended {
			return err
		}
	}
	return nil
}

// played waits until what is played has ended, or something has ended it.
func (s *session) played(o app.PlayOptions) (ended bool, err error) {
	for {
		var keyed <-chan struct{}
		if o.Barge {
			keyed = s.keyed
		}
		select {
		case e := <-s.sound:
			if e.Kind != media.PlayDone {
				continue
			}
			if e.Failed {
				return false, app.ErrNoMedia
			}
			return false, nil
		case <-keyed:
			if s.pressed() {
				return true, s.Quiet()
			}
		case <-o.Until:
			return true, s.Quiet()
		case <-s.ctx.Done():
			return false, app.ErrHungUp
		}
	}
}

func (s *session) Music(source media.Source) error {
	if source == nil {
		return s.Quiet()
	}
	return s.media(func(m Media, leg media.LegID) error { return m.Play(leg, source, true) })
}

func (s *session) Quiet() error {
	return s.media(func(m Media, leg media.LegID) error { return m.Idle(leg) })
}

func (s *session) SendDigits(keys string) error {
	if err := s.media(func(m Media, leg media.LegID) error { return m.Digits(leg, keys) }); err != nil {
		return err
	}
	for {
		select {
		case e := <-s.sound:
			if e.Kind == media.DigitsDone {
				if e.Failed {
					return app.ErrNoMedia
				}
				return nil
			}
		case <-s.ctx.Done():
			return app.ErrHungUp
		}
	}
}

// usualWait is how long a caller has for a key where nothing else is said.
const usualWait = 5 * time.Second

func (s *session) Digits(o app.DigitOptions) (string, error) {
	if o.Max <= 0 {
		o.Max = 1
	}
	wait := orWait(o.First)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	var got []byte
	for {
		for {
			k, ok := s.take()
			if !ok {
				break
			}
			if strings.IndexByte(o.Until, k) >= 0 {
				return string(got), nil
			}
			if got = append(got, k); len(got) >= o.Max {
				return string(got), nil
			}
			timer.Reset(orWait(o.Between))
		}
		select {
		case <-s.keyed:
		case <-timer.C:
			return string(got), nil
		case <-s.ctx.Done():
			return string(got), app.ErrHungUp
		}
	}
}

func orWait(d time.Duration) time.Duration {
	if d <= 0 {
		return usualWait
	}
	return d
}

// longestRecording bounds a recording that names no bound itself.
const longestRecording = 3 * time.Minute

func (s *session) Record(o app.RecordOptions, sink media.Sink) (app.Recording, error) {
	if o.Max <= 0 {
		o.Max = longestRecording
	}
	l := &listener{sink: sink}
	if err := s.media(func(m Media, leg media.LegID) error {
		s.keeps = true
		return m.Record(leg, l)
	}); err != nil {
		return app.Recording{}, err
	}
	end, key, err := s.recorded(o, l)
	length := l.length()
	if end == "silence" {
		length = max(0, length-l.silence())
	}
	r := app.Recording{Length: length, End: end, Key: key}
	if err != nil {
		return r, err
	}
	return r, s.media(func(m Media, leg media.LegID) error { return m.Record(leg, nil) })
}

// recorded waits for the end of a recording.
func (s *session) recorded(o app.RecordOptions, l *listener) (end, key string, err error) {
	max := time.NewTimer(o.Max)
	defer max.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case e := <-s.sound:
			if e.Kind == media.RecordDone {
				return "full", "", nil
			}
		case <-s.keyed:
			for {
				k, ok := s.take()
				if !ok {
					break
				}
				if bytes.IndexByte([]byte(o.Keys), k) >= 0 {
					return "key", string(k), nil
				}
			}
		case <-tick.C:
			if o.Silence > 0 && l.silence() >= o.Silence {
				return "silence", "", nil
			}
		case <-max.C:
			return "max", "", nil
		case <-s.ctx.Done():
			return "hangup", "", app.ErrHungUp
		}
	}
}

// A listener passes sound on and measures it; a worker of the media path writes, the application reads.
type listener struct {
	sink   media.Sink
	frames atomic.Int64 // of 20 ms
	quiet  atomic.Int64 // frames since the last sound
}

// loudEnough is the mean absolute sample above which a frame is sound: about -46 dBm0, well above the noise of a line.
const loudEnough = 120

// Write takes 20 ms of sound.
func (l *listener) Write(pcm []int16) bool {
	l.frames.Add(1)
	sum := 0
	for _, v := range pcm {
		if v < 0 {
			sum -= int(v)
		} else {
			sum += int(v)
		}
	}
	if len(pcm) > 0 && sum/len(pcm) >= loudEnough {
		l.quiet.Store(0)
	} else {
		l.quiet.Add(1)
	}
	return l.sink.Write(pcm)
}

func (l *listener) length() time.Duration {
	return time.Duration(l.frames.Load()) * 20 * time.Millisecond
}

func (l *listener) silence() time.Duration {
	return time.Duration(l.quiet.Load()) * 20 * time.Millisecond
}
