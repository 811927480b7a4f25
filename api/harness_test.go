package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onhook/app"
	"onhook/call"
	"onhook/config"
	"onhook/exchange"
	"onhook/media"
	"onhook/outcome"
	"onhook/store"
	"onhook/webhook"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A fakeExchange answers as an exchange with one call that is up would.
type fakeExchange struct {
	orders []string
	by     string
	err    error
}

const liveID = "call_01956f00-0000-7000-8000-00000000live"

func (x *fakeExchange) Live(context.Context) ([]exchange.LiveCall, error) {
	return []exchange.LiveCall{{ID: liveID, StartedAt: t0, Stage: "talking", From: "sip:100@example.com", To: "sip:101@example.com"}}, x.err
}

func (x *fakeExchange) LiveEvidence(_ context.Context, id string) ([]call.Event, error) {
	if id != liveID {
		return nil, exchange.ErrNotFound
	}
	return testEvents(), x.err
}

// ordered notes a command; there is one call that takes any.
func (x *fakeExchange) ordered(id, what, by string) error {
	if id != liveID {
		return exchange.ErrNotFound
	}
	x.orders, x.by = append(x.orders, what), by
	return x.err
}

func (x *fakeExchange) Record(_ context.Context, id string, on bool, by string) error {
	switch {
	case id != liveID:
		return exchange.ErrNotFound
	case !on:
		return exchange.ErrNotRecorded
	}
	x.by = by
	return x.err
}

func (x *fakeExchange) Hangup(_ context.Context, id, by string) error {
	return x.ordered(id, "hangup", by)
}

func (x *fakeExchange) Originate(_ context.Context, o exchange.Origination) (string, error) {
	if o.To == "nowhere" {
		return "", &exchange.DestinationError{Cause: "NO_ROUTE_DESTINATION", Detail: "no route matches nowhere"}
	}
	return liveID, x.ordered(liveID, fmt.Sprintf("originate %s %s %v %s", o.From, o.To, o.Ring, o.Number), o.By)
}

func (x *fakeExchange) Transfer(_ context.Context, id string, stays exchange.Side, to, by string) error {
	return x.ordered(id, "transfer "+string(stays)+" "+to, by)
}

func (x *fakeExchange) Redirect(_ context.Context, id, to, by string) error {
	if to == "nowhere" {
		return &exchange.DestinationError{Cause: "NO_ROUTE_DESTINATION", Detail: "no route matches nowhere"}
	}
	return x.ordered(id, "redirect "+to, by)
}

func (x *fakeExchange) Join(_ context.Context, id string, stays exchange.Side, with string, other exchange.Side, by string) error {
	if with == id {
		return &exchange.StateError{Why: "a call cannot be joined with itself"}
	}
	return x.ordered(id, "join "+string(stays)+" "+with+" "+string(other), by)
}

func (x *fakeExchange) Hold(_ context.Context, id string, waits exchange.Side, on bool, by string) error {
	return x.ordered(id, fmt.Sprintf("hold %s %v", waits, on), by)
}

func (x *fakeExchange) Play(_ context.Context, id string, hears exchange.Side, what string, _ media.Source, by string) error {
	return x.ordered(id, "play "+string(hears)+" "+what, by)
}

func (x *fakeExchange) Unregister(_ context.Context, user, _, by string) (int, error) {
	if user != "100" {
		return 0, exchange.ErrNotFound
	}
	x.by = by
	return 1, x.err
}

func (x *fakeExchange) Users(context.Context) ([]exchange.Extension, error) {
	return []exchange.Extension{{Name: "100"}, {Name: "101"}}, x.err
}

func (x *fakeExchange) Trunks(context.Context) ([]exchange.TrunkState, error) {
	return []exchange.TrunkState{{Name: "carrier", State: "down", Reason: "no answer"}}, x.err
}

func (x *fakeExchange) EnableTrunk(_ context.Context, name string, _ bool, by string) error {
	if name != "carrier" {
		return exchange.ErrNoTrunk
	}
	x.by = by
	return x.err
}

func (x *fakeExchange) Totals(context.Context) (exchange.Counters, error) {
	return exchange.Counters{Packets: 7}, x.err
}

// fakeQueues has one agent, 100.
type fakeQueues struct{}

func (fakeQueues) State(context.Context) (app.FloorState, error) {
	return app.FloorState{Queues: []app.QueueState{{Name: "support", Waiting: []app.CallerState{{}}}}}, nil
}

func (fakeQueues) Agent(name, action, _ string) error {
	if name != "100" {
		return app.ErrNoAgent
	}
	if action != "pause" {
		return errors.New("there is no such action")
	}
	return nil
}

const invite = "INVITE sip:101@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\nFrom: <sip:100@example.com>;tag=1\r\nTo: <sip:101@example.com>\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"

func testEvents() []call.Event {
	in, out := "udp 192.0.2.1:5060>192.0.2.9:5060", "udp 192.0.2.9:5060>192.0.2.1:5060"
	busy := strings.Replace(invite, "INVITE sip:101@example.com SIP/2.0", "SIP/2.0 486 Busy Here", 1)
	return []call.Event{
		{Seq: 1, At: t0, Kind: call.EvLeg, Leg: call.Caller, Peer: call.PeerPhone, Name: "100"},
		{Seq: 2, At: t0, Kind: call.EvReceived, Leg: call.Caller, Flow: in, Msg: invite},
		{Seq: 3, At: t0.Add(time.Second), Kind: call.EvSent, Leg: call.Caller, Out: true, Flow: out, Msg: busy},
		{Seq: 4, At: t0.Add(2 * time.Second), Kind: call.EvRetransmitted, Leg: call.Caller, Out: true, Of: 3, N: 1},
	}
}

func testID(n int) string { return fmt.Sprintf("call_01956f00-0000-7000-8000-%012d", n) }

func testRecord(n int) outcome.Record {
	start := t0.Add(time.Duration(n) * time.Minute)
	ring := start.Add(200 * time.Millisecond)
	return outcome.Record{
		ID: testID(n), Version: 1, StartedAt: start, RingingAt: &ring, EndedAt: start.Add(time.Duration(n+1) * time.Second),
		DurationMS: int64(n+1) * 1000, SetupMS: 5, RingMS: 3, Direction: "internal",
		From: outcome.Party{URI: "sip:100@example.com", Number: "100", Name: "Reception"}, To: outcome.Party{URI: "sip:101@example.com", Number: "101"},
		Status: "Busy", LastResponseCode: 486, SIPFinal: 486, ByeReason: "USER_BUSY", Q850Cause: 17, EndedBy: "callee", Answered: "no",
		Stage: "ringing", Confidence: "certain", User: "100", Summary: "The called phone was busy.", Source: "live",
		Evidence: []outcome.Evidence{{Field: "bye_reason", Leg: 1, Message: 3, At: start, Rule: "4", Text: "486"}},
		Legs:     []outcome.Leg{{ID: 1, Direction: "in", Peer: "phone", StartedAt: start}},
		Segments: []outcome.Segment{{Stage: "routing", StartedAt: start, EndedAt: start}},
	}
}

// A site is a Server with a store of its own, in a time of its own.
type site struct {
	*Server
	t     testing.TB
	x     *fakeExchange
	local *store.Local
	url   string
	clock time.Time

	voice   *app.Mailboxes
	message app.Message // of mailbox 100
	people  *fakePeople
	audit   *Audit
}

// newSite serves by the network; keys has one key for each scope, and one with all.
func newSite(t testing.TB) (*site, map[config.Scope]string) {
	t.Helper()
	local, _, err := store.Open(t.TempDir(), store.Options{SegmentSize: 1 << 20, Index: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	ring, fresh, err := OpenKeyring(t.TempDir())
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	s := &site{t: t, x: &fakeExchange{}, local: local, clock: t0.Add(time.Hour)}
	hooks, err := webhook.Open(webhook.Options{Path: filepath.Join(t.TempDir(), "webhooks.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hooks.Close() })
	if _, err := hooks.Add(webhook.Endpoint{Name: "crm", URL: "https://192.0.2.1", Events: []string{"*"}}); err != nil {
		t.Fatal(err)
	}
	metrics := NewMetrics()
	s.Server = &Server{
		Exchange: s.x, Queues: fakeQueues{}, Webhooks: hooks, Guard: fakeGuard{}, Hours: &fakeHours{}, Store: local, Keys: ring, Hub: NewHub(metrics.Observe), Metrics: metrics,
		Prompts: func(names []string) (media.Source, error) {
			if names[0] == "none" {
				return nil, errors.New("there is no prompt none")
			}
			return media.Chain{}, nil
		},
		Reload: func(context.Context) error { return nil }, Version: "1", Domain: "example.com", Now: func() time.Time { return s.clock },
	}
	s.Recordings = oneRecording(t)
	s.people = newPeople()
	s.People, s.Shelf = s.people, app.NewMadePrompts(t.TempDir())
	s.addVoice()
	metrics.Attach(s.x, s.Hub, "1")
	go s.Hub.Run()
	t.Cleanup(s.Hub.Close)
	keys := map[config.Scope]string{}
	for _, scope := range config.Scopes() {
		if keys[scope], _, err = ring.Add(strings.ReplaceAll(string(scope), ":", "-"), []config.Scope{scope}, s.clock, 0); err != nil {
			t.Fatal(err)
		}
	}
	if keys["all"], _, err = ring.Add("all", config.Scopes(), s.clock, 0); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	t.Cleanup(web.CloseClientConnections)
	s.url = web.URL
	return s, keys
}

// keep stores records, each with the events of a refused call, until they are durable.
func (s *site) keep(records ...outcome.Record) {
	s.t.Helper()
	done := make(chan error, len(records))
	for _, r := range records {
		if err := s.local.Finish(r, testEvents(), func(err error) { done <- err }); err != nil {
			s.t.Fatal(err)
		}
	}
	for range records {
		if err := <-done; err != nil {
			s.t.Fatal(err)
		}
	}
}

// A reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends a request; more are headers, "Name: value".
func (s *site) ask(method, path, key, body string, more ...string) reply {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range more {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(raw)}
}

// problem reads a problem and checks that it is one that is explained.
func (s *site) problem(r reply) Problem {
	s.t.Helper()
	var p Problem
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		s.t.Fatalf("%d %q: %v", r.status, r.body, err)
	}
	if r.header.Get("Content-Type") != "application/problem+json" || p.Status != r.status || p.Title == "" {
		s.t.Errorf("%d %s: %+v", r.status, r.header.Get("Content-Type"), p)
	}
	s.limits = limits{}
	if page := s.ask("GET", p.Type, "", ""); page.status != 200 || !strings.Contains(page.body, p.Code) {
		s.t.Errorf("the page of the problem %s: %d", p.Type, page.status)
	}
	return p
}

func decode[T any](t *testing.T, r reply) (v T) {
	t.Helper()
	if r.status/100 != 2 {
		t.Fatalf("status %d: %s", r.status, r.body)
	}
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%q: %v", r.body, err)
	}
	return v
}

// addVoice gives the site mailbox 100 with a message, and an audit.
func (s *site) addVoice() {
	s.t.Helper()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	var err error
	s.audit, err = OpenAudit(s.t.TempDir())
	must(err)
	s.t.Cleanup(func() { _ = s.audit.Close() })
	s.voice, _, err = app.OpenMailboxes(s.t.TempDir())
	must(err)
	s.message, err = s.voice.Add(app.Message{Mailbox: "100", Caller: "101", At: t0}, media.Tone(8000, 8000, 440), app.MailboxLimits{})
	must(err)
	s.Voice, s.Boxes, s.Audit = s.voice, func() []string { return []string{"100"} }, s.audit
}
