package outcome

import "onhook/call"

// A contest is what the branches of a set rung in parallel came to.
type contest struct {
	set     uint16
	none    bool // it began with a leg that was no attempt: its branches do not count
	ended   bool // one of them has finished
	reached bool // the best one reached the callee
	leg     int  // the best one, among those of the round
	rank    int
	seq     uint32
}

// choose picks the attempt that decides (rules, section 6). A set rung in parallel
// counts as one attempt, with the result of its best branch.
func (s *scan) choose() (result, bool) { return s.chooseFrom(0) }

// chooseFrom is choose among the legs from this one on.
func (s *scan) chooseFrom(from call.LegID) (result, bool) {
	legs := s.attempts()
	for len(legs) > 0 && legs[0].id < from {
		legs = legs[1:]
	}
	var room [8]contest
	sets := s.contests(room[:0], legs)
	last, best := -1, -1 // the last set that has ended; the best of those that reached the callee
	for i := range sets {
		c := &sets[i]
		if !c.ended {
			continue
		}
		last = i
		if c.reached && (best < 0 || c.rank < sets[best].rank) {
			best = i
		}
	}
	if last < 0 {
		return result{}, false
	}
	r, _ := legs[sets[last].leg].result()
	if best < 0 {
		return r, true
	}
	// "the last attempt decides, unless an earlier one reached the callee and the
	// last one's status would be Unreachable or Call Failed"
	if status := StatusOf(r.reason, AnsweredNo, StageRouting); status == Unreachable || status == CallFailed {
		r, _ = legs[sets[best].leg].result()
	}
	return r, true
}

// contests appends the sets of the legs, in the order in which they began.
func (s *scan) contests(sets []contest, legs []legState) []contest {
	highest := uint16(0)
	for i := range legs {
		l := &legs[i]
		attempt := s.isAttempt(l)
		if !attempt && l.set == 0 {
			continue
		}
		at := len(sets)
		if l.set != 0 && l.set <= highest {
			// Sets count up: mostly it is one of the last.
			for at--; at >= 0 && sets[at].set != l.set; at-- {
			}
		}
		if at < 0 || at == len(sets) {
			at = len(sets)
			sets = append(sets, contest{set: l.set, none: !attempt})
		}
		highest = max(highest, l.set)
		if attempt {
			sets[at].take(i, l)
		}
	}
	return sets
}

// take lets a branch compete: among equals the first received wins.
func (c *contest) take(i int, l *legState) {
	if l.replaced || c.none {
		// RFC 5626 section 7 has the failed branch replaced "with another target [...] with the
		// same AOR and instance-id": what its phone says by that one counts.
		return
	}
	r, finished := l.result()
	if finished && (!c.ended || r.rank < c.rank || r.rank == c.rank && r.at.seq < c.seq) {
		c.ended, c.reached, c.leg, c.rank, c.seq = true, r.reached, i, r.rank, r.at.seq
	}
}
