package digest

import (
	"errors"
	"fmt"
	"strings"
)

// maxParams is how many parameters credentials or a challenge may have.
const maxParams = 32

// Errors of a header that cannot be read.
var (
	errParams    = errors.New("digest: more than 32 parameters")
	errParamForm = errors.New("digest: want name=token or name=\"text\" between commas")
	errQuote     = errors.New("digest: a quoted text does not end")
)

// cutScheme cuts the scheme's name off a header value.
func cutScheme(s string) (scheme, rest string) {
	s = strings.Trim(s, " \t")
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimLeft(s[i:], " \t")
}

// eachParam calls take for each parameter: name=token or name="text", between
// commas (RFC 7616 section 3.3). A quoted value comes as it is written, escapes
// kept, since the hashes are made of that; its quotes are taken off.
func eachParam(s string, take func(name, value string) error) error {
	for n := 0; ; n++ {
		s = strings.TrimLeft(s, " \t,")
		if s == "" {
			return nil
		}
		if n == maxParams {
			return errParams
		}
		eq := strings.IndexByte(s, '=')
		if eq <= 0 {
			return errParamForm
		}
		name := strings.TrimRight(s[:eq], " \t")
		if strings.ContainsAny(name, " \t,\"") {
			return errParamForm
		}
		value, rest, err := cutValue(strings.TrimLeft(s[eq+1:], " \t"))
		if err != nil {
			return err
		}
		if rest = strings.TrimLeft(rest, " \t"); rest != "" && rest[0] != ',' {
			return errParamForm
		}
		if err := take(name, value); err != nil {
			return err
		}
		s = rest
	}
}

// cutValue cuts a token or a quoted text off the front.
func cutValue(s string) (value, rest string, err error) {
	if s == "" || s[0] != '"' {
		i := strings.IndexAny(s, ", \t")
		if i < 0 {
			i = len(s)
		}
		// RFC 3261 section 25.1: a backslash is no part of a token, and would end the quoted text that it is copied into.
		if i == 0 || strings.ContainsAny(s[:i], "\"\\") {
			return "", "", errParamForm
		}
		return s[:i], s[i:], nil
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[1:i], s[i+1:], nil
		}
	}
	return "", "", errQuote
}

// A field is where a parameter goes.
type field struct {
	name string
	to   *string
}

// readParams reads the parameters that are asked for and lets others pass.
func readParams(s string, fields []field) error {
	var seen uint32
	return eachParam(s, func(name, value string) error {
		for i := range fields {
			if !strings.EqualFold(fields[i].name, name) {
				continue
			}
			// Two of a kind make two readers see two different things.
			if seen&(1<<i) != 0 {
				return fmt.Errorf("digest: %s stands twice", fields[i].name)
			}
			seen |= 1 << i
			*fields[i].to = value
			return nil
		}
		return nil
	})
}

// quote appends a text as a quoted string.
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

// unescape takes the backslashes of a quoted string off.
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
