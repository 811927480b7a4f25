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
	r, t, recording := v.record(s, RecordOptions{Max: v.Longest, Silence: v.Silence, Keys: "#"})
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

// record beeps and records.
func (v *Voicemail) record(s Session, o RecordOptions) (r Recording, t *tape, err error) {
	if err := s.Play(PlayOptions{}, beep()); err != nil {
		return r, nil, err
	}
	if err := s.Node("record"); err != nil {
		return r, nil, err
	}
	t = &tape{}
	r, err = s.Record(o, t)
	return r, t, err
}

// message records one message for an application that has the caller again after
// it. id is empty where there is none: it was too short, or the record has been told why.
func (v *Voicemail) message(s Session, o RecordOptions) (r Recording, id string, err error) {
	r, t, gone := v.record(s, o)
	if gone != nil && !errors.Is(gone, ErrHungUp) || r.Length < v.Least {
		return r, "", gone
	}
	id, _, err = v.store(s, r, t.samples(r.Length))
	if err == nil {
		err = gone
	}
	return r, id, err
}

// keep stores a message. The record is told of it even where its caller has gone already.
func (v *Voicemail) keep(s Session, r Recording, pcm []int16, gone error) error {
	id, why, err := v.store(s, r, pcm)
	switch {
	case err != nil:
		return err
	case why == "full":
		return v.goodbye(s, "mailbox-full")
	case id == "":
		return v.goodbye(s, "not-stored")
	case gone != nil:
		return gone
	}
	return v.goodbye(s, "message-kept")
}

// goodbye plays a last prompt and hangs up.
func (v *Voicemail) goodbye(s Session, prompt string) error {
	if err := v.say(s, prompt); err != nil {
		return err
	}
	return s.Hangup("")
}

// store puts a message into the mailbox and tells the record, which is told too
// where it could not be: why is "full" or "failed" then. The error is the session's.
func (v *Voicemail) store(s Session, r Recording, pcm []int16) (id, why string, err error) {
	i := s.Info()
	msg, err := v.Boxes.Add(Message{
		Mailbox: v.Mailbox, Call: i.ID, Caller: i.Caller, Name: i.Name, At: v.now(), Length: r.Length.Milliseconds(),
	}, pcm, v.Limits)
	switch {
	case errors.Is(err, ErrMailboxFull):
		return "", "full", s.Stored(v.Mailbox, "full", 0)
	case err != nil:
		v.Log.Error("voicemail", "call", i.ID, "mailbox", v.Mailbox, "err", err)
		return "", "failed", s.Stored(v.Mailbox, "failed", 0)
	}
	if v.Deliver != nil {
		if path, err := v.Boxes.Path(v.Mailbox, msg.ID); err == nil {
			v.Deliver(msg, path)
		}
	}
	return msg.ID, "", s.Stored(v.Mailbox, msg.ID, r.Length)
}

// sorry tells the caller and the record why there is no message: "full" or "failed".
func (v *Voicemail) sorry(s Session, why, prompt string) error {
	if err := s.Stored(v.Mailbox, why, 0); err != nil {
		return err
	}
	return v.goodbye(s, prompt)
}

func (v *Voicemail) now() time.Time {
	if v.Now != nil {
		return v.Now()
	}
	return time.Now()
}
