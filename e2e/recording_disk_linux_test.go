package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestRecordingOnAReadOnlyDisk: the disk of the recordings becomes read-only, as one does that has
// errors. A call is put through all the same and its record says what is missing; when
// the disk can be written again, the next call is recorded.
func TestRecordingOnAReadOnlyDisk(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "small")
	smallDisk(t, folder, "size=4m")
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("onhook", folder, "tmpfs", syscall.MS_REMOUNT|flags, "size=4m"); err != nil {
			t.Fatal(err)
		}
	}
	o := newRecordings(t, map[string]string{"100": "record: always"}, "", "recording: {announce: \"\", folder: \""+folder+"\"}\n")
	remount(syscall.MS_RDONLY)
	a, b := o.connect("100", "101")
	o.speak(a, b)
	o.hangsUp(a, b)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	if !slices.ContainsFunc(r.Notes, func(n string) bool {
		return strings.HasPrefix(n, "not recorded: ") && strings.Contains(n, syscall.EROFS.Error())
	}) {
		t.Errorf("notes %q, want that it was not recorded and why", r.Notes)
	}
	if _, err := os.Stat(filepath.Join(folder, r.ID+".wav")); err == nil {
		t.Error("there is a recording all the same")
	}
	remount(0)
	a, b = o.connect("100", "101")
	o.speak(a, b)
	o.tapedVoices(o.live(), 900, 700) // enough of both
	o.hangsUp(a, b)
	next := o.records(2)[1]
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, next)
	left, right := o.taped(next.ID)
	holdsVoices(t, left, right, 900, 700)
	o.options()
}
