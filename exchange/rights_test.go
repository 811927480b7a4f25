package exchange

import (
	"strings"
	"testing"
	"time"

	"onhook/call"
	"onhook/digest"
	"onhook/route"
	"onhook/sip"
)

// TestPartiesAreWhoTheyAre: who is neither an extension nor a trunk is nobody.
func TestPartiesAreWhoTheyAre(t *testing.T) {
	c := &live{}
	c.caller = route.Caller{Trunk: "carrier"}
	c.events = append(c.events, []call.Event{
		{Kind: call.EvLeg, Leg: call.Caller, Peer: call.PeerTrunk, Name: "carrier"},
		{Kind: call.EvLeg, Leg: 2, Peer: call.PeerPhone, Name: "102"},
		{Kind: call.EvLeg, Leg: 3, Peer: call.PeerTrunk, Name: "other"},
		{Kind: call.EvLeg, Leg: 4, Peer: call.PeerURI, Name: "sip:x@192.0.2.1"},
	}...)
	for leg, want := range map[call.LegID]route.Caller{
		call.Caller: {Trunk: "carrier"}, 2: {User: "102"}, 3: {Trunk: "other"}, 4: stranger(),
	} {
		if got := c.party(leg); got.User != want.User || got.Trunk != want.Trunk {
			t.Errorf("leg %d: %+v, want %+v", leg, got, want)
		}
	}
}

// TestClass35_OnlyTheSourceAddressTellsATrunk: what Via, Contact and From say of
// a trunk's address counts for nothing.
func TestClass35_OnlyTheSourceAddressTellsATrunk(t *testing.T) {
	r := newRig(t, nil)
	const stranger = "203.0.113.5:5060"
	text := request("INVITE", "1", "c", "", 1, sdpText)
	r.from(stranger, text) // every header names the trunk
	if len(r.begun) != 0 {
		t.Fatal("a call began for who only says that it is a trunk")
	}
	for _, s := range r.sent {
		if s.to.Addr().String() != "203.0.113.5" {
			t.Errorf("something was sent to %v", s.to)
		}
	}
}

// TestRFC3966_5_1_1_SeparatorsAreNoPartOfANumber: of a tel URI, which has nothing else in the place of a user.
func TestRFC3966_5_1_1_SeparatorsAreNoPartOfANumber(t *testing.T) {
	for uri, want := range map[string]string{
		"tel:+49-30.(12)34": "+49301234", "tel:7-0-42;phone-context=example.com": "7042", "tel:1": "1", "sip:a-b.c@h": "a-b.c", "sip:+49-30@h": "+49-30",
	} {
		u, err := sip.ParseURI(uri)
		if err != nil {
			t.Fatal(err)
		}
		if got := dialled(u); got != want {
			t.Errorf("%s: got %q, want %q", uri, got, want)
		}
	}
	r := newRig(t, nil)
	r.from(trunkAddr, strings.Replace(request("INVITE", "1", "c", "", 1, sdpText), "INVITE sip:1@10.0.0.1", "INVITE tel:(1)", 1))
	if m := r.last(phoneAddr); m.Method != sip.INVITE {
		t.Errorf("the phone got\n%s", m)
	}
}

// TestScenario34_TimesAreInUTC: wherever the server lives, and over the hour that
// there is twice.
func TestScenario34_TimesAreInUTC(t *testing.T) {
	r := newRig(t, nil)
	r.now = time.Date(2026, 10, 25, 2, 59, 58, 0, time.FixedZone("summer", 2*3600))
	tag := r.talk("c")
	r.now = r.now.Add(4 * time.Second).In(time.FixedZone("winter", 3600))
	r.from(trunkAddr, request("BYE", "1", "c", tag, 2, ""))
	r.answer(200, "")
	r.pass(5 * time.Second)
	if len(r.records) != 1 {
		t.Fatalf("%d records", len(r.records))
	}
	rec := r.records[0]
	if rec.StartedAt.Location() != time.UTC || rec.AnsweredAt.Location() != time.UTC || rec.EndedAt.Location() != time.UTC || rec.DurationMS != 4000 {
		t.Errorf("from %v to %v, %d ms", rec.StartedAt, rec.EndedAt, rec.DurationMS)
	}
}

// TestClass32_AUserIsWhoItAuthenticatedAs: whatever its INVITE says beside that.
func TestClass32_AUserIsWhoItAuthenticatedAs(t *testing.T) {
	r := withUsers(t)
	const phone = "203.0.113.9:5060"
	lies := "P-Asserted-Identity: <sip:101@example.com>\r\nRemote-Party-ID: <sip:101@example.com>\r\nDiversion: <sip:101@example.com>\r\nP-Preferred-Identity: <sip:101@example.com>\r\n"
	text := func(cseq int, auth string) string {
		s := strings.ReplaceAll(request("INVITE", "1", "x", "", cseq, sdpText), trunkAddr, phone)
		s = strings.Replace(s, "From: <sip:a@10.0.0.2>", "From: \"101\" <sip:101@example.com>", 1)
		return strings.Replace(s, "Max-Forwards", auth+lies+"Max-Forwards", 1)
	}
	r.from(phone, text(1, ""))
	_, value, _, err := digest.Credentials{User: "100", Password: "100-horse"}.Answer(r.last(phone), sip.INVITE, "sip:1@10.0.0.1", r.x.opt.Rand)
	if err != nil {
		t.Fatal(err)
	}
	r.from(phone, text(2, "Authorization: "+value+"\r\n"))
	if len(r.begun) != 1 {
		t.Fatalf("%d calls began, the phone got %d", len(r.begun), r.last(phone).Status)
	}
	m := r.last(phoneAddr)
	for _, h := range m.Headers {
		if h.ID != sip.HFrom && strings.Contains(h.Value, "101") {
			t.Errorf("the callee is told %v: %s", h.ID, h.Value)
		}
	}
	from, err := m.From()
	if u, err2 := from.URI(); err != nil || err2 != nil || u.User != "100" {
		t.Errorf("the callee sees From %s", m.Get(sip.HFrom))
	}
	if got := r.begun[0].User; got != "100" {
		t.Errorf("the call is of user %q", got)
	}
}
