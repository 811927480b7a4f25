package digest

import (
	"slices"
	"testing"
	"time"
)

// TestClass31_TheTimeTellsNoUserFromAnother: whether a user exists cannot be told from how
// long the answer takes. What is compared is the middle of many, taken in turn, so that
// what else the machine does falls on both alike; a difference that is there always shows.
func TestClass31_TheTimeTellsNoUserFromAnother(t *testing.T) {
	const tries = 2000
	s := newServer(Options{MD5: true})
	secret := NewSecret(user, realm, password)
	known := func(name string) (Secret, bool) { return secret, name == user }
	for _, alg := range []Algorithm{SHA256, MD5} {
		var ratio float64
		for range 5 {
			var took [2][]time.Duration
			for i := range 2 * tries {
				c := right(nonceOf(t, s, start))
				c.pass, c.alg = "wrong", alg
				if i%2 == 1 {
					c.user = "109"
				}
				m := register(c.header())
				begun := time.Now()
				r := s.Check(start, m, known)
				took[i%2] = append(took[i%2], time.Since(begun))
				if r.Verdict != Wrong {
					t.Fatalf("%v", r)
				}
			}
			slices.Sort(took[0])
			slices.Sort(took[1])
			if ratio = float64(took[1][tries/2]) / float64(took[0][tries/2]); ratio > 0.8 && ratio < 1.25 {
				break
			}
		}
		if ratio <= 0.8 || ratio >= 1.25 {
			t.Errorf("%v: a user who is not there is answered in %.2f of the time", alg, ratio)
		}
	}
}
