package stack

// What a deadline belongs to.
const (
	dueClient = iota
	dueServer
	dueDialog
)

// A due is one entry of the heap: at (nanoseconds since the endpoint's birth)
// somebody wants to be stepped.
type due struct {
	at   int64
	id   uint64
	kind uint8
}

// deadlines is a heap of four children a node. It is lazy: an entry whose
// owner has gone, or waits longer by now, is found out when it is popped. The
// owner remembers the time of its one valid entry.
type deadlines []due

func (h *deadlines) push(d due) {
	s := append(*h, d)
	i := len(s) - 1
	for i > 0 {
		p := (i - 1) / 4
		if s[p].at <= d.at {
			break
		}
		s[i] = s[p]
		i = p
	}
	s[i] = d
	*h = s
}

func (h *deadlines) pop() due {
	s := *h
	top := s[0]
	n := len(s) - 1
	last := s[n]
	s = s[:n]
	for i := 0; n > 0; {
		c := 4*i + 1
		if c >= n {
			s[i] = last
			break
		}
		least := c
		for k := c + 1; k < min(c+4, n); k++ {
			if s[k].at < s[least].at {
				least = k
			}
		}
		if s[least].at >= last.at {
			s[i] = last
			break
		}
		s[i] = s[least]
		i = least
	}
	*h = s
	return top
}
