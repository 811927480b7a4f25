package phone

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestListenGivenUp: what is still being heard is not the caller's.
func TestListenGivenUp(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	out, in := connect(t, ctx, a, b)
	over, cancel := context.WithCancel(ctx)
	played := make(chan error, 1)
	go func() {
		played <- in.Play(ctx, make([]int16, 4000))
		cancel()
	}()
	pcm, err := out.Listen(over, 10*time.Second)
	if !errors.Is(err, context.Canceled) || pcm != nil {
		t.Errorf("got %d samples, %v, want none and that it was cancelled", len(pcm), err)
	}
	ok(t, <-played)
	ok(t, out.Hangup(ctx))
	ended(t, ctx, in)
}
