package console

import (
	"strconv"
	"testing"
	"time"

	"onhook/call"
	"onhook/outcome"
)

func TestSearchBox(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"100":                          "party=100",
		"100 101":                      "from=100&to=101",
		"+49*":                         "party=%2B49%2A",
		"busy":                         "status=Busy",
		"not_answered":                 "status=Not+Answered",
		`"call ended"`:                 "status=Call+Ended",
		"USER_BUSY":                    "bye_reason=USER_BUSY",
		"user_busy 100":                "bye_reason=USER_BUSY&party=100",
		"status:call_ended by:network": "ended_by=network&status=Call+Ended",
		"reason:NO_ANSWER since:24h":   "bye_reason=NO_ANSWER&since=24h",
		"shorter:15s answered:party":   "answered=party&max_duration=15s",
		"sip:100@example.com":          "party=sip%3A100%40example.com",
		"limit:5":                      "party=limit%3A5",
		`"Smith and sons" 5`:           "from=Smith+and+sons&to=5",
	} {
		if got := parseSearch(text).Encode(); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestCallIDsAreFoundAsTheyAre(t *testing.T) {
	if got := callID(" " + liveID + " "); got != liveID {
		t.Errorf("%q", got)
	}
	for _, no := range []string{"", "call_", "100", liveID + "x", "call_/../../../../../../../../../../../../etc"} {
		if got := callID(no); got != "" {
			t.Errorf("%q is taken for an id", no)
		}
	}
}

func TestSpans(t *testing.T) {
	for ms, want := range map[int64]string{0: "–", -5: "–", 7: "7 ms", 999: "999 ms", 1500: "1.5 s", 59_900: "59.9 s", 60_000: "1:00", 125_000: "2:05", 3_723_000: "1:02:03"} {
		if got := span(ms); got != want {
			t.Errorf("%d ms: %q, want %q", ms, got, want)
		}
	}
}

func TestTextShowsWhatHides(t *testing.T) {
	for s, want := range map[string]string{
		"Alice": "Alice", "Zoë 北京 שלום": "Zoë 北京 שלום", "a\x00b": "a␀b", "a\x1b[31m": "a␛[31m", "a\u202eb": "a⟨U+202E⟩b", "a\u200bb": "a⟨U+200B⟩b", "\x7f": "␡", "a\r\nb": "a␍␊b",
	} {
		if got := text(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	if got := cut(5, "123456"); got != "1234…" {
		t.Error(got)
	}
	long := make([]byte, 10<<20)
	if got := cut(10, string(long)); len([]rune(got)) != 10 {
		t.Errorf("%q", got)
	}
}

func TestTimelineIsOfTheWholeCall(t *testing.T) {
	at := func(s int) time.Time { return t0.Add(time.Duration(s) * time.Second) }
	ring, answer := at(2), at(5)
	r := outcome.Record{
		StartedAt: at(0), EndedAt: at(10),
		Segments: []outcome.Segment{{Stage: "routing", StartedAt: at(0), EndedAt: at(2)}, {Stage: "ringing", StartedAt: at(2), EndedAt: at(5)}, {Stage: "talking", StartedAt: at(5), EndedAt: at(10)}},
		Legs:     []outcome.Leg{{ID: 1, Direction: "in", StartedAt: at(0), RingingAt: &ring, AnsweredAt: &answer}},
	}
	l := timelineOf(&r)
	if len(l.Lanes) != 2 || len(l.Lanes[0].Bars) != 3 || len(l.Lanes[1].Bars) != 3 {
		t.Fatalf("%+v", l)
	}
	for i, want := range []bar{
		{"0.000%", "20.000%", "stage-routing", "routing", "routing, 2.0 s"},
		{"20.000%", "30.000%", "stage-ringing", "ringing", "ringing, 3.0 s"},
		{"50.000%", "50.000%", "stage-talking", "talking", "talking, 5.0 s"},
	} {
		if got := l.Lanes[0].Bars[i]; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if timelineOf(&outcome.Record{StartedAt: at(0), EndedAt: at(0)}) != nil {
		t.Error("a call that took no time has a timeline")
	}
}

func TestMessagesAreShownAsTheyAre(t *testing.T) {
	events := []call.Event{
		{Seq: 2, At: t0, Kind: call.EvReceived, Leg: 1, Flow: "udp 192.0.2.1:5060>192.0.2.9:5060", Msg: "INVITE sip:1@x SIP/2.0\r\nFrom : <a>\r\nnot a header\r\nVia: v\r\n\r\nv=0\r\ns=-\r\n"},
		{Seq: 3, At: t0, Kind: call.EvSent, Leg: 1, Msg: "SIP/2.0 486 Busy\xff\r\n\r\n"},
		{Seq: 4, At: t0, Kind: call.EvRetransmitted, Of: 3, N: 2},
		{Seq: 5, At: t0, Kind: call.EvTimer, Name: "B"},
	}
	got := messagesOf(events, []uint32{3})
	if len(got) != 2 || got[0].First != "INVITE sip:1@x SIP/2.0" || got[0].From != "192.0.2.1:5060" || got[0].To != "192.0.2.9:5060" || got[0].Proof || got[0].Sent {
		t.Fatalf("%+v", got)
	}
	want := []messageLine{{"", "From : <a>"}, {"", "not a header"}, {"Via", " v"}}
	for i, l := range want {
		if got[0].Lines[i] != l {
			t.Errorf("%q, want %q", got[0].Lines[i], l)
		}
	}
	if b := got[0].BodyLines(); len(b) != 2 || b[1] != "s=-" {
		t.Errorf("%q", b)
	}
	if m := got[1]; !m.Sent || !m.Proof || m.Repeats != 2 || m.First != "SIP/2.0 486 Busy\uFFFD" {
		t.Errorf("%+v", m)
	}
}

func TestSummaryIsTakenApart(t *testing.T) {
	remedy := outcome.Entries()[0].Remedy
	r := outcome.Record{ByeReason: outcome.Entries()[0].Name, Summary: "It was so. Proof: 486 came (event 3, leg 2); next: " + string(remedy[0]|0x20) + remedy[1:]}
	if got := tell(&r); got != (told{"It was so.", "486 came (event 3, leg 2).", remedy}) {
		t.Errorf("%+v", got)
	}
	if got := tell(&outcome.Record{Summary: "Another form."}); got != (told{What: "Another form."}) {
		t.Errorf("%+v", got)
	}
}

func TestSavedFiltersAreKept(t *testing.T) {
	f := savedFilters{dir: t.TempDir()}
	for _, x := range []savedFilter{{"a", "status=Busy"}, {"b", "q=1"}, {"a", "q=2"}} {
		if err := f.keep(x.Name, x.Query); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.keep("b", ""); err != nil {
		t.Fatal(err)
	}
	again := savedFilters{dir: f.dir}
	if got, err := again.list(); err != nil || len(got) != 1 || got[0] != (savedFilter{"a", "q=2"}) {
		t.Errorf("%v %v", got, err)
	}
	for i := range mostSaved - 1 {
		if err := f.keep(strconv.Itoa(i), "q=1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.keep("one more", "q=1"); err == nil {
		t.Error("there is no bound")
	}
}
