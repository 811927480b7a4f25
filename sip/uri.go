package sip

import (
	"strconv"
	"strings"
)

// A URI is a sip, sips or tel URI (RFC 3261 section 19.1, RFC 3966), or an
// absolute URI of another scheme, whose rest stands in Opaque. User, Password
// and parameters keep their escapes; Host is as written, an IPv6 address in
// brackets.
type URI struct {
	Scheme   string // lower case: "sip", "sips", "tel", ...
	User     string // tel: the number
	Password string
	Host     string
	Port     uint16 // 0: none written
	Params   Params
	Headers  string // what follows "?", as written
	Opaque   string // of a scheme that we do not take apart
}

// ParseURI reads a URI.
func ParseURI(s string) (URI, error) {
	var u URI
	if want := u.parse(s); want != "" {
		return URI{}, malformed("URI", s, want)
	}
	return u, nil
}

// parse tells what would be right if something is wrong.
func (u *URI) parse(s string) (want string) {
	i := strings.IndexByte(s, ':')
	if i < 0 || !isScheme(s[:i]) {
		return "a scheme such as sip:"
	}
	u.Scheme = lower(s[:i])
	rest := s[i+1:]
	switch u.Scheme {
	case "sip", "sips":
		return u.parseSIP(rest)
	case "tel":
		var params string
		u.User, params = cutUnquoted(rest, ';')
		u.Params = Params(params)
		if u.User == "" {
			return "a number after tel:"
		}
	default:
		u.Opaque = rest
	}
	return ""
}

func (u *URI) parseSIP(rest string) (want string) {
	if !cleanURI(rest) {
		return "no space, quote or angle bracket"
	}
	// The user part may hold ";" and "?", so it ends at the first "@" (RFC 3261 section 25.1).
	if i := strings.IndexByte(rest, '@'); i >= 0 {
		u.User = rest[:i]
		if j := strings.IndexByte(u.User, ':'); j >= 0 {
			u.User, u.Password = u.User[:j], u.User[j+1:]
		}
		if u.User == "" {
			return "a user before @"
		}
		rest = rest[i+1:]
	}
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		u.Headers = rest[i+1:]
		rest = rest[:i]
	}
	if i := strings.IndexByte(rest, ';'); i >= 0 {
		u.Params = Params(rest[i:])
		rest = rest[:i]
	}
	var ok bool
	if u.Host, u.Port, ok = splitHostPort(rest); !ok {
		return "host or host:port"
	}
	return ""
}

// splitHostPort reads host[:port]; the host is a name, an IPv4 address or an IPv6 address in brackets.
func splitHostPort(s string) (host string, port uint16, ok bool) {
	end := 0
	if s != "" && s[0] == '[' {
		end = strings.IndexByte(s, ']') + 1
	} else if end = strings.IndexByte(s, ':'); end < 0 {
		end = len(s)
	}
	host = s[:end]
	if !validHost(host) {
		return "", 0, false
	}
	if end == len(s) {
		return host, 0, true
	}
	n, ok := parseUint(s[end+1:], 65535)
	if !ok || s[end] != ':' || n == 0 {
		return "", 0, false
	}
	return host, uint16(n), true
}

// Append prints the URI to dst.
func (u URI) Append(dst []byte) []byte {
	dst = append(dst, u.Scheme...)
	dst = append(dst, ':')
	if u.Opaque != "" {
		return append(dst, u.Opaque...)
	}
	dst = append(dst, u.User...)
	if u.Scheme != "tel" {
		if u.Password != "" {
			dst = append(dst, ':')
			dst = append(dst, u.Password...)
		}
		if u.User != "" {
			dst = append(dst, '@')
		}
		dst = append(dst, u.Host...)
		if u.Port != 0 {
			dst = append(dst, ':')
			dst = strconv.AppendUint(dst, uint64(u.Port), 10)
		}
	}
	dst = append(dst, u.Params...)
	if u.Headers != "" {
		dst = append(dst, '?')
		dst = append(dst, u.Headers...)
	}
	return dst
}

// String prints the URI.
func (u URI) String() string { return string(u.Append(make([]byte, 0, 64))) }

// Transport returns the transport parameter's, or NoTransport.
func (u URI) Transport() Transport {
	v, _ := u.Params.Get("transport")
	return ParseTransport(v)
}

func isScheme(s string) bool {
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if !('a' <= c && c <= 'z') && (i == 0 || !('0' <= s[i] && s[i] <= '9' || s[i] == '+' || s[i] == '-' || s[i] == '.')) {
			return false
		}
	}
	return true
}

func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return strings.ToLower(s)
		}
	}
	return s
}
