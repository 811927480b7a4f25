package route

import (
	"strconv"
	"strings"
)

// MaxNumberLength is the longest number that is routed, in bytes. E.164 allows 15
// digits; the rest is room for names.
const MaxNumberLength = 128

// checkNumber says what is wrong with a dialled number, empty when nothing is.
func checkNumber(number string) string {
	if number == "" {
		return "the request names no number"
	}
	if len(number) > MaxNumberLength {
		return "the number is longer than 128 bytes"
	}
	for i := 0; i < len(number); i++ {
		if !userByte(number[i]) {
			return "the number holds a character that no number or name may have"
		}
	}
	return ""
}

// userByte reports whether b may stand in the user part of a SIP URI as it is, or
// is a byte of a UTF-8 name or '#', which people dial and printers escape.
//
// RFC 3261 section 25.1: user = 1*( unreserved / escaped / user-unreserved );
// user-unreserved = "&" / "=" / "+" / "$" / "," / ";" / "?" / "/".
func userByte(b byte) bool {
	return alphanum(b) || strings.IndexByte("-_.!~*'()&=+$,;?/#", b) >= 0 || b >= 0x80
}

func alphanum(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// digits reports whether s is a number of nothing but digits.
func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// name reports whether s is a name of a person rather than something dialled: it
// starts with a letter.
func name(s string) bool {
	return s != "" && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z' || s[0] >= 0x80)
}

// unescape undoes the escapes of a user part (RFC 3261 section 19.1.2).
func unescape(s string) (string, bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", false
		}
		b.WriteByte(byte(n))
		i += 2
	}
	return b.String(), true
}
