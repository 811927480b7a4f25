package console

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// How long a session holds.
const (
	longestSession = 12 * time.Hour
	idleSession    = 30 * time.Minute // without a request; an open live page counts as use
	mostSessions   = 1000             // the one unused for longest makes room
)

// Names of the session's cookie; the port follows. The prefix has browsers take it only
// with Secure, without Domain and from a secure origin (RFC 6265bis section 4.1.3.2).
const (
	plainCookie  = "onhook-session"
	secureCookie = "__Host-onhook-session"
)

// sessions are those who have signed in. They are in memory: a restart ends them.
type sessions struct {
	mu  sync.Mutex
	all map[[32]byte]*session
}

type session struct {
	password string // the hash that it was opened with: another password ends it
	began    time.Time
	used     time.Time
}

func (x *session) over(now time.Time) bool {
	return now.Sub(x.began) >= longestSession || now.Sub(x.used) >= idleSession
}

// open makes a session and returns its secret; only a hash of that is kept.
func (s *sessions) open(password string, now time.Time) string {
	secret := rand.Text() + rand.Text() // 260 bits
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[[32]byte]*session{}
	}
	if len(s.all) >= mostSessions {
		s.forget(now)
	}
	s.all[sha256.Sum256([]byte(secret))] = &session{password: password, began: now, used: now}
	return secret
}

// forget lets go of what is over, and of the one unused for longest if nothing is.
func (s *sessions) forget(now time.Time) {
	var oldest [32]byte
	var at time.Time
	for k, x := range s.all {
		if x.over(now) {
			delete(s.all, k)
		} else if at.IsZero() || x.used.Before(at) {
			oldest, at = k, x.used
		}
	}
	if len(s.all) >= mostSessions {
		delete(s.all, oldest)
	}
}

// use reports whether a session holds, and counts as its use.
func (s *sessions) use(secret, password string, now time.Time) bool {
	if secret == "" {
		return false
	}
	k := sha256.Sum256([]byte(secret))
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.all[k]
	if x == nil {
		return false
	}
	if x.over(now) || x.password != password {
		delete(s.all, k)
		return false
	}
	x.used = now
	return true
}

func (s *sessions) close(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, sha256.Sum256([]byte(secret)))
}

// cookieName is the name for a request's server. Browsers keep cookies by host, not by
// port (RFC 6265 section 8.5): without it two servers of one host would sign each other out.
func cookieName(r *http.Request, secure bool) string {
	name := plainCookie
	if secure {
		name = secureCookie
	}
	u := url.URL{Host: r.Host}
	port := u.Port()
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return name
	}
	return name + "-" + port
}

// secretOf is the session's secret that a request shows; empty: none.
func secretOf(r *http.Request) string {
	for _, secure := range []bool{true, false} {
		if c, err := r.Cookie(cookieName(r, secure)); err == nil && c.Value != "" {
			return c.Value
		}
	}
	return ""
}

// cookie is what keeps a session in the browser. An empty secret takes it away.
func cookie(r *http.Request, secret string, secure bool) *http.Cookie {
	c := &http.Cookie{
		Name: cookieName(r, secure), Value: secret, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode,
		MaxAge: int(longestSession / time.Second),
	}
	if secret == "" {
		c.MaxAge = -1
	}
	return c
}
