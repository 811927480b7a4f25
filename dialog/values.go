package dialog

import (
	"strconv"
	"strings"

	"onhook/sip"
)

// A sessionExpires is the value of Session-Expires (RFC 4028 section 4).
type sessionExpires struct {
	seconds   uint32
	refresher string // "uac", "uas" or ""
}

func readSessionExpires(m *sip.Message) (sessionExpires, bool) {
	text := m.Get(sip.HSessionExpires)
	if text == "" {
		return sessionExpires{}, false
	}
	v, params := splitParams(text)
	n, err := strconv.ParseUint(v, 10, 32)
	if err != nil {
		return sessionExpires{}, false
	}
	who, _ := params.Get("refresher")
	return sessionExpires{uint32(n), strings.ToLower(who)}, true
}

func (s sessionExpires) String() string {
	v := strconv.FormatUint(uint64(s.seconds), 10)
	if s.refresher != "" {
		v += ";refresher=" + s.refresher
	}
	return v
}

// readMinSE returns the value of Min-SE, or 0.
func readMinSE(m *sip.Message) uint32 {
	text := m.Get(sip.HMinSE)
	if text == "" {
		return 0
	}
	v, _ := splitParams(text)
	n, err := strconv.ParseUint(v, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

func splitParams(v string) (string, sip.Params) {
	if i := strings.IndexByte(v, ';'); i >= 0 {
		return strings.TrimSpace(v[:i]), sip.Params(v[i:])
	}
	return strings.TrimSpace(v), ""
}

// readRSeq returns the value of RSeq (RFC 3262 section 7.1); 0 is none.
func readRSeq(m *sip.Message) uint32 {
	text := m.Get(sip.HRSeq)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// A rack is the value of RAck (RFC 3262 section 7.2).
type rack struct {
	rseq, cseq uint32
	method     sip.Method
}

func readRAck(m *sip.Message) (rack, bool) {
	f := strings.Fields(m.Get(sip.HRAck))
	if len(f) != 3 {
		return rack{}, false
	}
	r, err1 := strconv.ParseUint(f[0], 10, 32)
	c, err2 := strconv.ParseUint(f[1], 10, 32)
	return rack{uint32(r), uint32(c), sip.Method(f[2])}, err1 == nil && err2 == nil
}

func (r rack) String() string {
	b := strconv.AppendUint(make([]byte, 0, 32), uint64(r.rseq), 10)
	b = append(b, ' ')
	b = strconv.AppendUint(b, uint64(r.cseq), 10)
	b = append(b, ' ')
	return string(append(b, r.method...))
}

func utoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// hasSDP tells whether a message holds a session description.
func hasSDP(m *sip.Message) bool {
	if m.Body == "" {
		return false
	}
	t, params := splitParams(m.Get(sip.HContentType))
	if strings.EqualFold(t, "application/sdp") {
		return true
	}
	// RFC 5621: a session description may be one part of several.
	return len(t) > 10 && strings.EqualFold(t[:10], "multipart/") && params.Has("boundary") &&
		strings.Contains(strings.ToLower(m.Body), "application/sdp")
}
