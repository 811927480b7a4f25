// Relay measures what relaying RTP costs: CPU microseconds a packet, calls a core, loss, added latency and memory, over loopback.
//
// It starts itself a second time as the relay (package media), so that the relay's CPU time, read from /proc, is apart from that of the
// two sides that send and receive: N calls, each two parties that send a G.711 packet of 172 bytes every 20 ms.
//
//	go run -C bench ./relay -calls 1000 -time 10s
//
// With -pairs it loads another relay instead: a file of lines "addressA addressB", the relay's two ports of each call, with
// parties on ports from -port on (call i: port+4i and port+4i+2); -pid names the process whose CPU time is read.
package main
