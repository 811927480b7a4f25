package capture

import "bytes"

// maxStart is the longest start line that is looked for, in bytes.
const maxStart = 8 << 10

// tokens are the bytes of a token (RFC 3261 section 25.1).
var tokens = func() (t [256]bool) {
	for c := byte('0'); c <= '9'; c++ {
		t[c] = true
	}
	for c := byte('A'); c <= 'Z'; c++ {
		t[c], t[c+'a'-'A'] = true, true
	}
	for _, c := range []byte("-.!%*_+`'~") {
		t[c] = true
	}
	return t
}()

func isToken(c byte) bool { return tokens[c] }

// trimBreaks cuts what stands between messages off the front: CR, LF and the
// zero bytes that some phones send to keep a NAT open. RFC 3261 section 7.5:
// implementations SHOULD ignore any CRLF appearing before the start-line.
func trimBreaks(b []byte) []byte {
	for len(b) > 0 && (b[0] == '\r' || b[0] == '\n' || b[0] == 0) {
		b = b[1:]
	}
	return b
}

// startsMessage says that b begins with a SIP start line. Where the packet was
// cut a request line may end before its version.
func startsMessage(b []byte, cut bool) bool {
	end := bytes.IndexByte(b[:min(len(b), maxStart)], '\n')
	if end < 0 {
		return cut && startsCut(b)
	}
	return isStartLine(b[:end])
}

// isStartLine says that a line, without its LF, is a request line or a status
// line (RFC 3261 sections 7.1 and 7.2). The version is not judged.
func isStartLine(line []byte) bool {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) < 11 {
		return false
	}
	if isVersion(line[:7]) && line[7] == ' ' {
		return isDigit(line[8]) && isDigit(line[9]) && isDigit(line[10]) && (len(line) == 11 || line[11] == ' ')
	}
	for line[len(line)-1] == ' ' {
		line = line[:len(line)-1]
		if len(line) < 11 {
			return false
		}
	}
	n := len(line)
	return line[n-8] == ' ' && isVersion(line[n-7:]) && isMethod(line[:n-8])
}

// isMethod says that a method and a space stand at the front, with something
// behind them.
func isMethod(line []byte) bool {
	n := methodLength(line)
	return n > 0 && n+1 < len(line)
}

// methodLength is the length of the method that stands at the front with a space
// behind it; 0: there is none.
func methodLength(line []byte) int {
	for i := 0; i < len(line) && i <= 32; i++ {
		if line[i] == ' ' {
			return i
		}
		if !tokens[line[i]] {
			return 0
		}
	}
	return 0
}

// mayStart says that a start line, or the name of a HEP packet, may become of a
// line whose end has not come yet.
func mayStart(b []byte) bool {
	if methodLength(b) > 0 {
		return true
	}
	for _, c := range b {
		if !tokens[c] && c != '/' && c != ' ' {
			return false
		}
	}
	return len(b) <= 32 || len(b) > 7 && isVersion(b[:7])
}

// isHeader says that a line begins as a header does: a name and a colon (RFC 3261
// section 7.3.1).
func isHeader(line []byte) bool {
	name, _, found := bytes.Cut(line, []byte{':'})
	name = bytes.TrimRight(name, " \t")
	for _, c := range name {
		if !tokens[c] {
			return false
		}
	}
	return found && len(name) > 0
}

// isVersion reads SIP/d.d; RFC 3261 section 7.1: the string is case-insensitive.
func isVersion(b []byte) bool {
	return b[0]|0x20 == 's' && b[1]|0x20 == 'i' && b[2]|0x20 == 'p' && b[3] == '/' && isDigit(b[4]) && b[5] == '.' && isDigit(b[6])
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// startsCut says that what there is of a cut line may begin a SIP message.
func startsCut(b []byte) bool {
	if len(b) >= 8 && isVersion(b[:7]) && b[7] == ' ' {
		return true
	}
	if !isMethod(b) {
		return false
	}
	uri := b[bytes.IndexByte(b, ' ')+1:]
	for _, scheme := range []string{"sip:", "sips:", "tel:"} {
		if len(uri) >= len(scheme) && bytes.EqualFold(uri[:len(scheme)], []byte(scheme)) {
			return true
		}
	}
	return false
}
