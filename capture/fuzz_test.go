package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// checkHeld compares what is counted as held with what is held, and that with
// what there was.
func checkHeld(t *testing.T, d *decoder, most int) {
	t.Helper()
	held := 0
	for _, c := range d.conns.byKey {
		for i := range c.sides {
			s := &c.sides[i]
			held += len(s.buf) + len(s.web) + s.queued
			queued := 0
			for _, g := range s.queue {
				queued += len(g.data)
			}
			if queued != s.queued || (len(s.queue) > 0) != (s.waiting > 0) {
				t.Fatalf("a queue of %d segments with %d bytes is counted as %d, place %d", len(s.queue), queued, s.queued, s.waiting)
			}
		}
	}
	if held != d.conns.held || held > most {
		t.Fatalf("%d bytes are held, %d are counted, there were %d", held, d.conns.held, most)
	}
}

func checkItem(t *testing.T, it Item) {
	t.Helper()
	switch it.Kind {
	case SIP:
		if len(it.Payload) == 0 || !startsMessage(it.Payload, true) || !it.Src.IsValid() || !it.Dst.IsValid() {
			t.Fatalf("a message that is none: %s %q", brief(it), it.Payload)
		}
	case RTP:
		if len(it.Payload) < 12 {
			t.Fatalf("RTP of %d bytes", len(it.Payload))
		}
	case Gap, Note:
		if it.Text == "" {
			t.Fatal("a gap or a note without words")
		}
	case Closed:
		if it.Text == "" || !it.Src.IsValid() {
			t.Fatalf("%+v", it)
		}
	default:
		t.Fatalf("kind %d", it.Kind)
	}
}

func fuzzFile(f *testing.F, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 1 && file[0] == 0x1f && file[1] == 0x8b {
			return // what it opens to may be long
		}
		r, err := NewReader(bytes.NewReader(file), Options{})
		if err != nil {
			return
		}
		for n := 0; ; n++ {
			it, err := r.Next()
			if err != nil {
				if err != io.EOF {
					t.Fatal(err)
				}
				break
			}
			checkItem(t, it)
			if n > 4*len(file)+10 {
				t.Fatalf("%d items of %d bytes", n, len(file))
			}
		}
		checkHeld(t, &r.dec, 0)
		if r.dec.frags.held != 0 {
			t.Fatalf("%d bytes of fragments are held at the end", r.dec.frags.held)
		}
	})
}

func FuzzPcap(f *testing.F) {
	k := newTalk(f)
	frag := fragments4(f, 7, alice.Addr(), bob.Addr(), udpIP(f, alice, bob, long(1, 3000))[20:], 1480)
	fuzzFile(
		f,
		ethernetFile(udpFrame(f, alice, bob, invite(1)), udpFrame(f, carol, dave, ok200)),
		pcapOf(binary.BigEndian, true, linkRaw, shots(udpIP(f, alice, bob, invite(1)))...),
		ethernetFile(append(k.handshake(), k.says(invite(1)+invite(2), 100)...)...),
		ethernetFile(frag...),
		ethernetFile(udpFrame(f, alice, bob, string(hep3("HEP3", common(), chunk(0, 15, invite(1)))))),
	)
}

func FuzzPcapng(f *testing.F) {
	le := binary.LittleEndian
	frame := udpFrame(f, alice, bob, invite(1))
	n := uint32(len(frame))
	file := append(ngStart(le), ngBlock(le, ngInterface, uint16(1), uint16(0), uint32(0), []byte{9, 0, 1, 0, 9, 0, 0, 0})...)
	file = append(file, ngBlock(le, ngEnhanced, uint32(0), uint32(1), uint32(5), n, n, frame)...)
	file = append(file, ngBlock(le, ngStats, uint32(0), uint32(1), uint32(5), []byte{5, 0, 8, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})...)
	file = append(file, ngBlock(le, ngSimple, n, frame)...)
	fuzzFile(f, file, writeAll(f, Pcapng, recordsToWrite()[:9]))
}

func FuzzHEP(f *testing.F) {
	f.Add(hep3("HEP3", common(), chunk(0, 12, uint32(5)), chunk(0, 0x11, "x"), chunk(0, 15, invite(1))))
	f.Add(hep3("EEP3", common(), chunk(0, 16, packed(f, "gzip", invite(1)))))
	f.Add(hep3("HEP3", common(), chunk(0, 16, packed(f, "zlib", invite(1)))))
	f.Add(hep2(2, 2, 28, true, invite(1)))
	f.Add(hep2(1, 10, 40, false, invite(1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d HEPDecoder
		it, err := d.Decode(b)
		if err != nil {
			if r, ok := err.(DropReason); !ok || r == 0 || r >= dropReasons || strings.Contains(r.String(), "unknown") && r != UnknownVendor {
				t.Fatalf("the reason %v", err)
			}
			return
		}
		checkItem(t, it)
		if len(it.Payload) > max(len(b), maxMessage) || cap(d.opened) > maxMessage+4<<10 {
			t.Fatalf("%d bytes of payload, %d of memory", len(it.Payload), cap(d.opened))
		}
		if b, err := AppendHEP(nil, &it, ""); err == nil {
			if again, err := d.Decode(b); err != nil || brief(again) != brief(it) {
				t.Fatalf("written again it is %s, %v; want %s", brief(again), err, brief(it))
			}
		}
	})
}

// FuzzTCP reads a script: each step is a direction with flags, a distance from
// where the stream is, a length, and the data follows.
func FuzzTCP(f *testing.F) {
	step := func(b []byte, head byte, distance int8, data string) []byte {
		b = append(b, head, byte(distance), byte(len(data)>>8), byte(len(data)))
		return append(b, data...)
	}
	s := step(nil, 2, 0, "")
	s = step(s, 0, 0, invite(1)[:50])
	s = step(s, 0, 50, invite(1)[100:])
	s = step(s, 0, -10, invite(1)[40:120])
	s = step(s, 1, 0, ok200)
	f.Add(s)
	f.Add(step(step(nil, 0, 0, webAsk), 0, 0, webFrame(1, true, []byte{1, 2, 3, 4}, invite(1))))
	f.Add(step(step(nil, 0, 0, "HEP3"), 0, 0, "\x00\x10abcdefghij"))
	f.Fuzz(func(t *testing.T, script []byte) {
		var d decoder
		var out items
		d.init(Options{Streams: 3, Held: 2000}.withDefaults(), &out)
		ends := [2]uint32{1000, 5000}
		for n := 0; len(script) >= 4; n++ {
			head, distance, size := script[0], int8(script[1]), int(script[2])<<8|int(script[3])
			script = script[4:]
			data := slices.Clone(script[:min(size, len(script))])
			script = script[len(data):]
			for out.pending() {
				it, _ := out.pop()
				checkItem(t, it)
			}
			out.pop()
			dir := int(head & 1)
			src, dst := alice, bob
			if head&64 != 0 { // another connection
				src, dst = carol, dave
			}
			k, _ := keyOf(src, dst)
			c := d.conns.byKey[k]
			if c == nil {
				c = &conn{key: k}
				d.conns.byKey[k] = c
			}
			d.conns.touch(c)
			d.room()
			d.p = packet{at: t0.Add(time.Duration(n) * time.Duration(head>>4) * 300 * time.Millisecond), number: uint64(n), src: src.Addr(), dst: dst.Addr()}
			if head&32 != 0 {
				d.p.short = 7
			}
			seq := ends[dir] + uint32(int32(distance))
			switch {
			case head&2 != 0:
				d.synchronize(c, dir, seq, head&8 != 0)
				ends[dir] = seq + 1
				continue
			case head&4 != 0:
				d.reset(c, dir, src, dst)
				continue
			}
			d.segment(c, dir, seq, data)
			ends[dir] = seq + uint32(len(data))
			if head&16 != 0 {
				d.sweepStreams(false)
			}
			checkHeld(t, &d, 1<<20)
		}
		d.flush()
		checkHeld(t, &d, 0)
		if len(d.conns.holes) != 0 {
			t.Fatalf("%d holes are left", len(d.conns.holes))
		}
	})
}

func FuzzWebSocket(f *testing.F) {
	mask := []byte{1, 2, 3, 4}
	f.Add([]byte(webFrame(1, true, mask, invite(1))), uint16(10))
	f.Add([]byte(webFrame(1, false, nil, ok200[:9])+webFrame(9, true, nil, "x")+webFrame(0, true, nil, ok200[9:])), uint16(3))
	f.Fuzz(func(t *testing.T, stream []byte, n uint16) {
		var d decoder
		var out items
		d.init(Options{}.withDefaults(), &out)
		k, dir := keyOf(alice, bob)
		c := &conn{key: k, web: true}
		d.conns.byKey[k] = c
		d.conns.touch(c)
		c.sides[dir].mode = inWeb
		total := len(stream)
		seq := uint32(0)
		for len(stream) > 0 {
			m := min(int(n)+1, len(stream))
			d.p = packet{at: t0, number: 1, src: alice.Addr(), dst: bob.Addr()}
			d.segment(c, dir, seq, slices.Clone(stream[:m]))
			seq += uint32(m)
			stream = stream[m:]
			for it, ok := out.pop(); ok; it, ok = out.pop() {
				checkItem(t, it)
			}
			checkHeld(t, &d, 2*total)
		}
		d.flush()
		checkHeld(t, &d, 0)
	})
}
