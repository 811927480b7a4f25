package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onhook/media"
)

// mailbox is the application of a mailbox in a folder.
func mailboxApp(t *testing.T, dir string) *Voicemail {
	t.Helper()
	boxes, _ := openBoxes(t, dir)
	return &Voicemail{
		Mailbox: "101", Boxes: boxes, Library: NewLibrary("", ""), Log: slog.New(slog.DiscardHandler), Greeting: []string{"goodbye"},
		Least: 2 * time.Second, Longest: time.Minute, Now: func() time.Time { return beginning },
	}
}

func TestWhatAMailboxTellsTheRecord(t *testing.T) {
	const until = "stage voicemail / answer / node greeting / node record / record"
	for _, c := range []struct {
		name  string
		tapes []cassette
		want  string
		kept  int
	}{
		{"a key ends it", []cassette{{3 * time.Second, "key"}}, until + " / stored 101 ID 3s / hangup ", 1},
		{"the longest", []cassette{{time.Minute, "max"}}, until + " / stored 101 ID 1m0s / hangup ", 1},
		{"silence after a message", []cassette{{2 * time.Second, "silence"}}, until + " / stored 101 ID 2s / hangup ", 1},
		{"silence alone", []cassette{{0, "silence"}}, until + " / hangup ", 0},
		{"the caller hangs up", []cassette{{3 * time.Second, "hangup"}}, until + " / stored 101 ID 3s", 1},
		{"the caller hangs up early", []cassette{{1980 * time.Millisecond, "hangup"}}, until, 0},
		{"too short, then long enough", []cassette{{time.Second, "key"}, {2 * time.Second, "key"}}, until + " / node record / record / stored 101 ID 2s / hangup ", 1},
		{"too short again and again", []cassette{{0, "key"}, {0, "key"}, {0, "key"}}, until + " / node record / record / node record / record / hangup ", 0},
	} {
		v := mailboxApp(t, t.TempDir())
		delivered := 0
		v.Deliver = func(Message, string) { delivered++ }
		s := newFake()
		s.tapes = c.tapes
		err := v.Run(s)
		if gone := strings.Contains(c.name, "hangs up"); gone != (err != nil) {
			t.Errorf("%s: got the error %v", c.name, err)
		}
		list := v.Boxes.List("101")
		got := s.text()
		if len(list) > 0 {
			got = strings.ReplaceAll(got, list[0].ID, "ID")
		}
		if got != c.want || len(list) != c.kept || delivered != c.kept {
			t.Errorf("%s: %d kept, %d delivered\ngot  %s\nwant %s", c.name, len(list), delivered, got, c.want)
		}
	}
}

func TestAFullMailboxIsToldBeforeTheGreeting(t *testing.T) {
	v := mailboxApp(t, t.TempDir())
	v.Limits = MailboxLimits{Messages: 1}
	v.Boxes.add(t, "101", 1)
	s := newFake()
	if err := v.Run(s); err != nil || s.text() != "stage voicemail / answer / node greeting / stored 101 full 0s / hangup " {
		t.Errorf("%v: got %s", err, s.text())
	}
	if n := strings.Count(strings.Join(s.said, "/"), "play"); n != 1 {
		t.Errorf("%d times was played, want the prompt alone", n)
	}
}

func TestADiskThatFailsIsToldToCallerAndRecord(t *testing.T) {
	dir := t.TempDir()
	v := mailboxApp(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "101"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"key", "hangup"} {
		s := newFake()
		s.tapes = []cassette{{3 * time.Second, end}}
		err := v.Run(s)
		want := "stage voicemail / answer / node greeting / node record / record / stored 101 failed 0s"
		if end == "key" {
			want += " / hangup "
		}
		if s.text() != want || (end == "hangup") != (err != nil) {
			t.Errorf("%s: %v\ngot  %s\nwant %s", end, err, s.text(), want)
		}
	}
}

func TestACallWithoutACodecIsRefused(t *testing.T) {
	v := mailboxApp(t, t.TempDir())
	s := newFake()
	s.answer = ErrNoMedia
	if err := v.Run(s); err != nil || s.text() != "stage voicemail / answer / hangup INCOMPATIBLE_DESTINATION" {
		t.Errorf("%v: got %s", err, s.text())
	}
}

// owner is the menu of 101's mailbox with so many messages.
func owner(t *testing.T, messages int) *MailboxMenu {
	t.Helper()
	boxes, _ := openBoxes(t, t.TempDir())
	for range messages {
		boxes.add(t, "101", 1)
	}
	return &MailboxMenu{
		Boxes: boxes, Library: NewLibrary("", ""), Log: slog.New(slog.DiscardHandler),
		Owner: func(user string) (string, bool) { return "4711", user == "101" },
	}
}

func TestMailboxMenu(t *testing.T) {
	const leaf = "leaf mailbox / answer"
	for _, c := range []struct {
		name         string
		user         string
		presses      []string
		want         string
		fresh, heard int
	}{
		{"no mailbox", "100", nil, "hangup FACILITY_NOT_SUBSCRIBED", 3, 0},
		{"nobody", "", nil, "hangup FACILITY_NOT_SUBSCRIBED", 3, 0},
		{"wrong pin", "101", []string{"1111#", "#", "47111#"}, leaf + " / hangup ", 3, 0},
		{"leaves", "101", []string{"4711#", "#"}, leaf + " / hangup ", 3, 0},
		{"hears one and hangs up", "101", []string{"4711#", "1"}, leaf, 2, 1},
		{"hears all", "101", []string{"4711#", "1", "2", "2", "2", "#"}, leaf + " / hangup ", 0, 3},
		{"again, then deletes", "101", []string{"4711#", "1", "1", "3", "#", "#"}, leaf + " / hangup ", 1, 1},
		{"an unknown key", "101", []string{"4711#", "9", "#"}, leaf + " / hangup ", 3, 0},
	} {
		m := owner(t, 3)
		s := newFake(c.presses...)
		s.info.User = c.user
		_ = m.Run(s) // ErrHungUp where the caller does
		fresh, heard := m.Boxes.Count("101")
		if s.text() != c.want || fresh != c.fresh || heard != c.heard {
			t.Errorf("%s: %d new, %d heard, want %d and %d\ngot  %s\nwant %s", c.name, fresh, heard, c.fresh, c.heard, s.text(), c.want)
		}
	}
}

func TestMailboxMenuRecordsAGreeting(t *testing.T) {
	m := owner(t, 0)
	for _, c := range []struct {
		length time.Duration
		want   int
	}{{3 * time.Second, 24000}, {500 * time.Millisecond, 0}} {
		s := newFake("4711#", "2", "#")
		s.info.User = "101"
		s.tapes = []cassette{{c.length, "key"}}
		if err := m.Run(s); err != nil {
			t.Fatal(err)
		}
		got := 0
		if src, err := m.Boxes.Greeting("101"); err != nil {
			t.Error(err)
		} else if src != nil {
			got = src.(*media.Clip).Len()
		}
		if got != c.want {
			t.Errorf("%s said: the greeting has %d samples, want %d", c.length, got, c.want)
		}
	}
}

func TestEveryPromptOfTheMailboxIsThere(t *testing.T) {
	l := NewLibrary("", "")
	for _, name := range []string{
		"unavailable", "leave-message", "mailbox-full", "message-kept", "message-short", "not-stored", "enter-pin", "wrong-pin", "you-have",
		"no-messages", "message", "messages", "new", "old", "message-from", "message-keys", "mailbox-keys", "deleted", "end-of-messages",
		"record-greeting", "greeting-kept", "greeting-usual", "goodbye", "invalid",
	} {
		if _, err := l.Prompt(name); err != nil {
			t.Error(err)
		}
	}
}

// TestAGreetingThatIsBrokenIsReplaced: the caller hears the usual one and can leave a message.
func TestAGreetingThatIsBrokenIsReplaced(t *testing.T) {
	dir := t.TempDir()
	boxes, _ := openBoxes(t, dir)
	if err := boxes.SetGreeting("101", make([]int16, 8000)); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "101", "*.wav"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v %v", found, err)
	}
	if err := os.WriteFile(found[0], []byte("RIFF and then nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	boxes, _ = openBoxes(t, dir)
	var log strings.Builder
	v := &Voicemail{
		Mailbox: "101", Boxes: boxes, Library: NewLibrary("", ""), Log: slog.New(slog.NewTextHandler(&log, nil)),
		Greeting: []string{"goodbye"}, Least: time.Second, Longest: time.Minute,
	}
	f := newFake()
	f.tapes = []cassette{{3 * time.Second, "key"}}
	if err := v.Run(f); err != nil {
		t.Fatal(err)
	}
	if len(boxes.List("101")) != 1 || !strings.Contains(log.String(), "greeting") || f.said[3] != "play 1" {
		t.Errorf("did %q; log: %s", f.said, log.String())
	}
}
