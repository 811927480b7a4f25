package txn

import "time"

// Timers are the base values of RFC 3261 section 17 (table 4); every timer A to M follows from them.
type Timers struct {
	T1 time.Duration // round-trip estimate: 500 ms
	T2 time.Duration // longest interval between repetitions: 4 s
	T4 time.Duration // longest life of a message in the network: 5 s
}

// RFC is the timers with the values of RFC 3261.
func RFC() Timers {
	return Timers{T1: 500 * time.Millisecond, T2: 4 * time.Second, T4: 5 * time.Second}
}

// Scaled returns the timers for another T1, all in the RFC's proportion.
func Scaled(t1 time.Duration) Timers {
	return Timers{T1: t1, T2: 8 * t1, T4: 10 * t1}
}
