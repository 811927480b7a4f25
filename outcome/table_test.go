package outcome

import (
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestTableIsReasonsCSV holds the table in code against the file that the
// rules come with, column by column.
func TestTableIsReasonsCSV(t *testing.T) {
	f, err := os.Open("testdata/reasons.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"reason", "scope", "code", "wire_code", "q850_in", "q850_out", "status_unanswered", "status_answered", "ended_by", "trigger", "how_to_produce_in_a_test"}
	if !slices.Equal(rows[0], want) {
		t.Fatalf("columns are %v, want %v", rows[0], want)
	}
	if len(rows) != Reasons+1 || Reasons != 66 {
		t.Fatalf("%d rows, %d reasons in code, want 66", len(rows)-1, Reasons)
	}
	for _, row := range rows[1:] {
		r, ok := ParseReason(row[0])
		if !ok {
			t.Errorf("%s: not in the table", row[0])
			continue
		}
		x := &table[r]
		var in, by []string
		for _, c := range x.in {
			in = append(in, strconv.Itoa(int(c)))
		}
		for _, b := range x.by {
			by = append(by, b.String())
		}
		got := []string{
			r.String(), r.Scope().String(), blankZero(r.Code()), blankZero(r.WireCode()), strings.Join(in, " "), blankZero(r.Q850()),
			naStatus(x.unanswered), naStatus(x.answered), strings.Join(by, "|"), r.Words().Trigger, r.Words().Produce,
		}
		if !slices.Equal(got, row) {
			t.Errorf("%s:\n got %q\nwant %q", row[0], got, row)
		}
		if w := r.Words(); w.Definition == "" || w.Remedy == "" || x.text == "" {
			t.Errorf("%s: definition, remedy or header text is empty", row[0])
		}
	}
}

func blankZero(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func naStatus(s Status) string {
	if s == noStatus {
		return "n/a"
	}
	return s.String()
}

// TestReasonOfCause holds the lookup of received causes against a list written
// from Q.850 and the rules, not from the table.
func TestReasonOfCause(t *testing.T) {
	for cause, want := range map[int]string{
		1: "UNALLOCATED_NUMBER", 3: "NO_ROUTE_DESTINATION", 16: "NORMAL_CLEARING", 17: "USER_BUSY", 18: "NO_USER_RESPONSE", 19: "NO_ANSWER",
		20: "SUBSCRIBER_ABSENT", 21: "CALL_REJECTED", 34: "NORMAL_CIRCUIT_CONGESTION", 46: "NORMAL_CIRCUIT_CONGESTION", 8: "NORMAL_CIRCUIT_CONGESTION",
		52: "OUTGOING_CALL_BARRED", 53: "OUTGOING_CALL_BARRED", 54: "INCOMING_CALL_BARRED", 87: "INCOMING_CALL_BARRED", 70: "BEARERCAPABILITY_NOTIMPL", 127: "INTERWORKING",
	} {
		if r, ok := ReasonOfCause(cause); !ok || r.String() != want {
			t.Errorf("cause %d: %v, want %s", cause, r, want)
		}
	}
	for _, cause := range []int{-1, 0, 4, 31, 49, 126, 128, 1 << 20} {
		if r, ok := ReasonOfCause(cause); ok {
			t.Errorf("cause %d: %v, want none", cause, r)
		}
	}
}

// TestLookups finds reasons by name in any case and by number.
func TestLookups(t *testing.T) {
	if r, ok := ParseReason("abandoned_ivr_menu"); !ok || r != AbandonedIVRMenu {
		t.Errorf("abandoned_ivr_menu: %v %v", r, ok)
	}
	if _, ok := ParseReason("nothing"); ok {
		t.Error("a name that is no reason was found")
	}
	if got := ReasonsOfCode(905); !slices.Equal(got, []Reason{CallerLeftVoicemail}) {
		t.Errorf("905: %v", got)
	}
	if got := ReasonsOfCode(486); !slices.Equal(got, []Reason{UserBusy}) {
		t.Errorf("486: %v", got)
	}
	if s, ok := ParseStatus("not answered"); !ok || s != NotAnswered {
		t.Errorf("not answered: %v %v", s, ok)
	}
}
