package capture

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// chunk builds a chunk as the HEP specification draws it: vendor, type, length
// with its own head, value.
func chunk(vendor, kind uint16, value any) []byte {
	v, ok := value.([]byte)
	if s, is := value.(string); is {
		v, ok = []byte(s), true
	}
	if !ok {
		v, _ = binary.Append(nil, binary.BigEndian, value)
	}
	b := binary.BigEndian.AppendUint16(nil, vendor)
	b = binary.BigEndian.AppendUint16(b, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(6+len(v)))
	return append(b, v...)
}

// hep3 builds a packet of chunks.
func hep3(name string, chunks ...[]byte) []byte {
	body := slices.Concat(chunks...)
	b := binary.BigEndian.AppendUint16([]byte(name), uint16(6+len(body)))
	return append(b, body...)
}

// common are the chunks that every agent sends, from alice to bob at t0.
func common() []byte {
	return slices.Concat(
		chunk(0, 1, uint8(2)), chunk(0, 2, uint8(17)), chunk(0, 3, alice.Addr().AsSlice()), chunk(0, 4, bob.Addr().AsSlice()),
		chunk(0, 7, alice.Port()), chunk(0, 8, bob.Port()), chunk(0, 9, uint32(t0.Unix())), chunk(0, 10, uint32(123_456)), chunk(0, 11, uint8(1)))
}

func packed(t testing.TB, kind, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if kind == "zlib" {
		w = zlib.NewWriter(&b)
	}
	io.WriteString(w, s)
	w.Close()
	return b.Bytes()
}

func TestHEP3(t *testing.T) {
	plain := line("UDP", alice, bob, 1)
	for _, c := range []struct {
		name   string
		packet []byte
		want   string
		err    error
	}{
		{"plain", hep3("HEP3", common(), chunk(0, 15, invite(1))), plain, nil},
		{"EEP3", hep3("EEP3", common(), chunk(0, 15, invite(1))), plain, nil},
		{"the payload first", hep3("HEP3", chunk(0, 15, invite(1)), common()), plain, nil},
		{"chunks nobody knows", hep3("HEP3", common(), chunk(0, 0x00ff, "xyz"), chunk(0, 0x7fff, ""), chunk(0, 15, invite(1))), plain, nil},
		{"all other generic chunks", hep3("HEP3", common(), chunk(0, 13, uint16(5)), chunk(0, 14, "secret"), chunk(0, 0x12, uint16(7)), chunk(0, 0x14, []byte{1, 2, 3, 4, 5, 6}),
			chunk(0, 0x16, uint16(1)), chunk(0, 0x20, uint16(50)), chunk(0, 15, invite(1))), plain, nil},
		{"a vendor's chunk with the number of the payload", hep3("HEP3", common(), chunk(0, 15, invite(1)), chunk(4, 15, ok200), chunk(2, 3, []byte{9, 9, 9, 9})), plain, nil},
		{"bytes behind it", append(hep3("HEP3", common(), chunk(0, 15, invite(1))), "more"...), plain, nil},
		{"gzip", hep3("HEP3", common(), chunk(0, 16, packed(t, "gzip", invite(1)))), plain, nil},
		{"zlib", hep3("HEP3", common(), chunk(0, 16, packed(t, "zlib", invite(1)))), plain, nil},
		{"keep-alives before it", hep3("HEP3", common(), chunk(0, 15, "\r\n\r\n"+invite(1))), plain, nil},
		{"RTP", hep3("HEP3", common(), chunk(0, 11, uint8(4)), chunk(0, 15, "\x80\x08\x00\x01\x00\x00\x00\xa0\x00\x00\x00\x01")), fmt.Sprintf("RTP UDP %s>%s 12", alice, bob), nil},

		{"nothing", nil, "", NotHEP},
		{"SIP itself", []byte(invite(1)), "", NotHEP},
		{"the name alone", []byte("HEP3"), "", CutShort},
		{"a length under six", []byte("HEP3\x00\x05"), "", BadChunk},
		{"cut", hep3("HEP3", common(), chunk(0, 15, invite(1)))[:100], "", CutShort},
		{"a chunk shorter than its head", hep3("HEP3", common(), []byte{0, 0, 0, 15, 0, 5}), "", BadChunk},
		{"a chunk of no length", hep3("HEP3", common(), []byte{0, 0, 0, 15, 0, 0}), "", BadChunk},
		{"a chunk longer than the packet", hep3("HEP3", common(), []byte{0, 0, 0, 15, 0xff, 0xff, 'x'}), "", BadChunk},
		{"half a head", hep3("HEP3", common(), []byte{0, 0, 0}), "", BadChunk},
		{"an address of three bytes", hep3("HEP3", common(), chunk(0, 3, []byte{1, 2, 3})), "", BadChunk},
		{"a port of one byte", hep3("HEP3", common(), chunk(0, 7, uint8(1))), "", BadChunk},
		{"a time of two bytes", hep3("HEP3", common(), chunk(0, 9, uint16(1))), "", BadChunk},
		{"no payload", hep3("HEP3", common()), "", NoPayload},
		{"an empty payload", hep3("HEP3", common(), chunk(0, 15, "")), "", NoPayload},
		{"the payload in a vendor's chunk", hep3("HEP3", common(), chunk(77, 15, invite(1))), "", UnknownVendor},
		{"no address", hep3("HEP3", chunk(0, 15, invite(1))), "", NoAddress},
		{"a log", hep3("HEP3", common(), chunk(0, 11, uint8(100)), chunk(0, 15, "INVITE is what I say")), "", NotSIP},
		{"a report", hep3("HEP3", common(), chunk(0, 11, uint8(5)), chunk(0, 15, `{"sender_information":{}}`)), "", NotSIP},
		{"keep-alives alone", hep3("HEP3", common(), chunk(0, 15, "\r\n\r\n")), "", NotSIP},
		{"compressed garbage", hep3("HEP3", common(), chunk(0, 16, "garbage")), "", BadCompressed},
		{"compressed and cut", hep3("HEP3", common(), chunk(0, 16, packed(t, "gzip", invite(1))[:40])), "", BadCompressed},
		{"a bomb", hep3("HEP3", common(), chunk(0, 16, packed(t, "gzip", invite(1)+strings.Repeat("x", 20<<20)))), "", TooBig},
		{"a bomb in zlib", hep3("HEP3", common(), chunk(0, 16, packed(t, "zlib", invite(1)+strings.Repeat("x", 20<<20)))), "", TooBig},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d HEPDecoder
			for range 2 { // what is used again is clean
				it, err := d.Decode(c.packet)
				if !errors.Is(err, c.err) {
					t.Fatalf("error %v, want %v", err, c.err)
				}
				if c.err != nil {
					continue
				}
				if brief(it) != c.want {
					t.Errorf("got %s, want %s", brief(it), c.want)
				}
				if !it.At.Equal(t0) || it.Coarse {
					t.Errorf("at %s, coarse %t; want %s", it.At, it.Coarse, t0)
				}
			}
		})
	}
}

func TestHEP3SaysWhoCaptured(t *testing.T) {
	var d HEPDecoder
	it, err := d.Decode(hep3("HEP3", common(), chunk(0, 12, uint32(2001)), chunk(0, 0x11, "other@call"), chunk(0, 0x13, "edge-1"), chunk(0, 15, invite(1))))
	if err != nil || it.Agent.ID != 2001 || it.Agent.Name != "edge-1" || it.Correlation != "other@call" {
		t.Errorf("%+v, correlation %q, %v", it.Agent, it.Correlation, err)
	}
}

func TestHEP3Times(t *testing.T) {
	addresses := slices.Concat(chunk(0, 3, alice.Addr().AsSlice()), chunk(0, 4, bob.Addr().AsSlice()))
	for _, c := range []struct {
		name   string
		chunks []byte
		want   time.Time
		coarse bool
	}{
		{"seconds alone", chunk(0, 9, uint32(1000)), time.Unix(1000, 0), true},
		{"microseconds that are always zero", append(chunk(0, 9, uint32(1000)), chunk(0, 10, uint32(0))...), time.Unix(1000, 0), true},
		{"both", append(chunk(0, 9, uint32(1000)), chunk(0, 10, uint32(7))...), time.Unix(1000, 7000), false},
		{"none", nil, time.Time{}, false},
	} {
		var d HEPDecoder
		it, err := d.Decode(hep3("HEP3", addresses, c.chunks, chunk(0, 15, invite(1))))
		if err != nil || !it.At.Equal(c.want) || it.Coarse != c.coarse {
			t.Errorf("%s: at %s, coarse %t, %v", c.name, it.At, it.Coarse, err)
		}
	}
}

func TestHEP3Transports(t *testing.T) {
	for proto, want := range map[uint8]sip.Transport{17: sip.UDP, 6: sip.TCP, 22: sip.TLS, 50: sip.WSS, 132: sip.NoTransport} {
		var d HEPDecoder
		it, err := d.Decode(hep3("HEP3", common(), chunk(0, 2, proto), chunk(0, 15, invite(1))))
		if err != nil || it.Transport != want {
			t.Errorf("protocol %d: %s, %v; want %s", proto, it.Transport, err, want)
		}
	}
}

func TestHEPKey(t *testing.T) {
	packet := hep3("HEP3", common(), chunk(0, 14, "secret"), chunk(0, 15, invite(1)))
	for key, want := range map[string]error{"": nil, "secret": nil, "other": WrongKey} {
		d := HEPDecoder{Key: key}
		if _, err := d.Decode(packet); !errors.Is(err, want) {
			t.Errorf("key %q: %v, want %v", key, err, want)
		}
	}
	d := HEPDecoder{Key: "secret"}
	for _, b := range [][]byte{hep3("HEP3", common(), chunk(0, 15, invite(1))), hep2(2, 2, 28, true, invite(1))} {
		if _, err := d.Decode(b); !errors.Is(err, WrongKey) {
			t.Errorf("without a key: %v", err)
		}
	}
}

// hep2 builds a packet of HEP v1 or v2 from alice to bob, or carol to dave.
func hep2(version, family, length byte, padded bool, payload string) []byte {
	src, dst := alice, bob
	if family != 2 {
		src, dst = carol, dave
	}
	b := []byte{version, length, family, 17}
	b = binary.BigEndian.AppendUint16(b, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	b = append(append(b, src.Addr().AsSlice()...), dst.Addr().AsSlice()...)
	if version == 2 {
		b = binary.LittleEndian.AppendUint32(b, uint32(t0.Unix()))
		b = binary.LittleEndian.AppendUint32(b, 123_456)
		b = binary.LittleEndian.AppendUint16(b, 77)
		if padded {
			b = append(b, 0, 0)
		}
	}
	return append(b, payload...)
}

func TestHEP2(t *testing.T) {
	four, six := line("UDP", alice, bob, 1), line("UDP", carol, dave, 1)
	big := hep2(2, 2, 28, true, invite(1))
	binary.BigEndian.PutUint32(big[16:], uint32(t0.Unix()))
	binary.BigEndian.PutUint32(big[20:], 123_456)
	binary.BigEndian.PutUint16(big[24:], 77)
	for _, c := range []struct {
		name   string
		packet []byte
		want   string
		err    error
	}{
		{"v1", hep2(1, 2, 16, false, invite(1)), four, nil},
		{"v1 with IPv6", hep2(1, 10, 40, false, invite(1)), six, nil},
		{"v2", hep2(2, 2, 28, true, invite(1)), four, nil},
		{"v2, the length without the time", hep2(2, 2, 16, true, invite(1)), four, nil},
		{"v2, packed", hep2(2, 2, 26, false, invite(1)), four, nil},
		{"v2 with IPv6", hep2(2, 10, 52, true, invite(1)), six, nil},
		{"v2 with the family of a BSD", hep2(2, 28, 52, true, invite(1)), six, nil},
		{"v2, big-endian", big, four, nil},
		{"cut in the time", hep2(2, 2, 28, true, "")[:20], "", CutShort},
		{"no payload", hep2(2, 2, 28, true, ""), "", NoPayload},
		{"something else in it", hep2(2, 2, 28, true, "hello"), "", NotSIP},
		{"a length that does not fit", hep2(2, 2, 99, true, invite(1)), "", NotHEP},
		{"a family nobody knows", hep2(2, 77, 28, true, invite(1)), "", NotHEP},
		{"a protocol nobody knows", append([]byte{2, 28, 2, 99}, hep2(2, 2, 28, true, invite(1))[4:]...), "", NotHEP},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d HEPDecoder
			it, err := d.Decode(c.packet)
			if !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if err != nil {
				return
			}
			if brief(it) != c.want {
				t.Errorf("got %s, want %s", brief(it), c.want)
			}
			if c.packet[0] == 2 && (!it.At.Equal(t0) || it.Agent.ID != 77 || it.Coarse) {
				t.Errorf("at %s by agent %d, want %s by 77", it.At, it.Agent.ID, t0)
			}
		})
	}
}

func TestHEPInsideACapture(t *testing.T) {
	collector := netip.MustParseAddrPort("198.51.100.9:9060")
	agent := netip.MustParseAddrPort("198.51.100.1:40000")
	k := newTalk(t)
	k.a, k.b = agent, collector
	three := hep3("HEP3", common(), chunk(0, 12, uint32(9)), chunk(0, 15, invite(1)))
	squeezed := func(n int) string {
		return string(hep3("HEP3", common(), chunk(0, 16, packed(t, "gzip", invite(n)))))
	}
	frames := [][]byte{
		udpFrame(t, agent, collector, string(three)),
		udpFrame(t, agent, collector, string(hep2(2, 2, 28, true, invite(2)))),
		udpFrame(t, agent, collector, string(hep3("HEP3", common()))),
	}
	frames = append(frames, k.handshake()...)
	stream := string(three) + squeezed(3) + squeezed(4) + squeezed(5)
	frames = append(frames, k.says(stream, 60_000)...)
	got := readAll(t, ethernetFile(frames...), Options{})
	want(t, got, line("UDP", alice, bob, 1), line("UDP", alice, bob, 2), "note", line("UDP", alice, bob, 1), line("UDP", alice, bob, 3), line("UDP", alice, bob, 4), line("UDP", alice, bob, 5))
	if it := got[0]; it.Agent.Addr != agent || it.Agent.ID != 9 || !it.At.Equal(t0) || it.Number != 1 {
		t.Errorf("agent %+v, at %s, packet %d", it.Agent, it.At, it.Number)
	}
	for i, n := range []int{3, 4, 5} {
		if string(got[4+i].Payload) != invite(n) {
			t.Errorf("message %d is %q", n, got[4+i].Payload)
		}
	}
}

// TestAnAgentsClockFarAhead: what an agent says to come from the future came when it was captured.
func TestAnAgentsClockFarAhead(t *testing.T) {
	says := func(ahead time.Duration) []byte {
		// Of two chunks of one kind the last one counts.
		p := hep3("HEP3", common(), chunk(0, 9, uint32(t0.Add(ahead).Unix())), chunk(0, 15, invite(1)))
		return udpFrame(t, netip.MustParseAddrPort("198.51.100.1:40000"), netip.MustParseAddrPort("198.51.100.9:9060"), string(p))
	}
	got := readAll(t, ethernetFile(says(0), says(50*365*24*time.Hour), says(30*time.Second), says(-time.Hour)), Options{})
	for i, want := range []struct {
		at     time.Time
		coarse bool
	}{{t0, false}, {t0, true}, {t0.Add(30 * time.Second), false}, {t0.Add(-time.Hour), false}} {
		if it := got[i]; it.At.Sub(want.at).Abs() > time.Second || it.Coarse != want.coarse {
			t.Errorf("message %d: at %s, coarse %t, want %s, %t", i, it.At, it.Coarse, want.at, want.coarse)
		}
	}
}

func TestAppendHEPIsReadAgain(t *testing.T) {
	for _, it := range []Item{
		{Kind: SIP, At: t0, Transport: sip.UDP, Src: alice, Dst: bob, Payload: []byte(invite(1))},
		{Kind: SIP, At: t0, Transport: sip.TCP, Src: carol, Dst: dave, Payload: []byte(invite(1)), Correlation: "x@y", Agent: Agent{ID: 5, Name: "edge"}},
		{Kind: SIP, At: t0, Transport: sip.TLS, Src: alice, Dst: bob, Payload: []byte(ok200)},
		{Kind: SIP, At: t0, Transport: sip.WSS, Src: alice, Dst: dave, Payload: []byte(ok200)},
		{Kind: RTP, At: t0, Transport: sip.UDP, Src: alice, Dst: bob, Payload: []byte("\x80\x08\x00\x01\x00\x00\x00\xa0\x00\x00\x00\x01")},
	} {
		b, err := AppendHEP([]byte("before"), &it, "secret")
		if err != nil {
			t.Fatal(err)
		}
		d := HEPDecoder{Key: "secret"}
		got, err := d.Decode(b[len("before"):])
		it.Src, it.Dst = pair(it.Src, it.Dst)
		if err != nil || brief(got) != brief(it) || !got.At.Equal(it.At) || got.Agent != it.Agent || got.Correlation != it.Correlation || !bytes.Equal(got.Payload, it.Payload) {
			t.Errorf("got %+v, %v; want %+v", got, err, it)
		}
	}
	if _, err := AppendHEP(nil, &Item{Src: alice, Dst: bob, Payload: make([]byte, 65_500)}, ""); err == nil {
		t.Error("a packet of more than 64 KiB was made")
	}
	if _, err := AppendHEP(nil, &Item{Src: alice}, ""); err == nil {
		t.Error("a packet without an address was made")
	}
}

// TestAppendHEPAsDrawn holds the encoder against bytes made from the
// specification, not against our decoder.
func TestAppendHEPAsDrawn(t *testing.T) {
	it := Item{Kind: SIP, At: t0, Transport: sip.UDP, Src: alice, Dst: bob, Payload: []byte(invite(1)), Agent: Agent{ID: 7}}
	got, err := AppendHEP(nil, &it, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := hep3("HEP3", common(), chunk(0, 12, uint32(7)), chunk(0, 15, invite(1))); !bytes.Equal(got, want) {
		t.Errorf("got\n% x\nwant\n% x", got, want)
	}
}

func TestHEPMakesNoGarbage(t *testing.T) {
	packet := hep3("HEP3", common(), chunk(0, 12, uint32(9)), chunk(0, 0x11, "id@host"), chunk(0, 0x13, "edge"), chunk(0, 15, invite(1)))
	zipped := hep3("HEP3", common(), chunk(0, 16, packed(t, "gzip", invite(1))))
	var d HEPDecoder
	for _, b := range [][]byte{packet, zipped} {
		if n := testing.AllocsPerRun(100, func() {
			if _, err := d.Decode(b); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%.1f allocations a packet", n)
		}
	}
}
