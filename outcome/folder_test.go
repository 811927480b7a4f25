package outcome

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"onhook/call"
)

// TestFolderForgetsTheCallBefore reads calls of all kinds with one Folder: each
// gives what it gives alone.
func TestFolderForgetsTheCallBefore(t *testing.T) {
	scripts := []string{
		plainCall,
		"in phone / stage routing / > 1 100 / out 2 phone / < 2 100 / < 2 180 / stage ringing / > 1 180 / < 2 486 / > 2 ACK / ended 2",
		"in phone / stage routing / > 1 100 / out 2 phone / < 2 180 / stage ringing / > 1 180 / < 1 CANCEL",
	}
	var f Folder
	for range 2 {
		for _, script := range scripts {
			evs := events(t, script)
			meta := Meta{ID: "call_1", Trunk: script[:4]}
			if d := cmp.Diff(Fold(evs, meta), f.Fold(evs, &meta)); d != "" {
				t.Errorf("%s:\n%s", script, d)
			}
			if d := cmp.Diff(Verdict(evs, meta), f.Verdict(evs, &meta)); d != "" {
				t.Errorf("%s:\n%s", script, d)
			}
			for _, leg := range []call.LegID{1, 2} {
				if a, b := LegByeReason(evs, meta, leg), f.LegByeReason(evs, &meta, leg); a != b {
					t.Errorf("%s: BYE on leg %d: %q alone, %q by the Folder", script, leg, a, b)
				}
				if a, b := CancelReason(evs, meta, leg), f.CancelReason(evs, &meta, leg); a != b {
					t.Errorf("%s: CANCEL on leg %d: %q alone, %q by the Folder", script, leg, a, b)
				}
			}
		}
	}
}

func TestFolderLeavesTheRecordAlone(t *testing.T) {
	evs := events(t, plainCall)
	meta := Meta{ID: "call_1"}
	var f Folder
	rec := f.Fold(evs, &meta)
	f.Fold(events(t, "in trunk / stage routing / > 1 404"), &Meta{ID: "call_2"})
	if d := cmp.Diff(Fold(evs, meta), rec); d != "" {
		t.Error(d)
	}
}
