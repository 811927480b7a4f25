package dialog

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

var update = flag.Bool("update", false, "write what the scripts print")

// counting is a Rand whose numbers are known.
type counting struct{ n uint64 }

func (c *counting) Uint64() uint64 { c.n++; return c.n }

const sdpBody = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"

// A bench is one dialog on a table: what goes in is written as short words, what comes out is kept.
type bench struct {
	t    *testing.T
	opt  Options
	d    *Dialog
	at   time.Duration
	txn  uint64
	open map[uint64]*sip.Message // server transactions that wait for us
	out  []Action
	last map[sip.Method]*sip.Message // the last request of ours of each method
	all  []*sip.Message
}

var epoch = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func newBench(t *testing.T) *bench {
	return &bench{
		t: t, open: map[uint64]*sip.Message{}, last: map[sip.Method]*sip.Message{},
		opt: Options{
			Rand: &counting{}, Contact: "<sip:us@192.0.2.1>", Allow: "INVITE, ACK, BYE, UPDATE, PRACK",
			Supported: "100rel, timer", Product: "onhook", Host: "us.example",
		},
	}
}

func (b *bench) now() time.Time { return epoch.Add(b.at) }

func (b *bench) step(in Input) []Action {
	b.t.Helper()
	out := b.d.Step(nil, b.now(), in)
	for _, a := range out {
		switch a.Kind {
		case ActSend:
			if a.Msg.Method != sip.ACK && a.Again == 0 {
				b.last[a.Msg.Method] = a.Msg
				b.all = append(b.all, a.Msg)
			}
			if a.Hop == "" {
				b.t.Error("ActSend without a next hop")
			}
		case ActRespond:
			if a.Msg.Status >= 200 {
				delete(b.open, a.Txn)
			}
		}
	}
	b.out = out
	return out
}

// until lets time pass to at, each deadline on the way as a tick of its own.
func (b *bench) until(at time.Duration, each func([]Action)) {
	for {
		dl := b.d.Deadline()
		if dl.IsZero() || dl.After(epoch.Add(at)) {
			break
		}
		b.at = dl.Sub(epoch)
		each(b.step(Input{Kind: InTick}))
		if next := b.d.Deadline(); !next.IsZero() && !next.After(dl) {
			b.t.Fatalf("at %v the deadline stays %v after a tick", b.at, next.Sub(epoch))
		}
	}
	b.at = at
}

// fields adds "name: value" parts, and a body for "sdp".
func (b *bench) fields(m *sip.Message, parts []string) {
	for _, p := range parts {
		p = strings.TrimSpace(p)
		if p == "" {
			continue
		}
		if p == "sdp" {
			m.Add(sip.HContentType, "application/sdp")
			m.Body = sdpBody
			continue
		}
		name, v, ok := strings.Cut(p, ":")
		if !ok {
			b.t.Fatalf("got %q, want sdp or Name: value", p)
		}
		id := sip.LookupHeader(name)
		if id == sip.HContact || id == sip.HTo {
			m.Del(id)
		}
		if v = strings.TrimSpace(v); v != "none" {
			m.AddNamed(name, v)
		}
	}
}

// peer makes a request of the peer.
func (b *bench) peer(method sip.Method, seq int, parts ...string) *sip.Message {
	m := &sip.Message{Method: method, URI: "sip:us@192.0.2.1"}
	m.Add(sip.HVia, "SIP/2.0/UDP 198.51.100.2;branch=z9hG4bK"+strconv.Itoa(seq)+string(method))
	if b.d == nil {
		m.Add(sip.HFrom, "<sip:them@example.net>;tag=their")
		m.Add(sip.HTo, "<sip:us@example.com>")
		m.Add(sip.HCallID, "call-1")
	} else {
		m.Add(sip.HFrom, b.d.remote)
		m.Add(sip.HTo, b.d.local)
		m.Add(sip.HCallID, b.d.callID)
	}
	m.Add(sip.HCSeq, strconv.Itoa(seq)+" "+string(method))
	m.Add(sip.HMaxForwards, "70")
	if method == sip.INVITE || method == sip.UPDATE {
		m.Add(sip.HContact, "<sip:them@198.51.100.2>")
	}
	b.fields(m, parts)
	// Through text and back, as from the wire.
	p, err := sip.ParseString(m.String())
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bench) uas(parts ...string) []Action {
	b.t.Helper()
	m := b.peer(sip.INVITE, 10, parts...)
	d, err := NewUAS(b.opt, m)
	if err != nil {
		b.t.Fatal(err)
	}
	b.d = d
	b.txn++
	b.open[b.txn] = m
	return b.step(Input{Kind: InReceive, Txn: b.txn, Msg: m})
}

func (b *bench) uac(parts ...string) []Action {
	b.t.Helper()
	b.d = NewUAC(b.opt)
	return b.invite(parts...)
}

func (b *bench) invite(parts ...string) []Action {
	b.t.Helper()
	m := &sip.Message{Method: sip.INVITE, URI: "sip:them@example.net"}
	m.Add(sip.HFrom, `"Us" <sip:us@example.com>`)
	m.Add(sip.HTo, "<sip:them@example.net>")
	b.fields(m, parts)
	return b.step(Input{Kind: InSend, Msg: m})
}

func (b *bench) recv(method sip.Method, seq int, parts ...string) []Action {
	b.t.Helper()
	m := b.peer(method, seq, parts...)
	in := Input{Kind: InReceive, Msg: m}
	if method != sip.ACK {
		b.txn++
		b.open[b.txn] = m
		in.Txn = b.txn
	}
	return b.step(in)
}

// response makes a response to our last request of that method.
func (b *bench) response(code int, method sip.Method, parts ...string) *sip.Message {
	req := b.last[method]
	if req == nil {
		b.t.Fatalf("no %s was sent", method)
	}
	m := &sip.Message{Status: code, Phrase: "X"}
	m.Add(sip.HVia, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx")
	m.Add(sip.HFrom, req.Get(sip.HFrom))
	to := req.Get(sip.HTo)
	if code > 100 && req.ToTag() == "" {
		to += ";tag=their"
	}
	m.Add(sip.HTo, to)
	m.Add(sip.HCallID, req.CallID())
	m.Add(sip.HCSeq, req.Get(sip.HCSeq))
	if code < 300 && (method == sip.INVITE || method == sip.UPDATE) {
		m.Add(sip.HContact, "<sip:them@198.51.100.2>")
	}
	b.fields(m, parts)
	p, err := sip.ParseString(m.String())
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bench) resp(code int, method sip.Method, parts ...string) []Action {
	b.t.Helper()
	return b.step(Input{Kind: InResponse, Txn: 99, Msg: b.response(code, method, parts...)})
}

// answer answers the oldest open request of that method.
func (b *bench) answer(method sip.Method, code int, parts ...string) []Action {
	b.t.Helper()
	var ids []uint64
	for id, m := range b.open {
		if m.Method == method {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		b.t.Fatalf("no %s is open", method)
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	m := &sip.Message{Status: code}
	in := Input{Kind: InRespond, Txn: ids[0], Msg: m}
	for _, p := range parts {
		if p == "reliable" {
			in.Reliable = true
			continue
		}
		b.fields(m, []string{p})
	}
	return b.step(in)
}

func (b *bench) send(method sip.Method, parts ...string) []Action {
	b.t.Helper()
	m := &sip.Message{Method: method}
	b.fields(m, parts)
	return b.step(Input{Kind: InSend, Msg: m})
}

// show writes an action as scripts print it.
func show(a Action) string {
	var s strings.Builder
	switch a.Kind {
	case ActSend:
		fmt.Fprintf(&s, "send %s to %s", short(a.Msg), a.Hop)
		if a.Own && a.Msg.Method != sip.ACK {
			s.WriteString(" (own)")
		}
	case ActRespond:
		fmt.Fprintf(&s, "respond %s", short(a.Msg))
	case ActRequest:
		fmt.Fprintf(&s, "tell request %s", a.Msg.Method)
	case ActResponse:
		fmt.Fprintf(&s, "tell response %d %s", a.Msg.Status, a.Method)
		if a.NeedAnswer {
			s.WriteString(" need answer")
		}
		if a.Wait > 0 {
			fmt.Fprintf(&s, " wait %v", a.Wait)
		}
	case ActAck:
		s.WriteString("tell ack")
	case ActTimeout:
		fmt.Fprintf(&s, "tell timeout %s %s", a.Method, a.Name)
	case ActFailed:
		fmt.Fprintf(&s, "tell failed %s: %v", a.Method, a.Err)
	case ActEnded:
		fmt.Fprintf(&s, "tell ended %s", a.Why)
	case ActTimer:
		fmt.Fprintf(&s, "timer %s", a.Name)
	case ActTerminated:
		s.WriteString("terminated")
	case ActNote:
		fmt.Fprintf(&s, "note %s", a.Text)
	}
	if a.Again > 0 {
		fmt.Fprintf(&s, " again %d", a.Again)
	}
	return s.String()
}

func short(m *sip.Message) string {
	var s strings.Builder
	if m.IsRequest() {
		fmt.Fprintf(&s, "%s %s cseq %s", m.Method, m.URI, m.Get(sip.HCSeq))
	} else {
		fmt.Fprintf(&s, "%d to %s", m.Status, m.Get(sip.HCSeq))
	}
	for _, id := range []sip.HeaderID{sip.HRequire, sip.HRSeq, sip.HRAck, sip.HSessionExpires, sip.HMinSE, sip.HRetryAfter} {
		for v := range m.Lines(id) {
			fmt.Fprintf(&s, " [%s: %s]", id, v)
		}
	}
	if m.Body != "" {
		s.WriteString(" +sdp")
	}
	return s.String()
}

func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			got := runScript(t, string(text))
			if *update {
				if err := os.WriteFile(f, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(text) {
				t.Errorf("the script prints\n%s\nwant\n%s", got, text)
			}
		})
	}
}

// runScript runs the lines at the margin and prints what comes out indented below them.
func runScript(t *testing.T, text string) string {
	b := newBench(t)
	var w strings.Builder
	print := func(out []Action) {
		for _, a := range out {
			fmt.Fprintf(&w, "  %8.3f %s\n", b.at.Seconds(), show(a))
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, " ") {
			continue
		}
		w.WriteString(line + "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		head, rest, _ := strings.Cut(line, "|")
		f := strings.Fields(head)
		var parts []string
		if rest != "" {
			parts = strings.Split(rest, "|")
			for i := range parts {
				parts[i] = strings.TrimSpace(parts[i])
			}
		}
		arg := func(i int) string {
			if i >= len(f) {
				t.Fatalf("%q: too few words", line)
			}
			return f[i]
		}
		num := func(i int) int {
			n, err := strconv.Atoi(arg(i))
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			return n
		}
		switch f[0] {
		case "session": // session SECONDS MINSE
			b.opt.SessionExp, b.opt.MinSE = uint32(num(1)), uint32(num(2))
		case "uac":
			print(b.uac(parts...))
		case "uas":
			print(b.uas(parts...))
		case "invite":
			print(b.invite(parts...))
		case "recv":
			print(b.recv(sip.Method(arg(1)), num(2), parts...))
		case "resp":
			print(b.resp(num(1), sip.Method(arg(2)), parts...))
		case "answer":
			print(b.answer(sip.Method(arg(1)), num(2), parts...))
		case "send":
			print(b.send(sip.Method(arg(1)), parts...))
		case "timeout":
			print(b.step(Input{Kind: InTimeout, Msg: b.last[sip.Method(arg(1))], Name: "F"}))
		case "over":
			print(b.step(Input{Kind: InOver}))
		case "release":
			print(b.step(Input{Kind: InRelease}))
		case "until":
			at, err := time.ParseDuration(arg(1))
			if err != nil {
				t.Fatal(err)
			}
			b.until(at, print)
		default:
			t.Fatalf("%q: unknown word", line)
		}
	}
	return w.String()
}
