package sip

import "strings"

// maxCompared is the number of parameters or headers of a URI up to which they
// are compared in any order. URIs with more are equal only if they are written
// the same, so that the work stays in bounds.
const maxCompared = 32

// Equal tells whether two URIs are equivalent: sip and sips by RFC 3261 section
// 19.1.4, tel by RFC 3966 section 4, others if they are written the same. It is
// not transitive.
func (u URI) Equal(v URI) bool {
	switch {
	case u == v:
		return true
	case u.Scheme != v.Scheme:
		// A SIP and SIPS URI are never equivalent.
		return false
	case u.Scheme == "tel":
		return equalTel(u, v)
	case u.Scheme != "sip" && u.Scheme != "sips":
		return u.Opaque == v.Opaque
	}
	// Comparison of the userinfo is case-sensitive; of all other components it
	// is not. A component with its default value written out does not match its absence.
	return equalEscaped(u.User, v.User, false) && equalEscaped(u.Password, v.Password, false) &&
		equalHost(u.Host, v.Host) && u.Port == v.Port &&
		equalParams(u.Params, v.Params) && equalURIHeaders(u.Headers, v.Headers)
}

func equalHost(a, b string) bool {
	if equalFold(a, b) {
		return true
	}
	if a == "" || b == "" || a[0] != '[' || b[0] != '[' {
		return false
	}
	// RFC 5118 section 4: IPv6 addresses are compared by value.
	x, ok1 := HostAddr(a)
	y, ok2 := HostAddr(b)
	return ok1 && ok2 && x == y
}

// equalEscaped compares with %HH resolved. Characters of the reserved set are
// not equivalent to their escapes (RFC 3261 section 19.1.4).
func equalEscaped(a, b string, fold bool) bool {
	if a == b {
		return true
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		x, n, ex := unescapeAt(a, i)
		y, m, ey := unescapeAt(b, j)
		if fold {
			x, y = lowerByte(x), lowerByte(y)
		}
		if x != y || ex != ey && strings.IndexByte(";/?:@&=+$,", x) >= 0 {
			return false
		}
		i, j = i+n, j+m
	}
	return i == len(a) && j == len(b)
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// equalParams: any parameter in both must match; user, ttl, method, maddr and
// transport in one alone never match; others in one alone are ignored.
func equalParams(p, q Params) bool {
	if p == q {
		return true
	}
	if strings.Count(string(p), ";") > maxCompared || strings.Count(string(q), ";") > maxCompared {
		return false
	}
	for name, value := range p.All() {
		other, there := q.getEscaped(name)
		if there && !equalEscaped(value, other, true) || !there && neverIgnored(name) {
			return false
		}
	}
	for name := range q.All() {
		if _, there := p.getEscaped(name); !there && neverIgnored(name) {
			return false
		}
	}
	return true
}

func neverIgnored(name string) bool {
	for _, n := range [...]string{"transport", "user", "method", "maddr", "ttl"} {
		if equalEscaped(name, n, true) {
			return true
		}
	}
	return false
}

// equalURIHeaders: header components are never ignored; their order does not count.
func equalURIHeaders(a, b string) bool {
	if a == b {
		return true
	}
	n := strings.Count(a, "&")
	if n != strings.Count(b, "&") || n >= maxCompared {
		return false
	}
	rest := strings.Split(b, "&")
	for _, x := range strings.Split(a, "&") {
		found := false
		for i, y := range rest {
			if equalURIHeader(x, y) {
				rest = append(rest[:i], rest[i+1:]...)
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func equalURIHeader(a, b string) bool {
	n1, v1, _ := strings.Cut(a, "=")
	n2, v2, _ := strings.Cut(b, "=")
	return equalEscaped(n1, n2, true) && equalEscaped(v1, v2, false)
}

// equalTel: numbers without their visual separators; each parameter has to be in both.
func equalTel(u, v URI) bool {
	if !equalDigits(u.User, v.User) {
		return false
	}
	if strings.Count(string(u.Params), ";") > maxCompared || strings.Count(string(v.Params), ";") > maxCompared {
		return u.Params == v.Params
	}
	for name, value := range u.Params.All() {
		other, there := v.Params.Get(name)
		if !there {
			return false
		}
		if equalFold(name, "phone-context") && strings.HasPrefix(value, "+") || equalFold(name, "ext") {
			if !equalDigits(value, other) {
				return false
			}
		} else if !equalEscaped(value, other, true) {
			return false
		}
	}
	for name := range v.Params.All() {
		if !u.Params.Has(name) {
			return false
		}
	}
	return true
}

// equalDigits compares numbers without visual separators and without regard to case.
func equalDigits(a, b string) bool {
	i, j := 0, 0
	for {
		for i < len(a) && isSeparator(a[i]) {
			i++
		}
		for j < len(b) && isSeparator(b[j]) {
			j++
		}
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if lowerByte(a[i]) != lowerByte(b[j]) {
			return false
		}
		i, j = i+1, j+1
	}
}
