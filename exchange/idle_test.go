package exchange

import "testing"

// A peak of calls keeps its memory for a while only; what is needed again and again stays.
func TestLivesThatNobodyNeedsAreLetGo(t *testing.T) {
	x := &Exchange{}
	var up []*live
	calls := func(n int) {
		for range n {
			up = append(up, x.newLive())
		}
		for _, c := range up {
			x.reuse(c)
		}
		up = up[:0]
	}
	calls(800)
	if len(x.spare) != 800 {
		t.Fatalf("%d are kept, want 800", len(x.spare))
	}
	x.spareLess()
	for range 60 {
		calls(100)
		x.spareLess()
	}
	if n := len(x.spare); n < 100 || n > 110 {
		t.Errorf("%d are kept of 800 where 100 are needed", n)
	}
	for i := range x.spare[:cap(x.spare)][len(x.spare):] {
		if x.spare[:cap(x.spare)][len(x.spare)+i] != nil {
			t.Fatal("one that was let go is still referred to")
		}
	}
}

// When the last call has gone the room of a peak is given back, and a reference of before names no call.
func TestPlacesOfAPeakAreGivenBack(t *testing.T) {
	x := &Exchange{}
	seen := map[uint64]bool{}
	for range 3 {
		var up []*live
		for range 2 * leastPlaces {
			c := &live{}
			x.calls.add(c)
			if seen[c.ref] {
				t.Fatalf("the reference %x comes again", c.ref)
			}
			seen[c.ref] = true
			up = append(up, c)
		}
		for i, c := range up {
			if x.calls.remove(c); i < len(up)-1 {
				x.spareLess()
			}
		}
		if len(x.calls.calls) != 2*leastPlaces {
			t.Fatalf("%d places while calls were up", len(x.calls.calls))
		}
		x.spareLess()
		if n := len(x.calls.calls) + len(x.calls.gens) + len(x.calls.free); n != 0 {
			t.Fatalf("%d places are left", n)
		}
	}
	x.calls.add(&live{})
	for ref := range seen {
		if c, _ := x.calls.get(ref); c != nil {
			t.Fatalf("the reference %x names a call", ref)
		}
	}
}
