package sip

import (
	"strings"
	"testing"
)

func TestEveryHeaderIsFound(t *testing.T) {
	for id := HAccept; id < numHeaders; id++ {
		info := headerTable[id]
		if info.name == "" {
			t.Fatalf("header %d has no name", id)
		}
		for _, name := range []string{info.name, strings.ToLower(info.name), strings.ToUpper(info.name)} {
			if got := LookupHeader(name); got != id {
				t.Errorf("%s is found as %q: do two names share a place in byHash?", name, got)
			}
		}
		if c := info.compact; c != 0 && (LookupHeader(string(c)) != id || LookupHeader(string(c-0x20)) != id) {
			t.Errorf("compact form %c of %s is not found", c, info.name)
		}
	}
	for _, name := range []string{"", "V ", "Vi", "Vias", "q", "0", "[", "Refer-Xo", "Content-Lengtj", "\xd6", "Toa"} {
		if got := LookupHeader(name); got != Other {
			t.Errorf("%q is found as %s", name, got)
		}
	}
}

// RFC 3261 section 20's table of compact forms, and those of later RFCs.
func TestSection7_3_3_CompactForms(t *testing.T) {
	for short, long := range map[string]string{
		"c": "Content-Type", "e": "Content-Encoding", "f": "From", "i": "Call-ID", "k": "Supported", "l": "Content-Length", "m": "Contact", "s": "Subject",
		"t": "To", "v": "Via", "u": "Allow-Events", "o": "Event", "r": "Refer-To", "b": "Referred-By", "x": "Session-Expires", "y": "Identity",
	} {
		if got := LookupHeader(short).String(); got != long {
			t.Errorf("%s is %s, want %s", short, got, long)
		}
	}
}
