package call

import "onhook/sip"

// Kinds are sorts of media beside audio.
type Kinds uint8

// The kinds that a user may be denied.
const (
	Video Kinds = 1 << iota // m=video
	Fax                     // m=image: T.38 (RFC 3362)
)

// String names the kinds.
func (k Kinds) String() string {
	return [...]string{"none", "video", "fax", "video and fax"}[k&(Video|Fax)]
}

// A Body is what the body of an INVITE holds, read once.
type Body struct {
	Cause string // not empty: it must be refused with this Bye Reason
	Code  int    // and this final code
	Text  string // since
	read  bool
	has   bool
	offer description
}

// ReadBody reads the body of an INVITE.
func ReadBody(m *sip.Message) Body {
	b := Body{read: true}
	if m.Body == "" {
		return b
	}
	text, has := session(m)
	if !has {
		// RFC 3261 section 8.2.3: a body that is not understood and not optional is refused by 415.
		b.Cause, b.Code, b.Text = "SERVICE_NOT_IMPLEMENTED", 415, "the body of an INVITE must be application/sdp, or hold it as a part"
		return b
	}
	d, err := parseSDP(text)
	if err != nil {
		b.Cause, b.Code, b.Text = "INVALID_IE_CONTENTS", 400, err.Error()
		return b
	}
	b.offer, b.has = d, true
	return b
}

// HasOffer tells whether the body holds an offer.
func (b *Body) HasOffer() bool { return b.has }

// Kinds are the sorts of media that the body offers.
func (b *Body) Kinds() Kinds { return b.offer.kinds() }

// kinds are the sorts of media of the streams that are not refused.
func (d *description) kinds() Kinds {
	var k Kinds
	for i := range d.streams {
		switch s := &d.streams[i]; {
		case s.port == 0:
		case s.media == "video":
			k |= Video
		case s.media == "image":
			k |= Fax
		}
	}
	return k
}

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
	return sessionPart(t, m.Body)
}

// sessionPart finds the part of a multipart body that is a session description.
func sessionPart(t sip.MediaType, body string) (text string, has bool) {
	for p := range t.Parts(body) {
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
