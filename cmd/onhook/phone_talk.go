package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"onhook/phone"
)

// phoneTalk is what is done in a call once it is answered.
type phoneTalk struct {
	Play     []string      `help:"Play this WAV file (8 kHz), then the next one."`
	Loop     string        `help:"Play this WAV file again and again."`
	Echo     bool          `help:"Send back what is heard."`
	Record   string        `help:"Write what is heard to this WAV file."`
	Digits   string        `help:"Press these keys."`
	Hold     time.Duration `help:"Hold for this long, then resume."`
	Transfer string        `help:"Transfer (blind) to this number, then hang up when its target has answered." xor:"transfer"`
	Consult  string        `help:"Hold, call this number, and join the two when it has answered (attended transfer)." xor:"transfer"`
	Hangup   time.Duration `help:"Hang up this long after the answer, or what was to be done; else when the other side does." placeholder:"5s"`
	HangNow  bool          `name:"hangup-after" help:"Hang up as soon as all was done."`
	Reason   string        `help:"The Reason of our BYE, CANCEL or refusal, as written."`

	ExpectCode   string `help:"The final code that is right (exit code 3 if it is another)." placeholder:"486"`
	ExpectReason string `help:"What the Reason of the end must hold; none: there must be none." placeholder:"cause=17"`
	ExpectBy     string `help:"Who must have ended the call: us, peer, network."`
	ExpectDigits string `help:"The keys that the other side must have pressed."`
}

// talk does what is to be done in a call that is up, until its end.
func (t *phoneTalk) talk(ctx context.Context, call *phone.Call) error {
	acted := make(chan error, 1)
	go func() { acted <- t.act(ctx, call) }()
	err := <-acted
	if err != nil && !errors.Is(err, phone.ErrEnded) && ctx.Err() == nil {
		_ = t.hangup(call)
		return err
	}
	wait, cancel := ctx, context.CancelFunc(func() {})
	switch {
	case t.HangNow || t.Transfer+t.Consult != "":
		wait, cancel = context.WithTimeout(ctx, 0)
	case t.Hangup > 0:
		wait, cancel = context.WithTimeout(ctx, t.Hangup)
	}
	_, err = call.WaitEnded(wait)
	cancel()
	if err != nil {
		if err := t.hangup(call); err != nil {
			return err
		}
	}
	if t.Record != "" {
		if _, err := call.Recording(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	return t.check(call.Info())
}

// act does it in order.
func (t *phoneTalk) act(ctx context.Context, call *phone.Call) error {
	type step struct {
		wanted bool
		do     func() error
	}
	steps := []step{
		{t.Record != "", func() error { return call.Record(ctx, t.Record) }},
		{t.Echo, func() error { return call.Echo(ctx) }},
		{t.Digits != "", func() error { return call.Digits(ctx, t.Digits) }},
	}
	for _, file := range t.Play {
		steps = append(steps, step{true, func() error { return call.PlayFile(ctx, file) }})
	}
	steps = append(steps, step{t.Loop != "", func() error {
		pcm, err := phone.ReadWAV(t.Loop)
		if err != nil {
			return err
		}
		return call.PlayLoop(ctx, pcm)
	}}, step{t.Hold > 0, func() error {
		if err := call.Hold(ctx); err != nil {
			return err
		}
		if err := phone.Pause(ctx, t.Hold); err != nil {
			return err
		}
		return call.Resume(ctx)
	}}, step{t.Transfer != "", func() error {
		if err := call.Transfer(ctx, t.Transfer); err != nil {
			return err
		}
		return transferred(ctx, call)
	}}, step{t.Consult != "", func() error { return consult(ctx, call, t.Consult) }})
	for _, s := range steps {
		if !s.wanted {
			continue
		}
		if err := s.do(); err != nil {
			return err
		}
	}
	return nil
}

// transferred waits for what became of a transfer.
func transferred(ctx context.Context, call *phone.Call) error {
	code, err := call.WaitTransfer(ctx)
	if err == nil && code >= 300 {
		return fmt.Errorf("the transfer's target answered %d", code)
	}
	return err
}

// consult joins the other party with somebody whom we call first.
func consult(ctx context.Context, call *phone.Call, target string) error {
	other, err := call.Consult(ctx, target)
	if err != nil {
		return err
	}
	if err := other.WaitAnswered(ctx); err != nil {
		return err
	}
	if err := call.Join(ctx, other); err != nil {
		return err
	}
	return transferred(ctx, call)
}

// hangup ends a call although the user may have interrupted.
func (t *phoneTalk) hangup(call *phone.Call) error {
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	if t.Reason != "" {
		return call.Hangup(ctx, t.Reason)
	}
	return call.Hangup(ctx)
}

func (t *phoneTalk) expects() bool {
	return t.ExpectCode+t.ExpectReason+t.ExpectBy+t.ExpectDigits != ""
}

// check compares the end of a call with what was expected.
func (t *phoneTalk) check(i phone.Info) error {
	for _, e := range [...][2]string{{"code", t.ExpectCode}, {"reason", t.ExpectReason}, {"by", t.ExpectBy}, {"digits", t.ExpectDigits}} {
		if e[1] == "" {
			continue
		}
		got, _ := i.Value(e[0])
		if err := phone.Expect(e[0], got, strings.TrimSpace(e[1])); err != nil {
			return err
		}
	}
	return nil
}
