package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// callsFile is a capture of calls of seven messages each.
func callsFile(b *testing.B, tr sip.Transport, calls int) []byte {
	b.Helper()
	pad := "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-524287-1---0123456789abcdef;rport\r\nMax-Forwards: 70\r\nContact: <sip:alice@192.0.2.1:5060>\r\nTo: <sip:bob@example.com>;tag=77\r\nFrom: <sip:alice@example.com>;tag=88\r\nUser-Agent: something\r\n"
	body := strings.Repeat("a=rtpmap:8 PCMA/8000\r\n", 12)
	var out []Record
	for i := range calls {
		phone := netip.AddrPortFrom(alice.Addr(), uint16(10_000+i%500))
		for j, start := range []string{"INVITE sip:bob@example.com SIP/2.0", "SIP/2.0 100 Trying", "SIP/2.0 180 Ringing", "SIP/2.0 200 OK", "ACK sip:bob@example.com SIP/2.0", "BYE sip:bob@example.com SIP/2.0", "SIP/2.0 200 OK"} {
			content := ""
			if j == 0 || j == 3 {
				content = body
			}
			m := fmt.Sprintf("%s\r\n%sCall-ID: %d@bench\r\nCSeq: 1 INVITE\r\nContent-Length: %d\r\n\r\n%s", start, pad, i, len(content), content)
			r := Record{At: t0.Add(time.Duration(i)*time.Millisecond + time.Duration(j)*time.Microsecond), Transport: tr, Src: phone, Dst: bob, Payload: []byte(m)}
			if strings.HasPrefix(start, "SIP/") {
				r.Src, r.Dst = r.Dst, r.Src
			}
			out = append(out, r)
		}
	}
	return writeAll(b, Pcap, out)
}

func benchmarkRead(b *testing.B, file []byte, messages int) {
	b.ReportAllocs()
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file), Options{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for {
			it, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if it.Kind == SIP {
				n++
			}
		}
		if n != messages {
			b.Fatalf("%d messages, want %d", n, messages)
		}
	}
	b.ReportMetric(float64(b.N)*float64(messages)/b.Elapsed().Seconds(), "messages/s")
}

func BenchmarkReadUDP(b *testing.B) { benchmarkRead(b, callsFile(b, sip.UDP, 3000), 21_000) }
func BenchmarkReadTCP(b *testing.B) { benchmarkRead(b, callsFile(b, sip.TCP, 3000), 21_000) }
func BenchmarkReadWS(b *testing.B)  { benchmarkRead(b, callsFile(b, sip.WS, 3000), 21_000) }

func BenchmarkHEP(b *testing.B) {
	packet := hep3("HEP3", common(), chunk(0, 12, uint32(9)), chunk(0, 0x13, "edge"), chunk(0, 15, invite(1)))
	var d HEPDecoder
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Decode(packet); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	for _, tr := range []sip.Transport{sip.UDP, sip.TCP} {
		b.Run(tr.String(), func(b *testing.B) {
			w, err := NewWriter(io.Discard, Pcap)
			if err != nil {
				b.Fatal(err)
			}
			r := Record{At: t0, Transport: tr, Src: alice, Dst: bob, Payload: []byte(invite(1))}
			b.ReportAllocs()
			for b.Loop() {
				if err := w.Write(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkListenTCP is the whole way of a HEP packet through a socket: its
// sender runs beside it.
func BenchmarkListenTCP(b *testing.B) {
	l, err := Listen([]string{"tcp://127.0.0.1:0"}, ListenOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	packet := hep3("HEP3", common(), chunk(0, 12, uint32(9)), chunk(0, 0x13, "edge"), chunk(0, 15, invite(1)))
	many := bytes.Repeat(packet, 64)
	go feedForever(l.Addrs()[0], many)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Next(); err != nil {
			b.Fatal(err)
		}
	}
}
