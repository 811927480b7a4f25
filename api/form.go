package api

import (
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// A form is a way to write an answer.
type form struct {
	name   string // for ?format=
	media  string // for Accept and Content-Type
	schema *huma.Schema
}

// choose finds the form that is asked for: by name, else by the Accept header
// (RFC 9110 section 12.5.1), else the first. What is asked for and is not there
// gives the first too, as the header permits; an unknown name gives a problem.
func choose(name, accept string, forms []form) (form, error) {
	if name != "" {
		var names []string
		for _, f := range forms {
			if f.name == name {
				return f, nil
			}
			names = append(names, f.name)
		}
		return form{}, invalid("query.format", "expected one of "+strings.Join(names, ", "))
	}
	best, weight := forms[0], 0.0
	for part := range strings.SplitSeq(accept, ",") {
		media, params, _ := strings.Cut(part, ";")
		media = strings.ToLower(strings.TrimSpace(media))
		q := 1.0
		for p := range strings.SplitSeq(params, ";") {
			if v, found := strings.CutPrefix(strings.TrimSpace(p), "q="); found {
				if n, err := strconv.ParseFloat(v, 64); err == nil {
					q = n
				}
			}
		}
		for _, f := range forms {
			if matches(media, f.media) && q > weight {
				best, weight = f, q
				break
			}
		}
	}
	return best, nil
}

// matches compares a media range with a media type.
func matches(wanted, media string) bool {
	if wanted == media || wanted == "*/*" {
		return true
	}
	kind, found := strings.CutSuffix(wanted, "/*")
	return found && strings.HasPrefix(media, kind+"/")
}

// invalid is what is wrong with one parameter.
func invalid(place, what string) *Problem {
	p := newProblem("invalid", "A parameter has a value that cannot be used.")
	p.Errors = []string{place + ": " + what}
	return p
}
