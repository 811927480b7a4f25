package demo

import (
	"net"
	"net/netip"
	"testing"
)

func TestFreePortsPassesOverThoseInUse(t *testing.T) {
	a := ownAddress()
	if !a.IsLoopback() {
		t.Fatalf("got %s: nothing of the demonstration may leave this machine", a)
	}
	first, err := freePorts(a, 4)
	if err != nil {
		t.Fatal(err)
	}
	if first%2 != 0 {
		t.Errorf("got %d: RTP ports begin with an even one", first)
	}
	c, err := net.ListenPacket("udp", netip.AddrPortFrom(a, first+3).String())
	if err != nil {
		t.Fatalf("the port is free no longer: %v", err)
	}
	defer c.Close()
	if allFree(a, first, 4) {
		t.Error("the last of them is in use")
	}
}
