package call

import "onhook/sip"

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
	case t.Is("application/sdp"):
		return m.Body, true
	}
	for p := range t.Parts(m.Body) {
		if pt, ok := sip.ParseMediaType(p.Type); ok && pt.Is("application/sdp") {
			return p.Body + "\r\n", true // the last line's end is the boundary's
		}
	}
	return "", false
}

// setSession puts a session description into a message.
func setSession(m *sip.Message, text string) {
	if text != "" {
		m.Add(sip.HContentType, "application/sdp")
		m.Body = text
	}
}
