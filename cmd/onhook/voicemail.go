package main

import (
	"log/slog"
	"path/filepath"

	"onhook/app"
	"onhook/config"
)

// openMailboxes reads the messages in the data folder.
func (s *server) openMailboxes() error {
	boxes, notes, err := app.OpenMailboxes(filepath.Join(s.cfg.Data, "voicemail"))
	if err != nil {
		return err
	}
	for _, n := range notes {
		s.log.Warn("voicemail", "what", n)
	}
	s.boxes = boxes
	return nil
}

// waiting counts the messages of a user for its phones; ok: it has a mailbox.
func (s *server) waiting(cfg *config.Config) func(user string) (fresh, heard int, ok bool) {
	has := map[string]bool{}
	for _, name := range cfg.Mailboxes() {
		has[name] = true
	}
	return func(user string) (fresh, heard int, ok bool) {
		if !has[user] {
			return 0, 0, false
		}
		fresh, heard = s.boxes.Count(user)
		return fresh, heard, true
	}
}

// voicemail makes the applications of the mailboxes.
func (a *apps) voicemail(cfg *config.Config, boxes *app.Mailboxes, log *slog.Logger) {
	v := cfg.Voicemail
	pins := map[string]string{}
	for _, u := range cfg.Users {
		if !u.Voicemail {
			continue
		}
		pins[u.Name] = string(u.PIN)
		a.named["voicemail:"+u.Name] = &app.Voicemail{
			Mailbox: u.Name, Boxes: boxes, Library: a.library, Log: log, Greeting: v.Greeting, Least: v.Min, Longest: v.Max, Silence: v.Silence,
			Limits: app.MailboxLimits{Messages: v.Messages, Bytes: int64(v.Size)},
		}
	}
	a.named["voicemail"] = &app.MailboxMenu{
		Boxes: boxes, Library: a.library, Log: log,
		Owner: func(user string) (string, bool) { pin, ok := pins[user]; return pin, ok },
	}
}
