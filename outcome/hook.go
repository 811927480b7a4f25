package outcome

import (
	"strings"

	"onhook/call"
)

// hookFailed notes that a web hook could not say what was to become of the caller:
// "failed: no answer in time". Where the caller went then is told by what follows.
func (s *scan) hookFailed(e *call.Event) {
	hook, of := strings.CutPrefix(e.Name, "hook:")
	why, failed := strings.CutPrefix(e.Text, "failed: ")
	if of && failed && !s.ended() {
		s.note("web hook " + hook + " failed: " + why)
	}
}
