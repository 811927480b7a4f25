package phone

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"onhook/media"
)

// both runs a script on each of two phones at once.
func both(t *testing.T, a, b string) (errA, errB error) {
	t.Helper()
	ctx := testContext(t)
	pa, pb := pair(t, Options{}, Options{})
	done := make(chan error, 1)
	go func() { done <- pb.RunScript(ctx, strings.NewReader(b)) }()
	errA = pa.RunScript(ctx, strings.NewReader(a))
	return errA, <-done
}

func TestScriptOfAWholeCall(t *testing.T) {
	dir := t.TempDir()
	wav := filepath.Join(dir, "tone.wav")
	ok(t, writeWAV(wav, media.Tone(1600, 8000, 600)))
	a, b := both(t, `
# alice
call bob
wait answered
expect codec PCMU
hold
resume
play `+wav+`
tone 900 50ms
digits 12
hold
wait held within 5s
resume
wait resumed
wait ended
expect code 200
expect by peer
expect reason cause=16
`, `
wait incoming within 5s
ring 183 early
answer
record `+filepath.Join(dir, "heard.wav")+`
wait digits 12
wait held
hold
wait resumed
resume
hangup Q.850;cause=16
expect by us
expect state ended
`)
	ok(t, a)
	ok(t, b)
}

func TestScriptSaysWhatIsUnexpected(t *testing.T) {
	a, b := both(t, "call bob\nwait ended\nexpect code 486\nexpect reason none\n", "wait incoming\nreject 603 Q.850;cause=21\nexpect code 603\n")
	var u *Unexpected
	if !errors.As(a, &u) || *u != (Unexpected{What: "code", Got: "603", Want: "486"}) {
		t.Errorf("caller: %v", a)
	}
	ok(t, b)
}

func TestScriptWaitThatIsTooLong(t *testing.T) {
	p, _ := start(t, Options{User: "alice"})
	err := p.RunScript(testContext(t), strings.NewReader("wait incoming within 10ms"))
	var u *Unexpected
	if !errors.As(err, &u) || u.What != "wait" {
		t.Errorf("got %v", err)
	}
}

func TestScriptRefusalOfACall(t *testing.T) {
	a, b := both(t, "call bob\nwait answered\n", "wait incoming\nredirect carol\n")
	var r *Refused
	if !errors.As(a, &r) || r.Code != 302 {
		t.Errorf("caller: %v", a)
	}
	ok(t, b)
}

func TestScriptSyntax(t *testing.T) {
	p, _ := start(t, Options{User: "alice"})
	for _, c := range []struct{ text, want string }{
		{"\n\ndance", `script line 3: got "dance", want a command`},
		{"answer", "want call or wait incoming before it"},
		{"call", "want another number of words after call"},
		{"sleep long", "want sleep TIME"},
		{"use 7", "want the number of a call"},
		{"wait for godot within 1s", "before it"},
	} {
		err := p.RunScript(testContext(t), strings.NewReader(c.text))
		var s *SyntaxError
		if !errors.As(err, &s) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

func TestScriptHelpNamesEachCommand(t *testing.T) {
	for name := range counts {
		if !strings.Contains(ScriptHelp, name) {
			t.Errorf("ScriptHelp does not tell of %s", name)
		}
	}
}
