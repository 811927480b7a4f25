// Package capture reads and writes recorded traffic: pcap and pcapng files, and
// SIP mirrored by HEP.
//
// A Source hands out Items one by one in the order of the file or of arrival:
// SIP messages cut out of datagrams, TCP streams and WebSocket frames, RTP and
// RTCP packets, ports that were closed, gaps where something was lost. It keeps
// no more of the traffic than it needs to put fragments and segments together,
// within the bounds of Options.
//
// Nouns: Source, Item, Agent (who captured), Reader (a file as a Source),
// Listener (HEP senders as a Source), Sender (what came from one of them),
// HEPDecoder, Mirror (items sent as HEP), Writer and Record (captures written).
//
// Read: pcap with microseconds or nanoseconds in either byte order, pcapng,
// either in gzip; Ethernet, Linux cooked (both versions), raw IP, loopback, PPP,
// Cisco HDLC, what Wireshark exported; VLAN, QinQ, MPLS, PPPoE, IP in IP, GRE,
// VXLAN; fragments of IPv4 and IPv6; UDP, TCP, WebSocket (RFC 6455, RFC 7118) in
// clear; HEP v1, v2 and v3, also inside a capture file. SIP is told by its start
// line (RFC 3261 section 7), whatever the port.
//
// Not read: what is encrypted, SIP over SCTP, 802.11 frames, compressed WebSocket
// messages. The package judges nothing: who belongs to which call, and what two
// agents saw twice, is the work of analyse.
package capture
