package e2e

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// A browser is one headless Chromium, driven over the DevTools protocol.
type browser struct {
	t    *testing.T
	conn *websocket.Conn

	mu      sync.Mutex
	next    int
	waiting map[int]chan reply
	tabs    map[string]*tab // by session
}

// A reply is the answer to one command.
type reply struct {
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// A tab is one page of a browser.
type tab struct {
	*browser
	session string
	bad     []string // violations of the policy, errors of scripts, dialogs
}

var devtools = regexp.MustCompile(`DevTools listening on (ws://\S+)`)

// newBrowser starts Chromium with a profile of its own.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("needs chromium")
	}
	// What runs as root has no sandbox; the pages are our own.
	cmd := exec.Command(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio", "--hide-scrollbars", "--force-color-profile=srgb", "--lang=en-GB",
		"--remote-debugging-port=0", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.Env = append(os.Environ(), "TZ=Europe/Berlin")
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address := ""
	lines := bufio.NewScanner(out)
	for address == "" && lines.Scan() {
		if m := devtools.FindStringSubmatch(lines.Text()); m != nil {
			address = m[1]
		}
	}
	if address == "" {
		t.Fatal("chromium did not say where it listens")
	}
	go func() {
		for lines.Scan() { // so that it never waits for its reader
		}
	}()
	conn, _, err := websocket.Dial(context.Background(), address, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(64 << 20)
	b := &browser{t: t, conn: conn, waiting: map[int]chan reply{}, tabs: map[string]*tab{}}
	go b.read()
	t.Cleanup(func() { _ = conn.CloseNow() })
	return b
}

// read hands out what the browser says.
func (b *browser) read() {
	for {
		_, raw, err := b.conn.Read(context.Background())
		if err != nil {
			return
		}
		var m struct {
			reply
			ID      int             `json:"id"`
			Method  string          `json:"method"`
			Params  json.RawMessage `json:"params"`
			Session string          `json:"sessionId"`
		}
		if json.Unmarshal(raw, &m) != nil {
			continue
		}
		b.mu.Lock()
		if c := b.waiting[m.ID]; m.ID != 0 && c != nil {
			delete(b.waiting, m.ID)
			c <- m.reply
		} else if t := b.tabs[m.Session]; t != nil {
			t.event(m.Method, m.Params)
		}
		b.mu.Unlock()
	}
}

// event takes note of what a page does. The lock is held.
func (t *tab) event(method string, params json.RawMessage) {
	switch method {
	case "Runtime.exceptionThrown", "Page.javascriptDialogOpening":
		t.bad = append(t.bad, method+" "+string(params))
	case "Runtime.bindingCalled":
		t.bad = append(t.bad, "policy: "+string(params))
	case "Log.entryAdded":
		var p struct {
			Entry struct{ Source, Level, Text, URL string }
		}
		if json.Unmarshal(params, &p) == nil && p.Entry.Level == "error" && p.Entry.Source != "network" {
			t.bad = append(t.bad, p.Entry.Source+": "+p.Entry.Text+" "+p.Entry.URL)
		}
	}
}

// send gives a command and reads its result into v; nil: it does not matter.
func (b *browser) send(session, method string, params any, v any) error {
	b.mu.Lock()
	b.next++
	id, c := b.next, make(chan reply, 1)
	b.waiting[id] = c
	b.mu.Unlock()
	m := map[string]any{"id": id, "method": method}
	if params != nil {
		m["params"] = params
	}
	if session != "" {
		m["sessionId"] = session
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patient(60*time.Second))
	defer cancel()
	if err := b.conn.Write(ctx, websocket.MessageText, raw); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case r := <-c:
		if r.Error != nil {
			return fmt.Errorf("%s: %s", method, r.Error.Message)
		}
		if v == nil {
			return nil
		}
		return json.Unmarshal(r.Result, v)
	case <-ctx.Done():
		return fmt.Errorf("%s: no answer from the browser", method)
	}
}

// newTab opens an empty page of a window of its own.
func (b *browser) newTab() *tab {
	b.t.Helper()
	var target struct{ TargetID string }
	var attached struct{ SessionID string }
	b.must(b.send("", "Target.createTarget", map[string]any{"url": "about:blank"}, &target))
	b.must(b.send("", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached))
	t := &tab{browser: b, session: attached.SessionID}
	b.mu.Lock()
	b.tabs[t.session] = t
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		t.do(domain+".enable", nil)
	}
	t.do("Runtime.addBinding", map[string]any{"name": "tellViolation"})
	t.do("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": `document.addEventListener("securitypolicyviolation", e => tellViolation(e.violatedDirective + " " + e.blockedURI + " " + e.sourceFile + ":" + e.lineNumber + " " + e.sample));`})
	t.size(1280, 800)
	return t
}

func (b *browser) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (t *tab) do(method string, params any) {
	t.t.Helper()
	t.must(t.send(t.session, method, params, nil))
}

// size makes the window as large as a screen.
func (t *tab) size(width, height int) {
	t.t.Helper()
	t.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
}

// scheme is what the system prefers: light or dark.
func (t *tab) scheme(name string) {
	t.t.Helper()
	t.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": name}, {"name": "prefers-reduced-motion", "value": "reduce"}}})
}

// open goes to an address and waits until the page is there.
func (t *tab) open(url string) {
	t.t.Helper()
	t.must(t.eval(`window.before = true`, nil))
	t.do("Page.navigate", map[string]any{"url": url})
	t.until(`!window.before`)
	t.loaded()
}

// eval runs a script in the page and reads its value into v.
func (t *tab) eval(script string, v any) error {
	var r struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	err := t.send(t.session, "Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true}, &r)
	switch {
	case err != nil:
		return err
	case r.Exception != nil:
		return fmt.Errorf("%s: %s %s", script, r.Exception.Text, r.Exception.Exception.Description)
	case v == nil || r.Result.Value == nil:
		return nil
	}
	return json.Unmarshal(r.Result.Value, v)
}

// text is the value of a script as text.
func (t *tab) text(script string) string {
	t.t.Helper()
	s := ""
	t.must(t.eval("(async () => String(await ("+script+")))()", &s))
	return s
}

// until waits for a script to be true.
func (t *tab) until(script string) {
	t.t.Helper()
	eventually(t.t, time.Minute, func() bool {
		ok := false
		// While a page is being left, scripts fail.
		return t.eval("Boolean("+script+")", &ok) == nil && ok
	}, func() string {
		return "never true: " + script + "\n" + t.text("document.location.href + '\\n' + document.body.innerText")
	})
}

// loaded waits until the page's scripts hear what is pressed.
func (t *tab) loaded() {
	t.t.Helper()
	t.until(`document.readyState === "complete"`)
}

// key presses a key.
func (t *tab) key(key string) {
	t.t.Helper()
	t.loaded()
	p := map[string]any{"type": "keyDown", "key": key}
	switch key {
	case "Enter":
		p["text"], p["windowsVirtualKeyCode"] = "\r", 13
	case "Escape":
		p["windowsVirtualKeyCode"] = 27
	default:
		p["text"] = key
	}
	t.do("Input.dispatchKeyEvent", p)
	t.do("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key})
}

// write types a text into a field, in the place of what it holds.
func (t *tab) write(selector, s string) {
	t.t.Helper()
	t.must(t.eval(fmt.Sprintf(`document.querySelector(%q).focus(); document.querySelector(%q).select()`, selector, selector), nil))
	t.do("Input.insertText", map[string]any{"text": s})
}

// click presses the first element that a selector finds, as a mouse does.
func (t *tab) click(selector string) {
	t.t.Helper()
	t.loaded()
	var at struct{ X, Y float64 }
	t.must(t.eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q); if (!e) throw new Error("no element"); e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect(); return {X: r.x + r.width / 2, Y: r.y + r.height / 2}; })()`, selector), &at))
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		t.do("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1})
	}
}

// artefacts is where screenshots are kept, to be looked at.
func artefacts(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "out", "console")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// shot keeps a picture of the whole page.
func (t *tab) shot(name string) {
	t.t.Helper()
	var r struct{ Data string }
	t.must(t.send(t.session, "Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true}, &r))
	raw, err := base64.StdEncoding.DecodeString(r.Data)
	t.must(err)
	t.must(os.WriteFile(filepath.Join(artefacts(t.t), name+".png"), raw, 0o644))
}

// clean fails the test for everything bad that the pages did, and forgets it.
func (t *tab) clean() {
	t.t.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range t.bad {
		t.t.Errorf("%s", b)
	}
	t.bad = nil
}

// fits checks that a page does not scroll sideways.
func (t *tab) fits() {
	t.t.Helper()
	var over struct{ Scroll, Client int }
	t.must(t.eval(`({Scroll: document.documentElement.scrollWidth, Client: document.documentElement.clientWidth})`, &over))
	if over.Scroll > over.Client {
		t.t.Errorf("%s scrolls sideways: %d in %d", t.text("location.pathname"), over.Scroll, over.Client)
	}
}

// steady checks that nothing on the page moved after it was first painted (Cumulative Layout Shift).
func (t *tab) steady() {
	t.t.Helper()
	moved := 0.0
	t.must(t.eval(`new Promise(done => { let sum = 0; new PerformanceObserver(l => { for (const e of l.getEntries()) if (!e.hadRecentInput) sum += e.value; }).observe({type: "layout-shift", buffered: true}); requestAnimationFrame(() => requestAnimationFrame(() => done(sum))); })`, &moved))
	if moved > 0.02 {
		t.t.Errorf("%s: things move while it loads: %.3f", t.text("location.pathname"), moved)
	}
}

// accessible has axe-core look for serious faults.
func (t *tab) accessible() {
	t.t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", "axe", "axe.min.js"))
	t.must(err)
	t.must(t.eval(string(src), nil))
	var found []struct {
		ID, Impact, Help string
		Nodes            []struct {
			HTML string
			Any  []struct{ Message string }
		}
	}
	t.must(t.eval(`axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r => r.violations.filter(v => v.impact === "serious" || v.impact === "critical"))`, &found))
	for _, f := range found {
		for i, n := range f.Nodes {
			why := ""
			for _, a := range n.Any {
				why += " " + a.Message
			}
			if i < 3 {
				t.t.Errorf("%s: %s %s: %s\n%s%s", t.text("location.pathname"), f.Impact, f.ID, f.Help, strings.TrimSpace(n.HTML), why)
			}
		}
	}
}
