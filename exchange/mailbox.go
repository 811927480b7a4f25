package exchange

import (
	"sync"

	"onhook/sip"
	"onhook/wire"
)

// maxPacketBytes bounds what waits to be read by the loop; beyond it packets are dropped and counted.
const maxPacketBytes = 16 << 20

// maxCommands bounds how many commands wait.
const maxCommands = 1024

// A Packet is one datagram, or one message framed from a stream.
type Packet = wire.Packet

// An answer is what the world says to something that was asked of it: it is never dropped.
type answer struct {
	flowDown   bool
	sendFailed bool
	flow       sip.Flow
	ref        uint64
	err        error
	stored     *live           // the record of this call is durable, or err says why not
	do         func(*Exchange) // anything else
}

// A command is asked by another goroutine and done in the loop.
type command struct {
	do   func(*Exchange)
	done chan struct{}
}

// mailbox is where other goroutines leave what the loop shall see. Its mutex
// is the only lock of signalling. Lanes are drained in the order of the fields.
type mailbox struct {
	mu       sync.Mutex
	answers  []answer
	commands []command
	packets  []Packet
	bytes    int
	dropped  uint64
	closed   bool
	wake     chan struct{} // capacity 1
}

func (b *mailbox) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Packets hands over a batch that arrived on a flow, in order. It reports
// false if the mailbox is full; of a datagram socket the batch is then lost.
func (b *mailbox) Packets(batch []Packet) bool {
	n := 0
	for i := range batch {
		n += len(batch[i].Data)
	}
	b.mu.Lock()
	ok := b.bytes+n <= maxPacketBytes && !b.closed
	first := len(b.packets) == 0
	if ok {
		b.packets = append(b.packets, batch...)
		b.bytes += n
	} else {
		b.dropped += uint64(len(batch))
	}
	b.mu.Unlock()
	if ok && first {
		b.signal()
	}
	return ok
}

func (b *mailbox) answer(a answer) {
	b.mu.Lock()
	if !b.closed {
		b.answers = append(b.answers, a)
	}
	b.mu.Unlock()
	b.signal()
}

func (b *mailbox) command(c command) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return ErrStopped
	case len(b.commands) >= maxCommands:
		return ErrBusy
	}
	b.commands = append(b.commands, c)
	b.signal()
	return nil
}

// take exchanges the full lanes for empty ones.
func (b *mailbox) take(a []answer, c []command, p []Packet) ([]answer, []command, []Packet) {
	b.mu.Lock()
	a, b.answers = b.answers, a[:0]
	c, b.commands = b.commands, c[:0]
	p, b.packets = b.packets, p[:0]
	b.bytes = 0
	b.mu.Unlock()
	return a, c, p
}

func (b *mailbox) close() []command {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	left := b.commands
	b.commands = nil
	return left
}

func (b *mailbox) droppedPackets() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dropped
}
