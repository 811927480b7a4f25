package e2e

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"onhook/outcome"
)

// A proof is the test in which a reason is the outcome of a real call over real
// sockets, and the foreign party: sipp where sipp can play it. Only our own phones can
// where digits have to be heard, a party holds, or two calls are joined.
type proof struct{ test, party string }

const (
	sippPlays = "sipp"
	ourPhones = "onhook phone"
)

// reasonTests has a test for every reason of the table.
var reasonTests = map[string]proof{
	"OUTGOING_CALL_BARRED":           {"TestReasonsOfATrunk", sippPlays},
	"INCOMING_CALL_BARRED":           {"TestReasonsOfARefusal", sippPlays},
	"BEARERCAPABILITY_NOTAUTH":       {"TestReasonsOfARefusal", sippPlays},
	"BEARERCAPABILITY_NOTAVAIL":      {"TestReasonsOfARefusal", sippPlays},
	"UNALLOCATED_NUMBER":             {"TestReasonsOfTheServersOwn", sippPlays},
	"NO_ROUTE_TRANSIT_NET":           {"TestReasonsOfARefusal", sippPlays},
	"NO_ROUTE_DESTINATION":           {"TestReasonsOfTheServersOwn", sippPlays},
	"NO_USER_RESPONSE":               {"TestNoReplyAtAll", sippPlays},
	"NUMBER_CHANGED":                 {"TestReasonsOfARefusal", sippPlays},
	"REDIRECTION_TO_NEW_DESTINATION": {"TestReasonsOfARefusal", sippPlays},
	"NO_ANSWER":                      {"TestNoAnswer", sippPlays},
	"SUBSCRIBER_ABSENT":              {"TestFinals", sippPlays},
	"EXCHANGE_ROUTING_ERROR":         {"TestReasonsOfTheServersOwn", sippPlays},
	"INVALID_NUMBER_FORMAT":          {"TestReasonsOfARefusal", sippPlays},
	"USER_BUSY":                      {"TestFinals", sippPlays},
	"ORIGINATOR_CANCEL":              {"TestCallerCancels", sippPlays},
	"INCOMPATIBLE_DESTINATION":       {"TestReasonsOfTheServersOwn", sippPlays},
	"INVALID_MSG_UNSPECIFIED":        {"TestReasonsOfARefusal", sippPlays},
	"MANDATORY_IE_MISSING":           {"TestReasonsOfTheServersOwn", sippPlays},
	"MESSAGE_TYPE_NONEXIST":          {"TestReasonsOfARefusal", sippPlays},
	"WRONG_MESSAGE":                  {"TestReasonsOfARefusal", sippPlays},
	"IE_NONEXIST":                    {"TestReasonsOfARefusal", sippPlays},
	"INVALID_IE_CONTENTS":            {"TestReasonsOfTheServersOwn", sippPlays},
	"WRONG_CALL_STATE":               {"TestReasonsOfARefusal", sippPlays},
	"BEARERCAPABILITY_NOTIMPL":       {"TestReasonsOfARefusal", sippPlays},
	"CHAN_NOT_IMPLEMENTED":           {"TestReasonsOfARefusal", sippPlays},
	"FACILITY_REJECTED":              {"TestReasonsOfARefusal", sippPlays},
	"FACILITY_NOT_IMPLEMENTED":       {"TestReasonsOfTheServersOwn", sippPlays},
	"SERVICE_NOT_IMPLEMENTED":        {"TestReasonsOfTheServersOwn", sippPlays},
	"DESTINATION_OUT_OF_ORDER":       {"TestReasonsOfARefusal", sippPlays},
	"NETWORK_OUT_OF_ORDER":           {"TestReasonsOfATrunk", sippPlays},
	"NORMAL_CIRCUIT_CONGESTION":      {"TestReasonFullTrunk", sippPlays},
	"NORMAL_TEMPORARY_FAILURE":       {"TestFinals", sippPlays},
	"SWITCH_CONGESTION":              {"TestReasonServerFull", sippPlays},
	"REQUESTED_CHAN_UNAVAIL":         {"TestReasonDisabledTrunk", sippPlays},
	"RECOVERY_ON_TIMER_EXPIRE":       {"TestNoAckToThe200", sippPlays},
	"CALL_REJECTED":                  {"TestFinals", sippPlays},
	"Terminated_From_Server":         {"TestGracefulStop", sippPlays},
	"Abandoned_IVR_Menu":             {"TestSippLeavesAnApplication", sippPlays},
	"Abandoned_On_Hold":              {"TestMusicOfTheUsersOwn", ourPhones},
	"Abandoned_Voicemail":            {"TestVoicemailWithSipp", sippPlays},
	"Caller_Left_Voicemail":          {"TestVoicemailWithSipp", sippPlays},
	"End_In_IVR":                     {"TestSippLeavesAnApplication", sippPlays},
	"Transferred_From_IVR":           {"TestMenuLeadsToAnExtension", ourPhones},
	"Ended_In_Call_System":           {"TestSippLeavesAnApplication", sippPlays},
	"Transferred_From_Call_System":   {"TestQueueNextAgentAnswers", ourPhones},
	"FACILITY_NOT_SUBSCRIBED":        {"TestReasonsOfARefusal", sippPlays},
	"RESPONSE_TO_STATUS_ENQUIRY":     {"TestReasonsOfARefusal", sippPlays},
	"SERVICE_UNAVAILABLE":            {"TestReasonsOfARefusal", sippPlays},
	"INVALID_CALL_REFERENCE":         {"TestReasonsOfARefusal", sippPlays},
	"MANDATORY_IE_LENGTH_ERROR":      {"TestReasonsOfARefusal", sippPlays},
	"PROTOCOL_ERROR":                 {"TestReasonsOfARefusal", sippPlays},
	"INTERWORKING":                   {"TestReasonsOfARefusal", sippPlays},
	"MANAGER_REQUEST":                {"TestHangUpByCommand", sippPlays},
	"BLIND_TRANSFER":                 {"TestBlindTransferByTheCallee", ourPhones},
	"ATTENDED_TRANSFER":              {"TestAttendedTransfer", ourPhones},
	"PICKED_OFF":                     {"TestReasonAnsweredElsewhereUpstream", sippPlays},
	"USER_NOT_REGISTERED":            {"TestReasonsOfTheServersOwn", sippPlays},
	"PROGRESS_TIMEOUT":               {"TestReasonNoProgress", sippPlays},
	"GATEWAY_DOWN":                   {"TestTrunkThatDoesNotAnswerOptionsIsDown", sippPlays},
	"CALL_FORWARD":                   {"TestReasonFollowed302IsALegs", sippPlays},
	"CHANNEL_UNACCEPTABLE":           {"TestReasonsOfARefusal", sippPlays},
	"CALL_AWARDED_DELIVERED":         {"TestReasonsOfARefusal", sippPlays},
	"NORMAL_CLEARING":                {"TestCallerHangsUp", sippPlays},
	"ACCESS_INFO_DISCARDED":          {"TestReasonsOfARefusal", sippPlays},
	// "No test may ever produce it, except a capture that was cut."
	"UNSPECIFIED": {"TestACaptureThatWasCutIsUnspecified", "a capture"},
}

// TestReasonsHaveTheirTests holds reasonTests against the table of reasons and
// against the tests: each is there, checks that reason, and has sipp where it says so.
func TestReasonsHaveTheirTests(t *testing.T) {
	t.Parallel()
	said := wordsOfTests(t)
	for _, e := range outcome.Entries() {
		p, ok := reasonTests[e.Name]
		if !ok {
			t.Errorf("%s has no test here", e.Name)
			continue
		}
		words := said[p.test]
		switch {
		case words == nil:
			t.Errorf("%s: there is no %s", e.Name, p.test)
		case !words[e.Name]:
			t.Errorf("%s: %s does not check it", e.Name, p.test)
		case p.party == sippPlays && !words["caller"] && !words["callee"]:
			t.Errorf("%s: %s has no sipp", e.Name, p.test)
		}
	}
	if got, want := len(reasonTests), len(outcome.Entries()); got != want {
		t.Errorf("%d reasons have a test, the table has %d", got, want)
	}
}

// wordsOfTests are the texts and names that each function of these tests uses,
// with those of the functions that it calls.
func wordsOfTests(t *testing.T) map[string]map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]map[string]bool{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				said[fn.Name.Name] = wordsIn(fn)
			}
		}
	}
	for _, words := range said {
		for w := range words {
			if w == "caller" || w == "callee" {
				continue
			}
			for x := range said[w] {
				if x == "caller" || x == "callee" {
					words[x] = true
				}
			}
		}
	}
	return said
}

func wordsIn(fn *ast.FuncDecl) map[string]bool {
	words := map[string]bool{}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				words[s] = true
			}
		case *ast.Ident:
			words[n.Name] = true
		}
		return true
	})
	return words
}

// TestSippLeavesAnApplication: a foreign caller hangs up in a menu, at its end
// and in a queue whose agents do not answer.
func TestSippLeavesAnApplication(t *testing.T) {
	t.Parallel()
	menu, queue := newMenu(t).server, newQueue(t, "every: 0s").server
	for _, c := range []struct {
		srv                                  *server
		number, reason, status, by, answered string
	}{
		{menu, "700", "Abandoned_IVR_Menu", "Abandoned", "caller", "platform"},
		{menu, "600", "End_In_IVR", "Call Ended", "caller", "platform"},
		{queue, "500", "Ended_In_Call_System", "Abandoned", "caller", "platform"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			srv := c.srv.of(t)
			caller(t, srv, uac().recv(200, 100, 180, 183).ack().pause(300*time.Millisecond).bye().recv(200), c.number).wait()
			r := srv.recordOf(c.number)
			if r.ByeReason != c.reason || r.Status != c.status || r.EndedBy != c.by || r.Answered != c.answered || r.SIPFinal != 200 {
				t.Errorf("got %s, answered by %s, want %s, %s, by %s", verdict(&r), r.Answered, c.status, c.reason, c.by)
			}
		})
	}
}

func TestACaptureThatWasCutIsUnspecified(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(binary, "explain", "-o", "json", "../demo/cut.pcap").Output()
	if err != nil {
		t.Fatal(err)
	}
	var r outcome.Record
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&r); err != nil {
		t.Fatal(err)
	}
	if r.ByeReason != "UNSPECIFIED" || r.Confidence != "guess" || r.EndedBy != "unknown" || r.LastResponseCode != 0 && r.Status != "Call Ended" {
		t.Errorf("got %s, %s", verdict(&r), r.Confidence)
	}
}
