package analyse

import (
	"strings"
	"testing"
)

// TestSummarySaysWhatIsWrongWithACallThatEndedAsCallsDo: one of the parties hung
// up, and why may be that they did not hear each other.
func TestSummarySaysWhatIsWrongWithACallThatEndedAsCallsDo(t *testing.T) {
	for _, x := range []struct{ name, script, want string }{
		{"late ACK", "a>b INVITE / b>a 180 / b>a 200+sdp / wait 400ms / again / wait 900ms / again / wait 1900ms / again / a>b ACK / wait 9s / a>b BYE / b>a 200/BYE", "But the ACK to the 200 came"},
		{"no audio from the callee", callUp + "rtp a>b 400 / a>b BYE / b>a 200/BYE", "But no audio from the callee; next: see where its RTP is lost"},
		{"no answer to the BYE", callUp + "wait 9s / a>b BYE / wait 400ms / again / wait 900ms / again" + later, "But the BYE of the caller got no answer; it was sent 3 times; next: see whether"},
		{"a BYE at the end of the capture", callUp + "wait 9s / a>b BYE", "nothing to do."},
		{"CANCEL and 200 at once", "a>b INVITE / b>a 180 / a>b CANCEL / b>a 200+sdp / b>a 481/CANCEL / a>b ACK / a>b BYE / b>a 200/BYE", "But the CANCEL crossed the 200"},
		{"nothing", callUp + "wait 9s / a>b BYE / b>a 200/BYE", "nothing to do."},
	} {
		t.Run(x.name, func(t *testing.T) {
			calls, _ := newTape(t).write(x.script).run(Options{})
			if len(calls) != 1 || !strings.Contains(calls[0].Record.Summary, x.want) {
				t.Errorf("got %q, want %q in it", calls[0].Record.Summary, x.want)
			}
			for _, f := range calls[0].Findings {
				if strings.ContainsFunc(f.Text, func(c rune) bool { return c < ' ' }) {
					t.Errorf("finding %s: %q", f.Name, f.Text)
				}
			}
		})
	}
	// A request is named by its method.
	calls, _ := newTape(t).write(callUp + "a>b BYE / wait 400ms / again" + later).run(Options{})
	if f := calls[0].Findings; !strings.Contains(f[len(f)-1].Text+f[0].Text, "the BYE of the caller") && !strings.Contains(f[len(f)-1].Text+f[0].Text, "sent the BYE") {
		t.Errorf("no finding names the BYE: %+v", f)
	}
}
