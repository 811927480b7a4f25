package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"onhook/outcome"
)

var heardAt = regexp.MustCompile(`udp://127\.0\.0\.1:(\d+)`)

// TestKamailioMirrorsToListen: a Kamailio with the settings that listen prints is
// the proxy of a call that is answered and of one that is refused.
func TestKamailioMirrorsToListen(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("kamailio")
	modules, _ := filepath.Glob("/usr/lib/*/kamailio/modules")
	if err != nil || len(modules) == 0 {
		t.Skip("needs kamailio (Debian: kamailio-core)")
	}
	dir := t.TempDir()
	data := filepath.Join(dir, "store")
	said, calls := &lockedBuffer{}, &lockedBuffer{}
	listen := exec.Command(binary, "listen", "--hep", "udp://127.0.0.1:0", "--data", data, "--t1", "100ms", "-o", "json")
	listen.Stdout, listen.Stderr = calls, said
	if err := listen.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listen.Process.Kill() })
	eventually(t, 10*time.Second, func() bool { return heardAt.MatchString(said.String()) }, said.String)
	settings, err := exec.Command(binary, "listen", "--settings", "--hep", heardAt.FindString(said.String())).Output()
	if err != nil {
		t.Fatal(err)
	}
	proxy := startKamailio(t, program, modules[0], dir, settings)

	b := callee(t, uas().answer(180, "Ringing").answer(200, "OK").recvRequest("ACK").recvRequest("BYE").plain(200, "OK"))
	a := caller(t, proxy, uac().recv(200, 100, 180).ack().pause(300*time.Millisecond).bye().recv(200), b.number())
	a.wait()
	b.wait()
	c := callee(t, uas().answer(180, "Ringing").answer(486, "Busy Here").recvRequest("ACK"))
	a = caller(t, proxy, uac().recv(486, 100, 180).ackFailed(), c.number())
	a.wait()
	c.wait()

	seen := func() []outcome.Record { return decodeRecords(t.Errorf, []byte(calls.String())) }
	eventually(t, 30*time.Second, func() bool { return strings.Count(calls.String(), "\n") == 2 }, func() string { return "calls:\n" + calls.String() + said.String() })
	got := map[string]string{}
	for _, r := range seen() {
		got[r.ByeReason] = fmt.Sprintf("%s %d by %s, %s", r.Status, r.LastResponseCode, r.EndedBy, r.Source)
	}
	for reason, want := range map[string]string{"NORMAL_CLEARING": "Call Ended 200 by caller, hep", "USER_BUSY": "Busy 486 by callee, hep"} {
		if got[reason] != want {
			t.Errorf("%s: got %q, want %q", reason, got[reason], want)
		}
	}
	_ = listen.Process.Signal(os.Interrupt)
	if err := listen.Wait(); err != nil {
		t.Errorf("listen: %v\n%s", err, said)
	}
	if !regexp.MustCompile(`127\.0\.0\.1 id 101: (\d+) packets, (\d+) taken, 0 dropped`).MatchString(said.String()) {
		t.Errorf("no line for the sender:\n%s", said)
	}
	out, err := exec.Command(binary, "calls", "--data", data, "--json").Output()
	var stored []outcome.Record
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for err == nil && dec.More() {
		var r outcome.Record
		if err = dec.Decode(&r); err == nil {
			stored = append(stored, r)
		}
	}
	if err != nil || len(stored) != 2 {
		t.Errorf("%d calls are stored, want 2: %v\n%s", len(stored), err, out)
	}
}

// startKamailio runs a stateful proxy that sends 7 and a port to that port of 127.0.0.3.
func startKamailio(t *testing.T, program, modules, dir string, settings []byte) *server {
	t.Helper()
	ours, _, _ := strings.Cut(string(settings), "\n\n")
	port := freePort(t, "127.0.0.1")
	text := fmt.Sprintf(`debug=0
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:127.0.0.1:%d
mpath="%s/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "textops.so"
`, port, modules) + ours + `
request_route {
	if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
	if ($rU =~ "^7[0-9]+$") { $du = "sip:127.0.0.3:" + $(rU{s.substr,1,0}); }
	t_relay();
}
`
	file := filepath.Join(dir, "kamailio.cfg")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out lockedBuffer
	cmd := exec.Command(program, "-DD", "-E", "-f", file, "-Y", dir, "-P", filepath.Join(dir, "kamailio.pid"), "-m", "64", "-M", "8")
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		_ = cmd.Wait()
	})
	s := &server{t: t, udp: fmt.Sprintf("127.0.0.1:%d", port)}
	eventually(t, 15*time.Second, func() bool {
		c, err := net.ListenPacket("udp", s.udp)
		if err == nil {
			c.Close()
		}
		return err != nil
	}, out.String)
	return s
}
