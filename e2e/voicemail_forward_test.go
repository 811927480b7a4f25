package e2e

import (
	"testing"
	"time"
)

// TestForwardToVoicemail: whatever keeps a call from an extension, its mailbox
// takes the message, the leg keeps its reason, and a call without a message ends
// with that reason.
func TestForwardToVoicemail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, setting string
		happens       func(o *office)
		leg           string
		without       expected
	}{
		{
			"no answer", `, forward: {no_answer: voicemail, ring: 1s}`, func(o *office) { o.ended(o.incoming("102")) },
			"NO_ANSWER",
			expected{"Not Answered", "NO_ANSWER", "platform", "platform", "", 480, 200},
		},
		{
			"busy", `, forward: {busy: voicemail}`, func(o *office) { o.must(o.incoming("102").Reject(o.ctx, 486, "Busy Here")) },
			"USER_BUSY",
			expected{"Busy", "USER_BUSY", "platform", "platform", "", 486, 200},
		},
		{
			"do not disturb", `, dnd: true, forward: {busy: voicemail}`, func(*office) {},
			"USER_BUSY",
			expected{"Busy", "USER_BUSY", "platform", "platform", "", 486, 200},
		},
		{
			"not registered", `, forward: {unreachable: voicemail}`, func(*office) {},
			"USER_NOT_REGISTERED",
			expected{"Unreachable", "USER_NOT_REGISTERED", "platform", "platform", "", 480, 200},
		},
		{
			"always", `, forward: {always: voicemail}`, func(*office) {},
			"CALL_FORWARD",
			expected{"Call Ended", "End_In_IVR", "platform", "platform", "", 906, 200},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, message := range []bool{true, false} {
				o := newOfficeOf(t, map[string]string{"102": ", voicemail: true" + c.setting}, "", "\nvoicemail: {min: 1s, silence: 2s, greeting: []}\n")
				if c.name == "not registered" {
					o.must(o.phones["102"].Unregister(o.ctx))
				}
				a := o.dial("100", "102")
				c.happens(o)
				want := c.without
				if message {
					o.leave(a, 2*time.Second)
					o.must(a.Hangup(o.ctx))
					want = expected{"Call Ended", "Caller_Left_Voicemail", "caller", "platform", "", 905, 200}
				} else {
					o.ended(a)
				}
				want.check(t, o.record())
				o.legs(c.leg)
				if got := len(o.messages("102")); (got == 1) != message {
					t.Errorf("%d messages, message left: %v", got, message)
				}
			}
		})
	}
}

// TestVoicemailAfterAPhoneThatIsNotThere: as a list of destinations, too.
func TestVoicemailAfterAPhoneThatIsNotThere(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	o.must(o.phones["101"].Unregister(o.ctx))
	a := o.dial("100", "501")
	o.ended(a)
	expected{"Unreachable", "USER_NOT_REGISTERED", "platform", "platform", "", 480, 200}.check(t, o.record())
	o.legs("USER_NOT_REGISTERED")
}
