package exchange

import (
	"crypto/sha256"
	"net/netip"
	"strings"
	"time"

	"onhook/digest"
	"onhook/sip"
	"onhook/stack"
)

// A failure is who failed from where. IPv6 sources count by their /64.
type failure struct {
	user   string
	source netip.Prefix
}

// A failed counts failures of late.
type failed struct {
	n     int
	since time.Time
	last  guess // its repetition is none
}

// Wrong credentials so often within the time are answered 403, not challenged again.
const (
	failuresAllowed = 5
	failureWindow   = time.Minute
	failuresKept    = 10_000
)

// A proof is what came of asking who sent a request.
type proof uint8

const (
	asked  proof = iota // it was answered: challenged, or refused as malformed
	proven              // the user is who it says
	barred              // wrong credentials too often: to be refused with 403
)

// authenticate finds the user who sent a request.
func (x *Exchange) authenticate(a *stack.Action) (*User, proof) {
	r := x.auth.Check(x.now, a.Msg, func(user string) (digest.Secret, bool) {
		u := x.users[user]
		if u == nil {
			return digest.Secret{}, false
		}
		return u.Secret, true
	})
	user := x.users[r.User]
	key := failureKey(r.User, a.Flow)
	switch r.Verdict {
	case digest.OK:
		delete(x.failures, key)
		x.guard.proven(x.now, user.Name, a.Flow.Remote)
		return user, proven
	case digest.Bad:
		x.strangers.warn(x, "bad credentials", "source", a.Flow.Remote.Addr(), "err", r.Err)
		x.forget(a.Txn, 400, "Bad Credentials")
		return nil, asked
	case digest.Wrong:
		guess := guessOf(a.Msg)
		if x.repeated(key, guess) {
			break
		}
		x.guessed(r.User, a.Flow)
		if x.failed(key, guess) > failuresAllowed {
			return nil, barred
		}
		x.strangers.warn(x, "wrong credentials", "user", key.user, "source", a.Flow.Remote.Addr(), "method", a.Msg.Method)
	}
	x.challenge(a, r.Verdict == digest.Stale, user)
	return nil, asked
}

// challenge asks for credentials (RFC 3261 section 22.2). Nothing is held of the
// request: section 8.2.7 names that as what stateless answers are for, and who
// shows credentials that are none is no less a stranger.
func (x *Exchange) challenge(a *stack.Action, stale bool, user *User) {
	m := &sip.Message{Status: 401, Phrase: "Unauthorized"}
	oneOnly := takesOneChallenge(a.Msg.Get(sip.HUserAgent))
	for _, c := range x.auth.Challenges(x.now, stale, oneOnly || user != nil && user.First) {
		m.Add(sip.HWWWAuthenticate, c)
		if oneOnly {
			break
		}
	}
	x.forget(a.Txn, m.Status, m.Phrase, m.Headers...)
}

// takesOneChallenge knows the phones that give up when a second challenge has
// an algorithm they do not know, though RFC 3261 section 22.3 has them choose:
// baresip before 2.0, as Debian 12 has it. They get MD5 alone, where it is allowed.
func takesOneChallenge(agent string) bool {
	return strings.HasPrefix(agent, "baresip v0.") || strings.HasPrefix(agent, "baresip v1.")
}

// maxFailureName is how much is kept of a name that credentials give.
const maxFailureName = 64

func failureKey(user string, f sip.Flow) failure {
	// A copy of a bounded part: a text of the request would keep all of it.
	return failure{user: strings.Clone(user[:min(len(user), maxFailureName)]), source: sourceOf(f.Remote.Addr())}
}

// A guess is one request with wrong credentials: its branch and what it says it is.
type guess [16]byte

func guessOf(m *sip.Message) (g guess) {
	via, err := m.Via()
	if err != nil {
		return guess{}
	}
	sum := sha256.Sum256([]byte(via.Branch() + "\n" + m.Get(sip.HAuthorization)))
	copy(g[:], sum[:])
	return g
}

// repeated tells whether a request was counted just now: an INVITE that was only
// challenged is not held, and comes again where the answer was lost.
func (x *Exchange) repeated(key failure, g guess) bool {
	f, ok := x.failures[key]
	return ok && f.last == g && x.now.Sub(f.since) <= failureWindow
}

// failed counts one more failure and returns how many there were of late.
func (x *Exchange) failed(key failure, g guess) int {
	if len(x.failures) >= failuresKept {
		x.forgetFailures()
	}
	f := x.failures[key]
	if x.now.Sub(f.since) > failureWindow {
		f = failed{since: x.now}
	}
	f.n++
	f.last = g
	x.failures[key] = f
	return f.n
}

// forgetFailures makes room: what is old goes, or everything if nothing is old.
func (x *Exchange) forgetFailures() {
	for k, f := range x.failures {
		if x.now.Sub(f.since) > failureWindow {
			delete(x.failures, k)
		}
	}
	if len(x.failures) >= failuresKept {
		clear(x.failures)
	}
}

// owner is authenticate for requests that begin no call: only a proven user comes back.
func (x *Exchange) owner(a *stack.Action) *User {
	user, p := x.authenticate(a)
	switch p {
	case proven:
		return user
	case barred:
		x.forget(a.Txn, 403, "Forbidden")
	}
	return nil
}
