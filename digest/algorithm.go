package digest

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"strings"
)

// An Algorithm is a hash that Digest uses (RFC 8760 section 2.1).
type Algorithm uint8

// The algorithms; zero is none.
const (
	MD5 Algorithm = iota + 1
	SHA256
	SHA512256 // SHA-512-256: SHA-512/256 of FIPS 180-4
)

// maxHex is the length of the longest hash in hexadecimal digits.
const maxHex = 2 * sha256.Size

// String returns the name as the algorithm parameter spells it.
func (a Algorithm) String() string {
	switch a {
	case MD5:
		return "MD5"
	case SHA256:
		return "SHA-256"
	case SHA512256:
		return "SHA-512-256"
	}
	return ""
}

// parseAlgorithm reads the parameter, without regard to case; session tells
// the -sess variants. RFC 7616 section 3.3: without the parameter it is MD5.
func parseAlgorithm(s string) (a Algorithm, session bool) {
	if s == "" {
		return MD5, false
	}
	if n := len(s) - len("-sess"); n > 0 && strings.EqualFold(s[n:], "-sess") {
		s, session = s[:n], true
	}
	for a := MD5; a <= SHA512256; a++ {
		if strings.EqualFold(s, a.String()) {
			return a, session
		}
	}
	return 0, session
}

// appendHex appends the hash of data in lower-case hexadecimal digits.
func (a Algorithm) appendHex(dst, data []byte) []byte {
	switch a {
	case SHA256:
		h := sha256.Sum256(data)
		return hex.AppendEncode(dst, h[:])
	case SHA512256:
		h := sha512.Sum512_256(data)
		return hex.AppendEncode(dst, h[:])
	}
	h := md5.Sum(data)
	return hex.AppendEncode(dst, h[:])
}

// HA1 is the hash of user, realm and password (RFC 7616 section 3.4.2), in
// lower-case hexadecimal digits. It is as good as the password for that realm.
func HA1(a Algorithm, user, realm, password string) string {
	b := make([]byte, 0, len(user)+len(realm)+len(password)+2)
	b = append(b, user...)
	b = append(b, ':')
	b = append(b, realm...)
	b = append(b, ':')
	b = append(b, password...)
	return string(a.appendHex(nil, b))
}

// A Secret is what the server knows of a user: HA1 in lower-case hexadecimal
// digits, for each algorithm that the user may use; empty: it may not.
type Secret struct {
	MD5, SHA256, SHA512256 string
}

// NewSecret makes the Secret of a password.
func NewSecret(user, realm, password string) Secret {
	return Secret{
		MD5:       HA1(MD5, user, realm, password),
		SHA256:    HA1(SHA256, user, realm, password),
		SHA512256: HA1(SHA512256, user, realm, password),
	}
}

func (s Secret) ha1(a Algorithm) string {
	switch a {
	case MD5:
		return s.MD5
	case SHA256:
		return s.SHA256
	}
	return s.SHA512256
}

// A proof is what a response is made of, besides HA1.
type proof struct {
	algorithm  Algorithm
	session    bool
	method     string
	uri        string
	nonce      string
	nc, cnonce string
	qop        string // "auth", or "" for the form of RFC 2069
}

// response appends the response in hexadecimal digits (RFC 7616 section 3.4.1).
func (p *proof) response(dst []byte, ha1 string) []byte {
	var mem [512]byte
	var hash [maxHex]byte
	b := mem[:0]
	if p.session {
		// RFC 7616 section 3.4.2: A1 of -sess is H(user:realm:password):nonce:cnonce.
		b = join(append(b, ha1...), p.nonce, p.cnonce)
		ha1 = string(p.algorithm.appendHex(hash[:0], b))
		b = b[:0]
	}
	// RFC 7616 section 3.4.3: A2 of qop auth is Method:request-uri.
	b = join(append(b, p.method...), p.uri)
	ha2 := p.algorithm.appendHex(hash[:0], b)
	b = join(append(b[:0], ha1...), p.nonce)
	if p.qop != "" {
		b = join(b, p.nc, p.cnonce, p.qop)
	}
	b = append(append(b, ':'), ha2...)
	return p.algorithm.appendHex(dst, b)
}

// join appends each part after a colon.
func join(b []byte, parts ...string) []byte {
	for _, s := range parts {
		b = append(append(b, ':'), s...)
	}
	return b
}
