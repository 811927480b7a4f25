package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"onhook/media"
)

// writeTone writes a prompt that is a tone.
func writeTone(t *testing.T, path string, hertz float64) {
	t.Helper()
	f, err := os.Create(path)
	if err == nil {
		err = media.WriteWAV(f, media.Audio{Channels: 1, Samples: media.Tone(16000, 8000, hertz)}, media.WAVPCM)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestPromptsThatAreMissingOrBroken: `onhook check` and a reload name them, and a server that runs goes on with what it had.
func TestPromptsThatAreMissingOrBroken(t *testing.T) {
	t.Parallel()
	sounds := t.TempDir()
	writeTone(t, filepath.Join(sounds, "open.wav"), 640)
	o := newOfficeWith(t, `  - {match: "700", to: "menu:main"}`, `
prompts: {folder: "`+sounds+`"}
menus: [{name: main, ask: [open], wait: 1s, tries: 1, goodbye: [open], keys: [{key: "1", to: "user:101"}]}]
`)
	good, err := os.ReadFile(o.conf)
	o.must(err)
	for _, c := range []struct{ name, hold, says string }{
		{"missing", "", "there is no prompt shut"},
		{"empty", "\x00", "shut"},
		{"text", "this is no sound at all, and long enough for a header of 44 bytes", "shut"},
		{"cut", "RIFF\xff\xff\xff\x7fWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00", "shut"},
	} {
		path := filepath.Join(sounds, "shut.wav")
		if c.hold != "" {
			o.must(os.WriteFile(path, []byte(strings.Trim(c.hold, "\x00")), 0o600))
		}
		bad := filepath.Join(t.TempDir(), "onhook.yaml")
		o.must(os.WriteFile(bad, []byte(strings.Replace(string(good), "ask: [open]", "ask: [open, shut]", 1)), 0o600))
		out, err := exec.Command(binary, "check", "-c", bad).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "menus[0].ask[1]") || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: check says %v\n%s", c.name, err, out)
		}
	}
	o.reload(strings.Replace(string(good), "ask: [open]", "ask: [open, shut]", 1), "configuration not changed")
	o.must(os.Remove(filepath.Join(sounds, "open.wav"))) // whoever calls hears it still
	a := o.dial("100", "700")
	o.must(a.WaitAnswered(o.ctx))
	o.hears(a, 640)
	o.ended(a)
	expected{"Call Ended", "End_In_IVR", "platform", "platform", "", 906, 200}.check(t, o.record())
}
