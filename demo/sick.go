package demo

import (
	"context"
	"strings"
	"sync"

	"onhook/phone"
)

// A sickTrunk is a carrier that answers every question whether it is there by
// 503, so that the server takes it for down.
type sickTrunk struct {
	phone *phone.Phone
	mu    sync.Mutex
	asked int
	known chan struct{} // closed when the server must know
}

// questions is how many OPTIONS must have come: the server takes the second 503
// in a row for down, and has read it when it asks for the third time.
const questions = 3

func (s *stage) openSick() (*sickTrunk, error) {
	t := &sickTrunk{known: make(chan struct{})}
	var err error
	t.phone, err = s.open(phone.Options{
		User: "sick", Listen: loopback(),
		Pass: func(sent bool, text string) bool {
			if !sent && strings.HasPrefix(text, "OPTIONS ") {
				t.count()
			}
			return true
		},
		Rewrite: func(text string) string {
			return strings.Replace(text, "SIP/2.0 200 OK", "SIP/2.0 503 Out Of Service", 1)
		},
	})
	return t, err
}

func (t *sickTrunk) count() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asked++; t.asked == questions {
		close(t.known)
	}
}

// waitDown waits until the server must take the trunk for down.
func (t *sickTrunk) waitDown(ctx context.Context) error {
	select {
	case <-t.known:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
