package exchange

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"onhook/digest"
	"onhook/route"
	"onhook/sip"
)

const (
	blf    = "Event: dialog\r\n"
	caller = "203.0.113.10:7000" // the phone of 101, who is watched
)

// newLamps is a desk whose user 100 may watch 101, who can call number 1.
func newLamps(t *testing.T, together bool, watch Watch) *desk {
	t.Helper()
	d := &desk{}
	d.rig = newRig(t, func(s *Settings) {
		s.Users = []User{
			{Name: "100", Secret: digest.NewSecret("100", "example.com", "secret-of-100")},
			{Name: "101", Display: `A "<b>" & C`, Secret: digest.NewSecret("101", "example.com", "secret-of-101"), Rights: Rights{Watch: watch}},
		}
		o := route.Options{Users: []string{"100", "101"}, Rules: []route.Rule{toPhone("1")}, Local: []string{"10.0.0.1"}}
		if together {
			o.Groups = []route.Group{{Name: "200", Members: []string{"100", "101"}}}
		}
		var err error
		if s.Routes, err = route.New(o); err != nil {
			t.Fatal(err)
		}
	})
	return d
}

// calls has 101 call number 1.
func (d *desk) calls(callID string) {
	d.t.Helper()
	text := func(cseq int) string {
		return strings.ReplaceAll(request("INVITE", "1", callID, "", cseq, sdpText), trunkAddr, caller)
	}
	d.from(caller, text(1))
	ch := d.last(caller)
	d.from(caller, strings.ReplaceAll(strings.Replace(request("ACK", "1", callID, ch.ToTag(), 1, ""), "z9hG4bK"+callID+"1ACK", "z9hG4bK"+callID+"1INVITE", 1), trunkAddr, caller))
	c := digest.Credentials{User: "101", Password: "secret-of-101"}
	_, value, _, err := c.Answer(ch, sip.INVITE, "sip:1@10.0.0.1", d.x.opt.Rand)
	if err != nil {
		d.t.Fatal(err)
	}
	d.from(caller, strings.Replace(text(2), "Max-Forwards", "Authorization: "+value+"\r\nMax-Forwards", 1))
}

// lampOf takes the NOTIFY sent last and checks version, completeness and what it holds.
func (d *desk) lampOf(version int, state string, hold ...string) *sip.Message {
	d.t.Helper()
	m := d.notified(200, "active", fmt.Sprintf(`version="%d" state="%s" entity="sip:101@example.com"`, version, state))
	for _, h := range hold {
		if not, ok := strings.CutPrefix(h, "!"); ok == strings.Contains(m.Body, strings.TrimPrefix(h, "!")) {
			d.t.Errorf("%s\nwant %q: %v", m.Body, not, !ok)
		}
	}
	return m
}

func TestRFC4235_3_3_FullThenPartialState(t *testing.T) {
	d := newLamps(t, true, "")
	if m := d.subscribe("101", "", blf); m.Status != 200 {
		t.Fatalf("got\n%s", m)
	}
	m := d.lampOf(0, "full", "!<dialog ")
	if m.Get(sip.HContentType) != "application/dialog-info+xml" || m.Get(sip.HEvent) != "dialog" {
		t.Errorf("got\n%s", m)
	}
	d.pass(time.Second)
	d.calls("x")
	d.lampOf(1, "partial", `direction="initiator"`, "<state>trying</state>", "<remote><identity>sip:1@example.com</identity>", "!call-id", `display="A &#34;&lt;b&gt;&#34; &amp; C"`)
	n := len(d.sent)
	d.answer(180, "")
	for _, s := range d.sent[n:] {
		if strings.HasPrefix(s.data, "NOTIFY") {
			t.Error("RFC 4235 section 3.10: two NOTIFYs within a second")
		}
	}
	d.pass(time.Second)
	d.lampOf(2, "partial", "<state>early</state>")
	d.pass(time.Second)
	d.answer(200, sdpText)
	d.lampOf(3, "partial", "<state>confirmed</state>")
	d.pass(time.Second)
	before := len(d.sent)
	d.subscribe("101", m.FromTag(), blf)
	d.lampOf(4, "full", "<state>confirmed</state>")
	if len(d.sent) == before {
		t.Error("a refresh is answered by a NOTIFY")
	}
	d.pass(time.Second)
	tag := d.last(caller).ToTag()
	d.from(caller, strings.ReplaceAll(request("ACK", "1", "x", tag, 2, ""), trunkAddr, caller))
	d.from(caller, strings.ReplaceAll(request("BYE", "1", "x", tag, 3, ""), trunkAddr, caller))
	d.lampOf(5, "partial", "<state>terminated</state>", "!remote")
	d.from(phoneAddr, "")
	if len(d.x.lamps.of) != 0 {
		t.Errorf("left over: %v", d.x.lamps.of)
	}
}

func TestRFC4235_3_7_2_StrangersSeeOneVirtualDialog(t *testing.T) {
	for _, c := range []struct {
		together bool
		watch    Watch
	}{{false, ""}, {true, WatchState}} {
		d := newLamps(t, c.together, c.watch)
		d.calls("x")
		d.answer(180, "")
		d.calls("y")
		d.subscribe("101", "", blf)
		m := d.lampOf(0, "full", "<state>early</state>", "!direction", "!identity", "!call-id", `<dialog id="calls">`)
		if strings.Count(m.Body, "<dialog ") != 1 {
			t.Errorf("how many calls there are is told:\n%s", m.Body)
		}
		n := len(d.sent)
		d.pass(2 * time.Second)
		d.calls("z") // nothing changes for the watcher
		for _, s := range d.sent[n:] {
			if strings.HasPrefix(s.data, "NOTIFY") {
				t.Errorf("a NOTIFY that tells nothing:\n%s", s.data)
			}
		}
	}
}

func TestLampsThatMayNotBeWatched(t *testing.T) {
	for _, c := range []struct {
		number, headers string
		watch           Watch
		code            int
	}{
		{"101", blf, WatchNobody, 403},
		{"100", blf, "", 200}, // its own
		{"999", blf, "", 404},
		{"101", blf + "Accept: text/plain\r\n", "", 406},
		{"101", "Event: dialog;call-id=x;to-tag=y;from-tag=z\r\n", "", 403},
	} {
		d := newLamps(t, true, c.watch)
		if m := d.subscribe(c.number, "", c.headers); m.Status != c.code {
			t.Errorf("%s %q: got %d, want %d", c.number, c.headers, m.Status, c.code)
		}
	}
}

func TestLampsAreKeptOnlyWhileSomebodyWatches(t *testing.T) {
	d := newLamps(t, true, "")
	d.calls("x")
	if d.x.lamps.of != nil {
		t.Error("nobody watches")
	}
	m := d.subscribe("101", "", blf+"Expires: 60\r\n")
	d.lampOf(0, "full", "<state>trying</state>")
	if m.Status != 200 || len(d.x.lamps.of["101"]) != 1 {
		t.Errorf("got %v", d.x.lamps.of)
	}
	d.subscribe("101", m.ToTag(), blf+"Expires: 0\r\n")
	d.notified(200, "terminated", "<state>trying</state>")
	if d.x.lamps.of != nil || d.x.lamps.watched != 0 {
		t.Error("nobody watches any more")
	}
}
