package console

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"onhook/api"
	"onhook/app"
	"onhook/exchange"
	"onhook/outcome"
	"onhook/store"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const liveID = "call_01956f00-0000-7000-8000-0000000000ff"

// A fakeExchange has one call that is up; what the tests do not use it has not.
type fakeExchange struct {
	api.Exchange
	hungUp []string
	from   string
}

func (x *fakeExchange) Live(context.Context) ([]exchange.LiveCall, error) {
	return []exchange.LiveCall{{ID: liveID, StartedAt: t0, Stage: "talking", From: x.from, To: "sip:101@example.com", User: "100"}}, nil
}

func (x *fakeExchange) Hangup(_ context.Context, id, by string) error {
	if id != liveID {
		return exchange.ErrNotFound
	}
	x.hungUp = append(x.hungUp, by)
	return nil
}

// A site is a console with a store of its own, in a time of its own.
type site struct {
	t        testing.TB
	x        *fakeExchange
	s        *Server
	local    *store.Local
	url      string
	password string
	clock    time.Time
	shelf    *app.MadePrompts
	client   *http.Client // keeps cookies, follows nothing
}

func newSite(t testing.TB) *site {
	t.Helper()
	local, _, err := store.Open(t.TempDir(), store.Options{SegmentSize: 1 << 20, Index: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	data := t.TempDir()
	ring, _, err := api.OpenKeyring(data)
	if err != nil {
		t.Fatal(err)
	}
	p, fresh, err := OpenPasswords(data)
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	x := &site{t: t, shelf: app.NewMadePrompts(t.TempDir()), x: &fakeExchange{from: "sip:100@example.com"}, local: local, clock: t0.Add(time.Minute)}
	if x.password, err = p.Renew(); err != nil {
		t.Fatal(err)
	}
	metrics := api.NewMetrics()
	a := &api.Server{Exchange: x.x, Store: local, Keys: ring, Hub: api.NewHub(), Metrics: metrics, Queues: x.x, Webhooks: &fakeWebhooks{}, Hours: &fakeHours{}, Shelf: x.shelf, HEP: x.x.heard, Settings: x.x.settings, Version: "1", Now: func() time.Time { return x.clock }}
	go a.Hub.Run()
	t.Cleanup(a.Hub.Close)
	if x.s, err = New(Options{API: a, Passwords: p, Data: data, Now: func() time.Time { return x.clock }}); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(x.s.Handler())
	t.Cleanup(web.Close)
	t.Cleanup(web.CloseClientConnections)
	x.url = web.URL
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	x.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return x
}

// A reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// send sends a request; form nil: a GET. more are headers, "Name: value".
func (x *site) send(path string, form url.Values, more ...string) reply {
	x.t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	req, err := http.NewRequest(method, x.url+path, strings.NewReader(body))
	if err != nil {
		x.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range more {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	resp, err := x.client.Do(req)
	if err != nil {
		x.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(raw)}
}

func (x *site) signIn() {
	x.t.Helper()
	if r := x.send("/sign-in", url.Values{"password": {x.password}}); r.status != 303 {
		x.t.Fatalf("sign-in: %d %s", r.status, r.body)
	}
}

// keep stores records until they are durable.
func (x *site) keep(records ...outcome.Record) {
	x.t.Helper()
	done := make(chan error, len(records))
	for _, r := range records {
		if err := x.local.Finish(r, nil, func(err error) { done <- err }); err != nil {
			x.t.Fatal(err)
		}
	}
	for range records {
		if err := <-done; err != nil {
			x.t.Fatal(err)
		}
	}
}

func TestNothingIsShownToWhoHasNotSignedIn(t *testing.T) {
	x := newSite(t)
	for _, p := range append(allPages(), page{pattern: "GET /nothing"}) {
		method, path, _ := strings.Cut(p.pattern, " ")
		path = strings.NewReplacer("{$}", "", "{", "", "}", "").Replace(path)
		var form url.Values
		if method == "POST" {
			form = url.Values{}
		}
		if r := x.send(path, form); r.status != 303 || !strings.HasPrefix(r.header.Get("Location"), "/sign-in") {
			t.Errorf("%s: %d to %q", p.pattern, r.status, r.header.Get("Location"))
		}
	}
	if r := x.send("/", nil, "Sec-Fetch-Dest: empty"); r.status != 401 {
		t.Errorf("an island without a session: %d", r.status)
	}
	if r := x.send("/v1/live", nil); r.status != 401 || r.header.Get("WWW-Authenticate") == "" {
		t.Errorf("the API without a key: %d", r.status)
	}
	if len(x.x.hungUp) != 0 {
		t.Error("a call was hung up")
	}
}

func TestTheSessionOpensPagesAndTheAPI(t *testing.T) {
	x := newSite(t)
	x.signIn()
	r := x.send("/", nil)
	if r.status != 200 || !strings.Contains(r.body, "talking") || r.header.Get("Content-Security-Policy") != policy {
		t.Errorf("%d %s\n%s", r.status, r.header, r.body)
	}
	if r := x.send("/v1/live", nil); r.status != 200 || !strings.Contains(r.body, liveID) {
		t.Errorf("the API: %d %s", r.status, r.body)
	}
	// Who shows a key gets what it is worth, signed in or not.
	if r := x.send("/v1/live", nil, "Authorization: Bearer onhook_wrong"); r.status != 401 {
		t.Errorf("a wrong key beside a session: %d", r.status)
	}
	if r := x.send("/nothing", nil); r.status != 404 || !strings.Contains(r.body, "Nothing is here") {
		t.Errorf("an address without a page: %d", r.status)
	}
	if r := x.send("/healthz", nil); r.status != 200 || r.header.Get("Content-Type") != "application/json" {
		t.Errorf("health: %d %s", r.status, r.body)
	}
	if r := x.send("/sign-out", url.Values{}); r.status != 303 {
		t.Errorf("sign-out: %d", r.status)
	}
	if r := x.send("/", nil); r.status != 303 {
		t.Errorf("after the sign-out: %d", r.status)
	}
}

func TestOtherSitesCannotUseTheSession(t *testing.T) {
	x := newSite(t)
	x.signIn()
	for _, path := range []string{"/calls/" + liveID + "/hangup", "/v1/calls/" + liveID + "/hangup", "/sign-out"} {
		for _, h := range []string{"Sec-Fetch-Site: cross-site", "Origin: https://elsewhere.example"} {
			if r := x.send(path, url.Values{}, h); r.status != 403 {
				t.Errorf("%s with %s: %d", path, h, r.status)
			}
		}
	}
	if len(x.x.hungUp) != 0 {
		t.Fatal("another site has hung up a call")
	}
	if r := x.send("/calls/"+liveID+"/hangup", url.Values{"next": {"https://elsewhere.example/"}}, "Sec-Fetch-Site: same-origin"); r.status != 303 || !strings.HasPrefix(r.header.Get("Location"), "/?") {
		t.Errorf("our own form: %d %s", r.status, r.header.Get("Location"))
	}
	if len(x.x.hungUp) != 1 || x.x.hungUp[0] != "console" {
		t.Errorf("hung up by %q", x.x.hungUp)
	}
}

func TestCookieOfTheSession(t *testing.T) {
	x := newSite(t)
	form := url.Values{"password": {x.password}}
	for _, c := range []struct {
		origin, host string
		want         string
	}{
		{"", "", "onhook-session-" + x.port() + "=*; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"},
		{"http://127.0.0.1:8080", "127.0.0.1:8080", "onhook-session-8080=*; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"},
		{"https://calls.example.com", "calls.example.com", "__Host-onhook-session=*; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict"},
		{"https://calls.example.com:8443", "calls.example.com:8443", "__Host-onhook-session-8443=*; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict"},
		{"http://192.0.2.1:8080", "192.0.2.1:8080", ""}, // in the clear
	} {
		var more []string
		if c.origin != "" {
			more = []string{"Origin: " + c.origin, "Host: " + c.host}
		}
		r := x.send("/sign-in", form, more...)
		got := r.header.Get("Set-Cookie")
		name, rest, _ := strings.Cut(got, "=")
		_, rest, _ = strings.Cut(rest, ";")
		if got != "" {
			got = name + "=*;" + rest
		}
		if got != c.want {
			t.Errorf("%s: %d %q, want %q", c.origin, r.status, got, c.want)
		}
	}
}

// port is that of the server.
func (x *site) port() string {
	u, err := url.Parse(x.url)
	if err != nil {
		x.t.Fatal(err)
	}
	return u.Port()
}

// TestTwoServersOfOneHostDoNotSignEachOtherOut has one browser at both: it keeps
// cookies by host, whatever the port.
func TestTwoServersOfOneHostDoNotSignEachOtherOut(t *testing.T) {
	x, y := newSite(t), newSite(t)
	y.client = x.client
	x.signIn()
	y.signIn()
	for _, s := range []*site{x, y, x} {
		if r := s.send("/", nil); r.status != 200 {
			t.Errorf("%s: signed out: %d", s.url, r.status)
		}
	}
	x.send("/sign-out", url.Values{})
	if r := y.send("/", nil); r.status != 200 {
		t.Errorf("who signs out of one is signed out of the other: %d", r.status)
	}
	if r := x.send("/", nil); r.status == 200 {
		t.Error("who signs out stays signed in")
	}
}

func TestSessionsEnd(t *testing.T) {
	x := newSite(t)
	holds := func() bool { return x.send("/", nil).status == 200 }
	x.signIn()
	for range 23 { // in use, every half hour but a minute
		x.clock = x.clock.Add(idleSession - time.Minute)
		if !holds() {
			t.Fatal("a session in use has ended at", x.clock)
		}
	}
	x.clock = x.clock.Add(idleSession - time.Minute)
	x.clock = x.clock.Add(longestSession - 24*(idleSession-time.Minute))
	if holds() {
		t.Error("a session holds for longer than 12 h")
	}
	x.signIn()
	x.clock = x.clock.Add(idleSession)
	if holds() {
		t.Error("an idle session holds")
	}
	x.signIn()
	if _, err := x.s.opt.Passwords.Renew(); err != nil {
		t.Fatal(err)
	}
	if holds() {
		t.Error("a session of an old password holds")
	}
}

func TestGuessingIsSlow(t *testing.T) {
	x := newSite(t)
	wrong := url.Values{"password": {"wrong"}}
	for i := range triesAtOnce {
		if r := x.send("/sign-in", wrong); r.status != 401 || !strings.Contains(r.body, "not the password") {
			t.Fatalf("try %d: %d", i, r.status)
		}
	}
	r := x.send("/sign-in", url.Values{"password": {x.password}})
	if r.status != 429 || r.header.Get("Retry-After") != "12" {
		t.Errorf("one more: %d, Retry-After %q", r.status, r.header.Get("Retry-After"))
	}
	x.clock = x.clock.Add(triesEvery)
	x.signIn()
}

func TestPasswordIsKeptAsAHash(t *testing.T) {
	dir := t.TempDir()
	p, _, err := OpenPasswords(dir)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := p.Renew()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(p.path)
	if err != nil || strings.Contains(string(raw), secret) || !strings.Contains(string(raw), "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%v %s", err, raw)
	}
	if info, err := os.Stat(p.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	for _, c := range []struct {
		password string
		ok       bool
	}{{secret, true}, {secret + " ", true}, {"", false}, {secret[1:], false}} {
		if _, ok, err := p.check(c.password); ok != c.ok || err != nil {
			t.Errorf("%q: %v %v", c.password, ok, err)
		}
	}
	for _, bad := range []string{"{}", "x", `{"argon2id":"$argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`} {
		if err := os.WriteFile(p.path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := OpenPasswords(dir); err == nil || !strings.Contains(err.Error(), "remove the file") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestNextIsOursOnly(t *testing.T) {
	for next, want := range map[string]string{
		"/calls?x=1": "/calls?x=1", "": "/", "//elsewhere.example": "/", "https://elsewhere.example": "/", "/\\elsewhere.example": "/", "calls": "/", "/%2F/x": "/%2F/x", "/?said=Your+password+is+needed&x=1": "/?x=1",
	} {
		if got := local(next); got != want {
			t.Errorf("%q: %q, want %q", next, got, want)
		}
	}
}

// hostile is what strangers send in the place of names.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'` + "`{{.}}\x00\x1b[31m\u202egnp.exe\u2066"

func TestOnlyOurOwnFormsMakeThePageSaySomething(t *testing.T) {
	x := newSite(t)
	x.signIn()
	for from, want := range map[string]bool{"same-origin": true, "cross-site": false, "none": false, "": false} {
		r := x.send("/?said=Call+this+number", nil, "Sec-Fetch-Site: "+from)
		if got := strings.Contains(r.body, "Call this number"); got != want {
			t.Errorf("%q: said %v", from, got)
		}
	}
}

func TestTextsOfStrangersAreHarmless(t *testing.T) {
	x := newSite(t)
	x.signIn()
	x.x.from = hostile
	x.keep(outcome.Record{ID: "call_01956f00-0000-7000-8000-000000000001", StartedAt: t0, EndedAt: t0, Status: "Busy", From: outcome.Party{Name: hostile, Number: hostile}})
	r := x.send("/", nil)
	for _, bad := range []string{"<script>alert", "<img src=x", "\x00", "\x1b", "\u202e", "\u2066"} {
		if strings.Contains(r.body, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if !strings.Contains(r.body, "&lt;script&gt;") {
		t.Errorf("the text is not shown at all:\n%s", r.body)
	}
}

func TestAssetsAreKeptByTheirHash(t *testing.T) {
	x := newSite(t)
	for path, media := range map[string]string{x.s.assets.script: "text/javascript; charset=utf-8", x.s.assets.style: "text/css; charset=utf-8"} {
		r := x.send(path, nil)
		if r.status != 200 || r.header.Get("Content-Type") != media || !strings.Contains(r.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", path, r.status, r.header)
		}
	}
}

func TestAssetsAreKnownByNameOnly(t *testing.T) {
	x := newSite(t)
	for _, path := range []string{"/assets/../doc.go", "/assets/..%2fdoc.go", "/assets/%2e%2e/doc.go", "/assets//etc/passwd", "/assets/%2fetc%2fpasswd", "/assets/console.js%00", "/assets/", "/assets/pages/live.html", `/assets/..\doc.go`} {
		if r := x.send(path, nil); r.status != 404 && r.status != 303 {
			t.Errorf("%s: %d", path, r.status)
		}
	}
}
