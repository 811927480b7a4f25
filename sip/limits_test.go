package sip

import (
	"fmt"
	"strings"
	"testing"
)

// with adds header lines to a good request.
func with(lines string) string {
	return strings.Replace(invite, "Content-Length: 0\r\n", lines+"Content-Length: 0\r\n", 1)
}

// Each limit, at it and one over (security.md classes 3 and 4).
func TestLimits(t *testing.T) {
	headers := strings.Count(invite, "\r\n") - 2
	vias := func(n int) string {
		one := "SIP/2.0/UDP h;branch=z9hG4bK1"
		return with("Via: " + strings.Repeat(one+", ", n-2) + one + "\r\n")
	}
	size := func(n int) string {
		head := strings.Replace(invite, "Content-Length: 0", "Content-Length: 65000", 1)
		return strings.Replace(head, "65000", fmt.Sprintf("%05d", n-len(head)), 1) + strings.Repeat("b", n-len(head))
	}
	for _, c := range []struct{ name, text, want string }{
		{"headers", with(strings.Repeat("Z: y\r\n", MaxHeaders-headers)), ""},
		{"headers+1", with(strings.Repeat("Z: y\r\n", MaxHeaders-headers+1)), "400 too large "},
		{"10,000 headers", with(strings.Repeat("Z:\r\n", 10000)), "400 too large "},
		{"line", with("Z: " + strings.Repeat("y", MaxLine-3) + "\r\n"), ""},
		{"line+1", with("Z: " + strings.Repeat("y", MaxLine-2) + "\r\n"), "400 too large "},
		{"folded line", with("Z: " + strings.Repeat("y\r\n ", MaxLine/2-2) + "y\r\n"), ""},
		{"folded line over", with("Z: " + strings.Repeat("y\r\n ", MaxLine/2) + "y\r\n"), "400 too large "},
		{"vias", vias(MaxVias), ""},
		{"vias+1", vias(MaxVias + 1), "400 too large Via"},
		{"message", size(MaxMessage), ""},
		{"message+1", size(MaxMessage + 1), "513 too large "},
		{"Request-URI", strings.Replace(invite, "sip:bob", "sip:"+strings.Repeat("b", MaxURI-len("sip:@example.com")), 1), ""},
		{"Request-URI+1", strings.Replace(invite, "sip:bob", "sip:"+strings.Repeat("b", MaxURI-len("sip:@example.com")+1), 1), "414 too large "},
		{"tag of 1 kB", strings.Replace(invite, "tag=1", "tag="+strings.Repeat("1", 1000), 1), ""},
		{"display name of 1 kB", strings.Replace(invite, "<sip:alice", `"`+strings.Repeat("n", 1000)+`" <sip:alice`, 1), ""},
	} {
		if got := judge(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Ten times as many items must cost at most 15 times the allocated bytes, and
// what is not asked for costs nothing: the work is linear (security.md class 4).
func TestManyItemsCostLinearly(t *testing.T) {
	for name, build := range map[string]func(n int) string{
		"empty list items":   func(n int) string { return with("Accept: " + strings.Repeat(",", n) + "\r\n") },
		"list items":         func(n int) string { return with("Accept: " + strings.Repeat("a/b,", n/4) + "c/d\r\n") },
		"parameters":         func(n int) string { return with("Route: <sip:h>" + strings.Repeat(";p", n/2) + "\r\n") },
		"folds":              func(n int) string { return with("Z: a" + strings.Repeat("\r\n b", n/4) + "\r\n") },
		"backslashes":        func(n int) string { return with(`Subject: "` + strings.Repeat(`\\`, n/2) + "\"\r\n") },
		"quotes":             func(n int) string { return with("Subject: " + strings.Repeat(`"`, n) + "\r\n") },
		"open brackets":      func(n int) string { return with("Accept: " + strings.Repeat(`<`, n) + "\r\n") },
		"URI parameters":     func(n int) string { return with("Route: <sip:h" + strings.Repeat(";p", n/2) + ">\r\n") },
		"URI header escapes": func(n int) string { return with("Route: <sip:h?" + strings.Repeat("%41", n/3) + ">\r\n") },
	} {
		cost := func(n int) float64 {
			text := build(n)
			return testing.AllocsPerRun(5, func() {
				m, err := ParseString(text)
				if err != nil {
					t.Fatal(name, err)
				}
				_ = m.Check()
				for range m.Values(HAccept) {
					continue
				}
				for a := range m.Addrs(HRoute) {
					u, _ := a.URI()
					_ = u.Equal(u)
					_, _ = a.Params.Get("q")
				}
			})
		}
		if few, many := cost(700), cost(7000); many > 15*few {
			t.Errorf("%s: %v allocations for 700 bytes, %v for 7000", name, few, many)
		}
	}
}

// Comparing URIs with a great many parameters must not be quadratic: over the
// bound they are equal only if written the same.
func TestComparingHugeURIsIsBounded(t *testing.T) {
	u := URI{Scheme: "sip", Host: "h", Params: Params(strings.Repeat(";a", 4000)), Headers: strings.Repeat("a=b&", 4000)}
	v := u
	if !u.Equal(v) {
		t.Error("the same text is not equal")
	}
	v.Params += ";b"
	if u.Equal(v) {
		t.Error("over the bound different texts are equal")
	}
}

func TestAllocations(t *testing.T) {
	data := []byte(invite)
	buf := make([]byte, 0, 4096)
	var m, reused Message
	if err := ParseInto(&m, invite); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		max  float64
		do   func()
	}{
		{"Parse", 2, func() { _, _ = Parse(data) }},
		{"ParseInto", 0, func() { _ = ParseInto(&reused, invite) }},
		{"Append", 0, func() { buf = m.Append(buf[:0]) }},
		{"Check", 0, func() { _ = m.Check() }},
		{"Via", 0, func() { v, _ := m.Via(); _ = v.Branch() }},
		{"From, To", 0, func() { _, _ = m.From(); _, _ = m.To(); _, _ = m.FromTag(), m.ToTag() }},
		{"CSeq", 0, func() { _, _ = m.CSeq() }},
		{"Contact's URI", 0, func() { a, _ := m.Contact(); u, _ := a.URI(); _ = u.Equal(u) }},
		{"LookupHeader", 0, func() { _ = LookupHeader("content-LENGTH") }},
	} {
		if got := testing.AllocsPerRun(100, c.do); got > c.max {
			t.Errorf("%s: %v allocations, want at most %v", c.name, got, c.max)
		}
	}
}
