// Relay measures what relaying RTP costs: CPU microseconds a packet, calls a core, loss, added latency and memory, over loopback,
// beside Debian's rtpengine in user space, in turn.
//
// It starts itself a second time as the relay (package media), so that the relay's CPU time, read from /proc, is apart from that of the
// two sides that send and receive: N calls, each two parties that send a G.711 packet of 172 bytes every 20 ms. Each relay is pinned to the
// first core, where there is taskset.
//
//	taskset -c 1 go run -C bench ./relay -calls 500 -time 10s
package main
