package exchange

import (
	"testing"

	"onhook/call"
)

func TestAReferenceToACallThatIsOverFindsNothing(t *testing.T) {
	var s slots
	a, b, c := &live{}, &live{}, &live{}
	s.add(a)
	s.add(b)
	ref := legRef(a, 2)
	if got, leg := s.get(ref); got != a || leg != 2 {
		t.Fatalf("got %p leg %d", got, leg)
	}
	s.remove(a)
	if got, _ := s.get(ref); got != nil {
		t.Error("the reference of a call that is over finds one")
	}
	s.add(c)
	if c.ref&^(1<<legBits-1) == ref&^(1<<legBits-1) {
		t.Error("a place used again has the same reference")
	}
	if got, _ := s.get(ref); got != nil {
		t.Error("the reference of a call that is over finds the one in its place")
	}
	if got, _ := s.get(legRef(b, 1)); got != b || s.used != 2 {
		t.Errorf("got %p, %d in use", got, s.used)
	}
	for _, ref := range []uint64{0, notCall, notCall | 5, 1 << (slotBits + legBits), 77 << legBits} {
		if got, _ := s.get(ref); got != nil {
			t.Errorf("reference %x finds a call", ref)
		}
	}
}

func TestAPlaceUsedOftenComesRoundToTheFirstGeneration(t *testing.T) {
	var s slots
	c := &live{}
	s.add(c)
	s.gens[0] = genMask
	s.remove(c)
	s.add(c)
	if c.ref&notCall != 0 || s.gens[0] != 0 {
		t.Errorf("generation %d, reference %x", s.gens[0], c.ref)
	}
	if got, leg := s.get(legRef(c, call.Caller)); got != c || leg != call.Caller {
		t.Error("it is not found")
	}
}
