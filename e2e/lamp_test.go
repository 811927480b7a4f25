package e2e

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"onhook/phone"
	"onhook/sip"
)

const dialogInfo = "application/dialog-info+xml"

// A dialogInfoBody is a dialog-info document as a phone reads it.
type dialogInfoBody struct {
	Version int    `xml:"version,attr"`
	State   string `xml:"state,attr"`
	Entity  string `xml:"entity,attr"`
	Dialogs []struct {
		ID        string `xml:"id,attr"`
		CallID    string `xml:"call-id,attr"`
		LocalTag  string `xml:"local-tag,attr"`
		RemoteTag string `xml:"remote-tag,attr"`
		Direction string `xml:"direction,attr"`
		State     string `xml:"state"`
		Remote    string `xml:"remote>identity"`
	} `xml:"dialog"`
}

// lamp waits for the NOTIFY that says a state of a dialog ("": there is none).
func (o *office) lamp(at, state string) (b dialogInfoBody) {
	o.t.Helper()
	for {
		n, err := o.phones[at].WaitNotice(o.ctx)
		o.must(err)
		b = dialogInfoBody{}
		if n.Event != "dialog" || n.Type != dialogInfo || xml.Unmarshal([]byte(n.Body), &b) != nil {
			o.t.Fatalf("got the notice %+v", n)
		}
		if len(b.Dialogs) == 0 && state == "" || len(b.Dialogs) == 1 && b.Dialogs[0].State == state {
			return b
		}
	}
}

// TestBusyLampFieldAndPickup: 102 watches 101, sees that it rings and who calls, and takes the call by INVITE with Replaces.
func TestBusyLampFieldAndPickup(t *testing.T) {
	t.Parallel()
	o := newOffice(t, pickupGroups)
	o.must(o.phones["102"].SubscribeTo(o.ctx, "101", "dialog", dialogInfo, time.Hour))
	if b := o.lamp("102", ""); b.Version != 0 || b.State != "full" || b.Entity != "sip:101@example.com" {
		t.Errorf("first: %+v", b)
	}
	a := o.dial("100", "101")
	b := o.incoming("101")
	d := o.lamp("102", "early").Dialogs[0]
	if d.Direction != "recipient" || d.Remote != "sip:100@example.com" || d.CallID == "" {
		t.Fatalf("got %+v", d)
	}
	c, err := o.phones["102"].CallWith(o.ctx, "101", phone.CallOptions{Headers: []sip.Header{{
		ID: sip.HReplaces, Value: d.CallID + ";to-tag=" + d.LocalTag + ";from-tag=" + d.RemoteTag + ";early-only",
	}}})
	o.must(err)
	o.must(c.WaitAnswered(o.ctx))
	o.must(a.WaitAnswered(o.ctx))
	if i := o.ended(b); i.Reason != `SIP;cause=200;text="Call completed elsewhere"` {
		t.Errorf("the phone that rang was told %q", i.Reason)
	}
	if got := o.lamp("102", "terminated"); got.State != "partial" || got.Dialogs[0].ID != d.ID || got.Version < 2 {
		t.Errorf("last: %+v", got)
	}
	o.speak(a, c)
	o.hangsUp(c, a)
	main, picker := o.pair("100")
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, main)
	if len(main.Related) != 1 || main.Related[0].ID != picker.ID || main.Related[0].How != "pickup" {
		t.Errorf("related: %+v, want the picker's call", main.Related)
	}
}

// TestBusyLampFieldOfAStranger: whoever shares no group sees that there is a call, and no more.
func TestBusyLampFieldOfAStranger(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, map[string]string{"104": "watch: nobody"}, "", pickupGroups)
	o.must(o.phones["103"].SubscribeTo(o.ctx, "101", "dialog", dialogInfo, time.Hour))
	o.lamp("103", "")
	_, b := o.connect("100", "101")
	if d := o.lamp("103", "confirmed").Dialogs[0]; d.Remote != "" || d.Direction != "" || d.CallID != "" || d.LocalTag != "" {
		t.Errorf("a stranger is told %+v", d)
	}
	o.must(b.Hangup(o.ctx))
	o.lamp("103", "terminated")
	err := o.phones["103"].SubscribeTo(o.ctx, "104", "dialog", dialogInfo, time.Hour)
	if err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("104 wants nobody to watch: got %v", err)
	}
}

// TestBusyLampFieldOfSipp: a foreign program subscribes and is told of a call from ringing to its end.
func TestBusyLampFieldOfSipp(t *testing.T) {
	t.Parallel()
	o := newOffice(t, pickupGroups+"auth: {md5_first: true}\n")
	subscribe := func(cseq int, more string) string {
		return fmt.Sprintf(`SUBSCRIBE sip:101@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:102@example.com>;tag=[pid]w[call_number]
To: <sip:101@example.com>
Call-ID: [call_id]
CSeq: %d SUBSCRIBE
Contact: <sip:102@[local_ip]:[local_port]>
Max-Forwards: 70
Event: dialog
Accept: application/dialog-info+xml
Expires: 600
%sContent-Length: 0

`, cseq, more)
	}
	s := (&scenario{name: "watcher"}).send(subscribe(1, ""), `retrans="200"`).add(`<recv response="401" auth="true"/>`).
		send(subscribe(2, "[authentication username=102 password=secret-of-102]\n"), `retrans="200"`).recv(200)
	for _, want := range []string{`state=.full`, `<state>early</state>`, `<state>confirmed</state>`, `<state>terminated</state>`} {
		s.add(`<recv request="NOTIFY"><action><ereg regexp="`+strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(want)+
			`" search_in="body" check_it="true" assign_to="seen"/><log message="seen [$seen]"/></action></recv>`).plain(200, "OK")
	}
	w := runSipp(t, s, "127.0.0.2", o.udp, "-auth_uri", "101@"+o.udp)
	eventually(t, 10*time.Second, func() bool { return strings.Contains(w.messages(), "NOTIFY sip:102@") }, w.messages)
	a := o.dial("100", "101")
	b := o.incoming("101")
	sees := func(state string) {
		eventually(t, 10*time.Second, func() bool { return strings.Contains(w.messages(), "<state>"+state+"</state>") }, w.messages)
	}
	sees("early")
	o.must(b.Answer(o.ctx))
	o.must(a.WaitAnswered(o.ctx))
	sees("confirmed")
	o.must(a.Hangup(o.ctx))
	w.wait()
	found := regexp.MustCompile(`version="(\d+)" state="(\w+)"`).FindAllString(w.messages(), -1)
	want := []string{`version="0" state="full"`, `version="1" state="partial"`, `version="2" state="partial"`, `version="3" state="partial"`}
	if strings.Join(found, " ") != strings.Join(want, " ") {
		t.Errorf("the documents were %q, want %q", found, want)
	}
}
