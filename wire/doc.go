// Package wire carries SIP messages between the network and the loop of signalling.
//
// A Wire owns the sockets: UDP, read and written a batch at a time, and the
// connections of stream transports, each with the goroutine that frames it.
// What arrives goes to a Handler, in the order of its flow; what is sent is
// queued and never waits for the network. A message that could not be sent is
// told with the reference that it was given, also when only an ICMP message
// says so, so that the next target can be tried at once (RFC 3261 section 18.4).
//
// A Resolver finds where to send by RFC 3263: NAPTR, SRV, A and AAAA.
//
// Nouns: Wire, Handler, Packet, Local, Listen, Limits, Counters, Resolver, Target.
// RFC 3261 section 18, RFC 3263, RFC 2782 (weights), RFC 5626 section 4.4.1
// (keep-alive), RFC 2308 (negative caching), RFC 8767 (stale answers).
//
// The package does not read messages beyond what frames them; transactions
// and retransmission are not its matter.
package wire
