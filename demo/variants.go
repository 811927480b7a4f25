package demo

import (
	"context"

	"onhook/outcome"
	"onhook/phone"
	"onhook/sip"
)

// variants are further calls that end for a reason which another scene shows:
// the same reason, brought about by somebody else or later in the call.
func variants() []scene {
	return []scene{
		{
			reason: outcome.NormalClearing, variant: "callee", story: "the called party hangs up",
			want: want{by: callee, answered: true}, far: hangUpAsCallee(""),
		},
		{
			reason: outcome.TimerExpire, variant: "no ACK", story: "the caller never acknowledges the answer, for 64*T1",
			want: want{by: network, answered: true}, far: talk, caller: "no ACK",
		},
		{
			reason: outcome.TimerExpire, variant: "no PRACK", story: "the caller requires reliable ringing and never acknowledges it, for 64*T1",
			want: want{by: network}, far: ring, caller: "no PRACK",
			call: phone.CallOptions{Headers: []sip.Header{{ID: sip.HRequire, Value: "100rel"}}},
		},
		{
			reason: outcome.ManagerRequest, variant: "answered", story: "the operator hangs up after the answer",
			want: want{by: platform, answered: true}, play: commanded,
		},
		{
			reason: outcome.UserBusy, variant: "600", story: "the carrier answers 600, busy everywhere",
			want: want{by: callee, code: 600}, far: refuse(600),
		},
		{
			reason: outcome.UserBusy, variant: "480", story: "the carrier answers 480 and says by Q.850 cause 17 what it means",
			want: want{by: callee, code: 480}, far: refuse(480, q850(17)),
		},
		{
			reason: outcome.NoAnswer, variant: "480", story: "the carrier rings, then answers 480",
			want: want{by: callee, code: 480}, far: after(answerAfter, 480),
		},
		{
			reason: outcome.Interworking, variant: "BYE", story: "the called party's BYE says Q.850 cause 127",
			want: want{by: network, answered: true}, far: hangUpAsCallee("Q.850;cause=127"),
		},
		{
			reason: outcome.UserBusy, variant: "do not disturb", story: "9013 is not to be disturbed",
			want: want{by: platform}, to: "9013",
		},
		{
			reason: outcome.UserBusy, variant: "call limit", story: "9014 may have one call at a time, and has it",
			want: want{by: platform}, play: secondCall,
		},
		{
			reason: outcome.IncompatibleDestination, variant: "own", story: "the caller offers a codec that the echo test does not speak",
			want: want{by: platform}, to: "600", call: phone.CallOptions{Body: strangeOffer},
		},
		{
			reason: outcome.TimerExpire, variant: "no RTP", story: "both parties are silent for longer than the server waits for sound",
			want: want{by: network, answered: true}, play: silentCall,
		},
		{
			reason: outcome.PickedOff, variant: "call", story: "the caller's CANCEL says that the call was answered elsewhere",
			want: want{by: caller}, to: "9005", near: pickedUp,
		},
		{
			reason: outcome.ServiceNotImplemented, variant: "own", story: "the INVITE's body is of a kind that nobody can read",
			want: want{by: platform}, to: "9001",
			call: phone.CallOptions{Body: "hello", Headers: []sip.Header{{ID: sip.HContentType, Value: "text/plain"}}},
		},
	}
}

// hangUpAsCallee is an act: it rings, answers, and hangs up when the caller has heard of it.
func hangUpAsCallee(reason string) act {
	return func(ctx context.Context, c *phone.Call) error {
		if err := c.Progress(ctx, 180, "Ringing", false); err != nil {
			return err
		}
		if err := c.Answer(ctx); err != nil {
			return err
		}
		if _, err := c.Wait(ctx, func(i phone.Info) bool { return i.Acked }); err != nil {
			return err
		}
		if reason == "" {
			return c.Hangup(ctx)
		}
		return c.Hangup(ctx, reason)
	}
}

// pickedUp is an act of the caller: it withdraws since somebody else has answered (RFC 3326 section 2).
func pickedUp(ctx context.Context, c *phone.Call) error {
	if err := c.WaitRinging(ctx); err != nil {
		return err
	}
	return c.Hangup(ctx, `SIP;cause=200;text="Call completed elsewhere"`)
}
