package api

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"onhook/app"

	"onhook/exchange"
	"onhook/store"
)

// A listener reads a stream of events.
type listener struct {
	t      testing.TB
	events chan Event
	words  chan string // names of events, "" at the end
	close  func()
}

// listen follows the events; more are headers.
func (s *site) listen(path, key string, more ...string) *listener {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), "GET", s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	for _, h := range more {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		s.t.Fatal(resp.StatusCode, resp.Header)
	}
	l := &listener{t: s.t, events: make(chan Event, 1000), words: make(chan string, 1000), close: func() { resp.Body.Close() }}
	s.t.Cleanup(l.close)
	go func() {
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 4<<20)
		id := ""
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				id = value
			case "event":
				l.words <- value
			case "data":
				var e Event
				if err := json.Unmarshal([]byte(value), &e); err == nil && e.ID == id && e.ID != "" {
					l.events <- e
				}
			}
		}
		close(l.words)
	}()
	return l
}

// patience is how long a starved machine may take for what is to happen.
const patience = 2 * time.Minute

// next waits for an event.
func (l *listener) next() Event {
	l.t.Helper()
	select {
	case e := <-l.events:
		return e
	case <-time.After(patience):
		l.t.Fatal("no event came")
	}
	return Event{}
}

// happens tells the hub of one step of a call.
func (s *site) happens(n int, what string, sequence uint32) {
	r := testRecord(n)
	e := exchange.CallEvent{Type: what, At: r.StartedAt.Add(time.Duration(sequence) * time.Millisecond), Sequence: sequence, Call: exchange.LiveCall{ID: r.ID, User: r.User}}
	if what == exchange.CallEnded {
		e.Record = &r
	}
	s.Hub.Watch(e)
}

// life is what happens in a call that is busy.
func (s *site) life(n int) {
	s.happens(n, exchange.CallStarted, 1)
	s.happens(n, exchange.CallRinging, 2)
	s.happens(n, exchange.CallEnded, 3)
}

func TestFollowersSeeTheLifeOfCallsInOrder(t *testing.T) {
	s, keys := newSite(t)
	all, one := s.listen("/v1/events", keys["calls:read"]), s.listen("/v1/events?call="+testID(1)+"&type=call.ended", keys["calls:read"])
	s.life(0)
	s.life(1)
	var got []string
	last := place{}
	for range 6 {
		e := all.next()
		p, err := parsePlace(e.ID)
		if err != nil || !p.after(last) {
			t.Errorf("id %s after %s: %v", e.ID, last, err)
		}
		last = p
		got = append(got, e.Call.ID[len(e.Call.ID)-1:]+" "+e.Type)
	}
	want := []string{"0 call.started", "0 call.ringing", "0 call.ended", "1 call.started", "1 call.ringing", "1 call.ended"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if e := one.next(); e.Type != "call.ended" || e.Record == nil || e.Record.ID != testID(1) || e.Record.Status != "Busy" {
		t.Errorf("%+v", e)
	}
}

func TestWhoComesBackGetsWhatWasMissed(t *testing.T) {
	s, keys := newSite(t)
	l := s.listen("/v1/events", keys["calls:read"])
	s.life(0)
	first := l.next()
	l.next()
	l.next()
	l.close()
	s.life(1)
	back := s.listen("/v1/events", keys["calls:read"], "Last-Event-ID: "+first.ID)
	var got []string
	for range 5 {
		e := back.next()
		got = append(got, e.Call.ID[len(e.Call.ID)-1:]+" "+e.Type)
	}
	want := []string{"0 call.ringing", "0 call.ended", "1 call.started", "1 call.ringing", "1 call.ended"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestAfterARestartWhatWasMissedIsMadeFromTheRecords(t *testing.T) {
	s, keys := newSite(t)
	s.keep(testRecord(0), testRecord(1), testRecord(2)) // by the server before; this one has seen no event
	since := place{at: testRecord(1).StartedAt.UnixMicro() + 1}
	l := s.listen("/v1/events", keys["calls:read"], "Last-Event-ID: "+since.String())
	var got []string
	for range 5 {
		e := l.next()
		if e.Sequence != 0 {
			t.Errorf("%+v", e)
		}
		got = append(got, e.Call.ID[len(e.Call.ID)-1:]+" "+e.Type)
	}
	// Call 1 began just before.
	want := []string{"1 call.ringing", "1 call.ended", "2 call.started", "2 call.ringing", "2 call.ended"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if r := s.ask("GET", "/v1/events", keys["calls:read"], "", "Last-Event-ID: x"); s.problem(r).Code != "invalid" {
		t.Error(r)
	}
}

// TestWhatIsOfNoCallIsReplayedAfterARestart has a second server go on after a first that
// ended without a word.
func TestWhatIsOfNoCallIsReplayedAfterARestart(t *testing.T) {
	before, _ := newSite(t)
	dir := t.TempDir()
	keep := func(h *Hub) {
		events, err := store.OpenHappened(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = events.Close() })
		h.Keep(events, func(err error) { t.Error(err) })
	}
	keep(before.Hub)
	since := place{at: t0.UnixMicro() - 1}
	before.everything()
	before.Hub.Notify(exchange.Notice{Type: exchange.RegistrationRemoved, At: t0.Add(time.Minute), Registration: &exchange.RegistrationChange{User: "100"}})
	last := before.newest()

	s, keys := newSite(t)
	s.keep(testRecord(0)) // the call of everything, as the store has it
	keep(s.Hub)
	s.Hub.Notify(exchange.Notice{Type: exchange.TrunkUp, At: t0.Add(-time.Hour), Trunk: &exchange.TrunkChange{Name: "carrier", State: "up"}}) // the clock was set back
	if now := s.newest(); !now.after(last) {
		t.Errorf("the id %s of the second server is not after %s of the first", now, last)
	}
	for name, next := range map[string]func() Event{
		"server-sent events": s.listen("/v1/events", keys["all"], "Last-Event-ID: "+since.String()).next,
		"WebSocket":          s.follow(channel{key: keys["all"], url: s.url}, true, "/v1/events?after="+since.String()),
	} {
		var got []string
		for range 9 {
			got = append(got, next().Type)
		}
		slices.Sort(got)
		want := []string{"call.ended", "call.ringing", "call.started", "queue.caller_entered", "registration.registered", "registration.removed", "trunk.down", "trunk.up", "user.changed"}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	// Who may not see them gets the call alone, and who asks for one thing gets that.
	if got := families(s.follow(channel{key: keys["calls:read"], url: s.url}, false, "/v1/events?after="+since.String())); got != "call" {
		t.Errorf("with calls:read: %q", got)
	}
	one := s.listen("/v1/events?trunk=carrier&after="+since.String(), keys["all"])
	if e := one.next(); e.Type != "trunk.down" || e.Trunk.Name != "carrier" {
		t.Errorf("%+v", e)
	}
	if e := one.next(); e.Type != "trunk.up" {
		t.Errorf("%+v", e)
	}
	// Nothing comes twice where memory begins.
	back := s.listen("/v1/events?type=trunk.up&after="+last.String(), keys["all"])
	s.Hub.Notify(exchange.Notice{Type: exchange.TrunkUp, At: t0, Trunk: &exchange.TrunkChange{Name: "other", State: "up"}})
	if a, b := back.next(), back.next(); a.Trunk.Name != "carrier" || b.Trunk.Name != "other" {
		t.Errorf("%s, then %s", a.Trunk.Name, b.Trunk.Name)
	}
}

func TestAFollowerThatFallsBehindIsToldToComeBack(t *testing.T) {
	h := NewHub()
	f, _, _ := h.join(wanted{system: true}, place{})
	for i := 0; ; i++ {
		h.give(&exchange.CallEvent{Type: exchange.CallStarted, At: t0, Call: exchange.LiveCall{ID: testID(i), From: strings.Repeat("x", 10_000)}})
		f.mu.Lock()
		behind, size := f.behind, f.size
		f.mu.Unlock()
		if size > mostBehind {
			t.Fatalf("%d bytes wait", size)
		}
		if behind {
			break
		}
		if i > 200 {
			t.Fatal("it is never cut")
		}
	}
	if queue, behind := f.take(); len(queue) == 0 || !behind {
		t.Errorf("%d events, behind: %v", len(queue), behind)
	}
}

func TestAStreamThatIsBehindEndsWithTheWordResume(t *testing.T) {
	s, keys := newSite(t)
	l := s.listen("/v1/events", keys["calls:read"])
	// The answer has begun, so that the stream follows.
	s.Hub.follow.Lock()
	for f := range s.Hub.followers {
		f.add(make([]byte, mostBehind+1))
	}
	s.Hub.follow.Unlock()
	timeout := time.After(patience)
	last := ""
	for {
		select {
		case w, open := <-l.words:
			if !open {
				if last != "resume" {
					t.Errorf("the last word was %q", last)
				}
				return
			}
			last = w
		case <-timeout:
			t.Fatal("the stream does not end")
		}
	}
}

func TestTheHubNeverBlocksAndCountsWhatItLoses(t *testing.T) {
	h := NewHub() // nobody runs it
	for range mostWaiting + 5 {
		h.Watch(exchange.CallEvent{})
	}
	if h.Lost() != 5 {
		t.Errorf("%d lost", h.Lost())
	}
}

func TestMemoryOfEventsIsBounded(t *testing.T) {
	h := NewHub()
	for i := range keptEvents + 100 {
		h.give(&exchange.CallEvent{Type: exchange.CallStarted, At: t0, Call: exchange.LiveCall{ID: testID(i)}})
	}
	if len(h.ring) > keptEvents || len(h.ring) < keptEvents/2 || h.ring[len(h.ring)-1].event.Call.ID != testID(keptEvents+99) {
		t.Errorf("%d are kept", len(h.ring))
	}
	r := testRecord(0)
	r.From.Name = strings.Repeat("x", 60_000)
	for range 1000 {
		h.give(&exchange.CallEvent{Type: exchange.CallEnded, At: t0, Call: exchange.LiveCall{ID: r.ID}, Record: &r})
		weight := 0
		for i := range h.ring {
			weight += h.ring[i].weight()
		}
		if weight > keptBytes || weight != h.size {
			t.Fatalf("%d bytes are kept, %d counted", weight, h.size)
		}
	}
}

func TestMetricsCountCallsAndNameNobody(t *testing.T) {
	s, keys := newSite(t)
	l := s.listen("/v1/events", keys["calls:read"])
	s.life(0)
	for range 3 {
		l.next()
	}
	text := s.ask("GET", "/metrics", keys["metrics:read"], "").body
	for _, want := range []string{
		`onhook_calls_started_total 1`,
		`onhook_calls_total{by="callee",code="486",direction="internal",reason="USER_BUSY",status="Busy",trunk=""} 1`,
		`onhook_post_dial_delay_seconds_bucket{direction="internal",trunk="",le="0.25"} 1`,
		`onhook_ring_seconds_count{direction="internal",trunk=""} 1`,
		`onhook_packets_total 7`,
		`onhook_trunk_up{trunk="carrier"} 0`,
		`onhook_build_info{version="1"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("it lacks %s", want)
		}
	}
	for _, bad := range []string{testID(0), "101", "sip:"} {
		if strings.Contains(text, `"`+bad) {
			t.Errorf("it names %s", bad)
		}
	}
}

func TestReadinessSaysWhyNot(t *testing.T) {
	s, _ := newSite(t)
	if r := s.ask("GET", "/readyz", "", ""); r.status != 200 {
		t.Errorf("%+v", r)
	}
	s.x.err = exchange.ErrStopped
	if p := s.problem(s.ask("GET", "/readyz", "", "")); p.Code != "not_ready" {
		t.Errorf("%+v", p)
	}
	s.x.err = nil
	s.Drain()
	if p := s.problem(s.ask("GET", "/readyz", "", "")); p.Status != 503 {
		t.Errorf("%+v", p)
	}
}

// socket follows the events by WebSocket.
func (s *site) socket(path, key string, header http.Header) (*websocket.Conn, int) {
	s.t.Helper()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Authorization", "Bearer "+key)
	c, resp, err := websocket.Dial(s.t.Context(), s.url+path, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		if resp == nil {
			s.t.Fatal(err)
		}
		return nil, resp.StatusCode
	}
	c.SetReadLimit(4 << 20)
	s.t.Cleanup(func() { _ = c.CloseNow() })
	return c, resp.StatusCode
}

// read gives the next event of a WebSocket.
func read(t testing.TB, c *websocket.Conn) (e Event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	kind, raw, err := c.Read(ctx)
	if err != nil || kind != websocket.MessageText {
		t.Fatal(kind, err)
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	return e
}

func TestTheSameEventsByWebSocketWithTheSameRights(t *testing.T) {
	s, keys := newSite(t)
	if _, status := s.socket("/v1/events", keys["keys:write"], nil); status != 403 {
		t.Errorf("without the right: %d", status)
	}
	if _, status := s.socket("/v1/events", keys["calls:read"], http.Header{"Origin": {"https://evil.example"}}); status != 403 {
		t.Errorf("from another site: %d", status)
	}
	if _, status := s.socket("/v1/events?after=x", keys["calls:read"], nil); status != 422 {
		t.Errorf("after nothing that is known: %d", status)
	}
	all, _ := s.socket("/v1/events", keys["all"], nil)
	one, _ := s.socket("/v1/events?call="+testID(1), keys["calls:read"], nil)
	s.life(0)
	s.life(1)
	var first Event
	for i, want := range []string{"call.started", "call.ringing", "call.ended", "call.started", "call.ringing", "call.ended"} {
		e := read(t, all)
		if i == 0 {
			first = e
		}
		if e.Type != want {
			t.Errorf("%d: %s, want %s", i, e.Type, want)
		}
	}
	if e := read(t, one); e.Call.ID != testID(1) || e.Type != "call.started" {
		t.Errorf("%+v", e)
	}
	back, _ := s.socket("/v1/events?after="+first.ID, keys["calls:read"], nil)
	if e := read(t, back); e.Type != "call.ringing" || e.Call.ID != testID(0) {
		t.Errorf("%+v", e)
	}
}

func TestASocketThatIsBehindIsToldToResume(t *testing.T) {
	s, keys := newSite(t)
	c, _ := s.socket("/v1/events", keys["calls:read"], nil)
	for s.Hub.following() == 0 {
		runtime.Gosched()
	}
	s.Hub.follow.Lock()
	for f := range s.Hub.followers {
		f.add(make([]byte, mostBehind+1))
	}
	s.Hub.follow.Unlock()
	if e := read(t, c); e.Type != "resume" {
		t.Errorf("%+v", e)
	}
	_, _, err := c.Read(t.Context())
	if websocket.CloseStatus(err) != websocket.StatusTryAgainLater {
		t.Error(err)
	}
}

func TestRegistrationsTrunksAndQueuesAreInTheStreamOfWhoMaySeeThem(t *testing.T) {
	s, keys := newSite(t)
	all, calls := s.listen("/v1/events", keys["all"]), s.listen("/v1/events", keys["calls:read"])
	user, trunk, queue := s.listen("/v1/events?user=100", keys["all"]), s.listen("/v1/events?trunk=carrier", keys["all"]), s.listen("/v1/events?queue=support", keys["all"])
	s.Hub.Notify(exchange.Notice{Type: exchange.Registered, At: t0, Registration: &exchange.RegistrationChange{User: "100", AOR: "sip:100@example.com", Contact: "sip:100@192.0.2.1"}})
	s.Hub.Notify(exchange.Notice{Type: exchange.TrunkDown, At: t0, Trunk: &exchange.TrunkChange{Name: "carrier", State: "down", Reason: "no answer"}})
	s.Hub.Queued(app.Event{At: t0, Kind: app.CallerEntered, Queue: "support", Call: testID(7), Waited: 1500 * time.Millisecond, Place: 2})
	s.life(1)
	var got []string
	for range 6 {
		got = append(got, all.next().Type)
	}
	if want := []string{"registration.registered", "trunk.down", "queue.caller_entered", "call.started", "call.ringing", "call.ended"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if e := calls.next(); e.Type != "call.started" {
		t.Errorf("who may see calls only got %s", e.Type)
	}
	if e := user.next(); e.Registration == nil || e.Registration.Contact != "sip:100@192.0.2.1" || e.Call.ID != "" {
		t.Errorf("%+v", e)
	}
	if e := trunk.next(); e.Trunk == nil || e.Trunk.Reason != "no answer" {
		t.Errorf("%+v", e)
	}
	if e := queue.next(); e.Queue == nil || e.Queue.WaitedMS != 1500 || e.Queue.Place != 2 {
		t.Errorf("%+v", e)
	}
}

// TestAFollowerOfSeveralSubjectsGetsWhatIsOfAllOfThem holds the index of followers against their filters.
func TestAFollowerOfSeveralSubjectsGetsWhatIsOfAllOfThem(t *testing.T) {
	h := NewHub()
	for _, c := range []struct {
		want wanted
		got  int
	}{
		{wanted{}, 2},
		{wanted{user: "100"}, 2},
		{wanted{call: testID(1)}, 1},
		{wanted{call: testID(1), user: "100"}, 1},
		{wanted{call: testID(1), user: "101"}, 0},
		{wanted{user: "100", trunk: "carrier"}, 0},
		{wanted{types: []string{"call.ended"}}, 0},
	} {
		f, _, _ := h.join(c.want, place{})
		for n := range 2 {
			h.give(&exchange.CallEvent{Type: exchange.CallStarted, At: t0, Call: exchange.LiveCall{ID: testID(n), User: "100"}})
		}
		if queue, _ := f.take(); len(queue) != c.got {
			t.Errorf("%+v: %d events", c.want, len(queue))
		}
		h.leave(f)
	}
	if len(h.about) != 0 || h.following() != 0 {
		t.Errorf("%d subjects are kept", len(h.about))
	}
}
