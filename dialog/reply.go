package dialog

import "onhook/sip"

// reply makes a response to a request of the peer (RFC 3261 section 8.2.6.2):
// Via, From, Call-ID and CSeq are its own; To gets our tag.
func (d *Dialog) reply(req *sip.Message, status int, phrase string) *sip.Message {
	m := &sip.Message{Status: status, Phrase: phrase, Headers: make([]sip.Header, 0, 16)}
	to := false
	for i := range req.Headers {
		h := &req.Headers[i]
		switch h.ID {
		case sip.HVia, sip.HFrom, sip.HCallID, sip.HCSeq:
			m.Headers = append(m.Headers, sip.Header{ID: h.ID, Value: h.Value})
		case sip.HTo:
			if to {
				continue
			}
			to = true
			v := h.Value
			if status > 100 && req.ToTag() == "" && d.localTag != "" {
				v = d.local
			}
			m.Headers = append(m.Headers, sip.Header{ID: sip.HTo, Value: v})
		case sip.HTimestamp:
			if status == 100 {
				m.Headers = append(m.Headers, sip.Header{ID: h.ID, Value: h.Value})
			}
		}
	}
	return m
}

// complete makes the response that goes out from the one the user gave.
func (d *Dialog) complete(s *server, user *sip.Message) *sip.Message {
	m := d.reply(s.req, user.Status, user.Phrase)
	if m.Phrase == "" {
		m.Phrase = phrase(user.Status)
	}
	m.Body = user.Body
	method := s.req.Method
	success := user.Status >= 200 && user.Status < 300
	if method == sip.INVITE && user.Status > 100 && user.Status < 300 {
		// Section 12.1.1: a response that makes a dialog copies every
		// Record-Route, in order, with all its parameters.
		for v := range s.req.Lines(sip.HRecordRoute) {
			m.Add(sip.HRecordRoute, v)
		}
	}
	want := func(id sip.HeaderID, v string) {
		if v != "" && !user.Has(id) {
			m.Add(id, v)
		}
	}
	if user.Status > 100 && user.Status < 300 && (method == sip.INVITE || method == sip.UPDATE) {
		// Section 12.1.1: the UAS MUST add a Contact to the response.
		want(sip.HContact, d.opt.Contact)
	}
	if success && (method == sip.INVITE || method == sip.UPDATE || method == sip.OPTIONS) || user.Status > 100 && user.Status < 200 {
		// Section 13.3.1.4: a 2xx should hold Allow and Supported.
		want(sip.HAllow, d.opt.Allow)
		want(sip.HSupported, d.opt.Supported)
	}
	if user.Status > 100 {
		want(sip.HServer, d.opt.Product)
	}
	for i := range user.Headers {
		switch user.Headers[i].ID {
		case sip.HVia, sip.HFrom, sip.HTo, sip.HCallID, sip.HCSeq, sip.HRecordRoute, sip.HContentLength:
		default:
			m.Headers = append(m.Headers, user.Headers[i])
		}
	}
	return m
}

func phrase(code int) string {
	switch code {
	case 100:
		return "Trying"
	case 180:
		return "Ringing"
	case 183:
		return "Session Progress"
	case 200:
		return "OK"
	case 400:
		return "Bad Request"
	case 422:
		return "Session Interval Too Small"
	case 480:
		return "Temporarily Unavailable"
	case 481:
		return "Call/Transaction Does Not Exist"
	case 486:
		return "Busy Here"
	case 487:
		return "Request Terminated"
	case 488:
		return "Not Acceptable Here"
	case 491:
		return "Request Pending"
	case 603:
		return "Decline"
	}
	switch code / 100 {
	case 1:
		return "Progress"
	case 2:
		return "OK"
	case 3:
		return "Redirected"
	case 4:
		return "Request Failure"
	case 5:
		return "Server Failure"
	}
	return "Global Failure"
}
