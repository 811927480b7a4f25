package analyse

import (
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"onhook/capture"
	"onhook/sip"
)

// A load is a Source of calls through a server: both legs of each, 14 messages,
// so many a second of the capture, each talking for so long.
type load struct {
	calls int
	every time.Duration
	talk  time.Duration
	join  bool // X-CID on the second leg
	next  int
	queue []capture.Item // of the call being written, sorted by time
	buf   []byte
}

// loadSteps is one call: from, to, first line, CSeq, leg, time.
var loadSteps = []struct {
	up, down, line, cseq string
	leg                  int
	at                   time.Duration
}{
	{"10.0.0.1:5060", "10.0.0.9:5060", "INVITE sip:%d@10.0.0.9 SIP/2.0", "1 INVITE", 1, 0},
	{"10.0.0.9:5060", "10.0.0.1:5060", "SIP/2.0 100 Trying", "1 INVITE", 1, time.Millisecond},
	{"10.0.0.9:5060", "10.0.0.2:5060", "INVITE sip:%d@10.0.0.2 SIP/2.0", "1 INVITE", 2, 2 * time.Millisecond},
	{"10.0.0.2:5060", "10.0.0.9:5060", "SIP/2.0 180 Ringing", "1 INVITE", 2, 30 * time.Millisecond},
	{"10.0.0.9:5060", "10.0.0.1:5060", "SIP/2.0 180 Ringing", "1 INVITE", 1, 31 * time.Millisecond},
	{"10.0.0.2:5060", "10.0.0.9:5060", "SIP/2.0 200 OK", "1 INVITE", 2, 500 * time.Millisecond},
	{"10.0.0.9:5060", "10.0.0.2:5060", "ACK sip:%d@10.0.0.2 SIP/2.0", "1 ACK", 2, 501 * time.Millisecond},
	{"10.0.0.9:5060", "10.0.0.1:5060", "SIP/2.0 200 OK", "1 INVITE", 1, 502 * time.Millisecond},
	{"10.0.0.1:5060", "10.0.0.9:5060", "ACK sip:%d@10.0.0.9 SIP/2.0", "1 ACK", 1, 503 * time.Millisecond},
	{"10.0.0.1:5060", "10.0.0.9:5060", "BYE sip:%d@10.0.0.9 SIP/2.0", "2 BYE", 1, -1},
	{"10.0.0.9:5060", "10.0.0.1:5060", "SIP/2.0 200 OK", "2 BYE", 1, -2},
	{"10.0.0.9:5060", "10.0.0.2:5060", "BYE sip:%d@10.0.0.2 SIP/2.0", "2 BYE", 2, -3},
	{"10.0.0.2:5060", "10.0.0.9:5060", "SIP/2.0 200 OK", "2 BYE", 2, -4},
}

const loadSDP = "v=0\r\no=user1 53655765 2353687637 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"

// Next writes the messages of all calls by time, by a queue of calls that are up.
func (l *load) Next() (capture.Item, error) {
	for len(l.queue) == 0 {
		if l.next >= l.calls+int(l.talk/l.every)+2 {
			return capture.Item{}, io.EOF
		}
		l.second(l.next)
		l.next++
	}
	it := l.queue[0]
	l.queue = l.queue[1:]
	return it, nil
}

// second writes the beginning of call n and the end of the call that has talked long enough.
func (l *load) second(n int) {
	l.queue = l.queue[:0]
	l.buf = l.buf[:0]
	if n < l.calls {
		for i := range 9 {
			l.add(n, i)
		}
	}
	if old := n - int(l.talk/l.every) - 1; old >= 0 && old < l.calls {
		for i := 9; i < 13; i++ {
			l.add(old, i)
		}
	}
}

func (l *load) add(n, i int) {
	s := &loadSteps[i]
	at := start.Add(time.Duration(n) * l.every)
	if s.at >= 0 {
		at = at.Add(s.at * l.every / time.Second)
	} else {
		at = at.Add(time.Duration(int(l.talk/l.every)+1)*l.every + time.Duration(10-s.at)*l.every/20)
	}
	body, ctype := "", ""
	if i == 0 || i == 2 || i == 5 || i == 7 {
		body, ctype = loadSDP, "Content-Type: application/sdp\r\n"
	}
	if i == 2 && l.join {
		ctype += fmt.Sprintf("X-CID: %d-1@10.0.0.1\r\n", n)
	}
	first := s.line
	if s.line[0] != 'S' {
		first = fmt.Sprintf(s.line, 2000000+n)
	}
	tag := ""
	if i != 0 && i != 1 && i != 2 {
		tag = fmt.Sprintf(";tag=callee%d-%d", n, s.leg)
	}
	from := len(l.buf)
	l.buf = fmt.Appendf(l.buf, "%s\r\nVia: SIP/2.0/UDP 10.0.0.%d:5060;branch=z9hG4bK-%d-%d-%s;rport\r\nMax-Forwards: 70\r\nFrom: \"Caller\" <sip:%d@10.0.0.1>;tag=caller%d-%d\r\nTo: <sip:%d@10.0.0.9>%s\r\nCall-ID: %d-%d@10.0.0.1\r\nCSeq: %s\r\nContact: <sip:caller@10.0.0.1:5060>\r\nUser-Agent: something 1.2.3\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE\r\n%sContent-Length: %d\r\n\r\n%s",
		first, s.leg, n, s.leg, s.cseq[:1], 1000000+n, n, s.leg, 2000000+n, tag, n, s.leg, s.cseq, ctype, len(body), body)
	l.queue = append(l.queue, capture.Item{
		Kind: capture.SIP, At: at, Transport: sip.UDP, Src: netip.MustParseAddrPort(s.up), Dst: netip.MustParseAddrPort(s.down),
		Number: 1, Payload: l.buf[from:len(l.buf):len(l.buf)],
	})
}

// recorded keeps the items of a load, so that a benchmark does not measure their making.
func recorded(l *load) []capture.Item {
	var items []capture.Item
	for {
		it, err := l.Next()
		if err != nil {
			return items
		}
		it.Payload = append([]byte(nil), it.Payload...)
		items = append(items, it)
	}
}

// BenchmarkAnalyse gives the time of one SIP message: 13 are a call of two legs.
func BenchmarkAnalyse(b *testing.B) {
	for _, parallel := range []bool{false, true} {
		b.Run(fmt.Sprintf("parallel=%v", parallel), func(b *testing.B) {
			items := recorded(&load{calls: 2000, every: 10 * time.Millisecond, talk: 2 * time.Second, join: true})
			b.ReportAllocs()
			b.ResetTimer()
			n := 0
			for n < b.N {
				a := New(Options{Parallel: parallel}, func(*Call) {})
				for i := range items {
					a.Take(&items[i])
					if n++; n >= b.N {
						break
					}
				}
				a.Finish()
			}
		})
	}
}

// TestMemoryDoesNotGrow: 20,000 calls open at once, then more.
func TestMemoryDoesNotGrow(t *testing.T) {
	var m runtime.MemStats
	var most uint64
	src := &load{calls: 32000, every: time.Millisecond, talk: 19 * time.Second, join: true}
	n, open := 0, 0
	a := New(Options{}, func(*Call) {})
	for {
		it, err := src.Next()
		if err != nil {
			break
		}
		a.Take(&it)
		if n++; n%50000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			_, all := a.Open()
			open = max(open, all)
		}
	}
	totals := a.Finish()
	if totals.Calls != 32000 || totals.Joined != 32000 || totals.GivenUp != 0 {
		t.Errorf("%d calls, %d joined, %d given up", totals.Calls, totals.Joined, totals.GivenUp)
	}
	t.Logf("at most %d MB and %d calls open", most>>20, open)
	if most > 120<<20 || open < 19000 {
		t.Errorf("at most %d MB, %d calls open at once: want under 120 MB and 19,000 or more", most>>20, open)
	}
}
