package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onhook/capture"
	"onhook/config"
	"onhook/outcome"
)

func ids(p CallPage) (out []string) {
	for i := range p.Calls {
		out = append(out, p.Calls[i].ID)
	}
	return out
}

func TestPagesFollowEachOtherWithoutGapsAndRepetitions(t *testing.T) {
	s, keys := newSite(t)
	var want []string
	for n := range 7 {
		s.keep(testRecord(n))
		want = append([]string{testID(n)}, want...)
	}
	var got []string
	path := "/v1/calls?limit=3"
	for pages := 0; path != ""; pages++ {
		if pages > 3 {
			t.Fatal("there is no end")
		}
		r := s.ask("GET", path, keys["calls:read"], "")
		p := decode[CallPage](t, r)
		got = append(got, ids(p)...)
		link := r.header.Get("Link")
		path = ""
		if p.NextCursor != "" {
			path, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
			if !strings.HasSuffix(link, `; rel="next"`) || !strings.Contains(path, url.QueryEscape(p.NextCursor)) || !strings.Contains(path, "limit=3") {
				t.Errorf("Link: %s", link)
			}
		} else if link != "" {
			t.Errorf("Link on the last page: %s", link)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if none := s.ask("GET", "/v1/calls?status=Declined", keys["calls:read"], ""); none.body != `{"calls":[]}`+"\n" {
		t.Errorf("no calls: %q", none.body)
	}
}

func TestFiltersOfTheRequestReachTheStore(t *testing.T) {
	s, keys := newSite(t)
	a, b, c := testRecord(0), testRecord(1), testRecord(2)
	a.Status, a.ByeReason, a.LastResponseCode, a.EndedBy, a.DurationMS = "Cancelled", "ORIGINATOR_CANCEL", 487, "caller", 4000
	b.Status, b.ByeReason, b.LastResponseCode, b.Answered, b.TalkMS, b.Trunk = "Call Ended", "NORMAL_CLEARING", 200, "party", 12_000, "carrier"
	c.To = outcome.Party{URI: "sip:+4930123@example.com", Number: "+4930123"}
	s.keep(a, b, c)
	for query, want := range map[string][]string{
		"":                                 {c.ID, b.ID, a.ID},
		"status=Cancelled":                 {a.ID},
		"status=cancelled&status=Busy":     {c.ID, a.ID},
		"status=Call+Ended,Busy":           {c.ID, b.ID},
		"bye_reason=normal_clearing":       {b.ID},
		"code=487,200":                     {b.ID, a.ID},
		"ended_by=caller":                  {a.ID},
		"status=Cancelled&max_duration=5s": {a.ID},
		"status=Cancelled&max_duration=3s": nil,
		"answered=party&max_talk=15s":      {b.ID},
		"answered=party&min_talk=15s":      nil,
		"trunk=carrier":                    {b.ID},
		"to=" + url.QueryEscape("+4930*"):  {c.ID},
		"from=100&q850_cause=17&confidence=certain&stage=ringing&user=100&source=live&direction=internal": {c.ID, b.ID, a.ID},
		"since=2026-03-01T12:01:00Z&until=2026-03-01T12:02:00Z":                                           {b.ID},
		"since=59m30s": {c.ID, b.ID}, // an hour after the first
		"limit=1":      {c.ID},
	} {
		p := decode[CallPage](t, s.ask("GET", "/v1/calls?"+query, keys["calls:read"], ""))
		if got := ids(p); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// hostile are texts that strangers send.
var hostile = []string{
	"=HYPERLINK(\"http://x\")", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "a\"b,c\r\nd", "<script>alert(1)</script>", "a\x00b", "\xff\xfe", "\u202egnp.exe", "'x",
	strings.Repeat("x", 60_000),
}

func TestCSVIsSafeForSpreadsheets(t *testing.T) {
	s, keys := newSite(t)
	for i, text := range hostile {
		r := testRecord(i)
		r.From.Name = text
		s.keep(r)
	}
	got := s.ask("GET", "/v1/calls", keys["calls:read"], "", "Accept: text/csv")
	if got.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Error(got.header)
	}
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	if err != nil || len(rows) != len(hostile)+1 {
		t.Fatal(len(rows), err)
	}
	name := slices.Index(rows[0], "from_name")
	for i, text := range hostile {
		cell := rows[len(hostile)-i][name]
		if strings.ContainsAny(cell[:1], "=+-@\t\r\n＝") || strings.Contains(cell, "\x00") {
			t.Errorf("%q came as %q", text, cell)
		}
	}
	if cell := rows[len(hostile)][name]; cell != "'"+hostile[0] {
		t.Errorf("%q", cell)
	}
}

func TestHostileTextsComeAsTheyAre(t *testing.T) {
	s, keys := newSite(t)
	for i, text := range hostile {
		r := testRecord(i)
		r.From.Name, r.To.Name, r.Detail, r.User = text, text, text, text
		s.keep(r)
	}
	for _, query := range []string{"", "format=ndjson"} {
		raw := s.ask("GET", "/v1/calls?"+query, keys["calls:read"], "").body
		var got []outcome.Record
		if query == "" {
			var p CallPage
			if err := json.Unmarshal([]byte(raw), &p); err != nil {
				t.Fatal(err)
			}
			got = p.Calls
		} else {
			for d := json.NewDecoder(strings.NewReader(raw)); d.More(); {
				var r outcome.Record
				if err := d.Decode(&r); err != nil {
					t.Fatal(err)
				}
				got = append(got, r)
			}
		}
		if len(got) != len(hostile) {
			t.Fatalf("%d records", len(got))
		}
		for i, text := range hostile {
			want := strings.ToValidUTF8(text, "\uFFFD")
			if text == "\xff\xfe" {
				want = "\uFFFD\uFFFD" // JSON replaces each byte
			}
			if r := got[len(hostile)-1-i]; r.From.Name != want || r.User != want {
				t.Errorf("%.40q came as %.40q", text, r.From.Name)
			}
		}
		if strings.Contains(raw, "<script>") {
			t.Error("a page that shows the JSON would run it")
		}
	}
}

func TestExportsHaveAllCallsUnlessALimitIsSaid(t *testing.T) {
	s, keys := newSite(t)
	var all []outcome.Record
	for n := range 1203 {
		r := testRecord(0)
		r.ID, r.StartedAt = testID(n), t0.Add(time.Duration(n)*time.Millisecond)
		all = append(all, r)
	}
	s.keep(all...)
	for query, want := range map[string]int{"format=ndjson": 1203, "format=ndjson&limit=1100": 1100, "format=ndjson&limit=5": 5, "format=csv": 1204} {
		r := s.ask("GET", "/v1/calls?"+query, keys["calls:read"], "")
		if n := strings.Count(r.body, "\n"); r.status != 200 || n != want {
			t.Errorf("%s: status %d, %d lines, want %d", query, r.status, n, want)
		}
	}
	first, _, _ := strings.Cut(s.ask("GET", "/v1/calls", keys["calls:read"], "", "Accept: application/x-ndjson").body, "\n")
	var r outcome.Record
	if err := json.Unmarshal([]byte(first), &r); err != nil || r.ID != testID(1202) {
		t.Errorf("%s, %v", first, err)
	}
}

func TestTheLadderComesInThreeForms(t *testing.T) {
	s, keys := newSite(t)
	s.keep(testRecord(0))
	for _, id := range []string{testID(0), liveID} {
		for accept, want := range map[string][2]string{
			"":                                   {"text/plain; charset=utf-8", "486"},
			"*/*":                                {"text/plain; charset=utf-8", "486"},
			"image/svg+xml":                      {"image/svg+xml; charset=utf-8", "<svg"},
			"text/html, image/*;q=0.8":           {"image/svg+xml; charset=utf-8", "<svg"},
			"text/plain;q=0.1, text/vnd.mermaid": {"text/vnd.mermaid; charset=utf-8", "sequenceDiagram"},
		} {
			r := s.ask("GET", "/v1/calls/"+id+"/ladder", keys["calls:read"], "", "Accept: "+accept)
			if r.status != 200 || r.header.Get("Content-Type") != want[0] || !strings.Contains(r.body, want[1]) {
				t.Errorf("%s, Accept %q: %d %s\n%s", id, accept, r.status, r.header.Get("Content-Type"), r.body)
			}
		}
		if r := s.ask("GET", "/v1/calls/"+id+"/ladder?format=mermaid", keys["calls:read"], ""); !strings.Contains(r.body, "sequenceDiagram") {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
}

func TestTheCaptureFileHasTheMessagesAtTheirTimes(t *testing.T) {
	s, keys := newSite(t)
	s.keep(testRecord(0))
	for _, format := range []string{"pcap", "pcapng"} {
		r := s.ask("GET", "/v1/calls/"+testID(0)+"/pcap?format="+format, keys["pcap:read"], "")
		src, err := capture.NewReader(bytes.NewReader([]byte(r.body)), capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for {
			item, err := src.Next()
			if err != nil {
				break
			}
			line, _, _ := strings.Cut(string(item.Payload), "\r\n")
			got = append(got, fmt.Sprintf("%s %s>%s %s", item.At.UTC().Format("05"), item.Src, item.Dst, line))
		}
		want := []string{
			"00 192.0.2.1:5060>192.0.2.9:5060 INVITE sip:101@example.com SIP/2.0",
			"01 192.0.2.9:5060>192.0.2.1:5060 SIP/2.0 486 Busy Here",
			"02 192.0.2.9:5060>192.0.2.1:5060 SIP/2.0 486 Busy Here",
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", format, d)
		}
	}
}

func TestMessagesAreThoseOfTheWire(t *testing.T) {
	s, keys := newSite(t)
	s.keep(testRecord(0))
	got := decode[Messages](t, s.ask("GET", "/v1/calls/"+testID(0)+"/messages", keys["pcap:read"], "")).Messages
	if len(got) != 2 || got[0].Text != invite || got[0].Direction != "in" || got[0].From != "192.0.2.1:5060" || got[0].Transport != "udp" ||
		got[1].Direction != "out" || got[1].Repeats != 1 || !got[1].Proof || got[0].Proof {
		t.Errorf("%+v", got)
	}
}

func TestWhoHangsUpStandsInTheCommand(t *testing.T) {
	s, keys := newSite(t)
	got := decode[Told](t, s.ask("POST", "/v1/calls/"+liveID+"/hangup", keys[config.CallsControl], ""))
	if got.ID != liveID || s.x.by != "key calls-control" {
		t.Errorf("%+v by %q", got, s.x.by)
	}
}

func TestARepetitionWithTheSameKeyDoesNothing(t *testing.T) {
	s, keys := newSite(t)
	key := keys[config.CallsControl]
	path := "/v1/calls/" + liveID + "/hangup"
	first := s.ask("POST", path, key, "", "Idempotency-Key: one")
	again := s.ask("POST", path, key, "", "Idempotency-Key: one")
	if first.status != 200 || again.status != 200 || first.body != again.body || again.header.Get("Idempotency-Replayed") != "true" || len(s.x.orders) != 1 {
		t.Errorf("%+v %+v, hung up %d times", first, again, len(s.x.orders))
	}
	if p := s.problem(s.ask("POST", "/v1/calls/call_none/hangup", key, "", "Idempotency-Key: one")); p.Code != "key_reused" {
		t.Errorf("%+v", p)
	}
	s.ask("POST", path, keys["all"], "", "Idempotency-Key: one")
	if len(s.x.orders) != 2 {
		t.Error("keys of two callers are taken for one")
	}
	s.clock = s.clock.Add(keptFor + time.Minute)
	s.ask("POST", path, key, "", "Idempotency-Key: one")
	if len(s.x.orders) != 3 {
		t.Error("it is remembered longer than said")
	}
}

func TestStatisticsShowHowTheyComeAbout(t *testing.T) {
	s, keys := newSite(t)
	a, b := testRecord(0), testRecord(1)
	a.Answered, a.Status, a.SIPFinal, a.TalkMS = "party", "Call Ended", 200, 30_000
	s.keep(a, b)
	var got Statistics
	deadline := time.Now().Add(10 * time.Second)
	for got.Sums.Calls != 2 { // the index follows the log
		if time.Now().After(deadline) {
			t.Fatalf("%+v", got)
		}
		s.limits = limits{}
		got = decode[Statistics](t, s.ask("GET", "/v1/stats?by=status&interval=1m&since=2h", keys["calls:read"], ""))
	}
	f := got.Figures
	if *f.ASR.Value != 50 || *f.NER.Value != 100 || *f.ACD.Value != 30_000 || *f.SER.Value != 50 || *f.SEER.Value != 100 || *f.ISA.Value != 0 {
		t.Errorf("%+v", f)
	}
	if f.ASR.Formula == "" || got.Notes["seer"] == "" || len(got.Groups) != 2 || len(got.Times) != 2 || got.PostDial.P50 != 200 {
		t.Errorf("%+v", got)
	}
	none := decode[Statistics](t, s.ask("GET", "/v1/stats?status=Declined", keys["calls:read"], ""))
	if none.Figures.ASR.Value != nil || none.Sums.Calls != 0 {
		t.Errorf("of nothing: %+v", none)
	}
}
