package sim

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"onhook/app"
)

// A bubble joins the time of a world with that of a synctest bubble, in which
// its applications live: they have goroutines and timers of their own. While none
// is there the time of the bubble stands still; it catches up when one begins.
type bubble struct {
	w       *World
	began   time.Time
	running int32        // applications
	left    atomic.Int32 // applications that have returned and may still have to say so to the server
	timer   *time.Timer
}

// inBubble runs a seed in a bubble of its own.
func inBubble(t *testing.T, run runner) runner {
	return func(seed uint64, without ...string) (w *World, p plan, bad []string) {
		synctest.Test(t, func(*testing.T) { w, p, bad = run(seed, without...) })
		return w, p, bad
	}
}

// live has the applications of a world live in the bubble that this is called in.
func (w *World) live() *bubble {
	b := &bubble{w: w, began: time.Now(), timer: time.NewTimer(time.Hour)}
	w.Settle, w.Net.Pass = b.settle, b.pass
	return b
}

// count has an application counted while it runs. It is about to begin.
func (b *bubble) count(a app.App) app.App {
	if a == nil {
		return nil
	}
	b.catchUp()
	b.running++
	return counted{a, b}
}

// catchUp has the time of the bubble be that of the network.
func (b *bubble) catchUp() { time.Sleep(b.w.Net.Now.Sub(b.now())) }

type counted struct {
	app.App
	b *bubble
}

// Run runs it.
func (c counted) Run(s app.Session) error {
	defer c.b.left.Add(1)
	return c.App.Run(s)
}

// now is the time of the bubble as the network's clock says it.
func (b *bubble) now() time.Time { return Epoch.Add(time.Since(b.began)) }

// rest waits until nobody can do anything now. Only then is gone who has left: between
// its return and its last word to the server an application may stand still.
func (b *bubble) rest() {
	synctest.Wait()
	b.running -= b.left.Swap(0)
}

// settle lets the applications do what they can now.
func (b *bubble) settle() {
	for b.running > 0 {
		b.rest()
		select {
		case <-b.w.Server.Wake():
			b.w.Server.Turn(b.w.Net.Now)
		default:
			return
		}
	}
}

// pass sleeps until to, or until an application wants something of the server.
func (b *bubble) pass(to time.Time) (time.Time, Node) {
	if b.running == 0 {
		select {
		case <-b.w.Server.Wake():
			return b.w.Net.Now, b.w.node
		default:
			return to, nil
		}
	}
	b.timer.Reset(to.Sub(b.now()))
	select {
	case <-b.w.Server.Wake():
		return b.now(), b.w.node
	case <-b.timer.C:
		b.rest() // whoever has slept until now as well
		return to, nil
	}
}

// over tells of applications that have outlived their calls, and ends them.
func (b *bubble) over() (bad []string) {
	b.rest()
	if b.running > 0 {
		bad = append(bad, fmt.Sprintf("left over: %d applications", b.running))
	}
	b.w.Server.Stop()
	b.w.Server.Run()
	synctest.Wait()
	return bad
}
