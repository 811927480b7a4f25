package call

import (
	"strings"

	"onhook/sip"
)

// session returns the session description of a message: its body, or the
// first such part of a multipart body (RFC 5621). What else a multipart body
// holds is not passed on.
func session(m *sip.Message) (text string, has bool) {
	if m.Body == "" {
		return "", false
	}
	t, ok := m.ContentType()
	switch {
	case !ok:
		// RFC 3261 section 20.15: Content-Type MUST be there if the body is not empty.
		return "", false
	case t.Type == "application" && t.Subtype == "sdp":
		return m.Body, true
	case t.Type == "multipart":
		boundary, _ := t.Params.Get("boundary")
		return sessionPart(m.Body, strings.Trim(boundary, `"`))
	}
	return "", false
}

// sessionPart finds the part of a multipart body that is a session description (RFC 2046 section 5.1.1).
func sessionPart(body, boundary string) (string, bool) {
	if boundary == "" {
		return "", false
	}
	_, rest, ok := strings.Cut("\r\n"+body, "\r\n--"+boundary)
	for ok && !strings.HasPrefix(rest, "--") {
		var part string
		part, rest, ok = strings.Cut(rest, "\r\n--"+boundary)
		head, text, split := strings.Cut(part, "\r\n\r\n")
		if split && partIsSDP(head) {
			return text + "\r\n", true
		}
	}
	return "", false
}

func partIsSDP(head string) bool {
	for line := range lines(head) {
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(strings.TrimSpace(name), "Content-Type") {
			t, ok := sip.ParseMediaType(strings.TrimSpace(value))
			return ok && t.Type == "application" && t.Subtype == "sdp"
		}
	}
	return false
}

// setSession puts a session description into a message.
func setSession(m *sip.Message, text string) {
	if text != "" {
		m.Add(sip.HContentType, "application/sdp")
		m.Body = text
	}
}
