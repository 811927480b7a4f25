package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
)

// ErrNotAllowed is what Settings say of a number that an extension may not call.
var ErrNotAllowed = errors.New("app: the extension may not call that number")

// Settings keep what extensions set from their phones, beyond a restart.
type Settings interface {
	// SetForward sends an extension's calls to a number; empty: nowhere else. Kind
	// is always, busy, no_answer or unreachable.
	SetForward(ctx context.Context, user, kind, number string) error
	// ClearForwards sends them nowhere else at all.
	ClearForwards(ctx context.Context, user string) error
	// SetDND has an extension not disturbed, or disturbed again.
	SetDND(ctx context.Context, user string, on bool) error
}

// A Code is what an extension dials to set something: the application says what
// was done and hangs up.
type Code struct {
	Name     string // forward_always, forward_off, dnd_on, ...
	Text     string // what is dialled before the number: *21
	Library  *Library
	Log      *slog.Logger
	Settings Settings
}

// Run does what the code is for.
func (c *Code) Run(s Session) error {
	i := s.Info()
	if i.User == "" {
		return s.Hangup("OUTGOING_CALL_BARRED")
	}
	if err := s.Stage("menu"); err != nil {
		return err
	}
	if err := s.Answer(); err != nil {
		return refuseWithout(s, err)
	}
	number := strings.TrimPrefix(strings.TrimPrefix(i.Dialled, c.Text), "*")
	number = strings.TrimSuffix(number, "#") // as mobile phones have it: *21*number#
	kind, isForward := strings.CutPrefix(c.Name, "forward_")
	if isForward && kind != "off" && number == "" {
		var err error
		if number, err = c.ask(s); err != nil {
			return err
		}
	}
	said, err := c.set(s.Context(), i.User, kind, number)
	switch {
	case errors.Is(err, ErrNotAllowed):
		said = "not-allowed"
	case err != nil:
		return err
	}
	return served(s, c.Library, c.Log, c.Name, said)
}

// ask has the caller press the number.
func (c *Code) ask(s Session) (string, error) {
	if err := s.Node(c.Name); err != nil {
		return "", err
	}
	if err := playPrompts(s, c.Library, c.Log, PlayOptions{Barge: true}, []string{"enter-number"}); err != nil {
		return "", err
	}
	return s.Digits(DigitOptions{Max: 32, Until: "#"})
}

// set does it and gives the prompt that says so.
func (c *Code) set(ctx context.Context, user, kind, number string) (prompt string, err error) {
	switch c.Name {
	case "pickup":
		return "no-call", nil // had there been one, the caller would not be here
	case "dnd_on":
		return "dnd-on", c.Settings.SetDND(ctx, user, true)
	case "dnd_off":
		return "dnd-off", c.Settings.SetDND(ctx, user, false)
	case "forward_off":
		return "forward-cleared", c.Settings.ClearForwards(ctx, user)
	case "forward_always", "forward_busy", "forward_no_answer", "forward_unreachable":
		if number == "" {
			return "nothing-heard", nil // whose forwards stay as they are
		}
		return "forward-set", c.Settings.SetForward(ctx, user, kind, number)
	}
	return "", errors.New("there is no code " + c.Name)
}
