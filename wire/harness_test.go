package wire

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"onhook/sip"
)

// A failed is what SendFailed told.
type failed struct {
	flow sip.Flow
	ref  uint64
	err  error
}

// An inbox is a Handler that keeps what it is told.
type inbox struct {
	mu      sync.Mutex
	cond    *sync.Cond
	full    bool
	refused int
	packets []Packet
	batches int
	down    []failed
	failed  []failed
	log     []string // "packet", "down", "failed", in order
}

func newInbox() *inbox {
	b := &inbox{}
	b.cond = sync.NewCond(&b.mu)
	return b
}

func (b *inbox) Packets(batch []Packet) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.cond.Broadcast()
	if b.full {
		b.refused++
		return false
	}
	b.batches++
	for _, p := range batch {
		b.packets = append(b.packets, p)
		b.log = append(b.log, "packet")
	}
	return true
}

func (b *inbox) FlowDown(flow sip.Flow, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = append(b.down, failed{flow: flow, err: err})
	b.log = append(b.log, "down")
	b.cond.Broadcast()
}

func (b *inbox) SendFailed(flow sip.Flow, ref uint64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = append(b.failed, failed{flow, ref, err})
	b.log = append(b.log, "failed")
	b.cond.Broadcast()
}

// patience is how long a starved machine may take for what is to happen.
const patience = 2 * time.Minute

// wait returns when the condition holds; it fails the test when patience ends.
func (b *inbox) wait(t *testing.T, what string, cond func() bool) {
	t.Helper()
	late := false
	timer := time.AfterFunc(patience, func() {
		b.mu.Lock()
		late = true
		b.mu.Unlock()
		b.cond.Broadcast()
	})
	defer timer.Stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	for !cond() {
		if late {
			t.Fatalf("waited in vain for %s; have %d packets, %d down, %d failed", what, len(b.packets), len(b.down), len(b.failed))
		}
		b.cond.Wait()
	}
}

func (b *inbox) waitPackets(t *testing.T, n int) []Packet {
	t.Helper()
	b.wait(t, "packets", func() bool { return len(b.packets) >= n })
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Packet(nil), b.packets...)
}

func (b *inbox) waitFailed(t *testing.T, n int) []failed {
	t.Helper()
	b.wait(t, "failures", func() bool { return len(b.failed) >= n })
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]failed(nil), b.failed...)
}

func (b *inbox) waitDown(t *testing.T, n int) []failed {
	t.Helper()
	b.wait(t, "flows down", func() bool { return len(b.down) >= n })
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]failed(nil), b.down...)
}

var (
	loopback4 = netip.MustParseAddrPort("127.0.0.1:0")
	loopback6 = netip.MustParseAddrPort("[::1]:0")
)

// needIPv6 skips the test of an IPv6 address on a machine without, as many a container is.
func needIPv6(t *testing.T, addr netip.AddrPort) {
	t.Helper()
	if !addr.Addr().Is6() {
		return
	}
	c, err := net.ListenPacket("udp", "[::1]:0")
	if err != nil {
		t.Skip("needs IPv6 on loopback")
	}
	_ = c.Close()
}

func open(t testing.TB, b Handler, l Limits, listen ...Listen) *Wire {
	t.Helper()
	w, err := Open(Options{Listen: listen, Handler: b, Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	w.Start()
	return w
}
