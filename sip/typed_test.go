package sip

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// carrying parses a good request with these lines added.
func carrying(t *testing.T, lines ...string) *Message {
	t.Helper()
	m, err := Parse([]byte(with(strings.Join(lines, "\r\n") + "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func TestSection20_10_Contacts(t *testing.T) {
	m := carrying(t)
	m.Set(HContact, `"Mr. Watson, J" <sip:w@h;x=1>;q=0.7;expires=3600,  "a\"b\\" <mailto:w@h> ;q=0.1`)
	m.Add(HContact, "sip:plain@h;q=1")
	cs, err := m.Contacts()
	if err != nil || len(cs) != 3 {
		t.Fatal(cs, err)
	}
	same(t, "display", []string{cs[0].Display, cs[1].Display, cs[2].Display}, []string{"Mr. Watson, J", `a"b\`, ""})
	same(t, "uri", []string{cs[0].URIText, cs[1].URIText, cs[2].URIText}, []string{"sip:w@h;x=1", "mailto:w@h", "sip:plain@h"})
	for i, want := range []int{700, 100, 1000} {
		q, ok := cs[i].Q()
		same(t, "q", fmt.Sprint(q, ok), fmt.Sprint(want, true))
	}
	e, ok := cs[0].Expires()
	same(t, "expires", fmt.Sprint(e, ok), "3600 true")
	if _, ok := cs[1].Expires(); ok {
		t.Error("an expires that is not there")
	}
	m.Set(HContact, "*")
	if cs, err := m.Contacts(); err != nil || len(cs) != 1 || !cs[0].Star() {
		t.Error("star", cs, err)
	}
	m.Set(HContact, "<sip:a@h>,")
	if _, err := m.Contacts(); err == nil {
		t.Error("an empty contact was taken")
	}
	for q, want := range map[int]string{0: "0", 1: "0.001", 330: "0.33", 700: "0.7", 1000: "1"} {
		same(t, "FormatQ", FormatQ(q), want)
	}
}

func TestRouteSets(t *testing.T) {
	m := carrying(t, "Route: <sip:p1;lr>, <sip:p2;lr>;x", "Route: <sip:p3>", "Record-Route: <sip:r1;lr>", "Path: <sip:e1;lr;ob>,<sip:e2;lr>")
	var got []string
	for _, id := range []HeaderID{HRoute, HRecordRoute, HPath} {
		for a, err := range m.Addrs(id) {
			u, err2 := a.URI()
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			got = append(got, u.Host)
		}
	}
	same(t, "hosts", got, []string{"p1", "p2", "p3", "r1", "e1", "e2"})
	m.DropFirst(HRoute)
	same(t, "Route after one is taken", slices.Collect(m.Lines(HRoute)), []string{"<sip:p2;lr>;x", "<sip:p3>"})
	m.DropFirst(HRoute)
	m.DropFirst(HRoute)
	m.DropFirst(HRoute)
	same(t, "Route after all are taken", m.Has(HRoute), false)
}

func TestVias(t *testing.T) {
	m := carrying(t)
	m.Set(HVia, "SIP/2.0/UDP [2001:db8::1]:5062;branch=z9hG4bKa;rport, SIP / 2.0 / TCP  h : 5070 ;received=192.0.2.1;branch=1")
	v, err := m.Via()
	if err != nil {
		t.Fatal(err)
	}
	port, asked := v.RPort()
	same(t, "top", []any{v.Transport, v.Host, v.Port, v.Branch(), v.HasCookie(), port, asked, v.Received()}, []any{"UDP", "[2001:db8::1]", uint16(5062), "z9hG4bKa", true, uint16(0), true, ""})
	v.Params = v.Params.With("rport", "1024").With("received", "2001:db8::2")
	m.SetTopVia(v)
	same(t, "line", m.Get(HVia), "SIP/2.0/UDP [2001:db8::1]:5062;branch=z9hG4bKa;rport=1024;received=2001:db8::2, SIP / 2.0 / TCP  h : 5070 ;received=192.0.2.1;branch=1")
	var all []Via
	for v, err := range m.Vias() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	same(t, "second", []any{len(all), all[1].Host, all[1].Port, all[1].Received(), all[1].HasCookie()}, []any{2, "h", uint16(5070), "192.0.2.1", false})
	port, asked = all[0].RPort()
	same(t, "rport", []any{port, asked, all[0].Received()}, []any{uint16(1024), true, "2001:db8::2"})
}

func TestWarningsAndRetryAfter(t *testing.T) {
	m := carrying(t, `Warning: 370 devnull "Choose a \"bigger\" pipe", 307 isi.edu "Session parameter 'foo' not understood"`, `Warning: 1812 overture "x"`, "Warning: 399 h noquotes")
	same(t, "warnings", m.Warnings(), []Warning{{370, "devnull", `Choose a "bigger" pipe`}, {307, "isi.edu", "Session parameter 'foo' not understood"}})
	same(t, "printed", m.Warnings()[0].String(), `370 devnull "Choose a \"bigger\" pipe"`)
	for text, want := range map[string]string{
		"18000;duration=3600": "{18000 3600 } true", "120 (I'm in a (long) meeting)": "{120 0 I'm in a (long) meeting} true", "5": "{5 0 } true", `7 (a\)b) ;duration=9;x="y"`: "{7 9 a)b} true",
		"": "{0 0 } false", "x": "{0 0 } false", "5 (open": "{0 0 } false", "4294967296": "{0 0 } false", "5 5": "{0 0 } false", "-5": "{0 0 } false",
	} {
		r, ok := ParseRetryAfter(text)
		same(t, text, fmt.Sprintf("{%d %d %s} %v", r.Seconds, r.Duration, r.Comment, ok), want)
	}
	same(t, "printed", RetryAfter{Seconds: 5, Duration: 60}.String(), "5;duration=60")
}

func TestReplaces(t *testing.T) {
	r, ok, err := carrying(t, "Replaces: 98732@sip.example.com ;from-tag=r33th4x0r ; to-tag=ff87ff;early-only").Replaces()
	same(t, "value", []any{r, ok, err}, []any{Replaces{"98732@sip.example.com", "ff87ff", "r33th4x0r", true}, true, nil})
	again, err := ParseReplaces(r.String())
	same(t, "printed", []any{again, err}, []any{r, nil})
	if _, ok, err := carrying(t).Replaces(); ok || err != nil {
		t.Error("a Replaces that is not there", ok, err)
	}
	for _, bad := range []string{"", "a@h", "a@h;to-tag=1", "a@h;from-tag=1", "a@h;to-tag=1;to-tag=2;from-tag=3", "a@h;to-tag=;from-tag=1", ";to-tag=1;from-tag=2", "a@h, b@h;to-tag=1;from-tag=2"} {
		if r, err := ParseReplaces(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, r)
		}
	}
}

func TestSessionTimers(t *testing.T) {
	m := carrying(t, "x: 4000;refresher=UAC", "Min-SE: 90;lr", "RSeq: 988789", "RAck: 776656 1 INVITE", "Expires: 7", "Min-Expires: 60")
	v, ok, err := m.SessionExpires()
	same(t, "Session-Expires", []any{v, ok, err, v.String()}, []any{SessionExpires{4000, RefresherUAC}, true, nil, "4000;refresher=uac"})
	n, ok := m.MinSE()
	same(t, "Min-SE", fmt.Sprint(n, ok), "90 true")
	n, ok = m.RSeq()
	same(t, "RSeq", fmt.Sprint(n, ok), "988789 true")
	n, ok = m.MinExpires()
	same(t, "Min-Expires", fmt.Sprint(n, ok), "60 true")
	r, ok, err := m.RAck()
	same(t, "RAck", []any{r, ok, err, r.String()}, []any{RAck{776656, 1, INVITE}, true, nil, "776656 1 INVITE"})
	for _, bad := range []string{"", "1 INVITE", "0 1 INVITE", "4294967296 1 INVITE", "1 2147483648 INVITE", "1 1", "1 1 INV ITE"} {
		if r, err := ParseRAck(bad); err == nil {
			t.Errorf("RAck %q was read as %+v", bad, r)
		}
	}
	for _, bad := range []string{"", "x", "90;refresher=proxy", "4294967296", "-1", "9 0"} {
		if v, err := ParseSessionExpires(bad); err == nil {
			t.Errorf("Session-Expires %q was read as %+v", bad, v)
		}
	}
}

func TestEvents(t *testing.T) {
	m := carrying(t, "o: dialog.winfo;id=17", "Subscription-State: Terminated ;reason=noresource;retry-after=30;expires=0", "c: Application / SDP;charset=x")
	e, ok := m.Event()
	same(t, "Event", []any{e.Package, e.ID, ok}, []any{"dialog.winfo", "17", true})
	s, ok := m.SubscriptionState()
	same(t, "Subscription-State", []any{s, ok}, []any{SubscriptionState{"terminated", "noresource", 0, 30, true}, true})
	same(t, "printed", s.String(), "terminated;expires=0;reason=noresource;retry-after=30")
	c, ok := m.ContentType()
	same(t, "Content-Type", []any{c.Is("application/sdp"), c.Is("application/sd"), c.Is("applicationxsdp"), c.String(), ok}, []any{true, false, false, "application/sdp;charset=x", true})
	if _, ok := carrying(t, "Event: ").Event(); ok {
		t.Error("an empty Event was taken")
	}
}

func TestForwarding(t *testing.T) {
	m := carrying(t,
		`Diversion: "Bob" <sip:bob@h>;reason=no-answer;counter=2;privacy=off, <sip:c@h>;reason="user-busy"`,
		`History-Info: <sip:bob@h?Reason=SIP%3Bcause%3D302%3Btext%3D%22Moved%22>;index=1, <sip:c@h>;index=1.1;mp=1`,
		`P-Asserted-Identity: "Alice" <sip:alice@h>, <tel:+1201555>`)
	d := m.Diversions()
	same(t, "count", len(d), 2)
	same(t, "first", []any{d[0].Display, d[0].URIText, d[0].Reason, d[0].Counter, d[0].Privacy}, []any{"Bob", "sip:bob@h", "no-answer", 2, "off"})
	same(t, "second", []any{d[1].Reason, d[1].Counter}, []any{"user-busy", 1})
	h := m.History()
	same(t, "history", []any{len(h), h[0].Index, h[1].Index, h[1].From}, []any{2, "1", "1.1", "1"})
	same(t, "reason", []any{len(h[0].Reasons), h[0].Reasons[0].Protocol, h[0].Reasons[0].Cause, h[0].Reasons[0].Text}, []any{1, "SIP", 302, "Moved"})
	var ids []string
	for a, err := range m.Addrs(HPAssertedIdentity) {
		ids = append(ids, fmt.Sprint(a.Display, " ", a.URIText, " ", err))
	}
	same(t, "identities", ids, []string{"Alice sip:alice@h <nil>", " tel:+1201555 <nil>"})
}

func TestReasons(t *testing.T) {
	m := carrying(t, `Reason: Q.850;cause=16;text="Terminated", SIP ;cause=600 ;text="Busy \"Every, where\""`, "Reason: preemption", "Reason: Q.850;cause=x")
	r := m.Reasons()
	same(t, "count", len(r), 4)
	same(t, "values", []any{r[0].Protocol, r[0].Cause, r[0].Text, r[1].Protocol, r[1].Cause, r[1].Text, r[2].Cause, r[3].Cause}, []any{"Q.850", 16, "Terminated", "SIP", 600, `Busy "Every, where"`, -1, -1})
	same(t, "printed", r[1].String(), `SIP;cause=600;text="Busy \"Every, where\""`)
	same(t, "location kept", Reason{Protocol: "Q.850", Cause: 21, Params: ";cause=1;location=LN"}.String(), "Q.850;cause=21;location=LN")
	same(t, "without cause", r[2].String(), "preemption")
}

func TestOptionTags(t *testing.T) {
	m := carrying(t, "Require: 100rel", "k: timer, Replaces", "Supported:", "Allow: INVITE,ACK ,BYE")
	same(t, "tokens", []bool{m.HasToken(HRequire, "100rel"), m.HasToken(HSupported, "replaces"), m.HasToken(HSupported, "time"), m.HasToken(HAllow, "ACK")}, []bool{true, true, false, true})
	same(t, "list", slices.Collect(m.Values(HAllow)), []string{"INVITE", "ACK", "BYE"})
}

// What comes from outside and would end a header is refused (security.md class 8).
func TestValuesFromOutside(t *testing.T) {
	for _, bad := range []string{"a\r\nb", "a\nb", "a\rb", "a\x00b", "\n"} {
		if err := ValidValue(bad); !errors.Is(err, ErrValue) {
			t.Errorf("%q: %v", bad, err)
		}
		if got := CleanValue(bad); ValidValue(got) != nil || len(got) != len(bad) {
			t.Errorf("%q cleaned is %q", bad, got)
		}
		if q := Quote(bad); strings.ContainsAny(q, "\r\n") {
			t.Errorf("%q quoted is %q", bad, q)
		}
	}
	for _, good := range []string{"", "plain", "tab\tand ünï"} {
		if ValidValue(good) != nil {
			t.Errorf("%q was refused", good)
		}
	}
	same(t, "clean", CleanValue("a\r\n\tb\x7f"), "a   b ")
	a := NameAddr{Display: "x\r\nVia: y\x00\"", URIText: "sip:a@h"}
	same(t, "display", a.String(), "\"x  Via: y\\\x00\\\"\" <sip:a@h>")
}
