package app

import (
	"errors"
	"log/slog"
	"time"

	"onhook/media"
)

// Voicemail answers for somebody who does not, and takes a message.
type Voicemail struct {
	Mailbox  string
	Boxes    *Mailboxes
	Library  *Library
	Log      *slog.Logger
	Greeting []string      // prompts, where the mailbox has no greeting of its own
	Least    time.Duration // a message that is shorter is not kept
	Longest  time.Duration
	Silence  time.Duration // so much of it ends a message
	Limits   MailboxLimits
	Deliver  func(Message, string) // told of each message and of its WAV file, must not wait; nil: nobody
	Now      func() time.Time
}

// attempts is how often a caller may begin a message anew that was too short.
const attempts = 3

// Run greets the caller and records.
func (v *Voicemail) Run(s Session) error {
	// The stage first: who hangs up as we answer is in the mailbox.
	if err := s.Stage("voicemail"); err != nil {
		return err
	}
	if err := s.Answer(); err != nil {
		return refuseWithout(s, err)
	}
	if err := s.Node("greeting"); err != nil {
		return err
	}
	if v.Boxes.Room(v.Mailbox, sizeOf(v.Least), v.Limits) != nil {
		v.Log.Warn("mailbox is full", "call", s.Info().ID, "mailbox", v.Mailbox)
		return v.sorry(s, "full", "mailbox-full")
	}
	if err := v.greet(s); err != nil {
		return err
	}
	s.Flush()
	for range attempts {
		more, err := v.take(s)
		if err != nil || !more {
			return err
		}
		if err := v.say(s, "message-short"); err != nil {
			return err
		}
	}
	return s.Hangup("")
}

// sizeOf is how large a message of that length will be.
func sizeOf(d time.Duration) int64 { return int64(d/time.Millisecond)*16 + wavHead }

func (v *Voicemail) say(s Session, prompts ...string) error {
	return playPrompts(s, v.Library, v.Log, PlayOptions{Barge: true}, prompts)
}

// greet plays the mailbox's own greeting, or the usual one, until a key is pressed.
func (v *Voicemail) greet(s Session) error {
	own, err := v.Boxes.Greeting(v.Mailbox)
	if err != nil {
		v.Log.Error("greeting", "mailbox", v.Mailbox, "err", err)
	}
	if own != nil {
		return s.Play(PlayOptions{Barge: true}, own)
	}
	return v.say(s, v.Greeting...)
}

// beep is the tone after which the caller speaks: 1 kHz for 0.3 s.
func beep() media.Source { return media.NewClip(media.Tone(2400, 8000, 1000)) }

// take records one message; again: it was too short, and its caller is still there.
func (v *Voicemail) take(s Session) (again bool, err error) {
	if err := s.Play(PlayOptions{}, beep()); err != nil {
		return false, err
	}
	if err := s.Node("record"); err != nil {
		return false, err
	}
	t := &tape{}
	r, recording := s.Record(RecordOptions{Max: v.Longest, Silence: v.Silence, Keys: "#"}, t)
	if recording != nil && !errors.Is(recording, ErrHungUp) {
		return false, recording
	}
	if r.Length < v.Least {
		switch {
		case recording != nil:
			return false, recording
		case r.End == "key":
			return true, nil
		}
		return false, s.Hangup("")
	}
	return false, v.keep(s, r, t.samples(r.Length), recording)
}

// keep stores a message. The record is told of it even where its caller has gone already.
func (v *Voicemail) keep(s Session, r Recording, pcm []int16, gone error) error {
	i := s.Info()
	msg, err := v.Boxes.Add(Message{
		Mailbox: v.Mailbox, Call: i.ID, Caller: i.Caller, Name: i.Name, At: v.now(), Length: r.Length.Milliseconds(),
	}, pcm, v.Limits)
	switch {
	case errors.Is(err, ErrMailboxFull):
		return v.sorry(s, "full", "mailbox-full")
	case err != nil:
		v.Log.Error("voicemail", "call", i.ID, "mailbox", v.Mailbox, "err", err)
		return v.sorry(s, "failed", "not-stored")
	}
	if v.Deliver != nil {
		if path, err := v.Boxes.Path(v.Mailbox, msg.ID); err == nil {
			v.Deliver(msg, path)
		}
	}
	if err := s.Stored(v.Mailbox, msg.ID, r.Length); err != nil {
		return err
	}
	if gone != nil {
		return gone
	}
	if err := v.say(s, "message-kept"); err != nil {
		return err
	}
	return s.Hangup("")
}

// sorry tells the caller and the record why there is no message: "full" or "failed".
func (v *Voicemail) sorry(s Session, why, prompt string) error {
	if err := s.Stored(v.Mailbox, why, 0); err != nil {
		return err
	}
	if err := v.say(s, prompt); err != nil {
		return err
	}
	return s.Hangup("")
}

func (v *Voicemail) now() time.Time {
	if v.Now != nil {
		return v.Now()
	}
	return time.Now()
}
