package sip

import "errors"

// A ParseError says what in a message is wrong, where, and what would be right.
type ParseError struct {
	Code  int    // the response that a request deserves: 400, 413, 414, 505, 513
	Where string // "start line", "header 7", "Via", "URI"
	Got   string
	Want  string
}

func (e *ParseError) Error() string {
	got := e.Got
	if len(got) > 80 {
		got = got[:80] + "..."
	}
	return "sip: " + e.Where + ": got " + quoteText(got) + ", want " + e.Want
}

// inHeader names the header in an error that came from a value.
func inHeader(err error, id HeaderID) error {
	var p *ParseError
	if errors.As(err, &p) {
		c := *p
		c.Where = id.String() + " " + p.Where
		return &c
	}
	return err
}

// quoteText keeps control characters out of logs.
func quoteText(s string) string {
	b := make([]byte, 0, len(s)+2)
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == 0x7f {
			b = append(b, '.')
		} else {
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}
