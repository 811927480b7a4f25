package console

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"onhook/api"
	"onhook/app"
	"onhook/outcome"
	"onhook/store"
)

// millionOf puts a million calls of thirty days into a store, as calls of 5,000
// callers by ten trunks; with -short a tenth of it.
func millionOf(b *testing.B, local *store.Local) {
	calls := 1_000_000
	if testing.Short() {
		calls /= 10
	}
	kinds := []outcome.Record{
		{Status: "Call Ended", ByeReason: "NORMAL_CLEARING", LastResponseCode: 200, SIPFinal: 200, EndedBy: "caller", Answered: "party", Stage: "talking"},
		{Status: "Call Ended", ByeReason: "NORMAL_CLEARING", LastResponseCode: 200, SIPFinal: 200, EndedBy: "callee", Answered: "party", Stage: "talking"},
		{Status: "Busy", ByeReason: "USER_BUSY", LastResponseCode: 486, SIPFinal: 486, EndedBy: "callee", Answered: "no", Stage: "ringing"},
		{Status: "Cancelled", ByeReason: "ORIGINATOR_CANCEL", LastResponseCode: 487, SIPFinal: 487, EndedBy: "caller", Answered: "no", Stage: "ringing"},
		{Status: "Not Answered", ByeReason: "NO_ANSWER", LastResponseCode: 480, SIPFinal: 480, EndedBy: "platform", Answered: "no", Stage: "ringing"},
	}
	rnd := rand.New(rand.NewPCG(1, 1_000_000))
	times := make([]time.Duration, calls)
	for i := range times {
		times[i] = time.Duration(rnd.Int64N(int64(30 * 24 * time.Hour)))
	}
	slices.Sort(times)
	kept := make(chan error, 4096)
	pending := 0
	settle := func() {
		if err := <-kept; err != nil {
			b.Fatal(err)
		}
		pending--
	}
	for i, at := range times {
		r := kinds[rnd.IntN(len(kinds))]
		r.ID, r.Version, r.Source, r.Confidence, r.Direction = fmt.Sprintf("call_01956f00-0000-7000-8000-%012x", i), 1, "live", "certain", "outbound"
		r.StartedAt = t0.Add(at - 30*24*time.Hour)
		r.RingMS = int64(rnd.ExpFloat64() * 8000)
		if r.Answered == "party" {
			r.TalkMS = int64(rnd.ExpFloat64() * 120_000)
		}
		rang := r.StartedAt.Add(time.Duration(rnd.ExpFloat64() * float64(2*time.Second)))
		r.RingingAt, r.DurationMS = &rang, r.RingMS+r.TalkMS
		r.EndedAt = r.StartedAt.Add(time.Duration(r.DurationMS) * time.Millisecond)
		r.From.Number, r.To.Number = fmt.Sprint(4_930_000+rnd.IntN(5000)), fmt.Sprint(100+rnd.IntN(20_000))
		r.From.URI, r.To.URI, r.Trunk = "sip:"+r.From.Number+"@example.com", "sip:"+r.To.Number+"@example.com", fmt.Sprintf("carrier%d", rnd.IntN(10))
		r.Summary = r.Status + ": a call of the bench."
		for pending >= 2048 {
			settle()
		}
		if err := local.Finish(r, nil, func(err error) { kept <- err }); err != nil {
			b.Fatal(err)
		}
		pending++
	}
	for pending > 0 {
		settle()
	}
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	end := time.Now().Add(10 * time.Minute)
	for range look.C {
		got, err := local.Stats(store.Question{})
		if err == nil && got.Total.Calls == int64(calls) {
			return
		}
		if time.Now().After(end) {
			b.Fatal("the index never had all calls: ", got.Total.Calls, err)
		}
	}
}

// BenchmarkMillionPages has pages made of a million calls, by the console's own
// handlers: the bars are 50 ms for the list by any filter with an index, 200 ms for the dashboard.
func BenchmarkMillionPages(b *testing.B) {
	local, _, err := store.Open(b.TempDir(), store.Options{SegmentSize: 64 << 20, Index: 10 * time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = local.Close() })
	millionOf(b, local)
	data := b.TempDir()
	ring, _, err := api.OpenKeyring(data)
	if err != nil {
		b.Fatal(err)
	}
	p, _, err := OpenPasswords(data)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := p.Renew(); err != nil {
		b.Fatal(err)
	}
	now := func() time.Time { return t0 }
	x := &fakeExchange{from: "sip:100@example.com"}
	s, err := New(Options{API: &api.Server{Exchange: x, Store: local, Keys: ring, Hub: api.NewHub(), Metrics: api.NewMetrics(), Queues: x, Webhooks: &fakeWebhooks{}, Shelf: app.NewMadePrompts(b.TempDir()), Version: "1", Now: now}, Passwords: p, Data: data, Now: now})
	if err != nil {
		b.Fatal(err)
	}
	hash, err := p.hash()
	if err != nil {
		b.Fatal(err)
	}
	secret := s.sessions.open(hash, t0)
	for _, path := range []string{
		"/calls", "/calls?status=Busy", "/calls?q=busy+since:24h", "/calls?q=4931234", "/calls?q=49312*", "/calls?q=4931234+1234", "/calls?trunk=carrier3", "/calls?code=486&ended_by=callee",
		"/calls?bye_reason=ORIGINATOR_CANCEL&max_duration=5s", "/calls?answered=party&max_talk=15s", "/calls?status=Abandoned",
		"/", "/trunks", "/reference", "/dashboard?span=hour", "/dashboard?span=day", "/dashboard?span=week", "/dashboard?span=month", "/dashboard?span=month&trunk=carrier3",
	} {
		b.Run(path[1:], func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				r.AddCookie(cookie(r, secret, false))
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatalf("%s: %d %s", path, w.Code, w.Body)
				}
			}
		})
	}
}
