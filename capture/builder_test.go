package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// The packets of these tests are built by gopacket, so that a mistake about a
// header is not made on both sides.

var (
	alice = netip.MustParseAddrPort("192.0.2.1:5060")
	bob   = netip.MustParseAddrPort("192.0.2.2:5070")
	carol = netip.MustParseAddrPort("[2001:db8::1]:5060")
	dave  = netip.MustParseAddrPort("[2001:db8::2]:5070")
	t0    = time.Date(2026, 11, 21, 12, 0, 0, 123_456_000, time.UTC)
)

// invite is a request with a body and a Content-Length, of which n tells one from another.
func invite(n int) string {
	body := "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"
	return fmt.Sprintf("INVITE sip:bob@example.com SIP/2.0\r\nCall-ID: %d@test\r\nCSeq: %d INVITE\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", n, n, len(body), body)
}

const ok200 = "SIP/2.0 200 OK\r\nCall-ID: 1@test\r\nl: 0\r\n\r\n"

// serialize puts layers together with right lengths and checksums.
func serialize(t testing.TB, all ...gopacket.SerializableLayer) []byte {
	t.Helper()
	for i, l := range all {
		var n gopacket.NetworkLayer
		for j := i - 1; j >= 0 && n == nil; j-- {
			n, _ = all[j].(gopacket.NetworkLayer)
		}
		if n == nil {
			continue
		}
		switch l := l.(type) {
		case *layers.UDP:
			_ = l.SetNetworkLayerForChecksum(n)
		case *layers.TCP:
			_ = l.SetNetworkLayerForChecksum(n)
		case *layers.ICMPv6:
			_ = l.SetNetworkLayerForChecksum(n)
		}
	}
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, all...); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(b.Bytes())
}

func ethernetOf(kind layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: kind}
}

// etherFor is an Ethernet header for an IP layer.
func etherFor(ip gopacket.SerializableLayer) *layers.Ethernet {
	if _, ok := ip.(*layers.IPv6); ok {
		return ethernetOf(layers.EthernetTypeIPv6)
	}
	return ethernetOf(layers.EthernetTypeIPv4)
}

func ipOf(src, dst netip.Addr, proto layers.IPProtocol) gopacket.SerializableLayer {
	if src.Is4() {
		return &layers.IPv4{Version: 4, TTL: 64, Protocol: proto, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
	}
	return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: proto, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
}

func udpOf(src, dst netip.AddrPort) *layers.UDP {
	return &layers.UDP{SrcPort: layers.UDPPort(src.Port()), DstPort: layers.UDPPort(dst.Port())}
}

// udpIP is an IP packet with a datagram, without a link layer.
func udpIP(t testing.TB, src, dst netip.AddrPort, payload string) []byte {
	t.Helper()
	return serialize(t, ipOf(src.Addr(), dst.Addr(), layers.IPProtocolUDP), udpOf(src, dst), gopacket.Payload(payload))
}

// onEthernet puts an Ethernet header before an IP packet.
func onEthernet(t testing.TB, ip []byte) []byte {
	t.Helper()
	kind := layers.EthernetTypeIPv4
	if ip[0]>>4 == 6 {
		kind = layers.EthernetTypeIPv6
	}
	return serialize(t, ethernetOf(kind), gopacket.Payload(ip))
}

func udpFrame(t testing.TB, src, dst netip.AddrPort, payload string) []byte {
	t.Helper()
	return onEthernet(t, udpIP(t, src, dst, payload))
}

// A shot is one packet of a test's capture.
type shot struct {
	at   time.Time
	data []byte
	long int // of the packet, if it was cut
}

func shots(frames ...[]byte) (out []shot) {
	for i, f := range frames {
		out = append(out, shot{at: t0.Add(time.Duration(i) * time.Millisecond), data: f})
	}
	return out
}

// pcapOf writes a pcap file by hand, in any of its forms.
func pcapOf(order binary.AppendByteOrder, nano bool, link uint32, packets ...shot) []byte {
	magic, unit := uint32(0xa1b2c3d4), 1000
	if nano {
		magic, unit = 0xa1b23c4d, 1
	}
	var b []byte
	for _, v := range []any{magic, uint16(2), uint16(4), uint32(0), uint32(0), uint32(65535), link} {
		b, _ = binary.Append(b, order.(binary.ByteOrder), v)
	}
	for _, p := range packets {
		b = order.AppendUint32(b, uint32(p.at.Unix()))
		b = order.AppendUint32(b, uint32(p.at.Nanosecond()/unit))
		b = order.AppendUint32(b, uint32(len(p.data)))
		b = order.AppendUint32(b, uint32(max(p.long, len(p.data))))
		b = append(b, p.data...)
	}
	return b
}

func ethernetFile(frames ...[]byte) []byte {
	return pcapOf(binary.LittleEndian, false, linkEthernet, shots(frames...)...)
}

// readAll reads a capture to its end; payloads and texts are copied.
func readAll(t testing.TB, file []byte, o Options) []Item {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), o)
	if err != nil {
		t.Fatal(err)
	}
	return drainSource(t, r)
}

func drainSource(t testing.TB, s Source) (all []Item) {
	t.Helper()
	for {
		it, err := s.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		it.Payload = bytes.Clone(it.Payload)
		it.Text = strings.Clone(it.Text)
		all = append(all, it)
	}
}

// brief writes an item on a line: what tests compare.
func brief(it Item) string {
	var b strings.Builder
	b.WriteString(it.Kind.String())
	if it.Truncated {
		b.WriteString(" cut")
	}
	switch it.Kind {
	case Gap:
		fmt.Fprintf(&b, " %d", it.Lost)
	case Note:
	default:
		fmt.Fprintf(&b, " %s %s>%s", it.Transport, it.Src, it.Dst)
	}
	switch it.Kind {
	case SIP:
		line, rest, _ := strings.Cut(string(it.Payload), "\r\n")
		id := ""
		if i := strings.Index(rest, "Call-ID: "); i >= 0 {
			id, _, _ = strings.Cut(rest[i+9:], "\r\n")
		}
		fmt.Fprintf(&b, " %.10s %s %d", line, id, len(it.Payload))
	case RTP:
		fmt.Fprintf(&b, " %d", len(it.Payload))
	case Closed:
		fmt.Fprintf(&b, " %s %.6s", it.Text, it.Payload)
	}
	return b.String()
}

func briefs(items []Item) (out []string) {
	for _, it := range items {
		out = append(out, brief(it))
	}
	return out
}

// want compares items with lines as brief writes them.
func want(t testing.TB, got []Item, lines ...string) {
	t.Helper()
	if b := briefs(got); !slices.Equal(b, lines) {
		var text strings.Builder
		for i, it := range got {
			fmt.Fprintf(&text, "  %s\t%d %s\n", b[i], it.Number, it.Text)
		}
		t.Errorf("got %d items:\n%s want %d:\n  %s", len(got), text.String(), len(lines), strings.Join(lines, "\n  "))
	}
}

// line is what brief says of a whole request made by invite.
func line(transport string, src, dst netip.AddrPort, n int) string {
	return fmt.Sprintf("SIP %s %s>%s INVITE sip %d@test %d", transport, src, dst, n, len(invite(n)))
}

// okLine is the same for ok200.
func okLine(transport string, src, dst netip.AddrPort) string {
	return fmt.Sprintf("SIP %s %s>%s SIP/2.0 20 1@test %d", transport, src, dst, len(ok200))
}
