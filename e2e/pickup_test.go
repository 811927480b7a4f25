package e2e

import (
	"slices"
	"testing"

	"onhook/outcome"
)

const pickupGroups = `groups:
  - {name: "200", members: ["101", "102"]}
  - {name: "201", members: ["103", "104"]}
`

// picks has 102 take the call that 100 makes to 101 by a code.
func picks(t *testing.T, code string) {
	o := newOffice(t, pickupGroups)
	a := o.dial("100", "101")
	b := o.incoming("101")
	o.must(a.WaitRinging(o.ctx))
	c := o.reaches("102", code)
	o.must(a.WaitAnswered(o.ctx))
	if i := o.ended(b); i.Reason != `SIP;cause=200;text="Call completed elsewhere"` {
		t.Errorf("the phone that rang was told %q", i.Reason)
	}
	o.speak(a, c)
	o.hangsUp(c, a)
	main, picker := o.pair("100")
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, main)
	if got := legReasons(main)[1:]; !slices.Equal(got, []string{"PICKED_OFF", "NORMAL_CLEARING"}) {
		t.Errorf("the legs called ended with %q", got)
	}
	if len(main.Related) != 1 || main.Related[0] != (outcome.Related{ID: picker.ID, How: "pickup"}) {
		t.Errorf("related: %+v, want the picker's call", main.Related)
	}
	if picker.Status != "Call Ended" || len(picker.Related) != 1 || picker.Related[0].ID != main.ID {
		t.Errorf("the picker's record: %s, related %+v", picker.Status, picker.Related)
	}
}

// pair is the record of the call from a number, and the other one.
func (o *office) pair(from string) (main, other outcome.Record) {
	o.t.Helper()
	for _, r := range o.records(2) {
		if r.From.Number == from {
			main = r
		} else {
			other = r
		}
	}
	return main, other
}

func TestPickupOfAnExtension(t *testing.T) {
	t.Parallel()
	picks(t, "*8101")
}

func TestPickupInTheGroup(t *testing.T) {
	t.Parallel()
	picks(t, "*8")
}

func TestPickupOfNobody(t *testing.T) {
	t.Parallel()
	o := newOffice(t, pickupGroups)
	a := o.dial("100", "101")
	b := o.incoming("101")
	o.code("103", "*8")    // 101 is of another group
	o.code("103", "*8102") // does not ring
	o.must(b.Reject(o.ctx, 486, "Busy Here"))
	o.ended(a)
	for _, r := range o.records(3) {
		if r.From.Number == "103" {
			expected{"Call Ended", "End_In_IVR", "platform", "platform", "", 906, 200}.check(t, r)
		} else {
			expected{"Busy", "USER_BUSY", "callee", "no", "", 486, 486}.check(t, r)
		}
	}
}

func TestPickupOfAGroupCall(t *testing.T) {
	t.Parallel()
	o := newOffice(t, pickupGroups)
	a := o.dial("100", "200")
	b, c := o.incoming("101"), o.incoming("102")
	d := o.reaches("104", "*8101")
	o.ended(b)
	o.ended(c) // every phone of the group is told
	o.must(a.WaitAnswered(o.ctx))
	o.hangsUp(a, d)
	main, _ := o.pair("100")
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, main)
	if got := legReasons(main)[1:]; !slices.Equal(got, []string{"PICKED_OFF", "PICKED_OFF", "NORMAL_CLEARING"}) {
		t.Errorf("the legs called ended with %q", got)
	}
}
