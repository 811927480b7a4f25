package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onhook/media"
)

// A baresip is one phone that plays a tone and keeps what it hears.
type baresip struct {
	t   *testing.T
	dir string
	cmd *exec.Cmd
	out *lockedBuffer
}

// runBaresip starts a phone of a user that registers with the server; it
// answers by itself. dial, if not empty, is called when it is ready; account is what its account says besides.
func runBaresip(t *testing.T, srv *server, user, password string, freq float64, dial string, account ...string) *baresip {
	t.Helper()
	if _, err := exec.LookPath("baresip"); err != nil {
		t.Skip("needs baresip (Debian: baresip-core)")
	}
	p := &baresip{t: t, dir: t.TempDir(), out: &lockedBuffer{}}
	tone := filepath.Join(p.dir, "tone.wav")
	var wav bytes.Buffer
	if err := media.WriteWAV(&wav, media.Audio{Channels: 1, Samples: media.Tone(8000*30, 16000, freq)}, media.WAVPCM); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tone, wav.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	p.write("config", fmt.Sprintf(`sip_listen 127.0.0.1:%d
audio_player aubridge,%s
audio_source aufile,%s
audio_alert aubridge,alert%s
ausrc_srate 8000
auplay_srate 8000
module_path /usr/lib/baresip/modules
module g711.so
module aubridge.so
module aufile.so
module sndfile.so
module srtp.so
snd_path %s
module_tmp uuid.so
module_tmp account.so
module_app menu.so
`, freePort(t, "127.0.0.1"), user, tone, user, p.dir))
	p.write("accounts", fmt.Sprintf("<sip:%s@example.com>;auth_pass=%s;outbound=\"sip:%s\";regint=60;answermode=auto;audio_codecs=PCMA%s\n", user, password, srv.udp, strings.Join(account, "")))
	p.write("contacts", "")
	ctx, cancel := context.WithTimeout(context.Background(), patient(time.Minute))
	t.Cleanup(cancel)
	args := []string{"-f", p.dir, "-n", "127.0.0.1"}
	if dial != "" {
		args = append(args, "-e", "/dial "+dial)
	}
	p.cmd = exec.CommandContext(ctx, "baresip", args...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	return p
}

func (p *baresip) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// says waits until the phone has printed a text.
func (p *baresip) says(text string) {
	p.t.Helper()
	eventually(p.t, 20*time.Second, func() bool { return strings.Contains(p.out.String(), text) },
		func() string { return "baresip never said " + text + ":\n" + p.out.String() })
}

// quit ends the phone as its user would: calls are hung up.
func (p *baresip) quit() {
	p.t.Helper()
	_ = p.cmd.Process.Signal(os.Interrupt)
	_ = p.cmd.Wait()
}

// heard checks that a tone is in what the phone decoded.
func (p *baresip) heard(freq float64) {
	p.t.Helper()
	files, _ := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
	if len(files) != 1 {
		p.t.Fatalf("want one recording, got %v\n%s", files, p.out)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		p.t.Fatal(err)
	}
	sound, err := media.ReadWAV(bytes.NewReader(b), 8000*120)
	if err != nil {
		p.t.Fatal(err)
	}
	pcm := sound.Mono()
	if len(pcm) < 8000 {
		p.t.Fatalf("want at least a second of audio, got %d samples", len(pcm))
	}
	middle := pcm[len(pcm)/2 : len(pcm)/2+4000]
	if share := media.Goertzel(middle, freq); share < 0.8 {
		p.t.Errorf("want a tone of %.0f Hz, got a share of %.2f", freq, share)
	}
}

// users are two extensions.
const users = `
users:
  - {name: "100", password: "correct horse 100"}
  - {name: "101", password: "correct horse 101"}
`

func TestTwoBaresipPhonesHearEachOther(t *testing.T) {
	t.Parallel()
	srv := start(t, strings.ReplaceAll(users, "correct horse ", "secret-horse-"))
	b := runBaresip(t, srv, "101", "secret-horse-101", 880, "")
	b.says("200 OK")
	a := runBaresip(t, srv, "100", "secret-horse-100", 440, "sip:101@example.com")
	a.says("Call established")
	b.says("Call established")
	wait := time.NewTimer(3 * time.Second)
	<-wait.C // the length of the conversation, not a wait for something to happen
	a.quit()
	b.says("terminated")
	b.quit()
	a.heard(880)
	b.heard(440)
	expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, srv.record())
}
