package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onhook/capture"
	"onhook/sip"
)

// twoCalls is a capture: a busy call of a caller whose number is a formula, and
// an answered one that the callee ends.
func twoCalls(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := capture.NewWriter(&out, capture.Pcap)
	if err != nil {
		t.Fatal(err)
	}
	a, b := netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("192.0.2.2:5060")
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	message := func(toB bool, call, from, line, cseq, to string) {
		src, dst := b, a
		if toB {
			src, dst = a, b
		}
		f, o := "<sip:"+from+"@example.com>;tag=1"+call, "<sip:1002@example.com>"+to
		if strings.HasPrefix(line, "BYE") {
			f, o = o, f
		}
		text := line + "\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK" + call + strings.ReplaceAll(cseq, " ", "") + "\r\nFrom: " + f + "\r\nTo: " + o + "\r\nCall-ID: " + call + "\r\nCSeq: " + cseq + "\r\nContent-Length: 0\r\n\r\n"
		if err := w.Write(capture.Record{At: at, Transport: sip.UDP, Src: src, Dst: dst, Payload: []byte(text)}); err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Second)
	}
	message(true, "one", "=1+1", "INVITE sip:1002@h SIP/2.0", "1 INVITE", "")
	message(false, "one", "=1+1", "SIP/2.0 486 Busy Here", "1 INVITE", ";tag=2")
	message(true, "one", "=1+1", "ACK sip:1002@h SIP/2.0", "1 ACK", ";tag=2")
	message(true, "two", "4912", "INVITE sip:1002@h SIP/2.0", "1 INVITE", "")
	message(false, "two", "4912", "SIP/2.0 180 Ringing", "1 INVITE", ";tag=2")
	message(false, "two", "4912", "SIP/2.0 200 OK", "1 INVITE", ";tag=2")
	message(true, "two", "4912", "ACK sip:1002@h SIP/2.0", "1 ACK", ";tag=2")
	message(false, "two", "4912", "BYE sip:4912@h SIP/2.0", "1 BYE", ";tag=2")
	return out.Bytes()
}

// explained runs the command over the two calls.
func explained(t *testing.T, c explainCmd) (out, aside string, err error) {
	t.Helper()
	if c.Output == "" {
		c.Output = "table"
	}
	c.Progress, c.By = "never", "leg"
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	var o, e bytes.Buffer
	err = c.explain(bytes.NewReader(twoCalls(t)), -1, &o, &e)
	return o.String(), e.String(), err
}

func TestExplainTable(t *testing.T) {
	out, _, err := explained(t, explainCmd{})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out, "\n")
	if len(lines) < 4 || !strings.Contains(lines[0], "BYE REASON") || !strings.Contains(lines[1], "USER_BUSY") || !strings.Contains(lines[2], "NORMAL_CLEARING") || !strings.Contains(out, "2 calls; 8 packets, 8 SIP messages") {
		t.Error(out)
	}
}

func TestExplainFilters(t *testing.T) {
	for name, c := range map[string]explainCmd{
		"status":   {explainFilter: explainFilter{Status: []string{"busy"}}},
		"reason":   {explainFilter: explainFilter{Reason: []string{"USER_BUSY"}}},
		"code":     {explainFilter: explainFilter{Code: []int{486}}},
		"call-id":  {explainFilter: explainFilter{CallID: []string{"one"}}},
		"from":     {explainFilter: explainFilter{From: "=*", To: "1002"}},
		"ended by": {explainFilter: explainFilter{From: "=1+1", EndedBy: []string{"callee"}}},
	} {
		out, _, err := explained(t, c)
		if err != nil || !strings.Contains(out, "USER_BUSY") || strings.Contains(out, "NORMAL_CLEARING") || !strings.Contains(out, "2 calls, 1 shown") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestExplainJSON(t *testing.T) {
	out, aside, err := explained(t, explainCmd{Output: "json"})
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(out))
	for _, want := range []string{"USER_BUSY", "NORMAL_CLEARING"} {
		var r struct {
			Reason string `json:"bye_reason"`
			Source string `json:"source"`
		}
		if err := dec.Decode(&r); err != nil || r.Reason != want || r.Source != "pcap" {
			t.Errorf("%+v, %v: want %s", r, err, want)
		}
	}
	if dec.More() || !strings.Contains(aside, "2 calls") {
		t.Errorf("more than two calls, or no summary aside: %q", aside)
	}
}

// TestExplainCSVHoldsNoFormula: what a stranger wrote must not run in a spreadsheet.
func TestExplainCSVHoldsNoFormula(t *testing.T) {
	out, _, err := explained(t, explainCmd{Output: "csv"})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 3 || len(rows[0]) != len(explainColumns) {
		t.Fatalf("%v, %d rows", err, len(rows))
	}
	if from := rows[1][4]; from != "'=1+1" {
		t.Errorf("from is %q", from)
	}
}

func TestExplainStepsAndLadder(t *testing.T) {
	out, _, err := explained(t, explainCmd{Verbose: true, Ladder: "text", explainFilter: explainFilter{CallID: []string{"one"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"bye_reason is USER_BUSY: 486 Busy Here (packet 2", "rule 4", "INVITE 1002", "status is Busy"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out, aside, err := explained(t, explainCmd{Ladder: "mermaid", explainFilter: explainFilter{CallID: []string{"one"}}})
	if err != nil || !strings.HasPrefix(out, "sequenceDiagram") || !strings.Contains(aside, "2 calls") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestExplainExitCodes: 3 where a check fails, 2 where a word is wrong, 1 where the file is.
func TestExplainExitCodes(t *testing.T) {
	for name, x := range map[string]struct {
		c    explainCmd
		want int
	}{
		"all as expected":    {explainCmd{explainChecks: explainChecks{ExpectCode: 486}, explainFilter: explainFilter{CallID: []string{"one"}}}, 0},
		"one differs":        {explainCmd{explainChecks: explainChecks{ExpectReason: "USER_BUSY"}}, 3},
		"status differs":     {explainCmd{explainChecks: explainChecks{ExpectStatus: "Busy"}}, 3},
		"who differs":        {explainCmd{explainChecks: explainChecks{ExpectEndedBy: "caller"}}, 3},
		"none shown":         {explainCmd{explainChecks: explainChecks{ExpectStatus: "Busy"}, explainFilter: explainFilter{From: "nobody"}}, 3},
		"fail on a status":   {explainCmd{explainChecks: explainChecks{FailOn: []string{"busy"}}}, 3},
		"fail on a reason":   {explainCmd{explainChecks: explainChecks{FailOn: []string{"NORMAL_CLEARING"}}}, 3},
		"fail on what isn't": {explainCmd{explainChecks: explainChecks{FailOn: []string{"Declined"}}}, 0},
	} {
		_, _, err := explained(t, x.c)
		if got := exitOf(err); got != x.want {
			t.Errorf("%s: exit code %d (%v), want %d", name, got, err, x.want)
		}
	}
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte("no capture at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		c    explainCmd
		want int
		says string
	}{
		"no file":       {explainCmd{File: filepath.Join(dir, "none.pcap")}, 1, "none.pcap"},
		"a folder":      {explainCmd{File: dir}, 1, "is a folder"},
		"no capture":    {explainCmd{File: text}, 1, "neither pcap"},
		"a wrong word":  {explainCmd{explainFilter: explainFilter{Status: []string{"Bussy"}}}, 2, "Bussy"},
		"a wrong party": {explainCmd{explainChecks: explainChecks{ExpectEndedBy: "me"}}, 2, "me"},
	} {
		x.c.Output, x.c.Progress = "table", "never"
		err := x.c.Run()
		if got := exitOf(err); got != x.want || err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: exit code %d (%v), want %d and %q", name, got, err, x.want, x.says)
		}
	}
}

// exitOf is the exit code that main gives an error.
func exitOf(err error) int {
	var code interface{ ExitCode() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return code.ExitCode()
	}
	return exitFailed
}

// TestExplainACutFile: what was read before the cut is still said.
func TestExplainACutFile(t *testing.T) {
	whole := twoCalls(t)
	var o, e bytes.Buffer
	c := explainCmd{File: "cut.pcap", Output: "table", Progress: "never", By: "leg"}
	err := c.explain(bytes.NewReader(whole[:len(whole)-30]), -1, &o, &e)
	if err != nil || !strings.Contains(o.String(), "USER_BUSY") || !strings.Contains(o.String(), "the file ends at byte") {
		t.Errorf("%v\n%s", err, o.String())
	}
}
