package e2e

import (
	"testing"

	"onhook/sip"
)

const menuConfig = `
menus:
  - name: main
    greeting: [welcome]
    ask: [invalid]
    wait: 1s
    tries: 2
    direct: true
    keys:
      - {key: "1", to: "user:101"}
      - {key: "2", announce: [goodbye]}
      - {key: "3", to: "menu:sub"}
  - name: sub
    ask: [invalid]
    keys:
      - {key: "1", to: "user:102"}
`

// menu is an office whose number 700 is a menu.
func newMenu(t *testing.T) *office {
	t.Helper()
	conf := menuConfig
	return newOfficeWith(t, `  - {match: "700", to: "menu:main"}`, conf)
}

func TestMenuLeadsToAnExtension(t *testing.T) {
	t.Parallel()
	o := newMenu(t)
	a := o.reaches("100", "700")
	o.must(a.Digits(o.ctx, "1")) // while the prompt plays
	b := o.incoming("101")
	o.hears(a, 425)
	o.must(b.Answer(o.ctx))
	o.speak(a, b)
	o.hangsUp(a, b)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	found := false
	for _, s := range r.Segments {
		found = found || s.Stage == "menu" && s.Reason == "Transferred_From_IVR"
	}
	if !found {
		t.Errorf("segments %+v, want a menu that ended with Transferred_From_IVR", r.Segments)
	}
}

func TestMenuByInfoAndSubmenu(t *testing.T) {
	t.Parallel()
	o := newMenu(t)
	a := o.reaches("100", "700")
	for _, key := range []string{"3", "1"} {
		m := &sip.Message{Method: sip.INFO, Body: "Signal=" + key + "\r\nDuration=160\r\n"}
		m.Add(sip.HContentType, "application/dtmf-relay")
		if _, err := a.Send(o.ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	b := o.answers("102")
	o.hangsUp(b, a)
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, o.record())
}

func TestMenuDirectDialling(t *testing.T) {
	t.Parallel()
	o := newMenu(t)
	a := o.reaches("100", "700")
	o.must(a.Digits(o.ctx, "104"))
	o.busy("104")
	o.ended(a)
	expected{"Busy", "USER_BUSY", "callee", "platform", "", 486, 200}.check(t, o.record())
}

func TestMenuAbandoned(t *testing.T) {
	t.Parallel()
	o := newMenu(t)
	a := o.reaches("100", "700")
	o.must(a.Hangup(o.ctx))
	expected{"Abandoned", "Abandoned_IVR_Menu", "caller", "platform", "", 902, 200}.check(t, o.record())
}

func TestMenuLeafEndsTheCall(t *testing.T) {
	t.Parallel()
	o := newMenu(t)
	a := o.reaches("100", "700")
	o.must(a.Digits(o.ctx, "2"))
	o.ended(a)
	expected{"Call Ended", "End_In_IVR", "platform", "platform", "", 906, 200}.check(t, o.record())
}

func TestMenuNothingPressed(t *testing.T) {
	t.Parallel()
	o := newMenu(t)
	a := o.reaches("100", "700")
	o.ended(a)
	expected{"Call Ended", "End_In_IVR", "platform", "platform", "", 906, 200}.check(t, o.record())
}

// TestApplicationInCode: a route leads to one, which tells the caller its number.
func TestApplicationInCode(t *testing.T) {
	t.Parallel()
	o := newOfficeWith(t, `  - {match: "\\*60", to: "app:number"}`, "")
	a := o.reaches("100", "*60")
	o.loud(a)
	o.ended(a)
	expected{"Call Ended", "End_In_IVR", "platform", "platform", "", 906, 200}.check(t, o.record())
}
