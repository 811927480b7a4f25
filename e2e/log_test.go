package e2e

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onhook/api"
)

// TestScenario44_AFullLogCostsNoCall: the log goes to a disk that is full, or to a
// pipe that nobody reads; calls are put through and have their records.
func TestScenario44_AFullLogCostsNoCall(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full")
	}
	t.Cleanup(func() { _ = full.Close() })
	read, stuck, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = read.Close(), stuck.Close() })
	for name, log := range map[string]*os.File{"full": full, "stuck": stuck} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// T1 is a tenth of a second: a server that is behind by 64*T1 must not end calls for want of an ACK that has come.
			conf := fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`) + "log: {level: debug}\n"
			srv := startConfig(t, conf)
			srv.stop()
			srv.stderr = log
			srv.run()
			b := callee(t, answered(), "-m", "300")
			a := caller(t, srv, talk().bye().recv(200), b.number(), "-m", "300", "-r", "60")
			a.wait()
			eventually(t, 10*time.Second, func() bool { return metric(t, srv, "onhook_records_total") == "300" },
				func() string { return metric(t, srv, "onhook_records_total") + " records, want 300" })
			if name == "stuck" {
				// A pipe of which nothing is read holds 64 KiB; more than that was logged, or this shows nothing.
				if n, err := stuckBytes(read); err != nil || n < 60<<10 {
					t.Errorf("the pipe holds %d bytes, %v", n, err)
				}
			} else if lost := metric(t, srv, "onhook_log_lines_lost_total"); lost == "" || lost == "0" {
				t.Errorf("%q lines are lost", lost)
			}
			srv.options()
		})
	}
}

// stuckBytes reads what waits in a pipe; there is something.
func stuckBytes(f *os.File) (int, error) {
	return f.Read(make([]byte, 1<<20))
}

// metric is one line of the server's metrics.
func metric(t *testing.T, srv *server, name string) string {
	t.Helper()
	resp, err := api.Client(filepath.Join(srv.data, "store")).Get("http://onhook/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(out)) {
		if v, ok := strings.CutPrefix(l, name+" "); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
