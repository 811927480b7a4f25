package registrar

import (
	"strings"
	"testing"
	"time"
)

// byPhone are the contacts of the address of record: "first/second third", each phone with its flows.
func byPhone(t *Table, now time.Time) string {
	var out []string
	for b, others := range t.Phones(now, aor) {
		s := b.Contact
		for _, o := range others {
			s += "/" + o.Contact
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

// TestSection7_OneContactOfAnInstanceAtATime: a phone with two flows is called by
// the one that it registered last; a refresh counts as that.
func TestSection7_OneContactOfAnInstanceAtATime(t *testing.T) {
	tab := New(epoch, Options{})
	const phone = `;+sip.instance="<urn:uuid:1>"`
	add := func(at, cseq int, contact string) {
		t.Helper()
		if r, _ := ask(tab, epoch.Add(time.Duration(at)*time.Second), register(cseq, "Contact", contact)); r.Status != 200 {
			t.Fatalf("%s: %d", contact, r.Status)
		}
	}
	want := func(at int, want string) {
		t.Helper()
		if got := byPhone(tab, epoch.Add(time.Duration(at)*time.Second)); got != want {
			t.Errorf("after %d s: %s, want %s", at, got, want)
		}
	}
	want(0, "")
	add(0, 1, "<sip:a@h>"+phone+";reg-id=1")
	add(1, 2, "<sip:b@h>"+phone+";reg-id=2")
	add(2, 3, "<sip:c@h>")
	add(3, 4, `<sip:d@h>;+sip.instance="<urn:uuid:2>";reg-id=1`)
	want(3, "sip:d@h sip:c@h sip:b@h/sip:a@h")
	add(4, 5, "<sip:a@h>"+phone+";reg-id=1") // a refresh in its place
	want(4, "sip:d@h sip:c@h sip:a@h/sip:b@h")
	add(5, 6, "<sip:b@h>"+phone+";reg-id=2;q=0.9")
	want(5, "sip:d@h sip:c@h sip:a@h/sip:b@h")
	add(6, 7, "<sip:e@h>"+phone+";expires=60") // the phone's own, though not to a flow
	want(6, "sip:e@h/sip:a@h/sip:b@h sip:d@h sip:c@h")
	add(7, 8, "<sip:e@h>"+phone+";expires=0")
	want(3603, "sip:a@h/sip:b@h")
	want(4000, "")
}

// TestFlowsOfAPhoneCostNothingWhereItHasOne: most phones have no instance id.
func TestFlowsOfAPhoneCostNothingWhereItHasOne(t *testing.T) {
	tab := New(epoch, Options{})
	ask(tab, epoch, register(1, "Contact", "<sip:a@h>, <sip:b@h>"))
	n := 0
	if got := testing.AllocsPerRun(100, func() {
		for range tab.Phones(epoch, aor) {
			n++
		}
	}); got != 0 {
		t.Errorf("%v allocations for two phones, want none", got)
	}
}
