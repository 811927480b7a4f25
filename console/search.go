package console

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"onhook/outcome"
)

// searchWords are the words before a colon in the search box, with the
// parameter of the API that each stands for.
var searchWords = map[string]string{
	"reason": "bye_reason", "by": "ended_by", "number": "party", "caller": "from", "callee": "to", "cause": "q850_cause",
	"longer": "min_duration", "shorter": "max_duration",
}

// searchParams are the parameters of the API's list of calls that pages take over.
var searchParams = []string{
	"status", "code", "sip_final", "bye_reason", "q850_cause", "ended_by", "answered", "stage", "confidence", "direction", "detail", "trunk", "queue",
	"user", "source", "from", "to", "party", "since", "until", "ended_since", "min_duration", "max_duration", "min_talk", "max_talk", "min_ring", "max_ring", "min_setup", "max_setup",
}

// parseSearch reads the search box: words with a colon are parameters, as
// status:busy or since:24h; a status or a reason stands for itself; what is left
// is a number or URI of either party, and two of them are caller and called.
func parseSearch(text string) url.Values {
	v := url.Values{}
	var parties []string
	for _, w := range splitWords(text) {
		name, value, found := strings.Cut(w, ":")
		if p, ok := searchWords[name]; ok {
			name = p
		}
		switch {
		case found && value != "" && slices.Contains(searchParams, name):
			if name == "status" {
				value = cmp.Or(statusName(value), value)
			}
			v.Add(name, value)
		case statusName(w) != "":
			v.Add("status", statusName(w))
		case reasonName(w) != "":
			v.Add("bye_reason", reasonName(w))
		default:
			parties = append(parties, w)
		}
	}
	switch {
	case len(parties) == 1:
		v.Set("party", parties[0])
	case len(parties) > 1:
		v.Set("from", parties[0])
		v.Set("to", parties[1])
	}
	return v
}

// splitWords takes a text apart at spaces that are not in quotes.
func splitWords(s string) (out []string) {
	var b strings.Builder
	quoted := false
	flush := func() {
		if b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
		}
	}
	for _, r := range s {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ' ' && !quoted:
			flush()
		default:
			b.WriteRune(r)
		}
	}
	flush()
	return out
}

func statusName(w string) string {
	if s, ok := outcome.ParseStatus(strings.NewReplacer("_", " ", "-", " ").Replace(w)); ok {
		return s.String()
	}
	return ""
}

func reasonName(w string) string {
	if r, ok := outcome.ParseReason(w); ok {
		return r.String()
	}
	return ""
}

// callID is the id in a search that is nothing but one.
func callID(text string) string {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "call_") && len(text) == len("call_")+36 && !strings.ContainsAny(text, " /?#") {
		return text
	}
	return ""
}
