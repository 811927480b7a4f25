package demo

import (
	"context"

	"onhook/outcome"
	"onhook/phone"
	"onhook/sip"
)

// menus is the section of the menu that 9030 leads to.
const menus = `menus:
  - name: front-desk
    ask: [welcome]
    wait: 5s
    keys:
      - {key: "1", to: "user:9031"}
      - {key: "2", announce: [goodbye]}
`

// helpers are extensions that answer, and do what a scene of menus, hold or transfer needs.
var helpers = []person{
	{number: "9031", act: hangUpAsCallee("")},
	{number: "9033", act: transfer},
	{number: consulted, act: talk},
}

// inMenus are the calls that a menu takes, and those that are held or transferred.
func inMenus() []scene {
	return []scene{
		{
			reason: outcome.AbandonedIVRMenu, story: "a menu answers, the caller hangs up without a choice",
			want: want{by: caller, answered: true}, to: "9030", near: leave,
		},
		{
			reason: outcome.EndInIVR, story: "the caller chooses an announcement of the menu, which hangs up after it",
			want: want{by: platform, answered: true}, to: "9030", near: press("2"),
		},
		{
			reason: outcome.TransferredFromIVR, story: "the caller chooses an extension in the menu, which answers: the menu's segment", segment: true,
			want: want{by: platform, answered: true}, to: "9030", near: press("1"),
		},
		{
			reason: outcome.AbandonedOnHold, story: "the called party holds, and the caller hangs up",
			want: want{by: caller, answered: true}, to: holder, play: leaveOnHold,
		},
		{
			reason: outcome.BlindTransfer, story: "the called party transfers the caller to an extension: its leg", leg: true,
			want: want{by: callee, code: 200, answered: true}, to: "9033",
		},
	}
}

// holder is the extension whose phone holds.
const holder = "9032"

// openHelpers registers their phones.
func (s *stage) openHelpers(ctx context.Context) error {
	if err := s.openPhone(ctx, phone.Options{User: holder}, s.hold); err != nil {
		return err
	}
	for _, h := range helpers {
		if err := s.openPhone(ctx, phone.Options{User: h.number}, h.act); err != nil {
			return err
		}
	}
	return nil
}

// press is an act of the caller: it presses a key, by INFO, when it is answered.
func press(key string) act {
	return func(ctx context.Context, c *phone.Call) error {
		if err := c.WaitAnswered(ctx); err != nil {
			return err
		}
		m := &sip.Message{Method: sip.INFO, Body: "Signal=" + key + "\r\nDuration=160\r\n"}
		m.Add(sip.HContentType, "application/dtmf-relay")
		_, err := c.Send(ctx, m)
		return err
	}
}

// hold is an act: it answers and holds, and says so to leaveOnHold.
func (s *stage) hold(ctx context.Context, c *phone.Call) error {
	if err := c.Answer(ctx); err != nil {
		return err
	}
	if err := c.Hold(ctx); err != nil {
		return err
	}
	s.held.open()
	_, err := c.WaitEnded(ctx)
	return err
}

// transfer is an act: it answers and sends the caller to another extension.
func transfer(ctx context.Context, c *phone.Call) error {
	if err := c.Answer(ctx); err != nil {
		return err
	}
	if err := c.Transfer(ctx, "9031"); err != nil {
		return err
	}
	_, err := c.WaitEnded(ctx)
	return err
}

// leaveOnHold calls the extension that holds, and hangs up when it does.
func leaveOnHold(ctx context.Context, s *stage, sc *scene) error {
	return s.dial(ctx, s.callers[""], sc.role(), sc.to, sc.call, func(ctx context.Context, c *phone.Call) error {
		if err := s.held.wait(ctx); err != nil {
			return err
		}
		return c.Hangup(ctx)
	})
}
