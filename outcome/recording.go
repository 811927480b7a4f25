package outcome

import (
	"strings"
	"time"

	"onhook/call"
)

// taped notes what became of the recording of a call. It decides nothing: a call goes on without its recording.
func (s *scan) taped(e *call.Event) {
	what, why, _ := strings.Cut(e.Text, ": ")
	switch what {
	case "started":
		s.note("recorded: " + e.By)
	case "refused":
		s.note("not recorded: " + why)
	case "incomplete":
		s.note("the recording is incomplete: " + why)
	case "ended":
		s.note("recording of " + (time.Duration(e.N) * time.Millisecond).Round(100*time.Millisecond).String())
	}
}
