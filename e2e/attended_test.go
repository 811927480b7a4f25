package e2e

import (
	"os/exec"
	"testing"

	"onhook/outcome"
	"onhook/phone"
	"onhook/sip"
)

func TestAttendedTransfer(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	a, b := o.connect("100", "101") // the customer and the agent
	o.must(b.Hold(o.ctx))
	b2, c := o.connect("101", "102") // the consultation
	o.tone(c, 700)
	o.hears(b2, 700)
	o.must(b.Join(o.ctx, b2))
	o.ended(b)
	o.ended(b2)
	o.tone(a, 900)
	o.hears(a, 700)
	o.hears(c, 900)
	o.hangsUp(c, a)
	var main, consult outcome.Record
	for _, r := range o.records(2) {
		if r.From.Number == "100" {
			main = r
		} else {
			consult = r
		}
	}
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, main)
	expected{"Call Ended", "ATTENDED_TRANSFER", "caller", "party", "", 200, 200}.check(t, consult)
	if len(main.Legs) != 3 || main.Legs[1].Reason != "ATTENDED_TRANSFER" {
		t.Errorf("legs ended with %v, want the transferor's with ATTENDED_TRANSFER", legReasons(main))
	}
	if len(main.Related) != 1 || main.Related[0].ID != consult.ID || len(consult.Related) != 1 || consult.Related[0].ID != main.ID {
		t.Errorf("related: %+v and %+v, want each other", main.Related, consult.Related)
	}
}

func TestInviteWithReplacesTakesACallOver(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	a, b := o.connect("100", "101")
	c, err := o.phones["102"].CallWith(o.ctx, "101", phone.CallOptions{Headers: []sip.Header{{ID: sip.HReplaces, Value: o.replaces("101", true)}}})
	o.must(err)
	o.must(c.WaitAnswered(o.ctx))
	o.ended(b)
	o.speak(a, c)
	o.hangsUp(a, c)
	for _, r := range o.records(2) {
		if r.From.Number == "100" {
			expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
		}
	}
}

// TestPhoneCommandConsults has `onhook phone` do an attended transfer by itself.
func TestPhoneCommandConsults(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	done := make(chan error, 1)
	go func() {
		out, err := exec.CommandContext(o.ctx, binary, "phone", "--user", "103", "--password", "secret-of-103", "--domain", "example.com",
			"--server", o.udp, "--t1", "100ms", "call", "101", "--consult", "102", "--expect-by", "peer").CombinedOutput()
		t.Logf("%s", out)
		done <- err
	}()
	a := o.answers("101")
	c := o.answers("102")
	o.must(<-done)
	o.speak(a, c)
	o.hangsUp(a, c)
	for _, r := range o.records(2) {
		if r.To.Number == "101" {
			expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, r)
			continue
		}
		expected{"Call Ended", "ATTENDED_TRANSFER", "caller", "party", "", 200, 200}.check(t, r)
	}
}
