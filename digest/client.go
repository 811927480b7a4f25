package digest

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"onhook/sip"
)

// Errors of Challenged: the request is not to be sent again.
var (
	ErrNoChallenge = errors.New("digest: the response holds no challenge that can be answered")
	ErrRealm       = errors.New("digest: the challenge is for another realm")
	ErrRefused     = errors.New("digest: the credentials were refused")
)

// MaxTries is how many challenges of one kind are answered for one request.
const MaxTries = 2

// Tries count how often one request was sent again with new credentials. Each
// request has its own, zero at first.
type Tries struct{ www, proxy uint8 }

// Credentials are what a client may prove.
type Credentials struct {
	User     string
	Password string
	Realm    string // the only realm whose challenges are answered; empty: any
	NoMD5    bool   // challenges with MD5 are not answered
}

// A Challenge is one value of WWW-Authenticate or Proxy-Authenticate.
type Challenge struct {
	Realm     string
	Nonce     string // as written, escapes kept
	Opaque    string // likewise
	Algorithm Algorithm
	Session   bool // a -sess algorithm
	Auth      bool // qop auth is offered
	Stale     bool
	Proxy     bool // it came as Proxy-Authenticate
}

// ParseChallenge reads one header value. The error says what cannot be answered.
func ParseChallenge(value string) (Challenge, error) {
	scheme, params := cutScheme(value)
	if !strings.EqualFold(scheme, "Digest") {
		return Challenge{}, errors.New("digest: the scheme is not Digest")
	}
	var c Challenge
	var algorithm, qop, stale string
	err := readParams(params, []field{
		{"realm", &c.Realm},
		{"nonce", &c.Nonce},
		{"opaque", &c.Opaque},
		{"algorithm", &algorithm},
		{"qop", &qop},
		{"stale", &stale},
	})
	if err != nil {
		return Challenge{}, err
	}
	c.Realm = unescape(c.Realm)
	c.Algorithm, c.Session = parseAlgorithm(algorithm)
	c.Stale = strings.EqualFold(stale, "true")
	for q := range strings.SplitSeq(qop, ",") {
		c.Auth = c.Auth || strings.EqualFold(strings.Trim(q, " \t"), "auth")
	}
	switch {
	case c.Algorithm == 0:
		return c, errors.New("digest: the algorithm is not one we know")
	case c.Nonce == "":
		return c, errors.New("digest: a challenge without nonce")
	case !c.Auth && (qop != "" || c.Session):
		return c, errors.New("digest: qop auth is not offered")
	}
	return c, nil
}

// Answer returns the header that answers one 401 or 407: Authorization or
// Proxy-Authorization, and its value, for a request sent once more. stale tells
// that the server found the last answer right but its nonce too old.
func (c Credentials) Answer(challenge *sip.Message, method sip.Method, uri string, r Rand) (id sip.HeaderID, value string, stale bool, err error) {
	one := NewClient(c, r)
	if err := one.Challenged(challenge, &Tries{}); err != nil {
		return 0, "", false, err
	}
	id, a := sip.HAuthorization, &one.www
	if challenge.Status == 407 {
		id, a = sip.HProxyAuthorization, &one.proxy
	}
	return id, one.credentials(a, method, uri), a.Stale, nil
}

// A Client proves credentials to the server that they belong to. It keeps the
// last challenge, so that later requests carry credentials at once. Whose
// responses are given to Challenged is the caller's decision: those of the
// server that they belong to only (RFC 3261 section 22.1 leaves it to the realm,
// which anybody can copy).
type Client struct {
	own   Credentials
	rand  Rand
	www   answer
	proxy answer
}

// An answer is what is known about one of the two kinds of challenge.
type answer struct {
	Challenge
	ha1 string
	nc  uint32
}

// NewClient makes a Client.
func NewClient(a Credentials, r Rand) *Client { return &Client{own: a, rand: r} }

// Challenged takes a 401 or 407 to a request. After nil, Authorize the request
// again and send it; after an error do not.
func (c *Client) Challenged(m *sip.Message, t *Tries) error {
	kind, to, tries := sip.HWWWAuthenticate, &c.www, &t.www
	if m.Status == 407 {
		kind, to, tries = sip.HProxyAuthenticate, &c.proxy, &t.proxy
	}
	ch, err := c.choose(m, kind)
	if err != nil {
		return err
	}
	// RFC 3261 section 22.1: do not try credentials again that were refused,
	// unless only the nonce was too old; and not for ever then.
	if *tries >= MaxTries || *tries > 0 && !ch.Stale {
		return ErrRefused
	}
	*tries++
	ha1 := to.ha1
	if ha1 == "" || to.Realm != ch.Realm || to.Algorithm != ch.Algorithm {
		ha1 = HA1(ch.Algorithm, c.own.User, ch.Realm, c.own.Password)
	}
	ch.Proxy = m.Status == 407
	nc := uint32(0)
	if ch.Nonce == to.Nonce {
		nc = to.nc // several requests may meet the same challenge
	}
	*to = answer{Challenge: ch, ha1: ha1, nc: nc}
	return nil
}

// choose finds the challenge to answer. RFC 8760 section 2.4: the topmost one
// that the client supports.
func (c *Client) choose(m *sip.Message, kind sip.HeaderID) (Challenge, error) {
	err := ErrNoChallenge
	for line := range m.Lines(kind) {
		ch, perr := ParseChallenge(line)
		switch {
		case perr != nil:
		case ch.Algorithm == MD5 && c.own.NoMD5:
		case c.own.Realm != "" && ch.Realm != c.own.Realm:
			err = ErrRealm
		default:
			return ch, nil
		}
	}
	return Challenge{}, err
}

// Authorize adds credentials for every challenge known to a request that is
// about to be sent, in place of those it has. It does nothing before a challenge came.
func (c *Client) Authorize(m *sip.Message) {
	if c.www.Nonce != "" {
		m.Set(sip.HAuthorization, c.credentials(&c.www, m.Method, m.URI))
	}
	if c.proxy.Nonce != "" {
		m.Set(sip.HProxyAuthorization, c.credentials(&c.proxy, m.Method, m.URI))
	}
}

func (c *Client) credentials(a *answer, method sip.Method, uri string) string {
	p := proof{algorithm: a.Algorithm, session: a.Session, method: string(method), uri: uri, nonce: a.Nonce}
	if a.Auth {
		a.nc++
		var r [8]byte
		binary.BigEndian.PutUint64(r[:], c.rand.Uint64())
		p.qop, p.cnonce, p.nc = "auth", hex.EncodeToString(r[:]), countText(a.nc)
	}
	var mem [maxHex]byte
	b := make([]byte, 0, 384)
	b = append(b, "Digest username="...)
	b = quote(b, c.own.User)
	b = append(b, ", realm="...)
	b = quote(b, a.Realm)
	b = append(append(append(b, `, nonce="`...), a.Nonce...), '"')
	b = append(append(append(b, `, uri="`...), p.uri...), '"')
	b = append(append(append(b, `, response="`...), p.response(mem[:0], a.ha1)...), '"')
	b = append(append(b, ", algorithm="...), a.Algorithm.String()...)
	if a.Session {
		b = append(b, "-sess"...)
	}
	if a.Auth {
		b = append(append(append(b, `, cnonce="`...), p.cnonce...), `", qop=auth, nc=`...)
		b = append(b, p.nc...)
	}
	if a.Opaque != "" {
		b = append(append(append(b, `, opaque="`...), a.Opaque...), '"')
	}
	return string(b)
}

// countText is a nonce count: 8 hexadecimal digits (RFC 7616 section 3.4).
func countText(n uint32) string {
	s := strconv.FormatUint(uint64(n), 16)
	return "00000000"[:8-len(s)] + s
}
