package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/app"
	"onhook/media"
	"onhook/outcome"
	"onhook/phone"
	"onhook/sip"
)

// voicemailConfig gives 101 and 102 mailboxes; 501 rings at 101 first, 502 is busy, 601 is 101's mailbox, 700 one's own.
const voicemailRoutes = `  - {match: "501", to: ["user:101", "voicemail:101"], ring: 1s}
  - {match: "6(10[12])", to: "voicemail:$1"}
  - {match: "700", to: voicemail}`

const voicemailConfig = `
voicemail: {min: 1s, silence: 2s, greeting: [goodbye], %s}
`

// newVoicemail is an office with mailboxes.
func newVoicemail(t *testing.T, more string) *office {
	t.Helper()
	users := map[string]string{"101": `, voicemail: true, pin: "4711"`, "102": ", voicemail: true, email: b@example.com"}
	return newOfficeOf(t, users, voicemailRoutes, strings.ReplaceAll(voicemailConfig, "%s", more))
}

// messages are the messages of a mailbox on the disk.
func (o *office) messages(user string) (all []app.Message) {
	o.t.Helper()
	found, err := filepath.Glob(filepath.Join(o.data, "store", "voicemail", user, "*.json"))
	o.must(err)
	for _, path := range found {
		text, err := os.ReadFile(path)
		o.must(err)
		var m app.Message
		o.must(json.Unmarshal(text, &m))
		all = append(all, m)
	}
	return all
}

// sound is what a message holds.
func (o *office) sound(m app.Message) []int16 {
	o.t.Helper()
	pcm, err := phone.ReadWAV(filepath.Join(o.data, "store", "voicemail", m.Mailbox, m.ID+".wav"))
	o.must(err)
	return pcm
}

// leave speaks a tone after the beep.
func (o *office) leave(c *phone.Call, d time.Duration) {
	o.t.Helper()
	o.must(c.WaitAnswered(o.ctx))
	o.hears(c, 1000)
	o.must(c.Play(o.ctx, media.Tone(int(d/time.Millisecond)*8, 8000, 700)))
}

func (o *office) wantTone(pcm []int16, hertz float64, least time.Duration) {
	o.t.Helper()
	n := 0
	for i := 0; i+1600 <= len(pcm); i += 1600 {
		if media.Goertzel(pcm[i:i+1600], hertz) > 0.8 {
			n += 200
		}
	}
	if got := time.Duration(n) * time.Millisecond; got < least {
		o.t.Errorf("%d samples hold %s of %.0f Hz, want at least %s", len(pcm), got, hertz, least)
	}
}

func TestVoicemailAfterNoAnswer(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	a := o.dial("100", "501")
	o.incoming("101") // rings for a second
	o.leave(a, 3*time.Second)
	o.must(a.Hangup(o.ctx))
	r := o.record()
	expected{"Call Ended", "Caller_Left_Voicemail", "caller", "platform", "", 905, 200}.check(t, r)
	if got := legReasons(r); len(got) != 2 || got[1] != "NO_ANSWER" {
		t.Errorf("legs ended with %v, want the phone's with NO_ANSWER", got)
	}
	all := o.messages("101")
	if len(all) != 1 || all[0].Caller != "100" || all[0].Call != r.ID || all[0].Length < 1500 || all[0].Heard {
		t.Fatalf("got the messages %+v, want one of about 3 s from 100 in call %s", all, r.ID)
	}
	o.wantTone(o.sound(all[0]), 700, 1500*time.Millisecond)
}

func TestVoicemailGreetingOnly(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	a := o.dial("100", "501")
	o.busy("101")
	o.must(a.WaitAnswered(o.ctx))
	o.must(a.Hangup(o.ctx))
	r := o.record()
	expected{"Abandoned", "Abandoned_Voicemail", "caller", "platform", "", 904, 200}.check(t, r)
	if got := legReasons(r); len(got) != 2 || got[1] != "USER_BUSY" {
		t.Errorf("legs ended with %v, want the phone's with USER_BUSY", got)
	}
	if all := o.messages("101"); len(all) != 0 {
		t.Errorf("got the messages %+v, want none", all)
	}
}

func TestVoicemailEndedByHash(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	a := o.dial("100", "501")
	o.busy("101")
	o.leave(a, 2*time.Second)
	o.must(a.Digits(o.ctx, "#"))
	o.ended(a)
	expected{"Call Ended", "Caller_Left_Voicemail", "platform", "platform", "", 905, 200}.check(t, o.record())
	if all := o.messages("101"); len(all) != 1 {
		t.Errorf("got the messages %+v, want one", all)
	}
}

func TestVoicemailTooShort(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	a := o.dial("100", "501")
	o.busy("101")
	o.must(a.WaitAnswered(o.ctx))
	o.hears(a, 1000)
	o.ended(a) // nothing is said: silence ends it
	expected{"Busy", "USER_BUSY", "platform", "platform", "", 486, 200}.check(t, o.record())
	if all := o.messages("101"); len(all) != 0 {
		t.Errorf("got the messages %+v, want none", all)
	}
}

func TestVoicemailDialledDirectly(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	a := o.reaches("100", "6101")
	o.ended(a)
	expected{"Call Ended", "End_In_IVR", "platform", "platform", "", 906, 200}.check(t, o.record())
}

func TestVoicemailFullMailbox(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "size: 1KiB")
	a := o.dial("100", "501")
	o.busy("101")
	o.must(a.WaitAnswered(o.ctx))
	o.ended(a)
	expected{"Busy", "USER_BUSY", "platform", "platform", "full", 486, 200}.check(t, o.record())
}

func TestVoicemailDiskFails(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	// Where the mailbox's folder should be there is a file: nothing can be written, whoever runs the test.
	o.must(os.WriteFile(filepath.Join(o.data, "store", "voicemail", "101"), nil, 0o600))
	a := o.dial("100", "501")
	o.busy("101")
	o.leave(a, 2*time.Second)
	o.must(a.Digits(o.ctx, "#"))
	o.ended(a)
	expected{"Busy", "USER_BUSY", "platform", "platform", "not_stored", 486, 200}.check(t, o.record())
}

// TestVoicemailMailbox leaves a message, is told of it, hears it, deletes it.
func TestVoicemailMailbox(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	owner := o.phones["101"]
	notice := func(want string) {
		t.Helper()
		n, err := owner.WaitNotice(o.ctx)
		o.must(err)
		if n.State != "active" || !strings.Contains(n.Body, want) || n.Type != "application/simple-message-summary" {
			t.Errorf("got %+v, want %q", n, want)
		}
	}
	o.must(owner.Subscribe(o.ctx, "message-summary", "application/simple-message-summary", time.Hour))
	notice("Messages-Waiting: no\r\nMessage-Account: sip:101@example.com\r\nVoice-Message: 0/0 (0/0)\r\n")
	a := o.dial("100", "6101")
	o.leave(a, 4*time.Second)
	o.must(a.Hangup(o.ctx))
	notice("Messages-Waiting: yes\r\nMessage-Account: sip:101@example.com\r\nVoice-Message: 1/0 (0/0)\r\n")

	m := o.reaches("101", "700")
	o.must(m.Digits(o.ctx, "4711#"))
	o.must(m.Digits(o.ctx, "1")) // hear them
	o.hears(m, 700)
	o.must(m.Digits(o.ctx, "2")) // the next
	notice("Voice-Message: 0/1 (0/0)\r\n")
	o.must(m.Digits(o.ctx, "1"))
	o.hears(m, 700)
	o.must(m.Digits(o.ctx, "3")) // delete
	notice("Voice-Message: 0/0 (0/0)\r\n")
	o.must(m.Hangup(o.ctx))
	for _, r := range o.records(2) {
		if r.To.Number == "700" {
			expected{"Call Ended", "End_In_IVR", "caller", "platform", "", 906, 200}.check(t, r)
		}
	}
	if all := o.messages("101"); len(all) != 0 {
		t.Errorf("got the messages %+v, want none", all)
	}
}

func TestVoicemailWrongPIN(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	a := o.reaches("101", "700")
	for range 3 {
		o.must(a.Digits(o.ctx, "1234#"))
	}
	o.ended(a)
	expected{"Call Ended", "End_In_IVR", "platform", "platform", "", 906, 200}.check(t, o.record())
}

func TestVoicemailOfNobody(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	a := o.dial("100", "700") // has no mailbox
	o.ended(a)
	expected{"Call Failed", "FACILITY_NOT_SUBSCRIBED", "platform", "no", "", 403, 403}.check(t, o.record())
}

// TestVoicemailOwnGreeting records a greeting, which callers hear.
func TestVoicemailOwnGreeting(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	a := o.reaches("102", "700")
	o.must(a.Digits(o.ctx, "2"))
	o.hears(a, 1000)
	o.must(a.Play(o.ctx, media.Tone(16000, 8000, 600)))
	o.must(a.Digits(o.ctx, "#"))
	o.hears(a, 600)
	o.must(a.Hangup(o.ctx))
	b := o.reaches("100", "6102")
	o.hears(b, 600)
	o.must(b.Hangup(o.ctx))
	var got []outcome.Record
	for _, r := range o.records(2) {
		if r.To.Number == "6102" {
			got = append(got, r)
		}
	}
	expected{"Abandoned", "Abandoned_Voicemail", "caller", "platform", "", 904, 200}.check(t, got[0])
}

// TestVoicemailHook has a message sent to a web hook.
func TestVoicemailHook(t *testing.T) {
	t.Parallel()
	got := make(chan string, 4)
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
		}
		got <- r.FormValue("message")
	}))
	defer web.Close()
	o := newVoicemail(t, fmt.Sprintf("hook: %q", web.URL))
	a := o.dial("100", "6102")
	o.leave(a, 2*time.Second)
	o.must(a.Hangup(o.ctx))
	select {
	case text := <-got:
		if !strings.Contains(text, `"caller":"100"`) || !strings.Contains(text, `"email":"b@example.com"`) {
			t.Errorf("the hook got %s", text)
		}
	case <-o.ctx.Done():
		t.Error("the hook was not called")
	}
	expected{"Call Ended", "Caller_Left_Voicemail", "caller", "platform", "", 905, 200}.check(t, o.record())
}

// TestVoicemailKeepsNoNumberThatIsWithheld: what a phone is not shown, a mailbox is not told.
func TestVoicemailKeepsNoNumberThatIsWithheld(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	a, err := o.phones["100"].CallWith(o.ctx, "6102", phone.CallOptions{Headers: []sip.Header{{ID: sip.HPrivacy, Value: "id"}}})
	o.must(err)
	o.leave(a, 2*time.Second)
	o.must(a.Hangup(o.ctx))
	o.record()
	if all := o.messages("102"); len(all) != 1 || all[0].Caller != "" || all[0].Name != "" {
		t.Errorf("got the messages %+v, want one from nobody", all)
	}
}

// TestVoicemailIsToldUnasked: a phone that has not subscribed is told when it registers and when a message is left.
func TestVoicemailIsToldUnasked(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "unasked: true")
	told := func(want string) {
		t.Helper()
		eventually(t, 10*time.Second, func() bool {
			o.mu.Lock()
			defer o.mu.Unlock()
			return slices.ContainsFunc(o.heard["101"], func(m string) bool {
				return strings.HasPrefix(m, "NOTIFY sip:101@") && strings.Contains(m, "Event: message-summary\r\n") && strings.Contains(m, want)
			})
		}, func() string { return "101 was not told " + want })
	}
	told("Voice-Message: 0/0 (0/0)")
	a := o.dial("100", "6101")
	o.leave(a, 3*time.Second)
	o.must(a.Hangup(o.ctx))
	told("Messages-Waiting: yes\r\nMessage-Account: sip:101@example.com\r\nVoice-Message: 1/0 (0/0)")
}
