package digest

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"strings"
)

// An Algorithm is a digest algorithm (RFC 7616 section 6.1).
type Algorithm uint8

// The algorithms; None is one that we do not know.
const (
	None Algorithm = iota
	MD5
	SHA256
	SHA512256
)

// String returns the name as headers spell it.
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

// ParseAlgorithm reads a name; an absent one is MD5 (RFC 7616 section 3.3).
// The -sess variants are not spoken.
func ParseAlgorithm(s string) Algorithm {
	if s == "" {
		return MD5
	}
	for _, a := range [...]Algorithm{MD5, SHA256, SHA512256} {
		if strings.EqualFold(s, a.String()) {
			return a
		}
	}
	return None
}

// sum appends the hex form of the hash of b.
func (a Algorithm) sum(dst, b []byte) []byte {
	switch a {
	case MD5:
		h := md5.Sum(b)
		return hex.AppendEncode(dst, h[:])
	case SHA256:
		h := sha256.Sum256(b)
		return hex.AppendEncode(dst, h[:])
	default:
		h := sha512.Sum512_256(b)
		return hex.AppendEncode(dst, h[:])
	}
}

// HA1 is the hash of user:realm:password in hex (RFC 7616 section 3.4.2). It
// is worth as much as the password.
func HA1(a Algorithm, user, realm, password string) string {
	return string(a.sum(nil, []byte(user+":"+realm+":"+password)))
}

// response computes the value of the response parameter (RFC 7616 section 3.4.1, qop=auth).
func (a Algorithm) response(ha1, method, uri, nonce, nc, cnonce string) string {
	b := make([]byte, 0, 256)
	b = append(append(append(b, method...), ':'), uri...)
	var a2 [64]byte
	ha2 := a.sum(a2[:0], b)
	b = b[:0]
	for _, s := range [...]string{ha1, nonce, nc, cnonce, "auth"} {
		b = append(append(b, s...), ':')
	}
	b = append(b, ha2...)
	return string(a.sum(nil, b))
}

// A Secret is what proves a user: a hash an algorithm (HA1), in hex. An empty one cannot prove.
type Secret struct {
	MD5, SHA256, SHA512256 string
}

// NewSecret makes the hashes of a password.
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
	case SHA512256:
		return s.SHA512256
	}
	return ""
}
