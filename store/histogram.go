package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// A histogram counts times in milliseconds in classes whose width is at most
// 1/64 of the time; below 128 ms each has its own. Histograms of parts add up to
// that of the whole, which lists of quantiles do not.
type histogram struct {
	classes []class
	most    int64 // the longest time
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
	if ms < 64 {
		return uint32(ms)
	}
	shift := bits.Len64(uint64(ms)) - 7
	return uint32(64*shift) + uint32(ms>>shift)
}

// top is the longest time of a class.
func top(number uint32) int64 {
	if number < 128 {
		return int64(number)
	}
	shift := number/64 - 1
	return int64(number%64+65)<<shift - 1
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

// merge adds what another counted.
func (h *histogram) merge(o *histogram) {
	for _, c := range o.classes {
		h.count(c.number, c.count)
	}
	h.most = max(h.most, o.most)
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

// mergeFrom adds what appendTo wrote, and returns what follows it.
func (h *histogram) mergeFrom(b []byte) ([]byte, error) {
	most, size := binary.Uvarint(b)
	if size <= 0 || most > longestTime {
		return nil, errSums
	}
	b = b[size:]
	h.most = max(h.most, int64(most))
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)) {
		return nil, errSums
	}
	b = b[size:]
	number := uint64(0)
	for range n {
		step, size := binary.Uvarint(b)
		if size <= 0 {
			return nil, errSums
		}
		b = b[size:]
		count, size := binary.Uvarint(b)
		if number += step; size <= 0 || number > uint64(classOf(longestTime)) {
			return nil, errSums
		}
		b = b[size:]
		h.count(uint32(number), int64(count))
	}
	return b, nil
}
