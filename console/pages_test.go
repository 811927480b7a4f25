package console

import (
	"context"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"onhook/api"
	"onhook/app"
	"onhook/capture"
	"onhook/exchange"
	"onhook/outcome"
	"onhook/store"
)

// strange is what strangers, and names in a configuration, may hold.
const strange = "<script>alert(1)</script>\"' onerror=alert(2) \u202e{{.}}&amp;"

func (x *fakeExchange) Users(context.Context) ([]exchange.Extension, error) {
	return []exchange.Extension{{Name: "100", Display: strange, Moved: strange, Calls: 1}, {Name: "101", DND: true}}, nil
}

func (x *fakeExchange) Trunks(context.Context) ([]exchange.TrunkState, error) {
	at := t0
	return []exchange.TrunkState{{
		Name: strange, Address: strange, State: "down", Reason: strange, Since: &at, Calls: 3, Channels: 4,
		Health:       &exchange.TrunkHealth{State: "down", Bad: 3, TookMS: 7, LastGood: &at},
		Registration: &exchange.TrunkBinding{State: "failed", Reason: strange, Failures: 2, Next: &at},
	}}, nil
}

func (x *fakeExchange) Totals(context.Context) (exchange.Counters, error) {
	return exchange.Counters{Calls: 12}, nil
}

func (x *fakeExchange) State(context.Context) (app.FloorState, error) {
	return app.FloorState{
		Queues: []app.QueueState{{Name: strange, Waiting: []app.CallerState{{Call: liveID, Caller: strange, Place: 1, WaitedMS: 65_000, Ringing: strange}}, LoggedIn: 1, Offered: 2, Level: 0.5}},
		Agents: []app.AgentState{{Name: "101", State: "logged_out", Queues: []string{strange}}, {Name: "102", State: "paused"}, {Name: "103", State: "talking", Call: liveID, Since: 1000}},
	}, nil
}

func (x *fakeExchange) Agent(name, action, _ string) error {
	x.hungUp = append(x.hungUp, action+" "+name)
	return nil
}

func (x *fakeExchange) heard() api.HEPState {
	return api.HEPState{Listen: []string{"udp://:9060"}, Senders: []capture.Sender{{
		Addr: netip.MustParseAddr("192.0.2.1"), Agent: capture.Agent{ID: 7, Name: strange}, Packets: 5, Items: 5, First: t0, Last: t0,
	}}}
}

func (x *fakeExchange) settings() api.Settings {
	return api.Settings{File: strange, Warnings: []string{strange}, Settings: []api.Setting{
		{Path: "domain", Value: strange, Doc: strange}, {Path: "users[0].name", Value: "100"}, {Path: "users[0].dnd", Value: "false", Default: true}, {Path: "rtp.ports", Value: "1-2", Default: true},
	}}
}

// hostileCall is a call whose every text is.
func hostileCall() outcome.Record {
	at := t0.Add(200 * time.Millisecond)
	return outcome.Record{
		ID: "call_01956f00-0000-7000-8000-000000000001", Version: 1, StartedAt: t0, RingingAt: &at, EndedAt: t0.Add(time.Second), Direction: "inbound",
		From: outcome.Party{URI: "sip:" + strange + "@example.com", Number: strange, Name: strange}, To: outcome.Party{URI: strange, Number: strange},
		Status: "Busy", ByeReason: "USER_BUSY", LastResponseCode: 486, SIPFinal: 486, EndedBy: "callee", Answered: "no", Stage: "ringing", Confidence: "certain",
		Trunk: strange, Queue: strange, User: strange, Source: "live", Summary: strange,
	}
}

// tags are what of a page is not its text.
var tags = regexp.MustCompile(`<[^>]*>`)

func TestPagesShowHostileTextsAsTexts(t *testing.T) {
	x := newSite(t)
	x.signIn()
	x.keep(hostileCall())
	bindings := []store.Binding{{
		BindingKey: store.BindingKey{AOR: "sip:100@example.com", Key: "1"}, Contact: strange, UserAgent: strange, Flow: "udp 127.0.0.1:5060 " + strings.ReplaceAll(strange, " ", ""),
		UpdatedAt: t0, ExpiresAt: t0.Add(time.Hour),
	}}
	if err := x.local.SaveBindings(bindings, nil); err != nil {
		t.Fatal(err)
	}
	indexed := func() bool {
		got, err := x.local.Stats(store.Question{})
		kept, err2 := x.local.LoadBindings(t0)
		return err == nil && err2 == nil && got.Total.Calls == 1 && len(kept) == 1
	}
	for end := time.Now().Add(2 * time.Minute); !indexed(); {
		if time.Now().After(end) {
			t.Fatal("the call was never in the index")
		}
	}
	for _, path := range []string{
		"/dashboard", "/dashboard?span=month&trunk=" + url.QueryEscape(strange), "/queues", "/wallboard", "/hours", "/trunks", "/users", "/sources", "/webhooks", "/webhooks/crm?state=failed", "/reference", "/reference?find=" + url.QueryEscape(strange[:20]), "/settings",
	} {
		r := x.send(path, nil)
		if r.status != 200 {
			t.Errorf("%s: %d %s", path, r.status, r.body)
			continue
		}
		if n := strings.Count(r.body, "<script"); n != 1 { // the console's own
			t.Errorf("%s: %d scripts", path, n)
		}
		if strings.Contains(r.body, "\"' onerror") {
			t.Errorf("%s: a text ends the attribute that it stands in", path)
		}
		if strings.Contains(tags.ReplaceAllString(r.body, ""), "\u202e") {
			t.Errorf("%s shows a mark that turns the text around", path)
		}
	}
	if body := x.send("/users", nil).body; !strings.Contains(body, "alert(1)") || !strings.Contains(body, "do not disturb") {
		t.Error("what is written is not shown")
	}
	if body := x.send("/dashboard", nil).body; !strings.Contains(body, "USER_BUSY") || !strings.Contains(body, "RFC 6076") {
		t.Error("the dashboard shows no reason or no rule")
	}
	if body := x.send("/settings", nil).body; strings.Contains(body, "users[0].dnd") || !strings.Contains(body, "rtp.ports") {
		t.Error("of a user what is not given is shown, or of a section it is not")
	}
}

func TestCommandsOfThePages(t *testing.T) {
	x := newSite(t)
	x.signIn()
	if r := x.send("/queues/agents/101/login", url.Values{}); r.status != 303 || len(x.x.hungUp) != 1 || x.x.hungUp[0] != "login 101" {
		t.Errorf("%d %s %v", r.status, r.body, x.x.hungUp)
	}
	if r := x.send("/trunks/carrier/explode", url.Values{}); r.status != 404 {
		t.Errorf("an unknown command: %d", r.status)
	}
	if r := x.send("/settings/keys", url.Values{"name": {"one"}}); r.status != 422 {
		t.Errorf("a key that may do nothing: %d", r.status)
	}
	r := x.send("/settings/keys", url.Values{"name": {"one"}, "scope": {"calls:read", "system:read"}})
	if r.status != 200 || !strings.Contains(r.body, `class="secret">onhook_`) {
		t.Errorf("a key: %d %s", r.status, r.body)
	}
	if body := x.send("/settings", nil).body; !strings.Contains(body, `id="key-one"`) || strings.Contains(body, `class="secret"`) {
		t.Error("the key is not listed, or shown again")
	}
	if r := x.send("/settings/keys/one/remove", url.Values{}); r.status != 303 {
		t.Errorf("taking it back: %d", r.status)
	}
	if r := x.send("/dashboard?span=century", nil); r.status != 404 {
		t.Errorf("an unknown span: %d", r.status)
	}
}

func TestChartsAreDrawnToScale(t *testing.T) {
	c := chart{From: t0, Step: time.Hour, Steps: 3, Series: []series{{"Busy", "fill busy", []int64{0, 3, 1}}, {"<b>", "fill", []int64{0, 1, 0}}}}
	svg := string(c.SVG())
	if c.Top() != 5 || c.Middle() != "2.5" || c.Empty() {
		t.Errorf("top %d, middle %s", c.Top(), c.Middle())
	}
	for _, want := range []string{`y="40.00" width="329.33" height="60.00"`, `y="20.00" width="329.33" height="20.00"`, "2026-03-01 13:00 UTC", "Busy: 3", "&lt;b&gt;: 1"} {
		if !strings.Contains(svg, want) {
			t.Errorf("%s is not in %s", want, svg)
		}
	}
	if rows := c.Rows(); len(rows) != 2 || rows[0].Values[1] != "1" || !rows[0].At.Equal(t0.Add(time.Hour)) {
		t.Errorf("%+v", rows)
	}
	l := chart{From: t0, Step: time.Hour, Steps: 4, Lines: true, Unit: "ms", Series: []series{{"p", "line", []int64{10, 20, 0, 5}}}}
	if svg := string(l.SVG()); !strings.Contains(svg, "M125.00 50.00L375.00 0.00") || !strings.Contains(svg, "M875.00 75.00h.01") || l.Upper() != "20 ms" {
		t.Errorf("%s, upper %s", svg, l.Upper())
	}
	for n, want := range map[int64]int64{1: 1, 3: 5, 11: 20, 51: 100, 200: 200} {
		if got := roundUp(n); got != want {
			t.Errorf("%d is rounded to %d", n, got)
		}
	}
}
