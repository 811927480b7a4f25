package phone

import (
	"context"
	"sync"
	"sync/atomic"

	"onhook/sip"
	"onhook/stack"
	"onhook/wire"
)

// mailbox is where other goroutines leave work for the phone's own; the one
// lock of its signalling.
type mailbox struct {
	mu     sync.Mutex
	work   []func()
	closed bool
	wake   chan struct{} // capacity 1
}

// post leaves work; it reports false after the phone's end.
func (b *mailbox) post(f func()) bool {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return false
	}
	b.work = append(b.work, f)
	b.mu.Unlock()
	b.signal()
	return true
}

func (b *mailbox) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *mailbox) take() []func() {
	b.mu.Lock()
	w := b.work
	b.work = nil
	b.mu.Unlock()
	return w
}

func (b *mailbox) close() {
	b.mu.Lock()
	b.closed, b.work = true, nil
	b.mu.Unlock()
}

// do runs f in the phone's goroutine and waits until it has. With an error f was
// not done and will not be: what it would have written is the caller's alone.
func (p *Phone) do(ctx context.Context, f func()) error {
	done := make(chan struct{})
	var taken atomic.Bool // by the phone's goroutine, or by us, who withdraw it
	if !p.box.post(func() {
		if taken.CompareAndSwap(false, true) {
			f()
			close(done)
		}
	}) {
		return ErrClosed
	}
	end := ctx.Done()
	for {
		select {
		case <-done:
			return nil
		case <-p.gone:
			select {
			case <-done:
				return nil
			default:
				return ErrClosed
			}
		case <-end:
			if taken.CompareAndSwap(false, true) {
				return ctx.Err()
			}
			end = nil // it is being done
		}
	}
}

// handler is what the wire tells, put into the mailbox.
type handler struct{ p *Phone }

// Packets takes a batch from the wire.
func (h handler) Packets(batch []wire.Packet) bool {
	kept := append([]wire.Packet(nil), batch...)
	return h.p.box.post(func() {
		for _, k := range kept {
			h.p.packet(k)
		}
	})
}

// FlowDown takes the end of a stream.
func (h handler) FlowDown(flow sip.Flow, err error) {
	h.p.box.post(func() { h.p.feed(stack.Input{Kind: stack.InFlowDown, Flow: flow, Err: err}) })
}

// SendFailed takes what could not be sent.
func (h handler) SendFailed(flow sip.Flow, ref uint64, err error) {
	h.p.box.post(func() { h.p.sendFailed(flow, ref, err) })
}
