package stack

import (
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// callOver lets A call B by a URI parameter and hang up, and returns the link.
func callOver(t *testing.T, l *link, a, b *side, param string) {
	t.Helper()
	uri := "sip:bob@" + b.addr.String() + param
	b.hook = phone(200)
	a.do(Input{Kind: InInvite, Ref: 7, Msg: withSDP(msg(sip.INVITE, uri, "From: <sip:alice@a.example>", "To: <"+uri+">"))})
	l.run(time.Second)
	a.do(Input{Kind: InRequest, Dialog: a.find(ActCreated).Dialog, Msg: msg(sip.BYE, "")})
	l.run(time.Second)
	l.wants("A: INVITE", "B: 180", "B: 200", "A: ACK", "A: BYE", "B: 200")
	l.run(40 * time.Second)
	l.empty()
}

func TestCallOverIPv6(t *testing.T) {
	l := newLink(t)
	a, b := l.add("A", "[2001:db8::1]:5060", nil), l.add("B", "[2001:db8::2]:5060", nil)
	callOver(t, l, a, b, "")
	if v := parsed(t, a.sent[0]).Get(sip.HVia); !strings.HasPrefix(v, "SIP/2.0/UDP [2001:db8::1]:5060;branch=") {
		t.Errorf("Via %s", v)
	}
}

func TestCallOverTCP(t *testing.T) {
	l, a, b := twoSides(t)
	callOver(t, l, a, b, ";transport=tcp")
	for _, x := range append(a.sent, b.sent...) {
		if x.Flow.Transport != sip.TCP || x.Again != 0 {
			t.Errorf("by %v, repetition %d: %.40q", x.Flow.Transport, x.Again, x.Data)
		}
	}
	if c := parsed(t, a.sent[0]).Get(sip.HContact); c != "<sip:192.0.2.1:5060;transport=tcp>" {
		t.Errorf("Contact %s", c)
	}
}

// A phone behind a NAT on the same private network: its Contact is no way to it, where its REGISTER came from is.
func TestACallToABindingBehindNATStaysOnItsFlow(t *testing.T) {
	l := newLink(t)
	a := l.add("A", "10.1.0.1:5060", nil)
	b := l.add("B", "10.1.0.2:5060", func(o *Options) {
		for i := range o.Identities {
			o.Identities[i].Host = "172.17.0.9" // what it believes to be its address
		}
	})
	b.hook = phone(200)
	dest := sip.Flow{Transport: sip.UDP, Remote: b.addr}
	a.do(Input{Kind: InInvite, Ref: 7, Dest: dest, Msg: withSDP(msg(sip.INVITE, "sip:bob@172.17.0.9:5060", "From: <sip:a@a>", "To: <sip:bob@b>"))})
	l.run(time.Second)
	a.do(Input{Kind: InRequest, Dialog: a.find(ActCreated).Dialog, Msg: msg(sip.BYE, "")})
	l.run(time.Second)
	for _, x := range a.sent {
		if x.Flow.Remote != b.addr {
			t.Errorf("%.20q goes to %v", x.Data, x.Flow.Remote)
		}
	}
	if x := a.sent[1]; parsed(t, x).Method != sip.ACK || parsed(t, x).URI != "sip:172.17.0.9:5060" {
		t.Errorf("%s", x.Data)
	}
	l.run(40 * time.Second)
	l.empty()
}

func TestSection15_1_2_ByeWithoutDialogGets481(t *testing.T) {
	for _, m := range []string{"BYE", "PRACK", "UPDATE", "INFO", "NOTIFY"} {
		b := lone(t, nil)
		if sent := b.inject(b.flowFrom(sip.UDP, peerAddr), request(m, "1")); len(sent) != 1 || parsed(t, sent[0]).Status != 481 {
			t.Errorf("%s: %+v", m, sent)
		}
	}
}

func TestAStreamOfNonsenseIsClosed(t *testing.T) {
	b := lone(t, nil)
	f := b.flowFrom(sip.TCP, peerAddr)
	b.inject(f, "HELO there\r\n\r\n")
	if x := b.find(ActCloseFlow); x.Flow != f {
		t.Errorf("%+v", x)
	}
	c := lone(t, nil)
	c.inject(c.flowFrom(sip.UDP, peerAddr), "HELO there\r\n\r\n")
	if c.count(ActCloseFlow) != 0 {
		t.Error("a datagram has no stream to close")
	}
}

func TestSection18_4_ARequestOnABrokenConnectionFailsAtOnce(t *testing.T) {
	l, a, b := twoSides(t)
	l.lose = func(*side, Action) bool { return true }
	uri := "sip:" + b.addr.String() + ";transport=tcp"
	a.do(Input{Kind: InRequest, Ref: 2, Msg: msg(sip.OPTIONS, uri, "From: <sip:a@a>", "To: <"+uri+">")})
	f := a.sent[0].Flow
	f.Conn = 12 // the number wire gave it meanwhile
	a.do(Input{Kind: InFlowDown, Flow: f})
	if x := a.find(ActFailed); x.Ref != 2 || x.Method != sip.OPTIONS {
		t.Errorf("%+v", x)
	}
	l.empty()
}

// TestBridgedCallAllocations bounds what a bridged call costs the collector,
// the making of the phones' messages included.
func TestBridgedCallAllocations(t *testing.T) {
	s := newBridge()
	if n := testing.AllocsPerRun(200, func() { s.call(func() {}, func() {}) }); n > 150 {
		t.Errorf("%v allocations a bridged call", n)
	}
}
