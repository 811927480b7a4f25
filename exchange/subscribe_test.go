package exchange

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/digest"
	"onhook/sip"
)

const deskPhone = "203.0.113.9:7000"

// A desk is a phone of user 100 that subscribes.
type desk struct {
	*rig
	cseq  int
	count [2]int // of messages, new and heard
	boxes []string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{boxes: []string{"100"}}
	d.rig = newRig(t, func(s *Settings) {
		s.Users = []User{
			{Name: "100", Secret: digest.NewSecret("100", "example.com", "secret-of-100")},
			{Name: "101", Secret: digest.NewSecret("101", "example.com", "secret-of-101")},
		}
		s.Mailbox = func(user string) (int, int, bool) { return d.count[0], d.count[1], slices.Contains(d.boxes, user) }
	})
	return d
}

// subscribe sends a SUBSCRIBE with credentials and returns its answer.
func (d *desk) subscribe(number, toTag, headers string) *sip.Message {
	d.t.Helper()
	text := func() string {
		d.cseq++
		s := request("SUBSCRIBE", number, "s", toTag, d.cseq, "")
		return strings.Replace(strings.ReplaceAll(s, trunkAddr, deskPhone), "Max-Forwards", headers+"Max-Forwards", 1)
	}
	d.from(deskPhone, text())
	c := digest.Credentials{User: "100", Password: "secret-of-100"}
	_, value, _, err := c.Answer(d.last(deskPhone), sip.SUBSCRIBE, "sip:"+number+"@10.0.0.1", d.x.opt.Rand)
	if err != nil {
		d.t.Fatal(err)
	}
	before := len(d.sent)
	d.from(deskPhone, strings.Replace(text(), "Max-Forwards", "Authorization: "+value+"\r\nMax-Forwards", 1))
	m, err := sip.Parse([]byte(d.sent[before].data))
	if err != nil {
		d.t.Fatal(err)
	}
	return m
}

const mwi = "Event: message-summary\r\n"

// notified takes the NOTIFY that was sent last and answers it.
func (d *desk) notified(code int, state, body string) *sip.Message {
	d.t.Helper()
	m := d.last(deskPhone)
	if m.Method != sip.NOTIFY || !strings.HasPrefix(m.Get(sip.HSubscriptionState), state) || !strings.Contains(m.Body, body) {
		d.t.Fatalf("got\n%s\nwant a NOTIFY, %s, with %q", m, state, body)
	}
	if u, err := sip.ParseURI(m.URI); err != nil || u.Host != "203.0.113.9" || m.FromTag() == "" || m.ToTag() != "a" || m.CallID() != "s" {
		d.t.Errorf("it is not of the subscription's dialog:\n%s", m)
	}
	a := fmt.Sprintf("SIP/2.0 %d x\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n",
		code, m.Get(sip.HVia), m.Get(sip.HFrom), m.Get(sip.HTo), m.CallID(), m.Get(sip.HCSeq))
	d.from(deskPhone, a)
	return m
}

func TestRFC3842_3_8_StateIsToldAtOnceAndWhenItChanges(t *testing.T) {
	d := newDesk(t)
	d.count = [2]int{2, 8}
	m := d.subscribe("100", "", mwi+"Expires: 3600\r\n")
	if n, ok := m.Expires(); m.Status != 200 || !ok || n != 3600 || m.ToTag() == "" || !m.Has(sip.HContact) {
		t.Fatalf("got\n%s", m)
	}
	first := d.notified(200, "active;expires=3600", "Messages-Waiting: yes\r\nMessage-Account: sip:100@example.com\r\nVoice-Message: 2/8 (0/0)\r\n")
	if first.Get(sip.HEvent) != "message-summary" || first.Get(sip.HContentType) != "application/simple-message-summary" || first.FromTag() != m.ToTag() || !first.Has(sip.HContact) {
		t.Errorf("got\n%s", first)
	}
	d.count = [2]int{0, 10}
	d.x.MailboxChanged("100")
	d.turn()
	second := d.notified(200, "active", "Messages-Waiting: no\r\nMessage-Account: sip:100@example.com\r\nVoice-Message: 0/10 (0/0)\r\n")
	a, _ := first.CSeq()
	b, _ := second.CSeq()
	if b.Seq <= a.Seq {
		t.Errorf("CSeq %d after %d", b.Seq, a.Seq)
	}
	n := len(d.sent)
	d.x.MailboxChanged("101")
	d.turn()
	if len(d.sent) != n {
		t.Error("another mailbox was told of")
	}
	d.pass(time.Hour)
	d.notified(200, "terminated;reason=timeout", "")
	d.idle()
	if len(d.x.watchers.byID)+len(d.x.watchers.byTag) != 0 {
		t.Error("a subscription is left over")
	}
}

func TestRFC6665_4_2_1_RefreshUnsubscribeAndFetch(t *testing.T) {
	d := newDesk(t)
	tag := d.subscribe("100", "", mwi).ToTag() // for an hour
	d.notified(200, "active;expires=3600", "")
	d.pass(50 * time.Minute)
	if m := d.subscribe("100", tag, mwi); m.Status != 200 || m.ToTag() != tag {
		t.Fatalf("got\n%s", m)
	}
	d.notified(200, "active;expires=3600", "")
	d.pass(50 * time.Minute)
	if m := d.subscribe("100", tag, mwi+"Expires: 0\r\n"); m.Status != 200 {
		t.Fatalf("got\n%s", m)
	}
	d.notified(200, "terminated", "Voice-Message: 0/0")
	if m := d.subscribe("100", tag, mwi); m.Status != 481 {
		t.Errorf("a subscription that is over: got %d, want 481", m.Status)
	}
	if m := d.subscribe("100", "", mwi+"Expires: 0\r\n"); m.Status != 200 {
		t.Errorf("got\n%s", m)
	}
	d.notified(200, "terminated", "Voice-Message: 0/0")
	d.idle()
}

func TestRFC6665_4_2_2_AFailedNotifyEndsTheSubscription(t *testing.T) {
	for _, c := range []struct {
		code, left int
	}{{481, 0}, {489, 0}, {500, 1}, {0, 0}} {
		d := newDesk(t)
		d.subscribe("100", "", mwi)
		if c.code != 0 {
			d.notified(c.code, "active", "")
		} else {
			d.pass(40 * time.Second) // longer than timer F
		}
		if got := len(d.x.watchers.byID); got != c.left {
			t.Errorf("after %d %d subscriptions are left, want %d", c.code, got, c.left)
		}
	}
}

func TestAChangeWhileANotifyIsUnderWayIsToldAfterIt(t *testing.T) {
	d := newDesk(t)
	d.subscribe("100", "", mwi)
	n := len(d.sent)
	for i := range 3 {
		d.count[0] = i + 1
		d.x.MailboxChanged("100")
		d.turn()
	}
	if len(d.sent) != n {
		t.Fatalf("%d messages were sent meanwhile", len(d.sent)-n)
	}
	d.notified(200, "active", "Voice-Message: 0/0")
	d.notified(200, "active", "Voice-Message: 3/0")
	if len(d.sent) != n+1 {
		t.Errorf("%d NOTIFYs came of three changes, want one", len(d.sent)-n)
	}
}

func TestSubscriptionsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		number, headers string
		code            int
		header          sip.HeaderID
		value           string
	}{
		{"100", "Event: presence\r\n", 489, sip.HAllowEvents, "message-summary"},
		{"100", "", 489, sip.HAllowEvents, "message-summary"},
		{"100", mwi + "Expires: 59\r\n", 423, sip.HMinExpires, "60"},
		{"100", mwi + "Accept: text/plain\r\n", 406, 0, ""},
		{"101", mwi, 403, 0, ""}, // another's mailbox
		{"700", mwi, 200, 0, ""}, // the number of the mailboxes: one's own
	} {
		d := newDesk(t)
		m := d.subscribe(c.number, "", c.headers)
		if m.Status != c.code || c.value != "" && !strings.Contains(m.Get(c.header), c.value) {
			t.Errorf("%s %q: got\n%s\nwant %d with %q", c.number, c.headers, m, c.code, c.value)
		}
	}
	d := newDesk(t)
	d.boxes = nil
	if m := d.subscribe("100", "", mwi); m.Status != 404 {
		t.Errorf("without a mailbox: got %d, want 404", m.Status)
	}
}

func TestAUserHasABoundedNumberOfSubscriptions(t *testing.T) {
	d := newDesk(t)
	for range maxWatchers + 5 {
		d.subscribe("100", "", mwi)
		d.notified(200, "active", "")
	}
	if n := len(d.x.watchers.byID); n != maxWatchers {
		t.Errorf("got %d, want %d", n, maxWatchers)
	}
}
