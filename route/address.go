package route

import (
	"net/netip"
	"strconv"
	"strings"
)

// An address is a rule's SIP address, split for what routing must know of it.
type address struct {
	scheme    string // sip or sips
	user      string
	host      string // lower case, IPv6 in its brackets
	port      uint16 // 0: none given
	transport string // lower case, empty: none given
}

// expandAddress fills a rule's SIP address in.
//
// What the caller dialled goes into the user part escaped, and into the host,
// port or parameters only where it is letters, digits, dots and hyphens: a number
// must not be able to lead the call to a host that the rule does not name.
func (t template) expandAddress(number string, m []int) (uri string, ok bool) {
	hasUser := false
	for _, p := range t {
		hasUser = hasUser || p.group < 0 && strings.Contains(p.text, "@")
	}
	var b strings.Builder
	inUser := hasUser
	for _, p := range t {
		if p.group < 0 {
			b.WriteString(p.text)
			inUser = inUser && !strings.Contains(p.text, "@")
			continue
		}
		value := group(number, m, p.group)
		if inUser {
			escapeUser(&b, value)
			continue
		}
		for i := 0; i < len(value); i++ {
			if !alphanum(value[i]) && value[i] != '.' && value[i] != '-' {
				return "", false
			}
		}
		b.WriteString(value)
	}
	return b.String(), true
}

// escapeUser writes s as the user part of a SIP URI. Of the characters allowed
// there, ';' and '?' are escaped too: many receivers cut at them.
func escapeUser(b *strings.Builder, s string) {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < 0x80 && userByte(c) && c != '#' && c != ';' && c != '?' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
}

// parseAddress splits a SIP address: enough to know its host, port and transport
// and that they are well formed. Reading a URI in full is package sip's, by whoever
// sends to it.
func parseAddress(uri string) (address, bool) {
	scheme, rest, found := strings.Cut(uri, ":")
	if !found || scheme != "sip" && scheme != "sips" {
		return address{}, false
	}
	a := address{scheme: scheme}
	if user, after, found := strings.Cut(rest, "@"); found {
		if user == "" || strings.Contains(after, "@") {
			return address{}, false
		}
		a.user, rest = user, after
	}
	if rest == "" || strings.ContainsAny(rest, " \t\r\n<>\"") {
		return address{}, false
	}
	rest, _, _ = strings.Cut(rest, "?")
	hostport, params, _ := strings.Cut(rest, ";")
	for param := range strings.SplitSeq(params, ";") {
		key, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(key, "transport") {
			a.transport = strings.ToLower(value)
		}
	}
	var ok bool
	a.host, a.port, ok = splitHostPort(hostport)
	return a, ok
}

// splitHostPort reads host, host:port, [v6] and [v6]:port.
func splitHostPort(s string) (host string, port uint16, ok bool) {
	host = s
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", 0, false
		}
		addr, err := netip.ParseAddr(s[1:end])
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", 0, false
		}
		host, s = "["+addr.String()+"]", s[end+1:]
		if s == "" {
			return host, 0, true
		}
		if s[0] != ':' {
			return "", 0, false
		}
		port, ok = parsePort(s[1:])
		return host, port, ok
	}
	if name, digits, found := strings.Cut(s, ":"); found {
		host = name
		if port, ok = parsePort(digits); !ok {
			return "", 0, false
		}
	}
	return strings.ToLower(host), port, hostname(host)
}

func parsePort(s string) (uint16, bool) {
	if !digits(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 16)
	return uint16(n), err == nil && n > 0
}

// hostname reports whether s is an IPv4 address or a host name of labels of
// letters, digits and hyphens (RFC 3261 section 25.1; the underscore is no part of
// it, but names with one are in use).
func hostname(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := 0; i < len(label); i++ {
			if !alphanum(label[i]) && label[i] != '-' && label[i] != '_' {
				return false
			}
		}
	}
	return true
}

// key is the address's host and port as the table keeps its own: without the
// port where it is SIP's.
func hostKey(host string, port uint16) string {
	if port == 0 || port == 5060 {
		return host
	}
	return host + ":" + strconv.Itoa(int(port))
}
