package digest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"strconv"
	"time"

	"onhook/sip"
)

// Rand is the source of nonces.
type Rand interface{ Uint64() uint64 }

// Options are the settings of a Server.
type Options struct {
	Realm    string
	Key      []byte        // signs nonces; at least 16 bytes that nobody knows; kept over a restart, old nonces stay good
	Life     time.Duration // of a nonce; 0: two minutes
	MD5      bool          // offer and take MD5 too
	MD5First bool          // offer it first, for phones that look at the first challenge only
	Nonces   int           // nonces whose counts are remembered; 0: 100,000. The oldest are forgotten, and stale
	Rand     Rand
}

// A Verdict is what the server thinks of a request's credentials.
type Verdict uint8

// The verdicts.
const (
	Absent Verdict = iota // none for our realm: challenge
	OK
	Stale // the right password with a nonce that is too old or used up: challenge with stale=true
	Wrong // unknown user or wrong password: both look the same and cost the same
	Bad   // the header is not well formed: 400
)

// A Result is a Verdict, with whom it is about.
type Result struct {
	Verdict Verdict
	User    string // as claimed; proven only if the Verdict is OK
	Err     error  // of Bad
}

// A Server challenges and checks (RFC 7616 section 3.3 and 3.4). It keeps of
// each nonce only which counts were used.
type Server struct {
	opt   Options
	mac   hash.Hash
	used  map[uint64]*counts
	ring  []uint64 // the keys of used, oldest first from at
	at    int
	dummy Secret
}

// counts remembers the nonce counts seen: the highest and the 32 below it,
// so that UDP may swap two requests.
type counts struct {
	high uint32
	seen uint32
}

// NewServer returns a Server.
func NewServer(o Options) *Server {
	if o.Life == 0 {
		o.Life = 2 * time.Minute
	}
	if o.Nonces == 0 {
		o.Nonces = 100_000
	}
	return &Server{
		opt: o, mac: hmac.New(sha256.New, o.Key), used: map[uint64]*counts{},
		dummy: NewSecret("nobody", o.Realm, string(o.Key)),
	}
}

// Challenges returns the values of WWW-Authenticate, the preferred first
// (RFC 8760 section 2.3): SHA-256, then MD5 where it is allowed, unless
// md5First (the user's, or the Options') says otherwise.
func (s *Server) Challenges(now time.Time, stale, md5First bool) []string {
	nonce := s.nonce(now)
	order := []Algorithm{SHA256}
	if s.opt.MD5 {
		order = append(order, MD5)
		if md5First || s.opt.MD5First {
			order[0], order[1] = MD5, SHA256
		}
	}
	out := make([]string, 0, 2)
	for _, a := range order {
		b := append(make([]byte, 0, 192), "Digest realm="...)
		b = quote(b, s.opt.Realm)
		b = append(b, `, nonce="`...)
		b = append(b, nonce...)
		b = append(b, `", algorithm=`...)
		b = append(b, a.String()...)
		b = append(b, `, qop="auth"`...)
		if stale {
			b = append(b, ", stale=true"...)
		}
		out = append(out, string(b))
	}
	return out
}

const (
	nonceTime = 8
	nonceRand = 8
	nonceMAC  = 16
	nonceLen  = nonceTime + nonceRand + nonceMAC
)

// nonce is the time and random bits, signed: no memory is spent on who never answers.
func (s *Server) nonce(now time.Time) string {
	var b [nonceLen]byte
	binary.BigEndian.PutUint64(b[:], uint64(now.UnixMilli()))
	binary.BigEndian.PutUint64(b[nonceTime:], s.opt.Rand.Uint64())
	s.sign(b[nonceTime+nonceRand:], b[:nonceTime+nonceRand])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (s *Server) sign(dst, b []byte) {
	var sum [sha256.Size]byte
	s.mac.Reset()
	s.mac.Write(b)
	s.mac.Write([]byte(s.opt.Realm))
	copy(dst, s.mac.Sum(sum[:0])[:nonceMAC])
}

// age tells how old a nonce of ours is, and its random bits; ok is false if it is not ours.
func (s *Server) age(now time.Time, nonce string) (age time.Duration, key uint64, ok bool) {
	var b [nonceLen]byte
	if len(nonce) != base64.RawURLEncoding.EncodedLen(nonceLen) {
		return 0, 0, false
	}
	if _, err := base64.RawURLEncoding.Decode(b[:], []byte(nonce)); err != nil {
		return 0, 0, false
	}
	var want [nonceMAC]byte
	s.sign(want[:], b[:nonceTime+nonceRand])
	if subtle.ConstantTimeCompare(want[:], b[nonceTime+nonceRand:]) != 1 {
		return 0, 0, false
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(b[:])))
	return now.Sub(at), binary.BigEndian.Uint64(b[nonceTime:]), true
}

var (
	errParts  = errors.New("digest: want username, realm, nonce, uri, response, qop=auth, nc and cnonce")
	errQop    = errors.New("digest: want qop=auth")
	errNC     = errors.New("digest: want nc of 8 hexadecimal digits, from 1")
	errHashed = errors.New("digest: hashed user names are not supported")
)

// Check judges the Authorization of a request. lookup finds a user's Secret; it
// is asked once, for a user who claims our realm.
func (s *Server) Check(now time.Time, m *sip.Message, lookup func(user string) (Secret, bool)) Result {
	var p params
	found := false
	for v := range m.Lines(sip.HAuthorization) {
		q, err := parse(v)
		if err != nil {
			return Result{Verdict: Bad, Err: err}
		}
		// RFC 3261 section 22.3: credentials for other realms stand beside ours.
		if q.hasRealm && q.realm != s.opt.Realm {
			continue
		}
		if found {
			return Result{Verdict: Bad, Err: errTwice}
		}
		p, found = q, true
	}
	if !found {
		return Result{Verdict: Absent}
	}
	if err := p.complete(); err != nil {
		return Result{Verdict: Bad, User: p.username, Err: err}
	}
	return s.judge(now, m, &p, lookup)
}

// complete tells what is missing for qop=auth. A qop without nc or cnonce never
// falls back to the form of RFC 2069.
func (p *params) complete() error {
	switch {
	case p.userhash || p.starred:
		return errHashed
	case !p.hasUsername || !p.hasRealm || !p.hasNonce || !p.hasURI || !p.hasResponse:
		return errParts
	case !p.hasQop || p.qop != "auth":
		return errQop
	case !p.hasNC || !p.hasCnonce || p.cnonce == "":
		return errParts
	}
	if n, err := strconv.ParseUint(p.nc, 16, 32); err != nil || len(p.nc) != 8 || n == 0 {
		return errNC
	}
	return nil
}

func (s *Server) judge(now time.Time, m *sip.Message, p *params, lookup func(string) (Secret, bool)) Result {
	r := Result{Verdict: Wrong, User: p.username}
	a := ParseAlgorithm(p.algorithm)
	if a == None || a == MD5 && !s.opt.MD5 {
		r.Verdict = Absent // it answered something that we did not offer: say again what we do
		return r
	}
	age, key, ours := s.age(now, p.nonce)
	secret, known := lookup(p.username)
	ha1 := secret.ha1(a)
	if !known || ha1 == "" {
		// The same work for a user that does not exist, so that time tells nothing.
		ha1, known = s.dummy.ha1(a), false
	}
	want := a.response(ha1, string(m.Method), p.uri, p.nonce, p.nc, p.cnonce)
	right := subtle.ConstantTimeCompare([]byte(want), []byte(lowerASCII(p.response))) == 1 && known && sameURI(p.uri, m.URI)
	if !right {
		return r
	}
	nc, _ := strconv.ParseUint(p.nc, 16, 32) // complete has checked it
	if !ours || age > s.opt.Life || age < -time.Minute || !s.fresh(key, uint32(nc)) {
		r.Verdict = Stale
		return r
	}
	r.Verdict = OK
	return r
}

// fresh notes a nonce count and tells whether it was new.
func (s *Server) fresh(key uint64, nc uint32) bool {
	c := s.used[key]
	if c == nil {
		if nc > 1 && len(s.ring) >= s.opt.Nonces {
			return false // the count of this nonce may have been forgotten
		}
		s.remember(key, &counts{high: nc, seen: 1})
		return true
	}
	switch {
	case nc > c.high:
		if shift := nc - c.high; shift < 32 {
			c.seen = c.seen<<shift | 1
		} else {
			c.seen = 1
		}
		c.high = nc
		return true
	case c.high-nc >= 32 || c.seen&(1<<(c.high-nc)) != 0:
		return false
	}
	c.seen |= 1 << (c.high - nc)
	return true
}

func (s *Server) remember(key uint64, c *counts) {
	if len(s.ring) < s.opt.Nonces {
		s.ring = append(s.ring, key)
	} else {
		delete(s.used, s.ring[s.at])
		s.ring[s.at] = key
		s.at = (s.at + 1) % len(s.ring)
	}
	s.used[key] = c
}

// sameURI tells whether the uri parameter is the Request-URI (RFC 7616 section
// 3.4.6); phones leave out parameters there, so user, host and port decide.
func sameURI(claimed, actual string) bool {
	if claimed == actual {
		return true
	}
	a, err1 := sip.ParseURI(claimed)
	b, err2 := sip.ParseURI(actual)
	return err1 == nil && err2 == nil && a.Scheme == b.Scheme && a.User == b.User && a.Port == b.Port && a.Host != "" && foldEqual(a.Host, b.Host)
}

func foldEqual(a, b string) bool {
	return len(a) == len(b) && lowerASCII(a) == lowerASCII(b)
}

func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j := range b {
				if 'A' <= b[j] && b[j] <= 'Z' {
					b[j] |= 0x20
				}
			}
			return string(b)
		}
	}
	return s
}
