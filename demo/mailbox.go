package demo

import "onhook/outcome"

// mailboxed is a number that rings at 9003, which is busy, and leads to its mailbox.
const mailboxed = "9015"

// mailboxEnds are the calls that end in a mailbox.
func mailboxEnds() []scene {
	return []scene{
		{
			reason: outcome.AbandonedVoicemail, story: "9003 is busy, its mailbox answers, the caller leaves no message",
			want: want{by: caller}, to: mailboxed, near: hangUp,
		},
		{
			reason: outcome.CallerLeftVoicemail, story: "9003 is busy, its mailbox answers, the caller leaves a message, as long as one may be",
			want: want{by: platform}, to: mailboxed, near: press("1"), // which ends the greeting
		},
	}
}
