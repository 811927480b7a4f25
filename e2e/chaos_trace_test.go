package e2e

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// A seen is one message that a caller's sipp wrote down.
type seen struct {
	at   time.Time
	sent bool
	msg  *sip.Message
}

const (
	traceRule = "-----------------------------------------------"
	traceTime = "2006-01-02 15:04:05.000000"
)

// readTrace reads the messages that sipp wrote with -trace_msg.
func readTrace(t *testing.T, file string) []seen {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []seen
	for part := range strings.SplitSeq("\n"+string(data), "\n"+traceRule+" ") {
		when, rest, _ := strings.Cut(part, "\n")
		what, text, ok := strings.Cut(rest, "\n\n")
		at, err := time.ParseInLocation(traceTime, strings.TrimSpace(when), time.Local)
		if !ok || err != nil {
			continue
		}
		m, err := sip.ParseString(text + "\n") // what stands behind the body does not count
		if err != nil {
			// The last message may be cut off, where sipp was ended.
			continue
		}
		out = append(out, seen{at, strings.Contains(what, "sent"), m})
	}
	return out
}

// A witness is what the capture says of one Call-ID in one life of the server.
type witness struct {
	invites  int       // that the caller sent
	any      bool      // the server answered the INVITE, if only with 100
	final    int       // the final response
	answered time.Time // the first 2xx
	ended    time.Time // BYE sent or received, or the final that refused
}

// witnesses sorts the messages by Call-ID and by the server's lives, whose
// beginnings are given: what comes before the next one is the last one's.
func witnesses(trace []seen, lives []time.Time) map[string][]witness {
	calls := map[string][]witness{}
	for _, s := range trace {
		life := 0
		for life+1 < len(lives) && !s.at.Before(lives[life+1]) {
			life++
		}
		id := s.msg.CallID()
		if calls[id] == nil {
			calls[id] = make([]witness, len(lives))
		}
		w := &calls[id][life]
		cseq, _ := s.msg.CSeq()
		switch {
		case s.msg.Method == sip.INVITE && s.sent:
			w.invites++
		case s.msg.Method == sip.BYE:
			w.end(s.at)
		case s.sent || s.msg.IsRequest() || cseq.Method != sip.INVITE:
		case s.msg.Status < 200:
			w.any = true
		case w.final == 0:
			w.any, w.final = true, s.msg.Status
			if s.msg.Status < 300 {
				w.answered = s.at
			} else {
				w.end(s.at)
			}
		}
	}
	return calls
}

func (w *witness) end(at time.Time) {
	if w.ended.IsZero() {
		w.ended = at
	}
}

// TestTracesAreRead holds the reading of captures, on which the tests of chaos rest.
func TestTracesAreRead(t *testing.T) {
	message := func(at, what, text string) string {
		return traceRule + " " + at + "\nUDP message " + what + ":\n\n" + strings.ReplaceAll(text, "\n", "\r\n") + "\n"
	}
	const rest = "Via: SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bK1\nFrom: <sip:a@127.0.0.2>;tag=1\nTo: <sip:b@127.0.0.1>;tag=2\nCall-ID: c1\nMax-Forwards: 70\n"
	file := t.TempDir() + "/log"
	text := message("2026-01-02 03:04:05.000001", "sent (9 bytes)", "INVITE sip:b@127.0.0.1 SIP/2.0\n"+rest+"CSeq: 1 INVITE\nContent-Length: 2\n\nv=") +
		message("2026-01-02 03:04:05.200001", "received [9] bytes ", "SIP/2.0 100 Trying\n"+rest+"CSeq: 1 INVITE\nContent-Length: 0\n\n") +
		message("2026-01-02 03:04:06.000001", "received [9] bytes ", "SIP/2.0 200 OK\n"+rest+"CSeq: 1 INVITE\nContent-Length: 0\n\n") +
		message("2026-01-02 03:04:08.000001", "sent (9 bytes)", "BYE sip:b@127.0.0.1 SIP/2.0\n"+rest+"CSeq: 2 BYE\nContent-Length: 0\n\n")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(s int) time.Time { return time.Date(2026, 1, 2, 3, 4, s, 1000, time.Local) }
	got := witnesses(readTrace(t, file), []time.Time{at(1), at(7)})["c1"]
	want := []witness{{invites: 1, any: true, final: 200, answered: at(6)}, {ended: at(8)}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
