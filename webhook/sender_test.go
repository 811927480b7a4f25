package webhook

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"onhook/wire"
)

// patience is how long a loaded machine may take.
const patience = 2 * time.Minute

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !done() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal(what)
		}
	}
}

func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

// quick tries again soon, eight times.
func quick() (all []time.Duration) {
	for i := range 8 {
		all = append(all, time.Duration(i)*10*time.Millisecond)
	}
	return all
}

func open(t *testing.T, o Options) *Sender {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "webhooks.db")
	}
	if o.Schedule == nil {
		o.Schedule = quick()
	}
	if o.Timeout == 0 {
		o.Timeout = patience // a request that is given up comes twice
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// A receiver takes messages and checks them.
type receiver struct {
	t      *testing.T
	url    string
	mu     sync.Mutex
	got    []string // ids
	bodies map[string]string
	secret string
}

// receive answers as answer says; nil takes all.
func receive(t *testing.T, answer func(http.ResponseWriter, *http.Request) bool) *receiver {
	t.Helper()
	r := &receiver{t: t, bodies: map[string]string{}}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil || answer != nil && !answer(w, q) {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.secret != "" {
			hook, err := standardwebhooks.NewWebhook(r.secret)
			if err != nil {
				t.Error(err)
				return
			}
			if err := hook.Verify(body, q.Header); err != nil {
				t.Error(err)
			}
		}
		id := q.Header.Get("webhook-id")
		r.got = append(r.got, id)
		r.bodies[id] = string(body)
	}))
	t.Cleanup(web.Close)
	t.Cleanup(web.CloseClientConnections)
	r.url = web.URL
	return r
}

func (r *receiver) ids() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (s *Sender) mustAdd(t *testing.T, name, url string, events ...string) string {
	t.Helper()
	if len(events) == 0 {
		events = []string{"*"}
	}
	e, err := s.Add(Endpoint{Name: name, URL: url, Events: events, Private: loopback()})
	if err != nil {
		t.Fatal(err)
	}
	return e.Secrets[0].Text
}

func message(key string, n int) Message {
	id := fmt.Sprintf("msg_%s_%d", key, n)
	return Message{ID: id, Type: "call.updated", Key: key, At: time.Now(), Body: []byte(`{"n":"` + id + `"}`)}
}

func (s *Sender) status(name string) EndpointState {
	for _, st := range s.List() {
		if st.Name == name {
			return st
		}
	}
	return EndpointState{}
}

// checkOrder says what is wrong with the messages of each key that came.
func checkOrder(t *testing.T, ids []string, keys, each int) {
	t.Helper()
	next := map[string]int{}
	for _, id := range ids {
		f := strings.Split(id, "_")
		if f[2] != fmt.Sprint(next[f[1]]) {
			t.Errorf("%s came where %d was to come", id, next[f[1]])
		}
		next[f[1]]++
	}
	if len(next) != keys || len(ids) != keys*each {
		t.Errorf("%d messages of %d keys came", len(ids), len(next))
	}
}

// TestOneGoodReceiverGetsEverythingOnceWhateverTheOthersDo puts a receiver that is
// slow, one that is dead and three that lie beside a good one.
func TestOneGoodReceiverGetsEverythingOnceWhateverTheOthersDo(t *testing.T) {
	const limit = 3 * time.Second // the good one keeps to it on a machine that is starved, too
	s := open(t, Options{Timeout: limit})
	slow := receive(t, func(_ http.ResponseWriter, q *http.Request) bool { <-q.Context().Done(); return false })
	late := receive(t, func(w http.ResponseWriter, q *http.Request) bool {
		select {
		case <-time.After(2 * limit):
			w.WriteHeader(200)
		case <-q.Context().Done():
		}
		return false
	})
	cut := receive(t, func(w http.ResponseWriter, _ *http.Request) bool {
		c, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			c.Close()
		}
		return false
	})
	moved := receive(t, func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Location", "http://169.254.169.254/latest/meta-data")
		w.WriteHeader(302)
		return false
	})
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	good := receive(t, nil)
	s.mustAdd(t, "slow", slow.url)
	s.mustAdd(t, "late", late.url)
	s.mustAdd(t, "cut", cut.url)
	s.mustAdd(t, "moved", moved.url)
	s.mustAdd(t, "dead", "http://"+dead.Addr().String())
	good.secret = s.mustAdd(t, "good", good.url)
	const keys, each = 20, 5
	begun := time.Now()
	for n := range each {
		for k := range keys {
			s.Send(message(fmt.Sprint("call", k), n))
		}
	}
	if took := time.Since(begun); took > 10*limit { // who waits for the slow one takes a hundred times the limit
		t.Errorf("to send took %s", took)
	}
	eventually(t, "the good one does not get everything", func() bool { return s.status("good").Delivered == keys*each })
	checkOrder(t, good.ids(), keys, each)
	if got := good.bodies["msg_call3_4"]; got != `{"n":"msg_call3_4"}` {
		t.Errorf("the body is %q", got)
	}
	eventually(t, "the dead one is not given up", func() bool { return s.status("dead").Failed > 0 })
	for _, name := range []string{"slow", "late"} {
		eventually(t, "the "+name+" one is waited for without end", func() bool { return s.status(name).Attempts > 0 })
	}
	for _, name := range []string{"slow", "late", "cut", "moved", "dead"} {
		if st := s.status(name); st.Delivered != 0 || st.Pending+int(st.Failed) != keys*each {
			t.Errorf("%s: %+v", name, st)
		}
	}
	eventually(t, "the reason is not said", func() bool { return s.status("moved").LastError == "it answered 302" })
	eventually(t, "the log is not written", func() bool {
		all, _, err := s.Deliveries("good", Delivered, "", 500)
		return err == nil && len(all) == keys*each
	})
	list, next, err := s.Deliveries("good", Delivered, "", 60)
	if err != nil || len(list) != 60 || next == "" || len(list[0].Attempts) != 1 || list[0].Attempts[0].Status != 200 {
		t.Fatalf("%d deliveries, %q, %v", len(list), next, err)
	}
	rest, next, err := s.Deliveries("good", Delivered, next, 60)
	if err != nil || len(rest) != 40 || next != "" {
		t.Errorf("%d more deliveries, %q, %v", len(rest), next, err)
	}
}

func TestASecondTryHasTheSameIDAndIsInOrder(t *testing.T) {
	s := open(t, Options{})
	var mu sync.Mutex
	tries := map[string]int{}
	r := receive(t, func(w http.ResponseWriter, q *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		id := q.Header.Get("webhook-id")
		if tries[id]++; tries[id] < 3 {
			w.WriteHeader(500)
			return false
		}
		return true
	})
	r.secret = s.mustAdd(t, "it", r.url)
	for n := range 5 {
		s.Send(message("a", n))
		s.Send(message("b", n))
	}
	eventually(t, "not all came", func() bool { return s.status("it").Delivered == 10 })
	checkOrder(t, r.ids(), 2, 5)
	if st := s.status("it"); st.Attempts != 30 || st.Pending != 0 {
		t.Errorf("%+v", st)
	}
}

func TestWhatWasNotDeliveredIsTheNextSenders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "webhooks.db")
	var up sync.Map
	r := receive(t, func(w http.ResponseWriter, _ *http.Request) bool {
		if _, there := up.Load("up"); !there {
			w.WriteHeader(503)
			return false
		}
		return true
	})
	s := open(t, Options{Path: path, Schedule: slices.Repeat([]time.Duration{20 * time.Millisecond}, 1000)})
	s.mustAdd(t, "it", r.url)
	for n := range 10 {
		s.Send(message("a", n))
	}
	eventually(t, "it was never tried", func() bool { return s.status("it").Attempts > 2 && s.status("it").Pending == 10 })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	up.Store("up", true)
	s = open(t, Options{Path: path})
	eventually(t, "it does not go on", func() bool { return s.status("it").Delivered == 10 })
	checkOrder(t, r.ids(), 1, 10)
}

func TestGoneDisablesAndEnablingGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "webhooks.db")
	var back sync.Map
	both := make(chan struct{}) // nothing more is taken for who is gone
	r := receive(t, func(w http.ResponseWriter, _ *http.Request) bool {
		if _, there := back.Load("back"); !there {
			<-both
			w.WriteHeader(410)
			return false
		}
		return true
	})
	s := open(t, Options{Path: path, Parallel: 1})
	s.mustAdd(t, "it", r.url)
	s.Send(message("a", 0))
	s.Send(message("a", 1))
	close(both)
	eventually(t, "it is not disabled", func() bool { return s.status("it").Disabled != "" && s.status("it").Pending == 2 })
	if s.Wants("call.ended") {
		t.Error("what is disabled is sent to")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, Options{Path: path})
	if st := s.status("it"); st.Disabled != "it answered 410 Gone" || st.Pending != 2 {
		t.Fatalf("after a restart: %+v", st)
	}
	back.Store("back", true)
	if err := s.Enable("it", true, "somebody"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it does not go on", func() bool { return s.status("it").Delivered == 2 })
	checkOrder(t, r.ids(), 1, 2)
}

func TestReplayOfOneAndOfAllThatFailed(t *testing.T) {
	s := open(t, Options{Schedule: []time.Duration{0, time.Millisecond}})
	var up sync.Map
	r := receive(t, func(w http.ResponseWriter, _ *http.Request) bool {
		if _, there := up.Load("up"); !there {
			w.WriteHeader(500)
			return false
		}
		return true
	})
	s.mustAdd(t, "it", r.url)
	begun := time.Now().Add(-time.Minute)
	s.Send(message("a", 0))
	s.Send(message("a", 1))
	eventually(t, "they are not given up", func() bool {
		list, _, err := s.Deliveries("it", Failed, "", 10)
		return err == nil && len(list) == 2
	})
	up.Store("up", true)
	if n, err := s.ReplayFailed("it", begun); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	eventually(t, "they do not come", func() bool {
		list, _, err := s.Deliveries("it", Delivered, "", 10)
		return err == nil && len(list) == 2
	})
	if err := s.Replay("it", "msg_a_0"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it does not come again", func() bool { return len(r.ids()) == 3 })
	if got := r.ids(); got[2] != "msg_a_0" {
		t.Errorf("%q", got)
	}
	if err := s.Replay("it", "msg_other"); !errors.Is(err, ErrNoMessage) {
		t.Error(err)
	}
	if err := s.Replay("other", "msg_a_0"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestWhileASecretIsReplacedBothSign(t *testing.T) {
	now := time.Now()
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	s := open(t, Options{Now: clock})
	headers := make(chan http.Header, 10)
	r := receive(t, func(_ http.ResponseWriter, q *http.Request) bool { headers <- q.Header.Clone(); return true })
	old := s.mustAdd(t, "it", r.url)
	fresh, err := s.Rotate("it", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	check := func(n int, secret string, fails bool) {
		t.Helper()
		m := message("a", n)
		m.At = clock()
		s.Send(m)
		var h http.Header
		select {
		case h = <-headers:
		case <-time.After(patience):
			t.Fatal("nothing came")
		}
		hook, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := hook.VerifyIgnoringTimestamp(m.Body, h); (err != nil) != fails {
			t.Errorf("verified: %v", err)
		}
	}
	check(0, old, false)
	check(1, fresh, false)
	if st := s.status("it"); st.Signatures != 2 {
		t.Errorf("%+v", st)
	}
	mu.Lock()
	now = now.Add(2 * time.Hour)
	mu.Unlock()
	check(2, old, true)
	check(3, fresh, false)
}

func TestPrivateAddressesAreRefusedAfterTheNameIsResolvedAndAfterRedirects(t *testing.T) {
	s := open(t, Options{Schedule: []time.Duration{0}})
	r := receive(t, nil)
	at := strings.TrimPrefix(r.url, "http://127.0.0.1")
	for name, url := range map[string]string{"number": r.url, "name": "http://localhost" + at, "mapped": "http://[::ffff:127.0.0.1]" + at} {
		if _, err := s.Add(Endpoint{Name: name, URL: url, Events: []string{"*"}}); err != nil {
			t.Fatal(err)
		}
	}
	s.Send(message("a", 0))
	for _, name := range []string{"number", "name", "mapped"} {
		eventually(t, name+" is not refused", func() bool {
			st := s.status(name)
			return st.Failed == 1 && strings.Contains(st.LastError, "private")
		})
	}
	// The first address may be dialled, where it redirects to may not.
	first := receive(t, func(w http.ResponseWriter, q *http.Request) bool {
		http.Redirect(w, q, r.url, http.StatusTemporaryRedirect)
		return false
	})
	control := func(network, address string, c syscall.RawConn) error {
		if "http://"+address == first.url {
			return nil
		}
		return wire.PublicOnly(nil)(network, address, c)
	}
	e := Endpoint{URL: first.url, Secrets: []Secret{{Text: NewSecret()}}}
	got := post(t.Context(), newClient(control, patience), &e, "test", &stored{id: "msg_1", body: []byte("{}")}, time.Now)
	if !strings.Contains(got.err, "private") {
		t.Errorf("%+v", got)
	}
	if ids := r.ids(); len(ids) != 0 {
		t.Errorf("%q came", ids)
	}
	got = post(t.Context(), newClient(nil, patience), &e, "test", &stored{id: "msg_1", body: []byte("{}")}, time.Now)
	if got.err != "" || len(r.ids()) != 1 || r.bodies["msg_1"] != "{}" {
		t.Errorf("a redirect that may be followed: %+v, %q", got, r.bodies)
	}
}

func TestEndpointsOfTheConfigurationComeAndGo(t *testing.T) {
	s := open(t, Options{})
	r := receive(t, nil)
	e := Endpoint{Name: "crm", URL: r.url, Events: []string{"call.*"}, Private: loopback(), Secrets: []Secret{{Text: NewSecret()}}}
	for range 2 {
		if err := s.Configure([]Endpoint{e}); err != nil {
			t.Fatal(err)
		}
	}
	if !s.Wants("call.ended") || s.Wants("trunk.down") {
		t.Error("it wants what it should not")
	}
	s.Send(message("a", 0))
	eventually(t, "nothing came", func() bool { return len(r.ids()) == 1 })
	if _, err := s.Rotate("crm", 0); !errors.Is(err, ErrInConfig) {
		t.Error(err)
	}
	if err := s.Remove("crm"); !errors.Is(err, ErrInConfig) {
		t.Error(err)
	}
	if err := s.Configure(nil); err != nil {
		t.Fatal(err)
	}
	if len(s.List()) != 0 || s.Wants("call.ended") {
		t.Errorf("%+v", s.List())
	}
	s.mustAdd(t, "crm", r.url)
	if err := s.Configure([]Endpoint{e}); !errors.Is(err, ErrExists) {
		t.Error(err)
	}
	if err := s.Remove("crm"); err != nil {
		t.Error(err)
	}
}

func TestAQueueThatIsFullDropsTheNewAndCountsThem(t *testing.T) {
	s := open(t, Options{Room: 3, Schedule: []time.Duration{time.Hour}})
	s.mustAdd(t, "it", "http://192.0.2.1")
	if err := s.Enable("it", true, ""); err != nil {
		t.Fatal(err)
	}
	for n := range 10 {
		m := message("a", n)
		m.At = time.Now().Add(time.Hour)
		s.Send(m)
		eventually(t, "it was not taken", func() bool { st := s.status("it"); return st.Pending+int(st.Dropped) == n+1 })
	}
	if st := s.status("it"); st.Pending != 3 || st.Dropped != 7 {
		t.Errorf("%+v", st)
	}
}

func TestWhatHasExpiredIsForgotten(t *testing.T) {
	s := open(t, Options{})
	r := receive(t, nil)
	s.mustAdd(t, "it", r.url)
	s.Send(message("a", 0))
	eventually(t, "nothing came", func() bool {
		list, _, err := s.Deliveries("it", Delivered, "", 10)
		return err == nil && len(list) == 1
	})
	if err := s.db.transact(func(tx *sql.Tx) error { return expire(tx, time.Now().Add(-time.Hour)) }); err != nil {
		t.Fatal(err)
	}
	if list, _, _ := s.Deliveries("it", "", "", 10); len(list) != 1 {
		t.Errorf("%+v", list)
	}
	if err := s.db.transact(func(tx *sql.Tx) error { return expire(tx, time.Now().Add(time.Hour)) }); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"message", "delivery", "attempt"} {
		n := -1
		if err := s.db.read.QueryRow("SELECT count(*) FROM " + table).Scan(&n); n != 0 || err != nil {
			t.Errorf("%s: %d rows, %v", table, n, err)
		}
	}
}

func TestWhatReceiversAskToWaitIsObeyed(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status int
		header string
		want   time.Duration
	}{
		{429, "120", 2 * time.Minute},
		{503, "Sun, 01 Mar 2026 12:01:00 GMT", time.Minute},
		{500, "120", 0},
		{429, "999999999", longestWait},
		{429, "-1", 0},
		{429, "soon", 0},
		{503, "Sun, 01 Mar 2026 11:00:00 GMT", 0},
	} {
		r := &http.Response{StatusCode: c.status, Header: http.Header{"Retry-After": {c.header}}}
		if got := retryAfter(r, now); got != c.want {
			t.Errorf("%d %s: %s, want %s", c.status, c.header, got, c.want)
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	s := open(t, Options{})
	secret := s.mustAdd(t, "it", "https://example.com/hook")
	raw, err := json.Marshal(s.List())
	if err != nil || strings.Contains(string(raw), secret) || !strings.Contains(string(raw), "example.com") {
		t.Errorf("%s %v", raw, err)
	}
}
