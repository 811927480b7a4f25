package demo

import (
	"context"
	"sync"
)

// A gate is where one scene's party waits for what another has done.
type gate struct {
	once   *sync.Once
	opened chan struct{}
}

func newGate() gate { return gate{new(sync.Once), make(chan struct{})} }

// open lets all pass who wait, and who come later. It may be called again.
func (g gate) open() { g.once.Do(func() { close(g.opened) }) }

// wait waits until the gate is open.
func (g gate) wait(ctx context.Context) error {
	select {
	case <-g.opened:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
