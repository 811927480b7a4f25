package sim

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"onhook/sip"
)

// An account is what a phone authenticates with (RFC 7616). Its hashes and its
// reading of challenges are apart from those of the server.
type account struct {
	User, Password string
	Knows          []string // algorithms, as challenges spell them
	nc             int      // requests with the last nonce
	nonce          string
	asked          int // challenges that were answered
}

// passwordOf is the password of an extension.
func passwordOf(user string) string { return "secret of " + user }

// hashes are the algorithms that a phone may know (RFC 8760 section 2.1).
var hashes = map[string]func(text string) string{
	"MD5":         func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) },
	"SHA-256":     func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) },
	"SHA-512-256": func(s string) string { h := sha512.Sum512_256([]byte(s)); return hex.EncodeToString(h[:]) },
}

// answer makes the Authorization header that a 401 asks for; empty: the phone knows none of its algorithms.
func (a *account) answer(m *sip.Message, method sip.Method, uri string) string {
	for line := range m.Lines(sip.HWWWAuthenticate) {
		p := challengeOf(line)
		name := p["algorithm"]
		if name == "" {
			name = "MD5" // RFC 7616 section 3.3: "If this parameter is not present, it is assumed to be MD5."
		}
		// RFC 8760 section 2.4: "the UAC [...] SHOULD use the topmost header field
		// that it supports".
		if !slices.Contains(a.Knows, name) {
			continue
		}
		if a.nonce != p["nonce"] {
			a.nonce, a.nc = p["nonce"], 0
		}
		a.nc++
		a.asked++
		h, nc, cnonce := hashes[name], fmt.Sprintf("%08x", a.nc), fmt.Sprintf("%s%d", a.User, a.asked)
		// RFC 7616 sections 3.4.1 to 3.4.3, for the quality of protection "auth".
		a1 := h(a.User + ":" + p["realm"] + ":" + a.Password)
		a2 := h(string(method) + ":" + uri)
		response := h(strings.Join([]string{a1, p["nonce"], nc, cnonce, "auth", a2}, ":"))
		return fmt.Sprintf("Authorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\", algorithm=%s, cnonce=\"%s\", qop=auth, nc=%s\r\n",
			a.User, p["realm"], p["nonce"], uri, response, name, cnonce, nc)
	}
	return ""
}

// challengeOf reads the parameters of a Digest challenge.
func challengeOf(line string) map[string]string {
	p := map[string]string{}
	_, rest, _ := strings.Cut(line, " ")
	for rest != "" {
		name, value, _ := strings.Cut(strings.TrimLeft(rest, ", "), "=")
		if quoted, ok := strings.CutPrefix(value, `"`); ok {
			value, rest, _ = strings.Cut(quoted, `"`)
		} else {
			value, rest, _ = strings.Cut(value, ",")
		}
		p[strings.ToLower(name)] = value
	}
	return p
}
