package ladder

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"onhook/call"
	"onhook/sip"
)

// messageText is what an arrow says of its message: its kind, and its Reason.
func messageText(msg string) (text, detail string, request bool) {
	m, err := sip.ParseString(msg)
	if err != nil {
		line, _, _ := strings.Cut(msg, "\n")
		return clean(strings.TrimSpace(line)) + " (malformed)", "", !strings.HasPrefix(msg, "SIP/")
	}
	cseq, _ := m.CSeq()
	var b strings.Builder
	if m.IsRequest() {
		b.WriteString(requestText(m))
	} else {
		b.WriteString(strconv.Itoa(m.Status) + " " + m.Phrase)
		if cseq.Method != sip.INVITE && cseq.Method != "" {
			b.WriteString(" (" + string(cseq.Method) + ")")
		}
	}
	if strings.Contains(strings.ToLower(m.Get(sip.HContentType)), "application/sdp") && m.Body != "" {
		b.WriteString(" SDP" + direction(m.Body))
	}
	var reasons []string
	for v := range m.Lines(sip.HReason) {
		reasons = append(reasons, v)
	}
	return clean(b.String()), clean(strings.Join(reasons, ", ")), m.IsRequest()
}

// requestText is the method, and what tells apart those of one method.
func requestText(m *sip.Message) string {
	switch m.Method {
	case sip.INVITE:
		if m.ToTag() != "" {
			return "re-INVITE"
		}
		return "INVITE " + userOf(m.URI)
	case sip.REFER:
		if to, err := m.ReferTo(); err == nil {
			return "REFER to " + userOf(to.URIText)
		}
	case sip.NOTIFY:
		// RFC 3515 section 2.4.5: how far the call to the target has come.
		if line, _, _ := strings.Cut(m.Body, "\r\n"); strings.HasPrefix(line, "SIP/2.0 ") {
			return "NOTIFY " + strings.TrimPrefix(line, "SIP/2.0 ")
		}
	}
	return string(m.Method)
}

// direction is the direction of a session where it is not both ways (RFC 4566
// section 6): a hold, say.
func direction(sdp string) string {
	for _, d := range [...]string{"sendonly", "recvonly", "inactive"} {
		if strings.Contains(sdp, "\na="+d) {
			return " " + d
		}
	}
	return ""
}

// userOf is the user part of a URI, or its host.
func userOf(uri string) string {
	_, rest, ok := strings.Cut(uri, ":")
	if !ok {
		return uri
	}
	rest, _, _ = strings.Cut(rest, "@")
	rest, _, _ = strings.Cut(rest, ";")
	return rest
}

// barText is what a bar says of an event; empty: it is not drawn.
func barText(e *call.Event) (text string, media bool) {
	join := func(parts ...string) string {
		var kept []string
		for _, p := range parts {
			if p != "" {
				kept = append(kept, p)
			}
		}
		return clean(strings.Join(kept, " "))
	}
	by := ""
	if e.By != "" {
		by = "by " + e.By
	}
	switch e.Kind {
	case call.EvTimer:
		return join(timerText(e)), false
	case call.EvIntent:
		detail := ""
		if e.Text != "" {
			detail = "(" + e.Text + ")"
		}
		return join("decided:", e.Cause, detail, by), false
	case call.EvCommand:
		return join("command", e.Name, by), false
	case call.EvApp:
		return join(e.Name, e.Text), false
	case call.EvMedia:
		if e.Name == "figures" {
			return "", false // a sum, not something that happened then
		}
		return join("media", e.Name, e.Text), true
	case call.EvStored:
		ms := time.Duration(e.N) * time.Millisecond
		return join("message stored in", e.Name, ms.String()), true
	case call.EvBridged:
		return "audio joined", true
	case call.EvHold:
		if e.N != 0 {
			return "on hold", true
		}
		return "resumed", true
	case call.EvLegEnded:
		if e.Cause == "" && e.Text == "" {
			return "", false
		}
		return join("leg ends:", e.Cause, e.Text), false
	case call.EvAlive:
		return "last known to be up", false
	case call.EvHours:
		return join("out of hours:", e.Name, e.Text), false
	case call.EvClock:
		return join("the system's clock was set by", (time.Duration(e.N) * time.Millisecond).String()), false
	}
	return "", false
}

// timerText is what ran out, in words where the name alone says little.
func timerText(e *call.Event) string {
	switch e.Name {
	case "2xx":
		return "no ACK to the 2xx in 64*T1"
	case "prack":
		return "no PRACK in 64*T1"
	case "cancel":
		return "no 487 in 64*T1"
	case "session":
		return "the session timer ran out"
	case "ring", "progress", "flow":
		return e.Name + " timer over"
	case "max_call":
		return "the longest duration was reached"
	case "rtp":
		return "no RTP"
	case "expires":
		return "the INVITE's Expires ran out"
	case "B", "F":
		if e.Code == 100 {
			return "nothing after the 100 in 64*T1"
		}
		if e.Text != "" {
			return "timer " + e.Name + ": no answer to " + e.Text
		}
	}
	return strings.TrimSpace("timer " + e.Name + " " + e.Text)
}

// clean takes out what would act on a terminal: messages come from strangers.
func clean(s string) string {
	ok := func(r rune) bool { return unicode.IsPrint(r) && r != unicode.ReplacementChar }
	if strings.IndexFunc(s, func(r rune) bool { return !ok(r) }) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if ok(r) {
			return r
		}
		return '.'
	}, s)
}
