package outcome

import (
	"slices"
	"strings"
	"testing"

	"onhook/call"
)

// queueEvents is a script whose app events have spaces for ~.
func queueEvents(t *testing.T, text string) []call.Event {
	t.Helper()
	list := events(t, text)
	for i := range list {
		if list[i].Kind == call.EvApp {
			list[i].Text = strings.ReplaceAll(list[i].Text, "~", " ")
		}
	}
	return list
}

// TestThePlacesInAQueueAreNotes: where the caller came to, and where it gave up.
func TestThePlacesInAQueueAreNotes(t *testing.T) {
	left := Fold(queueEvents(t, queued+"app queue:desk place~4 0 / < 1 BYE / app queue:desk place~2 0"), Meta{Queue: "desk"})
	want := []string{"came to queue desk at place 4", "left queue desk at place 2"}
	if left.ByeReason != "Ended_In_Call_System" || !slices.Equal(left.Notes, want) {
		t.Errorf("%s, notes %q, want %q", left.ByeReason, left.Notes, want)
	}
	answered := Fold(queueEvents(t, queued+"app queue:desk place~4 0 / out 2 phone / < 2 200+sdp / bridge 2 / stage talking / < 1 BYE"), Meta{})
	if !slices.Equal(answered.Notes, want[:1]) {
		t.Errorf("notes of an answered call: %q", answered.Notes)
	}
}
