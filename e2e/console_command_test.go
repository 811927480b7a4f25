package e2e

import "testing"

func TestConsoleCommands(t *testing.T) {
	t.Parallel()
	o := newSlowOffice(t)
	o.apart = true // a call that the server makes has no caller in a capture
	p, base := newBrowser(t).signedIn(o.server)
	// A call that the console makes rings its first party.
	p.click(".drop summary")
	p.write("#new-from", "100")
	p.write("#new-to", "101")
	p.key("Enter")
	a := o.incoming("100")
	p.until(`location.pathname.startsWith("/calls/call_")`)
	o.must(a.Answer(o.ctx))
	b := o.incoming("101")
	o.must(b.Answer(o.ctx))
	p.until(`document.querySelector(".call-head .chip")?.textContent === "talking"`)
	p.click(`form[action$="/hold"] button`)
	p.until(`document.querySelector(".said")?.textContent.includes("on hold")`)
	p.until(`document.querySelector('form[action$="/resume"]')`)
	p.click(`form[action$="/resume"] button`)
	p.until(`document.querySelector('form[action$="/hold"]')`)
	// Its caller is sent on from the list of calls that are up.
	p.open(base + "/")
	p.until(`document.querySelector("#live .button[href$='?do=transfer']")`)
	p.size(390, 844)
	p.fits()
	p.accessible()
	p.shot("live-390")
	p.size(1280, 800)
	p.open(p.text(`document.querySelector("#live .button[href$='?do=transfer']").href`)) // as without scripts, or in another tab
	p.until(`document.querySelector("#transfer")?.open`)
	p.accessible()
	p.shot("call-transfer")
	p.write("#to", "102")
	p.key("Enter")
	c := o.incoming("102")
	o.must(c.Answer(o.ctx))
	o.ended(b)
	p.until(`document.querySelector(".call-head .chip")?.textContent === "talking"`)
	o.must(c.Hangup(o.ctx))
	o.ended(a)
	p.until(`document.querySelector(".verdict")`)
	p.shot("call-transferred")
	p.clean()
	// What the API refuses is said.
	p.open(base + "/")
	p.click(".drop summary")
	p.write("#new-from", "nobody")
	p.write("#new-to", "101")
	p.key("Enter")
	p.until(`document.querySelector("h1")?.textContent !== "Live" || location.pathname.startsWith("/calls/")`)
	p.shot("command-refused")
}
