package exchange

import "time"

// arrivals are the times at which what waits came, oldest first. What came at
// one time is one arrival.
type arrivals struct {
	list  []arrivedAt
	first int    // in list
	taken uint64 // arrivals that are no longer in list
}

type arrivedAt struct {
	at   time.Time
	left int // how much of it waits
}

// add notes that something came, and returns the number of its arrival. Where
// what came later is noted already, it counts as an arrival before that.
func (a *arrivals) add(at time.Time) uint64 {
	i := len(a.list) - 1
	if i < a.first || a.list[i].at.Before(at) {
		a.list = append(a.list, arrivedAt{at: at})
		i++
	}
	for i > a.first && a.list[i].at.After(at) {
		i--
	}
	if a.list[i].at.After(at) {
		a.list[i].at = at
	}
	a.list[i].left++
	return a.taken + uint64(i-a.first)
}

// take notes that something of that arrival waits no longer.
func (a *arrivals) take(number uint64) {
	a.list[a.first+int(number-a.taken)].left--
	for a.first < len(a.list) && a.list[a.first].left == 0 {
		a.first++
		a.taken++
	}
	switch left := len(a.list) - a.first; {
	case left == 0 && cap(a.list) > 1024:
		a.list, a.first = nil, 0 // a flood's room is given back
	case left == 0:
		a.list, a.first = a.list[:0], 0
	case a.first >= 1024 && a.first >= left:
		a.list = a.list[:copy(a.list, a.list[a.first:])]
		a.first = 0
	}
}

// oldest is when the first of what waits came; zero: nothing waits.
func (a *arrivals) oldest() time.Time {
	if a.first == len(a.list) {
		return time.Time{}
	}
	return a.list[a.first].at
}
