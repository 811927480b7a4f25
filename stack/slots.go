package stack

// A slots holds what an Endpoint owns of one kind, found by an ID that carries
// shard, generation and slot, so that an ID that is over never names another one.
type slots[T any] struct {
	shard byte
	mark  uint32 // set in every generation: tells server from client transactions
	gens  []uint32
	items []*T
	free  []uint32
	base  uint32 // the generation before the first of a new place
	live  int
	made  uint64 // since the start
}

const (
	genMask    = 1<<24 - 1
	serverMark = 1 << 23
)

// add puts an item in and returns its ID: shard 8 bits, generation 24, slot 32.
func (s *slots[T]) add(item *T) uint64 {
	var i uint32
	if n := len(s.free); n > 0 {
		i = s.free[n-1]
		s.free = s.free[:n-1]
	} else {
		i = uint32(len(s.items))
		s.items = append(s.items, nil)
		s.gens = append(s.gens, s.base|s.mark)
	}
	// Generation 0 is never given, so that no ID is 0.
	next := (s.gens[i] + 1) & (serverMark - 1)
	s.gens[i] = max(next, 1) | s.mark
	s.items[i] = item
	s.live++
	s.made++
	return uint64(s.shard)<<56 | uint64(s.gens[i])<<32 | uint64(i)
}

// get returns the item of that ID, or nil if it is over or never was.
func (s *slots[T]) get(id uint64) *T {
	i := uint32(id)
	if uint64(i) >= uint64(len(s.items)) || byte(id>>56) != s.shard || uint32(id>>32)&genMask != s.gens[i] {
		return nil
	}
	return s.items[i]
}

// drop takes the item of that ID out.
func (s *slots[T]) drop(id uint64) {
	if s.get(id) == nil {
		return
	}
	i := uint32(id)
	s.items[i] = nil
	s.free = append(s.free, i)
	if s.live--; s.live == 0 && len(s.items) > leastSlots {
		s.clear()
	}
}

// leastSlots are kept when all are free.
const leastSlots = 1024

// clear gives back the room of a peak. Places that are made anew go on with the
// generations, so that no ID of before names something.
func (s *slots[T]) clear() {
	for _, g := range s.gens {
		s.base = max(s.base, g&(serverMark-1))
	}
	s.gens, s.items, s.free = nil, nil, nil
}
