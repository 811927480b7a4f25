package sip

import "strings"

// A Diversion is one value of a Diversion header (RFC 5806): who sent the call on, and why.
type Diversion struct {
	NameAddr
	Reason  string // "user-busy", "no-answer", "unconditional", ...; "" if absent
	Counter int    // how many diversions the value stands for; 1 if absent
	Privacy string
}

// Diversions returns every Diversion, the most recent first; bad values are left out.
func (m *Message) Diversions() []Diversion {
	var out []Diversion
	for a, err := range m.Addrs(HDiversion) {
		if err != nil {
			continue
		}
		d := Diversion{NameAddr: a, Counter: 1}
		d.Reason, _ = a.Params.Get("reason")
		d.Privacy, _ = a.Params.Get("privacy")
		if n, ok := a.Params.Uint("counter", 1<<16); ok {
			d.Counter = int(n)
		}
		out = append(out, d)
	}
	return out
}

// A HistoryEntry is one value of a History-Info header (RFC 7044).
type HistoryEntry struct {
	NameAddr
	Index   string   // hi-index: "1.2"
	From    string   // the index that rc, mp or np names; "" if none does
	Reasons []Reason // from the URI's escaped Reason headers
}

// History returns every History-Info value in order; bad values are left out.
func (m *Message) History() []HistoryEntry {
	var out []HistoryEntry
	for a, err := range m.Addrs(HHistoryInfo) {
		if err != nil {
			continue
		}
		e := HistoryEntry{NameAddr: a}
		e.Index, _ = a.Params.Get("index")
		for _, name := range [...]string{"rc", "mp", "np"} {
			if v, ok := a.Params.Get(name); ok {
				e.From = v
				break
			}
		}
		e.Reasons = embeddedReasons(a.URIText)
		out = append(out, e)
	}
	return out
}

// embeddedReasons reads the Reason headers behind a URI's question mark (RFC 7044 section 10.2).
func embeddedReasons(uri string) []Reason {
	_, headers, _ := strings.Cut(uri, "?")
	var out []Reason
	for h := range strings.SplitSeq(headers, "&") {
		name, value, _ := strings.Cut(h, "=")
		if equalFold(Unescape(name), "Reason") {
			for v := range splitList(Unescape(value)) {
				out = append(out, parseReason(v))
			}
		}
	}
	return out
}
