package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestOurOwnMirrorTellsTheSame: the server sends its messages by HEP, and listen
// says of each call what the server recorded.
func TestOurOwnMirrorTellsTheSame(t *testing.T) {
	t.Parallel()
	said, calls := &lockedBuffer{}, &lockedBuffer{}
	listen := exec.Command(binary, "listen", "--hep", "udp://127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "store"), "--t1", "100ms", "-o", "json")
	listen.Stdout, listen.Stderr = calls, said
	if err := listen.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listen.Process.Kill() })
	eventually(t, 10*time.Second, func() bool { return heardAt.MatchString(said.String()) }, said.String)
	srv := start(t, "hep: {send: \""+heardAt.FindString(said.String())+"\", id: 9}\n")
	for _, c := range []struct{ callee, caller *scenario }{
		{answered(), talk().pause(300 * time.Millisecond).bye().recv(200)},
		{uas().answer(180, "Ringing").answer(486, "Busy Here").recvRequest("ACK"), uac().recv(486, 100, 180).ackFailed()},
		{uas().answer(180, "Ringing").recvRequest("CANCEL").plain(200, "OK"), uac().recv(180, 100).cancel().recv(200).recv(487).ackFailed()},
		{uas().respond(503, "No", "", "Reason: Q.850;cause=34").recvRequest("ACK"), uac().recv(500, 100).ackFailed()},
	} {
		b := callee(t, c.callee)
		caller(t, srv, c.caller, b.number()).wait()
	}
	recorded := srv.records(4)
	_ = listen.Process.Signal(os.Interrupt) // calls that wait for their timers are told as they stand
	if err := listen.Wait(); err != nil {
		t.Fatalf("listen: %v\n%s", err, said)
	}
	seen := make(explained)
	for _, r := range decodeRecords(t.Errorf, []byte(calls.String())) {
		if r.Source != "hep" {
			t.Errorf("source %q", r.Source)
		}
		seen.keep(&r)
	}
	for i := range recorded {
		seen.compare(t.Errorf, &recorded[i])
	}
}
