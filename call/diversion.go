package call

import (
	"strconv"
	"strings"

	"onhook/sip"
)

// A Diversion says who sent a call on, and why. Diversions of one attempt are a
// list, the most recent first.
type Diversion struct {
	Before *Diversion
	User   string // the extension; empty: a trunk or an address
	// Stranger: an address of whom nobody knows who answers there, and whose route lends it no rights.
	Stranger bool
	URI      string // its address of record
	When     When
	Code     int // the final response that was received; 0: none
}

// Has tells whether an extension is among those that sent the call on.
func (d *Diversion) Has(user string) bool {
	for ; d != nil; d = d.Before {
		if d.User == user {
			return true
		}
	}
	return false
}

// Hops is how often the call was sent on.
func (d *Diversion) Hops() (n int) {
	for ; d != nil; d = d.Before {
		n++
	}
	return n
}

// reason is the diversion-reason of RFC 5806.
func (d *Diversion) reason() string {
	switch d.When {
	case WhenBusy:
		return "user-busy"
	case WhenNoAnswer:
		return "no-answer"
	case WhenUnreachable:
		return "unavailable"
	case WhenAlways:
		return "unconditional"
	case WhenRedirected:
		return "deflection"
	case WhenDND:
		return "do-not-disturb"
	}
	return "unknown"
}

// code is the SIP code that the Reason of the History-Info entry names. RFC 7044
// section 10.2: a request that has timed out counts as 408.
func (d *Diversion) code() int {
	switch {
	case d.Code != 0:
		return d.Code
	case d.When == WhenBusy || d.When == WhenDND:
		return 486
	case d.When == WhenAlways || d.When == WhenRedirected:
		return 302
	case d.When == WhenUnreachable:
		return 480
	}
	return 408
}

// appendDiversions appends the Diversion headers of a forwarded INVITE, the most
// recent first, which is before those that the caller's INVITE has (RFC 5806).
func (d *Diversion) appendDiversions(h []sip.Header) []sip.Header {
	for ; d != nil; d = d.Before {
		h = append(h, sip.Header{ID: sip.HDiversion, Value: "<" + d.URI + ">;reason=" + d.reason() + ";counter=1"})
	}
	return h
}

// appendHistory appends the History-Info of a forwarded INVITE, after that of the
// caller's: an entry for each that sent the call on, one for whom it goes to and,
// for a phone, one for where that phone is (RFC 7044 section 9.2).
func (d *Diversion) appendHistory(h []sip.Header, invite *sip.Message, to, uri string) []sip.Header {
	var all []*Diversion // the first first
	for ; d != nil; d = d.Before {
		all = append([]*Diversion{d}, all...)
	}
	if len(all) == 0 {
		return h
	}
	base, known := historyBase(invite, all[0].URI)
	index, from := base, ""
	for i, d := range all {
		if i > 0 {
			index, from = base+"."+strconv.Itoa(i), index
		}
		if i == 0 && known {
			continue
		}
		h = append(h, sip.Header{ID: sip.HHistoryInfo, Value: historyEntry(d.URI, d.code(), index, all, i, from)})
	}
	last := base + "." + strconv.Itoa(len(all))
	h = append(h, sip.Header{ID: sip.HHistoryInfo, Value: historyEntry(to, 0, last, all, len(all), index)})
	if uri != to {
		// RFC 7044 section 10.4, rc: the Request-URI has changed while the target user "has been retained".
		h = append(h, sip.Header{ID: sip.HHistoryInfo, Value: "<" + uri + ">;index=" + last + ".1;rc=" + last})
	}
	return h
}

// historyEntry is one value of History-Info; from is the index that it was mapped
// from. After a 3xx there is no mp: RFC 7044 section 10.4, "the redirect server is
// the only element with any knowledge on how the target was determined".
func historyEntry(uri string, code int, index string, all []*Diversion, i int, from string) string {
	v := "<" + uri
	if code != 0 {
		sep := "?"
		if strings.IndexByte(uri, '?') >= 0 {
			sep = "&"
		}
		v += sep + "Reason=SIP%3Bcause%3D" + strconv.Itoa(code)
	}
	v += ">;index=" + index
	if from != "" && all[i-1].When != WhenRedirected {
		v += ";mp=" + from
	}
	return v
}

// historyBase is the index of the entry for the address that was called, and
// whether the caller's INVITE has that entry already.
func historyBase(invite *sip.Message, called string) (index string, known bool) {
	entries := invite.History()
	if len(entries) == 0 {
		// RFC 7044 section 10.3: "The first index in a series of History-Info entries MUST be set to 1."
		return "1", false
	}
	last := entries[len(entries)-1]
	if last.URIText == called || last.URIText == invite.URI {
		return last.Index, true
	}
	// Rule 6: the entity "MUST add a single index with a value of "0"".
	return last.Index + ".0.1", false
}
