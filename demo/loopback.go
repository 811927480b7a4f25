package demo

import (
	"crypto/rand"
	"errors"
	"net"
	"net/netip"
)

// loopback is a free port of the loopback address.
func loopback() netip.AddrPort { return netip.MustParseAddrPort("127.0.0.1:0") }

// ownAddress is an address of the loopback network that nobody else is likely
// to use, so that a port which is closed there stays closed, and one which is
// free stays free. Where a system has none but 127.0.0.1, it is that.
func ownAddress() netip.Addr {
	for range 10 {
		var b [3]byte
		_, _ = rand.Read(b[:]) // it never fails
		a := netip.AddrFrom4([4]byte{127, 64 | b[0]&63, b[1], max(1, b[2]&^128)})
		c, err := net.ListenPacket("udp", netip.AddrPortFrom(a, 0).String())
		if err == nil {
			c.Close()
			return a
		}
	}
	return loopback().Addr()
}

// lowestPort and ports are where freePorts looks: below the ports that systems
// give to sockets which ask for none.
const lowestPort, ports = 10000, 20000

// freePorts finds so many UDP ports of an address in a row, from an even one, that nobody has now.
func freePorts(a netip.Addr, n int) (first uint16, err error) {
	for range 50 {
		var b [2]byte
		_, _ = rand.Read(b[:])
		first = lowestPort + (uint16(b[0])<<8|uint16(b[1]))%ports&^1
		if allFree(a, first, n) {
			return first, nil
		}
	}
	return 0, errors.New("demo: there are no UDP ports in a row that are free")
}

func allFree(a netip.Addr, first uint16, n int) bool {
	for i := range n {
		c, err := net.ListenPacket("udp", netip.AddrPortFrom(a, first+uint16(i)).String())
		if err != nil {
			return false
		}
		c.Close()
	}
	return true
}
