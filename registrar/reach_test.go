package registrar

import (
	"net/netip"
	"testing"

	"onhook/sip"
)

func from(transport sip.Transport, conn uint64) sip.Flow {
	return sip.Flow{Transport: transport, Local: netip.MustParseAddrPort("198.51.100.1:5060"), Remote: netip.MustParseAddrPort("192.0.2.9:40000"), Conn: conn}
}

func TestWhereAPhoneIsReached(t *testing.T) {
	const via, rport = "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1", "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1;rport"
	udp, tcp := from(sip.UDP, 0), from(sip.TCP, 7)
	listens := udp
	listens.Remote = netip.MustParseAddrPort("192.0.2.9:5070")
	standard := udp
	standard.Remote = netip.MustParseAddrPort("192.0.2.9:5060")
	for _, c := range []struct {
		name    string
		flow    sip.Flow
		contact string
		headers []string
		want    sip.Flow
	}{
		{"behind NAT", udp, "<sip:100@10.0.0.9:5060>", []string{"Via", via}, udp},
		{"asks for symmetric answers", udp, "<sip:100@192.0.2.9:5070>", []string{"Via", rport}, udp},
		{"sends from one port, listens on another", udp, "<sip:100@192.0.2.9:5070>", []string{"Via", via}, listens},
		{"listens on the standard port", udp, "<sip:100@192.0.2.9>", []string{"Via", via}, standard},
		{"a name as contact", udp, "<sip:100@phone.example.com>", []string{"Via", via}, udp},
		{"a stream", tcp, "<sip:100@192.0.2.9:5070;transport=tcp>", []string{"Via", via}, tcp},
		{"by a proxy that is no edge", udp, "<sip:100@10.0.0.9>", []string{"Via", via, "Via", rport}, sip.Flow{}},
		{"by an edge proxy", tcp, "<sip:100@10.0.0.9>", []string{"Via", via, "Path", "<sip:edge;lr>"}, sip.Flow{}},
	} {
		tab := New(epoch, Options{})
		out := tab.Step(nil, epoch, Input{Kind: InRegister, AOR: aor, Msg: register(1, append(c.headers, "Contact", c.contact)...), Flow: c.flow})
		if len(out) != 2 || out[0].Kind != ActAdded || out[0].Binding.Flow != c.want {
			t.Errorf("%s: %+v, want the flow %v", c.name, out, c.want)
		}
		if n := len(tab.byConn); (n == 1) != (c.want.Conn != 0) {
			t.Errorf("%s: %d streams are noted", c.name, n)
		}
	}
}

func TestClosedStream(t *testing.T) {
	for _, c := range []struct {
		name, contact string
		want          ActionKind
	}{
		{"a flow of RFC 5626", `<sip:100@192.0.2.9;transport=tcp>;+sip.instance="<urn:uuid:1>";reg-id=1`, ActExpired},
		{"a browser", "<sip:100@x1y2.invalid;transport=ws>", ActExpired},
		{"behind NAT", "<sip:100@10.0.0.9;transport=tcp>", ActExpired},
		{"one that listens", "<sip:100@192.0.2.9;transport=tcp>", ActKept},
		{"one with a name", "<sip:gw@gw.example.com;transport=tcp>", ActKept},
	} {
		tab := New(epoch, Options{})
		f := from(sip.TCP, 7)
		tab.Step(nil, epoch, Input{Kind: InRegister, AOR: aor, Msg: register(1, "Contact", c.contact), Flow: f})
		tab.Step(nil, epoch, Input{Kind: InRegister, AOR: aor, Msg: register(2, "Contact", "<sip:other@192.0.2.9>"), Flow: from(sip.TCP, 8)})
		out := tab.Step(nil, epoch, Input{Kind: InFlowDown, Flow: f})
		if len(out) != 1 || out[0].Kind != c.want {
			t.Fatalf("%s: %+v, want %v", c.name, out, c.want)
		}
		left := 1
		if c.want == ActKept {
			left = 2
			if out[0].Binding.Flow != (sip.Flow{}) {
				t.Errorf("%s: still has the flow %v", c.name, out[0].Binding.Flow)
			}
		}
		if tab.State() != left || len(tab.byConn) != 1 {
			t.Errorf("%s: %d bindings, %d streams left", c.name, tab.State(), len(tab.byConn))
		}
		if out := tab.Step(nil, epoch, Input{Kind: InFlowDown, Flow: f}); len(out) != 0 {
			t.Errorf("%s: a second time: %+v", c.name, out)
		}
	}
	tab := New(epoch, Options{})
	ask(tab, epoch, register(1, "Contact", "<sip:a@h>"))
	if out := tab.Step(nil, epoch, Input{Kind: InFlowDown, Flow: flow}); len(out) != 0 {
		t.Errorf("a flow without connection: %+v", out)
	}
}
