package e2e

import (
	"testing"
	"time"
)

// TestConsoleVoicemail leaves a message, hears it in the browser, and deletes it.
func TestConsoleVoicemail(t *testing.T) {
	t.Parallel()
	o := newVoicemail(t, "")
	p, base := newBrowser(t).signedIn(o.server)
	p.look(base, "/voicemail", "voicemail-none", `document.querySelector("#voicemail .empty")?.textContent.includes("All mailboxes are empty")`)
	a := o.dial("100", "6101")
	o.leave(a, 2*time.Second)
	o.must(a.Hangup(o.ctx))
	o.ended(a)
	p.open(base + "/voicemail")
	p.until(`document.querySelector("#voicemail .unheard")?.textContent.includes("100")`)
	p.look(base, "/voicemail?box=101", "voicemail", `document.querySelector("#voicemail audio")`)
	p.must(p.eval(`document.querySelector("audio").play()`, nil))
	p.until(`document.querySelector("audio").duration > 1 && document.querySelector("audio").currentTime > 0.1`)
	p.click(`form[action$="/heard"] button`)
	p.until(`document.querySelector("[role=status]")?.textContent.includes("marked") && !document.querySelector("#voicemail .unheard")`)
	p.click(`form[action$="/delete"] button`)
	p.until(`document.querySelector("[role=status]")?.textContent.includes("deleted") && !document.querySelector("#voicemail audio")`)
	if left := o.messages("101"); len(left) != 0 {
		t.Errorf("%d messages are left", len(left))
	}
	p.clean()
}
