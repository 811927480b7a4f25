package registrar

import (
	"fmt"
	"testing"

	"onhook/sip"
)

func TestRFC5626Section6(t *testing.T) {
	const one = `<sip:100@192.0.2.9>;+sip.instance="<urn:uuid:1>";reg-id=1`
	via := []string{"Via", "SIP/2.0/TCP a;branch=z9hG4bK1"}
	two := append(via, "Via", "SIP/2.0/TCP b;branch=z9hG4bK2")
	for _, c := range []struct {
		name    string
		headers []string
		status  int
		regID   uint16
		require string
	}{
		{"first hop", append(via, "Contact", one, "Supported", "path, outbound"), 200, 1, "outbound"},
		{"without the option tag", append(via, "Contact", one), 200, 1, ""},
		{"reg-id without instance is ignored", append(via, "Contact", "<sip:100@192.0.2.9>;reg-id=1", "Supported", "outbound"), 200, 0, ""},
		{"no reg-id", append(via, "Contact", `<sip:100@192.0.2.9>;+sip.instance="<urn:uuid:1>"`, "Supported", "outbound"), 200, 0, ""},
		{"edge proxy with ob", append(two, "Contact", one, "Supported", "outbound", "Path", "<sip:edge;lr;ob>"), 200, 1, "outbound"},
		{"edge proxy without ob", append(two, "Contact", one, "Supported", "outbound", "Path", "<sip:edge;lr>, <sip:x;ob>"), 439, 0, ""},
		{"proxy without Path", append(two, "Contact", one, "Supported", "outbound"), 439, 0, ""},
		{"proxy without Path or option tag: ignored", append(two, "Contact", one), 200, 0, ""},
		{"two at a time", append(via, "Contact", one+", <sip:b@192.0.2.9>"), 400, 0, ""},
		{"one, and another taken back", append(via, "Contact", one+", <sip:b@192.0.2.9>;expires=0"), 200, 1, ""},
	} {
		tab := New(epoch, Options{})
		r, _ := ask(tab, epoch, register(1, append([]string(nil), c.headers...)...))
		if r.Status != c.status || r.Get(sip.HRequire) != c.require {
			t.Errorf("%s: %d, Require %q; want %d, %q", c.name, r.Status, r.Get(sip.HRequire), c.status, c.require)
		}
		n := 0
		for b := range tab.Lookup(epoch, aor) {
			n++
			if b.RegID != c.regID {
				t.Errorf("%s: reg-id %d, want %d", c.name, b.RegID, c.regID)
			}
		}
		if (n == 1) != (c.status == 200) {
			t.Errorf("%s: %d bindings", c.name, n)
		}
	}
}

// Without reg-id an instance may have several contacts: by IPv4 and by IPv6, say.
func TestInstanceWithoutRegIDIsNoKey(t *testing.T) {
	tab := New(epoch, Options{})
	ask(tab, epoch, register(1, "Contact", `<sip:100@192.0.2.9>;+sip.instance="<urn:uuid:1>"`))
	ask(tab, epoch, register(2, "Contact", `<sip:100@[2001:db8::9]>;+sip.instance="<urn:uuid:1>"`))
	keys := map[string]bool{}
	for b := range tab.Lookup(epoch, aor) {
		keys[b.Key()] = true
	}
	if len(keys) != 2 {
		t.Errorf("keys %v, want two", keys)
	}
}

// A phone that restarts with a new port each time does not lock itself out; others' contacts stay.
func TestRestartingPhoneMakesRoomForItself(t *testing.T) {
	tab := New(epoch, Options{PerAOR: 3})
	ask(tab, epoch, register(1, "Contact", "<sip:desk@192.0.2.8>"))
	for i := range 10 {
		m := register(1, "Contact", fmt.Sprintf(`<sip:100@192.0.2.9:%d>;+sip.instance="<urn:uuid:1>"`, 1000+i))
		m.Set(sip.HCallID, fmt.Sprint("boot-", i))
		if r, _ := ask(tab, epoch, m); r.Status != 200 {
			t.Fatalf("restart %d: %d", i, r.Status)
		}
	}
	if got := contacts(tab, epoch); got != "sip:100@192.0.2.9:1009 sip:100@192.0.2.9:1008 sip:desk@192.0.2.8" {
		t.Errorf("got %s", got)
	}
	m := register(1, "Contact", `<sip:100@192.0.2.7>;+sip.instance="<urn:uuid:2>"`)
	if r, did := ask(tab, epoch, m); r.Status != 403 || did != nil {
		t.Errorf("another phone: %d, %v", r.Status, did)
	}
}
