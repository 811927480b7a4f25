package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onhook/media"
	"onhook/phone"
)

// TestVoicemailByTheAPI leaves a message, hears, marks and deletes it by the API; the phone's lamp follows.
func TestVoicemailByTheAPI(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	api := o.api()
	owner := o.phones["101"]
	lamp := func(want string) {
		t.Helper()
		n, err := owner.WaitNotice(o.ctx)
		o.must(err)
		if !strings.Contains(n.Body, want) {
			t.Errorf("the phone was told %q, want %q", n.Body, want)
		}
	}
	o.must(owner.Subscribe(o.ctx, "message-summary", "application/simple-message-summary", time.Hour))
	lamp("Voice-Message: 0/0 (0/0)")
	wav := filepath.Join(promptFolder(t, "mine", 440), "mine.wav")
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(binary, append(append([]string{"voicemail"}, args...), "--data", filepath.Join(o.data, "store"))...).CombinedOutput()
		if err != nil {
			t.Fatalf("voicemail %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("greeting", "101", wav)
	a := o.reaches("100", "6101")
	o.hears(a, 440) // the greeting
	o.leave(a, 2*time.Second)
	o.must(a.Hangup(o.ctx))
	lamp("Voice-Message: 1/0 (0/0)")
	var list struct {
		Messages []struct {
			ID, Caller string
			Heard      bool
		}
	}
	api.get("/v1/voicemail/101/messages", &list)
	if len(list.Messages) != 1 || list.Messages[0].Caller != "100" || list.Messages[0].Heard {
		t.Fatalf("%+v", list)
	}
	id := list.Messages[0].ID
	sound, err := media.ReadWAV(bytes.NewReader([]byte(api.read(200, "GET", "/v1/voicemail/101/messages/"+id+"/audio"))), 60*8000)
	o.must(err)
	o.wantTone(sound.Mono(), 700, 1500*time.Millisecond)
	file := filepath.Join(t.TempDir(), "m.wav")
	run("get", "101", id, file)
	pcm, err := phone.ReadWAV(file)
	o.must(err)
	if len(pcm) != len(sound.Mono()) {
		t.Errorf("%d samples by the command, %d by the API", len(pcm), len(sound.Mono()))
	}
	run("heard", "101", id)
	lamp("Voice-Message: 0/1 (0/0)")
	if got := run("list", "101"); !strings.Contains(got, id) || !strings.Contains(got, "yes") {
		t.Errorf("%s", got)
	}
	api.read(204, "DELETE", "/v1/voicemail/101/messages/"+id)
	lamp("Voice-Message: 0/0 (0/0)")
	run("greeting", "101")
	if _, err := os.Stat(filepath.Join(o.data, "store", "voicemail", "101", "greeting.wav")); err == nil {
		t.Error("the greeting is still there")
	}
	out, err := exec.Command(binary, "audit", "--by", "key first", "--data", filepath.Join(o.data, "store")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "delete-message") || !strings.Contains(string(out), "get-audio") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestRegistrationsTakenAway removes a phone's registration: it cannot be called until it registers again.
func TestRegistrationsTakenAway(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	api := o.api()
	if got := api.read(200, "DELETE", "/v1/registrations?user=101"); !strings.Contains(got, `"removed":1`) {
		t.Errorf("%s", got)
	}
	a := o.dial("100", "101")
	o.ended(a)
	expected{"Unreachable", "USER_NOT_REGISTERED", "platform", "no", "", 480, 480}.check(t, o.record())
	o.must(o.phones["101"].Register(o.ctx))
	b, c := o.connect("100", "101")
	o.hangsUp(b, c)
}
