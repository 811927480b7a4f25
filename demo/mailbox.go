package demo

import (
	"context"
	"time"

	"onhook/outcome"
	"onhook/phone"
)

// mailboxed is a number that rings at 9003, which is busy, and leads to its mailbox.
const mailboxed = "9015"

// messageTime is how long a caller speaks to the mailbox: longer than its beep and the least message.
const messageTime = 2500 * time.Millisecond

// mailboxEnds are the calls that end in a mailbox.
func mailboxEnds() []scene {
	return []scene{
		{
			reason: outcome.AbandonedVoicemail, story: "9003 is busy, its mailbox answers, the caller leaves no message",
			want: want{by: caller}, to: mailboxed, near: hangUp,
		},
		{
			reason: outcome.CallerLeftVoicemail, story: "9003 is busy, its mailbox answers, the caller leaves a message",
			want: want{by: caller}, to: mailboxed, near: speak,
		},
	}
}

// speak is an act of the caller: it hangs up after a message.
func speak(ctx context.Context, c *phone.Call) error {
	if err := c.WaitAnswered(ctx); err != nil {
		return err
	}
	limit, cancel := context.WithTimeout(ctx, messageTime)
	defer cancel()
	if _, err := c.WaitEnded(limit); err == nil || ctx.Err() != nil {
		return err // it ended early: the record says how
	}
	return c.Hangup(ctx)
}
