package phone

import (
	"context"
	"errors"
	"testing"
)

// TestACallThatWasGivenUpIsNotPlaced gives up before the phone's goroutine comes to it.
func TestACallThatWasGivenUpIsNotPlaced(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	busy, free := make(chan struct{}), make(chan struct{})
	a.box.post(func() {
		close(busy)
		<-free
	})
	<-busy
	over, cancel := context.WithCancel(ctx)
	cancel()
	c, err := a.Call(over, "bob")
	close(free)
	if c != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v, want no call and that it was cancelled", c, err)
	}
	calls := -1
	ok(t, a.do(ctx, func() { calls = len(a.calls) }))
	eq(t, "calls that nobody holds", calls, 0)
	connect(t, ctx, a, b)
}

// TestWhatHasBegunIsWaitedFor gives up while the phone's goroutine is at it:
// what it writes must not be read meanwhile.
func TestWhatHasBegunIsWaitedFor(t *testing.T) {
	ctx := testContext(t)
	a, _ := start(t, Options{User: "alice"})
	over, cancel := context.WithCancel(ctx)
	begun, free := make(chan struct{}), make(chan struct{})
	go func() {
		<-begun
		cancel()
		close(free)
	}()
	n := 0
	err := a.do(over, func() {
		close(begun)
		<-free
		for range 1000 {
			n++
		}
	})
	ok(t, err)
	eq(t, "what it wrote", n, 1000)
}
