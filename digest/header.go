package digest

import (
	"errors"
	"strings"
)

// maxParams bounds the parameters of one header; a real one has about ten.
const maxParams = 32

// params are the parameters of an Authorization or WWW-Authenticate value.
type params struct {
	realm, nonce, algorithm, qop, opaque, stale        string
	username, uri, response, nc, cnonce                string
	hasQop, hasNC, hasCnonce, hasUsername, hasURI      bool
	hasResponse, hasNonce, hasRealm, userhash, starred bool
}

var (
	errScheme = errors.New("digest: want the scheme Digest")
	errSyntax = errors.New("digest: want name=value parameters with commas between them")
	errTwice  = errors.New("digest: a parameter stands twice")
	errMany   = errors.New("digest: too many parameters")
)

// parse reads "Digest name=value, ...".
func parse(v string) (params, error) {
	var p params
	v = strings.TrimSpace(v)
	if len(v) < 7 || !strings.EqualFold(v[:6], "Digest") || v[6] != ' ' && v[6] != '\t' {
		return p, errScheme
	}
	seen := [16]string{}
	n := 0
	for rest := strings.TrimSpace(v[7:]); rest != ""; n++ {
		if n >= maxParams {
			return p, errMany
		}
		name, value, tail, ok := cutParam(rest)
		if !ok {
			return p, errSyntax
		}
		rest = tail
		name = strings.ToLower(name)
		for i := range min(n, len(seen)) {
			if seen[i] == name {
				return p, errTwice
			}
		}
		if n < len(seen) {
			seen[n] = name
		}
		p.set(name, value)
	}
	return p, nil
}

// cutParam takes one name=value from the front, and the comma after it.
func cutParam(s string) (name, value, rest string, ok bool) {
	name, s, ok = strings.Cut(s, "=")
	name, s = strings.TrimSpace(name), strings.TrimSpace(s)
	if !ok || name == "" || strings.ContainsAny(name, " \t\",") {
		return "", "", "", false
	}
	if strings.HasPrefix(s, `"`) {
		end := closingQuote(s)
		if end < 0 {
			return "", "", "", false
		}
		value, s = unescape(s[1:end]), strings.TrimSpace(s[end+1:])
		if s != "" && s[0] != ',' {
			return "", "", "", false
		}
		return name, value, strings.TrimSpace(strings.TrimPrefix(s, ",")), true
	}
	value, rest, _ = strings.Cut(s, ",")
	return name, strings.TrimSpace(value), strings.TrimSpace(rest), true
}

func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}

func (p *params) set(name, value string) {
	switch name {
	case "realm":
		p.realm, p.hasRealm = value, true
	case "nonce":
		p.nonce, p.hasNonce = value, true
	case "algorithm":
		p.algorithm = value
	case "qop":
		p.qop, p.hasQop = value, true
	case "opaque":
		p.opaque = value
	case "stale":
		p.stale = value
	case "username":
		p.username, p.hasUsername = value, true
	case "username*":
		p.starred = true
	case "uri":
		p.uri, p.hasURI = value, true
	case "response":
		p.response, p.hasResponse = value, true
	case "nc":
		p.nc, p.hasNC = value, true
	case "cnonce":
		p.cnonce, p.hasCnonce = value, true
	case "userhash":
		p.userhash = strings.EqualFold(value, "true")
	}
}

// quote writes a quoted string.
func quote(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}
