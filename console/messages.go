package console

import (
	"slices"
	"strings"
	"time"

	"onhook/call"
)

// mostShown is how much of a message a page shows, in bytes; the whole is
// copied and in the capture file.
const mostShown = 64 << 10

// A shownMessage is one SIP message, to be read.
type shownMessage struct {
	Seq      uint32
	At       time.Time
	Leg      int
	Sent     bool
	From, To string // transport addresses
	First    string // its first line
	Lines    []messageLine
	Body     string
	Cut      bool
	Repeats  int
	Proof    bool
}

// A messageLine is one header, its name apart.
type messageLine struct{ Name, Value string }

func messagesOf(events []call.Event, proof []uint32) (out []shownMessage) {
	place := map[uint32]int{}
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case call.EvRetransmitted:
			if at, ok := place[e.Of]; ok {
				out[at].Repeats = max(out[at].Repeats, e.N)
			}
			continue
		case call.EvReceived, call.EvSent:
		default:
			continue
		}
		m := shownMessage{Seq: e.Seq, At: e.At, Leg: int(e.Leg), Sent: e.Kind == call.EvSent, Proof: slices.Contains(proof, e.Seq)}
		_, ends, _ := strings.Cut(e.Flow, " ")
		m.From, m.To, _ = strings.Cut(ends, ">")
		m.read(e.Msg)
		place[e.Seq] = len(out)
		out = append(out, m)
	}
	return out
}

// read takes a message apart for the eye: what is not well formed is shown as it came.
func (m *shownMessage) read(raw string) {
	if len(raw) > mostShown {
		raw, m.Cut = raw[:mostShown], true
	}
	raw = strings.ToValidUTF8(raw, "\uFFFD")
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	first, rest, _ := strings.Cut(head, "\r\n")
	m.First, m.Body = first, strings.ReplaceAll(body, "\r\n", "\n")
	for line := range strings.SplitSeq(rest, "\r\n") {
		if line == "" {
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if !found || strings.ContainsAny(name, " \t") {
			m.Lines = append(m.Lines, messageLine{"", line})
			continue
		}
		m.Lines = append(m.Lines, messageLine{name, value})
	}
}

// BodyLines are those of the body, each to be made fit to be shown.
func (m shownMessage) BodyLines() []string {
	if m.Body == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(m.Body, "\n"), "\n")
}
