package sip

import (
	"strings"
	"testing"
)

// Text that would begin a line of its own cannot: what is built is read as the
// headers that were put in and no others (security.md class 8).
func TestNoFieldCanBeginALine(t *testing.T) {
	evil := []string{"a\r\nVia: SIP/2.0/UDP evil", "a\nVia: SIP/2.0/UDP evil", "a\rVia: SIP/2.0/UDP evil", "\r\n\r\nINVITE sip:x SIP/2.0", "a\r\n b"}
	for _, text := range evil {
		for name, build := range map[string]func(m *Message){
			"method":      func(m *Message) { m.Method = Method(text) },
			"Request-URI": func(m *Message) { m.URI = "sip:" + text },
			"Set":         func(m *Message) { m.Set(HSubject, text) },
			"Add":         func(m *Message) { m.Add(HSubject, text) },
			"name":        func(m *Message) { m.AddNamed(text, "v") },
			"Prepend":     func(m *Message) { m.Prepend(HVia, text) },
			"parameter":   func(m *Message) { m.Set(HVia, Via{Host: "h", Params: Params("").With("x", text)}.String()) },
			"display":     func(m *Message) { m.Set(HFrom, NameAddr{Display: text, URIText: "sip:a@h"}.String()) },
			"reason":      func(m *Message) { m.Set(HReason, Reason{Protocol: "SIP", Cause: 1, Text: text}.String()) },
		} {
			m := &Message{Method: INVITE, URI: "sip:h", Body: "body\r\n"}
			m.Add(HCallID, "1")
			build(m)
			head, body, _ := strings.Cut(m.String(), "\r\n\r\n")
			if lines := strings.Count(head, "\n") + 1; lines != len(m.Headers)+2 || body != m.Body || strings.Count(head, "\r") != lines-1 {
				t.Errorf("%s %q is printed as %q", name, text, m)
			}
		}
		r := &Message{Status: 200, Phrase: text}
		if got := r.String(); strings.Count(got, "\n") != 3 {
			t.Errorf("phrase %q is printed as %q", text, got)
		}
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	m := &Message{Status: 200, Phrase: "OK", Body: "b\n"}
	m.Add(HContentLength, "999")
	m.AddNamed("x-own", "1")
	if got, want := string(m.Append([]byte("before\n"))), "before\nSIP/2.0 200 OK\r\nx-own: 1\r\nContent-Length: 2\r\n\r\nb\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
