package sip

import "strconv"

// A Reason is one value of a Reason header (RFC 3326).
type Reason struct {
	Protocol string // as written: "Q.850", "SIP", "preemption"
	Cause    int    // -1: none, or not a number
	Text     string
	Params   Params
}

// Reasons returns every value of every Reason line, in order, also those with protocols we do not know.
func (m *Message) Reasons() []Reason {
	var out []Reason
	for v := range m.Values(HReason) {
		proto, params := cutUnquoted(v, ';')
		r := Reason{Protocol: trim(proto), Cause: -1, Params: Params(params)}
		if c, ok := r.Params.Get("cause"); ok {
			if n, ok := parseUint(c, 1<<30); ok {
				r.Cause = int(n)
			}
		}
		r.Text, _ = r.Params.Get("text")
		out = append(out, r)
	}
	return out
}

// String prints the value as a Reason header holds it.
func (r Reason) String() string {
	s := r.Protocol + ";cause=" + strconv.Itoa(r.Cause)
	if r.Text != "" {
		s += `;text="` + r.Text + `"`
	}
	return s
}
