package e2e

import (
	"testing"

	"onhook/media"
	"onhook/outcome"
	"onhook/phone"
)

// tone has a call send a tone until it ends.
func (o *office) tone(c *phone.Call, hertz float64) {
	o.t.Helper()
	o.must(c.PlayLoop(o.ctx, media.Tone(8000, 8000, hertz)))
}

func legReasons(r outcome.Record) (all []string) {
	for _, l := range r.Legs {
		all = append(all, l.Reason)
	}
	return all
}

func TestBlindTransferByTheCallee(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	a, b := o.connect("100", "101")
	o.must(b.Hold(o.ctx))
	o.must(b.Transfer(o.ctx, "102"))
	c := o.incoming("102")
	o.hears(a, 425) // ringing tone
	o.must(c.Answer(o.ctx))
	if code, err := b.WaitTransfer(o.ctx); err != nil || code != 200 {
		t.Errorf("the transferor was told %d, %v, want 200", code, err)
	}
	o.speak(a, c)
	o.ended(b)
	o.hangsUp(c, a)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, r)
	if got := legReasons(r); len(got) != 3 || got[1] != "BLIND_TRANSFER" {
		t.Errorf("legs ended with %v, want the transferor's with BLIND_TRANSFER", got)
	}
}

func TestBlindTransferByTheCaller(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	a, b := o.connect("100", "101")
	o.must(a.Transfer(o.ctx, "102"))
	c := o.answers("102")
	o.tone(c, 700)
	o.hears(b, 700)
	o.ended(a)
	o.must(c.Hangup(o.ctx)) // the target stands where the caller stood
	o.ended(b)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	if got := legReasons(r); got[0] != "BLIND_TRANSFER" {
		t.Errorf("legs ended with %v, want the transferor's with BLIND_TRANSFER", got)
	}
}

func TestBlindTransferToABusyPhone(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	a, b := o.connect("100", "101")
	o.must(b.Transfer(o.ctx, "102"))
	o.busy("102")
	if code, err := b.WaitTransfer(o.ctx); err != nil || code != 486 {
		t.Errorf("the transferor was told %d, %v, want 486", code, err)
	}
	o.tone(b, 700)
	o.hears(a, 700) // joined again
	o.hangsUp(b, a)
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, o.record())
}

func TestBlindTransferCallerLeavesWhileTheTargetRings(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	a, b := o.connect("100", "101")
	o.must(b.Transfer(o.ctx, "102"))
	o.incoming("102")
	o.hangsUp(a, b)
	expected{"Abandoned", "Abandoned_On_Hold", "caller", "party", "", 903, 200}.check(t, o.record())
}

func TestTransferToNobodyIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	a, b := o.connect("100", "101")
	if err := b.Transfer(o.ctx, "999"); err == nil {
		t.Error("a transfer to an extension that does not exist was accepted")
	}
	o.tone(b, 700)
	o.hears(a, 700)
	o.must(a.Hangup(o.ctx))
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, o.record())
}
