package outcome

import "onhook/call"

// outOfHours notes that a timetable was closed and led the call elsewhere than it
// would have gone. It decides nothing: what came of that decides.
func (s *scan) outOfHours(e *call.Event) {
	if s.ended() {
		return
	}
	why := ""
	switch e.Text {
	case "":
	case "switched":
		why = " (switched by hand)"
	default:
		why = " (" + e.Text + ")"
	}
	s.note("out of hours: " + e.Name + " is closed" + why)
}
