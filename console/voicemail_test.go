package console

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"onhook/app"
)

// A fakeBoxes has one message, whose every text is strange, and notes what it is told.
type fakeBoxes struct{ told []string }

func (b *fakeBoxes) List(string) []app.Message {
	return []app.Message{{ID: "m1", Mailbox: "101", Call: liveID, Caller: strange, Name: strange, At: t0, Length: 65_000}}
}

func (b *fakeBoxes) Count(string) (fresh, heard int) { return 1, 0 }

func (b *fakeBoxes) Message(string, string) (app.Message, error) { return b.List("")[0], nil }

func (b *fakeBoxes) Mark(mailbox, id string, heard bool) (app.Message, error) {
	what := "new"
	if heard {
		what = "heard"
	}
	b.told = append(b.told, what+" "+mailbox+" "+id)
	return b.List("")[0], nil
}

func (b *fakeBoxes) Delete(mailbox, id string) error {
	b.told = append(b.told, "delete "+mailbox+" "+id)
	return nil
}

func (b *fakeBoxes) Path(string, string) (string, error) { return "", app.ErrNoMessage }

func (b *fakeBoxes) GreetingPath(string) (string, error) { return "", app.ErrNoMessage }

func (b *fakeBoxes) SetGreeting(string, []int16) error { return nil }

func TestVoicemailShowsMessagesAndIsTold(t *testing.T) {
	x := newSite(t)
	x.signIn()
	b := &fakeBoxes{}
	x.s.opt.API.Voice, x.s.opt.API.Boxes = b, func() []string { return []string{"101"} }
	for _, path := range []string{"/voicemail", "/voicemail?box=101"} {
		body := x.send(path, nil).body
		if !strings.Contains(body, `src="/v1/voicemail/101/messages/m1/audio"`) || !strings.Contains(body, "1:05") || strings.Count(body, "<script") != 1 || strings.Contains(body, "\"' onerror") {
			t.Errorf("%s: %s", path, body)
		}
	}
	for _, action := range []string{"heard", "new", "delete"} {
		if r := x.send("/voicemail/101/m1/"+action, url.Values{}); r.status != 303 {
			t.Errorf("%s: %d %s", action, r.status, r.body)
		}
	}
	if want := []string{"heard 101 m1", "new 101 m1", "delete 101 m1"}; !slices.Equal(b.told, want) {
		t.Errorf("told %q", b.told)
	}
	if r := x.send("/voicemail/101/m1/explode", url.Values{}); r.status != 404 {
		t.Errorf("an unknown command: %d", r.status)
	}
}
