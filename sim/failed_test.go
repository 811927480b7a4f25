package sim

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"onhook/capture"
	"onhook/ladder"
	"onhook/sip"
)

var leave = flag.String("without", "", "faults that are left out, as a reduced failure says: loss,repeat,reorder,jitter,delay")

// A runner runs the world of a seed and returns what is wrong with it.
type runner func(seed uint64, without ...string) (*World, plan, []string)

// faultNames are the faults that can be left out, in the order in which that is tried.
var faultNames = []string{"jitter", "reorder", "repeat", "loss", "delay"}

// without leaves faults out.
func (f Faults) without(names []string) Faults {
	for _, n := range names {
		switch n {
		case "loss":
			f.Loss = 0
		case "repeat":
			f.Repeat = 0
		case "reorder":
			f.Reorder = 0
		case "jitter":
			f.Jitter = 0
		case "delay":
			f.Delay = 0
		}
	}
	return f
}

// reduce leaves out each fault without which the seed fails all the same.
func reduce(run runner, seed uint64, without []string) (still []string) {
	still = slices.Clone(without)
	for _, name := range faultNames {
		if slices.Contains(still, name) {
			continue
		}
		if _, _, bad := run(seed, append(slices.Clone(still), name)...); len(bad) > 0 {
			still = append(still, name)
		}
	}
	return still
}

// forSeeds runs so many seeds, or as many as -seeds says, from the first on; three that fail are enough.
func forSeeds(t *testing.T, n int, run runner) {
	t.Helper()
	if *seeds > 0 {
		n = *seeds
	}
	var without []string
	if *leave != "" {
		without = strings.Split(*leave, ",")
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	next, end, failed, worlds, calls := *first, *first+uint64(n), 0, 0, 0
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				mu.Lock()
				seed := next
				next++
				stop := seed >= end || failed >= 3
				mu.Unlock()
				if stop {
					return
				}
				w, p, bad := run(seed, without...)
				mu.Lock()
				worlds, calls = worlds+1, calls+len(w.Saved)
				if len(bad) > 0 {
					failed++
					reportSeed(t, t.Name(), run, seed, without, w, p, bad)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%d worlds, %d calls", worlds, calls)
}

// reportSeed reduces a seed of a test that failed, and leaves a capture and a ladder of it.
// Where goroutines take part, a seed decides all but which of those goes first that
// wake in the same instant: of one that does not fail again the first run is shown.
func reportSeed(t *testing.T, kind string, run runner, seed uint64, without []string, w *World, p plan, bad []string) {
	t.Helper()
	still := reduce(run, seed, without)
	if w2, p2, bad2 := run(seed, still...); len(bad2) > 0 {
		w, p, bad = w2, p2, bad2
	} else {
		still = without
	}
	again := fmt.Sprintf("go test ./sim -run '%s$' -seeds 1 -seed %d", kind, seed)
	if len(still) > 0 {
		again += " -without " + strings.Join(still, ",")
	}
	folder, err := keep(w, seed)
	if err != nil {
		t.Errorf("no capture is left: %v", err)
	}
	t.Errorf("seed %d (%s, %+v):\n  %s\nagain: %s\ncapture and ladder: %s\nwhen it is mended it stays, in kept_test.go\n%s", seed, p.name, p.faults, strings.Join(bad, "\n  "), again, folder, w.story())
}

// report tells of a run that is no seed's.
func report(t *testing.T, seed uint64, w *World, p plan, bad []string) {
	t.Helper()
	t.Errorf("%s, faults by seed %d, %+v:\n  %s\n%s", p.name, seed, p.faults, strings.Join(bad, "\n  "), w.story())
}

// keep writes what a run sent as a capture, and its calls as ladders, to a folder that stays.
func keep(w *World, seed uint64) (folder string, err error) {
	if folder, err = os.MkdirTemp("", fmt.Sprintf("onhook-sim-%d-", seed)); err != nil {
		return "", err
	}
	f, err := os.Create(filepath.Join(folder, "sim.pcapng"))
	if err != nil {
		return folder, err
	}
	defer f.Close()
	b := bufio.NewWriter(f)
	out, err := capture.NewWriter(b, capture.Pcapng)
	if err != nil {
		return folder, err
	}
	for _, s := range w.Net.Trace {
		if err := out.Write(capture.Record{At: s.At, Transport: sip.UDP, Src: s.From, Dst: s.To, Payload: s.Data}); err != nil {
			return folder, err
		}
	}
	if err := b.Flush(); err != nil {
		return folder, err
	}
	var text strings.Builder
	for _, s := range w.Saved {
		fmt.Fprintf(&text, "%s %s %s\n\n%s\n", s.Record.ID, s.Record.Status, s.Record.ByeReason, ladder.Layout(s.Events, ladder.Options{}).Text(ladder.TextOptions{Width: 100}))
	}
	return folder, os.WriteFile(filepath.Join(folder, "ladder.txt"), []byte(text.String()), 0o600)
}

// story is the run in lines: what was sent, and what the records rest on.
func (w *World) story() string {
	var b strings.Builder
	for _, s := range w.Net.Trace {
		line, _, _ := strings.Cut(string(s.Data), "\r\n")
		lost := ""
		if s.Lost {
			lost = "  (lost)"
		}
		fmt.Fprintf(&b, "%9.3f  %s > %s  %s%s\n", s.At.Sub(Epoch).Seconds(), s.From, s.To, line, lost)
	}
	for _, s := range w.Saved {
		fmt.Fprintf(&b, "record: %s %d %s by %s, final %d\n", s.Record.Status, s.Record.LastResponseCode, s.Record.ByeReason, s.Record.EndedBy, s.Record.SIPFinal)
		for _, e := range s.Events {
			line, _, _ := strings.Cut(e.Msg, "\r\n")
			fmt.Fprintf(&b, "  %2d %8.3f kind %d leg %d %s %s %s\n", e.Seq, e.At.Sub(Epoch).Seconds(), e.Kind, e.Leg, e.Name, e.Cause, line)
		}
	}
	return b.String()
}

// TestFailuresAreReducedAndLeaveTheirEvidence: of a run that fails because of loss
// alone the other faults are left out, and the capture has every message.
func TestFailuresAreReducedAndLeaveTheirEvidence(t *testing.T) {
	seed := uint64(1)
	for planOf(seed).faults.Loss == 0 || planOf(seed).faults.Repeat == 0 {
		seed++
	}
	run := func(seed uint64, without ...string) (*World, plan, []string) {
		w, p, bad := runSeed(seed, without...)
		if p.faults.Loss > 0 {
			bad = append(bad, "there is loss")
		}
		return w, p, bad
	}
	if got := strings.Join(reduce(run, seed, nil), ","); got != "jitter,reorder,repeat,delay" {
		t.Errorf("left out: %s", got)
	}
	w, _, _ := run(seed)
	folder, err := keep(w, seed)
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	pcap, err := os.ReadFile(filepath.Join(folder, "sim.pcapng"))
	if err != nil || strings.Count(string(pcap), "Call-ID:") < len(w.Net.Trace) {
		t.Errorf("%v: %d messages of %d", err, strings.Count(string(pcap), "Call-ID:"), len(w.Net.Trace))
	}
	text, err := os.ReadFile(filepath.Join(folder, "ladder.txt"))
	if err != nil || !strings.Contains(string(text), "INVITE") {
		t.Errorf("%v\n%s", err, text)
	}
}
