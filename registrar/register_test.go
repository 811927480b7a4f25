package registrar

import (
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

func TestExpiresOfEachForm(t *testing.T) {
	for _, c := range []struct {
		contact string
		expires string
		want    string // the Contact of the answer; "": none
		status  int
	}{
		{"<sip:a@h>", "", "<sip:a@h>;expires=1800", 200},
		{"<sip:a@h>", "900", "<sip:a@h>;expires=900", 200},
		{"<sip:a@h>;expires=600", "900", "<sip:a@h>;expires=600", 200},
		{"sip:a@h;expires=600", "", "<sip:a@h>;expires=600", 200},
		{"<sip:a@h;expires=5>", "900", "<sip:a@h;expires=5>;expires=900", 200}, // the URI's parameter is not the header's
		{"<sip:a@h>;expires=0", "900", "", 200},
		{"<sip:a@h>;expires=soon", "900", "<sip:a@h>;expires=3600", 200}, // malformed is 3600
		{"<sip:a@h>;expires=-1", "", "<sip:a@h>;expires=3600", 200},
		{"<sip:a@h>;expires=4294967296", "", "<sip:a@h>;expires=3600", 200},
		{"<sip:a@h>", "Thu, 01 Dec 1994 16:00:00 GMT", "<sip:a@h>;expires=3600", 200},
		{"<sip:a@h>;expires=86400", "", "<sip:a@h>;expires=7200", 200},
		{"<sip:a@h>;expires=59", "", "", 423},
		{"<sip:a@h>", "1", "", 423},
		{"<sip:a@h>;expires=60", "", "<sip:a@h>;expires=60", 200},
	} {
		tab := New(epoch, Options{Max: 2 * time.Hour, Default: 30 * time.Minute})
		m := register(1, "Contact", c.contact)
		if c.expires != "" {
			m.Add(sip.HExpires, c.expires)
		}
		r, _ := ask(tab, epoch, m)
		if r.Status != c.status || r.Get(sip.HContact) != c.want {
			t.Errorf("%s with Expires %q: %d %s, want %d %s", c.contact, c.expires, r.Status, r.Get(sip.HContact), c.status, c.want)
		}
		if c.status == 423 && r.Get(sip.HMinExpires) != "60" {
			t.Errorf("Min-Expires %q", r.Get(sip.HMinExpires))
		}
	}
}

// Section 10.3 step 7: an hour or more is never too brief.
func TestSection10_3_AnHourIsNeverTooBrief(t *testing.T) {
	tab := New(epoch, Options{Min: 2 * time.Hour, Max: 4 * time.Hour})
	if r, _ := ask(tab, epoch, register(1, "Contact", "<sip:a@h>;expires=3600")); r.Status != 200 {
		t.Errorf("3600 s: %d", r.Status)
	}
	if r, _ := ask(tab, epoch, register(2, "Contact", "<sip:a@h>;expires=3599")); r.Status != 423 {
		t.Errorf("3599 s: %d", r.Status)
	}
}

func TestWhatIsTooLongOrTwiceIsRefused(t *testing.T) {
	long := strings.Repeat("x", 2000)
	for name, m := range map[string]*sip.Message{
		"contact":  register(1, "Contact", "<sip:"+long+"@h>"),
		"instance": register(1, "Contact", `<sip:a@h>;+sip.instance="`+long+`"`),
		"path":     register(1, "Contact", "<sip:a@h>", "Path", "<sip:"+long+">", "Path", "<sip:"+long+">", "Path", "<sip:"+long+">"),
		"twice":    register(1, "Contact", "<sip:a@h>, <sip:%61@H>"),
	} {
		tab := New(epoch, Options{})
		if r, did := ask(tab, epoch, m); r.Status != 400 || did != nil {
			t.Errorf("%s: %d, %v", name, r.Status, did)
		}
	}
	tab := New(epoch, Options{})
	if r, _ := ask(tab, epoch, register(1, "Contact", strings.TrimSuffix(strings.Repeat("<sip:a@h>;expires=0, ", 300), ", "))); r.Status != 403 {
		t.Errorf("300 contacts: %d", r.Status)
	}
	m := register(1, "Contact", "<sip:a@h>", "User-Agent", long)
	ask(tab, epoch, m)
	for b := range tab.Lookup(epoch, aor) {
		if len(b.Agent) != maxAgent {
			t.Errorf("%d bytes of User-Agent are kept", len(b.Agent))
		}
	}
}

// A binding that is over is not there any more, whatever its CSeq was.
func TestExpiredBindingIsNotComparedWith(t *testing.T) {
	tab := New(epoch, Options{PerAOR: 1})
	ask(tab, epoch, register(9, "Contact", "<sip:a@h>;expires=60"))
	r, did := ask(tab, epoch.Add(time.Minute), register(1, "Contact", "<sip:b@h>, <sip:a@h>;expires=0"))
	if r.Status != 200 || len(did) != 2 || did[0] != ActExpired || did[1] != ActAdded {
		t.Errorf("got %d, %v", r.Status, did)
	}
}

// Taking one contact back and giving another in one request needs no room.
func TestMovingAContactNeedsNoRoom(t *testing.T) {
	tab := New(epoch, Options{PerAOR: 1, All: 1})
	ask(tab, epoch, register(1, "Contact", "<sip:a@h>"))
	if r, _ := ask(tab, epoch, register(2, "Contact", "<sip:a@h>;expires=0, <sip:b@h>")); r.Status != 200 || contacts(tab, epoch) != "sip:b@h" {
		t.Errorf("got %d, %s", r.Status, contacts(tab, epoch))
	}
}
