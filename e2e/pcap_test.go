package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A shownMessage is one message as a program shows it.
type shownMessage struct{ at, from, to, callID, first string }

var callIDLine = regexp.MustCompile(`(?m)^Call-ID: (.*)\r$`)

// TestAPIGivesACallAsACaptureFile has a call downloaded by
// the API, and written by the command, and holds what tshark reads in each
// against the messages that the API tells.
func TestAPIGivesACallAsACaptureFile(t *testing.T) {
	t.Parallel()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("needs tshark")
	}
	o := newOffice(t, "")
	a, b := o.connect("100", "101")
	o.must(b.Hangup(o.ctx))
	o.ended(a)
	id := o.record().ID
	api := o.api()
	var told struct {
		Messages []struct {
			At             time.Time
			From, To, Text string
			Repeats        int
		}
	}
	api.get("/v1/calls/"+id+"/messages", &told)
	var want []shownMessage
	repeats := 0
	for _, m := range told.Messages {
		first, _, _ := strings.Cut(m.Text, "\r\n")
		want = append(want, shownMessage{fmt.Sprintf("%d.%06d", m.At.Unix(), m.At.Nanosecond()/1000), m.From, m.To, callIDLine.FindStringSubmatch(m.Text)[1], first})
		repeats += m.Repeats
	}
	if len(want) < 10 {
		t.Fatalf("%d messages", len(want))
	}
	dir := t.TempDir()
	for _, form := range []string{"pcap", "pcapng"} {
		resp := api.do(http.MethodGet, "/v1/calls/"+id+"/pcap?format="+form)
		name := filepath.Join(dir, "api."+form)
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(resp.Status, err, string(body))
		}
		o.must(os.WriteFile(name, body, 0o600))
		if got := resp.Header.Get("Content-Disposition"); got != fmt.Sprintf("attachment; filename=%q", id+"."+form) {
			t.Errorf("%s: %s", form, got)
		}
		sameMessages(t, form, tshark, name, want, repeats)
	}
	name := filepath.Join(dir, "command.pcapng")
	if out, err := exec.Command(binary, "calls", "show", id, "--pcap", name, "--data", filepath.Join(o.data, "store")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sameMessages(t, "calls show", tshark, name, want, repeats)
}

// sameMessages has tshark read a capture: it must show the messages in their order
// with their times, and of what was sent again each repetition.
func sameMessages(t *testing.T, what, tshark, file string, want []shownMessage, repeats int) {
	t.Helper()
	out, err := exec.Command(tshark, "-r", file, "-T", "fields", "-E", "separator=|", "-e", "frame.time_epoch", "-e", "ip.src", "-e", "udp.srcport",
		"-e", "ip.dst", "-e", "udp.dstport", "-e", "sip.Call-ID", "-e", "sip.Request-Line", "-e", "sip.Status-Line").Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	got := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(got) != len(want)+repeats {
		t.Errorf("%s: tshark shows %d messages, the API %d and %d repetitions", what, len(got), len(want), repeats)
	}
	var shown []shownMessage
	for _, line := range got {
		f := strings.Split(line, "|")
		if len(f) != 8 {
			t.Fatalf("%s: tshark shows %q", what, line)
		}
		sec, frac, _ := strings.Cut(f[0], ".")
		shown = append(shown, shownMessage{sec + "." + (frac + "000000")[:6], f[1] + ":" + f[2], f[3] + ":" + f[4], f[5], f[6] + f[7]})
	}
	for _, w := range want {
		if !slices.Contains(shown, w) {
			t.Errorf("%s: tshark does not show %+v, but\n%s", what, w, out)
		}
	}
}
