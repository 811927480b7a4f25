package dialog

import (
	"testing"
	"time"

	"onhook/sip"
)

// RFC 4028 table 2, and what follows from each row.
func TestRFC4028Section9_Refresher(t *testing.T) {
	for _, c := range []struct {
		supported, expires string
		want               string
		require, ours      bool
	}{
		{"", "Session-Expires: 1800", "1800;refresher=uas", false, true},
		{"Supported: timer", "Session-Expires: 1800", "1800;refresher=uac", true, false},
		{"Supported: timer", "Session-Expires: 1800;refresher=uac", "1800;refresher=uac", true, false},
		{"Supported: timer", "Session-Expires: 1800;refresher=uas", "1800;refresher=uas", true, true},
		{"Supported: timer", "", "", false, false},
		{"", "", "", false, false},
	} {
		b := newBench(t)
		b.uas("sdp", c.supported, c.expires)
		r := one(t, b.answer(sip.INVITE, 200, "sdp"), ActRespond).Msg
		eq(t, c.expires+" gives", r.Get(sip.HSessionExpires), c.want)
		eq(t, c.expires+" Require", r.HasToken(sip.HRequire, "timer"), c.require)
		eq(t, c.expires+" ours", b.d.session.ours, c.ours)
	}
}

func TestRFC4028Section9_IntervalIsNeverRaisedNorBelowMinSE(t *testing.T) {
	for _, c := range []struct {
		want uint32
		in   string
		min  string
		out  string
	}{
		{3600, "Session-Expires: 1800", "", "1800;refresher=uac"},
		{600, "Session-Expires: 1800", "", "600;refresher=uac"},
		{600, "Session-Expires: 1800", "Min-SE: 900", "900;refresher=uac"},
		{600, "", "Min-SE: 900", "900;refresher=uac"},
		{600, "", "", "600;refresher=uac"},
	} {
		b := newBench(t)
		b.opt.SessionExp = c.want
		b.uas("sdp", "Supported: timer", c.in, c.min)
		r := one(t, b.answer(sip.INVITE, 200, "sdp"), ActRespond).Msg
		eq(t, c.in+" "+c.min, r.Get(sip.HSessionExpires), c.out)
	}
}

func TestRFC4028Section7_2_2xxWithoutSessionExpiresTurnsItOff(t *testing.T) {
	b := newBench(t)
	b.opt.SessionExp = 1800
	b.uac("sdp")
	b.resp(200, sip.INVITE, "sdp", "Supported: timer")
	eq(t, "deadline", b.d.Deadline(), time.Time{})
}

func TestRFC4028Section7_2_SessionExpiresThatWasNotAskedFor(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	b.resp(200, sip.INVITE, "sdp", "Require: timer", "Session-Expires: 300;refresher=uac")
	eq(t, "refresh at", b.d.Deadline(), b.now().Add(150*time.Second))
}

// Section 7.2: "the refresher parameter ... MUST be present" in a 2xx; where a
// peer leaves it out somebody has to refresh, and it is we who asked.
func TestRFC4028Section7_2_A2xxThatNamesNoRefresher(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	b.resp(200, sip.INVITE, "sdp", "Session-Expires: 300")
	eq(t, "refresh at", b.d.Deadline(), b.now().Add(150*time.Second))
}

func TestRFC4028Section7_4_TheLargestMinSECounts(t *testing.T) {
	b := newBench(t)
	b.opt.SessionExp = 100
	b.uac("sdp")
	b.resp(422, sip.INVITE, "Min-SE: 400")
	m := one(t, b.resp(422, sip.INVITE, "Min-SE: 200"), ActSend).Msg
	eq(t, "Min-SE", m.Get(sip.HMinSE), "400")
	eq(t, "Session-Expires", m.Get(sip.HSessionExpires), "400")
}

func TestRFC4028Section10_EndBeforeTheExpiration(t *testing.T) {
	for seconds, before := range map[int]time.Duration{90: 30 * time.Second, 1800: 32 * time.Second} {
		b := newBench(t)
		b.uac("sdp")
		b.resp(200, sip.INVITE, "sdp", "Session-Expires: "+utoa(uint32(seconds))+";refresher=uas")
		eq(t, "end", b.d.Deadline(), b.now().Add(time.Duration(seconds)*time.Second-before))
	}
}

func TestRFC4028Section7_2_AReinviteRefreshesToo(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	b.resp(200, sip.INVITE, "sdp", "Session-Expires: 300;refresher=uac")
	b.at = 100 * time.Second
	m := one(t, b.send(sip.INVITE, "sdp"), ActSend).Msg
	eq(t, "Session-Expires", m.Get(sip.HSessionExpires), "300;refresher=uac")
	b.resp(200, sip.INVITE, "sdp", "Session-Expires: 300;refresher=uac")
	eq(t, "refresh at", b.d.Deadline(), epoch.Add(250*time.Second))
}

func TestRFC4028Section7_4_MinSEOfARefreshIsKept(t *testing.T) {
	b := newBench(t)
	b.uas("sdp", "Supported: timer", "Session-Expires: 600;refresher=uas", "Min-SE: 200", "Allow: UPDATE")
	b.answer(sip.INVITE, 200, "sdp")
	b.recv(sip.ACK, 10)
	var got []Action
	b.until(300*time.Second, func(out []Action) { got = append(got, out...) })
	m := one(t, got, ActSend).Msg
	eq(t, "method", m.Method, sip.UPDATE)
	eq(t, "Min-SE", m.Get(sip.HMinSE), "200")
	eq(t, "Session-Expires", m.Get(sip.HSessionExpires), "600;refresher=uac")
	eq(t, "no offer", m.Body, "")
}

func TestRFC4028Section7_3_NotForever(t *testing.T) {
	b := newBench(t)
	b.opt.SessionExp = 100
	b.uac("sdp")
	for n := uint32(1); ; n++ {
		if n > 10 {
			t.Fatal("a peer that always answers 422 is asked for ever")
		}
		out := b.resp(422, sip.INVITE, "Min-SE: "+utoa(100*n))
		if out[0].Kind == ActResponse {
			break
		}
	}
}

func TestRFC4028Section10_RefreshAnswered481Ends(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	b.resp(200, sip.INVITE, "sdp", "Session-Expires: 300;refresher=uac", "Allow: UPDATE")
	b.until(150*time.Second, func([]Action) {})
	eq(t, "why", one(t, b.resp(481, sip.UPDATE), ActEnded).Why, Why481)
}

func TestRFC4028Section7_1_SupportedInEachRequest(t *testing.T) {
	b := up(t)
	for _, m := range []sip.Method{sip.INFO, sip.UPDATE, sip.REFER, sip.BYE} {
		if !one(t, b.send(m), ActSend).Msg.HasToken(sip.HSupported, "timer") {
			t.Errorf("%s without Supported: timer", m)
		}
		b.resp(200, m)
	}
}
