package dialog

import (
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

func kinds(out []Action) (ks []ActionKind) {
	for _, a := range out {
		ks = append(ks, a.Kind)
	}
	return ks
}

func one(t *testing.T, out []Action, k ActionKind) Action {
	t.Helper()
	for _, a := range out {
		if a.Kind == k {
			return a
		}
	}
	t.Fatalf("no action %d among %v", k, kinds(out))
	return Action{}
}

func eq[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func list(m *sip.Message, id sip.HeaderID) []string { return slices.Collect(m.Values(id)) }

// up makes a confirmed dialog of our INVITE.
func up(t *testing.T, parts ...string) *bench {
	b := newBench(t)
	b.uac("sdp")
	b.resp(200, sip.INVITE, append(parts, "sdp")...)
	return b
}

// upUAS makes a confirmed dialog of the peer's INVITE, its ACK got.
func upUAS(t *testing.T, parts ...string) *bench {
	b := newBench(t)
	b.uas(append(parts, "sdp")...)
	b.answer(sip.INVITE, 200, "sdp")
	b.recv(sip.ACK, 10)
	return b
}

func TestSection8_1_1_InitialInviteIsComplete(t *testing.T) {
	b := newBench(t)
	b.opt.SessionExp = 1800
	a := one(t, b.uac("sdp"), ActSend)
	m := a.Msg
	if m.FromTag() == "" || m.FromTag() != b.d.LocalTag() {
		t.Errorf("From has the tag %q, the dialog %q", m.FromTag(), b.d.LocalTag())
	}
	eq(t, "To tag", m.ToTag(), "")
	eq(t, "Max-Forwards", m.Get(sip.HMaxForwards), "70")
	eq(t, "Contact", m.Get(sip.HContact), "<sip:us@192.0.2.1>")
	eq(t, "Allow", m.Get(sip.HAllow), b.opt.Allow)
	eq(t, "Supported", m.Get(sip.HSupported), "100rel, timer")
	eq(t, "Session-Expires", m.Get(sip.HSessionExpires), "1800")
	eq(t, "User-Agent", m.Get(sip.HUserAgent), "onhook")
	eq(t, "hop", a.Hop, "sip:them@example.net")
	if !strings.HasSuffix(m.CallID(), "@us.example") || len(m.CallID()) < 32 {
		t.Errorf("Call-ID %q", m.CallID())
	}
	if c, err := m.CSeq(); err != nil || c.Method != sip.INVITE || c.Seq == 0 {
		t.Errorf("CSeq %v %v", c, err)
	}
}

func TestSection8_1_2_InitialInviteGoesToItsFirstRoute(t *testing.T) {
	b := newBench(t)
	a := one(t, b.uac("Route: <sip:proxy.example;lr>"), ActSend)
	eq(t, "hop", a.Hop, "sip:proxy.example;lr")
	eq(t, "Request-URI", a.Msg.URI, "sip:them@example.net")
	eq(t, "Route lines", a.Msg.Count(sip.HRoute), 1)
}

func TestSection12_1_1_ResponseCopiesRecordRouteAndHasContactAndTag(t *testing.T) {
	b := newBench(t)
	b.uas("sdp", "Record-Route: <sip:p2;lr>, <sip:p1;lr;x=1>", "Record-Route: <sip:p0;lr>")
	for _, code := range []int{180, 200} {
		r := one(t, b.answer(sip.INVITE, code), ActRespond).Msg
		if got, want := list(r, sip.HRecordRoute), []string{"<sip:p2;lr>", "<sip:p1;lr;x=1>", "<sip:p0;lr>"}; !slices.Equal(got, want) {
			t.Errorf("%d: Record-Route %v, want %v", code, got, want)
		}
		eq(t, "Contact", r.Get(sip.HContact), "<sip:us@192.0.2.1>")
		if r.ToTag() == "" || r.ToTag() != b.d.LocalTag() {
			t.Errorf("%d: To tag %q, want the dialog's", code, r.ToTag())
		}
		eq(t, "From", r.Get(sip.HFrom), "<sip:them@example.net>;tag=their")
		eq(t, "Via", r.Get(sip.HVia), "SIP/2.0/UDP 198.51.100.2;branch=z9hG4bK10INVITE")
		eq(t, "CSeq", r.Get(sip.HCSeq), "10 INVITE")
	}
}

func TestSection8_2_6_2_TryingHasNoTag(t *testing.T) {
	b := newBench(t)
	b.uas("sdp")
	r := one(t, b.answer(sip.INVITE, 100), ActRespond).Msg
	eq(t, "To tag", r.ToTag(), "")
	eq(t, "state", b.d.State(), Calling)
}

func TestSection12_1_1_RouteSetOfUASKeepsOrder(t *testing.T) {
	b := upUAS(t, "Record-Route: <sip:p2;lr>, <sip:p1;lr>")
	a := one(t, b.send(sip.BYE), ActSend)
	if got := list(a.Msg, sip.HRoute); !slices.Equal(got, []string{"<sip:p2;lr>", "<sip:p1;lr>"}) {
		t.Errorf("Route %v", got)
	}
	eq(t, "hop", a.Hop, "sip:p2;lr")
	eq(t, "Request-URI", a.Msg.URI, "sip:them@198.51.100.2")
}

func TestSection12_1_2_RouteSetOfUACIsReversed(t *testing.T) {
	b := up(t, "Record-Route: <sip:p2;lr>, <sip:p1;lr>")
	a := one(t, b.send(sip.INFO), ActSend)
	if got := list(a.Msg, sip.HRoute); !slices.Equal(got, []string{"<sip:p1;lr>", "<sip:p2;lr>"}) {
		t.Errorf("Route %v", got)
	}
	eq(t, "hop", a.Hop, "sip:p1;lr")
}

func TestSection12_2_1_1_StrictRouter(t *testing.T) {
	// The first route without lr becomes the Request-URI, the target goes to the end.
	b := up(t, "Record-Route: <sip:p2>, <sip:p1;method=INVITE?Subject=x>")
	a := one(t, b.send(sip.INFO), ActSend)
	eq(t, "Request-URI", a.Msg.URI, "sip:p1")
	eq(t, "hop", a.Hop, "sip:p1")
	if got := list(a.Msg, sip.HRoute); !slices.Equal(got, []string{"<sip:p2>", "<sip:them@198.51.100.2>"}) {
		t.Errorf("Route %v", got)
	}
}

func TestSection12_2_1_1_RequestsInTheDialog(t *testing.T) {
	b := up(t)
	invite := b.last[sip.INVITE]
	first, _ := invite.CSeq()
	for i, method := range []sip.Method{sip.INFO, sip.MESSAGE, sip.BYE} {
		m := one(t, b.send(method, "From: <sip:wrong@x>;tag=w", "CSeq: 1 FOO", "Call-ID: wrong"), ActSend).Msg
		eq(t, "From", m.Get(sip.HFrom), invite.Get(sip.HFrom))
		eq(t, "To", m.Get(sip.HTo), "<sip:them@example.net>;tag=their")
		eq(t, "Call-ID", m.CallID(), invite.CallID())
		c, _ := m.CSeq()
		eq(t, "CSeq", c, sip.CSeq{Seq: first.Seq + uint32(i) + 1, Method: method})
		eq(t, "CSeq lines", m.Count(sip.HCSeq), 1)
		b.resp(200, method)
	}
}

func TestSection12_2_1_1_TargetRefreshRequestsHaveContact(t *testing.T) {
	b := up(t)
	eq(t, "INVITE", one(t, b.send(sip.INVITE, "sdp"), ActSend).Msg.Get(sip.HContact), "<sip:us@192.0.2.1>")
	b.resp(200, sip.INVITE, "sdp")
	eq(t, "UPDATE", one(t, b.send(sip.UPDATE, "sdp"), ActSend).Msg.Get(sip.HContact), "<sip:us@192.0.2.1>")
}

func TestSection12_2_1_2_ResponseRefreshesTarget(t *testing.T) {
	b := up(t)
	b.send(sip.INVITE, "sdp")
	b.resp(488, sip.INVITE, "Contact: <sip:wrong@x>")
	eq(t, "after 488", one(t, b.send(sip.INVITE, "sdp"), ActSend).Msg.URI, "sip:them@198.51.100.2")
	b.resp(200, sip.INVITE, "sdp", "Contact: <sip:new@198.51.100.9>")
	eq(t, "after 200", one(t, b.send(sip.BYE), ActSend).Msg.URI, "sip:new@198.51.100.9")
}

func TestSection12_2_2_RequestRefreshesTarget(t *testing.T) {
	b := up(t)
	b.recv(sip.UPDATE, 5, "Contact: <sip:new@198.51.100.9>", "sdp")
	b.answer(sip.UPDATE, 200, "sdp")
	eq(t, "after UPDATE", one(t, b.send(sip.INFO), ActSend).Msg.URI, "sip:new@198.51.100.9")
	b.recv(sip.INVITE, 6, "Contact: <sip:newer@198.51.100.9>", "sdp")
	// RFC 6141 section 4.6: an error response MUST NOT update the target.
	b.answer(sip.INVITE, 488)
	eq(t, "after a refused INVITE", one(t, b.send(sip.INFO), ActSend).Msg.URI, "sip:new@198.51.100.9")
}

func TestSection12_2_2_RemoteCSeqIsEmptyAtFirst(t *testing.T) {
	b := up(t)
	out := b.recv(sip.INFO, 0)
	eq(t, "kind", out[0].Kind, ActRequest)
}

func TestSection12_2_2_LowerCSeqIs500(t *testing.T) {
	b := upUAS(t)
	r := one(t, b.recv(sip.INFO, 9), ActRespond).Msg
	eq(t, "status", r.Status, 500)
	eq(t, "To tag", r.ToTag(), b.d.LocalTag())
	// "It is possible for the remote sequence number to be higher by more than one."
	eq(t, "a gap", b.recv(sip.INFO, 900)[0].Kind, ActRequest)
}

func TestSection12_3_FailureEndsEarlyDialog(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	b.resp(180, sip.INVITE)
	eq(t, "state", b.d.State(), Early)
	out := b.resp(486, sip.INVITE)
	one(t, out, ActResponse)
	one(t, out, ActTerminated)
	eq(t, "deadline", b.d.Deadline(), time.Time{})
}

func TestSection13_2_2_4_ForkMakesAnotherDialog(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	b.resp(180, sip.INVITE)
	first := b.d
	second := b.response(200, sip.INVITE, "To: <sip:them@example.net>;tag=other", "Contact: <sip:other@198.51.100.3>", "Record-Route: <sip:px;lr>", "sdp")
	f := first.Fork()
	out := f.Step(nil, b.now(), Input{Kind: InResponse, Txn: 99, Msg: second})
	ack := one(t, out, ActSend)
	eq(t, "ACK goes to", ack.Msg.URI, "sip:other@198.51.100.3")
	eq(t, "ACK's To tag", ack.Msg.ToTag(), "other")
	eq(t, "hop", ack.Hop, "sip:px;lr")
	eq(t, "tag", f.RemoteTag(), "other")
	eq(t, "state", f.State(), Confirmed)
	eq(t, "first one's tag", first.RemoteTag(), "their")
	eq(t, "first one's state", first.State(), Early)
	eq(t, "Call-ID", f.CallID(), first.CallID())
	eq(t, "local tag", f.LocalTag(), first.LocalTag())
	// An early fork ends in silence when the INVITE fails: the first dialog tells it.
	g := first.Fork()
	g.Step(nil, b.now(), Input{Kind: InResponse, Msg: b.response(180, sip.INVITE, "To: <sip:them@example.net>;tag=third")})
	out = g.Step(nil, b.now(), Input{Kind: InResponse, Msg: b.response(486, sip.INVITE)})
	if got := kinds(out); !slices.Equal(got, []ActionKind{ActTerminated}) {
		t.Errorf("a failure on a fork gives %v", got)
	}
}

func TestSection13_2_2_4_RouteSetIsRecomputedByThe2xx(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	b.resp(180, sip.INVITE, "Record-Route: <sip:early;lr>")
	ack := one(t, b.resp(200, sip.INVITE, "sdp", "Record-Route: <sip:late;lr>"), ActSend)
	eq(t, "hop", ack.Hop, "sip:late;lr")
}

func TestSection13_2_2_4_AckHasCredentialsAndCSeqOfInvite(t *testing.T) {
	b := newBench(t)
	b.uac("sdp", `Proxy-Authorization: Digest a="b"`)
	b.resp(183, sip.INVITE, "Require: 100rel", "RSeq: 1") // its PRACK uses the next CSeq
	ack := one(t, b.resp(200, sip.INVITE, "sdp"), ActSend).Msg
	inv, _ := b.last[sip.INVITE].CSeq()
	got, _ := ack.CSeq()
	eq(t, "CSeq", got, sip.CSeq{Seq: inv.Seq, Method: sip.ACK})
	eq(t, "Proxy-Authorization", ack.Get(sip.HProxyAuthorization), `Digest a="b"`)
}

func TestSection13_2_2_4_EachRepeated2xxGetsTheSameAck(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	first := one(t, b.resp(200, sip.INVITE, "sdp"), ActSend)
	for n := 1; n < 4; n++ {
		again := one(t, b.resp(200, sip.INVITE, "sdp"), ActSend)
		if again.Msg != first.Msg || again.Again != n {
			t.Errorf("repetition %d: another ACK, or again %d", n, again.Again)
		}
	}
	// A re-INVITE has its own ACK; the first INVITE's is still repeated.
	b.send(sip.INVITE, "sdp")
	old := b.response(200, sip.INVITE, "sdp")
	b.step(Input{Kind: InResponse, Msg: old})
	m := old.Clone()
	m.Set(sip.HCSeq, b.all[0].Get(sip.HCSeq))
	if again := one(t, b.step(Input{Kind: InResponse, Msg: m}), ActSend); again.Msg != first.Msg {
		t.Error("the repeated 2xx of the first INVITE got another ACK")
	}
}

func TestSection14_1_WaitAfter491(t *testing.T) {
	for range 200 {
		b := up(t)
		b.send(sip.INVITE, "sdp")
		// The owner of the Call-ID: 2.1 to 4 s in units of 10 ms.
		w := one(t, b.resp(491, sip.INVITE), ActResponse).Wait
		if w < 2100*time.Millisecond || w > 4*time.Second || w%(10*time.Millisecond) != 0 {
			t.Fatalf("owner waits %v", w)
		}
		b = upUAS(t)
		b.send(sip.INVITE, "sdp")
		w = one(t, b.resp(491, sip.INVITE), ActResponse).Wait
		if w < 0 || w > 2*time.Second || w%(10*time.Millisecond) != 0 {
			t.Fatalf("the other waits %v", w)
		}
	}
}

func TestSection14_1_ReinviteWaitsForTheAck(t *testing.T) {
	b := newBench(t)
	b.uas("sdp")
	b.answer(sip.INVITE, 200, "sdp")
	if out := b.send(sip.INVITE, "sdp"); len(out) != 0 {
		t.Fatalf("sent before the ACK: %v", kinds(out))
	}
	a := one(t, b.recv(sip.ACK, 10), ActSend)
	eq(t, "method", a.Msg.Method, sip.INVITE)
}

func TestSection14_1_WhatWaitsTooLongFails(t *testing.T) {
	b := upUAS(t)
	b.recv(sip.INVITE, 11, "sdp")
	b.send(sip.INVITE, "sdp")
	var failed []Action
	b.until(time.Minute, func(out []Action) { failed = append(failed, out...) })
	eq(t, "error", one(t, failed, ActFailed).Err, errQueue)
}

func TestSection14_2_RetryAfterIs0To10(t *testing.T) {
	for range 50 {
		b := upUAS(t)
		b.recv(sip.INVITE, 11, "sdp")
		r := one(t, b.recv(sip.INVITE, 12, "sdp"), ActRespond).Msg
		eq(t, "status", r.Status, 500)
		v := r.Get(sip.HRetryAfter)
		if n := len(v); n == 0 || n > 2 || n == 2 && v != "10" {
			t.Fatalf("Retry-After %q", v)
		}
	}
}

func TestSection15_CalleeSendsNoByeInEarlyDialog(t *testing.T) {
	b := newBench(t)
	b.uas("sdp")
	b.answer(sip.INVITE, 180)
	eq(t, "kind", b.send(sip.BYE)[0].Kind, ActFailed)
}

func TestSection15_CallerMaySendByeInEarlyDialog(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	b.resp(180, sip.INVITE)
	a := one(t, b.send(sip.BYE), ActSend)
	eq(t, "tag", a.Msg.ToTag(), "their")
}

func TestSection15_ByeAfter64T1WithoutAck(t *testing.T) {
	b := newBench(t)
	b.uas("sdp")
	b.answer(sip.INVITE, 200, "sdp")
	b.send(sip.BYE)
	var got []Action
	b.until(31900*time.Millisecond, func(out []Action) { got = append(got, out...) })
	for _, a := range got {
		if a.Kind == ActSend {
			t.Fatal("BYE before the 64*T1 were over")
		}
	}
	b.until(32*time.Second, func(out []Action) { got = append(got, out...) })
	eq(t, "method", one(t, got, ActSend).Msg.Method, sip.BYE)
}

func TestSection15_1_2_ByeInEarlyDialogLeavesTheInviteToBeRefused(t *testing.T) {
	b := newBench(t)
	b.uas("sdp")
	b.answer(sip.INVITE, 180)
	b.recv(sip.BYE, 11)
	b.answer(sip.BYE, 200)
	// A 200 that the user sends all the same must not go: the dialog has been ended.
	out := b.answer(sip.INVITE, 200, "sdp")
	eq(t, "status", one(t, out, ActRespond).Msg.Status, 487)
	one(t, out, ActTerminated)
}

func TestCrossingByes(t *testing.T) {
	b := up(t)
	b.send(sip.BYE)
	one(t, b.recv(sip.BYE, 3), ActRequest)
	b.answer(sip.BYE, 200)
	eq(t, "state", b.d.State(), Ending)
	one(t, b.resp(481, sip.BYE), ActTerminated)
}

func TestAfterTheEndRequestsGet481(t *testing.T) {
	b := up(t)
	b.recv(sip.BYE, 3)
	b.answer(sip.BYE, 200)
	eq(t, "state", b.d.State(), Terminated)
	eq(t, "status", one(t, b.recv(sip.INFO, 4), ActRespond).Msg.Status, 481)
}

func TestSection15_1_2_AfterAByeRequestsGet481(t *testing.T) {
	// The BYE has come and its user has not answered it yet.
	b := up(t)
	b.recv(sip.BYE, 3)
	eq(t, "state", b.d.State(), Ending)
	eq(t, "INFO", one(t, b.recv(sip.INFO, 4), ActRespond).Msg.Status, 481)
	eq(t, "INVITE", one(t, b.recv(sip.INVITE, 5, "sdp"), ActRespond).Msg.Status, 481)
}

func TestSection13_3_1_4_TheAckOfAnotherInviteStopsNothing(t *testing.T) {
	b := newBench(t)
	b.uas("sdp")
	b.answer(sip.INVITE, 200, "sdp")
	eq(t, "actions", len(b.recv(sip.ACK, 9)), 0)
	repeated := 0
	b.until(time.Second, func(out []Action) { repeated += len(out) })
	if repeated == 0 {
		t.Error("the 2xx is not repeated any more, though its ACK has not come")
	}
	one(t, b.recv(sip.ACK, 10), ActAck)
}

func TestNewUASNamesWhatIsWrong(t *testing.T) {
	b := newBench(t)
	m := b.peer(sip.INVITE, 1, "Contact: none")
	if _, err := NewUAS(b.opt, m); err == nil || !strings.Contains(err.Error(), "Contact") {
		t.Errorf("an INVITE without Contact: %v", err)
	}
}

func TestPeerWithoutTags(t *testing.T) {
	// Section 12.1.2: a UAC must accept a response without a To tag, the tag is then null (RFC 2543).
	b := newBench(t)
	b.uac("sdp")
	b.resp(200, sip.INVITE, "To: <sip:them@example.net>", "sdp")
	eq(t, "state", b.d.State(), Confirmed)
	m := one(t, b.send(sip.BYE), ActSend).Msg
	eq(t, "To", m.Get(sip.HTo), "<sip:them@example.net>")
}

func TestSection13_2_2_4_NothingIsKeptForRepeated2xxAfterTimerM(t *testing.T) {
	b := up(t)
	b.step(Input{Kind: InOver})
	eq(t, "state", b.d.State(), Confirmed)
	if b.d.invite != nil || b.d.acks[0].msg != nil || b.d.Fork() != nil {
		t.Error("the INVITE or its ACK is still kept")
	}
}
