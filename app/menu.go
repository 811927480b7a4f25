package app

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"onhook/media"
)

// A Menu asks its caller to press keys and sends them on.
type Menu struct {
	Name     string
	Library  *Library
	Log      *slog.Logger
	Greeting []string          // prompts, once
	Ask      []string          // prompts, before each choice
	Keys     map[string]Choice // by what is pressed, several keys too
	Invalid  []string          // prompts after a wrong choice
	Nothing  []string          // prompts when nothing was pressed
	Wait     time.Duration     // for a key; 0: 5 s
	Tries    int               // how often is asked; 0: 3
	Direct   []string          // extensions that may be dialled
	Else     string            // where callers go who make no choice; empty: they are hung up
	Goodbye  []string
	Menus    func(name string) *Menu // submenus
	Hours    func(at time.Time) bool // whether it is open; nil: always
	Closed   Choice                  // out of hours
	Now      func() time.Time
}

// A Choice is what a key leads to: one of a destination, a submenu, an
// announcement, or nothing but the end.
type Choice struct {
	To       string   // destination, or "menu:NAME"
	Announce []string // prompts; with To they come before it, else the call ends after them
	Repeat   bool     // the menu is asked again
	Hook     Hook     // nil: none
	Set      bool     // there is such a choice
}

// A Hook is an application elsewhere that is asked what to do.
type Hook interface {
	Run(s Session) error
}

// maxDepth bounds how many menus a caller goes through in one call.
const maxDepth = 32

// Run answers the caller and leads it through the menu.
func (m *Menu) Run(s Session) error {
	// The stage first: who hangs up as we answer is in the menu.
	if err := s.Stage("menu"); err != nil {
		return err
	}
	if err := s.Answer(); err != nil {
		return refuseWithout(s, err)
	}
	for depth := 0; m != nil; depth++ {
		if depth == maxDepth {
			return errors.New("the caller went through " + fmt.Sprint(maxDepth) + " menus")
		}
		next, err := m.visit(s)
		if err != nil || next == "" {
			return err
		}
		if m.Menus == nil {
			return errors.New("menu " + m.Name + ": there are no other menus")
		}
		from := m.Name
		if m = m.Menus(next); m == nil {
			return errors.New("menu " + from + ": there is no menu " + next)
		}
	}
	return nil
}

// refuseWithout ends a call that could not be answered.
func refuseWithout(s Session, err error) error {
	if errors.Is(err, ErrNoMedia) {
		return s.Hangup("INCOMPATIBLE_DESTINATION")
	}
	return err
}

// visit asks until a choice is made; next is the menu to go on with, if any.
func (m *Menu) visit(s Session) (next string, err error) {
	if err := s.Node(m.Name); err != nil {
		return "", err
	}
	if m.Hours != nil && !m.Hours(m.now()) {
		if !m.Closed.Set {
			return "", m.leave(s, "closed", []string{"closed"})
		}
		return m.follow(s, "closed", m.Closed)
	}
	if err := m.play(s, PlayOptions{Barge: true}, m.Greeting); err != nil {
		return "", err
	}
	for range max(1, orInt(m.Tries, 3)) {
		if err := m.play(s, PlayOptions{Barge: true}, m.Ask); err != nil {
			return "", err
		}
		keys, err := m.choice(s)
		if err != nil {
			return "", err
		}
		c, ok := m.lookUp(keys)
		switch {
		case ok && c.Repeat:
			continue
		case ok:
			return m.follow(s, keys, c)
		case keys == "":
			err = m.play(s, PlayOptions{Barge: true}, m.Nothing)
		default:
			s.Flush()
			err = m.play(s, PlayOptions{Barge: true}, m.Invalid)
		}
		if err != nil {
			return "", err
		}
	}
	if m.Else != "" {
		return m.follow(s, "else", Choice{To: m.Else, Set: true})
	}
	return "", m.leave(s, "no choice", m.Goodbye)
}

func (m *Menu) now() time.Time {
	if m.Now != nil {
		return m.Now()
	}
	return time.Now()
}

func orInt(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// choice collects keys until they can mean nothing more than they do.
func (m *Menu) choice(s Session) (string, error) {
	var keys string
	for {
		o := DigitOptions{Max: 1, First: m.Wait}
		if keys != "" {
			o.First = min(3*time.Second, orDuration(m.Wait, 5*time.Second))
		}
		k, err := s.Digits(o)
		if err != nil || k == "" {
			return keys, err
		}
		if keys += k; !m.more(keys) {
			return keys, nil
		}
	}
}

func orDuration(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// more tells whether further keys could make another choice.
func (m *Menu) more(keys string) bool {
	for k := range m.Keys {
		if len(k) > len(keys) && strings.HasPrefix(k, keys) {
			return true
		}
	}
	for _, e := range m.Direct {
		if len(e) > len(keys) && strings.HasPrefix(e, keys) {
			return true
		}
	}
	return false
}

// lookUp finds what keys mean.
func (m *Menu) lookUp(keys string) (Choice, bool) {
	if c, ok := m.Keys[keys]; ok {
		return c, true
	}
	if slices.Contains(m.Direct, keys) {
		return Choice{To: "user:" + keys, Set: true}, true
	}
	return Choice{}, false
}

// follow does what a choice says.
func (m *Menu) follow(s Session, keys string, c Choice) (next string, err error) {
	name := m.Name + " " + keys
	switch {
	case c.Hook != nil:
		if err := m.play(s, PlayOptions{}, c.Announce); err != nil {
			return "", err
		}
		return "", c.Hook.Run(s)
	case c.To == "":
		return "", m.leave(s, keys, c.Announce)
	}
	if err := m.play(s, PlayOptions{}, c.Announce); err != nil {
		return "", err
	}
	if menu, ok := strings.CutPrefix(c.To, "menu:"); ok {
		return menu, s.Node(name)
	}
	if err := s.Node(name); err != nil {
		return "", err
	}
	return "", s.Transfer(c.To)
}

// leave plays the last prompts and ends the call: a leaf.
func (m *Menu) leave(s Session, keys string, prompts []string) error {
	return served(s, m.Library, m.Log, m.Name+" "+keys, prompts...)
}

// play plays prompts. One that cannot be had is told to the log, and the call goes on.
func (m *Menu) play(s Session, o PlayOptions, names []string) error {
	return playPrompts(s, m.Library, m.Log, o, names)
}

func playPrompts(s Session, l *Library, log *slog.Logger, o PlayOptions, names []string) error {
	var sources []media.Source
	for _, n := range names {
		src, err := l.Prompts(n)
		if err != nil {
			if log != nil {
				log.Error("prompt", "call", s.Info().ID, "app", s.Info().App, "err", err)
			}
			continue
		}
		sources = append(sources, src...)
	}
	return s.Play(o, sources...)
}
