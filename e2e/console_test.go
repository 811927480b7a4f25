package e2e

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var consoleLine = regexp.MustCompile(`Console: (http://[^/]+)/sign-in#(\S+)`)

// consoleOf is where the console of a server is, and the password of its first start.
func (s *server) consoleOf() (base, password string) {
	s.t.Helper()
	eventually(s.t, 10*time.Second, func() bool {
		m := consoleLine.FindStringSubmatch(s.out.String())
		if m != nil {
			base, password = m[1], m[2]
		}
		return m != nil
	}, func() string {
		return "the server never said where its console is:\n" + s.out.String() + s.log.String()
	})
	return base, password
}

// signedIn is a tab on the first page of a server's console.
func (b *browser) signedIn(s *server) (*tab, string) {
	b.t.Helper()
	base, password := s.consoleOf()
	t := b.newTab()
	t.open(base + "/sign-in#" + password)
	t.until(`document.querySelector("h1")?.textContent.startsWith("Live")`)
	return t, base
}

// newSlowOffice is an office whose phones wait as long as a browser may take.
func newSlowOffice(t *testing.T) *office {
	t.Helper()
	o := newOffice(t, "")
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	t.Cleanup(cancel)
	o.ctx = ctx
	return o
}

func TestConsoleFirstSignIn(t *testing.T) {
	t.Parallel()
	o := newSlowOffice(t)
	base, password := o.consoleOf()
	p := newBrowser(t).newTab()
	p.open(base + "/")
	p.until(`location.pathname === "/sign-in"`)
	p.accessible()
	p.shot("sign-in")
	p.write("#password", "not-the-password")
	p.key("Enter")
	p.until(`document.querySelector("[role=alert]")?.textContent.includes("not the password")`)
	p.open(base + "/sign-in?next=%2F%3Fx%3D1")
	p.write("#password", password)
	p.key("Enter")
	p.until(`location.search === "?x=1" && document.querySelector("h1")?.textContent.startsWith("Live")`)
	p.accessible()
	p.fits()
	p.shot("live-empty")
	p.scheme("dark")
	p.accessible()
	p.shot("live-empty-dark")
	// The password in the address is taken out of it.
	q := newBrowser(t).newTab()
	q.open(base + "/sign-in#" + password)
	q.until(`document.querySelector("h1")?.textContent.startsWith("Live") && location.hash === ""`)
	p.clean()
	q.clean()
}

func TestConsoleLiveCall(t *testing.T) {
	t.Parallel()
	o := newSlowOffice(t)
	p, _ := newBrowser(t).signedIn(o.server)
	p.must(p.eval(`document.body.dataset.sameDocument = "yes"`, nil))
	row := `document.querySelector("#live tbody tr[id^=live-]")`
	a := o.dial("100", "101")
	b := o.incoming("101")
	p.until(row + `?.textContent.includes("ringing")`)
	o.must(b.Answer(o.ctx))
	o.must(a.WaitAnswered(o.ctx))
	p.until(row + `?.textContent.includes("talking")`)
	p.until(row + `?.querySelector("time.count")?.textContent === "0:02"`) // it counts by itself
	p.accessible()
	p.fits()
	p.shot("live-talking")
	o.must(b.Hangup(o.ctx))
	o.ended(a)
	p.until(`document.querySelector("#live tbody tr[id^=over-]")?.textContent.includes("NORMAL_CLEARING") && !` + row)
	if got := p.text(`document.body.dataset.sameDocument`); got != "yes" {
		t.Error("the page was loaded anew")
	}
	// Another is ended from here.
	a, _ = o.connect("100", "102")
	p.until(row + `?.textContent.includes("talking")`)
	p.click("#live .danger")
	p.until(`document.querySelector("#live tbody tr[id^=over-]")?.textContent.includes("MANAGER_REQUEST")`)
	o.ended(a)
	p.shot("live-ended")
	p.clean()
}

func TestConsoleSearch(t *testing.T) {
	t.Parallel()
	o := newSlowOffice(t)
	a, b := o.connect("100", "101")
	o.must(a.Hangup(o.ctx))
	o.ended(b)
	c := o.dial("100", "102")
	o.must(o.incoming("102").Reject(o.ctx, 486, "Busy Here"))
	o.ended(c)
	o.records(2)
	p, base := newBrowser(t).signedIn(o.server)
	p.key("/")
	p.until(`document.activeElement.id === "q"`)
	p.write("#q", "busy")
	p.key("Enter")
	p.until(`location.pathname === "/calls" && document.querySelectorAll("#calls tbody tr").length === 1`)
	p.until(`document.querySelector("#calls tbody").textContent.includes("USER_BUSY")`)
	p.accessible()
	p.fits()
	p.shot("calls-busy")
	for q, want := range map[string]string{
		"": "2", "100": "2", "102": "1", "100 101": "1", "status:call_ended": "1", "USER_BUSY": "1", "by:callee code:486": "1", "since:1h": "2", "min_talk:1h": "0", "10*": "2", "nobody": "0",
	} {
		p.open(base + "/calls?q=" + url.QueryEscape(q))
		if got := p.text(`document.querySelectorAll("#calls tbody tr").length`); got != want {
			t.Errorf("%q found %s calls, want %s", q, got, want)
		}
	}
	// What cannot be understood is said where it is asked.
	p.open(base + "/calls?q=since:yesterday")
	p.until(`document.querySelector("[role=alert]")?.textContent.includes("since")`)
	// A search is saved, found again, and removed.
	p.open(base + "/calls?status=Busy")
	p.click(".save summary")
	p.write("#save-name", "All that was busy")
	p.key("Enter")
	p.until(`document.querySelector(".saved a")?.textContent === "All that was busy"`)
	p.open(base + "/calls")
	p.click(".saved a")
	p.until(`location.search === "?status=Busy" && document.querySelectorAll("#calls tbody tr").length === 1`)
	p.click(".saved button")
	p.until(`!document.querySelector(".saved")`)
	// Columns are chosen, and exports are of the search.
	p.open(base + "/calls?status=Busy")
	p.click(".drop summary")
	p.click(`input[value="stage"]`)
	p.click(".columns button")
	p.until(`[...document.querySelectorAll("#calls th")].some(h => h.textContent === "Stage")`)
	if rows := p.text(`fetch(document.querySelector("a[download]").href).then(r => r.text()).then(t => t.trim().split("\n").length)`); rows != "2" {
		t.Errorf("the CSV has %s lines, want a head and one call", rows)
	}
	// Rows by the keyboard.
	p.open(base + "/calls")
	p.key("j")
	p.key("j")
	p.key("k")
	p.key("Enter")
	p.until(`location.pathname.startsWith("/calls/call_") && document.querySelector(".verdict")?.textContent.includes("Busy")`)
	p.key("?")
	p.until(`document.querySelector("#help").open`)
	p.shot("keys")
	p.key("Escape")
	p.key("g")
	p.key("c")
	p.until(`location.pathname === "/calls"`)
	p.clean()
}

func TestConsoleCall(t *testing.T) {
	t.Parallel()
	o := newSlowOffice(t)
	a, b := o.connect("100", "101")
	p, base := newBrowser(t).signedIn(o.server)
	p.open(base + "/")
	p.click("#live a.row")
	p.until(`document.querySelector(".call-head .chip")?.textContent === "talking"`)
	p.accessible()
	p.fits()
	p.shot("call-up")
	o.must(b.Hangup(o.ctx))
	o.ended(a)
	// The page becomes that of the record by itself.
	p.until(`document.querySelector(".call-head .chip")?.textContent === "Call Ended"`)
	r := o.record()
	p.open(base + "/calls/" + r.ID)
	if got := p.text(`document.querySelectorAll(".ladder a").length`); got == "0" || got != p.text(`document.querySelectorAll(".messages details").length`) {
		t.Errorf("%s arrows in the ladder, %s messages", got, p.text(`document.querySelectorAll(".messages details").length`))
	}
	if got := p.text(`[...document.querySelectorAll("tr")].filter(r => /in all received \d+ packets, lost \d+, jitter/.test(r.innerText.replace(/\s+/g, " "))).length`); got != "2" {
		t.Errorf("figures of %s legs, want 2", got)
	}
	// The message that decided is open, and an arrow opens its own.
	p.until(`document.querySelector(".messages details.proof[open] pre")?.textContent.startsWith("BYE")`)
	p.must(p.eval(`document.querySelector(".ladder a").dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}))`, nil))
	p.until(`document.querySelector(".messages details").open && document.querySelector(".messages details pre").textContent.startsWith("INVITE sip:101@")`)
	p.until(`document.querySelectorAll(".messages details[open]").length === 1`)
	for _, name := range []string{"light", "dark"} {
		p.scheme(name)
		for _, width := range []int{1280, 390} {
			p.size(width, 844)
			p.open(base + "/calls/" + r.ID)
			p.steady()
			p.accessible()
			p.fits()
			p.shot(fmt.Sprintf("call-%s-%d", name, width))
			p.open(base + "/calls")
			p.steady()
			p.accessible()
			p.fits()
			p.shot(fmt.Sprintf("calls-%s-%d", name, width))
		}
	}
	// The switch changes it against the system, and it stays.
	p.size(1280, 800)
	p.click("[data-theme-switch]")
	p.open(base + "/calls")
	p.until(`document.documentElement.dataset.theme === "light" && getComputedStyle(document.body).backgroundColor === "rgb(244, 246, 247)"`)
	// A capture file, by the same session.
	if got := p.text(`fetch("/v1/calls/` + r.ID + `/pcap?format=pcapng").then(r => r.arrayBuffer()).then(b => new DataView(b).getUint32(0).toString(16))`); got != "a0d0d0a" {
		t.Errorf("the capture begins with %s", got)
	}
	p.clean()
}

// scripts is what a stranger would like the console to do.
const scripts = `"><script>document.title='hacked'</script><img src=x onerror=alert(1)>'{{.}}` + "\u202egnp.exe\u2066"

func TestConsoleHostileTexts(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	srv.apart = true
	p, base := newBrowser(t).signedIn(srv)
	c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)}, udpAddr(t, srv.udp))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(scripts)
	body := "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=" + scripts + "\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 39998 RTP/AVP 8\r\na=x:" + scripts + "\r\n"
	message := func(first, cseq, branch, to, more, body string) string {
		return first + " SIP/2.0\r\nVia: SIP/2.0/UDP " + c.LocalAddr().String() + ";branch=z9hG4bK" + branch + "\r\nMax-Forwards: 70\r\nFrom: \"" + quoted + strings.Repeat("x", 5000) +
			"\" <sip:%3Cscript%3Ealert(2)%3C%2Fscript%3E@example.com>;tag=f\r\nTo: <sip:600@example.com>" + to + "\r\nCall-ID: <script>alert(3)</script>\r\nCSeq: " + cseq +
			"\r\nContact: <sip:a@" + c.LocalAddr().String() + ">\r\nUser-Agent: " + scripts + "\r\nSubject: =HYPERLINK(1)\r\n" + more + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	}
	write := func(s string) {
		if _, err := c.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	write(message("INVITE sip:600@example.com", "1 INVITE", "1", "", "Content-Type: application/sdp\r\n", body))
	answer := ""
	buf := make([]byte, 64<<10)
	for !strings.HasPrefix(answer, "SIP/2.0 2") {
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := c.Read(buf)
		if err != nil {
			t.Fatalf("no answer: %v\n%s\n%s", err, answer, srv.log)
		}
		answer = string(buf[:n])
		if strings.HasPrefix(answer, "SIP/2.0 4") {
			t.Fatal(answer)
		}
	}
	_, tag, _ := strings.Cut(answer, "\r\nTo: ")
	_, tag, _ = strings.Cut(tag, ";tag=")
	tag, _, _ = strings.Cut(tag, "\r\n")
	write(message("ACK sip:600@example.com", "1 ACK", "2", ";tag="+tag, "", ""))
	unharmed := func(page string) {
		t.Helper()
		if got := p.text(`document.title + " " + document.querySelectorAll("script:not([src]), img, iframe, object, embed").length`); strings.Contains(got, "hacked") || !strings.HasSuffix(got, " 0") {
			t.Errorf("%s: %s", page, got)
		}
		if got := p.text(`document.body.textContent.includes("<script>")`); got != "true" {
			t.Errorf("%s does not show the text", page)
		}
		if got := p.text(`/[\u202a-\u202e\u2066-\u2069\u0001]/.test(document.body.textContent)`); got != "false" {
			t.Errorf("%s holds characters that deceive", page)
		}
		p.fits()
		p.clean()
	}
	p.open(base + "/")
	unharmed("live")
	p.click("#live a.row")
	p.until(`document.querySelector(".call-head")`)
	unharmed("the call that is up")
	write(message("BYE sip:600@example.com", "2 BYE", "3", ";tag="+tag, "Reason: Q.850;cause=16;text=\""+quoted+"\"\r\n", ""))
	r := srv.record()
	// What cannot be a call has a record, too, and is looked at.
	refuse := func(c net.Conn, name string) {
		t.Helper()
		invite := strings.Replace(inviteText(srv, c.LocalAddr().String(), "refused"+strconv.Itoa(len(name)), "TCP"), "From: ", "User-Agent: "+scripts+"\x00\r\nFrom: \""+name+"\" ", 1)
		if _, err := c.Write([]byte(invite)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a\x00" + quoted, strings.Repeat("<b>", 20_000)} {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}, Timeout: 5 * time.Second}
		c, err := d.Dial("tcp", srv.tcp)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		refuse(c, name)
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, _ := c.Read(buf)
		if answer := string(buf[:n]); n > 0 && !strings.HasPrefix(answer, "SIP/2.0 4") && !strings.HasPrefix(answer, "SIP/2.0 5") && !strings.HasPrefix(answer, "SIP/2.0 100") {
			t.Errorf("a name of %d bytes: %.80q", len(name), answer)
		}
	}
	p.open(base + "/calls")
	unharmed("the list of calls")
	p.until(`document.querySelectorAll("#calls a.row").length >= 2`) // one that is refused is stored a moment later
	var ids []string
	p.must(p.eval(`[...document.querySelectorAll("#calls a.row")].map(a => a.getAttribute("href"))`, &ids))
	for _, id := range ids {
		p.open(base + id)
		p.fits()
		p.clean()
	}
	for _, path := range []string{"/", "/calls", "/calls?q=" + url.QueryEscape(scripts), "/calls/" + r.ID, "/calls?since=" + url.QueryEscape(scripts), "/nothing" + url.PathEscape(scripts)} {
		p.open(base + path)
		if strings.HasPrefix(path, "/nothing") {
			p.clean()
			continue
		}
		unharmed(path)
	}
	p.size(390, 844)
	p.open(base + "/calls/" + r.ID)
	unharmed("the call on a phone")
	p.accessible()
	p.shot("call-hostile")
}

func udpAddr(t *testing.T, s string) *net.UDPAddr {
	t.Helper()
	a, err := net.ResolveUDPAddr("udp", s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
