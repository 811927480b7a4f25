package analyse

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"onhook/capture"
	"onhook/outcome"
	"onhook/sip"
)

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// A list is a capture in memory.
type list struct {
	items []capture.Item
	i     int
}

func (s *list) Next() (capture.Item, error) {
	if s.i >= len(s.items) {
		return capture.Item{}, io.EOF
	}
	s.i++
	return s.items[s.i-1], nil
}

// A tape writes a capture in words. Each message comes 100 ms after the one
// before; "wait" moves the time on.
//
//	a>b INVITE            host a sends host b the INVITE of the present dialog
//	b>a 180 {Header: v}   a response; 200/BYE answers another request
//	wait 32s / dialog NAME (messages are of this dialog from here on) / by callee (the next requests are the callee's)
//	cseq N / totag T / gap TEXT / rtp a>b N / icmp b>a / coarse / agent N / again (the last message once more)
type tape struct {
	t       *testing.T
	now     time.Time
	step    time.Duration
	items   []capture.Item
	dialogs map[string]*dialog
	d       *dialog
	agent   capture.Agent
	coarse  bool
	n       uint64
}

type dialog struct {
	id, from, to string
	cseq         map[string]int // of the last request of a method
	last         int
	toTag        string
	callee       bool
	refused      bool // the last final response to an INVITE was 300 or more
	sdp          map[string]string
}

func newTape(t *testing.T) *tape {
	p := &tape{t: t, now: start, step: 100 * time.Millisecond, dialogs: map[string]*dialog{}}
	p.open("one")
	return p
}

func (p *tape) open(name string) {
	d := p.dialogs[name]
	if d == nil {
		d = &dialog{id: name + "@example.com", from: "1001", to: "1002", cseq: map[string]int{}, toTag: "b" + name, sdp: map[string]string{}}
		p.dialogs[name] = d
	}
	p.d = d
}

var hosts = map[string]string{
	"a": "192.0.2.1:5060", "b": "192.0.2.2:5060", "c": "192.0.2.3:5060", "d": "192.0.2.4:5060", "p": "198.51.100.1:5060", "q": "198.51.100.2:5060", "x": "203.0.113.9:5060",
}

func addrOf(name string) netip.AddrPort { return netip.MustParseAddrPort(hosts[name]) }

// write adds the steps of a script, parted by " / ".
func (p *tape) write(script string) *tape {
	p.t.Helper()
	for _, step := range strings.Split(strings.ReplaceAll(script, "\n", " / "), " / ") {
		if step = strings.TrimSpace(step); step != "" {
			p.one(step)
		}
	}
	return p
}

func (p *tape) number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		p.t.Fatalf("tape: %q is no number", s)
	}
	return n
}

func (p *tape) one(step string) {
	headers := ""
	if i := strings.IndexByte(step, '{'); i >= 0 {
		headers = strings.ReplaceAll(strings.TrimSuffix(step[i+1:], "}"), " & ", "\r\n") + "\r\n"
		step = strings.TrimSpace(step[:i])
	}
	f := append(strings.Fields(step), "", "")
	switch f[0] {
	case "wait":
		d, err := time.ParseDuration(f[1])
		if err != nil {
			p.t.Fatal(err)
		}
		p.now = p.now.Add(d)
	case "dialog":
		p.open(f[1])
	case "by":
		p.d.callee = f[1] == "callee"
	case "from":
		p.d.from = f[1]
	case "to":
		p.d.to = f[1]
	case "totag":
		p.d.toTag = f[1]
	case "cseq":
		p.d.last = p.number(f[1]) - 1
	case "coarse":
		p.coarse = true
	case "agent":
		p.agent = capture.Agent{ID: uint32(p.number(f[1])), Addr: netip.MustParseAddrPort("127.0.0.1:" + f[1])}
	case "again":
		it := p.items[len(p.items)-1]
		p.put(it)
	case "gap":
		p.items = append(p.items, capture.Item{Kind: capture.Gap, At: p.now, Text: step[4:], Lost: 3})
	case "rtp", "icmp":
		src, dst, _ := strings.Cut(f[1], ">")
		if f[0] == "icmp" {
			p.put(capture.Item{Kind: capture.Closed, Src: addrOf(src), Dst: addrOf(dst), Text: "port unreachable"})
			return
		}
		for range p.number(f[2]) {
			to := netip.AddrPortFrom(addrOf(dst).Addr(), 4000)
			p.items = append(p.items, capture.Item{Kind: capture.RTP, At: p.now, Src: netip.AddrPortFrom(addrOf(src).Addr(), 4000), Dst: to, Payload: make([]byte, 172)})
			p.now = p.now.Add(20 * time.Millisecond)
		}
	default:
		p.message(f[0], f[1], headers)
	}
}

func (p *tape) put(it capture.Item) {
	p.n++
	it.At, it.Number, it.Agent, it.Coarse = p.now, p.n, p.agent, p.coarse
	if p.coarse {
		it.At = it.At.Truncate(time.Second)
	}
	p.items = append(p.items, it)
	p.now = p.now.Add(p.step)
}

// message writes one message: "INVITE", "180", "200/BYE", "re-INVITE", with "+sdp", "+hold" or "+resume".
func (p *tape) message(way, what, headers string) {
	src, dst, ok := strings.Cut(way, ">")
	if !ok || hosts[src] == "" || hosts[dst] == "" {
		p.t.Fatalf("tape: what is %q?", way)
	}
	d := p.d
	body := ""
	what, kind, _ := strings.Cut(what, "+")
	what, re := strings.CutPrefix(what, "re-")
	code, method, _ := strings.Cut(what, "/")
	request := code[0] < '0' || code[0] > '9'
	if request {
		method = code
	} else if method == "" {
		method = "INVITE"
	}
	if kind != "" || request && method == "INVITE" && !re {
		dir := map[string]string{"hold": "a=sendonly\r\n", "sdp": "", "resume": "a=sendrecv\r\n", "": ""}[kind]
		host := strings.Split(hosts[src], ":")[0]
		body = "v=0\r\no=u" + d.id + " 3344556 1 IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " + host + "\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n" + dir
		headers += "Content-Type: application/sdp\r\n"
	}
	if request {
		switch {
		case method == "ACK" || method == "CANCEL":
			d.cseq[method] = d.cseq["INVITE"]
		default:
			d.last++
			d.cseq[method] = d.last
		}
	}
	tagged := !request || re || method != "INVITE" && method != "CANCEL"
	from := fmt.Sprintf("\"Alice\" <sip:%s@example.com>;tag=a%s", d.from, d.id)
	to := fmt.Sprintf("<sip:%s@example.com>", d.to)
	if tagged && code != "100" {
		to += ";tag=" + d.toTag
	}
	if d.callee {
		from, to = to, from
	}
	via := ""
	sender := src
	if !request {
		sender = dst
	}
	branch := fmt.Sprintf("z9hG4bK%s-%s-%d", d.id, method, d.cseq[method])
	if !request && method == "INVITE" && code >= "200" {
		d.refused = code >= "300"
	}
	// RFC 3261 section 17.1.1.3: the ACK to a refusal is of the INVITE's transaction.
	if method == "CANCEL" || request && method == "ACK" && d.refused {
		branch = fmt.Sprintf("z9hG4bK%s-INVITE-%d", d.id, d.cseq["INVITE"])
	}
	if v := strings.Index(headers, "Via: "); v < 0 {
		via = "Via: SIP/2.0/UDP " + hosts[sender] + ";branch=" + branch + "\r\n"
	}
	line := "SIP/2.0 " + code + " Phrase"
	if request {
		line = method + " sip:" + d.to + "@" + hosts[dst] + " SIP/2.0"
	}
	msg := line + "\r\n" + via + "From: " + from + "\r\nTo: " + to + "\r\nCall-ID: " + d.id + "\r\nCSeq: " + strconv.Itoa(d.cseq[method]) + " " + method +
		"\r\nMax-Forwards: 70\r\nUser-Agent: someone's phone 1.0\r\n" + headers + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	p.put(capture.Item{Kind: capture.SIP, Transport: sip.UDP, Src: addrOf(src), Dst: addrOf(dst), Payload: []byte(msg)})
}

// run analyses the tape; each record is checked against the invariants.
func (p *tape) run(opt Options) ([]*Call, Totals) {
	p.t.Helper()
	return analyse(p.t, p.items, opt)
}

func analyse(t *testing.T, items []capture.Item, opt Options) ([]*Call, Totals) {
	t.Helper()
	var calls []*Call
	totals, err := Run(&list{items: items}, opt, func(c *Call) { calls = append(calls, c) }, nil)
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	for _, c := range calls {
		for _, complaint := range outcome.Check(c.Record) {
			t.Errorf("%s: %s", c.Record.ID, complaint)
		}
		for i := range c.Events {
			if i > 0 && c.Events[i].At.Before(c.Events[i-1].At) {
				t.Errorf("%s: event %d is before the one before it", c.Record.ID, i+1)
			}
		}
	}
	return calls, totals
}

// line is a record in short, as the tables write it.
func line(r *outcome.Record) string {
	word := func(n int) string {
		if n == 0 {
			return "-"
		}
		return strconv.Itoa(n)
	}
	s := strings.Join([]string{
		strings.ReplaceAll(r.Status, " ", "_"), word(r.LastResponseCode), r.ByeReason, word(r.SIPFinal), r.EndedBy, r.Answered, r.Stage, r.Confidence,
	}, " ")
	if r.Detail != "" {
		s += " " + r.Detail
	}
	return s
}

// has tells whether a call has a finding of that name.
func (c *Call) has(name string) bool {
	for _, f := range c.Findings {
		if f.Name == name {
			return true
		}
	}
	return false
}
