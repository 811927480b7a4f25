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
