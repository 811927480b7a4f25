package analyse

import (
	"bytes"
	"hash/maphash"
)

// A head is what the trackers ask of a message, read in one scan without
// building a sip.Message: this runs for every message of a capture. Its slices
// point into the packet.
type head struct {
	method  verb // of a request; of a response that of its CSeq
	status  int  // 0: a request
	cseq    uint32
	callID  []byte
	from    tag
	to      tag
	branch  uint32 // hash of the topmost Via's branch
	second  uint32 // hash of the second Via's branch, 0: there is none
	vias    int
	line    []byte // the start line
	fromURI []byte // the From and To values as they stand
	toURI   []byte
	session []byte // Session-ID
	link    []byte // X-CID or its like: the Call-ID of another leg
	expires []byte // Session-Expires
	limit   []byte // Expires
	rseq    []byte
	sdp     bool // the body is SDP
	folded  bool
	body    []byte
}

// A tag is a hash of a From or To tag; 0: there is none.
type tag uint32

// A reader hashes and scans with one seed.
type reader struct {
	seed maphash.Seed
}

func (r *reader) hash(b []byte) uint64 {
	if len(b) == 0 {
		return 0
	}
	return maphash.Bytes(r.seed, b) | 1
}

// read fills h from a message. why is empty, or says what is missing.
func (r *reader) read(h *head, msg []byte) (why string) {
	*h = head{}
	for len(msg) > 0 && (msg[0] == '\r' || msg[0] == '\n') {
		msg = msg[1:]
	}
	line, rest := cutLine(msg)
	if why = h.startLine(line); why != "" {
		return why
	}
	for {
		line, rest = cutLine(rest)
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			h.folded = true
			continue
		}
		if c := bytes.IndexByte(line, ':'); c > 0 {
			r.header(h, line[:c], line[c+1:])
		}
	}
	h.body = rest
	if len(rest) == 0 {
		h.sdp = false
	}
	switch {
	case len(h.callID) == 0:
		return "no Call-ID"
	case h.cseq == 0 && h.method == mNone:
		return "no CSeq that can be read"
	}
	return ""
}

// cutLine cuts at the end of line, CR LF or a bare LF.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, nil
	}
	line, rest = b[:i], b[i+1:]
	if i > 0 && line[i-1] == '\r' {
		line = line[:i-1]
	}
	return line, rest
}

func (h *head) startLine(line []byte) string {
	h.line = line
	if len(line) >= 11 && string(line[:8]) == "SIP/2.0 " {
		for _, c := range line[8:11] {
			if c < '0' || c > '9' {
				return "a status that is no number"
			}
			h.status = h.status*10 + int(c-'0')
		}
		if h.status < 100 || h.status > 699 {
			return "a status outside 100 to 699"
		}
		return ""
	}
	i := bytes.IndexByte(line, ' ')
	if i <= 0 || !bytes.HasSuffix(line, []byte(" SIP/2.0")) {
		return "a first line that is neither a request's nor a response's"
	}
	h.method = methodOf(line[:i])
	return ""
}

// methodOf returns the method.
func methodOf(b []byte) verb {
	switch string(b) {
	case "INVITE":
		return mINVITE
	case "ACK":
		return mACK
	case "BYE":
		return mBYE
	case "CANCEL":
		return mCANCEL
	case "OPTIONS":
		return mOPTIONS
	case "REGISTER":
		return mREGISTER
	case "PRACK":
		return mPRACK
	case "UPDATE":
		return mUPDATE
	case "INFO":
		return mINFO
	case "REFER":
		return mREFER
	case "NOTIFY":
		return mNOTIFY
	case "SUBSCRIBE":
		return mSUBSCRIBE
	case "MESSAGE":
		return mMESSAGE
	case "PUBLISH":
		return mPUBLISH
	}
	return mOther
}

// header takes one header line; what is not asked for costs one switch.
func (r *reader) header(h *head, name, value []byte) {
	for n := len(name); n > 0 && (name[n-1] == ' ' || name[n-1] == '\t'); n-- {
		name = name[:n-1]
	}
	if len(name) == 0 {
		return
	}
	switch c := name[0] | 0x20; {
	case c == 'v' && (len(name) == 1 || isName(name, "via")):
		r.via(h, value)
	case c == 'f' && (len(name) == 1 || isName(name, "from")):
		if h.fromURI == nil {
			h.fromURI = trim(value)
			h.from = tag(r.hash(tagOf(h.fromURI)))
		}
	case c == 't' && (len(name) == 1 || isName(name, "to")):
		if h.toURI == nil {
			h.toURI = trim(value)
			h.to = tag(r.hash(tagOf(h.toURI)))
		}
	case c == 'i' && len(name) == 1 || isName(name, "call-id"):
		if h.callID == nil {
			h.callID = trim(value)
		}
	case c == 'c' && (len(name) == 1 || isName(name, "content-type")):
		v := trim(value)
		h.sdp = len(v) >= 15 && isName(v[:15], "application/sdp") || len(v) > 10 && isName(v[:10], "multipart/")
	case c == 'c' && isName(name, "cseq"):
		r.cseq(h, trim(value))
	case c == 's' && isName(name, "session-id"):
		h.session = trim(value)
	case c == 's' && isName(name, "session-expires"), c == 'x' && len(name) == 1:
		h.expires = trim(value)
	case c == 'e' && isName(name, "expires"):
		h.limit = trim(value)
	case c == 'r' && isName(name, "rseq"):
		h.rseq = trim(value)
	case c == 'x' && isLink(name):
		h.link = trim(value)
	}
}

// isLink tells headers that carry the Call-ID of another leg: X-CID, and what
// other servers call the same.
func isLink(name []byte) bool {
	if isName(name, "x-cid") {
		return true
	}
	for _, s := range linkNames {
		if isName(name, s) {
			return true
		}
	}
	return false
}

var linkNames = [...]string{
	"x-call-id", "x-callid", "x-original-call-id", "x-orig-call-id", "x-origin-call-id", "x-parent-call-id", "x-aleg-call-id", "x-a-leg-call-id",
	"x-inbound-call-id", "x-bleg-call-id", "x-correlation-call-id", "x-sip-call-id",
}

// isName compares a header name with one in lower case.
func isName(name []byte, want string) bool {
	if len(name) != len(want) {
		return false
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != want[i] {
			return false
		}
	}
	return true
}

func (r *reader) cseq(h *head, v []byte) {
	if h.cseq != 0 {
		return
	}
	i, n := 0, uint64(0)
	for i < len(v) && v[i] >= '0' && v[i] <= '9' && n < 1<<32 {
		n = n*10 + uint64(v[i]-'0')
		i++
	}
	if i == 0 || n >= 1<<32 {
		return
	}
	h.cseq = uint32(n)
	if m := trim(v[i:]); h.status != 0 && len(m) > 0 {
		h.method = methodOf(m)
	}
}

// via counts the values of one Via line and keeps the branches of the first two.
func (r *reader) via(h *head, v []byte) {
	for {
		one := v
		i := bytes.IndexByte(v, ',')
		if i >= 0 {
			one = v[:i]
		}
		if h.vias++; h.vias <= 2 {
			branch := uint32(r.hash(paramOf(one, ";branch=")))
			if h.vias == 1 {
				h.branch = branch
			} else {
				h.second = branch
			}
		}
		if i < 0 {
			return
		}
		v = v[i+1:]
	}
}

// tagOf returns the tag of a From or To value.
func tagOf(v []byte) []byte {
	if i := bytes.LastIndexByte(v, '>'); i >= 0 {
		v = v[i+1:]
	}
	return paramOf(v, ";tag=")
}

// paramOf returns the value of a parameter, whose name stands with its
// semicolon and equals sign.
func paramOf(v []byte, name string) []byte {
	i := bytes.Index(v, []byte(name))
	if i < 0 {
		if i = looseIndex(v, name); i < 0 {
			return nil
		}
		// There may be space around the signs: RFC 3261 section 25.1, SEMI and EQUAL.
		e := bytes.IndexByte(v[i:], '=')
		v = trim(v[i+e+1:])
	} else {
		v = v[i+len(name):]
	}
	for j, c := range v {
		if c == ';' || c == ' ' || c == '\t' || c == ',' || c == '>' {
			return v[:j]
		}
	}
	return v
}

// looseIndex finds a parameter in any case and with space around its signs.
func looseIndex(v []byte, name string) int {
	word := name[1 : len(name)-1]
	for i := 0; i < len(v); i++ {
		if v[i] != ';' {
			continue
		}
		rest := trim(v[i+1:])
		if len(rest) <= len(word) || !isName(rest[:len(word)], word) {
			continue
		}
		if after := trim(rest[len(word):]); len(after) > 0 && after[0] == '=' {
			return i
		}
	}
	return -1
}

func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for n := len(b); n > 0 && (b[n-1] == ' ' || b[n-1] == '\t' || b[n-1] == '\r'); n = len(b) {
		b = b[:n-1]
	}
	return b
}
