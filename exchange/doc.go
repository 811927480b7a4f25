// Package exchange is the loop: it owns the stack, the registrar and all
// calls, feeds them packets, commands and the time, and does what they say.
//
// Everything of signalling happens in one goroutine, in order; no state in it
// has a lock. Nouns: Exchange, Options, Wire, Media, Store (what it needs of
// the world), Command. What decides is in the pure packages below; what is
// here carries out.
//
// What waits for the loop is in a mailbox: answers, then commands, then packets.
// Packets keep the order of their flow, and flows take turns, so that a flood
// waits behind itself; who shows no credentials is answered and forgotten.
//
// Run drives it by real time; Turn is one turn of the loop, for a simulation
// that brings its own time.
package exchange
