package call

import "math"

// mostLegs is from how many legs on a call calls nobody more: a LegID has 16 bits, and
// what is under way may still fork, forward or be joined with another call. A queue
// whose agents refuse at once gets there in hours; its caller waits on.
const mostLegs = math.MaxUint16 - 5000

// full tells whether the numbers of legs run out.
func (c *Call) full() bool { return len(c.legs) >= mostLegs }
