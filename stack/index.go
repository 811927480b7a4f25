package stack

import "onhook/txn"

// An index finds transactions by their keys. The keys are hashes already, so a cell
// is looked for from the place that its key names onwards, and what is taken out
// leaves no trace: under steady change it keeps its size, where a map grows by what
// was deleted, and after a peak it gives the room back.
type index struct {
	cells []cell // a power of two of them, or none
	n     int
}

// A cell is empty where its id is 0, which no transaction has.
type cell struct {
	key key
	id  txn.ID
}

const leastCells = 64

func (x *index) home(k key) int { return int(k[0]) & (len(x.cells) - 1) }

// find is where a key is, or the empty cell where it would be.
func (x *index) find(k key) int {
	i := x.home(k)
	for x.cells[i].id != 0 && x.cells[i].key != k {
		i = (i + 1) & (len(x.cells) - 1)
	}
	return i
}

// get returns the transaction of a key; 0: there is none.
func (x *index) get(k key) txn.ID {
	if x.n == 0 {
		return 0
	}
	return x.cells[x.find(k)].id
}

// set notes a transaction, in place of another of the same key.
func (x *index) set(k key, id txn.ID) {
	if 4*(x.n+1) > 3*len(x.cells) {
		x.resize(max(leastCells, 2*len(x.cells)))
	}
	c := &x.cells[x.find(k)]
	if c.id == 0 {
		x.n++
	}
	*c = cell{k, id}
}

// drop forgets a key if it is that transaction's.
func (x *index) drop(k key, id txn.ID) {
	if x.n == 0 || id == 0 {
		return
	}
	i := x.find(k)
	if x.cells[i].id != id {
		return
	}
	x.n--
	if len(x.cells) > leastCells && 8*x.n < len(x.cells) {
		x.cells[i].id = 0
		x.resize(len(x.cells) / 2)
		return
	}
	// Those behind that would be found no more move up.
	mask := len(x.cells) - 1
	for j := (i + 1) & mask; x.cells[j].id != 0; j = (j + 1) & mask {
		if (j-x.home(x.cells[j].key))&mask >= (j-i)&mask {
			x.cells[i], i = x.cells[j], j
		}
	}
	x.cells[i] = cell{}
}

func (x *index) resize(n int) {
	old := x.cells
	x.cells = make([]cell, n)
	for _, c := range old {
		if c.id != 0 {
			x.cells[x.find(c.key)] = c
		}
	}
}
