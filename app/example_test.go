package app_test

import (
	"fmt"

	"onhook/app"
)

// An OrderLine asks for an order number and connects the caller with whoever handles it.
type OrderLine struct {
	Prompts *app.Library
	Who     func(order string) string // "user:101"; empty: there is no such order
}

// Run has the caller until it returns.
func (o *OrderLine) Run(s app.Session) error {
	if err := s.Stage("menu"); err != nil {
		return err
	}
	if err := s.Answer(); err != nil {
		return err
	}
	for range 3 {
		if err := o.say(s, "welcome"); err != nil {
			return err
		}
		order, err := s.Digits(app.DigitOptions{Max: 6, Until: "#"})
		if err != nil {
			return err // the caller has hung up
		}
		if who := o.Who(order); who != "" {
			r, err := s.Dial(app.DialOptions{To: []string{who}})
			if err != nil || r.Answered {
				return err
			}
			return s.Transfer("voicemail:100")
		}
		if err := o.say(s, "invalid", "say:"+order); err != nil {
			return err
		}
	}
	return s.Hangup("") // End_In_IVR
}

func (o *OrderLine) say(s app.Session, names ...string) error {
	sounds, err := o.Prompts.Prompts(names...)
	if err != nil {
		return err
	}
	return s.Play(app.PlayOptions{Barge: true}, sounds...)
}

// The verbs of a Session are all that an application needs; here a scripted caller
// presses a number that there is not, then one that there is.
func ExampleApp() {
	line := &OrderLine{Prompts: app.NewLibrary("", ""), Who: func(order string) string {
		return map[string]string{"4711": "user:101"}[order]
	}}
	if err := line.Run(&scripted{presses: []string{"1", "4711"}}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// stage menu
	// answer
	// play
	// play
	// play
	// dial [user:101]
	// transfer voicemail:100
}
