package main

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// A fakeLog takes lines while it is let, and has them for the test.
type fakeLog struct {
	mu   sync.Mutex
	full bool
	got  strings.Builder
	hold chan struct{} // a write waits until it is closed; nil: it does not
}

func (f *fakeLog) Write(p []byte) (int, error) {
	if f.hold != nil {
		<-f.hold
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.full {
		return 0, errors.New("no space left on device")
	}
	return f.got.Write(p)
}

func (f *fakeLog) set(full bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full = full
}

func TestScenario44_WhoLogsNeverWaitsForALogThatIsStuck(t *testing.T) {
	f := &fakeLog{hold: make(chan struct{})}
	w := newLogWriter(f, slog.NewTextHandler(f, nil))
	const n = 2 * waitingLines
	for i := range n { // comes to an end though nothing is written
		fmt.Fprintf(w, "line %d\n", i)
	}
	lost := w.lost()
	if lost < n-waitingLines-1 || lost >= n {
		t.Errorf("%d of %d lines are lost, with room for %d", lost, n, waitingLines)
	}
	close(f.hold)
	w.close()
	if got := strings.Count("\n"+f.got.String(), "\nline "); got != n-int(lost) {
		t.Errorf("%d lines are written, want %d", got, n-int(lost))
	}
	told := uint64(0) // at once, or some while others were still being lost
	for rest := range strings.SplitSeq(f.got.String(), "msg=\"log lines lost\" lines=") {
		n := uint64(0)
		if _, err := fmt.Sscanf(rest, "%d\n", &n); err == nil {
			told += n
		}
	}
	if told != lost {
		t.Errorf("the log tells of %d missing lines, want %d: %.300s", told, lost, f.got.String())
	}
}

func TestScenario44_AFullLogTakesLinesAgainAndSaysWhatIsMissing(t *testing.T) {
	f := &fakeLog{}
	f.set(true)
	w := newLogWriter(f, slog.NewTextHandler(f, nil))
	for i := range 10 {
		fmt.Fprintf(w, "lost %d\n", i)
	}
	for w.lost() < 10 { // counted by the writer's goroutine
		runtime.Gosched()
	}
	f.set(false)
	fmt.Fprintln(w, "kept")
	w.close()
	if got := f.got.String(); !strings.Contains(got, "lines=10\nkept\n") || strings.Contains(got, "lost 1") {
		t.Errorf("got %q", got)
	}
}
