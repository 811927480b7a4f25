package e2e

import (
	"fmt"
	"testing"
	"time"

	"onhook/media"
	"onhook/phone"
)

// loud waits until a call hears sound.
func (o *office) loud(c *phone.Call) {
	o.t.Helper()
	eventually(o.t, 10*time.Second, func() bool {
		pcm, err := c.Listen(o.ctx, 200*time.Millisecond)
		o.must(err)
		sum := 0
		for _, v := range pcm {
			sum += max(int(v), -int(v))
		}
		return len(pcm) > 0 && sum/len(pcm) > 200
	}, func() string { return c.String() + " hears nothing" })
}

func TestMusicOnHoldAndResume(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	a, b := o.connect("100", "101")
	o.must(b.Hold(o.ctx))
	o.loud(a) // phones of ours send silence
	o.must(b.Resume(o.ctx))
	o.speak(a, b)
	o.must(a.Hold(o.ctx)) // now the caller
	o.loud(b)
	o.hangsUp(b, a)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, r)
	if r.HoldMS == 0 {
		t.Error("the record has no time of hold")
	}
}

func TestMusicOfTheUsersOwn(t *testing.T) {
	t.Parallel()
	folder := promptFolder(t, "ours", 600)
	o := newOffice(t, "prompts: {folder: "+folder+", music: ours}\n")
	a, b := o.connect("100", "101")
	o.must(b.Hold(o.ctx))
	o.hears(a, 600)
	o.must(a.Hangup(o.ctx))
	expected{"Abandoned", "Abandoned_On_Hold", "caller", "party", "", 903, 200}.check(t, o.record())
}

// deaf waits until a call hears nothing any more of a tone.
func (o *office) deaf(c *phone.Call, hertz float64) {
	o.t.Helper()
	share := 1.0
	eventually(o.t, 10*time.Second, func() bool {
		pcm, err := c.Listen(o.ctx, 200*time.Millisecond)
		o.must(err)
		share = media.Goertzel(pcm, hertz)
		return share < 0.1
	}, func() string { return fmt.Sprintf("%s still hears %.0f Hz: %.2f", c, hertz, share) })
}

// TestBothSidesHold: each may hold and resume while the other one holds, and they hear each other only when neither does.
func TestBothSidesHold(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	o.patient()
	a, b := o.connect("100", "101")
	o.tone(a, 900)
	o.tone(b, 700)
	o.hears(a, 700)
	o.must(b.Hold(o.ctx))
	o.deaf(a, 700)
	o.must(a.Hold(o.ctx))
	o.deaf(b, 900)
	o.must(b.Resume(o.ctx)) // 100 holds still: 101 hears music
	o.loud(b)
	o.deaf(b, 900)
	o.must(a.Resume(o.ctx))
	o.hears(a, 700)
	o.hears(b, 900)
	o.hangsUp(a, b)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	if r.HoldMS == 0 {
		t.Error("the record has no time of hold")
	}
}
