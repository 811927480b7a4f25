package api

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"sync"
	"time"
)

// How answers to requests with an Idempotency-Key are kept.
const (
	keptFor     = 24 * time.Hour
	keptAnswers = 4096
	longestKey  = 255
)

// answered keeps the answers to POST requests that have an Idempotency-Key, so
// that a repetition does nothing and gets the same answer. They are in memory:
// a restart forgets them.
type answered struct {
	mu    sync.Mutex
	all   map[string]*answer
	order []string // oldest first
}

// An answer is what was answered to one request; without a status it is still being made.
type answer struct {
	request [32]byte
	at      time.Time
	status  int
	header  http.Header
	body    []byte
}

// begin finds the answer to a request, or notes that it is being made.
func (a *answered) begin(name string, request [32]byte, now time.Time) (old *answer, problem *Problem) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil {
		a.all = map[string]*answer{}
	}
	for len(a.order) > 0 && (len(a.order) >= keptAnswers || now.Sub(a.all[a.order[0]].at) > keptFor) {
		delete(a.all, a.order[0])
		a.order = a.order[1:]
	}
	old = a.all[name]
	switch {
	case old == nil:
		a.all[name] = &answer{request: request, at: now}
		a.order = append(a.order, name)
		return nil, nil
	case old.request != request:
		return nil, newProblem("key_reused", "This Idempotency-Key came with another request before.")
	case old.status == 0:
		return nil, newProblem("in_progress", "The request with this Idempotency-Key is being answered.")
	}
	return old, nil
}

// end keeps the answer. One of the server's own faults is not kept: it may be tried again.
func (a *answered) end(name string, w *kept) {
	a.mu.Lock()
	defer a.mu.Unlock()
	x := a.all[name]
	if x == nil {
		return
	}
	if w.status == 0 || w.status >= 500 || w.status == 429 {
		delete(a.all, name)
		for i, n := range a.order {
			if n == name {
				a.order = append(a.order[:i], a.order[i+1:]...)
				break
			}
		}
		return
	}
	x.status, x.header, x.body = w.status, w.header, w.body.Bytes()
}

// repeated answers a POST with an Idempotency-Key once, and repetitions with the
// same answer. Keys of different callers have nothing to do with each other.
func (s *Server) repeated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, c := r.Header.Get("Idempotency-Key"), callerOf(r.Context())
		if r.Method != http.MethodPost || key == "" || c == nil {
			next.ServeHTTP(w, r)
			return
		}
		if len(key) > longestKey {
			writeProblem(w, newProblem("invalid", "An Idempotency-Key has at most 255 characters."))
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			writeProblem(w, unread(err))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		name := c.name + "\x00" + key
		old, p := s.answered.begin(name, sha256.Sum256([]byte(r.URL.RequestURI()+"\x00"+string(body))), s.now())
		if p != nil {
			writeProblem(w, p)
			return
		}
		if old != nil {
			copyHeader(w.Header(), old.header)
			w.Header().Set("Idempotency-Replayed", "true")
			w.WriteHeader(old.status)
			_, _ = w.Write(old.body) // the client has gone if this fails
			return
		}
		k := &kept{header: http.Header{}}
		defer func() { s.answered.end(name, k) }() // after a panic too
		next.ServeHTTP(k, r)
		copyHeader(w.Header(), k.header)
		w.WriteHeader(k.status)
		_, _ = w.Write(k.body.Bytes()) // the client has gone if this fails
	})
}

func copyHeader(to, from http.Header) {
	for name, values := range from {
		to[name] = values
	}
}

// A kept is a ResponseWriter that keeps the answer.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header { return k.header }

func (k *kept) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *kept) Write(b []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(b)
}
