package main

import (
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

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

// Messages on their way at once, and how long the second try waits.
const (
	deliveries    = 16
	deliveryPause = 5 * time.Second
)

// mailServer is the address of a mail server; empty: there is none.
func mailServer(a config.HostPort) string {
	if a.Host == "" {
		return ""
	}
	port := int(a.Port)
	if port == 0 {
		port = 25
	}
	return net.JoinHostPort(strings.Trim(a.Host, "[]"), strconv.Itoa(port))
}

// voicemail makes the applications of the mailboxes.
func (a *apps) voicemail(cfg *config.Config, boxes *app.Mailboxes, log *slog.Logger) {
	v := cfg.Voicemail
	pins := map[string]string{}
	courier := app.NewCourier(app.Courier{
		Hook: v.Hook, SMTP: mailServer(v.SMTP), From: v.From, Timeout: v.Timeout, Pause: deliveryPause, Log: log,
	}, deliveries)
	for _, u := range cfg.Users {
		if !u.Voicemail {
			continue
		}
		pins[u.Name] = string(u.PIN)
		a.named["voicemail:"+u.Name] = &app.Voicemail{
			Mailbox: u.Name, Boxes: boxes, Library: a.library, Log: log, Greeting: v.Greeting, Least: v.Min, Longest: v.Max, Silence: v.Silence,
			Limits:  app.MailboxLimits{Messages: v.Messages, Bytes: int64(v.Size)},
			Deliver: func(m app.Message, path string) { courier.Deliver(m, path, u.Email) },
		}
	}
	a.named["voicemail"] = &app.MailboxMenu{
		Boxes: boxes, Library: a.library, Log: log,
		Owner: func(user string) (string, bool) { pin, ok := pins[user]; return pin, ok },
	}
}
