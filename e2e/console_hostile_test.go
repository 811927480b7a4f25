package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"onhook/capture"
	"onhook/outcome"
	"onhook/phone"
	"onhook/sip"
)

// A stranger wants the console to do something; a canary would tell.
type stranger struct {
	t    *testing.T
	long string // what is written wherever somebody else may write
	hits atomic.Int64
}

// strangerName is a display name that a row shows whole: the beginning of a formula, markup, a text from right to left.
const strangerName = `=1+1<b onclick=x>"'שלום`

// newStranger listens for what a script, an image or a style of the texts would load.
func newStranger(t *testing.T) *stranger {
	t.Helper()
	x := &stranger{t: t}
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { x.hits.Add(1) }))
	t.Cleanup(canary.Close)
	at := canary.URL + "/hit"
	x.long = `"'><script src="` + at + `"></script><script>window.hacked=1</script><img src=` + at + ` onerror=window.hacked=1><svg onload=window.hacked=1><style>*{display:none}</style>` +
		`<a href="javascript:window.hacked=1">שלום עולם</a>{{.}}${1}` + "\u202egnp.exe\u2066\u200b"
	return x
}

// quoted is a text as a quoted string of SIP (RFC 3261 section 25.1).
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// harmless finds what a text has made of a page, in its markup and its order.
const harmless = `(() => {
	const bad = [];
	if (window.hacked) bad.push("a script ran");
	for (const s of document.querySelectorAll("script")) if (!s.src.startsWith(location.origin + "/assets/")) bad.push("script " + s.outerHTML.slice(0, 80));
	for (const e of document.querySelectorAll("img,iframe,object,embed,style,base,link:not([href^='/assets/'])")) bad.push("element " + e.outerHTML.slice(0, 80));
	const deceives = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;
	for (const e of document.querySelectorAll("*")) {
		for (const a of e.attributes) {
			if (a.name.startsWith("on")) bad.push("handler " + a.name + " of " + e.tagName);
			if (["href", "src", "action", "xlink:href"].includes(a.name) && /^\s*(javascript|data|vbscript):/i.test(a.value)) bad.push("address " + a.value.slice(0, 80));
			if (["title", "aria-label", "placeholder", "alt"].includes(a.name) && deceives.test(a.value)) bad.push("deceiving " + a.name + " of " + e.tagName);
		}
	}
	const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
	for (let n = walk.nextNode(); n; n = walk.nextNode()) {
		if (deceives.test(n.data)) bad.push("deceiving text in " + n.parentElement.outerHTML.slice(0, 120));
		if (!/[\u0590-\u08ff]/.test(n.data) || n.parentElement.closest("svg,title,option,textarea,.sentence,.told")) continue;
		let e = n.parentElement;
		while (e && !/isolate|plaintext/.test(getComputedStyle(e).unicodeBidi)) e = e.parentElement;
		if (!e || e.textContent.trim() !== n.data.trim()) bad.push("not isolated: " + (e ? e.outerHTML : n.data).slice(0, 200));
	}
	return bad;
})()`

// visit opens a page on a screen and on a telephone: nothing of what strangers wrote there may do anything.
func (x *stranger) visit(p *tab, base, path, ready string, shows bool) {
	x.t.Helper()
	for _, width := range []int{1280, 390} {
		p.size(width, 844)
		p.open(base + path)
		p.until(ready)
		// All is looked at, what is folded too.
		p.must(p.eval(`document.querySelectorAll("main details:not(.drop)").forEach(d => d.open = true)`, nil))
		var bad []string
		p.must(p.eval(harmless, &bad))
		for _, b := range bad {
			x.t.Errorf("%s at %d: %s", path, width, b)
		}
		if shows && p.text(`document.body.textContent.includes("<script") || document.body.textContent.includes("<b onclick")`) != "true" {
			x.t.Errorf("%s does not show the text", path)
		}
		if strings.Contains(p.text(`document.title`), "hacked") {
			x.t.Errorf("%s: the title is another", path)
		}
		p.fits()
		p.clean()
	}
	if p.text(`document.body.textContent.length < 100_000`) == "true" { // axe asks for the place of each line
		p.accessible()
	}
	name := strings.Trim(regexp.MustCompile(`\W+`).ReplaceAllString(path, "-"), "-")
	p.shot("hostile-" + name[:min(40, len(name))])
	p.size(1280, 800)
}

// TestConsoleHostileTextsOnEveryPage: what strangers write into registrations, calls, voicemail, answers of trunks and
// of receivers of webhooks, names of senders of HEP, what an operator is tricked into typing: every page and export
// shows it as it is, and does nothing that it says.
func TestConsoleHostileTextsOnEveryPage(t *testing.T) {
	t.Parallel()
	x := newStranger(t)
	registrar := x.registrar(t)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://"+x.long)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
	t.Cleanup(receiver.Close)
	shown, err := json.Marshal(strings.Map(func(r rune) rune {
		if r == '\u202e' || r == '\u2066' || r == '\u200b' {
			return -1
		}
		return r
	}, x.long)) // as YAML has it too
	if err != nil {
		t.Fatal(err)
	}
	o := newOfficeOf(t, map[string]string{"101": ", voicemail: true", "103": ", display: " + string(shown)}, `  - {match: "500", to: "queue:support"}
  - {match: "6101", to: "voicemail:101"}`, fmt.Sprintf(`
voicemail: {min: 1s, silence: 0s, greeting: [goodbye]}
queues:
  - {name: support, agents: ["103"], wrap_up: 1s}
hours:
  - {name: night, open: ["mon-sun 00:00-24:00"], closed: [{name: %s, date: "01-01..12-31"}]}
hep: {listen: ["udp://127.0.0.1:0"]}
webhooks:
  - {name: crm, url: %q, secret: whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=, private: [127.0.0.0/8], events: [call.ended]}
`, shown, receiver.URL))
	o.apart = true // its records are of others' calls too, which its own capture does not show
	o.wait(10 * time.Minute)
	o.reload(strings.Replace(o.text, "trunks:\n", fmt.Sprintf("trunks:\n  - {name: carrier, address: %q, username: acme, password: secret-of-acme, register: {enabled: true}}\n", registrar), 1), "configuration read again")
	p, base := newBrowser(t).signedIn(o.server)
	api := o.api()

	// A device registers with a contact and a product of its own.
	device := x.phone(o, phone.Options{User: "104", Password: "secret-of-104"})
	o.must(device.Register(o.ctx))
	for _, action := range []string{"login", "pause"} {
		resp := api.do("POST", "/v1/queues/agents/103/"+action)
		o.must(resp.Body.Close())
	}
	// A caller of a trunk waits in the queue, talks, leaves a message.
	carrier := x.phone(o, phone.Options{User: "%3Cscript%3E%D7%A9%D7%9C%D7%95%D7%9D", Display: strangerName, Listen: netip.MustParseAddrPort("127.0.0.2:0")})
	waits, err := carrier.Call(o.ctx, "500")
	o.must(err)
	o.must(waits.WaitAnswered(o.ctx))
	says, err := carrier.Call(o.ctx, "6101")
	o.must(err)
	o.leave(says, 2*time.Second)
	o.must(says.Hangup(o.ctx))
	o.ended(says)
	refused, err := carrier.Call(o.ctx, "102")
	o.must(err)
	o.must(o.incoming("102").Reject(o.ctx, 486, "Busy "+x.long))
	o.ended(refused)
	// A sender of HEP has a name, and mirrors a call with a name of 60 kB.
	x.mirror(o, p, base)
	// An operator follows links that others made.
	p.open(base + "/calls?q=" + url.QueryEscape(x.long))
	p.must(p.eval(fmt.Sprintf(`fetch("/v1/keys/" + encodeURIComponent(%q), {method: "DELETE"})`, x.long), nil))
	p.must(p.eval(fmt.Sprintf(`fetch("/calls/filters", {method: "POST", body: new URLSearchParams({name: %q, query: "party=" + encodeURIComponent(%q)})})`, `<script>window.hacked=1`, x.long), nil))
	p.open(base + "/trunks")
	p.until(`document.querySelector("#trunk-carrier .why-down")?.textContent.includes("403 No")`)
	p.open(base + "/webhooks/crm")
	p.until(`document.querySelector("#deliveries tbody")?.textContent.includes("Location")`)
	// A call that was mirrored is told after its timers.
	eventually(t, 2*time.Minute, func() bool { return strings.Count(o.onhook("calls", "--json"), `"source":"hep"`) == 2 },
		func() string { return api.read(200, "GET", "/v1/sources") })
	records := o.records(4)
	var list struct{ Calls []struct{ ID string } }
	api.get("/v1/live", &list)
	if len(list.Calls) != 1 {
		t.Fatalf("%d calls are up, want the one that waits", len(list.Calls))
	}
	for _, v := range []struct {
		path, ready string
		shows       bool
	}{
		{"/", `document.querySelector("#live a.row") && document.querySelectorAll("#live tr[id^=over]").length === 4`, true},
		{"/?said=" + url.QueryEscape(x.long), `document.querySelector("#live a.row")`, true},
		{"/calls/" + list.Calls[0].ID, `document.querySelector(".call-head")`, true},
		{"/calls", `document.querySelectorAll("#calls a.row").length === 4`, true},
		{"/calls?q=" + url.QueryEscape(x.long), `document.querySelector(".term")`, true},
		{"/calls?since=" + url.QueryEscape(x.long), `document.querySelector("[role=alert]")`, true},
		{"/calls?columns=" + url.QueryEscape(x.long), `document.querySelector("#calls")`, true},
		{"/dashboard?span=hour", `document.querySelector("#dashboard .figures")`, false},
		{"/dashboard?trunk=" + url.QueryEscape(x.long), `document.querySelector("#dashboard")`, false},
		{"/queues", `document.querySelector("#queue-support .waiting")`, true},
		{"/wallboard", `document.querySelector("#wall-support .huge")`, false},
		{"/hours", `document.querySelector("#hours-night .facts")`, true},
		{"/trunks", `document.querySelector("#trunk-carrier .why-down")`, true},
		{"/users", `document.querySelector("#user-103-0") && document.querySelector("#user-104-1")`, true},
		{"/voicemail", `document.querySelector("#voicemail audio")`, true},
		{"/sources", `document.querySelector("#sources tbody tr")`, true},
		{"/webhooks", `document.querySelector("#webhook-crm .bad")`, false},
		{"/webhooks/crm", `document.querySelector("#deliveries tbody tr")`, false},
		{"/webhooks/" + url.PathEscape(x.long), `document.querySelector(".problem")`, false},
		{"/reference?find=" + url.QueryEscape(x.long[:40]), `document.querySelector(".empty")`, false},
		{"/audit", `document.querySelector(".audit tbody tr")`, true},
		{"/audit?path=" + url.QueryEscape(x.long), `document.querySelector(".audit tbody tr") || document.querySelector("#main .empty")`, false},
		{"/settings", `document.querySelector("#config-users")`, true},
		{"/nothing" + url.PathEscape(x.long), `document.querySelector(".problem")`, false},
	} {
		x.visit(p, base, v.path, v.ready, v.shows)
	}
	for i := range records {
		x.visit(p, base, "/calls/"+records[i].ID, `document.querySelector(".verdict") && document.querySelector(".messages details")`, true)
	}
	x.rows(p, base, records)
	x.exports(api, records)
	o.must(waits.Hangup(o.ctx))
	o.ended(waits)
	if n := x.hits.Load(); n != 0 {
		t.Errorf("the browser loaded what a text asked for, %d times", n)
	}
}

// registrar answers every REGISTER 403, with what the stranger has to say. It gives its address.
func (x *stranger) registrar(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			var answer strings.Builder
			answer.WriteString("SIP/2.0 403 No " + x.long + "\r\n")
			for line := range strings.SplitSeq(string(buf[:n]), "\r\n") {
				name, _, _ := strings.Cut(line, ":")
				switch name {
				case "Via", "From", "Call-ID", "CSeq":
					answer.WriteString(line + "\r\n")
				case "To":
					answer.WriteString(line + ";tag=r\r\n")
				}
			}
			_, _ = c.WriteTo([]byte(answer.String()+"Content-Length: 0\r\n\r\n"), from)
		}
	}()
	return c.LocalAddr().String()
}

var contactLine = regexp.MustCompile(`(?m)^Contact: <sip:[^@>]*@`)

// phone is a user agent whose headers hold what the stranger wants.
func (x *stranger) phone(o *office, opt phone.Options) *phone.Phone {
	x.t.Helper()
	opt.Domain, opt.Server, opt.T1, opt.Codecs = "example.com", o.udp, 100*time.Millisecond, []string{"PCMA"}
	opt.Rewrite = func(text string) string {
		head, body, _ := strings.Cut(text, "\r\n\r\n")
		if !strings.Contains(head, "\r\nUser-Agent:") {
			head += "\r\nUser-Agent: " + x.long
		}
		if strings.HasPrefix(head, "REGISTER") {
			head = contactLine.ReplaceAllString(head, "Contact: "+quoted(strangerName)+" <sip:%3Cscript%3E%D7%A9@")
		}
		if strings.HasPrefix(head, "BYE") {
			head += "\r\nReason: Q.850;cause=16;text=" + quoted(x.long)
		}
		return head + "\r\nSubject: =HYPERLINK(1)" + "\r\n\r\n" + body
	}
	p, err := phone.New(opt)
	o.must(err)
	x.t.Cleanup(func() { _ = p.Close() })
	return p
}

// mirror sends a call by HEP, one that was refused.
func (x *stranger) mirror(o *office, p *tab, base string) {
	x.t.Helper()
	p.open(base + "/sources")
	p.until(`document.querySelector("#sources .sub code")`)
	_, at, _ := strings.Cut(p.text(`document.querySelector("#sources .sub code").textContent`), "://")
	c, err := net.Dial("udp", at)
	o.must(err)
	defer c.Close()
	now := time.Now()
	for i, name := range []string{strings.Repeat("<script>שלום", 60_000/16), strings.Repeat("<script>שלום", 7000/16)} { // the first is longer than a line of a message may be
		head := fmt.Sprintf("Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKm%d\r\nFrom: %s <sip:1@example.com>;tag=f\r\nTo: <sip:%%3Cscript%%3E@example.com>", i, quoted(name))
		rest := fmt.Sprintf("\r\nCall-ID: <script>window.hacked=%d</script>\r\n", i)
		for n, text := range []string{
			"INVITE sip:2@example.com SIP/2.0\r\n" + head + rest + "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:1@192.0.2.1>\r\nUser-Agent: " + x.long + "\r\nContent-Length: 0\r\n\r\n",
			"SIP/2.0 486 Busy " + x.long + "\r\n" + head + ";tag=t" + rest + "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
			"ACK sip:2@example.com SIP/2.0\r\n" + head + ";tag=t" + rest + "CSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		} {
			it := capture.Item{
				Kind: capture.SIP, At: now.Add(time.Duration(n) * time.Millisecond), Src: netip.MustParseAddrPort("192.0.2.1:5060"), Dst: netip.MustParseAddrPort("192.0.2.2:5060"),
				Transport: sip.UDP, Payload: []byte(text), Agent: capture.Agent{ID: 7, Name: x.long},
			}
			if n == 1 {
				it.Src, it.Dst = it.Dst, it.Src
			}
			packet, err := capture.AppendHEP(nil, &it, "")
			o.must(err)
			_, err = c.Write(packet)
			o.must(err)
		}
	}
}

// rows checks that what a row shows is what was written, no more and no less.
func (x *stranger) rows(p *tab, base string, records []outcome.Record) {
	x.t.Helper()
	p.open(base + "/calls")
	for i := range records {
		r := &records[i]
		cell := fmt.Sprintf(`document.querySelector("#over-%s a.row").`, r.ID)
		switch name := p.text(cell + `querySelector("bdi.name")?.textContent`); {
		case r.Source == "hep" && r.From.URI == "":
			if got := p.text(cell + `textContent`); got != "unknown" {
				x.t.Errorf("a caller whose name has 60 kB is shown as %q", got)
			}
		case r.Source == "hep":
			if r.From.Name != strings.Repeat("<script>שלום", 7000/16) || !strings.HasPrefix(name, "<script>שלום<script>") || len([]rune(name)) > 40 {
				x.t.Errorf("a name of 7 kB is recorded as %q and shown as %q", r.From.Name, name)
			}
		case r.From.Name != strangerName || name != strangerName:
			x.t.Errorf("the name is recorded as %q and shown as %q", r.From.Name, name)
		}
	}
}

// exports reads the calls in every form: each has what was written.
func (x *stranger) exports(api *apiClient, records []outcome.Record) {
	x.t.Helper()
	byID := map[string]*outcome.Record{}
	for i := range records {
		byID[records[i].ID] = &records[i]
	}
	rows, err := csv.NewReader(strings.NewReader(api.read(200, "GET", "/v1/calls?format=csv"))).ReadAll()
	if err != nil || len(rows) != len(records)+1 {
		x.t.Fatalf("%d rows, %v", len(rows), err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	for _, row := range rows[1:] {
		r := byID[row[column["id"]]]
		for name, want := range map[string]string{"from_name": r.From.Name, "from_uri": r.From.URI, "from_number": r.From.Number, "to_uri": r.To.URI, "summary": r.Summary} {
			got := row[column[name]]
			// A text that a spreadsheet would take for a formula has an apostrophe before it.
			if strings.ContainsAny(want[:min(1, len(want))], "=+-@") {
				want = "'" + want
			}
			if got != want {
				x.t.Errorf("%s of %s: %.200q, want %.200q", name, r.ID, got, want)
			}
		}
		for i, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				x.t.Errorf("the cell %s is a formula: %.80q", rows[0][i], cell)
			}
		}
	}
	lines := bytes.Split(bytes.TrimSpace([]byte(api.read(200, "GET", "/v1/calls?format=ndjson"))), []byte("\n"))
	if len(lines) != len(records) {
		x.t.Errorf("%d lines, want %d", len(lines), len(records))
	}
	for _, line := range lines {
		var got outcome.Record
		if err := json.Unmarshal(line, &got); err != nil {
			x.t.Fatal(err)
		}
		if r := byID[got.ID]; r == nil || got.From != r.From || got.To != r.To || got.Summary != r.Summary {
			x.t.Errorf("%+v, want %+v", got, r)
		}
	}
}
