package main

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"onhook/phone"
)

// runPhone runs `onhook phone` with these words and returns its exit code.
func runPhone(t *testing.T, words ...string) int {
	t.Helper()
	var c struct {
		Phone PhoneCmd `cmd:""`
	}
	parser, err := kong.New(&c, kong.Name("onhook"))
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := parser.Parse(append([]string{"phone", "--t1=50ms"}, words...))
	if err != nil {
		return 2
	}
	if err = chosen.Run(); err == nil {
		return 0
	}
	t.Log(err)
	var code interface{ ExitCode() int }
	if errors.As(err, &code) {
		return code.ExitCode()
	}
	return 1
}

func TestPhoneExitCodes(t *testing.T) {
	p, err := phone.New(phone.Options{User: "bob", Listen: netip.MustParseAddrPort("127.0.0.1:0"), T1: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for {
			c, err := p.WaitIncoming(ctx)
			if err != nil {
				return
			}
			if c.Info().Peer == "sip:ok@127.0.0.1" {
				_ = c.Answer(ctx)
			} else {
				_ = c.Reject(ctx, 486, "", "Q.850;cause=17")
			}
		}
	}()
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("call bob\nwait ended\nexpect code 486\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := "--server=" + p.Addr().String()
	for _, c := range []struct {
		want  int
		words []string
	}{
		{0, []string{server, "--user=ok", "call", "bob", "--hangup-after", "--expect-code=200", "--expect-by=us"}},
		{0, []string{server, "call", "bob", "--expect-code=486", "--expect-reason=cause=17", "--expect-by=peer"}},
		{3, []string{server, "call", "bob", "--expect-code=603"}},
		{1, []string{server, "call", "bob"}},
		{1, []string{server, "--user=ok", "call", "bob", "--play=no-such-file.wav"}},
		{2, []string{server, "call"}},
		{2, []string{server, "--codec=opus", "call", "bob"}},
		{2, []string{server, "call", "bob", "--header=none"}},
		{2, []string{"call", "bob"}},
		{0, []string{server, "script", script}},
		{2, []string{server, "script", script + ".not"}},
		{0, []string{"script", "--commands"}},
	} {
		if got := runPhone(t, c.words...); got != c.want {
			t.Errorf("onhook phone %v ends with %d, want %d", c.words, got, c.want)
		}
	}
}
