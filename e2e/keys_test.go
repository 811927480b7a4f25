package e2e

import (
	"fmt"
	"testing"
	"time"

	"onhook/media"
	"onhook/phone"
)

// A phone that knows no telephone-event hears the keys of a caller whom a menu has led to it: as tones.
func TestKeysReachAPhoneWithoutTelephoneEvents(t *testing.T) {
	t.Parallel()
	o := newMenu(t)
	o.patient()
	o.must(o.phones["101"].Close())
	p, err := phone.New(phone.Options{User: "101", Password: "secret-of-101", Domain: "example.com", Server: o.udp, T1: 100 * time.Millisecond, Codecs: []string{"PCMA"}, Tones: true})
	o.must(err)
	t.Cleanup(func() { _ = p.Close() })
	o.phones["101"] = p
	o.must(p.Register(o.ctx))
	a := o.reaches("100", "700")
	o.must(a.Digits(o.ctx, "1"))
	b := o.answers("101")
	o.must(a.WaitAnswered(o.ctx))
	stop, pressed := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				pressed <- nil
				return
			default:
			}
			if err := a.Digits(o.ctx, "5"); err != nil {
				pressed <- err
				return
			}
		}
	}()
	best := 0.0
	eventually(t, 20*time.Second, func() bool {
		pcm, err := b.Listen(o.ctx, 400*time.Millisecond)
		o.must(err)
		for ; len(pcm) >= 480; pcm = pcm[160:] { // half of a key
			best = max(best, min(media.Goertzel(pcm[:480], 770), media.Goertzel(pcm[:480], 1336)))
		}
		return best > 0.3
	}, func() string { return fmt.Sprintf("770 and 1336 Hz have a share of %.2f each at best", best) })
	close(stop)
	o.must(<-pressed)
	o.hangsUp(a, b)
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, o.record())
}
