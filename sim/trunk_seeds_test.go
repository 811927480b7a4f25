package sim

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"onhook/exchange"
	"onhook/route"
)

// runTrunkSeed has a call leave by a group of two trunks, of which each answers,
// refuses, is silent, or is busy as the seed says.
func runTrunkSeed(seed uint64, without ...string) (w *World, p plan, bad []string) {
	r := rand.New(rand.NewPCG(seed, 4))
	p.faults = faultsOf(r).without(without)
	routes, err := route.New(route.Options{
		Rules:  []route.Rule{{Match: `9(\d+)`, To: []route.Destination{{Kind: route.ToTrunk, Text: "out"}}, Number: "$1", Transit: true}},
		Trunks: []string{"sim", "t1", "t2", "out"}, Local: []string{ServerAddr.Addr().String()},
	})
	if err != nil {
		panic(err)
	}
	w = NewWorld(seed, p.faults, func(s *exchange.Settings) {
		s.Routes = routes
		for _, n := range []string{"1", "2"} {
			s.Trunks = append(s.Trunks, exchange.Trunk{Name: "t" + n, Host: "10.0.5." + n, Port: 5060, Channels: 1, Sources: []netip.Prefix{netip.MustParsePrefix("10.0.5." + n + "/32")}})
		}
		s.TrunkGroups = []exchange.TrunkGroup{{Name: "out", Members: []exchange.TrunkMember{{Trunk: "t1", Priority: 1}, {Trunk: "t2", Priority: 2}}}}
	})
	a := w.Caller(fmt.Sprint("trunks", seed), "91")
	finals := []int{200, 200, 200, 486, 503, 500, 404, 403, 480, 0}
	var ends [2]*Callee
	for i := range ends {
		b := NewCallee(w.Net, netip.MustParseAddrPort(fmt.Sprintf("10.0.5.%d:5060", i+1)))
		b.Ring, b.After, b.Final = spanOf(r, 2*time.Second), spanOf(r, 8*time.Second), finals[r.IntN(len(finals))]
		b.Silent = r.IntN(5) == 0
		if r.IntN(3) == 0 {
			b.Talk = spanOf(r, 20*time.Second)
		}
		p.name += fmt.Sprintf("t%d: final %d, silent %v; ", i+1, b.Final, b.Silent)
		ends[i] = b
	}
	a.Talk = spanOf(r, 30*time.Second)
	if r.IntN(4) == 0 {
		a.Cancel = spanOf(r, 40*time.Second)
		p.name += "cancelled after " + a.Cancel.String()
	}
	a.Start(w.Net.Now)
	w.Net.Run(Epoch.Add(120 * time.Second))
	w.Net.Faults = Faults{Delay: p.faults.Delay}
	w.Net.Run(Epoch.Add(6 * time.Minute))
	if a.toTag != "" && !a.ended {
		a.hangUp(w.Net.Now)
	}
	w.Net.Run(Epoch.Add(12 * time.Minute))
	bad = append(w.Check(), truths(w, a, ends[0])...)
	if len(ends[1].Up) > 0 {
		bad = append(bad, "the second trunk still believes in a call that is over")
	}
	return w, p, append(bad, trunkTruths(w, ends)...)
}

// trunkTruths holds the records against which trunks were called.
func trunkTruths(w *World, ends [2]*Callee) (bad []string) {
	for _, s := range w.Saved {
		rec := s.Record
		var tried []string
		for _, l := range rec.Legs[1:] {
			tried = append(tried, l.Target)
		}
		if !slices.IsSorted(tried) {
			bad = append(bad, fmt.Sprintf("the trunks were tried in the order %v", tried))
		}
		for i, b := range ends {
			name := fmt.Sprintf("t%d", i+1)
			if b.Calls > 1 || b.Calls == 1 && !slices.Contains(tried, name) {
				bad = append(bad, fmt.Sprintf("%s was called %d times, the record has %v", name, b.Calls, tried))
			}
		}
		if rec.Answered == "party" && (len(tried) == 0 || rec.Trunk != tried[len(tried)-1]) {
			bad = append(bad, fmt.Sprintf("answered by trunk %q, tried %v", rec.Trunk, tried))
		}
	}
	return bad
}

// TestTrunkSeeds: calls by trunks that fail over, under faults of the network.
func TestTrunkSeeds(t *testing.T) {
	forSeeds(t, 300, func(seed uint64, without ...string) (*World, plan, []string) { return runTrunkSeed(seed, without...) })
}
