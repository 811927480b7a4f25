package sip

import "errors"

// An ErrorKind sorts what can be wrong with a message.
type ErrorKind uint8

// The kinds of a ParseError.
const (
	Malformed ErrorKind = iota // something is there and is not what the grammar says
	Missing                    // a mandatory header is absent or empty
	Duplicate                  // a header that may stand once stands twice
	TooLarge                   // over one of the limits of this package
	Version                    // not SIP/2.0
)

// String returns the kind in words.
func (k ErrorKind) String() string {
	switch k {
	case Missing:
		return "missing"
	case Duplicate:
		return "duplicate"
	case TooLarge:
		return "too large"
	case Version:
		return "version"
	}
	return "malformed"
}

// A ParseError says what in a message is wrong, where, and what would be right.
type ParseError struct {
	Kind   ErrorKind
	Code   int      // the response that a request deserves: 400, 413, 414, 505, 513
	Header HeaderID // the header at fault, if it is one that the server knows; else Other
	Where  string   // "start line", "header 7", "Via", "URI"
	Got    string
	Want   string
}

func (e *ParseError) Error() string {
	got := e.Got
	if len(got) > 80 {
		got = got[:80] + "..."
	}
	return "sip: " + e.Where + ": got " + quoteText(got) + ", want " + e.Want
}

// malformed is the error for a value that is not what the grammar says.
func malformed(where, got, want string) *ParseError {
	return &ParseError{Code: 400, Where: where, Got: got, Want: want}
}

// inHeader names the header in an error that came from a value.
func inHeader(err error, id HeaderID) error {
	var p *ParseError
	if errors.As(err, &p) {
		c := *p
		c.Header = id
		if name := id.String(); c.Where != name {
			c.Where = name + " " + p.Where
		}
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
