package digest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"onhook/sip"
)

// Rand is the source of nonces and cnonces.
type Rand interface{ Uint64() uint64 }

// Options are the settings of a Server.
type Options struct {
	Realm     string
	Key       []byte        // signs nonces; empty: made from Rand
	MD5       bool          // MD5 is offered after SHA-256 and accepted
	MD5First  bool          // MD5 is offered before it, for phones that take only the first challenge
	SHA512256 bool          // SHA-512-256 is offered first and accepted
	Life      time.Duration // of a nonce; 0: 120 s
	Nonces    int           // how many nonces in use are known at once; 0: 100,000
	Rand      Rand
}

// A Server challenges clients and judges their credentials.
type Server struct {
	opt    Options
	nonces nonces
}

// NewServer makes a Server.
func NewServer(o Options) *Server {
	if o.Life <= 0 {
		o.Life = 120 * time.Second
	}
	if o.Nonces <= 0 {
		o.Nonces = 100_000
	}
	if len(o.Key) == 0 {
		for range 4 {
			o.Key = binary.BigEndian.AppendUint64(o.Key, o.Rand.Uint64())
		}
	}
	return &Server{opt: o, nonces: nonces{
		mac: hmac.New(sha256.New, o.Key), realm: []byte(o.Realm), life: o.Life.Milliseconds(), most: o.Nonces, rand: o.Rand,
		used: make(map[uint64]*counter),
	}}
}

// Challenges returns the values of the WWW-Authenticate headers of a 401, a
// header each, the one that is wanted most first (RFC 8760 section 2.3). stale
// tells the client that its password was right and it need not ask for it.
func (s *Server) Challenges(now time.Time, stale, md5First bool) []string {
	order := [...]Algorithm{SHA512256, SHA256, MD5}
	if md5First || s.opt.MD5First {
		order = [...]Algorithm{MD5, SHA512256, SHA256}
	}
	var mem [64]byte
	nonce := s.nonces.issue(mem[:0], now)
	out := make([]string, 0, len(order))
	for _, a := range order {
		if !s.accepts(a) {
			continue
		}
		b := make([]byte, 0, 160+len(s.opt.Realm))
		b = append(b, "Digest realm="...)
		b = quote(b, s.opt.Realm)
		b = append(b, `, nonce="`...)
		b = append(b, nonce...)
		b = append(b, `", algorithm=`...)
		b = append(b, a.String()...)
		// RFC 3261 section 22.4 item 8: servers MUST always send a qop parameter.
		b = append(b, `, qop="auth"`...)
		if stale {
			b = append(b, ", stale=true"...)
		}
		out = append(out, string(b))
	}
	return out
}

func (s *Server) accepts(a Algorithm) bool {
	switch a {
	case MD5:
		return s.opt.MD5
	case SHA256:
		return true
	case SHA512256:
		return s.opt.SHA512256
	}
	return false
}

// A Verdict is what came of a Check.
type Verdict uint8

// The verdicts and what is due for each.
const (
	Absent Verdict = iota // no credentials for this realm that can be judged: challenge
	OK                    // User is who it says
	Stale                 // the password was right, the nonce is not or was used: challenge with stale
	Wrong                 // wrong password, or no such user: challenge, and count it
	Bad                   // malformed, or of a form that is refused: 400
)

// String returns the verdict in words.
func (v Verdict) String() string {
	return [...]string{"no credentials", "ok", "stale", "wrong", "bad"}[v]
}

// A Result is what came of a Check.
type Result struct {
	Verdict   Verdict
	User      string // as the credentials say, proven only if the Verdict is OK
	Algorithm Algorithm
	Err       error // says why, if the Verdict is Bad, or if it is None though credentials are there
}

// credentials are an Authorization header's parameters.
type credentials struct {
	username, usernameStar, realm, nonce, uri, response string
	algorithm, cnonce, qop, nc, userhash                string
}

// Check judges the Authorization header of a request. lookup finds a user's
// Secret. Whether a user is there cannot be told from the answer, nor from how
// long it takes.
func (s *Server) Check(now time.Time, m *sip.Message, lookup func(user string) (Secret, bool)) Result {
	none := Result{}
	for line := range m.Lines(sip.HAuthorization) {
		scheme, params := cutScheme(line)
		if !strings.EqualFold(scheme, "Digest") {
			// RFC 3261 section 22.4: servers MUST NOT accept Basic.
			none.Err = errors.New("digest: the scheme is not Digest")
			continue
		}
		c, err := parseCredentials(params)
		if err != nil {
			return Result{Verdict: Bad, User: c.username, Err: err}
		}
		if c.realm != s.opt.Realm {
			none.Err = errors.New("digest: credentials for another realm")
			continue
		}
		return s.judge(now, m, &c, lookup)
	}
	return none
}

func parseCredentials(params string) (credentials, error) {
	var c credentials
	err := readParams(params, []field{
		{"username", &c.username},
		{"username*", &c.usernameStar},
		{"realm", &c.realm},
		{"nonce", &c.nonce},
		{"uri", &c.uri},
		{"response", &c.response},
		{"algorithm", &c.algorithm},
		{"cnonce", &c.cnonce},
		{"qop", &c.qop},
		{"nc", &c.nc},
		{"userhash", &c.userhash},
	})
	if err != nil {
		return c, err
	}
	c.realm = unescape(c.realm)
	return c, c.user()
}

// user settles the user's name. RFC 7616 section 3.4: username, or username*
// in the form of RFC 5987, never both.
func (c *credentials) user() error {
	switch {
	case c.usernameStar == "":
		c.username = unescape(c.username)
		return nil
	case c.username != "":
		return errors.New("digest: both username and username*")
	}
	charset, text, ok := strings.Cut(c.usernameStar, "'")
	_, text, ok2 := strings.Cut(text, "'")
	name, err := url.PathUnescape(text)
	if !ok || !ok2 || !strings.EqualFold(charset, "UTF-8") || err != nil {
		return errors.New("digest: username* is not UTF-8''text with percent escapes")
	}
	c.username = name
	return nil
}

// judge compares the response with the one that the user's secret makes.
func (s *Server) judge(now time.Time, m *sip.Message, c *credentials, lookup func(string) (Secret, bool)) Result {
	r := Result{User: c.username}
	nc, err := c.check(m)
	if err != nil {
		r.Verdict, r.Err = Bad, err
		return r
	}
	a, session := parseAlgorithm(c.algorithm)
	if !s.accepts(a) || session {
		// RFC 8760 section 2.4: an answer by an algorithm that was not offered.
		r.Err = fmt.Errorf("digest: algorithm %q is not accepted", c.algorithm)
		return r
	}
	r.Algorithm = a
	secret, known := lookup(c.username)
	ha1 := secret.ha1(a)
	if !known || len(ha1) != a.hexLen() {
		// The same work for whoever is not there.
		known, ha1 = false, nobody[:a.hexLen()]
	}
	p := proof{algorithm: a, method: string(m.Method), uri: c.uri, nonce: c.nonce, nc: c.nc, cnonce: c.cnonce, qop: c.qop}
	var mem [maxHex]byte
	want := p.response(mem[:0], ha1)
	right := subtle.ConstantTimeCompare(want, []byte(strings.ToLower(c.response))) == 1
	switch {
	case !right || !known:
		r.Verdict = Wrong
	case s.nonces.use(now, c.nonce, nc):
		r.Verdict = OK
	default:
		// RFC 7616 section 3.3: stale says that the nonce was invalid but the digest right for it.
		r.Verdict = Stale
	}
	return r
}

// nobody is an HA1 that is nobody's.
const nobody = "0000000000000000000000000000000000000000000000000000000000000000"

func (a Algorithm) hexLen() int {
	if a == MD5 {
		return 32
	}
	return maxHex
}

// check refuses credentials that are incomplete or of a form that is not taken.
func (c *credentials) check(m *sip.Message) (nc uint32, err error) {
	switch {
	case c.username == "" || c.nonce == "" || c.uri == "" || c.response == "":
		return 0, errors.New("digest: username, nonce, uri or response is missing")
	case c.qop == "":
		// Without qop nothing counts the uses of a nonce: the form of RFC 2069.
		return 0, errors.New("digest: qop is missing, want auth")
	case !strings.EqualFold(c.qop, "auth"):
		return 0, fmt.Errorf("digest: qop is %q, want auth", c.qop)
	case c.cnonce == "":
		return 0, errors.New("digest: qop without cnonce")
	case strings.EqualFold(c.userhash, "true"):
		return 0, errors.New("digest: userhash was not offered")
	case len(c.nc) != 8:
		// RFC 7616 section 3.4: nc is 8 hexadecimal digits.
		return 0, fmt.Errorf("digest: nc is %q, want 8 hexadecimal digits", c.nc)
	}
	n, err := strconv.ParseUint(c.nc, 16, 32)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("digest: nc is %q, want 8 hexadecimal digits from 00000001", c.nc)
	}
	if !sameResource(c.uri, m.URI) {
		return 0, fmt.Errorf("digest: uri is %q, want the Request-URI", c.uri)
	}
	return uint32(n), nil
}

// sameResource tells whether the uri parameter means what the Request-URI
// means. RFC 7616 section 3.4.6 demands it; since phones leave out ports and
// parameters, and proxies add them, user and host are what counts.
func sameResource(a, b string) bool {
	if a == b {
		return true
	}
	ua, err1 := sip.ParseURI(a)
	ub, err2 := sip.ParseURI(b)
	return err1 == nil && err2 == nil && ua.Opaque == ub.Opaque && ua.User == ub.User && strings.EqualFold(ua.Host, ub.Host)
}
