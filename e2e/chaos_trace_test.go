package e2e

import (
	"os"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// A seen is one message between the callers and the server.
type seen struct {
	at     time.Time
	sent   bool // by a caller
	method string
	status int    // of a response
	cseq   string // the method of its CSeq
	callID string
}

const (
	traceRule = "-----------------------------------------------"
	traceTime = "2006-01-02 15:04:05.000000"
)

// readTrace reads the messages that sipp wrote with -trace_msg.
func readTrace(t *testing.T, file string, each func(seen)) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
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
		cseq, _ := m.CSeq()
		each(seen{at, strings.Contains(what, "sent"), string(m.Method), m.Status, string(cseq.Method), m.CallID()})
	}
}

// A witness is what the capture says of one Call-ID in one life of the server.
type witness struct {
	life     int
	invites  int       // that the caller sent
	any      bool      // the server answered the INVITE, if only with 100
	final    int       // the final response
	answered time.Time // the first 2xx
	ended    time.Time // BYE sent or received, or the final that refused
}

// witnesses sort messages by Call-ID and by the server's lives, whose
// beginnings are given: what comes before the next one is the last one's.
type witnesses struct {
	lives []time.Time
	calls map[string][]witness
}

func newWitnesses(lives []time.Time) *witnesses {
	return &witnesses{lives: lives, calls: map[string][]witness{}}
}

// lifeAt is in which life of the server a moment is.
func (ws *witnesses) lifeAt(at time.Time) int {
	i := sort.Search(len(ws.lives), func(i int) bool { return ws.lives[i].After(at) })
	return max(i-1, 0)
}

// of is what is known of a call in one life; few calls see more than one.
func (ws *witnesses) of(callID string, life int) *witness {
	list := ws.calls[callID]
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].life == life {
			return &list[i]
		}
	}
	list = append(list, witness{life: life})
	ws.calls[callID] = list
	return &list[len(list)-1]
}

func (ws *witnesses) add(s seen) {
	w := ws.of(s.callID, ws.lifeAt(s.at))
	switch {
	case s.method == "INVITE" && s.sent:
		w.invites++
	case s.method == "BYE":
		w.end(s.at)
	case s.sent || s.method != "" || s.cseq != "INVITE":
	case s.status < 200:
		w.any = true
	case w.final == 0:
		w.any, w.final = true, s.status
		if s.status < 300 {
			w.answered = s.at
		} else {
			w.end(s.at)
		}
	}
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
	ws := newWitnesses([]time.Time{at(1), at(7)})
	readTrace(t, file, ws.add)
	got := ws.calls["c1"]
	want := []witness{{invites: 1, any: true, final: 200, answered: at(6)}, {life: 1, ended: at(8)}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
