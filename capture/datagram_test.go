package capture

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

func TestDatagramsByTheirFirstBytes(t *testing.T) {
	rtp := "\x80\x08\x00\x01\x00\x00\x00\xa0\x00\x00\x00\x01" + strings.Repeat("\xd5", 160)
	rtcp := "\x80\xc9\x00\x01\x00\x00\x00\x01" + "\x81\xca\x00\x02"
	for _, c := range []struct{ name, payload, want string }{
		{"request", "OPTIONS sip:a SIP/2.0\r\n\r\n", "SIP UDP 192.0.2.1:5060>192.0.2.2:5070 OPTIONS si  25"},
		{"response", "SIP/2.0 180 Ringing\r\n\r\n", "SIP UDP 192.0.2.1:5060>192.0.2.2:5070 SIP/2.0 18  23"},
		{"a response without a phrase", "SIP/2.0 180\r\n\r\n", "SIP UDP 192.0.2.1:5060>192.0.2.2:5070 SIP/2.0 18  15"},
		{"a method of somebody's own", "Foo.bar!%*_+`'~ sip:a SIP/2.0\r\n\r\n", "SIP UDP 192.0.2.1:5060>192.0.2.2:5070 Foo.bar!%*  33"},
		{"lines that end with LF alone", "OPTIONS sip:a SIP/2.0\n\n", "SIP UDP 192.0.2.1:5060>192.0.2.2:5070 OPTIONS si  23"},
		{"the version in small letters", "OPTIONS sip:a sip/2.0\r\n\r\n", "SIP UDP 192.0.2.1:5060>192.0.2.2:5070 OPTIONS si  25"},
		{"another version", "OPTIONS sip:a SIP/7.0\r\n\r\n", "SIP UDP 192.0.2.1:5060>192.0.2.2:5070 OPTIONS si  25"},
		{"blanks before the end of the line", "OPTIONS sip:a SIP/2.0  \r\n\r\n", "SIP UDP 192.0.2.1:5060>192.0.2.2:5070 OPTIONS si  27"},
		{"CRLF before it", "\r\n\r\nOPTIONS sip:a SIP/2.0\r\n\r\n", "SIP UDP 192.0.2.1:5060>192.0.2.2:5070 OPTIONS si  25"},
		{"RTP", rtp, "RTP UDP 192.0.2.1:5060>192.0.2.2:5070 172"},
		{"RTCP", rtcp, "RTP UDP 192.0.2.1:5060>192.0.2.2:5070 12"},
		{"too short for RTP", "\x80\x08\x00\x01", ""},
		{"keep-alive", "\r\n\r\n", ""},
		{"one CRLF", "\r\n", ""},
		{"zero bytes", "\x00\x00\x00\x00", ""},
		{"nothing", "", ""},
		{"HTTP", "GET / HTTP/1.1\r\n\r\n", ""},
		{"RTSP", "OPTIONS rtsp://a RTSP/1.0\r\n\r\n", ""},
		{"a request line with too many words", "x y OPTIONS sip:a SIP/2.0\r\n\r\n", "SIP UDP 192.0.2.1:5060>192.0.2.2:5070 x y OPTION  29"},
		{"no line end", "OPTIONS sip:a SIP/2.0", ""},
		{"a status of two digits", "SIP/2.0 99 x\r\n\r\n", ""},
		{"no method", " sip:a SIP/2.0\r\n\r\n", ""},
		{"a method that is too long", strings.Repeat("M", 40) + " sip:a SIP/2.0\r\n\r\n", ""},
		{"DNS", "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01", ""},
		{"STUN", "\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var lines []string
			if c.want != "" {
				lines = []string{c.want}
			}
			want(t, readAll(t, ethernetFile(udpFrame(t, alice, bob, c.payload)), Options{}), lines...)
		})
	}
}

func TestSnapLengthIsMarked(t *testing.T) {
	frame := udpFrame(t, alice, bob, invite(1))
	for keep := 14 + 20 + 8 + 20; keep < len(frame); keep++ {
		got := readAll(t, pcapOf(binary.LittleEndian, false, linkEthernet, shot{at: t0, data: frame[:keep], long: len(frame)}), Options{})
		if len(got) != 1 || got[0].Kind != SIP || !got[0].Truncated || len(got[0].Payload) != keep-42 {
			t.Fatalf("%d of %d bytes captured: %q", keep, len(frame), briefs(got))
		}
	}
	// With headers alone there is nothing to show, nor to complain of.
	for keep := range 53 {
		if got := readAll(t, pcapOf(binary.LittleEndian, false, linkEthernet, shot{at: t0, data: frame[:keep], long: len(frame)}), Options{}); len(got) != 0 {
			t.Fatalf("%d bytes captured: %q", keep, briefs(got))
		}
	}
}

func TestICMP(t *testing.T) {
	four, six := udpIP(t, alice, bob, invite(1)), udpIP(t, carol, dave, invite(1))
	v4 := func(kind, code uint8, from string, quote []byte) []byte {
		ip := &layers.IPv4{Version: 4, TTL: 9, Protocol: layers.IPProtocolICMPv4, SrcIP: []byte{192, 0, 2, 2}, DstIP: []byte{192, 0, 2, 1}}
		if from != "" {
			ip.SrcIP = []byte{198, 51, 100, 7}
		}
		return serialize(t, ethernetOf(layers.EthernetTypeIPv4), ip, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(kind, code)}, gopacket.Payload(quote))
	}
	v6 := func(kind, code uint8, quote []byte) []byte {
		ip := &layers.IPv6{Version: 6, HopLimit: 9, NextHeader: layers.IPProtocolICMPv6, SrcIP: dave.Addr().AsSlice(), DstIP: carol.Addr().AsSlice()}
		return serialize(t, ethernetOf(layers.EthernetTypeIPv6), ip, &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(kind, code)}, gopacket.Payload(append(make([]byte, 4), quote...)))
	}
	b2a, d2c := fmt.Sprintf("closed UDP %s>%s ", bob, alice), fmt.Sprintf("closed UDP %s>%s ", dave, carol)
	for _, c := range []struct {
		name  string
		frame []byte
		want  string
	}{
		{"port", v4(3, 3, "", four), b2a + "port unreachable INVITE"},
		{"as little as is quoted at least", v4(3, 3, "", four[:28]), b2a + "port unreachable "},
		{"host, from a router", v4(3, 1, "router", four), b2a + "host unreachable, says 198.51.100.7 INVITE"},
		{"net", v4(3, 0, "", four), b2a + "network unreachable INVITE"},
		{"prohibited", v4(3, 13, "", four), b2a + "host unreachable INVITE"},
		{"time to live", v4(11, 0, "router", four), b2a + "time exceeded, says 198.51.100.7 INVITE"},
		{"too big", v4(3, 4, "router", four), "note"},
		{"echo", v4(8, 0, "", four), ""},
		{"a quotation that was cut", v4(3, 3, "", four[:24]), ""},
		{"no quotation", v4(3, 3, "", nil), ""},
		{"IPv6 port", v6(1, 4, six), d2c + "port unreachable INVITE"},
		{"IPv6 address", v6(1, 3, six), d2c + "host unreachable INVITE"},
		{"IPv6 route", v6(1, 0, six), d2c + "network unreachable INVITE"},
		{"IPv6 too big", v6(2, 0, six), "note"},
		{"IPv6 hop limit", v6(3, 0, six), d2c + "time exceeded INVITE"},
		{"IPv6 neighbour", v6(135, 0, six), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var lines []string
			if c.want != "" {
				lines = []string{c.want}
			}
			want(t, readAll(t, ethernetFile(c.frame), Options{}), lines...)
		})
	}
}
