package e2e

import (
	"regexp"
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

func TestConsoleFirstSignIn(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
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
	o := newOffice(t, "")
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
	p.click("#live .danger")
	p.until(`document.querySelector("#live tbody tr[id^=over-]")?.textContent.includes("MANAGER_REQUEST")`)
	o.ended(a)
	p.shot("live-ended")
	p.clean()
}
