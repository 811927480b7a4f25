package api

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"onhook/config"
)

// A caller is who asks.
type caller struct {
	name  string // as records and logs name it
	key   Key
	from  string      // the address; empty: the control socket
	owner bool        // by the control socket or signed in: may do everything
	valid func() bool // whether that still holds; nil: a key or the socket
}

// may reports whether the caller has a scope; the empty scope is everybody's.
func (c *caller) may(s config.Scope) bool {
	return s == "" || c != nil && (c.owner || c.key.has(s))
}

type callerKey struct{}

// callerOf is who asks; nil: nobody that is known.
func callerOf(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

// by names who asks in records and logs.
func by(ctx context.Context) string {
	if c := callerOf(ctx); c != nil {
		return c.name
	}
	return "api"
}

// asOwner takes what comes by the control socket.
func asOwner(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Header.Get("X-Onhook-By")
		if name == "" || len(name) > 64 {
			name = "control socket"
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, &caller{name: name, owner: true})))
	})
}

// asKey finds the key of what comes by the network and counts the request.
// Whether the key suffices is the operation's to say.
func (s *Server) asKey(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := s.now()
		var c *caller
		// RFC 6750 section 2.1: the key is in the Authorization header. A key in the
		// URL would be in logs and histories.
		scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		who := "address " + remoteHost(r)
		if strings.EqualFold(scheme, "Bearer") {
			if k, ok := s.Keys.find(strings.TrimSpace(secret), now); ok {
				c = &caller{name: "key " + k.Name, key: k, from: remoteHost(r)}
				who = c.name
			}
		}
		b := s.limits.take(who, c == nil, now)
		b.headers(w.Header())
		if !b.ok {
			p := newProblem("too_many_requests", "This key or address has sent more requests than it may.")
			p.retryAfter = b.wait
			writeProblem(w, p)
			return
		}
		if c != nil {
			r = r.WithContext(context.WithValue(r.Context(), callerKey{}, c))
		}
		next.ServeHTTP(w, r)
	})
}

func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func (s *Server) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}
