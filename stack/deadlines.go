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
// owner has gone, or waits longer by now, is found out when it is popped, or
// when there are so many of them that all are looked for. The owner remembers
// the time of its one valid entry.
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
	if n > 0 {
		s.down(0, last)
	}
	*h = s
	return top
}

// down puts d at place i or, past what comes earlier, below it.
func (h deadlines) down(i int, d due) {
	n := len(h)
	for {
		c := 4*i + 1
		if c >= n {
			break
		}
		least := c
		for k := c + 1; k < min(c+4, n); k++ {
			if h[k].at < h[least].at {
				least = k
			}
		}
		if h[least].at >= d.at {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = d
}

// order makes a heap of entries in any order.
func (h deadlines) order() {
	for i := (len(h) - 2) / 4; i >= 0 && len(h) > 1; i-- {
		h.down(i, h[i])
	}
}
