package e2e

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"onhook/phone"
)

// scanner is where sipvicious runs; a phone that is known is behind it, too.
const scanner = "127.0.0.1"

// vicious runs a program of sipvicious against the server and returns what it said.
func vicious(t *testing.T, srv *server, limit time.Duration, program string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is missing: apt-get install sipvicious", program)
	}
	host, port, err := net.SplitHostPort(srv.udp)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patient(limit))
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append(args, "-p", port, host)...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir()) // it keeps its sessions there
	out, _ := cmd.CombinedOutput()                      // its exit codes say nothing
	return string(out)
}

// TestSipvicious: what a scanner that everybody has finds out: that a SIP server is
// there, which extensions it has (none told from another), their passwords (none).
func TestSipvicious(t *testing.T) {
	t.Parallel()
	// svcrack falls over a challenge that is not MD5.
	srv := start(t, "auth: {md5_first: true}\n"+strings.Replace(users, "users:", "users:\n  - {name: \"103\", password: \"1234\"}", 1))
	srv.apart = true // the scanners' requests are no calls
	known := phoneAt(t, srv, scanner)
	other := phoneAt(t, srv, "127.0.0.66")
	again := func(after string) {
		t.Helper()
		for _, p := range []*phone.Phone{known, other} {
			ctx, cancel := context.WithTimeout(t.Context(), patient(20*time.Second))
			if err := p.Register(ctx); err != nil {
				t.Errorf("after %s the true phone at %v: %v", after, p, err)
			}
			cancel()
		}
	}
	again("nothing")

	said := vicious(t, srv, 60*time.Second, "svmap")
	if !strings.Contains(said, "127.0.0.1") {
		t.Errorf("svmap found nothing, so the rest shows nothing:\n%s", said)
	}
	again("svmap")

	// Of these 100, 101 and 103 exist.
	for _, method := range []string{"REGISTER", "INVITE", "OPTIONS"} {
		said = vicious(t, srv, 90*time.Second, "svwar", "-e100-119", "-m", method, "--force")
		told := regexp.MustCompile(`\|\s*(1\d\d)\s*\|`).FindAllStringSubmatch(said, -1)
		if len(told) != 0 && len(told) != 20 {
			t.Errorf("svwar -m %s tells %d of 20 extensions from the others:\n%s", method, len(told), said)
		}
		again("svwar -m " + method)
	}

	passwords := filepath.Join(t.TempDir(), "passwords")
	var list strings.Builder
	for i := range 400 {
		fmt.Fprintf(&list, "%04d\n", 1000+i) // 1234 is among them
	}
	if err := os.WriteFile(passwords, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	before := strings.Count(srv.log.String(), "wrong credentials")
	said = vicious(t, srv, 60*time.Second, "svcrack", "-u103", "-d", passwords)
	if strings.Contains(said, "1234") {
		t.Errorf("svcrack found the password:\n%s", said)
	}
	guesses := strings.Count(srv.log.String(), "wrong credentials") - before
	if guesses == 0 || guesses > 20 {
		t.Errorf("svcrack had %d guesses answered, want 1 to 20\n%s", guesses, said)
	}
	again("svcrack")

	// The block is seen and can be removed.
	blocks := func() string {
		t.Helper()
		out, err := exec.Command(binary, "blocks", "--data", filepath.Join(srv.data, "store")).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	if !strings.Contains(blocks(), scanner) {
		t.Errorf("the block is not listed:\n%s", blocks())
	}
	if out, err := exec.Command(binary, "blocks", "remove", scanner, "--data", filepath.Join(srv.data, "store")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if strings.Contains(blocks(), scanner) {
		t.Errorf("the block is still listed:\n%s", blocks())
	}
	if _, types := srv.api().missed("1-0", 2, "type=source.blocked,source.unblocked"); types[0] != "source.blocked" {
		t.Errorf("whoever follows the events is told %q", types)
	}
	srv.options()
}

// phoneAt is a phone of extension 100 at an address.
func phoneAt(t *testing.T, srv *server, at string) *phone.Phone {
	t.Helper()
	p, err := phone.New(phone.Options{
		User: "100", Password: "correct horse 100", Domain: "example.com", Server: srv.udp,
		Listen: netip.AddrPortFrom(netip.MustParseAddr(at), 0), T1: 100 * time.Millisecond, NoMedia: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}
