package exchange

import (
	"sync"
	"sync/atomic"
	"time"

	"onhook/sip"
	"onhook/wire"
)

// maxCommands bounds how many commands wait.
const maxCommands = 1024

// maxTurn bounds how many packets the loop takes in one turn, so that what
// else waits, and what is to be sent, does not wait for all of a flood.
const maxTurn = 256

// A Packet is one datagram, or one message framed from a stream.
type Packet = wire.Packet

// An answer is what the world says to something that was asked of it: it is never dropped.
type answer struct {
	sendFailed bool
	flow       sip.Flow
	ref        uint64
	err        error
	stored     *live           // the record of this call is durable, or err says why not
	do         func(*Exchange) // anything else
}

// A command is asked by another goroutine and done in the loop, unless whoever
// gave it withdrew it before.
type command struct {
	do    func(*Exchange)
	taken atomic.Bool // by the loop, which then does it, or by who withdrew it
	done  chan error  // capacity 1: nil once it was done
}

func newCommand(do func(*Exchange)) *command {
	return &command{do: do, done: make(chan error, 1)}
}

// mailbox is where other goroutines leave what the loop shall see. Its mutex
// is the only lock of signalling. Lanes are drained in the order of the fields.
type mailbox struct {
	mu       sync.Mutex
	answers  []answer
	commands []*command
	packets  backlog
	dropped  uint64
	closed   bool
	wake     chan struct{} // capacity 1
	now      func() time.Time
	more     bool                 // the last take has left some; the loop's own
	outside  map[uint64]time.Time // streams whose batches there was no room for, and since when
}

func (b *mailbox) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Packets hands over a batch, in order. It reports false if there is no room:
// the batch of a stream is then to be handed over again. Of datagrams as many as
// there is room for are taken, and the others are lost and counted.
func (b *mailbox) Packets(batch []Packet) bool {
	b.mu.Lock()
	idle := b.packets.empty()
	n := b.takeIn(batch)
	b.mu.Unlock()
	if n > 0 && idle {
		b.signal()
	}
	return n > 0 || len(batch) == 0
}

// takeIn takes what there is room for and returns how many packets that are.
func (b *mailbox) takeIn(batch []Packet) (taken int) {
	if b.closed || len(batch) == 0 {
		return 0
	}
	at := b.time()
	if f := &batch[0].Flow; f.Transport.Reliable() {
		size := 0
		for i := range batch {
			size += len(batch[i].Data) + onePacket
		}
		since, waits := b.outside[f.Conn]
		if !b.packets.room(*f, size) {
			if !waits {
				if b.outside == nil {
					b.outside = map[uint64]time.Time{}
				}
				b.outside[f.Conn] = at
			}
			return 0
		}
		if waits {
			at = since
			delete(b.outside, f.Conn)
		}
	}
	for i := range batch {
		if b.packets.add(item{Packet: batch[i], at: at}) {
			taken++
		} else {
			b.dropped++
		}
	}
	return taken
}

// flowDown takes the end of a flow, behind what came by it.
func (b *mailbox) flowDown(flow sip.Flow, err error) {
	b.mu.Lock()
	if !b.closed {
		b.packets.add(item{Packet: Packet{Flow: flow}, down: true, err: err, at: b.time()})
		delete(b.outside, flow.Conn)
	}
	b.mu.Unlock()
	b.signal()
}

func (b *mailbox) answer(a answer) {
	b.mu.Lock()
	if !b.closed {
		b.answers = append(b.answers, a)
	}
	b.mu.Unlock()
	b.signal()
}

func (b *mailbox) command(c *command) error {
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

// time is when what is being handed over came, as its reader knows it.
func (b *mailbox) time() time.Time {
	if b.now == nil {
		return time.Time{}
	}
	return b.now()
}

// take exchanges the full lanes for empty ones; of packets it gives a turn's
// share, and wakes the loop again if more are there.
func (b *mailbox) take(a []answer, c []*command, p []item) ([]answer, []*command, []item) {
	b.mu.Lock()
	a, b.answers = b.answers, a[:0]
	c, b.commands = b.commands, c[:0]
	p = b.packets.take(p[:0], maxTurn)
	b.more = !b.packets.empty()
	b.mu.Unlock()
	if b.more {
		b.signal()
	}
	return a, c, p
}

// oldest is when the first of the packets that wait came; zero: none waits.
func (b *mailbox) oldest() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.packets.arrivals.oldest()
	for _, since := range b.outside {
		if t.IsZero() || since.Before(t) {
			t = since
		}
	}
	return t
}

func (b *mailbox) close() []*command {
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
