package sip

import "strings"

// A Part is one body of a multipart body (RFC 2046 section 5.1).
type Part struct {
	Type        string // as written; empty: text/plain (section 5.1)
	Disposition string // as written
	Encoding    string // of the content, as written
	Body        string
}

// Parts yields the parts of a multipart body of this type, in order: none if
// it has no boundary parameter, or the body none of its lines.
func (t MediaType) Parts(body string) func(yield func(Part) bool) {
	boundary, _ := t.Params.Get("boundary")
	boundary = strings.Trim(boundary, `"`)
	return func(yield func(Part) bool) {
		if t.Type != "multipart" || boundary == "" {
			return
		}
		// The line before the first part may be the first of all.
		line := "\r\n--" + boundary
		rest, ok := strings.CutPrefix(body, line[2:])
		if !ok {
			_, rest, ok = strings.Cut(body, line)
		}
		for ok && !strings.HasPrefix(rest, "--") {
			var part string
			part, rest, ok = strings.Cut(rest, line)
			if p, whole := parsePart(part); whole && !yield(p) {
				return
			}
		}
	}
}

// parsePart reads a part: the rest of the boundary's line, headers, an empty line, the body.
func parsePart(s string) (p Part, ok bool) {
	_, s, _ = strings.Cut(s, "\r\n")
	head, body, ok := strings.Cut("\r\n"+s, "\r\n\r\n")
	if !ok {
		return p, false
	}
	p.Body = body
	for line := range strings.SplitSeq(head, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		switch name = trim(name); {
		case strings.EqualFold(name, "Content-Type"), strings.EqualFold(name, "c"):
			p.Type = trim(value)
		case strings.EqualFold(name, "Content-Disposition"):
			p.Disposition = trim(value)
		case strings.EqualFold(name, "Content-Encoding"), strings.EqualFold(name, "e"):
			p.Encoding = trim(value)
		}
	}
	return p, true
}
