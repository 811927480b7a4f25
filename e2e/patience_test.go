package e2e

import "time"

// slower is how many times slower than the machine that limits are measured on
// another may be, with the race detector and much else to do. A limit only ends
// what would hang: no test expects anything to be fast.
const slower = 6

// patient is a limit for any machine.
func patient(d time.Duration) time.Duration { return slower * d }
