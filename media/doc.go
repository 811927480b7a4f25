// Package media carries the sound of calls: RTP and RTCP sockets, the relay between two legs, and legs that end here (echo test, prompts,
// recording, digits). It knows addresses, codecs and directions, but no SIP: package exchange joins the two.
//
// The nouns:
//
//   - [Engine]: owns ports, workers and legs. All its methods may be called from any goroutine; none waits for the network.
//   - [LegID] and [Config]: one side of a call, with a pair of ports, and what signalling decided about it.
//   - [Event]: what a worker has to say (latched, silent, one-way, a digit, a prompt's end), collected by [Engine.Events].
//   - [Source] and [Sink]: what a leg plays and where its sound is kept; [Clip] and [Buffer] are the ones in memory.
//   - [Audio]: samples as read from and written to WAV files.
//
// A worker is one goroutine that owns its legs. Control reaches it as closures in its mailbox, so that a packet meets no lock, no channel
// and no allocation. On Linux a worker waits in epoll and uses raw sockets, connected once the peer's address is sure; elsewhere (or with
// the build tag portable) it is net.UDPConn behind the same few functions.
//
// The stream that leaves a leg is one stream for as long as the leg lives: SSRC, sequence numbers and timestamps carry on when its sound
// comes from somewhere else, with the marker bit at the seam (RFC 3550 section 5.1, RFC 3551 section 4.1).
//
// Specifications: RFC 3550 (RTP, RTCP), RFC 3551 (audio profile), RFC 4733 (telephone events), RFC 4961 (symmetric RTP), RFC 5761 (RTCP on
// the RTP port), RFC 7362 in spirit (latching), ITU-T G.711.
//
// Not here: SRTP, ICE, conference mixing, resampling, any codec but G.711 (others pass through untouched), detection of digits as tones.
package media
