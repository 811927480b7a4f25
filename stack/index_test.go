package stack

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"onhook/txn"
)

// An index does what a map does, with keys that share their places too.
func TestIndexIsLikeAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x index
		want := map[key]txn.ID{}
		places := rapid.SampledFrom([]uint64{1, 7, 64, 1 << 20}).Draw(t, "places")
		for i := range rapid.IntRange(1, 400).Draw(t, "steps") {
			k := key{rapid.Uint64Range(0, places).Draw(t, "place"), rapid.Uint64Range(0, 3).Draw(t, "key")}
			id := txn.ID(i + 1)
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				x.drop(k, id) // another's: nothing is dropped
			case 1, 2:
				x.drop(k, want[k])
				delete(want, k)
			default:
				x.set(k, id)
				want[k] = id
			}
			if x.n != len(want) {
				t.Fatalf("%d are in it, want %d", x.n, len(want))
			}
			for k, id := range want {
				if x.get(k) != id {
					t.Fatalf("%v: %d, want %d", k, x.get(k), id)
				}
			}
			if want[k] == 0 && x.get(k) != 0 {
				t.Fatalf("%v: %d, want none", k, x.get(k))
			}
		}
	})
}

// Under steady change an index keeps its size; empty, it has given all but the least back.
func TestIndexKeepsItsSize(t *testing.T) {
	const live = 20_000
	rng := rand.New(rand.NewPCG(1, 2))
	var x index
	var keys [live]key
	for i := range 50 * live {
		if i >= live {
			x.drop(keys[i%live], txn.ID(i-live+1))
		}
		keys[i%live] = key{rng.Uint64(), rng.Uint64()}
		x.set(keys[i%live], txn.ID(i+1))
	}
	if x.n != live || len(x.cells) != 32768 {
		t.Errorf("%d cells for %d keys, want 32768 for %d", len(x.cells), x.n, live)
	}
	for i := range live {
		x.drop(keys[i], x.get(keys[i]))
	}
	if x.n != 0 || len(x.cells) != leastCells {
		t.Errorf("%d cells for %d keys, want %d for none", len(x.cells), x.n, leastCells)
	}
}

func BenchmarkIndex(b *testing.B) {
	const live = 20_000
	rng := rand.New(rand.NewPCG(1, 2))
	keys := make([]key, live)
	for i := range keys {
		keys[i] = key{rng.Uint64(), rng.Uint64()}
	}
	b.Run("index", func(b *testing.B) {
		var x index
		for i := range b.N {
			k := keys[i%live]
			if i >= live/2 {
				x.drop(keys[(i-live/2)%live], txn.ID(i-live/2+1))
			}
			x.set(k, txn.ID(i+1))
			x.get(k)
		}
	})
	b.Run("map", func(b *testing.B) {
		x := map[key]txn.ID{}
		for i := range b.N {
			k := keys[i%live]
			if i >= live/2 {
				delete(x, keys[(i-live/2)%live])
			}
			x[k] = txn.ID(i + 1)
			_ = x[k]
		}
	})
}

// When the last one has gone the room of a peak is given back, and an ID of before names nothing.
func TestSlotsGiveTheRoomOfAPeakBack(t *testing.T) {
	s := slots[int]{mark: serverMark}
	var old []uint64
	for range 3 {
		for i := range 2 * leastSlots {
			old = append(old, s.add(new(i)))
		}
		for _, id := range old[len(old)-2*leastSlots:] {
			s.drop(id)
		}
		if s.live != 0 || len(s.items)+len(s.gens)+len(s.free) != 0 {
			t.Fatalf("%d live, %d items, %d generations, %d free", s.live, len(s.items), len(s.gens), len(s.free))
		}
	}
	for range 2 * leastSlots {
		s.add(new(int))
	}
	seen := map[uint64]bool{}
	for _, id := range old {
		if s.get(id) != nil || seen[id] {
			t.Fatalf("%x is over and names something", id)
		}
		seen[id] = true
	}
}
