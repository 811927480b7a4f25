package sip

import "strconv"

// A Reason is one value of a Reason header (RFC 3326).
type Reason struct {
	Protocol string // as written: "Q.850", "SIP", "preemption"
	Cause    int    // -1: none, or not a number
	Text     string // escapes resolved
	Params   Params // all of them, cause and text too
}

// Reasons returns every value of every Reason line, in order, also those with protocols we do not know.
func (m *Message) Reasons() []Reason {
	var out []Reason
	for v := range m.Values(HReason) {
		out = append(out, parseReason(v))
	}
	return out
}

func parseReason(s string) Reason {
	proto, params := cutUnquoted(s, ';')
	r := Reason{Protocol: trim(proto), Cause: -1, Params: Params(params)}
	if n, ok := r.Params.Uint("cause", 1<<30); ok {
		r.Cause = int(n)
	}
	text, _ := r.Params.Get("text")
	r.Text = unescape(text)
	return r
}

// String prints the value as a Reason header holds it: protocol, cause unless
// it is negative, text, and of Params the others (the location of RFC 8606, say).
func (r Reason) String() string {
	b := append(make([]byte, 0, 64), r.Protocol...)
	if r.Cause >= 0 {
		b = strconv.AppendInt(append(b, ";cause="...), int64(r.Cause), 10)
	}
	if r.Text != "" {
		b = AppendQuoted(append(b, ";text="...), r.Text)
	}
	return string(append(b, r.Params.Without("cause").Without("text")...))
}
