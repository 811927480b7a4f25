package digest

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"onhook/sip"
)

// Credentials are what a client answers challenges with.
type Credentials struct {
	User     string
	Password string
	Realm    string // the only realm that is answered; empty: any
}

// ErrNoChallenge says that no challenge can be answered: other realm, unknown
// algorithm, or no qop=auth.
var ErrNoChallenge = errors.New("digest: no challenge that can be answered")

// Answer returns the header that answers a 401 or 407: its id (Authorization
// or Proxy-Authorization) and value. The topmost challenge that is known is
// taken (RFC 8760 section 2.4). r gives the cnonce. stale tells that the
// server says the last answer was right but its nonce too old.
func (c Credentials) Answer(challenge *sip.Message, method sip.Method, uri string, r Rand) (id sip.HeaderID, value string, stale bool, err error) {
	from, id := sip.HWWWAuthenticate, sip.HAuthorization
	if challenge.Status == 407 {
		from, id = sip.HProxyAuthenticate, sip.HProxyAuthorization
	}
	for v := range challenge.Lines(from) {
		p, err := parse(v)
		if err != nil || !p.hasNonce || !p.hasRealm || c.Realm != "" && p.realm != c.Realm {
			continue
		}
		a := ParseAlgorithm(p.algorithm)
		if a == None || !offersAuth(p.qop) {
			continue
		}
		var cnonce [16]byte
		for i := range 2 {
			u := r.Uint64()
			for j := range 8 {
				cnonce[i*8+j] = byte(u >> (8 * j))
			}
		}
		return id, c.header(a, &p, method, uri, hex.EncodeToString(cnonce[:]), 1), strings.EqualFold(p.stale, "true"), nil
	}
	return 0, "", false, ErrNoChallenge
}

func offersAuth(qop string) bool {
	for q := range strings.SplitSeq(qop, ",") {
		if strings.EqualFold(strings.TrimSpace(q), "auth") {
			return true
		}
	}
	return false
}

func (c Credentials) header(a Algorithm, p *params, method sip.Method, uri, cnonce string, count uint32) string {
	nc := strconv.FormatUint(uint64(count), 16)
	nc = "00000000"[len(nc):] + nc
	response := a.response(HA1(a, c.User, p.realm, c.Password), string(method), uri, p.nonce, nc, cnonce)
	b := append(make([]byte, 0, 320), "Digest username="...)
	b = quote(b, c.User)
	b = quote(append(b, ", realm="...), p.realm)
	b = quote(append(b, ", nonce="...), p.nonce)
	b = quote(append(b, ", uri="...), uri)
	b = quote(append(b, ", response="...), response)
	b = append(append(b, ", algorithm="...), a.String()...)
	b = quote(append(b, ", cnonce="...), cnonce)
	b = append(append(b, ", qop=auth, nc="...), nc...)
	if p.opaque != "" {
		b = quote(append(b, ", opaque="...), p.opaque)
	}
	return string(b)
}
