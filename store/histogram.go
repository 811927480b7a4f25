package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// A histogram counts times in milliseconds in classes whose width is at most
// 1/32 of the time; below 64 ms each has its own. Histograms of parts add up to
// that of the whole, which lists of quantiles do not.
type histogram struct {
	classes []class // in order
	most    int64   // the longest time
}

// A class is how many times fell into one class.
type class struct {
	number uint32
	count  int64
}

// longestTime is the longest time that is told from longer ones, in
// milliseconds: about 12 days.
const longestTime = 1<<30 - 1

func classOf(ms int64) uint32 {
	ms = max(0, min(ms, longestTime))
	if ms < 32 {
		return uint32(ms)
	}
	shift := bits.Len64(uint64(ms)) - 6
	return uint32(32*shift) + uint32(ms>>shift)
}

// top is the longest time of a class.
func top(number uint32) int64 {
	if number < 64 {
		return int64(number)
	}
	shift := number/32 - 1
	return int64(number%32+33)<<shift - 1
}

// add counts one time.
func (h *histogram) add(ms int64) {
	h.count(classOf(ms), 1)
	h.most = max(h.most, min(ms, longestTime))
}

func (h *histogram) count(number uint32, n int64) {
	at, found := slices.BinarySearchFunc(h.classes, number, func(c class, number uint32) int { return cmp.Compare(c.number, number) })
	if !found {
		h.classes = slices.Insert(h.classes, at, class{number: number})
	}
	h.classes[at].count += n
}

// merge adds what another counted: both are in order, so it goes through them side
// by side, from the end, where there is room for the classes that are missing.
func (h *histogram) merge(o *histogram) {
	h.most = max(h.most, o.most)
	missing, i := 0, 0
	for _, c := range o.classes {
		for i < len(h.classes) && h.classes[i].number < c.number {
			i++
		}
		if i == len(h.classes) || h.classes[i].number != c.number {
			missing++
		}
	}
	i = len(h.classes) - 1
	h.classes = append(h.classes, o.classes[:missing]...) // room: what stands there is written over
	for j, k := len(o.classes)-1, len(h.classes)-1; j >= 0; k-- {
		switch {
		case i >= 0 && h.classes[i].number > o.classes[j].number:
			h.classes[k] = h.classes[i]
			i--
		case i >= 0 && h.classes[i].number == o.classes[j].number:
			h.classes[k] = class{o.classes[j].number, h.classes[i].count + o.classes[j].count}
			i, j = i-1, j-1
		default:
			h.classes[k] = o.classes[j]
			j--
		}
	}
}

// quantiles are by nearest rank: the class of the time number ceil(q*n) in
// order, of which the longest time is told, and never more than was seen.
func (h *histogram) quantiles() Quantiles {
	var q Quantiles
	for _, c := range h.classes {
		q.Calls += c.count
	}
	if q.Calls == 0 {
		return q
	}
	at := func(percent int64) int64 {
		rank := (q.Calls*percent + 99) / 100
		for _, c := range h.classes {
			if rank -= c.count; rank <= 0 {
				return min(top(c.number), h.most)
			}
		}
		return h.most
	}
	q.P50, q.P90, q.P95, q.P99 = at(50), at(90), at(95), at(99)
	return q
}

// appendTo writes the longest time and the classes, each as its distance from the
// one before.
func (h *histogram) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(h.most))
	b = binary.AppendUvarint(b, uint64(len(h.classes)))
	last := uint32(0)
	for _, c := range h.classes {
		b = binary.AppendUvarint(b, uint64(c.number-last))
		b = binary.AppendUvarint(b, uint64(c.count))
		last = c.number
	}
	return b
}

var errSums = errors.New("store: the sums of a rollup cannot be read")

// readFrom reads what appendTo wrote, in the place of what it held, and returns
// what follows it.
func (h *histogram) readFrom(b []byte) ([]byte, error) {
	h.classes = h.classes[:0]
	most, size := binary.Uvarint(b)
	if size <= 0 || most > longestTime {
		return nil, errSums
	}
	b = b[size:]
	h.most = int64(most)
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)) {
		return nil, errSums
	}
	b = b[size:]
	number := uint64(0)
	for i := range n {
		step, size := binary.Uvarint(b)
		if size <= 0 || step == 0 && i > 0 {
			return nil, errSums
		}
		b = b[size:]
		count, size := binary.Uvarint(b)
		if number += step; size <= 0 || number > uint64(classOf(longestTime)) {
			return nil, errSums
		}
		b = b[size:]
		h.classes = append(h.classes, class{uint32(number), int64(count)})
	}
	return b, nil
}
