package call

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEventJSONRoundTrip: every field of every kind comes back as it went.
func TestEventJSONRoundTrip(t *testing.T) {
	for k := EvNone + 1; k < numEventKinds; k++ {
		want := Event{
			Seq: 7, At: time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC), Kind: k, Leg: 2, Peer: PeerTrunk, Out: true, Attempt: 3, Set: 4, Of: 5,
			N: 6, Code: 420, Name: "name", Cause: "NO_ANSWER", By: "platform", Text: "text", Flow: "udp 192.0.2.1:5060>192.0.2.2:5060",
			Msg: "BYE sip:a@b SIP/2.0\r\n\r\n", Inferred: true,
		}
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Event
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", k, diff)
		}
		if n := k.String(); n == "" || !strings.Contains(string(data), `"kind":"`+n+`"`) {
			t.Errorf("kind %d has the name %q in %s", k, n, data)
		}
	}
}

// TestEventJSONKeepsBytes: a message that is not UTF-8 comes back byte for byte.
func TestEventJSONKeepsBytes(t *testing.T) {
	want := Event{Seq: 1, Kind: EvReceived, Msg: "INVITE \xff\xfe SIP/2.0\r\n\r\n"}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Event
	if err := json.Unmarshal(data, &got); err != nil || got.Msg != want.Msg {
		t.Errorf("got %q, %v", got.Msg, err)
	}
}

// TestEventJSONRefuses what it cannot understand, and says what.
func TestEventJSONRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"seq":1,"kind":"teleported"}`:                 "teleported",
		`{"seq":1}`:                                     "kind",
		`{"seq":1,"kind":"leg","peer":"fax"}`:           "fax",
		`{"seq":"x","kind":"leg"}`:                      "seq",
		`{"seq":1,"kind":"alive","from_the_future":[]}`: "",
	} {
		var e Event
		err := json.Unmarshal([]byte(text), &e)
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that names %q", text, err, want)
		}
	}
	if _, err := json.Marshal(Event{}); err == nil {
		t.Error("an event without a kind was printed")
	}
}
