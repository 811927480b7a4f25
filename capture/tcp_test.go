package capture

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// A talk builds the segments of one TCP connection.
type talk struct {
	t        testing.TB
	a, b     netip.AddrPort
	seq, ack uint32 // next of a, next of b
}

func newTalk(t testing.TB) *talk { return &talk{t: t, a: alice, b: bob, seq: 1000, ack: 5000} }

// segment is one packet from a, or from b, at a sequence number.
func (k *talk) segment(fromB bool, seq, ack uint32, set func(*layers.TCP), payload string) []byte {
	src, dst := k.a, k.b
	if fromB {
		src, dst = dst, src
	}
	tcp := &layers.TCP{SrcPort: layers.TCPPort(src.Port()), DstPort: layers.TCPPort(dst.Port()), Seq: seq, Ack: ack, ACK: true, Window: 65535}
	if set != nil {
		set(tcp)
	}
	ip := ipOf(src.Addr(), dst.Addr(), layers.IPProtocolTCP)
	return serialize(k.t, etherFor(ip), ip, tcp, gopacket.Payload(payload))
}

func (k *talk) handshake() [][]byte {
	out := [][]byte{
		k.segment(false, k.seq-1, 0, func(p *layers.TCP) { p.SYN, p.ACK = true, false }, ""),
		k.segment(true, k.ack-1, k.seq, func(p *layers.TCP) { p.SYN = true }, ""),
		k.segment(false, k.seq, k.ack, nil, ""),
	}
	return out
}

// says is data from a in segments of at most n bytes.
func (k *talk) says(payload string, n int) (out [][]byte) {
	for len(payload) > 0 {
		m := min(n, len(payload))
		out = append(out, k.segment(false, k.seq, k.ack, nil, payload[:m]))
		k.seq += uint32(m)
		payload = payload[m:]
	}
	return out
}

func (k *talk) answers(payload string, n int) (out [][]byte) {
	for len(payload) > 0 {
		m := min(n, len(payload))
		out = append(out, k.segment(true, k.ack, k.seq, nil, payload[:m]))
		k.ack += uint32(m)
		payload = payload[m:]
	}
	return out
}

func TestAStreamIsCutIntoMessages(t *testing.T) {
	lf := strings.ReplaceAll(invite(3), "\r\n", "\n")
	// The Content-Length of the third counts the CRs of its body.
	lf = strings.Replace(lf, "Content-Length: 31", "Content-Length: 29", 1)
	stream := invite(1) + "\r\n\r\n" + invite(2) + lf + "\r\n" + invite(4)
	for _, n := range []int{1, 2, 3, 7, 50, 100, 160, 300, 10_000} {
		k := newTalk(t)
		file := ethernetFile(slices.Concat(k.handshake(), k.says(stream, n), k.answers(ok200, n))...)
		got := readAll(t, file, Options{})
		if len(got) != 5 {
			t.Fatalf("in segments of %d: %q", n, briefs(got))
		}
		for i, text := range []string{invite(1), invite(2), lf, invite(4), ok200} {
			if got[i].Kind != SIP || got[i].Truncated || string(got[i].Payload) != text {
				t.Errorf("in segments of %d: message %d is %q", n, i, got[i].Payload)
			}
		}
		if got[0].Src != alice || got[4].Src != bob || got[4].Dst != alice {
			t.Errorf("in segments of %d: from %s and %s", n, got[0].Src, got[4].Src)
		}
		if end := 3 + (len(invite(1))+n-1)/n; got[0].Number != uint64(end) {
			t.Errorf("in segments of %d: the first message was completed by packet %d, want %d", n, got[0].Number, end)
		}
	}
}

func TestSegmentsInAnyOrderWithCopiesAndOverlaps(t *testing.T) {
	var stream string
	var lines []string
	for i := range 12 {
		stream += invite(i)
		lines = append(lines, line("TCP", alice, bob, i))
	}
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		k := newTalk(t)
		frames := k.handshake()
		var data [][]byte
		for at := 0; at < len(stream); {
			n := min(1+r.IntN(400), len(stream)-at)
			from := max(0, at-r.IntN(60)) // overlaps what was sent
			data = append(data, k.segment(false, 1000+uint32(from), 5000, nil, stream[from:at+n]))
			if r.IntN(4) == 0 {
				data = append(data, data[len(data)-1])
			}
			at += n
		}
		for i := range data { // each moves a little
			j := min(len(data)-1, i+r.IntN(6))
			data[i], data[j] = data[j], data[i]
		}
		got := readAll(t, ethernetFile(append(frames, data...)...), Options{})
		if b := briefs(got); !slices.Equal(b, lines) {
			t.Fatalf("seed %d: %q", seed, b)
		}
		for i, it := range got {
			if string(it.Payload) != invite(i) {
				t.Fatalf("seed %d: message %d is %q", seed, i, it.Payload)
			}
		}
	}
}

func TestSequenceNumbersGoRound(t *testing.T) {
	k := newTalk(t)
	k.seq = ^uint32(0) - 100
	frames := k.handshake()
	data := k.says(invite(1)+invite(2), 60)
	data[1], data[3] = data[3], data[1]
	want(t, readAll(t, ethernetFile(append(frames, data...)...), Options{}), line("TCP", alice, bob, 1), line("TCP", alice, bob, 2))
}

func TestTheFirstCopyOfAByteCounts(t *testing.T) {
	k := newTalk(t)
	whole := invite(1)
	frames := append(k.handshake(),
		k.segment(false, 1000, 5000, nil, whole[:60]),
		k.segment(false, 1000, 5000, nil, strings.Repeat("Z", 80)),
		k.segment(false, 1080, 5000, nil, whole[80:]),
		k.segment(false, 1060, 5000, nil, whole[60:80]))
	got := readAll(t, ethernetFile(frames...), Options{})
	if len(got) != 1 || string(got[0].Payload[:60]) != whole[:60] {
		t.Errorf("got %q", briefs(got))
	}
}

// gapLine is the Gap of so many bytes.
func gapLine(n int) string { return fmt.Sprintf("gap %d", n) }

func TestAMissingSegmentIsAGapAndTheNextMessageIsFound(t *testing.T) {
	k := newTalk(t)
	frames := append(k.handshake(), k.says(invite(1), 1000)...)
	data := k.says(invite(2)+invite(3), 50) // 2 ends in the middle of a segment
	frames = append(frames, data[0])
	frames = append(frames, data[2:]...)
	packets := shots(frames...)
	packets = append(packets,
		shot{at: t0.Add(time.Second), data: k.segment(true, k.ack, k.seq, nil, "")}, // bob has it all
		shot{at: t0.Add(3 * time.Second), data: udpFrame(t, carol, dave, invite(9))},
		shot{at: t0.Add(4 * time.Second), data: k.says(invite(4), 1000)[0]})
	got := readAll(t, pcapOf(binary.LittleEndian, false, linkEthernet, packets...), Options{})
	want(t, got, line("TCP", alice, bob, 1), gapLine(50), line("TCP", alice, bob, 3), line("UDP", carol, dave, 9), line("TCP", alice, bob, 4))
	if len(got) > 2 && !got[2].At.Before(t0.Add(time.Second)) {
		t.Errorf("the message behind the gap is at %s, want the time of its own packet", got[2].At)
	}
}

func TestAGapInABodyShowsTheHead(t *testing.T) {
	k := newTalk(t)
	m := invite(2)
	frames := append(k.handshake(), k.segment(false, 1000, 5000, nil, m[:len(m)-10]))
	k.seq += uint32(len(m))
	frames = append(frames, k.says(invite(3), 1000)...)
	got := readAll(t, ethernetFile(frames...), Options{})
	want(t, got, fmt.Sprintf("SIP cut TCP %s>%s INVITE sip 2@test %d", alice, bob, len(m)-10), gapLine(10), line("TCP", alice, bob, 3))
}

func TestWhatNobodyAcknowledgesIsWaitedForLonger(t *testing.T) {
	k := newTalk(t)
	frames := k.handshake()
	data := k.says(invite(1)+invite(2), 153)
	packets := append(shots(frames...),
		shot{at: t0.Add(time.Second), data: data[1]},
		shot{at: t0.Add(10 * time.Second), data: udpFrame(t, carol, dave, invite(9))},
		shot{at: t0.Add(20 * time.Second), data: data[0]}) // sent again
	want(t, readAll(t, pcapOf(binary.LittleEndian, false, linkEthernet, packets...), Options{}),
		line("UDP", carol, dave, 9), line("TCP", alice, bob, 1), line("TCP", alice, bob, 2))
	packets[len(packets)-2].at = t0.Add(40 * time.Second)
	want(t, readAll(t, pcapOf(binary.LittleEndian, false, linkEthernet, packets[:len(packets)-1]...), Options{}),
		line("TCP", alice, bob, 2), line("UDP", carol, dave, 9))
}

func TestACaptureBeginsInTheMiddleOfAConnection(t *testing.T) {
	k := newTalk(t)
	stream := invite(1)[40:] + invite(2) + invite(3)
	for _, n := range []int{10, 70, 200, 1000} {
		k.seq = 1000
		got := readAll(t, ethernetFile(k.says(stream, n)...), Options{})
		lines := briefs(got)
		if len(lines) != 2 || lines[0] != line("TCP", alice, bob, 2) || lines[1] != line("TCP", alice, bob, 3) {
			t.Errorf("in segments of %d: %q", n, lines)
		}
	}
}

func TestPortsAreUsedAgain(t *testing.T) {
	k := newTalk(t)
	frames := append(k.handshake(), k.says(invite(1), 1000)...)
	frames = append(frames, k.segment(false, k.seq, k.ack, func(p *layers.TCP) { p.FIN = true }, ""))
	k.seq, k.ack = 77_000_000, 88_000_000
	frames = append(frames, k.handshake()...)
	frames = append(frames, k.says(invite(2), 1000)...)
	frames = append(frames, k.answers(ok200, 1000)...)
	want(t, readAll(t, ethernetFile(frames...), Options{}), line("TCP", alice, bob, 1), line("TCP", alice, bob, 2), okLine("TCP", bob, alice))
}

func TestResets(t *testing.T) {
	rst := func(p *layers.TCP) { p.RST = true }
	fin := func(p *layers.TCP) { p.FIN = true }
	b2a, a2b := fmt.Sprintf("closed TCP %s>%s ", bob, alice), fmt.Sprintf("closed TCP %s>%s ", alice, bob)
	for _, c := range []struct {
		name   string
		frames func(k *talk) [][]byte
		want   []string
	}{
		{"a SYN is refused", func(k *talk) [][]byte {
			return [][]byte{k.handshake()[0], k.segment(true, 0, k.seq, rst, "")}
		}, []string{b2a + "refused "}},
		{"a connection with SIP is reset", func(k *talk) [][]byte {
			f := append(k.handshake(), k.says(invite(1), 1000)...)
			return append(f, k.segment(true, k.ack, k.seq, rst, ""))
		}, []string{line("TCP", alice, bob, 1), b2a + "reset "}},
		{"by the one who opened it", func(k *talk) [][]byte {
			f := append(k.handshake(), k.says(invite(1), 1000)...)
			return append(f, k.segment(false, k.seq, k.ack, rst, ""))
		}, []string{line("TCP", alice, bob, 1), a2b + "reset "}},
		{"in the middle of a message", func(k *talk) [][]byte {
			f := append(k.handshake(), k.says(invite(1)[:100], 1000)...)
			return append(f, k.segment(true, k.ack, k.seq, rst, ""))
		}, []string{"gap 0", b2a + "reset "}},
		{"one without SIP is nobody's matter", func(k *talk) [][]byte {
			f := append(k.handshake(), k.says("EHLO there\r\n", 1000)...)
			return append(f, k.segment(true, k.ack, k.seq, rst, ""))
		}, nil},
		{"a SYN scan", func(k *talk) [][]byte {
			return append(k.handshake()[:2], k.segment(false, k.seq, 0, rst, ""))
		}, nil},
		{"after both have closed", func(k *talk) [][]byte {
			f := append(k.handshake(), k.says(invite(1), 1000)...)
			return append(f, k.segment(true, k.ack, k.seq, fin, ""), k.segment(false, k.seq, k.ack, fin, ""), k.segment(true, k.ack, k.seq, rst, ""))
		}, []string{line("TCP", alice, bob, 1)}},
		{"of nothing that is known", func(k *talk) [][]byte {
			return [][]byte{k.segment(true, 1, 1, rst, "")}
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			want(t, readAll(t, ethernetFile(c.frames(newTalk(t))...), Options{}), c.want...)
		})
	}
}

func TestKeepAliveProbesAreNoData(t *testing.T) {
	k := newTalk(t)
	frames := append(k.handshake(), k.says(invite(1), 1000)...)
	frames = append(frames, k.segment(false, k.seq-1, k.ack, nil, "x"), k.segment(false, k.seq-1, k.ack, nil, ""))
	frames = append(frames, k.says(invite(2), 1000)...)
	want(t, readAll(t, ethernetFile(frames...), Options{}), line("TCP", alice, bob, 1), line("TCP", alice, bob, 2))
}

func TestASegmentThatWasNotCapturedWhole(t *testing.T) {
	k := newTalk(t)
	packets := shots(append(append(k.handshake(), k.says(invite(1)+invite(2), 1000)...), k.says(invite(3), 1000)...)...)
	p := &packets[3]
	p.long = len(p.data)
	p.data = p.data[:len(p.data)-10]
	got := readAll(t, pcapOf(binary.LittleEndian, false, linkEthernet, packets...), Options{})
	want(t, got, line("TCP", alice, bob, 1), fmt.Sprintf("SIP cut TCP %s>%s INVITE sip 2@test %d", alice, bob, len(invite(2))-10), gapLine(10), line("TCP", alice, bob, 3))
}

func TestWhatIsNoSIPIsPassedOver(t *testing.T) {
	k := newTalk(t)
	frames := append(k.handshake(), k.says("\x16\x03\x01\x02\x00\x01\x00"+strings.Repeat("\xf3\x0a", 4000), 1400)...)
	frames = append(frames, k.answers("220 mail SMTP\r\n250 ok\r\n", 7)...)
	frames = append(frames, k.segment(true, k.ack+5000, k.seq, nil, "x")) // a hole
	want(t, readAll(t, ethernetFile(frames...), Options{}), "note")       // TLS on port 5060
	k = newTalk(t)
	k.a, k.b = netip.AddrPortFrom(alice.Addr(), 40_000), netip.AddrPortFrom(bob.Addr(), 443)
	want(t, readAll(t, ethernetFile(k.says("\x16\x03\x01\x02\x00\x01\x00", 100)...), Options{}))
}

func TestAFileThatEndsInAMessage(t *testing.T) {
	k := newTalk(t)
	m := invite(1)
	frames := append(k.says(m[:len(m)-5], 1000), udpFrame(t, carol, dave, ok200))
	got := readAll(t, ethernetFile(frames...), Options{})
	want(t, got, okLine("UDP", carol, dave), fmt.Sprintf("SIP cut TCP %s>%s INVITE sip 1@test %d", alice, bob, len(m)-5), "gap 0")
	if !got[1].At.Equal(t0) || got[1].Number != 1 {
		t.Errorf("the rest is at %s with number %d, want those of its segment", got[1].At, got[1].Number)
	}
}

func TestAStreamThatGoesWrongIsFoundAgain(t *testing.T) {
	k := newTalk(t)
	stream := invite(1) + "garbage\r\nmore garbage SIP/2.0\r\nSIP/2.0 200 OK\r\n" + invite(2) + invite(3)
	for _, n := range []int{11, 100, 5000} {
		k.seq = 1000
		got := readAll(t, ethernetFile(append(k.handshake(), k.says(stream, n)...)...), Options{})
		if lines := []string{line("TCP", alice, bob, 1), "note", line("TCP", alice, bob, 2), line("TCP", alice, bob, 3)}; !slices.Equal(briefs(got), lines) {
			t.Errorf("in segments of %d: %q", n, briefs(got))
		}
	}
}

func TestContentLengths(t *testing.T) {
	for _, c := range []struct {
		head string
		n    int
		ok   bool // the length of the body is known
	}{
		{"INVITE sip:a SIP/2.0\r\nContent-Length: 42\r\n\r\n", 42, true},
		{"INVITE sip:a SIP/2.0\r\nCONTENT-LENGTH  :\t42 \r\n\r\n", 42, true},
		{"INVITE sip:a SIP/2.0\r\nl:42\n\n", 42, true},
		{"INVITE sip:a SIP/2.0\r\nX: y\r\n\r\n", 0, true},
		{"INVITE sip:a SIP/2.0\r\nc: application/sdp\r\n\r\n", 0, false},
		{"INVITE sip:a SIP/2.0\r\nContent-Type: application/sdp\r\n\r\n", 0, false},
		{"INVITE sip:a SIP/2.0\r\nContent-Length: -5\r\n\r\n", 0, true},
		{"INVITE sip:a SIP/2.0\r\nContent-Length: 99999999999999999999999\r\n\r\n", 1e9, true},
	} {
		var h head
		if end, ok := h.read([]byte(c.head)), h.sized || !h.typed; end != len(c.head) || h.length != c.n || ok != c.ok {
			t.Errorf("%q: %d, %t, end %d; want %d, %t", c.head, h.length, ok, end, c.n, c.ok)
		}
		h = head{}
		for i := range c.head { // as it comes
			if end := h.read([]byte(c.head[:i])); end != -1 {
				t.Errorf("%q: the end is at %d of %d bytes", c.head, end, i)
			}
		}
		if h.read([]byte(c.head)); h.length != c.n {
			t.Errorf("%q byte by byte: %d, want %d", c.head, h.length, c.n)
		}
	}
}

func TestAMessageThatIsTooLongIsPassedOver(t *testing.T) {
	k := newTalk(t)
	big := fmt.Sprintf("MESSAGE sip:a SIP/2.0\r\nCall-ID: big\r\nContent-Length: %d\r\n\r\n", maxMessage+1)
	head := len(big)
	stream := big + strings.Repeat("x", maxMessage+1) + invite(2)
	got := readAll(t, ethernetFile(append(k.handshake(), k.says(stream, 1400)...)...), Options{})
	if len(got) != 3 || got[0].Kind != Note || !got[1].Truncated || len(got[1].Payload) != 1400 || head > 1400 || brief(got[2]) != line("TCP", alice, bob, 2) {
		t.Errorf("got %q", briefs(got))
	}
	// 64 KiB and more of body is whole.
	k = newTalk(t)
	most := fmt.Sprintf("MESSAGE sip:a SIP/2.0\r\nContent-Length: %d\r\n\r\n", 100_000) + strings.Repeat("x", 100_000)
	got = readAll(t, ethernetFile(append(k.handshake(), k.says(most, 1400)...)...), Options{})
	if len(got) != 1 || string(got[0].Payload) != most {
		t.Errorf("got %q", briefs(got))
	}
}

func TestStreamsKeepToTheirRoom(t *testing.T) {
	var d decoder
	var out items
	o := Options{Streams: 50, Held: 1 << 20}.withDefaults()
	d.init(o, &out)
	r := rand.New(rand.NewPCG(1, 1))
	half := []byte("INVITE sip:a SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 60000\r\n\r\n" + strings.Repeat("x", 3000))
	for i := range 5000 {
		for out.pending() {
			out.pop()
		}
		src := netip.AddrPortFrom(alice.Addr(), uint16(1000+r.IntN(200)))
		k, dir := keyOf(src, bob)
		c := d.conns.byKey[k]
		if c == nil {
			c = &conn{key: k}
			d.conns.byKey[k] = c
		}
		d.p = packet{at: t0.Add(time.Duration(i) * time.Millisecond), number: uint64(i)}
		d.conns.touch(c)
		d.room()
		d.segment(c, dir, r.Uint32N(4)*7000, half)
		held := 0
		for _, c := range d.conns.byKey {
			for i := range c.sides {
				held += len(c.sides[i].buf) + len(c.sides[i].web) + c.sides[i].queued
			}
		}
		if held != d.conns.held {
			t.Fatalf("step %d: %d bytes are held, %d are counted", i, held, d.conns.held)
		}
		if len(d.conns.byKey) > 50 || held > 1<<20+maxHeldBytes {
			t.Fatalf("step %d: %d connections, %d bytes", i, len(d.conns.byKey), held)
		}
	}
	d.flush()
	if d.conns.held != 0 || len(d.conns.holes) != 0 {
		t.Errorf("at the end %d bytes and %d holes are left", d.conns.held, len(d.conns.holes))
	}
}
