package outcome

import (
	"slices"
	"testing"
)

// TestAHookThatFailsIsANote: the record says that it did, and the fallback decides how the call ends.
func TestAHookThatFailsIsANote(t *testing.T) {
	r := Fold(queueEvents(t, "< 1 INVITE / app hook:crm failed:~HTTP~500 0 / stage routing / out 2 phone / < 2 200+sdp / > 1 200+sdp / < 1 ACK / bridge 2 / stage talking / < 1 BYE"), Meta{})
	if want := []string{"web hook crm failed: HTTP 500"}; r.ByeReason != "NORMAL_CLEARING" || !slices.Equal(r.Notes, want) {
		t.Errorf("%s, notes %q, want %q", r.ByeReason, r.Notes, want)
	}
	other := Fold(queueEvents(t, "< 1 INVITE / app menu:crm failed:~x 0 / stage routing / out 2 phone / < 2 200+sdp / > 1 200+sdp / < 1 ACK / bridge 2 / stage talking / < 1 BYE"), Meta{})
	if len(other.Notes) > 0 {
		t.Errorf("a menu is no hook: notes %q", other.Notes)
	}
}
