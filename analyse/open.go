package analyse

import (
	"hash/maphash"
	"time"

	"onhook/outcome"
)

// An open is a call that is not handed out yet: its legs, and its place in a
// queue of calls that wait alike.
type open struct {
	legs    []*leg
	room    [1]*leg
	seed    maphash.Seed
	queue   *queue
	prev    *open
	next    *open
	touched int64
	script  script
	whole   string // the script, when the call was taken out
	gaps    int    // gaps of the capture when it began
	offset  int64
	ended   ending
	now     int64 // the analyser's clock when it was taken out

	id        string            // once another call knows it
	related   []relation        // with calls that may be open
	relatives []outcome.Related // when the call was taken out
}

// An ending says why a call was handed out.
type ending uint8

const (
	byRules   ending = iota // its end was seen, or it was silent for longer than any timer runs
	byLimit                 // too many were open
	byCapture               // the capture was over
	byJump                  // the clock jumped
)

// A queue holds calls that are given up after the same silence, the longest
// silent first.
type queue struct {
	after      time.Duration
	head, tail *open
	n          int
}

func (q *queue) push(c *open) {
	c.queue, c.prev, c.next = q, q.tail, nil
	if q.tail != nil {
		q.tail.next = c
	} else {
		q.head = c
	}
	q.tail = c
	q.n++
}

func (c *open) unlink() {
	q := c.queue
	if q == nil {
		return
	}
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		q.head = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		q.tail = c.prev
	}
	c.queue, c.prev, c.next = nil, nil, nil
	q.n--
}

// root is the caller's leg: the one that goes on from no other.
func (c *open) root() *leg {
	var best *leg
	for _, l := range c.legs {
		if l.up == nil && (best == nil || l.first < best.first) {
			best = l
		}
	}
	if best == nil {
		return c.legs[0]
	}
	return best
}

// The silences after which a call is taken as over. That of an answered call is
// long: a call without session timers sends nothing while two people talk.
const (
	silentRinging = 10 * time.Minute
	silentTrying  = 190 * time.Second // RFC 3261 section 16.6: timer C is more than 3 minutes
	silentUp      = 6 * time.Hour
)
