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

// fragments4 cuts an IPv4 packet into fragments of at most n bytes of payload.
func fragments4(t testing.TB, id uint16, src, dst netip.Addr, payload []byte, n int) (out [][]byte) {
	t.Helper()
	for off := 0; off < len(payload); off += n {
		end := min(off+n, len(payload))
		ip := &layers.IPv4{Version: 4, TTL: 64, Id: id, Protocol: layers.IPProtocolUDP, SrcIP: src.AsSlice(), DstIP: dst.AsSlice(), FragOffset: uint16(off / 8)}
		if end < len(payload) {
			ip.Flags = layers.IPv4MoreFragments
		}
		out = append(out, serialize(t, ethernetOf(layers.EthernetTypeIPv4), ip, gopacket.Payload(payload[off:end])))
	}
	return out
}

func fragments6(t testing.TB, id uint32, src, dst netip.Addr, payload []byte, n int) (out [][]byte) {
	t.Helper()
	for off := 0; off < len(payload); off += n {
		end := min(off+n, len(payload))
		head := []byte{17, 0}
		field := uint16(off)
		if end < len(payload) {
			field |= 1
		}
		head = binary.BigEndian.AppendUint16(head, field)
		head = binary.BigEndian.AppendUint32(head, id)
		ip := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolIPv6Fragment, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
		out = append(out, serialize(t, ethernetOf(layers.EthernetTypeIPv6), ip, gopacket.Payload(append(head, payload[off:end]...))))
	}
	return out
}

// long is an INVITE of about n bytes.
func long(id, n int) string {
	return strings.Replace(invite(id), "CSeq:", "Subject: "+strings.Repeat("x", n)+"\r\nCSeq:", 1)
}

func longLine(src, dst netip.AddrPort, id, n int) string {
	return fmt.Sprintf("SIP UDP %s>%s INVITE sip %d@test %d", src, dst, id, len(long(id, n)))
}

func TestFragmentsInAnyOrder(t *testing.T) {
	four := udpIP(t, alice, bob, long(1, 4000))[20:]
	six := udpIP(t, carol, dave, long(2, 4000))[40:]
	for seed := range uint64(20) {
		frames := append(fragments4(t, 7, alice.Addr(), bob.Addr(), four, 1480), fragments6(t, 7, carol.Addr(), dave.Addr(), six, 1232)...)
		frames = append(frames, frames[1], frames[5]) // sent twice
		r := rand.New(rand.NewPCG(seed, 1))
		r.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
		got := readAll(t, ethernetFile(frames...), Options{})
		lines := briefs(got)
		slices.Sort(lines)
		whole := []string{longLine(alice, bob, 1, 4000), longLine(carol, dave, 2, 4000)}
		slices.Sort(whole)
		if !slices.Equal(lines, whole) {
			t.Fatalf("seed %d: got %q", seed, lines)
		}
		for _, it := range got {
			if s := string(it.Payload); s != long(1, 4000) && s != long(2, 4000) {
				t.Fatalf("seed %d: the payload was put together wrongly", seed)
			}
		}
	}
}

func TestOverlappingFragments(t *testing.T) {
	udp := udpIP(t, alice, bob, long(1, 2000))[20:]
	one := fragments4(t, 9, alice.Addr(), bob.Addr(), udp, 800)
	other := fragments4(t, 9, alice.Addr(), bob.Addr(), udp, 1200)
	got := readAll(t, ethernetFile(one[0], other[1], one[1]), Options{})
	want(t, got, longLine(alice, bob, 1, 2000))
	if string(got[0].Payload) != long(1, 2000) {
		t.Error("the payload was put together wrongly")
	}
}

func TestAMissingFragmentIsSaidAfterSomeTime(t *testing.T) {
	udp := udpIP(t, alice, bob, long(1, 3000))[20:]
	f := fragments4(t, 9, alice.Addr(), bob.Addr(), udp, 1480)
	packets := shots(f[0], f[2], udpFrame(t, alice, bob, invite(2)), udpFrame(t, alice, bob, invite(3)))
	packets[3].at = t0.Add(7 * time.Second)
	got := readAll(t, pcapOf(binary.LittleEndian, false, linkEthernet, packets...), Options{})
	want(t, got, line("UDP", alice, bob, 2), fmt.Sprintf("SIP cut UDP %s>%s INVITE sip 1@test 1472", alice, bob), "gap 1", line("UDP", alice, bob, 3))
	if !got[1].At.Equal(t0) || got[1].Number != 1 {
		t.Errorf("what is there of it is at %s with number %d, want its own packet's", got[1].At, got[1].Number)
	}
	// At the end of the file nothing more can come.
	got = readAll(t, ethernetFile(f[0], f[1]), Options{})
	want(t, got, fmt.Sprintf("SIP cut UDP %s>%s INVITE sip 1@test 2952", alice, bob), "gap 1")
	// Without the first fragment there is nothing to show.
	want(t, readAll(t, ethernetFile(f[1], f[2]), Options{}))
}

func TestFragmentsKeepToTheirRoom(t *testing.T) {
	var d decoder
	var out items
	d.init(Options{}.withDefaults(), &out)
	payload := make([]byte, 1000)
	for i := range 3 * maxPartials {
		d.p = packet{at: t0, src: alice.Addr(), dst: bob.Addr()}
		d.fragment(fragmentKey{alice.Addr(), bob.Addr(), uint32(i), 17}, 8, true, payload)
		if n := len(d.frags.byKey); n > maxPartials {
			t.Fatalf("%d datagrams wait, at most %d", n, maxPartials)
		}
	}
	if d.frags.held != len(d.frags.byKey)*len(payload) || len(d.frags.queue) > 2*maxPartials+1 {
		t.Errorf("held %d bytes for %d datagrams, %d in the queue", d.frags.held, len(d.frags.byKey), len(d.frags.queue))
	}
	d.flush()
	if d.frags.held != 0 || len(d.frags.byKey) != 0 {
		t.Errorf("%d bytes of %d datagrams are held at the end", d.frags.held, len(d.frags.byKey))
	}
}
