package exchange

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"onhook/sip"
)

func flowOf(addr string) sip.Flow {
	return sip.Flow{Transport: sip.UDP, Local: netip.MustParseAddrPort("10.0.0.1:5060"), Remote: netip.MustParseAddrPort(addr)}
}

// TestABacklogKeepsTheOrderOfEachFlow: whatever is put in and taken out in
// whatever shares, each flow's packets come once and in order, and the sums fit.
func TestABacklogKeepsTheOrderOfEachFlow(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		b := backlog{seed: r.Uint64()}
		put, got := map[string]int{}, map[string]int{}
		n := 0
		check := func(list []item) {
			for _, m := range list {
				key := m.Flow.Remote.String()
				if want := fmt.Sprint(got[key]); string(m.Data) != want {
					t.Fatalf("seed %d, flow %s: got packet %s, want %s", seed, key, m.Data, want)
				}
				got[key]++
				n--
			}
		}
		for range 5000 {
			if r.IntN(3) > 0 {
				f := flowOf(fmt.Sprintf("10.0.%d.%d:%d", r.IntN(2), r.IntN(20), 5060+r.IntN(4)))
				if r.IntN(4) == 0 {
					f = flowOf(fmt.Sprintf("[2001:db8::%d]:5060", r.IntN(9)))
				}
				key := f.Remote.String()
				b.add(item{Packet: Packet{Flow: f, Data: []byte(fmt.Sprint(put[key]))}})
				put[key]++
				n++
				continue
			}
			most := r.IntN(40)
			list := b.take(nil, most)
			if len(list) > most || len(list) < min(most, n) {
				t.Fatalf("seed %d: %d taken of %d, %d asked for", seed, len(list), n, most)
			}
			check(list)
		}
		check(b.take(nil, 1<<20))
		if n != 0 || !b.empty() || b.bytes != 0 {
			t.Fatalf("seed %d: left over %d packets, %d bytes", seed, n, b.bytes)
		}
		for i := range b.addresses {
			if b.addresses[i].bytes != 0 {
				t.Fatalf("seed %d: %d bytes left in a place", seed, b.addresses[i].bytes)
			}
		}
	}
}

func TestAFloodWaitsBehindItself(t *testing.T) {
	b := backlog{seed: 5}
	flood, other := flowOf("192.0.2.1:6000"), flowOf("198.51.100.7:5060")
	for i := 6001; b.sameLane(flood, other); i++ {
		other = flowOf(fmt.Sprintf("198.51.100.7:%d", i))
	}
	for range 5000 {
		b.add(item{Packet: Packet{Flow: flood}})
	}
	b.add(item{Packet: Packet{Flow: other, Data: []byte("x")}})
	for i, m := range b.take(nil, maxTurn) {
		if len(m.Data) > 0 {
			if i > addressShare {
				t.Errorf("the other's packet is number %d", i)
			}
			return
		}
	}
	t.Error("the other's packet is not in the first turn")
}

func (b *backlog) sameLane(f, g sip.Flow) bool {
	i, j := b.find(f)
	k, l := b.find(g)
	return i == k && j == l
}

func TestAFloodLeavesRoomForOthers(t *testing.T) {
	b := backlog{seed: 5}
	flood, other := flowOf("192.0.2.1:6000"), flowOf("192.0.2.1:6001")
	for i := 6001; b.sameLane(flood, other); i++ {
		other = flowOf(fmt.Sprintf("192.0.2.1:%d", i))
	}
	n := 0
	thousand := make([]byte, 1000-onePacket)
	for b.add(item{Packet: Packet{Flow: flood, Data: thousand}}) {
		n++
	}
	if most := maxWaitingFlow / 1000; n != most {
		t.Errorf("%d packets of one flow may wait, want %d", n, most)
	}
	if !b.room(other, 1000) {
		t.Error("no room for another flow of the same address")
	}
	// An address with many ports has half of the room.
	for port := range 1000 {
		f := flowOf(fmt.Sprintf("192.0.2.1:%d", 7000+port))
		for b.add(item{Packet: Packet{Flow: f, Data: thousand}}) {
		}
	}
	if b.bytes > maxWaitingAddress || !b.room(flowOf("198.51.100.7:5060"), 1000) {
		t.Errorf("%d bytes wait of one address, want at most %d, and room for others", b.bytes, maxWaitingAddress)
	}
}

func TestAFloodsRoomIsGivenBack(t *testing.T) {
	b := backlog{}
	f := flowOf("192.0.2.1:6000")
	for range 5000 {
		b.add(item{Packet: Packet{Flow: f}})
	}
	for !b.empty() {
		b.take(nil, maxTurn)
	}
	i, j := b.find(f)
	if n := cap(b.addresses[i].lanes[j].items); n != 0 {
		t.Errorf("room for %d packets is kept", n)
	}
}

func BenchmarkBacklog(b *testing.B) {
	var l backlog
	var out []item
	f := flowOf("192.0.2.1:6000")
	for b.Loop() {
		for range 32 {
			l.add(item{Packet: Packet{Flow: f}})
		}
		out = l.take(out[:0], maxTurn)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*32), "ns/packet")
}
