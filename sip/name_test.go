package sip

import (
	"strings"
	"testing"
)

func TestKnownNameFindsShortNamesInAnyCase(t *testing.T) {
	for id := HAccept; id < numHeaders; id++ {
		name := id.String()
		if c := headerTable[id].compact; c != 0 {
			for _, n := range []string{string(rune(c)), strings.ToUpper(string(rune(c)))} {
				if got, _, colon := knownName(n + ": a value of some length\r\n"); got != id || colon != 1 {
					t.Errorf("%s is found as %v with a colon at %d, want %v: do two names share a place? Then try another factor", n, got, colon, id)
				}
			}
		}
		for _, n := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			got, _, colon := knownName(n + ": a value of some length\r\n")
			if len(name) > longestKnown {
				if got != Other {
					t.Errorf("%s is found as %v, want it left to LookupHeader", n, got)
				}
			} else if got != id || colon != len(name) {
				t.Errorf("%s is found as %v with a colon at %d, want %v and %d: do two names share a place? Then try another factor", n, got, colon, id, len(name))
			}
		}
	}
}

// A byte of a known name is changed in each place to each other byte: none but the other case may still be the name.
func TestKnownNameIsExact(t *testing.T) {
	for id := HAccept; id < numHeaders; id++ {
		name := id.String()
		for i := range name {
			for c := range 256 {
				other := name[:i] + string([]byte{byte(c)}) + name[i+1:]
				got, _, colon := knownName(other + ": a value of some length\r\n")
				if got == Other {
					continue
				}
				if want := LookupHeader(other[:colon]); got != want {
					t.Errorf("%q is found as %v, want %v", other, got, want)
				}
			}
		}
	}
	for _, s := range []string{"", ":", ": ", "To:", "To: x", "Via", ": a value of some length", "Content-Lengths: a value", strings.Repeat("\x00", 40), strings.Repeat("\xff", 40)} {
		if id, _, _ := knownName(s); id != Other {
			t.Errorf("%q is found as %v, want nothing", s, id)
		}
	}
}

// What plainLines reads and what it leaves to headerLine make the same message, wherever a line's form changes.
func TestPlainAndOtherLinesMixed(t *testing.T) {
	lines := []string{
		"Via: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\n", "v: SIP/2.0/UDP b.example;branch=z9hG4bK2\r\n", "TO : <sip:a@b.example>\r\n",
		"From:<sip:c@b.example>;tag=1\r\n", "Subject: one\r\n two\r\n", "Subject:\r\n", "Subject: \t \r\n", "X-Odd:  spaced out \r\n",
		"Call-ID: 1@b.example\n", "CSeq:\t1 INVITE \t\r\n", "Proxy-Authorization: Digest a=\"b\"\r\n", "Max-Forwards: 70\r\n\tfold\r\n",
	}
	for i, a := range lines {
		for j, b := range lines {
			text := "OPTIONS sip:a@b.example SIP/2.0\r\n" + a + b + a + "\r\n"
			m, err := ParseString(text)
			if err != nil {
				t.Fatalf("lines %d and %d: %v", i, j, err)
			}
			var slow Message
			for rest := a + b + a; rest != ""; {
				line, after, _ := slow.cutLine(rest)
				if after != "" && (after[0] == ' ' || after[0] == '\t') {
					line, after = slow.unfold(line, after)
				}
				if err := slow.headerLine(line); err != nil {
					t.Fatalf("lines %d and %d: %v", i, j, err)
				}
				rest = after
			}
			if len(m.Headers) != 3 || len(slow.Headers) != 3 {
				t.Fatalf("lines %d and %d: %d and %d headers, want 3", i, j, len(m.Headers), len(slow.Headers))
			}
			for k := range slow.Headers {
				if m.Headers[k] != slow.Headers[k] {
					t.Errorf("lines %d and %d: header %d is %q, read with care %q", i, j, k, m.Headers[k], slow.Headers[k])
				}
			}
			if m.Lenient != slow.Lenient {
				t.Errorf("lines %d and %d: lenient %v, want %v", i, j, m.Lenient, slow.Lenient)
			}
		}
	}
}

// The short ways to a tag and a sent-by find what the whole grammar does.
func TestShortWaysReadTheSame(t *testing.T) {
	for _, v := range []string{
		"<sip:a@b.example>", "<sip:a@b.example>;tag=1", "<sip:a@b.example>;x=y;tag=1", "<sip:a@b.example> ;tag=1", "<sip:a@b.example>; tag = 1",
		`"A; B" <sip:a@b.example>;tag=1`, `"A <x>;tag=2" <sip:a@b.example>;tag=1`, `"A \" <" <sip:a@b.example>`, `"A"<sip:a@b.example;tag=3>;tag=1`,
		`<sip:a@b.example>;x="; tag=2";tag=1`, "sip:a@b.example;tag=1", "sip:a@b.example", "A B <sip:a@b.example;tag=2>", "<sip:a@b.example>;TAG=1", "<sip:a@b.example>;tag",
	} {
		m := &Message{}
		m.Add(HFrom, v)
		a, err := m.From()
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		if got := m.FromTag(); got != a.Tag() {
			t.Errorf("tag of %s is %q, want %q", v, got, a.Tag())
		}
	}
	for _, v := range []string{"", `"A`, `"A" B <sip:a@b.example>;tag=1`, "<sip:a@b.example", "sip:a@b.example>", ">;tag=1<"} {
		m := &Message{}
		m.Add(HFrom, v)
		if got := m.FromTag(); got != "" {
			t.Errorf("tag of %q, which is no address, is %q, want none", v, got)
		}
	}
	for v, want := range map[string]Via{
		"SIP/2.0/UDP a.example":                 {"UDP", "a.example", 0, ""},
		"SIP/2.0/UDP 192.0.2.1:5070;branch=x":   {"UDP", "192.0.2.1", 5070, ";branch=x"},
		"SIP/2.0/TCP a.example:65535;rport":     {"TCP", "a.example", 65535, ";rport"},
		"SIP/2.0/UDP  a.example : 5070 ;rport":  {"UDP", "a.example", 5070, ";rport"},
		"SIP/2.0/UDP\ta.example;branch=x":       {"UDP", "a.example", 0, ";branch=x"},
		"SIP/2.0/UDP [2001:db8::1]:5070;lr":     {"UDP", "[2001:db8::1]", 5070, ";lr"},
		"SIP / 2.0 / UDP a.example:05070;x=y":   {"UDP", "a.example", 5070, ";x=y"},
		"SIP/2.0/UDP a.example:0000005070;x=:1": {"UDP", "a.example", 5070, ";x=:1"},
	} {
		if got, err := ParseVia(v); err != nil || got != want {
			t.Errorf("%s is %+v, %v; want %+v", v, got, err, want)
		}
	}
	for _, v := range []string{"SIP/2.0/UDP a.example:", "SIP/2.0/UDP a.example:0", "SIP/2.0/UDP a.example:65536", "SIP/2.0/UDP a.example:4294967297", "SIP/2.0/UDP :5060", "SIP/2.0/UDP a.example:5x;y", "SIP/2.0/UDP a,b", "SIP/2.0/UDP ;branch=x"} {
		if got, err := ParseVia(v); err == nil {
			t.Errorf("%s is %+v, want an error", v, got)
		}
	}
}
