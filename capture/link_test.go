package capture

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

func TestLinkTypes(t *testing.T) {
	ip4, ip6 := udpIP(t, alice, bob, invite(4)), udpIP(t, carol, dave, invite(6))
	be := func(v ...uint16) (b []byte) {
		for _, x := range v {
			b = binary.BigEndian.AppendUint16(b, x)
		}
		return b
	}
	head := func(h []byte, rest []byte) []byte { return append(append([]byte(nil), h...), rest...) }
	sll := func(kind uint16) []byte { return be(0, 1, 6, 0x0200, 0, 1, 0, kind) }
	sll2 := func(kind uint16) []byte { return be(kind, 0, 0, 3, 1, 0x0006, 0x0200, 0, 1, 0) }
	for _, c := range []struct {
		name     string
		link     uint32
		ip4, ip6 []byte
	}{
		{"Ethernet", linkEthernet, onEthernet(t, ip4), onEthernet(t, ip6)},
		{"Linux cooked", linkSLL, head(sll(0x0800), ip4), head(sll(0x86dd), ip6)},
		{"Linux cooked 2", linkSLL2, head(sll2(0x0800), ip4), head(sll2(0x86dd), ip6)},
		{"raw", linkRaw, ip4, ip6},
		{"raw of a BSD", linkRaw12, ip4, ip6},
		{"raw of OpenBSD", linkRaw14, ip4, ip6},
		{"IPv4 and IPv6", linkIPv4, ip4, ip6},
		{"null, little-endian", linkNull, head([]byte{2, 0, 0, 0}, ip4), head([]byte{30, 0, 0, 0}, ip6)},
		{"null, big-endian", linkNull, head([]byte{0, 0, 0, 2}, ip4), head([]byte{0, 0, 0, 24}, ip6)},
		{"loop", linkLoop, head([]byte{0, 0, 0, 2}, ip4), head([]byte{0, 0, 0, 24}, ip6)},
		{"PPP", linkPPP, head(be(0xff03, 0x0021), ip4), head(be(0x0057), ip6)},
		{"PPP with a short protocol", linkPPPHDLC, head([]byte{0xff, 3, 0x21}, ip4), head([]byte{0x57}, ip6)},
		{"Cisco HDLC", linkCHDLC, head(be(0x0f00, 0x0800), ip4), head(be(0x0f00, 0x86dd), ip6)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := readAll(t, pcapOf(binary.LittleEndian, false, c.link, shots(c.ip4, c.ip6)...), Options{})
			want(t, got, line("UDP", alice, bob, 4), line("UDP", carol, dave, 6))
		})
	}
}

func TestWhatStandsBeforeIP(t *testing.T) {
	ip := udpIP(t, alice, bob, invite(1))
	six := udpIP(t, carol, dave, invite(1))
	tag := func(id uint16, kind layers.EthernetType) *layers.Dot1Q {
		return &layers.Dot1Q{VLANIdentifier: id, Type: kind}
	}
	outer := func(proto layers.IPProtocol) gopacket.SerializableLayer {
		return ipOf(alice.Addr().Next(), bob.Addr().Next(), proto)
	}
	outer6 := func(proto layers.IPProtocol) gopacket.SerializableLayer {
		return ipOf(carol.Addr().Next(), dave.Addr().Next(), proto)
	}
	eth4 := func() *layers.Ethernet { return ethernetOf(layers.EthernetTypeIPv4) }
	eth6 := func() *layers.Ethernet { return ethernetOf(layers.EthernetTypeIPv6) }
	p := gopacket.Payload(ip)
	for _, c := range []struct {
		name  string
		frame []byte
	}{
		{"VLAN", serialize(t, ethernetOf(layers.EthernetTypeDot1Q), tag(7, layers.EthernetTypeIPv4), p)},
		{"QinQ", serialize(t, ethernetOf(layers.EthernetTypeQinQ), tag(7, layers.EthernetTypeDot1Q), tag(8, layers.EthernetTypeIPv4), p)},
		{"MPLS", serialize(t, ethernetOf(layers.EthernetTypeMPLSUnicast), &layers.MPLS{Label: 5, TTL: 3}, &layers.MPLS{Label: 6, TTL: 3, StackBottom: true}, p)},
		{"PPPoE", serialize(t, ethernetOf(layers.EthernetTypePPPoESession), &layers.PPPoE{Version: 1, Type: 1, SessionId: 1}, &layers.PPP{PPPType: layers.PPPTypeIPv4}, p)},
		{"IPv4 in IPv4", serialize(t, eth4(), outer(layers.IPProtocolIPv4), p)},
		{"IPv4 in IPv6", serialize(t, eth6(), outer6(layers.IPProtocolIPv4), p)},
		{"GRE", serialize(t, eth4(), outer(layers.IPProtocolGRE), &layers.GRE{Protocol: layers.EthernetTypeIPv4}, p)},
		{"GRE with key and sequence", serialize(t, eth4(), outer(layers.IPProtocolGRE), &layers.GRE{Protocol: layers.EthernetTypeIPv4, KeyPresent: true, Key: 5, SeqPresent: true, Seq: 9}, p)},
		{"GRE with Ethernet", serialize(t, eth4(), outer(layers.IPProtocolGRE), &layers.GRE{Protocol: layers.EthernetTypeTransparentEthernetBridging}, gopacket.Payload(onEthernet(t, ip)))},
		{"VXLAN", serialize(t, eth4(), outer(layers.IPProtocolUDP), &layers.UDP{SrcPort: 40000, DstPort: 4789}, &layers.VXLAN{ValidIDFlag: true, VNI: 3}, gopacket.Payload(onEthernet(t, ip)))},
		{"padding behind it", append(onEthernet(t, ip), "INVITE sip:padding SIP/2.0\r\n\r\n"...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			want(t, readAll(t, ethernetFile(c.frame), Options{}), line("UDP", alice, bob, 1))
		})
	}
	for _, c := range []struct {
		name  string
		frame []byte
	}{
		{"IPv6 in IPv4", serialize(t, eth4(), outer(layers.IPProtocolIPv6), gopacket.Payload(six))},
		{"IPv6 in IPv6", serialize(t, eth6(), outer6(layers.IPProtocolIPv6), gopacket.Payload(six))},
	} {
		t.Run(c.name, func(t *testing.T) {
			want(t, readAll(t, ethernetFile(c.frame), Options{}), line("UDP", carol, dave, 1))
		})
	}
}

func TestTunnelsInTunnelsEnd(t *testing.T) {
	b := udpIP(t, alice, bob, invite(1))
	for range 3 {
		b = serialize(t, ipOf(alice.Addr(), bob.Addr(), layers.IPProtocolIPv4), gopacket.Payload(b))
	}
	want(t, readAll(t, ethernetFile(onEthernet(t, b)), Options{}), line("UDP", alice, bob, 1))
	for range 10 {
		b = serialize(t, ipOf(alice.Addr(), bob.Addr(), layers.IPProtocolIPv4), gopacket.Payload(b))
	}
	want(t, readAll(t, ethernetFile(onEthernet(t, b)), Options{}), "note")
}

func TestIPv6ExtensionHeaders(t *testing.T) {
	udp := udpIP(t, carol, dave, invite(1))
	head, rest := udp[:40], udp[40:]
	// Hop-by-hop (8 bytes), destination options (16), routing (8), authentication (16).
	chain := append([]byte{60, 0, 1, 4, 0, 0, 0, 0}, 43, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	chain = append(chain, 51, 0, 0, 0, 0, 0, 0, 0)
	chain = append(chain, 17, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0)
	p := append([]byte(nil), head...)
	p[6] = 0
	p = append(append(p, chain...), rest...)
	binary.BigEndian.PutUint16(p[4:], uint16(len(p)-40))
	want(t, readAll(t, ethernetFile(onEthernet(t, p)), Options{}), line("UDP", carol, dave, 1))
	p[41] = 200 // longer than the packet
	want(t, readAll(t, ethernetFile(onEthernet(t, p)), Options{}), "note")
}

func TestBrokenHeadersAreSaidAFewTimes(t *testing.T) {
	bad := onEthernet(t, udpIP(t, alice, bob, invite(1)))
	bad[14] = 0x42 // a header of 8 bytes
	var frames [][]byte
	for range 20 {
		frames = append(frames, bad)
	}
	got := readAll(t, ethernetFile(frames...), Options{})
	if len(got) != maxNotes+1 || got[maxNotes].Text != "12 more packets with a broken IP header" {
		t.Errorf("got %d notes, the last %q", len(got), got[len(got)-1].Text)
	}
}

func TestAnUnknownLinkTypeIsSaidOnce(t *testing.T) {
	f := udpFrame(t, alice, bob, invite(1))
	got := readAll(t, pcapOf(binary.LittleEndian, false, 105, shots(f, f)...), Options{})
	want(t, got, "note")
}

func TestPacketsThatWiresharkExported(t *testing.T) {
	tag := func(kind uint16, v ...byte) []byte {
		b := binary.BigEndian.AppendUint16(nil, kind)
		return append(binary.BigEndian.AppendUint16(b, uint16(len(v))), v...)
	}
	ports := append(tag(25, 0, 0, 0x13, 0xc4), tag(26, 0, 0, 0x13, 0xce)...)
	four := append(tag(20, 192, 0, 2, 1), tag(21, 192, 0, 2, 2)...)
	six := append(tag(22, carol.Addr().AsSlice()...), tag(23, dave.Addr().AsSlice()...)...)
	name := tag(12, 's', 'i', 'p', 0)
	end := tag(0)
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"UDP", slices.Concat(name, four, tag(24, 0, 0, 0, 3), ports, end, []byte(invite(1))), []string{line("UDP", alice, bob, 1)}},
		{"TCP", slices.Concat(name, six, tag(24, 0, 0, 0, 2), ports, tag(30, 0, 0, 0, 9), end, []byte(invite(1))), []string{line("TCP", carol, dave, 1)}},
		{"no address", slices.Concat(name, ports, end, []byte(invite(1))), nil},
		{"something else", slices.Concat(tag(12, 'h', 't', 't', 'p'), four, ports, end, []byte("GET / HTTP/1.1\r\n\r\n")), nil},
		{"tags without an end", slices.Concat(name, four), []string{"note"}},
		{"a tag that is too long", slices.Concat(name, []byte{0, 20, 0xff, 0xff}, []byte(invite(1))), []string{"note"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want(t, readAll(t, pcapOf(binary.LittleEndian, false, linkExported, shots(c.data)...), Options{}), c.want...)
		})
	}
}
