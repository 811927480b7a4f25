package stack

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/sip"
	"onhook/txn"
)

const peerAddr = "192.0.2.1:5060"

func TestSection8_2_2_2_MergedRequestGets482(t *testing.T) {
	b := lone(t, nil)
	f := b.flowFrom(sip.UDP, peerAddr)
	b.inject(f, request("INVITE", "1"))
	sent := b.inject(f, request("INVITE", "2"))
	if m := parsed(t, sent[0]); m.Status != 482 || b.count(ActRequest) != 1 {
		t.Errorf("%d requests to the user, answer\n%s", b.count(ActRequest), sent[0].Data)
	}
	// Another CSeq is another request.
	b.inject(f, request("INVITE", "3", "CSeq: 2 INVITE"))
	if b.count(ActRequest) != 2 {
		t.Error("an INVITE with another CSeq was taken for a copy")
	}
}

func TestSection17_2_1_TryingAfter200ms(t *testing.T) {
	b := lone(t, nil)
	b.inject(b.flowFrom(sip.UDP, peerAddr), request("INVITE", "1", "Timestamp: 4"))
	b.link.run(199 * time.Millisecond)
	if len(b.sent) != 0 {
		t.Fatal("100 before 200 ms")
	}
	b.link.run(2 * time.Millisecond)
	m := parsed(t, b.sent[0])
	if m.Status != 100 || m.ToTag() != "" || m.Get(sip.HTimestamp) != "4" {
		t.Errorf("%s", b.sent[0].Data)
	}
}

func TestSection17_2_3_SentByTellsTransactionsApart(t *testing.T) {
	b := lone(t, nil)
	f := b.flowFrom(sip.UDP, peerAddr)
	b.inject(f, request("OPTIONS", "1"))
	b.inject(f, request("OPTIONS", "1"))
	if b.count(ActRequest) != 1 {
		t.Fatal("a repeated request reached the user")
	}
	b.inject(f, request("OPTIONS", "1", "Via: SIP/2.0/UDP 192.0.2.1:5999;branch=z9hG4bK1", "CSeq: 2 OPTIONS"))
	if b.count(ActRequest) != 2 {
		t.Error("another sent-by with the same branch is another transaction")
	}
}

func TestSection17_2_3_OldRequestsMatchWithoutBranch(t *testing.T) {
	b := lone(t, nil)
	f := b.flowFrom(sip.UDP, peerAddr)
	via := "Via: SIP/2.0/UDP 192.0.2.1:5060"
	b.inject(f, request("INVITE", "1", via))
	b.inject(f, request("INVITE", "1", via))
	if b.count(ActRequest) != 1 {
		t.Fatal("a repeated RFC 2543 INVITE reached the user")
	}
	b.respond(486)
	to := parsed(t, b.sent[len(b.sent)-1]).Get(sip.HTo)
	n := len(b.sent)
	b.inject(f, request("ACK", "1", via, "To: "+to))
	b.link.run(time.Second)
	if len(b.sent) != n {
		t.Error("timer G goes on after the ACK")
	}
}

func TestSection18_2_2_AndRFC3581_WhereResponsesGo(t *testing.T) {
	for _, c := range []struct{ name, via, from, to, want string }{
		{"sent-by port", "192.0.2.1:5070", "192.0.2.1:9999", "192.0.2.1:5070", ""},
		{"default port", "192.0.2.1", "192.0.2.1:9999", "192.0.2.1:5060", ""},
		{"received for a name", "phone.example:5070", "192.0.2.7:9999", "192.0.2.7:5070", ";received=192.0.2.7"},
		{"received for another address", "10.0.0.1:5070", "192.0.2.7:9999", "192.0.2.7:5070", ";received=192.0.2.7"},
		{"rport", "10.0.0.1:5070;rport", "192.0.2.7:9999", "192.0.2.7:9999", ";rport=9999"},
		{"rport from the same address", "192.0.2.7:5070;rport", "192.0.2.7:9999", "192.0.2.7:9999", ";received=192.0.2.7"},
		{"maddr", "192.0.2.7:5070;maddr=192.0.2.9", "192.0.2.7:9999", "192.0.2.9:5070", ""},
		{"maddr multicast", "192.0.2.7:5070;maddr=224.0.1.75", "192.0.2.7:9999", "192.0.2.7:5070", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := lone(t, nil)
			b.inject(b.flowFrom(sip.UDP, c.from), request("OPTIONS", "1", "Via: SIP/2.0/UDP "+c.via+";branch=z9hG4bK1"))
			b.respond(200)
			if got := b.sent[0].Flow.Remote.String(); got != c.to {
				t.Errorf("the response goes to %s, want %s", got, c.to)
			}
			if v := parsed(t, b.sent[0]).Get(sip.HVia); c.want != "" && !strings.Contains(v, c.want) || c.want == "" && strings.Contains(v, "received") {
				t.Errorf("Via %s, want %q in it", v, c.want)
			}
		})
	}
}

func TestSection18_2_2_ResponseOverANewConnectionWhenTheOldOneIsGone(t *testing.T) {
	b := lone(t, nil)
	f := b.flowFrom(sip.TCP, "192.0.2.1:40000")
	b.inject(f, request("INVITE", "1", "Via: SIP/2.0/TCP 192.0.2.1:5070;branch=z9hG4bK1"))
	b.respond(486)
	x := b.sent[0]
	if x.Flow != f {
		t.Fatalf("the response goes by %+v, want the connection %+v", x.Flow, f)
	}
	acts := b.do(Input{Kind: InSendFailed, Flow: f, Txn: x.Txn, Err: errors.New("closed")})
	if len(acts) == 0 || acts[0].Kind != ActSend || acts[0].Flow.Conn != 0 || acts[0].Flow.Remote.String() != "192.0.2.1:5070" {
		t.Errorf("%+v", acts)
	}
}

func TestNothingIsSentToAddressesThatAreNoPeer(t *testing.T) {
	b := lone(t, nil)
	for _, from := range []string{"224.0.1.75:5060", "255.255.255.255:5060", "0.0.0.0:5060", "192.0.2.1:0"} {
		via := "Via: SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK1"
		b.inject(b.flowFrom(sip.UDP, from), request("OPTIONS", "1", via))
		b.inject(b.flowFrom(sip.UDP, from), request("BREW", "2", via))
	}
	b.do(Input{Kind: InRequest, Ref: 1, Msg: msg(sip.OPTIONS, "sip:224.0.1.75", "From: <sip:a@b>", "To: <sip:a@b>")})
	if len(b.sent) != 0 {
		t.Errorf("sent to %v", b.sent[0].Flow.Remote)
	}
	if x := b.find(ActFailed); x.Ref != 1 || x.Err == nil {
		t.Errorf("%+v", x)
	}
}

func TestSection18_1_1_LargeRequestGoesByTCPAndFallsBackToUDP(t *testing.T) {
	l, a, b := twoSides(t)
	l.lose = func(_ *side, x Action) bool { return x.Flow.Transport == sip.TCP }
	a.invite(b, "Subject: "+strings.Repeat("x", 1300))
	x := a.sent[0]
	if x.Flow.Transport != sip.TCP || !strings.HasPrefix(parsed(t, x).Get(sip.HVia), "SIP/2.0/TCP") {
		t.Fatalf("a request of %d bytes goes by %v", len(x.Data), x.Flow.Transport)
	}
	acts := a.do(Input{Kind: InSendFailed, Flow: x.Flow, Txn: x.Txn, Err: errors.New("refused")})
	if len(acts) == 0 || acts[0].Kind != ActSend || acts[0].Flow.Transport != sip.UDP || a.count(ActFailed) != 0 {
		t.Fatalf("after the refusal: %+v", acts)
	}
	if v := parsed(t, acts[0]).Get(sip.HVia); !strings.HasPrefix(v, "SIP/2.0/UDP") || v[20:] == parsed(t, x).Get(sip.HVia)[20:] {
		t.Errorf("Via of the second try: %s", v)
	}
	l.run(time.Second)
	if b.find(ActRequest).Method != sip.INVITE {
		t.Error("the INVITE did not come")
	}
	// A response over the MTU is sent all the same.
	b.do(Input{Kind: InRespond, Txn: b.find(ActRequest).Txn, Msg: withSDP(answer(200, "Subject: "+strings.Repeat("y", 2000)))})
	if y := b.sent[len(b.sent)-1]; y.Flow.Transport != sip.UDP || len(y.Data) < 2000 {
		t.Errorf("%d bytes by %v", len(y.Data), y.Flow.Transport)
	}
}

// TestALargeRequestWaitsForNoConnectionTwice: whoever drops the attempt to connect
// silently delays one request and not each.
func TestALargeRequestWaitsForNoConnectionTwice(t *testing.T) {
	l, a, b := twoSides(t)
	l.lose = func(_ *side, x Action) bool { return x.Flow.Transport == sip.TCP }
	large := "Subject: " + strings.Repeat("x", 1300)
	ways := func() (w []sip.Transport) {
		n := len(a.sent)
		a.invite(b, large)
		if x := a.sent[n]; x.Flow.Transport == sip.TCP {
			a.do(Input{Kind: InSendFailed, Flow: x.Flow, Txn: x.Txn, Err: errors.New("timeout")})
		}
		for _, x := range a.sent[n:] {
			w = append(w, x.Flow.Transport)
		}
		return w
	}
	for i, want := range [][]sip.Transport{{sip.TCP, sip.UDP}, {sip.UDP}} {
		if got := ways(); !slices.Equal(got, want) {
			t.Errorf("INVITE %d goes by %v, want %v", i, got, want)
		}
	}
	l.run(streamlessFor)
	if got := ways(); len(got) != 2 {
		t.Errorf("after a while it goes by %v, want another try by TCP", got)
	}
}

// TestALargeRequestToARegisteredPhoneGoesBackTheWayThatItCame: by its datagrams,
// since no connection reaches it behind a NAT.
func TestALargeRequestToARegisteredPhoneGoesBackTheWayThatItCame(t *testing.T) {
	_, a, b := twoSides(t)
	uri := "sip:bob@192.168.1.7"
	m := withSDP(msg(sip.INVITE, uri, "From: <sip:alice@a.example>", "To: <"+uri+">", "Subject: "+strings.Repeat("x", 1300)))
	a.do(Input{Kind: InInvite, Ref: 7, Msg: m, Dest: sip.Flow{Transport: sip.UDP, Local: a.addr, Remote: b.addr}})
	if x := a.sent[0]; x.Flow.Transport != sip.UDP || x.Flow.Remote != b.addr {
		t.Errorf("it goes by %v to %v", x.Flow.Transport, x.Flow.Remote)
	}
}

func resolvedTo(addrs ...string) (targets []Target) {
	for _, s := range addrs {
		targets = append(targets, Target{sip.UDP, netip.MustParseAddrPort(s)})
	}
	return targets
}

func TestRFC3263_4_3_NextTargetAfterTimeout503AndTransportError(t *testing.T) {
	for _, how := range []string{"timeout", "503", "transport"} {
		t.Run(how, func(t *testing.T) {
			l := newLink(t)
			a := l.add("A", "192.0.2.1:5060", nil)
			if how == "503" {
				b := l.add("B", "192.0.2.8:5060", nil)
				b.hook = func(s *side, x Action) {
					if x.Kind == ActRequest {
						s.do(Input{Kind: InRespond, Txn: x.Txn, Msg: answer(503)})
					}
				}
			}
			c := l.add("C", "192.0.2.9:5060", nil)
			a.do(Input{Kind: InInvite, Ref: 3, Msg: msg(sip.INVITE, "sip:bob@example.com;transport=udp", "From: <sip:a@a>", "To: <sip:bob@example.com>")})
			r := a.find(ActResolve)
			if r.Host != "example.com" || r.Port != 0 || r.Transport != sip.UDP || r.Secure {
				t.Fatalf("%+v", r)
			}
			a.do(Input{Kind: InResolved, Txn: r.Txn, Targets: resolvedTo("192.0.2.8:5060", "192.0.2.9:5060")})
			first := a.sent[0]
			if how == "transport" {
				a.do(Input{Kind: InSendFailed, Flow: first.Flow, Txn: first.Txn, Err: errors.New("refused")})
			}
			l.run(33 * time.Second)
			c.respond(200)
			l.run(time.Second)
			x := a.find(ActResponse)
			if x.Msg.Status == 100 {
				x = a.log[len(a.log)-1]
			}
			if x.Msg.Status != 200 || x.Txn != a.find(ActCreated).Txn || x.Ref != 3 {
				t.Errorf("the user hears %+v", x)
			}
			if a.count(ActTimeout)+a.count(ActFailed) != 0 {
				t.Errorf("the user was told of a failure: %v", a.kinds())
			}
			if parsed(t, first).Get(sip.HVia) == parsed(t, a.sent[len(a.sent)-1]).Get(sip.HVia) {
				t.Error("the same branch was used for another target")
			}
		})
	}
}

func TestSection9_1_CancelWaitsForAProvisional(t *testing.T) {
	l, a, b := twoSides(t)
	b.hook = func(s *side, x Action) {
		if x.Kind == ActCancelled {
			s.do(Input{Kind: InRespond, Txn: x.Txn, Msg: answer(487)})
		}
	}
	dlg := a.invite(b)
	a.do(Input{Kind: InCancel, Dialog: dlg})
	l.run(100 * time.Millisecond)
	l.wants("A: INVITE")
	l.run(time.Second)
	l.wants("A: INVITE", "B: 100", "A: CANCEL", "B: 200", "B: 487", "A: ACK")
	cancel, inv := parsed(t, a.sent[1]), parsed(t, a.sent[0])
	for _, id := range []sip.HeaderID{sip.HVia, sip.HFrom, sip.HTo, sip.HCallID} {
		if cancel.Get(id) != inv.Get(id) {
			t.Errorf("%v of the CANCEL is %q, of the INVITE %q", id, cancel.Get(id), inv.Get(id))
		}
	}
	if cancel.URI != inv.URI || strings.Fields(cancel.Get(sip.HCSeq))[0] != strings.Fields(inv.Get(sip.HCSeq))[0] {
		t.Errorf("%s\n%s", a.sent[1].Data, a.sent[0].Data)
	}
	l.run(40 * time.Second)
	l.empty()
}

func TestSection9_1_No487In64T1EndsTheInvite(t *testing.T) {
	l, a, b := twoSides(t)
	dlg := a.invite(b)
	l.run(time.Second)
	a.do(Input{Kind: InCancel, Dialog: dlg})
	l.run(31 * time.Second)
	if a.count(ActTimeout) != 0 {
		t.Fatal("given up before 64*T1")
	}
	l.run(2 * time.Second)
	if x := a.find(ActTimeout); x.Timer != "cancel" || x.Dialog != dlg || x.Ref != 7 || x.Method != sip.INVITE {
		t.Errorf("%+v", x)
	}
	if a.count(ActTerminated) != 1 {
		t.Error("the dialog still stands")
	}
}

func TestSection9_2_CancelOfAnAnsweredInviteHasNoEffect(t *testing.T) {
	b := lone(t, nil)
	f := b.flowFrom(sip.UDP, peerAddr)
	b.inject(f, request("INVITE", "1"))
	b.respond(200)
	sent := b.inject(f, request("CANCEL", "1"))
	if m := parsed(t, sent[0]); m.Status != 200 || b.count(ActCancelled) != 0 {
		t.Errorf("%v\n%s", b.kinds(), sent[0].Data)
	}
}

func TestCancelFromAnotherSourceIsRefused(t *testing.T) {
	b := lone(t, nil)
	b.inject(b.flowFrom(sip.UDP, peerAddr), request("INVITE", "1"))
	sent := b.inject(b.flowFrom(sip.UDP, "192.0.2.66:5060"), request("CANCEL", "1"))
	if m := parsed(t, sent[0]); m.Status != 481 || b.count(ActCancelled) != 0 {
		t.Errorf("%v\n%s", b.kinds(), sent[0].Data)
	}
	b.inject(b.flowFrom(sip.UDP, peerAddr), request("CANCEL", "1"))
	b.inject(b.flowFrom(sip.UDP, peerAddr), request("CANCEL", "1"))
	if b.count(ActCancelled) != 1 {
		t.Errorf("the user was told %d times of one CANCEL", b.count(ActCancelled))
	}
}

func TestSection17_1_3_ResponsesThatMatchNothingAreDropped(t *testing.T) {
	l, a, b := twoSides(t)
	a.invite(b)
	good := "SIP/2.0 180 Ringing\r\nVia: " + parsed(t, a.sent[0]).Get(sip.HVia) + "\r\nFrom: <sip:x@x>;tag=1\r\nTo: <sip:y@y>;tag=2\r\nCall-ID: z\r\nCSeq: " +
		parsed(t, a.sent[0]).Get(sip.HCSeq) + "\r\nContact: <sip:x@192.0.2.2>\r\nContent-Length: 0\r\n\r\n"
	f := sip.Flow{Transport: sip.UDP, Local: a.addr, Remote: b.addr}
	n := strings.Index(good, "branch=") + len("branch=z9hG4bK") + 20
	flipped := good[:n] + string(good[n]^1) + good[n+1:]
	for name, text := range map[string]string{
		"another branch":  flipped,
		"another sent-by": strings.Replace(good, "192.0.2.1:5060", "192.0.2.3:5060", 1),
		"another method":  strings.Replace(good, " INVITE", " OPTIONS", 1),
		"two Vias":        strings.Replace(good, "From:", "Via: SIP/2.0/UDP 192.0.2.5;branch=z9hG4bKx\r\nFrom:", 1),
		"malformed":       strings.Replace(good, "Call-ID: z\r\n", "", 1),
	} {
		a.inject(f, text)
		if a.count(ActResponse) != 0 {
			t.Fatalf("a response with %s reached the user", name)
		}
	}
	a.inject(f, good)
	if a.count(ActResponse) != 1 {
		t.Error("the right response did not reach the user")
	}
	_ = l
}

func TestSection13_2_2_4_EachForkHasItsOwnDialog(t *testing.T) {
	l := newLink(t)
	a := l.add("A", "192.0.2.1:5060", nil)
	m := withSDP(msg(sip.INVITE, "sip:bob@192.0.2.2", "From: <sip:a@a>", "To: <sip:bob@b>"))
	a.do(Input{Kind: InInvite, Ref: 7, Msg: m})
	inv := parsed(t, a.sent[0])
	f := sip.Flow{Transport: sip.UDP, Local: a.addr, Remote: netip.MustParseAddrPort("192.0.2.2:5060")}
	reply := func(status, tag string) []Action {
		return a.inject(f, "SIP/2.0 "+status+" x\r\nVia: "+inv.Get(sip.HVia)+"\r\nFrom: "+inv.Get(sip.HFrom)+"\r\nTo: <sip:bob@b>;tag="+tag+
			"\r\nCall-ID: "+inv.CallID()+"\r\nCSeq: "+inv.Get(sip.HCSeq)+"\r\nContact: <sip:"+tag+"@192.0.2.2>\r\nContent-Type: application/sdp\r\nContent-Length: "+portText(uint16(len(someSDP)))+"\r\n\r\n"+someSDP)
	}
	reply("180", "x")
	reply("180", "y")
	sent := reply("200", "y")
	if len(sent) != 1 || parsed(t, sent[0]).URI != "sip:y@192.0.2.2" || parsed(t, sent[0]).Method != sip.ACK {
		t.Fatalf("%+v", sent)
	}
	// A second 2xx: its own dialog, ACKed, and released by the user.
	sent = reply("200", "z")
	if len(sent) != 1 || parsed(t, sent[0]).Method != sip.ACK || parsed(t, sent[0]).ToTag() != "z" {
		t.Fatalf("%+v", sent)
	}
	var ids []any
	for _, x := range a.log {
		if x.Kind == ActResponse {
			ids = append(ids, x.Dialog)
		}
	}
	if len(ids) != 4 || ids[0] == ids[1] || ids[1] != ids[2] || ids[3] == ids[0] || ids[3] == ids[1] {
		t.Fatalf("dialogs of the responses: %v", ids)
	}
	late := a.log[len(a.log)-1].Dialog
	n := len(a.sent)
	a.do(Input{Kind: InRelease, Dialog: late})
	if b := parsed(t, a.sent[n]); b.Method != sip.BYE || b.ToTag() != "z" {
		t.Errorf("%s", a.sent[n].Data)
	}
	// A repeated 2xx gets its ACK again, the user hears nothing.
	told := a.count(ActResponse)
	if sent = reply("200", "y"); len(sent) != 1 || parsed(t, sent[0]).Method != sip.ACK || a.count(ActResponse) != told {
		t.Errorf("repeated 200: %d sent", len(sent))
	}
	if sent[0].Again != 1 || sent[0].Msg != nil {
		t.Errorf("the repeated ACK is %+v", sent[0])
	}
	if x := a.got[len(a.got)-1]; x.Again != 1 {
		t.Errorf("the repetition was journalled as %d", x.Again)
	}
	// 64*T1 after the first 2xx the early dialog that got none ends.
	ended := a.count(ActTerminated)
	l.run(33 * time.Second)
	if a.count(ActTerminated) <= ended {
		t.Error("the early dialog x still stands")
	}
}

func TestSection13_3_1_4_NoAckMakesTheUserSendBye(t *testing.T) {
	b := lone(t, nil)
	b.inject(b.flowFrom(sip.UDP, peerAddr), request("INVITE", "1"))
	b.respond(200)
	b.link.run(33 * time.Second)
	if x := b.find(ActEnded); x.Why != "no_ack" {
		t.Errorf("%+v", x)
	}
	again := 0
	for _, x := range b.sent {
		if x.Again > 0 {
			again++
			if x.Msg != nil || x.Again != again || x.Dialog == 0 {
				t.Errorf("repetition %d is %+v", again, x)
			}
		}
	}
	if again != 10 { // 0.5, 1.5, 3.5, 7.5, 11.5 ... 31.5 s
		t.Errorf("%d repetitions of the 2xx", again)
	}
}

func TestInDialogOptionsIsAnsweredByTheEndpoint(t *testing.T) {
	l, a, b := twoSides(t)
	dlg := a.invite(b)
	l.run(50 * time.Millisecond)
	b.respond(200)
	l.run(50 * time.Millisecond)
	a.do(Input{Kind: InRequest, Dialog: dlg, Msg: msg(sip.OPTIONS, "")})
	l.run(50 * time.Millisecond)
	x := a.log[len(a.log)-1]
	if x.Kind != ActResponse || x.Method != sip.OPTIONS || x.Msg.Status != 200 || !x.Msg.Has(sip.HAllow) || b.count(ActRequest) != 1 {
		t.Errorf("%+v", x)
	}
}

func TestAPeerBehindNATIsReachedWhereItsInviteCameFrom(t *testing.T) {
	b := lone(t, nil)
	f := b.flowFrom(sip.UDP, "192.0.2.7:31000")
	b.inject(f, request("INVITE", "1", "Via: SIP/2.0/UDP 10.0.0.5:5060;rport;branch=z9hG4bK1", "Contact: <sip:alice@10.0.0.5:5060>"))
	b.respond(200)
	to := parsed(t, b.sent[0]).Get(sip.HTo)
	b.inject(f, request("ACK", "2", "Via: SIP/2.0/UDP 10.0.0.5:5060;rport;branch=z9hG4bK2", "To: "+to))
	acts := b.do(Input{Kind: InRequest, Dialog: b.find(ActRequest).Dialog, Msg: msg(sip.BYE, "")})
	for _, x := range acts {
		if x.Kind == ActSend {
			if m := parsed(t, x); x.Flow.Remote != f.Remote || m.URI != "sip:alice@10.0.0.5:5060" {
				t.Errorf("BYE %s goes to %v", m.URI, x.Flow.Remote)
			}
			return
		}
	}
	t.Error("no BYE")
}

// hungUpOver answers a peer that calls over a connection from 192.0.2.7, and ends the call: what was sent last is the BYE.
func hungUpOver(t *testing.T, contact string) (b *side, f sip.Flow) {
	t.Helper()
	b = lone(t, nil)
	f = b.flowFrom(sip.TCP, "192.0.2.7:31000")
	via := "Via: SIP/2.0/TCP 192.0.2.7:31000;branch=z9hG4bK"
	b.inject(f, request("INVITE", "1", via+"1", "Contact: "+contact))
	b.respond(200)
	b.inject(f, request("ACK", "2", via+"2", "To: "+parsed(t, b.sent[0]).Get(sip.HTo)))
	b.do(Input{Kind: InRequest, Dialog: b.find(ActRequest).Dialog, Msg: msg(sip.BYE, "")})
	return b, f
}

func TestAPeerOnAConnectionIsReachedByIt(t *testing.T) {
	b, f := hungUpOver(t, "<sip:alice@192.0.2.7;transport=tcp>")
	x := b.sent[len(b.sent)-1]
	if x.Flow.Conn != f.Conn {
		t.Fatalf("BYE goes by %+v", x.Flow)
	}
	// The connection is gone: the Contact counts.
	b.do(Input{Kind: InFlowDown, Flow: f, Err: errors.New("closed")})
	if y := b.sent[len(b.sent)-1]; y.Flow.Conn != 0 || y.Flow.Remote.String() != "192.0.2.7:5060" || y.Flow.Transport != sip.TCP {
		t.Errorf("after the end of the connection the BYE goes by %+v", y.Flow)
	}
}

// TestSection18_1_1_APeerByNameIsReachedAgainWhenItsConnectionIsGone: what a trunk's Contact or Record-Route names is
// resolved then, so that it learns that the call is over.
func TestSection18_1_1_APeerByNameIsReachedAgainWhenItsConnectionIsGone(t *testing.T) {
	b, _ := hungUpOver(t, "<sip:alice@sbc.example;transport=tcp>")
	bye := b.sent[len(b.sent)-1]
	b.do(Input{Kind: InSendFailed, Flow: bye.Flow, Txn: bye.Txn, Err: errors.New("the connection is gone")})
	ask := b.find(ActResolve)
	if ask.Host != "sbc.example" || ask.Transport != sip.TCP {
		t.Fatalf("asked for %q by %v", ask.Host, ask.Transport)
	}
	b.do(Input{Kind: InResolved, Txn: ask.Txn, Targets: []Target{{sip.TCP, netip.MustParseAddrPort("192.0.2.7:5060")}}})
	again := b.sent[len(b.sent)-1]
	if m := parsed(t, again); m.Method != sip.BYE || again.Flow.Conn != 0 || again.Flow.Remote.String() != "192.0.2.7:5060" {
		t.Fatalf("%s goes by %+v", m.Method, again.Flow)
	}
	// Once is enough.
	b.do(Input{Kind: InSendFailed, Flow: again.Flow, Txn: again.Txn, Err: errors.New("refused")})
	if b.count(ActResolve) != 1 || b.count(ActFailed) != 1 {
		t.Errorf("%d questions, %d failures", b.count(ActResolve), b.count(ActFailed))
	}
}

func TestRetryAfter401KeepsTheDialog(t *testing.T) {
	l, a, b := twoSides(t)
	dlg := a.invite(b)
	l.run(50 * time.Millisecond)
	b.respond(401)
	l.run(50 * time.Millisecond)
	again := withSDP(msg(sip.INVITE, "sip:bob@"+b.addr.String(), "From: <sip:alice@a.example>", "To: <sip:bob@"+b.addr.String()+">", "Authorization: Digest x"))
	a.do(Input{Kind: InRequest, Dialog: dlg, Msg: again})
	l.run(50 * time.Millisecond)
	l.wants("A: INVITE", "B: 401", "A: ACK", "A: INVITE")
	one, two := parsed(t, a.sent[0]), parsed(t, a.sent[2])
	c1, _ := one.CSeq()
	c2, _ := two.CSeq()
	if one.CallID() != two.CallID() || one.FromTag() != two.FromTag() || c2.Seq != c1.Seq+1 {
		t.Errorf("%s\n%s", a.sent[0].Data, a.sent[2].Data)
	}
	if b.count(ActRequest) != 2 {
		t.Error("the second INVITE did not reach B's user")
	}
}

func TestConfigureKeepsWhatRuns(t *testing.T) {
	l, a, b := twoSides(t)
	a.invite(b)
	opt := a.e.opt
	opt.Identities = []Identity{{Transport: sip.UDP, Local: a.addr, Host: "sip.example.com", Port: 5060}}
	opt.Timers = txn.Scaled(100 * time.Millisecond)
	a.do(Input{Kind: InConfigure, Options: &opt})
	l.run(50 * time.Millisecond)
	b.respond(486)
	l.run(50 * time.Millisecond)
	if x := a.find(ActResponse); x.Msg.Status != 486 {
		t.Errorf("the INVITE sent before got %+v", x)
	}
}

func TestSection8_2_7_AnAnswerThatIsForgottenIsTheSameAgain(t *testing.T) {
	b := lone(t, nil)
	f := b.flowFrom(sip.UDP, peerAddr)
	var tags []string
	for i := range 3 {
		b.inject(f, request("REGISTER", "1"))
		if n := b.count(ActRequest); n != i+1 {
			t.Fatalf("%d requests to the user, want %d: it is to be answered each time", n, i+1)
		}
		acts := b.do(Input{Kind: InRespond, Txn: b.log[len(b.log)-1].Txn, Msg: answer(401), Forget: true})
		m := parsed(t, acts[0])
		if m.Status != 401 || m.ToTag() == "" {
			t.Fatalf("%s", acts[0].Data)
		}
		tags = append(tags, m.ToTag())
		if n := b.e.State(); n != (State{}) || !b.e.Deadline().IsZero() {
			t.Errorf("held: %+v, until %v", n, b.e.Deadline())
		}
	}
	if tags[0] != tags[1] || tags[1] != tags[2] {
		t.Errorf("tags %q, want the same for the same request", tags)
	}
	// An INVITE too: one answer, none again, and an ACK that nobody waits for.
	tags = nil
	for range 2 {
		b.inject(f, request("INVITE", "2"))
		i := slices.IndexFunc(b.log, func(a Action) bool { return a.Kind == ActRequest && a.Method == sip.INVITE })
		acts := b.do(Input{Kind: InRespond, Txn: b.log[i].Txn, Msg: answer(401), Forget: true})
		b.log = nil
		i = slices.IndexFunc(acts, func(a Action) bool { return a.Kind == ActSend })
		tags = append(tags, parsed(t, acts[i]).ToTag())
		if n := b.e.State(); n != (State{}) || !b.e.Deadline().IsZero() {
			t.Errorf("held of an INVITE: %+v, until %v", n, b.e.Deadline())
		}
		b.inject(f, request("ACK", "2"))
	}
	if tags[0] == "" || tags[0] != tags[1] {
		t.Errorf("tags %q, want the same for the same INVITE", tags)
	}
}
