package app

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"onhook/media"
)

var beginning = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func openBoxes(t *testing.T, dir string) (*Mailboxes, []string) {
	t.Helper()
	m, notes, err := OpenMailboxes(dir)
	if err != nil {
		t.Fatal(err)
	}
	return m, notes
}

func (m *Mailboxes) add(t *testing.T, box string, seconds int) Message {
	t.Helper()
	msg, err := m.Add(Message{Mailbox: box, Call: "call_x", Caller: "100", At: beginning.Add(time.Duration(len(m.List(box))) * time.Second), Length: int64(seconds) * 1000}, media.Tone(8000*seconds, 8000, 700), MailboxLimits{})
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		all = append(all, f.Name())
	}
	return all
}

func TestMessagesOutliveTheServer(t *testing.T) {
	dir := t.TempDir()
	m, _ := openBoxes(t, dir)
	a, b, c := m.add(t, "100", 1), m.add(t, "100", 2), m.add(t, "100", 1)
	if err := m.SetHeard("100", a.ID); err != nil {
		t.Fatal(err)
	}
	if err := m.Delete("100", b.ID); err != nil {
		t.Fatal(err)
	}
	again, notes := openBoxes(t, dir)
	a.Heard = true
	if got := again.List("100"); len(notes) != 0 || !slices.Equal(got, []Message{c, a}) {
		t.Errorf("got %+v, %v, want the new one, then the one heard: %+v", got, notes, []Message{c, a})
	}
	if fresh, heard := again.Count("100"); fresh != 1 || heard != 1 {
		t.Errorf("got %d new, %d heard, want 1 of each", fresh, heard)
	}
	src, err := again.Sound("100", c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if n := src.(*media.Clip).Len(); n != 8000 {
		t.Errorf("got %d samples, want 8000", n)
	}
	if got := names(t, filepath.Join(dir, "100")); len(got) != 4 {
		t.Errorf("got the files %v, want two for each message", got)
	}
}

// A crash may come after any file is begun, written or renamed.
func TestWhatACrashLeftUnfinishedIsRemoved(t *testing.T) {
	dir := t.TempDir()
	m, _ := openBoxes(t, dir)
	kept := m.add(t, "100", 1)
	for _, name := range []string{"x.wav.new", "y.wav", "z.json.new"} {
		if err := os.WriteFile(filepath.Join(dir, "100", name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.SetGreeting("100", media.Tone(8000, 8000, 600)); err != nil {
		t.Fatal(err)
	}
	again, notes := openBoxes(t, dir)
	if got := again.List("100"); len(notes) != 0 || !slices.Equal(got, []Message{kept}) {
		t.Errorf("got %+v, %v", got, notes)
	}
	if got, want := names(t, filepath.Join(dir, "100")), []string{kept.ID + ".json", kept.ID + ".wav", "greeting.wav"}; !slices.Equal(got, want) {
		t.Errorf("got the files %v, want %v", got, want)
	}
}

func TestWhatCannotBeReadIsNamedAndStays(t *testing.T) {
	dir := t.TempDir()
	m, _ := openBoxes(t, dir)
	kept := m.add(t, "100", 1)
	for name, text := range map[string]string{"bad.json": "{", "bad.wav": "sound", "other.json": `{"id":"another"}`} {
		if err := os.WriteFile(filepath.Join(dir, "100", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again, notes := openBoxes(t, dir)
	if len(notes) != 2 || !strings.Contains(notes[0], "bad.json") || !strings.Contains(notes[1], `got the message "another"`) {
		t.Errorf("got the notes %q", notes)
	}
	if got := again.List("100"); !slices.Equal(got, []Message{kept}) {
		t.Errorf("got %+v", got)
	}
	if !slices.Contains(names(t, filepath.Join(dir, "100")), "bad.wav") {
		t.Error("the sound of a message that cannot be read was removed")
	}
}

func TestMailboxLimits(t *testing.T) {
	m, _ := openBoxes(t, t.TempDir())
	pcm := make([]int16, 8000)
	add := func(l MailboxLimits) error {
		_, err := m.Add(Message{Mailbox: "100", At: beginning}, pcm, l)
		return err
	}
	if err := add(MailboxLimits{Messages: 1, Bytes: 16044}); err != nil {
		t.Errorf("room for exactly this: %v", err)
	}
	if err := add(MailboxLimits{Messages: 1}); !errors.Is(err, ErrMailboxFull) {
		t.Errorf("a second message of one: got %v", err)
	}
	if err := add(MailboxLimits{Bytes: 2*16044 - 1}); !errors.Is(err, ErrMailboxFull) {
		t.Errorf("a byte too much: got %v", err)
	}
	if err := m.Room("100", 1, MailboxLimits{Messages: 1}); !errors.Is(err, ErrMailboxFull) {
		t.Errorf("Room says %v", err)
	}
	if err := m.Delete("100", m.List("100")[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := add(MailboxLimits{Messages: 1, Bytes: 16044}); err != nil {
		t.Errorf("after a message was deleted: %v", err)
	}
}

func TestLimitsHoldWhenManyCallAtOnce(t *testing.T) {
	m, _ := openBoxes(t, t.TempDir())
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, _ = m.Add(Message{Mailbox: "100", At: beginning}, make([]int16, 800), MailboxLimits{Messages: 5})
		})
	}
	wg.Wait()
	if fresh, _ := m.Count("100"); fresh != 5 {
		t.Errorf("got %d messages, want 5", fresh)
	}
}

// A mailbox that is a file cannot be written to, whoever runs the test.
func TestAFailedWriteLeavesNoMessage(t *testing.T) {
	dir := t.TempDir()
	m, _ := openBoxes(t, dir)
	told := 0
	m.OnChange(func(string) { told++ })
	if err := os.WriteFile(filepath.Join(dir, "100"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := m.Add(Message{Mailbox: "100", At: beginning}, make([]int16, 800), MailboxLimits{Bytes: 1644})
	if err == nil || errors.Is(err, ErrMailboxFull) || told != 0 {
		t.Errorf("got %v, %d told", err, told)
	}
	if fresh, heard := m.Count("100"); fresh+heard != 0 {
		t.Error("there is a message")
	}
	if err := os.Remove(filepath.Join(dir, "100")); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Add(Message{Mailbox: "100", At: beginning}, make([]int16, 800), MailboxLimits{Bytes: 1644}); err != nil || told != 1 {
		t.Errorf("what the failed write had reserved was not given back: %v, %d told", err, told)
	}
}

func TestAFileIsThereWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	full := errors.New("no space left")
	err := writeFile(dir, "a", func(w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		return full
	})
	if !errors.Is(err, full) || len(names(t, dir)) != 0 {
		t.Errorf("got %v and the files %v", err, names(t, dir))
	}
}

func TestNamesOfMailboxesLeadNowhereElse(t *testing.T) {
	dir := t.TempDir()
	m, _ := openBoxes(t, filepath.Join(dir, "voicemail"))
	for _, name := range []string{"..", ".", "...", "*1#"} {
		m.add(t, name, 1)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"voicemail"}) {
		t.Errorf("got %v beside the folder of mailboxes", got)
	}
	again, notes := openBoxes(t, filepath.Join(dir, "voicemail"))
	for _, name := range []string{"..", ".", "...", "*1#"} {
		if len(again.List(name)) != 1 || len(notes) != 0 {
			t.Errorf("%q: got %v, %q", name, again.List(name), notes)
		}
	}
}

func TestGreetingIsKeptAndGoesAgain(t *testing.T) {
	m, _ := openBoxes(t, t.TempDir())
	if src, err := m.Greeting("100"); src != nil || err != nil {
		t.Fatalf("got %v, %v, want none", src, err)
	}
	if err := m.SetGreeting("100", make([]int16, 800)); err != nil {
		t.Fatal(err)
	}
	if src, err := m.Greeting("100"); err != nil || src.(*media.Clip).Len() != 800 {
		t.Fatalf("got %v, %v", src, err)
	}
	for range 2 {
		if err := m.SetGreeting("100", nil); err != nil {
			t.Fatal(err)
		}
	}
	if src, err := m.Greeting("100"); src != nil || err != nil {
		t.Errorf("got %v, %v, want none", src, err)
	}
}

func TestATapeKeepsWhatItIsGiven(t *testing.T) {
	tape := &tape{}
	var want []int16
	for i := range 1000 { // 20 s
		frame := make([]int16, 160)
		for j := range frame {
			frame[j] = int16(i*160 + j)
		}
		want = append(want, frame...)
		if !tape.Write(frame) {
			t.Fatal("it wants no more")
		}
	}
	for _, d := range []time.Duration{0, 20 * time.Millisecond, 3 * time.Second, time.Minute} {
		n := min(len(want), int(d/time.Millisecond)*8)
		if got := tape.samples(d); !slices.Equal(got, want[:n]) {
			t.Errorf("%s: got %d samples, want the first %d", d, len(got), n)
		}
	}
}
