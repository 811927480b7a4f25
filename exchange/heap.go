package exchange

import "time"

// deadlines is a binary heap of the calls by their next deadline; each call
// knows its place in it, so that a change is a move and not a search.
type deadlines []*live

func (h *deadlines) update(c *live, at time.Time) {
	switch {
	case at.IsZero():
		h.remove(c)
	case c.place == 0:
		c.due = at
		*h = append(*h, c)
		c.place = len(*h)
		h.up(c.place - 1)
	default:
		c.due = at
		h.up(c.place - 1)
		h.down(c.place - 1)
	}
}

func (h *deadlines) remove(c *live) {
	if c.place == 0 {
		return
	}
	i, last := c.place-1, len(*h)-1
	h.swap(i, last)
	(*h)[last] = nil
	*h = (*h)[:last]
	c.place = 0
	if i < last {
		h.up(i)
		h.down(i)
	}
}

func (h deadlines) first() time.Time {
	if len(h) == 0 {
		return time.Time{}
	}
	return h[0].due
}

func (h deadlines) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

func (h deadlines) up(i int) {
	for i > 0 {
		p := (i - 1) / 2
		if !h[i].due.Before(h[p].due) {
			return
		}
		h.swap(i, p)
		i = p
	}
}

func (h deadlines) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1].due.Before(h[c].due) {
			c++
		}
		if !h[c].due.Before(h[i].due) {
			return
		}
		h.swap(i, c)
		i = c
	}
}
