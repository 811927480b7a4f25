package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

func TestPcapInEitherByteOrderWithMicroAndNanoseconds(t *testing.T) {
	for _, c := range []struct {
		name  string
		order binary.AppendByteOrder
		nano  bool
		nsec  int
		want  int
	}{
		{"little, micro", binary.LittleEndian, false, 123_456_789, 123_456_000},
		{"big, micro", binary.BigEndian, false, 123_456_789, 123_456_000},
		{"little, nano", binary.LittleEndian, true, 123_456_789, 123_456_789},
		{"big, nano", binary.BigEndian, true, 999_999_999, 999_999_999},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := time.Unix(1_790_000_000, int64(c.nsec))
			got := readAll(t, pcapOf(c.order, c.nano, linkEthernet, shot{at: at, data: udpFrame(t, alice, bob, invite(1))}), Options{})
			want(t, got, line("UDP", alice, bob, 1))
			if w := time.Unix(1_790_000_000, int64(c.want)).UTC(); got[0].At != w || got[0].Coarse || got[0].Number != 1 {
				t.Errorf("at %s, coarse %t, number %d; want %s", got[0].At, got[0].Coarse, got[0].Number, w)
			}
			if string(got[0].Payload) != invite(1) {
				t.Errorf("the payload differs: %q", got[0].Payload)
			}
		})
	}
}

func TestPcapWithFrameCheckSequences(t *testing.T) {
	frame := append(udpFrame(t, alice, bob, invite(1)), 1, 2, 3, 4)
	got := readAll(t, pcapOf(binary.BigEndian, false, linkEthernet|1<<26|2<<28, shots(frame)...), Options{})
	want(t, got, line("UDP", alice, bob, 1))
}

func TestGzip(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(ethernetFile(udpFrame(t, alice, bob, invite(1)), udpFrame(t, bob, alice, ok200)))
	z.Close()
	want(t, readAll(t, packed.Bytes(), Options{}), line("UDP", alice, bob, 1), okLine("UDP", bob, alice))
	cut := readAll(t, packed.Bytes()[:packed.Len()-20], Options{})
	if len(cut) == 0 || cut[len(cut)-1].Kind != Gap && cut[0].Kind != Gap {
		t.Errorf("a gzip file that was cut says nothing of it: %q", briefs(cut))
	}
}

// drip gives a byte at a time, as a slow pipe does.
type drip struct{ r io.Reader }

func (d drip) Read(b []byte) (int, error) { return d.r.Read(b[:1]) }

func TestAPipeServesAsWell(t *testing.T) {
	r, err := NewReader(drip{bytes.NewReader(ethernetFile(udpFrame(t, alice, bob, invite(1)), udpFrame(t, alice, bob, invite(2))))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, drainSource(t, r), line("UDP", alice, bob, 1), line("UDP", alice, bob, 2))
}

func TestAFileThatWasCutGivesWhatIsThere(t *testing.T) {
	whole := ethernetFile(udpFrame(t, alice, bob, invite(1)), udpFrame(t, alice, bob, invite(2)))
	first := pcapHead + pcapRecord + len(udpFrame(t, alice, bob, invite(1)))
	for cut := first; cut < len(whole); cut++ {
		got := readAll(t, whole[:cut], Options{})
		if len(got) == 0 || brief(got[0]) != line("UDP", alice, bob, 1) {
			t.Fatalf("cut at %d: the first packet is not there: %q", cut, briefs(got))
		}
		said := false
		for _, it := range got[1:] {
			said = said || it.Kind == Gap && strings.Contains(it.Text, "the file ends at byte")
			if it.Kind == SIP && !it.Truncated {
				t.Fatalf("cut at %d: %s is not marked as cut", cut, brief(it))
			}
		}
		if said == (cut == first) {
			t.Fatalf("cut at %d: says that it was cut: %t", cut, said)
		}
	}
	got := readAll(t, whole[:len(whole)-4], Options{})
	want(t, got, line("UDP", alice, bob, 1), "gap cut 4", cutLine(2, 4))
}

// cutLine is what brief says of a request that lost so many bytes at its end.
func cutLine(n, missing int) string {
	return fmt.Sprintf("SIP cut UDP %s>%s INVITE sip %d@test %d", alice, bob, n, len(invite(n))-missing)
}

func TestADamagedRecordIsPassedOver(t *testing.T) {
	frames := [][]byte{udpFrame(t, alice, bob, invite(1)), udpFrame(t, alice, bob, invite(2)), udpFrame(t, alice, bob, invite(3)), udpFrame(t, alice, bob, invite(4))}
	file := ethernetFile(frames...)
	second := pcapHead + pcapRecord + len(frames[0])
	copy(file[second+8:], []byte{0xff, 0xff, 0xff, 0xff}) // a record of 4 GB
	got := readAll(t, file, Options{})
	want(t, got, line("UDP", alice, bob, 1), fmt.Sprintf("gap %d", pcapRecord+len(frames[1])), line("UDP", alice, bob, 3), line("UDP", alice, bob, 4))
}

func TestWhatIsNoCaptureIsSaid(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"", "only 0 bytes"},
		{"abc", "only 3 bytes"},
		{"INVITE sip:bob", "neither pcap"},
		{"\xd4\xc3\xb2\xa1\x02\x00", "its header has 24"},
		{"\xd4\xc3\xb2\xa1\x07\x00\x04\x00" + strings.Repeat("\x00", 16), "version 7.4"},
		{"\x1f\x8bxx", "gzip header"},
	} {
		if _, err := NewReader(strings.NewReader(c.file), Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.file, err, c.want)
		}
	}
}

func TestAnErrorOfTheInputRepeats(t *testing.T) {
	broken := errors.New("the disk is gone")
	file := ethernetFile(udpFrame(t, alice, bob, invite(1)))
	r, err := NewReader(io.MultiReader(bytes.NewReader(file), failing{broken}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if it, err := r.Next(); err != nil || it.Kind != SIP {
		t.Fatalf("%s, %v", brief(it), err)
	}
	for range 2 {
		if _, err := r.Next(); !errors.Is(err, broken) {
			t.Errorf("%v, want %v", err, broken)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestPcapngByAnotherWriter(t *testing.T) {
	var file bytes.Buffer
	w, err := pcapgo.NewNgWriterInterface(&file, pcapgo.NgInterface{Name: "eth0", LinkType: layers.LinkTypeEthernet, SnapLength: 65535, TimestampResolution: 9}, pcapgo.DefaultNgWriterOptions)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := w.AddInterface(pcapgo.NgInterface{Name: "tun0", LinkType: layers.LinkTypeRaw, TimestampResolution: 9})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1_790_000_000, 123_456_789).UTC()
	write := func(id int, b []byte) {
		t.Helper()
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(b), Length: len(b), InterfaceIndex: id}, b); err != nil {
			t.Fatal(err)
		}
	}
	write(0, udpFrame(t, alice, bob, invite(1)))
	write(raw, udpIP(t, carol, dave, invite(2)))
	if err := w.WriteInterfaceStats(0, pcapgo.NgInterfaceStatistics{LastUpdate: at, PacketsReceived: 12, PacketsDropped: 7}); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteInterfaceStats(0, pcapgo.NgInterfaceStatistics{LastUpdate: at, PacketsReceived: 12, PacketsDropped: 7}); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	got := readAll(t, file.Bytes(), Options{})
	want(t, got, line("UDP", alice, bob, 1), line("UDP", carol, dave, 2), "gap 7")
	if !got[0].At.Equal(at) || !got[1].At.Equal(at) {
		t.Errorf("times %s and %s, want %s", got[0].At, got[1].At, at)
	}
}

// ngBlock writes a block of pcapng.
func ngBlock(order binary.AppendByteOrder, kind uint32, body ...any) []byte {
	var b []byte
	for _, v := range body {
		b, _ = binary.Append(b, order.(binary.ByteOrder), v)
	}
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	out := order.AppendUint32(nil, kind)
	out = order.AppendUint32(out, uint32(len(b)+12))
	out = append(out, b...)
	return order.AppendUint32(out, uint32(len(b)+12))
}

func ngStart(order binary.AppendByteOrder) []byte {
	return ngBlock(order, ngSection, uint32(ngMagic), uint16(1), uint16(0), ^uint64(0))
}

func TestPcapngClocks(t *testing.T) {
	sec := uint64(1_790_000_000)
	for _, c := range []struct {
		name    string
		options []byte // of the interface, little-endian
		ticks   uint64
		want    time.Time
		coarse  bool
	}{
		{"microseconds unless said", nil, sec*1e6 + 123, time.Unix(int64(sec), 123_000), false},
		{"seconds", []byte{9, 0, 1, 0, 0, 0, 0, 0}, sec, time.Unix(int64(sec), 0), false},
		{"nanoseconds", []byte{9, 0, 1, 0, 9, 0, 0, 0}, sec*1e9 + 123, time.Unix(int64(sec), 123), false},
		{"2^-10", []byte{9, 0, 1, 0, 0x8a, 0, 0, 0}, sec<<10 | 512, time.Unix(int64(sec), 500_000_000), false},
		{"picoseconds", []byte{9, 0, 1, 0, 12, 0, 0, 0}, 7e12 + 5000, time.Unix(7, 5), false},
		{"10^-7 with an offset", []byte{9, 0, 1, 0, 7, 0, 0, 0, 14, 0, 8, 0, 100, 0, 0, 0, 0, 0, 0, 0}, sec*1e7 + 1, time.Unix(int64(sec)+100, 100), false},
		{"a unit that is too small", []byte{9, 0, 1, 0, 100, 0, 0, 0}, sec, time.Time{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			frame := udpFrame(t, alice, bob, invite(1))
			file := ngStart(binary.LittleEndian)
			file = append(file, ngBlock(binary.LittleEndian, ngInterface, uint16(1), uint16(0), uint32(0), c.options)...)
			file = append(file, ngBlock(binary.LittleEndian, ngEnhanced, uint32(0), uint32(c.ticks>>32), uint32(c.ticks), uint32(len(frame)), uint32(len(frame)), frame)...)
			got := readAll(t, file, Options{})
			want(t, got, line("UDP", alice, bob, 1))
			if !got[0].At.Equal(c.want) || got[0].Coarse != c.coarse {
				t.Errorf("at %s, coarse %t; want %s, %t", got[0].At, got[0].Coarse, c.want.UTC(), c.coarse)
			}
		})
	}
}

func TestPcapngSectionsAndOtherBlocks(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	frame, other := udpFrame(t, alice, bob, invite(1)), udpIP(t, carol, dave, invite(2))
	n := uint32(len(frame))
	pad := make([]byte, (4-n%4)%4)
	file := ngStart(le)
	file = append(file, ngBlock(le, 0x0bad, bytes.Repeat([]byte{7}, 100))...)                     // of nobody's
	file = append(file, ngBlock(le, 4, uint32(0))...)                                             // name resolution
	file = append(file, ngBlock(le, ngInterface, uint16(1), uint16(0), uint32(n-10))...)          // cuts packets
	file = append(file, ngBlock(le, ngSimple, n, frame[:n-10])...)                                // no time
	file = append(file, ngBlock(le, ngEnhanced, uint32(9), uint32(0), uint32(0), n, n, frame)...) // no such interface
	file = append(file, ngBlock(le, ngEnhanced, uint32(0), uint32(0), uint32(5), n, n, frame, pad, []byte{4, 0, 8, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})...)
	file = append(file, ngStart(be)...)
	file = append(file, ngBlock(be, ngInterface, uint16(101), uint16(0), uint32(0))...)
	file = append(file, ngBlock(be, ngOldPacket, uint16(0), uint16(2), uint32(0), uint32(6), uint32(len(other)), uint32(len(other)), other)...)
	got := readAll(t, file, Options{})
	want(t, got, cutLine(1, 10), "note", "gap 3", line("UDP", alice, bob, 1), "gap 2", line("UDP", carol, dave, 2))
	if !got[0].Coarse {
		t.Error("a simple packet block has no time of its own, which is not said")
	}
	if got[3].Number != 3 {
		t.Errorf("the packet behind one that was passed over has number %d, want 3", got[3].Number)
	}
	if !got[5].At.Equal(time.Unix(0, 6000)) {
		t.Errorf("the packet in the other byte order is at %s", got[5].At)
	}
}

func TestADamagedBlockIsPassedOver(t *testing.T) {
	le := binary.LittleEndian
	var file []byte
	var at []int
	file = append(ngStart(le), ngBlock(le, ngInterface, uint16(1), uint16(0), uint32(0))...)
	for i := range 3 {
		frame := udpFrame(t, alice, bob, invite(i))
		at = append(at, len(file))
		file = append(file, ngBlock(le, ngEnhanced, uint32(0), uint32(0), uint32(5), uint32(len(frame)), uint32(len(frame)), frame)...)
	}
	file[at[1]+4] += 4 // the second's first length
	got := readAll(t, file, Options{})
	if len(got) != 3 {
		t.Fatalf("got %q", briefs(got))
	}
	want(t, got, line("UDP", alice, bob, 0), brief(got[1]), line("UDP", alice, bob, 2))
	if size := uint64(at[2] - at[1]); got[1].Kind != Gap || got[1].Lost != size {
		t.Errorf("%s, want a gap of %d bytes", brief(got[1]), size)
	}
}
