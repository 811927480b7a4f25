package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

// A rest is what a server holds while it does nothing.
type rest struct{ goroutines, descriptors int }

func (r rest) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors", r.goroutines, r.descriptors)
}

// resting counts what the server holds now; to ask costs it a few of both.
func (s *server) resting() rest {
	s.t.Helper()
	n, err := strconv.Atoi(metric(s.t, s, "go_goroutines"))
	if err != nil {
		s.t.Fatal(err)
	}
	return rest{n, s.descriptors()}
}

// restsAs waits until the server holds no more than before, but for what asking costs.
func (s *server) restsAs(before rest) {
	s.t.Helper()
	var now rest
	eventually(s.t, 60*time.Second, func() bool {
		now = s.resting()
		return now.goroutines <= before.goroutines+10 && now.descriptors <= before.descriptors+5
	}, func() string { return fmt.Sprintf("%v, before: %v", now, before) })
}

// maxLogLine bounds what one line of the log may be, in bytes.
const maxLogLine = 2000

// logIsSane checks that no line of the log is long or acts on a terminal.
func logIsSane(t *testing.T, log string) {
	t.Helper()
	for l := range strings.Lines(log) {
		l = strings.TrimSuffix(l, "\n")
		if len(l) > maxLogLine || strings.ContainsFunc(l, func(r rune) bool { return unicode.IsControl(r) || r == '\u202e' || r == unicode.ReplacementChar }) {
			t.Errorf("a line of %d bytes: %.300q", len(l), l)
		}
	}
}
