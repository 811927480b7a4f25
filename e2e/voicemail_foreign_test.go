package e2e

import (
	"testing"
	"time"
)

const foreignMailboxes = `
  - {match: "6(10[01])", to: "voicemail:$1"}
users:
  - {name: "100", password: "secret-horse-100", voicemail: true}
  - {name: "101", password: "secret-horse-101", voicemail: true}
voicemail: {min: 2s, greeting: [goodbye]}
`

// TestVoicemailWithBaresip: a foreign phone leaves a tone.
func TestVoicemailWithBaresip(t *testing.T) {
	t.Parallel()
	o := &office{server: start(t, foreignMailboxes)}
	a := runBaresip(t, o.server, "100", "secret-horse-100", 440, "sip:6101@example.com")
	a.says("Call established")
	wait := time.NewTimer(7 * time.Second)
	<-wait.C // greeting, beep, and what is left as a message
	a.quit()
	expected{"Call Ended", "Caller_Left_Voicemail", "caller", "platform", "", 905, 200}.check(t, o.record())
	all := o.messages("101")
	if len(all) != 1 {
		t.Fatalf("got the messages %+v, want one", all)
	}
	o.wantTone(o.sound(all[0]), 440, 2*time.Second)
}

// TestVoicemailWithSipp: a trunk's callers hang up in the greeting, and after a
// message in which nothing was heard but which was long enough.
func TestVoicemailWithSipp(t *testing.T) {
	t.Parallel()
	srv := start(t, foreignMailboxes)
	stay := func(d time.Duration) *scenario {
		return uac().recv(200, 100).ack().pause(d).bye().recv(200)
	}
	caller(t, srv, stay(100*time.Millisecond), "6100").wait()
	expected{"Abandoned", "Abandoned_Voicemail", "caller", "platform", "", 904, 200}.check(t, srv.recordOf("6100"))
	caller(t, srv, stay(5*time.Second), "6101").wait()
	expected{"Call Ended", "Caller_Left_Voicemail", "caller", "platform", "", 905, 200}.check(t, srv.recordOf("6101"))
}
