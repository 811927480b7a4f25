package registrar

// push, pull and fix keep the heap by the time of expiry; each binding knows its place.
func (t *Table) push(b *Binding) {
	t.heap = append(t.heap, b)
	b.place = len(t.heap)
	t.up(b.place - 1)
}

func (t *Table) pull(b *Binding) {
	if b.place == 0 {
		return
	}
	i, last := b.place-1, len(t.heap)-1
	t.swap(i, last)
	t.heap[last] = nil
	t.heap = t.heap[:last]
	b.place = 0
	if i < last {
		t.fix(i)
	}
}

func (t *Table) fix(i int) {
	t.up(i)
	t.down(i)
}

func (t *Table) swap(i, j int) {
	h := t.heap
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

func (t *Table) up(i int) {
	for i > 0 {
		p := (i - 1) / 2
		if !t.heap[i].Expires.Before(t.heap[p].Expires) {
			return
		}
		t.swap(i, p)
		i = p
	}
}

func (t *Table) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(t.heap) {
			return
		}
		if c+1 < len(t.heap) && t.heap[c+1].Expires.Before(t.heap[c].Expires) {
			c++
		}
		if !t.heap[c].Expires.Before(t.heap[i].Expires) {
			return
		}
		t.swap(i, c)
		i = c
	}
}
