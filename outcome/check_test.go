package outcome

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestCheckFindsWhatIsBroken breaks a good record in one way after the other.
func TestCheckFindsWhatIsBroken(t *testing.T) {
	good := func() Record { return Fold(events(t, up+"< 1 BYE"), Meta{}) }
	if bad := Check(good()); bad != nil {
		t.Fatalf("a good record: %q", bad)
	}
	for _, x := range []struct {
		name  string
		spoil func(*Record)
		want  string
	}{
		{"status", func(r *Record) { r.Status = "Busy" }, "status is Busy"},
		{"reason", func(r *Record) { r.ByeReason = "TIRED" }, "not in the table"},
		{"reason of a leg", func(r *Record) { r.ByeReason = "CALL_FORWARD" }, "never a call"},
		{"unspecified", func(r *Record) { r.ByeReason = "UNSPECIFIED" }, "UNSPECIFIED"},
		{"9xx on the wire", func(r *Record) { r.SIPFinal = 901 }, "cannot be on the wire"},
		{"9xx on a leg", func(r *Record) { r.Legs[1].FinalCode = 905 }, "cannot be on the wire"},
		{"code", func(r *Record) { r.LastResponseCode = 480 }, "must be 200"},
		{"cause", func(r *Record) { r.Q850Cause = 17 }, "q850_cause"},
		{"no 2xx", func(r *Record) { r.SIPFinal = 486 }, "no 2xx"},
		{"nobody answered", func(r *Record) { r.Answered = "no" }, "nobody answered"},
		{"busy, but a party was connected", func(r *Record) { r.ByeReason, r.Answered = "USER_BUSY", "platform" }, "status is"},
		{"no menu", func(r *Record) { r.ByeReason = "Abandoned_IVR_Menu" }, "without a menu segment"},
		{"no mailbox", func(r *Record) { r.ByeReason = "Caller_Left_Voicemail" }, "without a voicemail segment"},
		{"no queue", func(r *Record) { r.ByeReason = "Ended_In_Call_System" }, "without a queue segment"},
		{"no proof", func(r *Record) { r.Evidence = nil }, "no evidence"},
		{"no rule", func(r *Record) { r.Evidence[0].Rule = "" }, "names no rule"},
		{"ends before it starts", func(r *Record) { r.EndedAt = r.StartedAt.Add(-time.Second) }, "ended_at before"},
		{"answered outside", func(r *Record) { at := r.EndedAt.Add(time.Hour); r.AnsweredAt = &at }, "answered_at outside"},
		{"no segments", func(r *Record) { r.Segments = nil }, "no legs or no segments"},
		{"a gap", func(r *Record) { r.Segments[1].StartedAt = r.Segments[1].StartedAt.Add(-time.Millisecond) }, "does not follow"},
		{"stage", func(r *Record) { r.Stage = "lunch" }, "not in the list"},
	} {
		r := good()
		x.spoil(&r)
		if got := strings.Join(Check(r), "; "); !strings.Contains(got, x.want) {
			t.Errorf("%s: Check says %q, want %q in it", x.name, got, x.want)
		}
	}
}

// fuzzSteps are what the fuzzer puts in any order after the caller's INVITE.
var fuzzSteps = strings.Split("out 2 phone 1|out 3 trunk 1|out 4 uri 2|< 2 180|< 3 183+sdp|< 4 180|< 2 486|< 3 404 {Reason: Q.850;cause=3}|< 4 480|< 2 603|"+
	"< 2 200+sdp|< 3 200+sdp|> 1 180|> 1 200+sdp|bridge 2|bridge 3|< 1 ACK|< 1 BYE|< 2 BYE|< 3 BYE {Reason: Q.850;cause=38}|> 1 BYE|> 2 BYE|< 1 CANCEL|"+
	"! 2 NO_ANSWER|! 3 PICKED_OFF|! 1 MANAGER_REQUEST|! 1 -|! 1 NO_ANSWER expires =487|timer 2 ring|timer 1 2xx|timer 2 B INVITE|timer 3 cancel|broken 4 refused INVITE|"+
	"stage menu|stage queue|stage voicemail|stage routing|stage talking|stage hold|app main x 1|app main x 0|hold 2|resume 2|hold 1|stored 3000|< 2 REFER|> 2 202/REFER|"+
	"ended 2 CALL_FORWARD|ended 3|alive|command op|rtp 2|< 2 481/INVITE|> 1 487|> 1 486|> 1 401|< 1 INVITE|> 2 CANCEL|< 2 487|! 0 Terminated_From_Server recovered", "|")

// FuzzFold: events in any order give a record, twice the same, whose status is the
// function of reason, answered and stage; and a verdict that may be sent.
func FuzzFold(f *testing.F) {
	f.Add([]byte{0, 3, 10, 13, 14, 17})
	f.Add([]byte{0, 1, 3, 6, 7, 53})
	f.Add([]byte{33, 38, 17, 2, 32})
	f.Add([]byte("a long one with many different steps in it"))
	f.Fuzz(func(t *testing.T, order []byte) {
		if len(order) > 60 {
			return
		}
		script := "in phone"
		for _, b := range order {
			script += " / " + fuzzSteps[int(b)%len(fuzzSteps)]
		}
		evs := events(t, script)
		for _, source := range []string{"live", "pcap"} {
			meta := Meta{ID: "call_1", Source: source}
			r := Fold(evs, meta)
			if again := Fold(evs, meta); !cmp.Equal(r, again) {
				t.Fatalf("folded again it differs: %s", cmp.Diff(r, again))
			}
			for _, bad := range Check(r) {
				if strings.HasPrefix(bad, "status is") || strings.Contains(bad, "not in the") || strings.Contains(bad, "q850") || strings.Contains(bad, "segment") && strings.Contains(bad, "follow") {
					t.Errorf("%s: %s\n%s", source, bad, script)
				}
			}
			a := Verdict(evs, meta)
			if a.Code < 300 || a.Code > 699 || a.Phrase == "" || a.ByeReason != r.ByeReason {
				t.Errorf("%s: verdict %+v, record %s\n%s", source, a, r.ByeReason, script)
			}
		}
	})
}
