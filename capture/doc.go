// Package capture reads and writes recorded traffic: pcap and pcapng files, and
// SIP mirrored by HEP.
//
// A Source hands out Items one by one in the order of the file or of arrival:
// SIP messages cut out of datagrams, TCP streams and WebSocket frames, RTP and
// RTCP packets, ports that were closed, gaps where something was lost. It keeps
// no more of the traffic than it needs to put fragments and segments together.
//
// Nouns: Source, Item, Agent (who captured). Formats: pcap, pcapng, HEP v2 and
// v3, RFC 3261 section 18.3 (framing), RFC 7118 (WebSocket).
//
// The package judges nothing: who belongs to which call is the work of analyse.
package capture
