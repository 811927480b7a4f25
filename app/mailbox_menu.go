package app

import (
	"crypto/subtle"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"onhook/media"
)

// MailboxMenu lets the owner of a mailbox hear it: the user whose phone calls.
type MailboxMenu struct {
	Boxes   *Mailboxes
	Library *Library
	Log     *slog.Logger
	Owner   func(user string) (pin string, ok bool) // ok: the user has a mailbox; an empty PIN is not asked for
	Wait    time.Duration                           // for a key; 0: 5 s
}

// Bounds of the menu: tries of a PIN, choices in one call, and a greeting.
const (
	pinTries        = 3
	maxChoices      = 200
	longestGreeting = time.Minute
	leastGreeting   = time.Second
)

// Run asks for the PIN and leads through the messages. One's own mailbox is a
// leaf from the start (outcome/README section 1, stage): whoever hangs up in it has been served.
func (m *MailboxMenu) Run(s Session) error {
	user := s.Info().User
	pin, ok := m.Owner(user)
	if user == "" || !ok {
		return s.Hangup("FACILITY_NOT_SUBSCRIBED")
	}
	if err := s.Leaf("mailbox"); err != nil {
		return err
	}
	if err := s.Answer(); err != nil {
		return refuseWithout(s, err)
	}
	if ok, err := m.admit(s, pin); err != nil || !ok {
		if err != nil {
			return err
		}
		m.Log.Warn("wrong pin", "call", s.Info().ID, "mailbox", user)
		return m.leave(s)
	}
	for range maxChoices {
		if err := m.count(s, user); err != nil {
			return err
		}
		key, err := m.ask(s, "mailbox-keys")
		switch {
		case err != nil:
			return err
		case key == "1":
			err = m.messages(s, user)
		case key == "2":
			err = m.greeting(s, user)
		case key == "" || key == "#":
			return m.leave(s)
		default:
			err = m.say(s, "invalid")
		}
		if err != nil {
			return err
		}
	}
	return m.leave(s)
}

func (m *MailboxMenu) leave(s Session) error {
	if err := m.say(s, "goodbye"); err != nil {
		return err
	}
	return s.Hangup("")
}

func (m *MailboxMenu) say(s Session, prompts ...string) error {
	return playPrompts(s, m.Library, m.Log, PlayOptions{Barge: true}, prompts)
}

// ask plays prompts and takes one key; empty: none was pressed, twice.
func (m *MailboxMenu) ask(s Session, prompts ...string) (string, error) {
	for range 2 {
		if err := m.say(s, prompts...); err != nil {
			return "", err
		}
		key, err := s.Digits(DigitOptions{Max: 1, First: m.Wait})
		if err != nil || key != "" {
			return key, err
		}
	}
	return "", nil
}

// admit asks for the PIN.
func (m *MailboxMenu) admit(s Session, pin string) (bool, error) {
	if pin == "" {
		return true, nil
	}
	for range pinTries {
		if err := m.say(s, "enter-pin"); err != nil {
			return false, err
		}
		got, err := s.Digits(DigitOptions{Max: 16, Until: "#", First: m.Wait})
		if err != nil {
			return false, err
		}
		if subtle.ConstantTimeCompare([]byte(got), []byte(pin)) == 1 {
			return true, nil
		}
		s.Flush()
		if err := m.say(s, "wrong-pin"); err != nil {
			return false, err
		}
	}
	return false, nil
}

// count says how many messages there are.
func (m *MailboxMenu) count(s Session, user string) error {
	fresh, heard := m.Boxes.Count(user)
	words := []string{"you-have"}
	if fresh+heard == 0 {
		return m.say(s, "you-have", "no-messages")
	}
	if fresh > 0 {
		words = append(words, "number:"+strconv.Itoa(fresh), "new")
	}
	if heard > 0 {
		words = append(words, "number:"+strconv.Itoa(heard), "old")
	}
	if fresh+heard == 1 {
		return m.say(s, append(words, "message")...)
	}
	return m.say(s, append(words, "messages")...)
}

// messages plays the messages there are now, new ones first.
func (m *MailboxMenu) messages(s Session, user string) error {
	for i, msg := range m.Boxes.List(user) {
		back, err := m.message(s, msg, i+1)
		if err != nil || back {
			return err
		}
	}
	return m.say(s, "end-of-messages")
}

// message plays one message and asks what to do with it; back: the owner wants no more of them.
func (m *MailboxMenu) message(s Session, msg Message, number int) (back bool, err error) {
	sound, err := m.Boxes.Sound(msg.Mailbox, msg.ID)
	if err != nil {
		// It was deleted from another phone, or its file is damaged: the others are heard all the same.
		m.Log.Error("message", "mailbox", msg.Mailbox, "message", msg.ID, "err", err)
		return false, nil
	}
	words := []string{"message", "number:" + strconv.Itoa(number)}
	if msg.Caller != "" {
		words = append(words, "message-from", "say:"+msg.Caller)
	}
	for range maxChoices {
		if err := m.say(s, words...); err != nil {
			return false, err
		}
		if err := s.Play(PlayOptions{Barge: true}, sound); err != nil {
			return false, err
		}
		if err := m.Boxes.SetHeard(msg.Mailbox, msg.ID); err != nil && !errors.Is(err, ErrNoMessage) {
			m.Log.Error("message not marked as heard", "mailbox", msg.Mailbox, "message", msg.ID, "err", err)
		}
		key, err := m.ask(s, "message-keys")
		if err != nil {
			return false, err
		}
		switch key {
		case "1":
		case "3":
			return false, m.erase(s, msg)
		case "#":
			return true, nil
		default:
			return false, nil
		}
	}
	return true, nil
}

func (m *MailboxMenu) erase(s Session, msg Message) error {
	if err := m.Boxes.Delete(msg.Mailbox, msg.ID); err != nil && !errors.Is(err, ErrNoMessage) {
		m.Log.Error("message not deleted", "mailbox", msg.Mailbox, "message", msg.ID, "err", err)
		return m.say(s, "not-stored")
	}
	return m.say(s, "deleted")
}

// greeting records what callers hear. Nothing said brings the usual greeting back.
func (m *MailboxMenu) greeting(s Session, user string) error {
	if err := m.say(s, "record-greeting"); err != nil {
		return err
	}
	s.Flush()
	if err := s.Play(PlayOptions{}, beep()); err != nil {
		return err
	}
	t := &tape{}
	r, err := s.Record(RecordOptions{Max: longestGreeting, Keys: "#"}, t)
	if err != nil {
		return err
	}
	var pcm []int16
	if r.Length >= leastGreeting {
		pcm = t.samples(r.Length)
	}
	if err := m.Boxes.SetGreeting(user, pcm); err != nil {
		m.Log.Error("greeting not stored", "mailbox", user, "err", err)
		return m.say(s, "not-stored")
	}
	if len(pcm) == 0 {
		return m.say(s, "greeting-usual")
	}
	if err := s.Play(PlayOptions{Barge: true}, media.NewClip(pcm)); err != nil {
		return err
	}
	return m.say(s, "greeting-kept")
}
