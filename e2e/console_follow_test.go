package e2e

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"onhook/phone"
)

// patient has no page look by itself every few seconds: what it shows of what happens it learns by events.
func (t *tab) patient() {
	t.t.Helper()
	t.do("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": `window.setInterval = () => 0`})
}

// stay marks the document; stayed checks that it is still the same.
func (t *tab) stay() {
	t.t.Helper()
	t.until(`document.documentElement.dataset.stream === "open"`)
	t.must(t.eval(`document.body.dataset.sameDocument = "yes"`, nil))
}

func (t *tab) stayed() {
	t.t.Helper()
	if t.text(`document.body.dataset.sameDocument`) != "yes" {
		t.t.Errorf("%s was loaded anew", t.text("location.pathname"))
	}
}

// tell has the API do something, as another operator would.
func (c *apiClient) tell(path string) {
	c.t.Helper()
	resp := c.do("POST", path)
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		c.t.Fatalf("POST %s: %s", path, resp.Status)
	}
}

// TestConsoleFollowsTrunksUsersAndQueues: pages of trunks, users and queues change as events tell, without reload and without asking.
func TestConsoleFollowsTrunksUsersAndQueues(t *testing.T) {
	t.Parallel()
	o := newOfficeWith(t, `  - {match: "500", to: queue:support}`, "queues:\n  - {name: support, agents: [\"101\", \"102\"], wrap_up: 1s}\n")
	o.wait(8 * time.Minute)
	p, base := newBrowser(t).signedIn(o.server)
	p.patient()
	api := o.api()

	p.open(base + "/trunks")
	p.until(`document.querySelector("#trunk-sipp .chip")`)
	p.stay()
	api.tell("/v1/trunks/sipp/disable")
	p.until(`document.querySelector("#trunk-sipp .chip")?.textContent === "disabled" && document.querySelector("#trunk-sipp .why-down")`)
	api.tell("/v1/trunks/sipp/enable")
	p.until(`document.querySelector("#trunk-sipp .chip")?.textContent !== "disabled"`)
	p.stayed()

	p.open(base + "/users")
	p.until(`document.querySelector("#user-104-0")`)
	p.stay()
	device, err := phone.New(phone.Options{User: "104", Password: "secret-of-104", Domain: "example.com", Server: o.udp, T1: 100 * time.Millisecond})
	o.must(err)
	t.Cleanup(func() { _ = device.Close() })
	o.must(device.Register(o.ctx))
	p.until(`document.querySelector("#user-104-1")`)
	api.send(200, "PATCH", "/v1/users/103", `{"dnd": true, "forward": {"busy": "102"}}`)
	p.until(`document.querySelector("#user-103-0 .chip.busy") && document.querySelector("#user-103-0").textContent.includes("when it is busy: 102")`)
	o.must(device.Unregister(o.ctx))
	p.until(`document.querySelector("#user-104-0") && !document.querySelector("#user-104-1")`)
	p.stayed()

	p.open(base + "/queues")
	p.until(`document.querySelector("#agent-101 .chip")`)
	p.stay()
	for _, step := range [][3]string{
		{"101", "login", "free"}, {"102", "login", "free"}, {"101", "pause", "paused"}, {"102", "logout", "logged out"},
	} {
		api.tell("/v1/queues/agents/" + step[0] + "/" + step[1])
		p.until(fmt.Sprintf(`document.querySelector("#agent-%s .chip")?.textContent === %q`, step[0], step[2]))
	}
	a := o.dial("100", "500")
	p.until(`document.querySelector("#queue-support .waiting")?.textContent.includes("100")`)
	p.stayed()
	p.open(base + "/wallboard")
	p.until(`document.querySelector("#wall-support .huge")?.textContent === "1"`)
	p.stay()
	o.must(a.Hangup(o.ctx))
	o.ended(a)
	p.until(`document.querySelector("#wall-support .huge")?.textContent === "0"`)
	p.stayed()
	p.clean()
}

// wait gives the phones so long for all of the test: browsers take their time.
func (o *office) wait(d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	o.t.Cleanup(cancel)
	o.ctx = ctx
}

// TestConsoleCommandsFromTheRow: hold, resume, record, play, transfer, join and hang up from the list of calls that are
// up, by the keyboard, and without leaving it.
func TestConsoleCommandsFromTheRow(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "recording: {keep: 24h}\n")
	o.apart = true // calls that are joined are two calls of the server's
	o.wait(8 * time.Minute)
	a, b := o.connect("100", "101")
	p, _ := newBrowser(t).signedIn(o.server)
	p.until(`document.querySelector("#live tbody tr[data-call] .chip")?.textContent === "talking"`)
	p.stay()
	row := `document.querySelector("#live tr[data-call].at")`
	p.key("j")
	p.until(row)
	p.key("h")
	p.until(row + `?.querySelector(".chip").textContent === "on hold" && document.querySelector("#toast.shown")?.textContent.includes("on hold")`)
	p.accessible()
	p.shot("live-on-hold")
	p.key("h")
	p.until(row + `?.querySelector(".chip").textContent === "talking"`)
	p.key("r")
	p.until(row + `?.querySelector(".rec")`)
	p.key("r")
	p.until(`!document.querySelector("#live .rec") && ` + row)
	// What the server refuses is said where it was asked.
	p.key("p")
	p.until(`document.querySelector("#tell").open && document.activeElement.id === "tell-prompts"`)
	p.write("#tell-prompts", "no-such-prompt")
	p.key("Enter")
	p.until(`document.querySelector("#toast.failed")?.textContent.includes("No such prompt") && document.querySelector("#tell").open`)
	p.write("#tell-prompts", "goodbye")
	p.key("Enter")
	p.until(`document.querySelector("#toast.shown")?.textContent.includes("being played") && !document.querySelector("#tell").open`)
	// The caller is sent on.
	p.key("t")
	p.until(`document.querySelector("#tell").open && document.activeElement.id === "tell-to" && document.activeElement.value === ""`)
	p.accessible()
	p.shot("live-transfer")
	p.size(390, 844)
	p.fits()
	p.shot("live-transfer-390")
	p.size(1280, 800)
	p.write("#tell-to", "102")
	p.key("Enter")
	c := o.incoming("102")
	o.must(c.Answer(o.ctx))
	o.ended(b)
	p.until(`!document.querySelector("#tell").open && [...document.querySelectorAll("#live tr[data-call] .chip")].map(e => e.textContent).join() === "talking"`)
	// Another call is joined with it.
	d, e := o.connect("103", "104")
	p.until(`document.querySelectorAll("#live tr[data-call]").length === 2 && [...document.querySelectorAll("#live tr[data-call] .chip")].every(e => e.textContent === "talking")`)
	p.key("t")
	p.until(`document.querySelector("#tell").open && !document.querySelector("#tell form[data-join]").hidden && document.querySelectorAll("#tell-with option").length === 1`)
	p.click("#tell form[data-join] button")
	p.until(`!document.querySelector("#tell").open && document.querySelectorAll("#live tr[data-call]").length === 1`)
	// And what is left is ended.
	p.until(row + ` || (document.dispatchEvent(new KeyboardEvent("keydown", {key: "j", bubbles: true})), false)`)
	p.key("x")
	p.until(`document.querySelector("#live .empty") && !document.querySelector("#live tr[data-call]")`)
	for _, x := range []*phone.Call{a, c, d, e} {
		o.ended(x)
	}
	p.stayed()
	p.clean()
}

// TestConsoleUsersSettings: do not disturb and forwards are switched by the console, and extensions made and taken away.
func TestConsoleUsersSettings(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	o.wait(8 * time.Minute)
	p, base := newBrowser(t).signedIn(o.server)
	p.open(base + "/users")
	p.until(`document.querySelector("#user-101-0 .do button")`)
	p.stay()
	p.key("j")
	p.key("j")
	p.key("d")
	p.until(`document.querySelector("#user-101-0 .chip.busy")?.textContent === "do not disturb" && document.querySelector("#toast.shown")`)
	c := o.dial("100", "101")
	o.ended(c)
	if r := o.record(); r.ByeReason != "USER_BUSY" {
		t.Errorf("who calls an extension that does not want to be disturbed finds %s", r.ByeReason)
	}
	p.key("d")
	p.until(`document.querySelector("#user-101-0") && !document.querySelector("#user-101-0 .chip.busy")`)
	p.stayed()
	p.look(base, "/users/101", "user", `document.querySelector("#to-busy")`)
	p.write("#to-always", "102")
	p.key("Enter")
	p.until(`document.querySelector(".said")?.textContent.includes("changed") && document.querySelector("#to-always").value === "102"`)
	a := o.dial("100", "101")
	o.must(o.incoming("102").Answer(o.ctx))
	o.must(a.WaitAnswered(o.ctx))
	o.must(a.Hangup(o.ctx))
	p.click(`button[name="reset"]`)
	p.until(`document.querySelector(".said") && document.querySelector("#to-always").value === ""`)
	p.write("#to-busy", "nobody at all")
	p.key("Enter")
	p.until(`document.querySelector(".problem")`)
	// An extension is made, and its password shown once.
	p.open(base + "/users")
	p.click(".new-key summary")
	p.write("#user-name", "150")
	p.write("#user-display", `A <b>"new"</b> one`)
	p.key("Enter")
	p.until(`document.querySelector(".made .secret")`)
	p.accessible()
	p.shot("users-made")
	register := func(password string) error {
		d, err := phone.New(phone.Options{User: "150", Password: password, Domain: "example.com", Server: o.udp, T1: 100 * time.Millisecond})
		o.must(err)
		t.Cleanup(func() { _ = d.Close() })
		return d.Register(o.ctx)
	}
	first := p.text(`document.querySelector(".made .secret").textContent`)
	o.must(register(first))
	p.click("#user-150-0 a.row, #user-150 a.row")
	p.until(`location.pathname === "/users/150" && document.querySelector("h1 + .name")?.textContent === 'A <b>"new"</b> one'`)
	p.look(base, "/users/150", "user-own", `document.querySelector("#display") && document.querySelector("#user .chip.good") && document.querySelector("#user tbody tr")`)
	p.click(`form[action$="/password"] button`)
	p.until(`document.querySelector(".made .secret")`)
	second := p.text(`document.querySelector(".made .secret").textContent`)
	if second == first || strings.Contains(p.text("location.href"), second) {
		t.Error("the new password is the old one, or stands in the address")
	}
	o.must(register(second))
	p.open(base + "/users/150")
	p.click("details.new-key summary")
	p.click(`form[action$="/remove"] button`)
	p.until(`location.pathname === "/users" && document.querySelector("#user-104-0") && !document.querySelector("[id^=user-150]")`)
	p.clean()
}

// rewrite changes the configuration file; nobody reads it yet.
func (s *server) rewrite(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.conf, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// TestConsoleAuditAndFaults: who did what is found, page by page; a configuration with errors is read again, and each is shown with its place.
func TestConsoleAuditAndFaults(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	p, base := newBrowser(t).signedIn(o.server)
	p.open(base + "/audit")
	p.until(`document.querySelector("#main .empty")?.textContent.includes("Nothing was done yet")`)
	good := o.text
	o.rewrite(strings.Replace(good, "domain: example.com", "domain: example.com\nnonsense: 1", 1) + "\nlimits: {calls: many}\n")
	p.open(base + "/settings")
	p.click(`form[action="/settings/reload"] button`)
	p.until(`document.querySelectorAll("#faults tbody tr").length === 2`)
	if got := p.text(`[...document.querySelectorAll("#faults tbody tr")].map(r => [...r.cells].map(c => c.textContent).join("|")).join("\n")`); !strings.Contains(got, "nonsense") || !strings.Contains(got, "many") || strings.Contains(got, "–|") {
		t.Errorf("the errors are shown as:\n%s", got)
	}
	p.accessible()
	p.shot("settings-faults")
	p.size(390, 844)
	p.fits()
	p.shot("settings-faults-390")
	p.size(1280, 800)
	o.rewrite(good)
	p.open(base + "/settings")
	p.click(`form[action="/settings/reload"] button`)
	p.until(`document.querySelector("[role=status]")?.textContent.includes("read again")`)
	p.must(p.eval(`(async () => { for (let i = 0; i < 120; i++) await fetch("/v1/keys/key" + i, {method: "DELETE"}); })()`, nil))
	p.look(base, "/audit", "audit", `document.querySelectorAll(".audit tbody tr").length === 100`)
	p.click("a[rel=next]")
	p.until(`document.querySelectorAll(".audit tbody tr").length === 22 && document.querySelector(".audit").textContent.includes("reload")`)
	p.open(base + "/audit?since=1h")
	p.write("#path", "key11")
	p.key("Enter")
	p.until(`location.search.includes("since=1h") && document.querySelectorAll(".audit tbody tr").length === 11`) // 11 and 110 to 119
	p.open(base + "/audit?operation=reload")
	p.until(`[...document.querySelectorAll(".audit tbody .chip")].map(e => e.textContent).join() === "200,422"`)
	p.open(base + "/audit?by=nobody")
	p.until(`document.querySelector("#main .empty")?.textContent.includes("Nothing of that kind")`)
	p.open(base + "/audit?since=yesterday")
	p.until(`document.querySelector("[role=alert]")`)
	p.clean()
}

// TestConsoleCallsByKeyboardOnATelephone: filters, columns, saved searches and exports are reached by the keyboard alone, and fit a small screen.
func TestConsoleCallsByKeyboardOnATelephone(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	o.wait(8 * time.Minute)
	c := o.dial("100", "102")
	o.must(o.incoming("102").Reject(o.ctx, 486, "Busy Here"))
	o.ended(c)
	o.records(1)
	p, base := newBrowser(t).signedIn(o.server)
	p.size(390, 844)
	p.open(base + "/calls?status=Busy")
	p.until(`document.querySelectorAll("#calls tbody tr").length === 1`)
	// tabTo walks as the Tab key does, and gives up after a round.
	tabTo := func(script string) {
		t.Helper()
		for range 120 {
			p.do("Input.dispatchKeyEvent", map[string]any{"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9})
			p.do("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9})
			if p.text(`(e => Boolean(`+script+`))(document.activeElement)`) == "true" {
				if p.text(`getComputedStyle(document.activeElement).outlineStyle !== "none" || document.activeElement.closest(".search") !== null`) != "true" {
					t.Errorf("that it has the focus is not seen: %s", script)
				}
				return
			}
		}
		t.Fatalf("Tab never comes to %s", script)
	}
	tabTo(`e.matches("summary") && e.textContent === "Columns"`)
	p.key("Enter")
	p.until(`document.querySelector(".columns").offsetParent !== null || document.querySelector(".drop").open`)
	p.fits()
	p.accessible()
	p.shot("calls-columns-390")
	tabTo(`e.matches("input[value=stage]")`)
	p.key(" ")
	p.until(`document.querySelector("input[value=stage]").checked`)
	p.key("Enter")
	p.until(`location.search.includes("stage") && [...document.querySelectorAll("#calls th")].some(h => h.textContent === "Stage")`)
	p.fits()
	tabTo(`e.matches(".more summary")`)
	p.key("Enter")
	p.until(`document.querySelector(".more").open`)
	p.fits()
	p.accessible()
	p.shot("calls-filters-390")
	tabTo(`e.matches("#f-code")`)
	p.write("#f-code", "486")
	p.key("Enter")
	p.until(`location.search.includes("code=486") && document.querySelectorAll("#calls tbody tr").length === 1`)
	tabTo(`e.matches(".save summary")`)
	p.key("Enter")
	tabTo(`e.matches("#save-name")`)
	p.fits()
	p.shot("calls-save-390")
	p.write("#save-name", "Busy ones")
	p.key("Enter")
	p.until(`document.querySelector(".saved a")?.textContent === "Busy ones"`)
	p.fits()
	tabTo(`e.matches("a[download]") && e.textContent.includes("CSV")`)
	if got := p.text(`fetch(document.activeElement.href).then(r => r.text()).then(t => t.trim().split("\n").length)`); got != "2" {
		t.Errorf("the CSV has %s lines, want a head and one call", got)
	}
	p.open(base + "/calls?status=Busy&columns=status,from,to,started,ended,reason,detail,code,sent,q850,by,ring,talk,setup,hold,duration,stage,answered,trunk,queue,user,direction,confidence,source")
	p.fits()
	p.accessible()
	p.size(1280, 800)
	p.fits()
	p.shot("calls-all-columns")
	p.clean()
}
