package capture

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestTenPercentLost drops one packet in ten. Whatever is handed out as whole is
// a message as it was sent; what was not hit is there; what is missing is said.
func TestTenPercentLost(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 3))
		var packets []shot
		at := t0
		add := func(lose bool, frames ...[]byte) (lost bool) {
			for _, f := range frames {
				at = at.Add(time.Millisecond)
				if lose && r.IntN(10) == 0 {
					lost = true
					continue
				}
				packets = append(packets, shot{at: at, data: f})
			}
			return lost
		}
		sent := map[string]bool{}
		var whole []string // what has to come
		hit := map[netip.AddrPort]bool{}
		id := 0
		for i := range 5 {
			k := newTalk(t)
			k.a = netip.AddrPortFrom(alice.Addr(), uint16(20_000+i))
			add(false, k.handshake()...)
			for range 15 {
				id++
				m := invite(id)
				sent[m] = true
				if add(true, k.says(m, 20+r.IntN(200))...) {
					hit[k.a] = true
				} else {
					whole = append(whole, m)
				}
				add(false, k.segment(true, k.ack, k.seq, nil, "")) // bob acknowledges
			}
			for range 10 {
				id++
				m := long(id, 3000)
				sent[m] = true
				if !add(true, fragments4(t, uint16(id), carol4, bob.Addr(), udpIP(t, netip.AddrPortFrom(carol4, 5060), bob, m)[20:], 1400)...) {
					whole = append(whole, m)
				}
			}
		}
		seen := map[string]int{}
		gaps := map[netip.AddrPort]bool{}
		for _, it := range readAll(t, pcapOf(binary.LittleEndian, false, linkEthernet, packets...), Options{}) {
			switch {
			case it.Kind == SIP && !it.Truncated:
				if !sent[string(it.Payload)] {
					t.Fatalf("seed %d: nobody has sent %q", seed, it.Payload)
				}
				seen[string(it.Payload)]++
			case it.Kind == SIP:
				prefix := false
				for m := range sent {
					prefix = prefix || strings.HasPrefix(m, string(it.Payload))
				}
				if !prefix {
					t.Fatalf("seed %d: nobody has sent what begins with %q", seed, it.Payload)
				}
			case it.Kind == Gap:
				gaps[it.Src] = true
			}
		}
		for _, m := range whole {
			if seen[m] != 1 {
				t.Errorf("seed %d: a message that was captured whole came %d times: %q", seed, seen[m], m[:80])
			}
		}
		for a := range hit {
			if !gaps[a] {
				t.Errorf("seed %d: of %s segments are missing, which is not said", seed, a)
			}
		}
	}
}

var carol4 = netip.MustParseAddr("192.0.2.3")

func TestGarbageIsNoMessage(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	good := ethernetFile(udpFrame(t, alice, bob, invite(1)), udpFrame(t, carol, dave, ok200))
	for i := range 300 {
		file := append([]byte(nil), good...)
		for range 1 + r.IntN(8) {
			file[pcapHead+r.IntN(len(file)-pcapHead)] = byte(r.Uint32())
		}
		for _, it := range readAll(t, file, Options{}) {
			checkItem(t, it)
		}
		noise := make([]byte, r.IntN(3000))
		for j := range noise {
			noise[j] = byte(r.Uint32())
		}
		for _, it := range readAll(t, append(good[:pcapHead:pcapHead], noise...), Options{}) {
			if it.Kind == SIP {
				t.Fatal(fmt.Sprint("noise ", i, " was taken for ", brief(it)))
			}
		}
	}
}
