package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// look opens a page of the console in light, dark and on a telephone's screen: it
// must be accessible, fit, and break no policy.
func (t *tab) look(base, path, name, ready string) {
	t.t.Helper()
	t.size(1280, 800)
	t.scheme("light")
	t.open(base + path)
	t.until(ready)
	t.accessible()
	t.fits()
	t.shot(name)
	t.scheme("dark")
	t.accessible()
	t.shot(name + "-dark")
	t.size(390, 844)
	t.scheme("light")
	t.open(base + path)
	t.until(ready)
	t.fits()
	t.accessible()
	t.shot(name + "-390")
	t.size(1280, 800)
	t.clean()
}

// TestConsoleDashboard counts calls as they end.
func TestConsoleDashboard(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	p, base := newBrowser(t).signedIn(o.server)
	p.look(base, "/dashboard", "dashboard-empty", `document.querySelector("#dashboard .empty")?.textContent.includes("No call in this time")`)
	a, b := o.connect("100", "101")
	o.must(a.Hangup(o.ctx))
	o.ended(b)
	c := o.dial("100", "102")
	o.must(o.incoming("102").Reject(o.ctx, 486, "Busy Here"))
	o.ended(c)
	o.records(2)
	// It follows by itself.
	p.until(`[...document.querySelectorAll(".figures .card")].find(e => e.querySelector("dt").textContent === "ASR")?.querySelector("dd").textContent === "50.0 %"`)
	p.until(`document.querySelector("#why-USER_BUSY .num")?.textContent === "1"`)
	for _, span := range []string{"hour", "day", "week", "month", "quarter"} {
		p.open(base + "/dashboard?span=" + span)
		p.until(`document.querySelector(".figures dd").textContent === "2" && document.querySelectorAll(".chart rect").length === 2`)
	}
	p.look(base, "/dashboard?span=hour", "dashboard", `document.querySelector("svg.chart .line") && document.querySelector("#why-USER_BUSY")`)
	p.click("#why-USER_BUSY a")
	p.until(`location.pathname === "/calls" && document.querySelectorAll("#calls tbody tr").length === 1`)
	p.open(base + "/dashboard?span=century")
	p.until(`document.body.textContent.includes("no such span of time")`)
	p.clean()
}

func TestConsoleReference(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	a := o.dial("100", "101")
	o.must(o.incoming("101").Reject(o.ctx, 486, "Busy Here"))
	o.ended(a)
	o.records(1)
	p, base := newBrowser(t).signedIn(o.server)
	p.open(base + "/reference")
	p.until(`document.querySelectorAll(".reason").length === 66 && document.querySelectorAll("tr[id^=status-]").length === 8`)
	// The index follows the log by half a second.
	eventually(t, 60*time.Second, func() bool {
		p.open(base + "/reference")
		return p.text(`document.querySelector("#reason-USER_BUSY .uses")?.textContent`) == "1 call"
	}, func() string { return "the call is never counted" })
	p.look(base, "/reference", "reference", `document.querySelector("#reason-USER_BUSY")`)
	for _, find := range []string{"486", "USER_BUSY", "user_b"} {
		p.open(base + "/reference?find=" + find)
		p.until(`document.querySelector("#reason-USER_BUSY[open]")`)
	}
	p.click("#reason-USER_BUSY .uses")
	p.look(base, "/reference?find=486", "reference-found", `document.querySelector("#reason-USER_BUSY[open]")`)
	p.open(base + "/reference?find=%3Cscript%3Ealert(1)%3C/script%3E")
	p.until(`document.querySelector(".empty")?.textContent.includes("Nothing is called")`)
	p.clean()
}

func TestConsoleQueuesAndWallboard(t *testing.T) {
	t.Parallel()
	o := newOfficeWith(t, `  - {match: "500", to: queue:support}`, "queues:\n  - {name: support, agents: [\"101\", \"102\"], wrap_up: 1s}\n")
	p, base := newBrowser(t).signedIn(o.server)
	p.open(base + "/queues")
	p.until(`document.querySelector("#agent-101 .chip")`)
	if p.text(`document.querySelector("#agent-101 .chip").textContent`) == "logged out" {
		p.click("#agent-101 button")
		p.until(`document.querySelector("[role=status]")?.textContent.includes("login")`)
	}
	p.click(`#agent-101 form[action$="pause"] button`)
	p.until(`document.querySelector("#agent-101 .chip")?.textContent === "paused"`)
	a := o.dial("100", "500")
	// The caller appears by itself, and waits.
	p.until(`document.querySelector("#queue-support .waiting")?.textContent.includes("100")`)
	p.look(base, "/queues", "queues", `document.querySelector("#queue-support .waiting")`)
	p.look(base, "/wallboard", "wallboard", `document.querySelector("#wall-support .huge")?.textContent === "1"`)
	p.size(1920, 1080)
	p.open(base + "/wallboard")
	p.until(`document.querySelector("#wall-support .huge")`)
	p.fits()
	p.shot("wallboard-1920")
	o.must(a.Hangup(o.ctx))
	p.until(`document.querySelector("#wall-support .huge")?.textContent === "0"`)
	p.clean()
}

func TestConsoleTrunks(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	p, base := newBrowser(t).signedIn(o.server)
	p.open(base + "/trunks")
	p.until(`document.querySelector("#trunk-sipp .chip")`)
	p.look(base, "/trunks", "trunks", `document.querySelector("#trunk-sipp .tiles")`)
	p.click("#trunk-sipp button.danger")
	p.until(`document.querySelector("#trunk-sipp .chip")?.textContent === "disabled" && document.querySelector("#trunk-sipp .why-down")`)
	p.click(`#trunk-sipp form[action$="enable"] button`)
	p.until(`document.querySelector("#trunk-sipp .chip")?.textContent !== "disabled"`)
	p.clean()
}

func TestConsoleUsers(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	p, base := newBrowser(t).signedIn(o.server)
	p.open(base + "/users")
	p.until(`document.querySelectorAll("#users tbody .chip.good").length >= 5`)
	p.look(base, "/users", "users", `document.querySelector("#users tbody tr")`)
	o.connect("100", "101")
	p.until(`document.querySelector("#user-100-0 .stage-talking")?.textContent === "1 call"`)
	p.clean()
}

func TestConsoleSources(t *testing.T) {
	t.Parallel()
	deaf := newOffice(t, "")
	p, base := newBrowser(t).signedIn(deaf.server)
	p.look(base, "/sources", "sources-none", `document.querySelector("#sources .empty")?.textContent.includes("hep: {listen")`)
	ear := newOffice(t, "hep: {listen: [\"udp://127.0.0.1:0\"], key: right}\n")
	ear.apart = true // its records are of others' calls, which its own capture does not show
	q, base := newBrowser(t).signedIn(ear.server)
	q.open(base + "/sources")
	q.until(`document.querySelector("#sources .empty")?.textContent.includes("Not one packet")`)
	at := q.text(`document.querySelector(".sub code").textContent`)
	wrong := newOffice(t, fmt.Sprintf("hep: {send: %q, id: 7, key: wrong}\n", at))
	wrong.ended(wrong.dial("100", "999"))
	q.until(`document.querySelector("#sources tbody")?.textContent.includes("key is wrong or missing")`)
	right := newOffice(t, fmt.Sprintf("hep: {send: %q, id: 8, key: right}\n", at))
	right.ended(right.dial("100", "999"))
	q.until(`[...document.querySelectorAll("#sources tbody tr")].some(e => e.textContent.includes("id 8") && e.textContent.includes("It is heard"))`)
	q.look(base, "/sources", "sources", `document.querySelectorAll("#sources tbody tr").length === 2`)
	p.clean()
}

func TestConsoleSettings(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	p, base := newBrowser(t).signedIn(o.server)
	p.look(base, "/settings", "settings", `document.querySelector("#config-users")`)
	page := p.text(`document.body.textContent`)
	if !strings.Contains(page, "[secret]") {
		t.Error("no password is shown as hidden")
	}
	for _, n := range []string{"100", "101"} {
		if strings.Contains(page, "secret-of-"+n) {
			t.Error("a password is shown")
		}
	}
	// A key is made, shown once, works, and is taken back.
	p.click(".new-key summary")
	p.write("#key-name", "board")
	p.click(`.check input[value="calls:read"]`)
	p.click(".new-key button")
	p.until(`document.querySelector(".made .secret")`)
	p.accessible()
	p.shot("settings-new-key")
	secret := p.text(`document.querySelector(".made .secret").textContent`)
	c := &apiClient{t: t, base: base, key: secret}
	c.read(200, "GET", "/v1/calls")
	c.read(403, "GET", "/v1/users")
	if strings.Contains(p.text("location.href"), secret) {
		t.Error("the key stands in the address")
	}
	p.open(base + "/settings")
	p.until(`document.querySelector("#key-board") && !document.querySelector(".made")`)
	p.click("#key-board button")
	p.until(`document.querySelector("[role=status]") && !document.querySelector("#key-board")`)
	c.read(401, "GET", "/v1/calls")
	p.click(`form[action="/settings/reload"] button`)
	p.until(`document.querySelector("[role=status]")?.textContent.includes("read again")`)
	p.clean()
}

// TestConsoleWebhooks adds a receiver, whose first answer is a failure.
func TestConsoleWebhooks(t *testing.T) {
	t.Parallel()
	var fail atomic.Bool
	fail.Store(true)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if fail.Load() {
			http.Error(w, "not now", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(receiver.Close)
	o := newOffice(t, "")
	p, base := newBrowser(t).signedIn(o.server)
	p.look(base, "/webhooks", "webhooks-none", `document.querySelector("#webhooks .empty")`)
	p.write("#hook-name", "crm")
	p.write("#hook-url", receiver.URL)
	p.write("#hook-events", "call.ended")
	p.write("#hook-private", "127.0.0.0/8")
	p.click(".new-key button")
	p.until(`document.querySelector(".made .secret")?.textContent.startsWith("whsec_")`)
	p.open(base + "/webhooks")
	p.until(`document.querySelector("#webhook-crm .plain") && !document.querySelector(".made")`)
	a := o.dial("100", "101")
	o.must(o.incoming("101").Reject(o.ctx, 486, "Busy Here"))
	o.ended(a)
	p.until(`document.querySelector("#webhook-crm .bad")?.parentElement.textContent.includes("503")`)
	fail.Store(false)
	p.look(base, "/webhooks", "webhooks", `document.querySelector("#webhook-crm")`)
	p.click("#webhook-crm a")
	p.until(`document.querySelector("#deliveries tbody tr")?.textContent.includes("call.ended")`)
	p.click("#deliveries tbody button")
	p.until(`document.querySelector("[role=status]")?.textContent.includes("once more")`)
	p.until(`document.querySelector("#deliveries .delivery-delivered")`)
	p.look(base, "/webhooks/crm", "webhook", `document.querySelector("#deliveries tbody tr")`)
}
