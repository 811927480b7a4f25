package e2e

import (
	"slices"
	"strings"
	"testing"

	"onhook/phone"
)

const parking = "parking: {slots: [\"701\", \"702\"], timeout: 2s}\n"

// park has 101 park the call of 100 at 701.
func (o *office) park() (a *phone.Call) {
	o.t.Helper()
	a, b := o.connect("100", "101")
	o.must(b.Transfer(o.ctx, "701"))
	o.ended(b)
	return a
}

func TestParkedCallerIsTaken(t *testing.T) {
	t.Parallel()
	o := newOffice(t, parking)
	a := o.park()
	c := o.reaches("102", "701")
	o.speak(a, c)
	o.hangsUp(c, a)
	main, _ := o.pair("100")
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, main)
	if got := legReasons(main)[1:]; !slices.Equal(got, []string{"BLIND_TRANSFER", "NORMAL_CLEARING"}) {
		t.Errorf("the legs called ended with %q", got)
	}
}

func TestParkedCallerHangsUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t, parking)
	a := o.park()
	o.must(a.Hangup(o.ctx))
	expected{"Abandoned", "Abandoned_On_Hold", "caller", "party", "", 903, 200}.check(t, o.record())
}

func TestParkedTooLong(t *testing.T) {
	t.Parallel()
	o := newOffice(t, parking)
	a := o.park()
	b := o.answers("101")
	o.tone(b, 700)
	o.hears(a, 700)
	o.hangsUp(a, b)
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, o.record())
}

func TestAParkingPlaceTakesOneCaller(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "parking: {slots: [\"701\"], timeout: 20s}\n")
	a := o.park()
	c, d := o.connect("102", "103")
	if err := d.Transfer(o.ctx, "701"); err == nil {
		t.Error("a second caller was parked at 701")
	}
	o.must(c.Hangup(o.ctx))
	o.must(a.Hangup(o.ctx))
	o.code("104", "701") // nobody there
}

// TestParkByCode: an extension holds, dials the code, hears the place, and another one takes the caller there.
func TestParkByCode(t *testing.T) {
	t.Parallel()
	o := newOffice(t, strings.Replace(parking, "2s", "20s", 1))
	nobody := o.dial("101", "*70") // holds nobody
	o.ended(nobody)
	a, b := o.connect("100", "101")
	o.must(b.Hold(o.ctx))
	code := o.reaches("101", "*70")
	o.loud(code) // seven, zero, one
	o.ended(b)   // let go
	o.ended(code)
	o.loud(a) // music
	c := o.reaches("102", "701")
	o.speak(a, c)
	o.hangsUp(c, a)
	for _, r := range o.records(4) {
		switch {
		case r.To.Number == "*70":
			expected{"Call Ended", "End_In_IVR", "platform", "platform", "", 906, 200}.check(t, r)
		case r.From.Number == "100":
			expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, r)
		}
	}
}
