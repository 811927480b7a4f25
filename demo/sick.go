package demo

import (
	"context"
	"strings"

	"onhook/phone"
)

// A sickTrunk is a carrier that answers every question whether it is there by
// 503, so that the server takes it for down.
type sickTrunk struct {
	phone *phone.Phone
	asked map[string]bool // branches of questions; the phone's goroutine has it
	known gate            // opens when the server must know
}

// questions is how many OPTIONS must have come: the server takes the second 503
// in a row for down, and has read it when it asks for the third time.
const questions = 3

func (s *stage) openSick() (*sickTrunk, error) {
	t := &sickTrunk{asked: map[string]bool{}, known: newGate()}
	var err error
	t.phone, err = s.open(phone.Options{
		User: "sick", Listen: loopback(),
		Pass: func(sent bool, text string) bool {
			if !sent && strings.HasPrefix(text, "OPTIONS ") {
				t.count(text)
			}
			return true
		},
		Rewrite: func(text string) string {
			return strings.Replace(text, "SIP/2.0 200 OK", "SIP/2.0 503 Out Of Service", 1)
		},
	})
	return t, err
}

// count counts a question, once: where the answer takes its time, the server
// sends the question again, which tells nothing of what it knows (RFC 3261
// section 17.2.3: the branch of a retransmission is that of the request).
func (t *sickTrunk) count(text string) {
	if len(t.asked) == questions {
		return
	}
	_, branch, _ := strings.Cut(text, "branch=")
	if i := strings.IndexAny(branch, ";, \r\n"); i >= 0 {
		branch = branch[:i]
	}
	if t.asked[branch] = true; len(t.asked) == questions {
		t.known.open()
	}
}

// waitDown waits until the server must take the trunk for down.
func (t *sickTrunk) waitDown(ctx context.Context) error { return t.known.wait(ctx) }
