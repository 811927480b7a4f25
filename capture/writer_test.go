package capture

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/sip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// written are records of every transport and both families.
func recordsToWrite() []Record {
	at := func(n int) time.Time { return t0.Add(time.Duration(n) * time.Millisecond) }
	phone := netip.MustParseAddrPort("192.0.2.7:50000")
	return []Record{
		{at(0), sip.UDP, alice, bob, []byte(invite(1))},
		{at(1), sip.UDP, bob, alice, []byte(ok200)},
		{at(2), sip.UDP, carol, dave, []byte(invite(2))},
		{at(3), sip.TCP, phone, alice, []byte(invite(3))},
		{at(4), sip.TCP, alice, phone, []byte(ok200)},
		{at(5), sip.TCP, phone, alice, []byte(invite(4))},
		{at(6), sip.TCP, dave, carol, []byte(invite(5))},
		{at(7), sip.WS, netip.MustParseAddrPort("192.0.2.8:50001"), netip.MustParseAddrPort("192.0.2.1:80"), []byte(invite(6))},
		{at(8), sip.WS, netip.MustParseAddrPort("192.0.2.1:80"), netip.MustParseAddrPort("192.0.2.8:50001"), []byte(ok200)},
		{at(9), sip.TLS, netip.MustParseAddrPort("192.0.2.9:50002"), netip.MustParseAddrPort("192.0.2.1:5071"), []byte(invite(7))},
		{at(10), sip.TCP, phone, alice, []byte(long(8, 62_000))},
		{at(11), sip.UDP, alice, carol, []byte(invite(9))},
	}
}

func writeAll(t testing.TB, f Format, records []Record) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := NewWriter(&file, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	for _, f := range []Format{Pcap, Pcapng} {
		records := recordsToWrite()
		got := readAll(t, writeAll(t, f, records), Options{})
		if len(got) != len(records) {
			t.Fatalf("got %d items of %d: %q", len(got), len(records), briefs(got))
		}
		for i, it := range got {
			r := records[i]
			r.Src, r.Dst = pair(r.Src, r.Dst)
			if r.Transport == sip.TLS {
				r.Transport = sip.TCP
			}
			if it.Kind != SIP || it.Truncated || it.Src != r.Src || it.Dst != r.Dst || it.Transport != r.Transport || !it.At.Equal(r.At) || !bytes.Equal(it.Payload, r.Payload) {
				t.Errorf("format %d, record %d: got %s at %s, want %s from %s to %s at %s", f, i, brief(it), it.At, r.Transport, r.Src, r.Dst, r.At)
			}
		}
	}
}

// TestWrittenHeadersAreRight lets gopacket compute lengths and checksums anew.
func TestWrittenHeadersAreRight(t *testing.T) {
	r, err := pcapgo.NewReader(bytes.NewReader(writeAll(t, Pcap, recordsToWrite())))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for {
		data, _, err := r.ReadPacketData()
		if err != nil {
			break
		}
		seen++
		p := gopacket.NewPacket(data, layers.LayerTypeEthernet, gopacket.Default)
		if e := p.ErrorLayer(); e != nil {
			t.Fatalf("packet %d: %v", seen, e.Error())
		}
		var all []gopacket.SerializableLayer
		for _, l := range p.Layers() {
			switch l := l.(type) {
			case *layers.Ethernet:
				all = append(all, l)
			case *layers.IPv4:
				all = append(all, l)
			case *layers.IPv6:
				all = append(all, l)
			case *layers.UDP:
				all = append(all, l, gopacket.Payload(l.Payload))
			case *layers.TCP:
				all = append(all, l, gopacket.Payload(l.Payload))
			}
		}
		// gopacket fills frames up to the 60 bytes of the wire.
		if again := serialize(t, all...); len(again) < len(data) || !bytes.Equal(again[:len(data)], data) {
			t.Errorf("packet %d: lengths or checksums differ:\n% x\n% x", seen, data, again)
		}
	}
	if seen < len(recordsToWrite())+3*3 {
		t.Errorf("only %d packets", seen)
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	var file bytes.Buffer
	w, err := NewWriter(&file, Pcap)
	if err != nil {
		t.Fatal(err)
	}
	before := file.Len()
	for _, r := range []Record{
		{At: t0, Dst: bob, Payload: []byte(ok200)},
		{At: t0, Src: bob, Payload: []byte(ok200)},
		{At: t0, Src: alice, Dst: bob, Payload: make([]byte, 65_508)},
		{At: t0, Src: alice, Dst: bob, Transport: 99, Payload: []byte(ok200)},
	} {
		if err := w.Write(r); err == nil {
			t.Errorf("%+v was written", r.Transport)
		}
	}
	if file.Len() != before {
		t.Error("the file has grown")
	}
	if err := w.Write(Record{At: t0, Src: alice, Dst: bob, Payload: make([]byte, 65_507)}); err != nil {
		t.Errorf("the longest datagram: %v", err)
	}
	if _, err := NewWriter(&file, 9); err == nil {
		t.Error("a format that does not exist was taken")
	}
	full := errors.New("no space left")
	broken := &Writer{w: brokenWriter{full}, conns: make(map[connKey]*written)}
	for range 2 {
		if err := broken.Write(Record{At: t0, Src: alice, Dst: bob, Payload: []byte(ok200)}); !errors.Is(err, full) {
			t.Errorf("%v, want %v", err, full)
		}
	}
}

type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 0, b.err }

// TestTsharkReadsWhatIsWritten asks a foreign reader.
func TestTsharkReadsWhatIsWritten(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is missing")
	}
	for f, name := range map[Format]string{Pcap: "out.pcap", Pcapng: "out.pcapng"} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, writeAll(t, f, recordsToWrite()), 0o600); err != nil {
			t.Fatal(err)
		}
		fields := []string{"sip.Call-ID", "ip.checksum.status", "udp.checksum.status", "tcp.checksum.status", "_ws.malformed", "tcp.analysis.flags", "frame.comment"}
		args := []string{"-r", file, "-T", "fields", "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-d", "tcp.port==5071,sip"}
		for _, field := range fields {
			args = append(args, "-e", field)
		}
		out, err := exec.Command(tshark, args...).Output()
		if err != nil {
			t.Fatalf("tshark: %v", err)
		}
		var ids, comments []string
		for i, row := range strings.Split(strings.TrimSuffix(string(out), "\n"), "\n") {
			v := strings.Split(row, "\t")
			if v[0] != "" {
				ids = append(ids, v[0])
			}
			if v[6] != "" {
				comments = append(comments, v[6])
			}
			for j, bad := range []string{"0", "0", "0"} {
				if v[1+j] == bad {
					t.Errorf("%s: tshark finds %s bad in frame %d", name, fields[1+j], i+1)
				}
			}
			if v[4] != "" || v[5] != "" {
				t.Errorf("%s: tshark finds %q %q in frame %d", name, v[4], v[5], i+1)
			}
		}
		if w := []string{"1@test", "1@test", "2@test", "3@test", "1@test", "4@test", "5@test", "6@test", "1@test", "7@test", "8@test", "9@test"}; !slices.Equal(ids, w) {
			t.Errorf("%s: tshark sees the calls %q, want %q", name, ids, w)
		}
		if f == Pcapng && !slices.Equal(comments, []string{"sent by TLS, written in clear"}) {
			t.Errorf("comments %q", comments)
		}
	}
}

func ExampleWriter() {
	var file bytes.Buffer
	w, err := NewWriter(&file, Pcapng)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = w.Write(Record{At: t0, Transport: sip.UDP, Src: alice, Dst: bob, Payload: []byte(ok200)})
	r, _ := NewReader(&file, Options{})
	it, _ := r.Next()
	fmt.Println(it.Kind, it.Transport, it.Src, it.Dst)
	// Output: SIP UDP 192.0.2.1:5060 192.0.2.2:5070
}
