package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"onhook/call"
	"onhook/outcome"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func testID(n int) string { return fmt.Sprintf("call_01956f00-0000-7000-8000-%012d", n) }

const testInvite = "INVITE sip:101@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK77ef4c2312983.1\r\nMax-Forwards: 70\r\nFrom: <sip:100@example.com>;tag=1928301774\r\nTo: <sip:101@example.com>\r\nCall-ID: a84b4c76e66710@192.0.2.1\r\nCSeq: 314159 INVITE\r\nContact: <sip:100@192.0.2.1>\r\nContent-Length: 0\r\n\r\n"

func testStart(n int) Start {
	return Start{
		ID: testID(n), StartedAt: t0.Add(time.Duration(n) * time.Second), Direction: "internal",
		From: outcome.Party{URI: "sip:100@example.com", Number: "100", Name: "Reception"}, To: outcome.Party{URI: "sip:101@example.com"},
		User: "100", Events: testEvents(n)[:2],
	}
}

// noise is a text that no compression makes shorter, another one for each call,
// so that tests fill segments.
func noise(n int) string {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	b := make([]byte, 500)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

func testEvents(n int) []call.Event {
	at := t0.Add(time.Duration(n) * time.Second)
	flow := "udp 192.0.2.1:5060>192.0.2.9:5060"
	return []call.Event{
		{Seq: 1, At: at, Kind: call.EvLeg, Leg: call.Caller, Peer: call.PeerPhone, Name: "100"},
		{Seq: 2, At: at, Kind: call.EvReceived, Leg: call.Caller, Flow: flow, Msg: testInvite},
		{Seq: 3, At: at.Add(time.Millisecond), Kind: call.EvLeg, Leg: 2, Peer: call.PeerPhone, Name: "101", Attempt: 1, Set: 1},
		{Seq: 4, At: at.Add(2 * time.Millisecond), Kind: call.EvSent, Leg: 2, Flow: "udp 192.0.2.9:5060>192.0.2.2:5060", Msg: testInvite},
		{Seq: 5, At: at.Add(502 * time.Millisecond), Kind: call.EvRetransmitted, Leg: 2, Of: 4, N: 1, Out: true},
		{Seq: 7, At: at.Add(time.Second), Kind: call.EvIntent, Leg: 1, Cause: "USER_BUSY", By: "platform", Text: noise(n), Code: 486, Inferred: true},
	}
}

func testRecord(n int) outcome.Record {
	start := t0.Add(time.Duration(n) * time.Second)
	ring := start.Add(200 * time.Millisecond)
	return outcome.Record{
		ID: testID(n), Version: 1, StartedAt: start, RingingAt: &ring, EndedAt: start.Add(time.Duration(n%7) * time.Second),
		DurationMS: int64(n%7) * 1000, SetupMS: 5, RingMS: 3, Direction: "internal",
		From: outcome.Party{URI: "sip:100@example.com", Number: "100", Name: "Reception"}, To: outcome.Party{URI: fmt.Sprintf("sip:%d@example.com", 200+n%5)},
		Status: "Busy", LastResponseCode: 486, SIPFinal: 486, ByeReason: "USER_BUSY", Q850Cause: 17, EndedBy: "callee", Answered: "no",
		Stage: "ringing", Confidence: "certain", User: "100", Summary: "The called phone was busy.", Source: "live",
		Evidence: []outcome.Evidence{{Field: "bye_reason", Leg: 2, Message: 4, At: start, Rule: "4", Text: "486"}},
		Legs:     []outcome.Leg{{ID: 1, Direction: "in", Peer: "phone", StartedAt: start}},
		Segments: []outcome.Segment{{Stage: "routing", StartedAt: start, EndedAt: start}},
	}
}

func openTest(t *testing.T, dir string, opt Options) (*Local, Recovered) {
	t.Helper()
	if opt.SegmentSize == 0 {
		opt.SegmentSize = 1 << 20
	}
	if opt.Report == nil {
		opt.Report = func(err error) { t.Errorf("reported: %v", err) }
	}
	s, rec, err := Open(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, rec
}

// finishAll finishes calls from to n-1 and waits until they are durable.
func finishAll(t testing.TB, s Store, from, n int) {
	t.Helper()
	done := make(chan error, n)
	for i := from; i < n; i++ {
		err := s.Finish(testRecord(i), testEvents(i), func(err error) { done <- err })
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := from; i < n; i++ {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func TestLocalKeepsCallsAcrossARestart(t *testing.T) {
	dir := t.TempDir()
	s, rec := openTest(t, dir, Options{})
	if len(rec.Open) != 0 || len(rec.Notes) != 0 {
		t.Fatalf("a new store recovered %+v", rec)
	}
	for i := range 20 {
		if err := s.Begin(testStart(i)); err != nil {
			t.Fatal(err)
		}
	}
	answered := []call.Event{{Seq: 3, At: t0.Add(30 * time.Second), Kind: call.EvBridged, Leg: 2, Of: 1}}
	if err := s.Append(testID(19), answered); err != nil {
		t.Fatal(err)
	}
	alive := t0.Add(time.Minute)
	if err := s.Heartbeat(alive); err != nil {
		t.Fatal(err)
	}
	finishAll(t, s, 0, 18)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s, rec = openTest(t, dir, Options{})
	want := Recovered{Open: []OpenCall{{Start: testStart(18), Alive: alive}, {Start: testStart(19), Alive: alive}}}
	want.Open[1].Events = append(want.Open[1].Events, answered...)
	if d := cmp.Diff(want, rec, cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
	for i := range 18 {
		got, err := s.Get(testID(i))
		if d := cmp.Diff(testRecord(i), got); err != nil || d != "" {
			t.Fatal(err, d)
		}
		events, err := s.Evidence(testID(i))
		if d := cmp.Diff(testEvents(i), events); err != nil || d != "" {
			t.Fatal(err, d)
		}
	}
	if _, err := s.Get(testID(18)); !errors.Is(err, ErrNotFound) {
		t.Errorf("Get of an open call: %v", err)
	}
}

func TestOpenCallIsClosedOnceAndKeepsItsLastSignOfLife(t *testing.T) {
	dir := t.TempDir()
	s, _ := openTest(t, dir, Options{})
	if err := s.Begin(testStart(1)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	// The next server sees the call, and dies before it has closed it.
	s, rec := openTest(t, dir, Options{})
	if len(rec.Open) != 1 || rec.Open[0].Restarts != 0 {
		t.Fatalf("recovered %+v", rec)
	}
	if err := s.Heartbeat(t0.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s, rec = openTest(t, dir, Options{})
	if len(rec.Open) != 1 || !rec.Open[0].Alive.Equal(testStart(1).StartedAt) || rec.Open[0].Restarts != 1 {
		t.Fatalf("recovered %+v", rec)
	}
	finishAll(t, s, 1, 2)
	s.Close()
	if _, rec = openTest(t, dir, Options{}); len(rec.Open) != 0 {
		t.Fatalf("recovered a closed call: %+v", rec)
	}
}

func TestOneServerAFolder(t *testing.T) {
	dir := t.TempDir()
	openTest(t, dir, Options{})
	if _, _, err := Open(dir, Options{}); !errors.Is(err, ErrInUse) {
		t.Fatalf("second Open: %v", err)
	}
}

// TestALogThatGrowsWhileItIsReadHasNoHoles: what is written meanwhile, the next
// segment too, is not taken for what follows the last record that was read.
func TestALogThatGrowsWhileItIsReadHasNoHoles(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{Index: time.Hour, SegmentSize: 32 << 10, PerCall: 512})
	finishAll(t, s, 0, 20)
	end, seen := s.j.end(), 0
	err := readTail(s.j.dir, loc{}, end, func(w row) error {
		if seen++; seen == 1 {
			finishAll(t, s, 20, 300)
		}
		if !w.at.before(end) {
			t.Errorf("%s stands at %+v, behind what was the end: %+v", w.record.ID, w.at, end)
		}
		return nil
	})
	if now := s.j.end(); err != nil || seen != 20 || now.seg < end.seg+2 {
		t.Errorf("%d records, want 20; the log goes on to %+v from %+v: %v", seen, now, end, err)
	}
}

func TestIndexThatLagsCatchesUpFromTheLog(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{Pending: 4, Index: time.Millisecond, SegmentSize: 32 << 10, PerCall: 512})
	for i := 0; i < 300; i += 30 {
		finishAll(t, s, i, i+30)
		if n := len(listAll(t, s)); n != i+30 {
			t.Fatalf("%d calls are listed after %d", n, i+30)
		}
	}
	s.w.close()
	s.x.close()
	if s.x.lagging || len(s.x.pending) != 0 {
		t.Errorf("lagging %v, %d pending", s.x.lagging, len(s.x.pending))
	}
	recs, err := list(s.db.read, &Filter{}, Cursor{}, MaxLimit)
	if err != nil || len(recs) != 300 {
		t.Errorf("%v: %d in the index", err, len(recs))
	}
	s.x.start() // for Close
}
