package sip

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const options = "OPTIONS sip:a@example.com SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nContent-Length: 4\r\n\r\nbody"

// frames feeds the chunks one after the other and tells what came out.
func frames(f *Framer, chunks ...string) (out []string) {
	for _, c := range chunks {
		f.Feed([]byte(c))
		for {
			data, kind, err := f.Next()
			if err != nil {
				var p *ParseError
				errors.As(err, &p)
				return append(out, fmt.Sprintf("error %d %s", p.Code, p.Kind))
			}
			if kind == FrameNone {
				break
			}
			switch kind {
			case FramePing:
				out = append(out, "ping")
			case FramePong:
				out = append(out, "pong")
			default:
				out = append(out, string(data))
			}
		}
	}
	return out
}

func bytewise(s string) []string { return strings.Split(s, "") }

func TestFramer(t *testing.T) {
	head := "OPTIONS sip:a@example.com SIP/2.0\r\nVia: SIP/2.0/TCP h\r\n"
	embedded := "INVITE sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n"
	withBody := head + fmt.Sprintf("l: %d\r\n\r\n%s", len(embedded), embedded)
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"one", options, []string{options}},
		{"two", options + options, []string{options, options}},
		{"empty lines before", "\r\n" + options, []string{options}},
		{"ping", "\r\n\r\n" + options + "\r\n\r\n\r\n\r\n", []string{"ping", options, "ping", "ping"}},
		{"ping and an empty line", "\r\n\r\n\r\n" + options, []string{"ping", options}},
		{"a message in a body", withBody + options, []string{withBody, options}},
		{"compact", head + "l:0\r\n\r\n", []string{head + "l:0\r\n\r\n"}},
		{"space before colon", head + "CONTENT-length \t: 1\r\n\r\nx", []string{head + "CONTENT-length \t: 1\r\n\r\nx"}},
		{"folded", head + "Content-Length:\r\n 2\r\n\r\nxy", []string{head + "Content-Length:\r\n 2\r\n\r\nxy"}},
		{"bare LF", "OPTIONS sip:a SIP/2.0\nl: 1\n\nx" + options, []string{"OPTIONS sip:a SIP/2.0\nl: 1\n\nx", options}},
		{"leading zeros", head + "l: 0001\r\n\r\nx", []string{head + "l: 0001\r\n\r\nx"}},
		{"no Content-Length", head + "\r\n", []string{"error 400 missing"}},
		{"empty", head + "l:\r\n\r\n", []string{"error 400 malformed"}},
		{"doubled, equal", head + "l: 1\r\nContent-Length: 1\r\n\r\nx", []string{"error 400 duplicate"}},
		{"conflicting", head + "l: 1\r\nl: 2\r\n\r\nxy", []string{"error 400 duplicate"}},
		{"negative", head + "l: -1\r\n\r\n", []string{"error 400 malformed"}},
		{"plus", head + "l: +1\r\n\r\n", []string{"error 400 malformed"}},
		{"hexadecimal", head + "l: 0x10\r\n\r\n", []string{"error 400 malformed"}},
		{"two numbers", head + "l: 5 5\r\n\r\n", []string{"error 400 malformed"}},
		{"comma", head + "l: 5, 5\r\n\r\n", []string{"error 400 malformed"}},
		{"4 GB", head + "l: 4294967295\r\n\r\n", []string{"error 513 too large"}},
		{"wraps 32 bits", head + "l: 4294967301\r\n\r\n", []string{"error 513 too large"}},
		{"wraps 64 bits", head + "l: 18446744073709551621\r\n\r\n", []string{"error 513 too large"}},
		{"40 digits", head + "l: " + strings.Repeat("9", 40) + "\r\n\r\n", []string{"error 513 too large"}},
		{"over the limit with the head", head + "l: 65500\r\n\r\n", []string{"error 513 too large"}},
		{"out of step", "v=0\r\n" + options, []string{"error 400 malformed"}},
		{"HTTP", "GET / HTTP/1.1\r\n\r\n", []string{"error 400 malformed"}},
		{"a line without end", strings.Repeat("x", MaxLine+1), []string{"error 400 too large"}},
		{"a head without end", head + strings.Repeat("Z: y\r\n", MaxMessage/6+1), []string{"error 513 too large"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := frames(&Framer{}, c.in); !slices.Equal(got, c.want) {
				t.Errorf("in one read: got %q, want %q", got, c.want)
			}
			if got := frames(&Framer{}, bytewise(c.in)...); !slices.Equal(got, c.want) {
				t.Errorf("byte by byte: got %q, want %q", got, c.want)
			}
			if got := frames(&Framer{Pinger: true}, c.in); strings.Contains(strings.Join(c.want, ""), "error") && !slices.Equal(got, c.want) {
				t.Errorf("as pinger: got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSection18_3_ContentLengthBoundsTheMessageOnAStream(t *testing.T) {
	var f Framer
	f.Feed([]byte(options[:len(options)-1]))
	if _, kind, err := f.Next(); kind != FrameNone || err != nil {
		t.Fatalf("with one byte missing: %v %v", kind, err)
	}
	f.Feed([]byte("yNEXT"))
	data, kind, err := f.Next()
	if kind != FrameMessage || err != nil || string(data) != options[:len(options)-1]+"y" {
		t.Fatalf("got %q %v %v", data, kind, err)
	}
	if f.Buffered() != 4 {
		t.Errorf("%d bytes are left, want the 4 of the next message", f.Buffered())
	}
}

func TestRFC5626_3_5_1_OneCRLFIsThePongOfOurPing(t *testing.T) {
	got := frames(&Framer{Pinger: true}, "\r\n", options, "\r\n", "\r", "\n"+options)
	if want := []string{"pong", options, "pong", "pong", options}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFramerErrorBringsTheHeadAndIsFinal(t *testing.T) {
	var f Framer
	head := "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP h\r\nl: 1\r\nl: 2\r\n\r\n"
	f.Feed([]byte(head + "xx"))
	data, _, err := f.Next()
	if err == nil || string(data) != head {
		t.Fatalf("got %q, %v", data, err)
	}
	m, err := Parse(data)
	if m == nil || err == nil || m.Get(HVia) != "SIP/2.0/TCP h" {
		t.Errorf("the head is not enough to answer: %v, %v", m, err)
	}
	f.Feed([]byte(options))
	if _, _, err := f.Next(); err == nil {
		t.Error("a message was taken after the framing was lost")
	}
}

// A promise of bytes must not cost memory: what is kept is at most what was fed.
func TestFramerHoldsNoMoreThanWasFed(t *testing.T) {
	var f Framer
	head := "OPTIONS sip:a SIP/2.0\r\nl: 65000\r\n\r\n"
	f.Feed([]byte(head))
	if _, kind, err := f.Next(); kind != FrameNone || err != nil {
		t.Fatal(kind, err)
	}
	if cap(f.buf) > 4*len(head) {
		t.Errorf("%d bytes kept after %d were fed", cap(f.buf), len(head))
	}
	f.Feed(bytes.Repeat([]byte("x"), 65000))
	if _, kind, _ := f.Next(); kind != FrameMessage {
		t.Fatal(kind)
	}
	f.Feed(nil)
	if cap(f.buf) > keepBuffer {
		t.Errorf("an idle stream keeps %d bytes", cap(f.buf))
	}
}

// Many messages in many small reads are looked at once, not once for each read.
func TestFramerIsLinear(t *testing.T) {
	long := "OPTIONS sip:a SIP/2.0\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 60) + "l: 0\r\n\r\n"
	var f Framer
	for i := 0; i < len(long)-1; i++ {
		f.Feed([]byte{long[i]})
		if _, kind, err := f.Next(); kind != FrameNone || err != nil {
			t.Fatal(i, kind, err)
		}
		if f.scan != len(f.buf) {
			t.Fatalf("after %d bytes %d have been looked at", len(f.buf), f.scan)
		}
	}
}

// The same bytes mean the same in a datagram and on a stream, however they are cut.
func FuzzFramer(f *testing.F) {
	f.Add([]byte(options+"\r\n\r\n"+options), uint8(3))
	f.Add([]byte("OPTIONS sip:a SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		whole := frames(&Framer{}, string(data))
		var chunks []string
		for rest := string(data); rest != ""; {
			n := min(int(step)+1, len(rest))
			chunks, rest = append(chunks, rest[:n]), rest[n:]
		}
		if cut := frames(&Framer{}, chunks...); !slices.Equal(whole, cut) && !lineOverLimit(data) {
			t.Fatalf("in one piece %q, in pieces of %d %q", whole, step+1, cut)
		}
		for _, w := range whole {
			m, err := Parse([]byte(w))
			if err == nil && len(m.Raw) != len(w) {
				t.Fatalf("the parser sees %d bytes of %d", len(m.Raw), len(w))
			}
			if err == nil && !strings.HasSuffix(w, m.Body) {
				t.Fatalf("body %q is not the end of %q", m.Body, w)
			}
		}
	})
}

// lineOverLimit: a line over the limit is found sooner when it comes in pieces.
func lineOverLimit(data []byte) bool { return len(data) > MaxLine }
