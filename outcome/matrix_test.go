package outcome

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// A spec is what the rules' text says of reasons and codes, for the matrix
// test alone: nothing in it comes from the code under test. The columns are
// read from reasons.csv; section 4 is written out below.
type spec struct {
	byCause map[int]string      // q850_in
	rows    map[string][]string // reason -> row of reasons.csv
}

// The columns of reasons.csv that the matrix asks for.
const (
	colWire, colIn, colOut, colUnanswered, colBy = 3, 4, 5, 6, 8
)

func readSpec(t *testing.T) *spec {
	t.Helper()
	f, err := os.Open("testdata/reasons.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s := &spec{byCause: map[int]string{}, rows: map[string][]string{}}
	for _, row := range rows[1:] {
		s.rows[row[0]] = row
		for _, text := range strings.Fields(row[colIn]) {
			cause, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			s.byCause[cause] = row[0]
		}
	}
	return s
}

func (s *spec) number(reason string, column int) int {
	n, _ := strconv.Atoi(s.rows[reason][column])
	return n
}

// section4 is the table of section 4 for the codes of the matrix: the reason
// from a phone that did not alert, a trunk that did not, a phone that did, a
// trunk that did.
var section4 = map[int][4]string{
	403: {"CALL_REJECTED", "OUTGOING_CALL_BARRED", "CALL_REJECTED", "OUTGOING_CALL_BARRED"},
	404: {"UNALLOCATED_NUMBER", "UNALLOCATED_NUMBER", "UNALLOCATED_NUMBER", "UNALLOCATED_NUMBER"},
	408: {"NO_USER_RESPONSE", "NO_USER_RESPONSE", "NO_ANSWER", "NO_ANSWER"},
	410: {"NUMBER_CHANGED", "NUMBER_CHANGED", "NUMBER_CHANGED", "NUMBER_CHANGED"},
	480: {"SUBSCRIBER_ABSENT", "SUBSCRIBER_ABSENT", "NO_ANSWER", "NO_ANSWER"},
	484: {"INVALID_NUMBER_FORMAT", "INVALID_NUMBER_FORMAT", "INVALID_NUMBER_FORMAT", "INVALID_NUMBER_FORMAT"},
	486: {"USER_BUSY", "USER_BUSY", "USER_BUSY", "USER_BUSY"},
	487: {"INTERWORKING", "INTERWORKING", "NO_ANSWER", "NO_ANSWER"},
	488: {"INCOMPATIBLE_DESTINATION", "INCOMPATIBLE_DESTINATION", "INCOMPATIBLE_DESTINATION", "INCOMPATIBLE_DESTINATION"},
	500: {"NORMAL_TEMPORARY_FAILURE", "NORMAL_TEMPORARY_FAILURE", "NORMAL_TEMPORARY_FAILURE", "NORMAL_TEMPORARY_FAILURE"},
	502: {"DESTINATION_OUT_OF_ORDER", "NETWORK_OUT_OF_ORDER", "DESTINATION_OUT_OF_ORDER", "NETWORK_OUT_OF_ORDER"},
	503: {"NORMAL_TEMPORARY_FAILURE", "NORMAL_TEMPORARY_FAILURE", "NORMAL_TEMPORARY_FAILURE", "NORMAL_TEMPORARY_FAILURE"},
	504: {"RECOVERY_ON_TIMER_EXPIRE", "RECOVERY_ON_TIMER_EXPIRE", "RECOVERY_ON_TIMER_EXPIRE", "RECOVERY_ON_TIMER_EXPIRE"},
	600: {"USER_BUSY", "USER_BUSY", "USER_BUSY", "USER_BUSY"},
	603: {"CALL_REJECTED", "CALL_REJECTED", "CALL_REJECTED", "CALL_REJECTED"},
	604: {"UNALLOCATED_NUMBER", "UNALLOCATED_NUMBER", "UNALLOCATED_NUMBER", "UNALLOCATED_NUMBER"},
	606: {"INCOMPATIBLE_DESTINATION", "INCOMPATIBLE_DESTINATION", "INCOMPATIBLE_DESTINATION", "INCOMPATIBLE_DESTINATION"},
	607: {"CALL_REJECTED", "CALL_REJECTED", "CALL_REJECTED", "CALL_REJECTED"},
}

// genericCodes: "Generic codes: 400, 403, 480, unprompted 487, 488, 500, 502, 503, 504, 606".
var genericCodes = map[int]bool{400: true, 403: true, 480: true, 487: true, 488: true, 500: true, 502: true, 503: true, 504: true, 606: true}

// A matrixCell is what the rules say of one final response.
type matrixCell struct {
	status, reason, by, stage, confidence string
	shown, sent, cause                    int
}

// cell reads sections 1, 4 and 5 for a final response; cause -1: no Reason.
func (s *spec) cell(code, cause int, alerted, trunk bool) matrixCell {
	// "cause 19 itself is alerting evidence"
	alerted = alerted || cause == 19
	column := 0
	if alerted {
		column = 2
	}
	if trunk {
		column++
	}
	bare := section4[code][column]
	status := func(reason string) string { return s.rows[reason][colUnanswered] }
	reason, conflict, carried := bare, false, 0
	// "Q.850 is taken in 1..127 only"; "Causes 16 and 31 never override, and are no conflict".
	if cause >= 1 && cause <= 127 && cause != 16 && cause != 31 {
		said := s.byCause[cause]
		carried = cause
		// "cause 18 or 20 on a leg that alerted is read as 19 (noted as a conflict)"
		if (cause == 18 || cause == 20) && alerted {
			said, carried, conflict = s.byCause[19], 19, true
		}
		// "Generic: the Q.850 reason is used. Specific: it is used only if it gives the
		// same status as the bare code, else the code wins and the conflict is noted."
		if genericCodes[code] || status(said) == status(bare) {
			reason = said
		} else {
			conflict, carried = true, 0
		}
	}
	x := matrixCell{status: status(reason), reason: reason, stage: "routing", confidence: "certain", shown: code, sent: code, cause: carried}
	if alerted {
		x.stage = "ringing"
	}
	// "likely: a Reason was not used because it conflicts; unprompted 487"
	if conflict || code == 487 {
		x.confidence = "likely"
	}
	// "the first value of ended_by in reasons.csv, where platform reads as network"
	if x.by, _, _ = strings.Cut(s.rows[reason][colBy], "|"); x.by == "platform" {
		x.by = "network"
	}
	// "that code, except 503 -> 500, an unprompted 487 -> wire_code of the reason"
	switch code {
	case 503:
		x.sent = 500
	case 487:
		x.sent = s.number(reason, colWire)
	}
	// "the received value if it decided, else ours"
	if x.cause == 0 {
		x.cause = s.number(reason, colOut)
	}
	return x
}

// TestMatrix_CodeTimesCause holds every final code of the list with every
// cause, alerted or not, from a phone and a trunk, against the rules' text.
func TestMatrix_CodeTimesCause(t *testing.T) {
	s := readSpec(t)
	codes := []int{403, 404, 408, 410, 480, 484, 486, 487, 488, 500, 502, 503, 504, 600, 603, 604, 606, 607}
	causes := []int{-1, 1, 3, 16, 17, 18, 19, 20, 21, 27, 28, 31, 34, 38, 41, 42, 47, 88, 102, 127, 0, 200}
	n := 0
	for _, code := range codes {
		for _, cause := range causes {
			for _, alerted := range []bool{false, true} {
				for _, trunk := range []bool{false, true} {
					n++
					matrixCheck(t, code, cause, alerted, trunk, s.cell(code, cause, alerted, trunk))
				}
			}
		}
	}
	if n != 18*22*4 {
		t.Errorf("%d cells", n)
	}
}

func matrixCheck(t *testing.T, code, cause int, alerted, trunk bool, want matrixCell) {
	t.Helper()
	peer, ring, header := "phone", "", ""
	if trunk {
		peer = "trunk"
	}
	if alerted {
		ring = "< 2 180 / "
	}
	if cause >= 0 {
		header = fmt.Sprintf(" {Reason: Q.850;cause=%d}", cause)
	}
	script := fmt.Sprintf("in phone / out 2 %s / %s< 2 %d%s", peer, ring, code, header)
	a := Verdict(events(t, script), Meta{})
	r := Fold(events(t, fmt.Sprintf("%s / > 1 %d", script, a.Code)), Meta{})
	got := matrixCell{
		status: r.Status, reason: r.ByeReason, by: r.EndedBy, stage: r.Stage, confidence: r.Confidence,
		shown: r.LastResponseCode, sent: a.Code, cause: headerCause(a.Reason),
	}
	if got != want {
		t.Errorf("%s:\n got %+v\nwant %+v", script, got, want)
	}
	if a.ByeReason != r.ByeReason || r.SIPFinal != a.Code || r.Answered != "no" || len(Check(r)) != 0 {
		t.Errorf("%s: verdict %+v, record %s %d %s: %q", script, a, r.ByeReason, r.SIPFinal, r.Answered, Check(r))
	}
}

// headerCause takes the cause from a Q.850 value that we send; 0: none.
func headerCause(value string) int {
	rest, ok := strings.CutPrefix(value, "Q.850;cause=")
	if !ok {
		return 0
	}
	digits, _, _ := strings.Cut(rest, ";")
	n, _ := strconv.Atoi(digits)
	return n
}
