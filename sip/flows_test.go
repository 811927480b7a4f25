package sip

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"
)

// flow is one message of a call flow: its section and step, and its bytes.
type flow struct {
	name string
	data []byte
}

// readFlows takes apart a file of "-- NAME BYTES --" lines, each with a message behind it.
func readFlows(t *testing.T, file string) (out []flow) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		f := strings.Fields(string(line))
		n, err := strconv.Atoi(f[2])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, flow{f[1], rest[:n]})
		data = rest[n+1:]
	}
	return out
}

// notValid are messages of the RFCs' call flows with faults of their own.
var notValid = map[string]string{
	// no empty line between head and body
	"rfc3665/3.8/F2.sip":   `got "v=0"`,
	"rfc3665/3.9/F1.sip":   `got "v=0"`,
	"rfc5359/2.1/F12.sip":  `got "v=0"`,
	"rfc5359/2.2/F7.sip":   `got "v=0"`,
	"rfc5359/2.2/F11.sip":  `got "v=0"`,
	"rfc5359/2.2/F31.sip":  `got "v=0"`,
	"rfc5359/2.5/F3.sip":   `got "v=0"`,
	"rfc5359/2.5/F12.sip":  `got "v=0"`,
	"rfc5359/2.5/F19.sip":  `got "v=0"`,
	"rfc5359/2.11/F5.sip":  `got "v=0"`,
	"rfc5359/2.12/F20.sip": `got "v=0"`,
	"rfc5359/2.13/F7.sip":  `got "v=0"`,
	"rfc5359/2.17/F10.sip": `got "v=0"`,
	"rfc5359/2.15/F18.sip": `got "<?xml`,
	"rfc5359/2.4/F7.sip":   `got "SIP/2.0 100 Trying"`,
	// a space in the name
	"rfc5359/2.1/F4.sip":  `got "Content Length:`,
	"rfc5359/2.1/F5.sip":  `got "Content Length:`,
	"rfc5359/2.2/F4.sip":  `got "Content Length:`,
	"rfc5359/2.2/F5.sip":  `got "Content Length:`,
	"rfc5359/2.2/F19.sip": `got "Content Length:`,
	"rfc5359/2.2/F20.sip": `got "Content Length:`,
	"rfc5359/2.7/F5.sip":  `got "Content Length:`,
	"rfc5359/2.7/F6.sip":  `got "Content Length:`,
	// a Record-Route goes on in a line that is not folded
	"rfc3665/3.10/F4.sip": `got "<sip:ss1.atlanta.example.com;lr>"`,
	// an empty line after the status line
	"rfc5359/2.10/F3.sip": "want a Via",
	"rfc5359/2.10/F6.sip": "want a Via",
}

// Every message of the call flows is understood, passes Check, and is the same
// after printing and reading again; over a stream it comes out as over UDP.
func TestCallFlows(t *testing.T) {
	for file, count := range map[string]int{"rfc3665": 178, "rfc5359": 323} {
		flows := readFlows(t, "testdata/"+file+".txt")
		if len(flows) != count {
			t.Fatalf("%s: %d messages, want %d", file, len(flows), count)
		}
		for _, f := range flows {
			t.Run(file+"/"+f.name, func(t *testing.T) { checkFlow(t, file+"/"+f.name, f.data) })
		}
	}
}

func checkFlow(t *testing.T, name string, data []byte) {
	m, err := Parse(data)
	if err == nil {
		err = m.Check()
	}
	if want, bad := notValid[name]; bad {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a fault with %q", err, want)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(data), " ")
	if m.IsRequest() && string(m.Method) != first || !m.IsRequest() && first != "SIP/2.0" {
		t.Errorf("start line read as %q %d", m.Method, m.Status)
	}
	if m.FromTag() == "" || m.CallID() == "" {
		t.Errorf("From tag %q, Call-ID %q", m.FromTag(), m.CallID())
	}
	head, _, _ := strings.Cut(string(data), "\r\n\r\n")
	if want := strings.Count(head, "\nVia:"); m.Count(HVia) != want {
		t.Errorf("%d Via lines, want %d", m.Count(HVia), want)
	}
	printed := m.Append(nil)
	again, err := Parse(printed)
	if err != nil {
		t.Fatal(err)
	}
	sameMessage(t, m, again)
	var f Framer
	f.Feed(printed)
	if cut, kind, err := f.Next(); kind != FrameMessage || err != nil || !bytes.Equal(cut, printed) {
		t.Errorf("on a stream: %v %v %q", kind, err, cut)
	}
}
