package outcome

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestReferencePage holds docs/reasons.md against the table.
func TestReferencePage(t *testing.T) {
	name := filepath.Join("..", "docs", "reasons.md")
	if *update {
		if err := os.WriteFile(name, []byte(Reference()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != Reference() {
		t.Errorf("%s is not what the table says: run go test ./outcome -update", name)
	}
	for _, want := range []string{
		"| Unreachable | Nothing rang", "### Caller_Left_Voicemail", "| 404 | UNALLOCATED_NUMBER | UNALLOCATED_NUMBER | UNALLOCATED_NUMBER | 404 |",
		"| 480 | SUBSCRIBER_ABSENT | SUBSCRIBER_ABSENT | NO_ANSWER | 480 |", "| 503 | NORMAL_TEMPORARY_FAILURE | NORMAL_TEMPORARY_FAILURE | NORMAL_TEMPORARY_FAILURE | 500 |",
		"| 87 | INCOMING_CALL_BARRED |", "| [BEARERCAPABILITY_NOTAVAIL](#bearercapability_notavail) | 403 | 503 | 58 | 58 | Call Failed | Call Ended |",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(string(page), "\n### "); n != Reasons {
		t.Errorf("%d reasons on the page", n)
	}
}

// TestFind finds what a person may type.
func TestFind(t *testing.T) {
	for query, want := range map[string][]string{
		"user_busy":    {"USER_BUSY"},
		" 905 ":        {"Caller_Left_Voicemail"},
		"17":           {"USER_BUSY"},
		"486":          {"USER_BUSY"},
		"485":          {"UNALLOCATED_NUMBER"},
		"Not Answered": {"NO_ANSWER", "CALL_FORWARD"},
		"Busy":         {"USER_BUSY"},
		"INVALID_NUM":  {"INVALID_NUMBER_FORMAT"},
		"403": {
			"OUTGOING_CALL_BARRED", "INCOMING_CALL_BARRED", "BEARERCAPABILITY_NOTAUTH", "BEARERCAPABILITY_NOTAVAIL", "CALL_REJECTED", "FACILITY_NOT_SUBSCRIBED",
		},
		"":       nil,
		"nobody": nil,
		"99999":  nil,
	} {
		var got []string
		for _, e := range Find(query) {
			got = append(got, e.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
	if got := len(Entries()); got != 66 {
		t.Errorf("%d entries", got)
	}
}

// TestSummary: one or two plain sentences that say who and what proves it.
func TestSummary(t *testing.T) {
	for script, want := range map[string]string{
		"in phone / out 2 phone / < 2 486 / > 1 486": "Busy: the called party is busy: in another call, at its call limit, or not to be disturbed; the called side ended it. Proof: 486 Busy Here (event 5, leg 2); next: call again later, or set a forward for busy.",
		up + "< 1 BYE": "Call Ended: the two parties were connected for 3 s, and the caller hung up. Proof: BYE from the caller (event 15, leg 1); nothing to do.",
		"in phone / out 2 phone / < 2 180 / > 1 180 / wait 6s / < 1 CANCEL":                                "Cancelled: the caller gave up after 8 s of ringing, before the call was answered. Proof: CANCEL from the caller (event 7, leg 1); nothing is wrong with the server; the called side did not answer in that time.",
		"in phone / out 2 phone / < 2 100 / < 1 CANCEL":                                                    "Cancelled: the caller gave up after 4 s, before anything rang. Proof: CANCEL from the caller (event 6, leg 1); next: if that took long, see why nothing rang; else nothing to do.",
		"in phone / out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 487 / > 1 480": "Not Answered: the called party's phone rang for 5 s and nobody answered; the server ended it. Proof: the ring timer ran out (event 7, leg 2); next: call again later, or set a forward or a mailbox for no answer.",
		up + `< 2 BYE {Reason: Q.850;cause=38;text="Network out of order"}`:                                `Call Ended, after the parties were connected: the called side sent the BYE and gave a reason for it, NETWORK_OUT_OF_ORDER: the trunk, or the network behind it, cannot be reached or says that it is out of order; the network ended it. Proof: BYE from the other party with the Reason Q.850;cause=38;text="Network out of order" (event 15, leg 2); next: check the trunk's address and the network; add a second route.`,
		"in phone / out 2 trunk / < 2 503 {Reason: Q.850;cause=34} / > 1 503":                              "Unreachable: the far side says: no channel was free; the network ended it. Proof: 503 Service Unavailable with the Reason Q.850;cause=34 (event 5, leg 2); next: ask the operator of the side that answered, with the call's evidence.",
		"in phone / out 2 trunk / < 2 504 / > 1 504":                                                       "Call Failed: a server on the way waited in vain for the answer of the one behind it; the network ended it. Proof: 504 Server Time-out (event 5, leg 2); next: ask the operator of the side that answered: what stands behind it does not respond.",
		up + "! 1 Terminated_From_Server shutdown / > 1 BYE / > 2 BYE":                                     "Call Ended, after the parties were connected: the server ended the call because it was being stopped. Proof: the server's decision to end the call (event 15, leg 1); next: call again when the server is up.",
		up + `< 2 BYE {Reason: SIP;cause=408}`:                                                             `Call Ended, after the parties were connected: the called side sent the BYE and gave a reason for it, NO_ANSWER. Proof: BYE from the other party with the Reason SIP;cause=408 (event 15, leg 2); next: ask that side what it means by it; its network or its server may have ended the call.`,
		up + "timer 1 2xx / ! 1 RECOVERY_ON_TIMER_EXPIRE no_ack / > 1 BYE / > 2 BYE":                       "Call Ended, after the parties were connected: the 200 that answered the call was never confirmed by an ACK, so the call was ended; the network ended it. Proof: no ACK from the caller to the 2xx in 64*T1 (event 16, leg 1); next: see why the ACK does not come through: the Contact and Record-Route of the 200, NAT, a firewall.",
	} {
		if got := Fold(events(t, script), Meta{}).Summary; got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}

// TestEvidence: each decided field names its event and its rule.
func TestEvidence(t *testing.T) {
	r := Fold(events(t, up+"timer 1 2xx / ! 1 RECOVERY_ON_TIMER_EXPIRE no_ack / > 1 BYE"), Meta{})
	var got []string
	for _, e := range r.Evidence {
		got = append(got, e.Field+" "+digits(int(e.Message))+" "+e.Rule)
	}
	want := []string{"bye_reason 15 3.1", "bye_reason 16 3.1", "ended_by 16 1 ended_by 4", "status 16 1 status b", "last_response_code 11 1 code 2", "answered 12 1 answered", "stage 13 1 stage", "sip_final 11 1 sent"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	r = Fold(events(t, "in phone / out 2 phone / < 2 180 / < 2 480 / > 1 480"), Meta{})
	got = nil
	for _, e := range r.Evidence {
		got = append(got, e.Field+" "+digits(int(e.Message))+" "+e.Rule)
	}
	want = []string{"bye_reason 6 4", "ended_by 6 1 ended_by 3", "status 6 1 status c", "last_response_code 6 1 code 3", "stage 5 1 stage", "alerting 5 1 alerting", "sip_final 7 1 sent"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestDetailOrNote: a word refines the reason, a sentence is a note.
func TestDetailOrNote(t *testing.T) {
	for _, x := range []struct{ text, detail, note string }{
		{"dnd", "dnd", ""}, {"the SDP has no m= line", "", "the SDP has no m= line"}, {"déjà", "", "déjà"}, {"", "", ""},
	} {
		evs := events(t, "in phone / ! 1 USER_BUSY / > 1 486")
		evs[2].Text = x.text
		r := Fold(evs, Meta{})
		if r.Detail != x.detail || strings.Join(r.Notes, ";") != x.note {
			t.Errorf("%q: detail %q, notes %q", x.text, r.Detail, r.Notes)
		}
	}
}

// TestEvidenceOfAlertingIsTheLegs: another branch's 180 proves nothing.
func TestEvidenceOfAlertingIsTheLegs(t *testing.T) {
	r := Fold(events(t, "in phone / out 2 phone 1 / out 3 phone 1 / < 2 180 / < 3 180 / < 2 404 / < 3 480 / > 1 480"), Meta{})
	for _, e := range r.Evidence {
		if e.Field == "alerting" && e.Leg == 3 && e.Message == 8 {
			return
		}
	}
	t.Errorf("no alerting evidence of leg 3's 180, event 8: %+v", r.Evidence)
}
