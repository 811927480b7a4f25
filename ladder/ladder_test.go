package ladder

import (
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"onhook/call"
)

var update = flag.Bool("update", false, "write testdata")

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A script makes events, each some milliseconds after the one before.
type script struct {
	events []call.Event
	at     time.Time
}

func (s *script) after(ms int) *script {
	s.at = s.at.Add(time.Duration(ms) * time.Millisecond)
	return s
}

func (s *script) add(e call.Event) *script {
	e.Seq, e.At = uint32(len(s.events)+1), s.at
	s.events = append(s.events, e)
	return s
}

const (
	server = "192.0.2.9:5060"
	alice  = "192.0.2.1:5060"
	bob    = "192.0.2.2:5060"
	carol  = "192.0.2.3:5060"
)

func (s *script) leg(id call.LegID, name string) *script {
	return s.add(call.Event{Kind: call.EvLeg, Leg: id, Peer: call.PeerPhone, Name: name})
}

func (s *script) in(leg call.LegID, peer, msg string) *script {
	return s.add(call.Event{Kind: call.EvReceived, Leg: leg, Flow: "udp " + peer + ">" + server, Msg: msg})
}

func (s *script) out(leg call.LegID, peer, msg string) *script {
	return s.add(call.Event{Kind: call.EvSent, Leg: leg, Flow: "udp " + server + ">" + peer, Msg: msg})
}

// message writes a message; more is headers, and a body behind an empty line.
func message(first, cseq, more string) string {
	head, body, _ := strings.Cut(more, "\r\n\r\n")
	if head != "" {
		head += "\r\n"
	}
	if body != "" {
		head += "Content-Type: application/sdp\r\n"
	}
	return first + "\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:100@example.com>;tag=1\r\nTo: <sip:101@example.com>\r\nCall-ID: 1@192.0.2.1\r\nCSeq: 1 " +
		cseq + "\r\n" + head + "\r\n" + body
}

const sdp = "\r\n\r\nv=0\r\n"

func invite(user string) string {
	return message("INVITE sip:"+user+"@example.com SIP/2.0", "INVITE", sdp)
}

// answered is a call with hold, ended by the caller.
func answered() []call.Event {
	s := &script{at: t0}
	s.leg(1, "100").in(1, alice, invite("101")).out(1, alice, message("SIP/2.0 100 Trying", "INVITE", ""))
	s.add(call.Event{Kind: call.EvStage, Name: "routing"})
	s.after(1).leg(2, "101").out(2, bob, invite("101"))
	s.after(20).in(2, bob, message("SIP/2.0 180 Ringing", "INVITE", "")).add(call.Event{Kind: call.EvStage, Name: "ringing"}).out(1, alice, message("SIP/2.0 180 Ringing", "INVITE", ""))
	s.after(4200).in(2, bob, message("SIP/2.0 200 OK", "INVITE", sdp)).out(2, bob, message("ACK sip:101@192.0.2.2 SIP/2.0", "ACK", ""))
	s.after(1).out(1, alice, message("SIP/2.0 200 OK", "INVITE", sdp)).add(call.Event{Kind: call.EvBridged, Leg: 2, Of: 1})
	s.after(30).in(1, alice, message("ACK sip:101@192.0.2.9 SIP/2.0", "ACK", ""))
	s.after(100).add(call.Event{Kind: call.EvMedia, Leg: 1, Name: "latched", Text: "192.0.2.1:10000"})
	s.after(9000).add(call.Event{Kind: call.EvHold, Leg: 2, N: 1})
	s.after(12000).in(1, alice, message("BYE sip:101@192.0.2.9 SIP/2.0", "BYE", "Reason: Q.850;cause=16")).out(1, alice, message("SIP/2.0 200 OK", "BYE", ""))
	s.add(call.Event{Kind: call.EvIntent, Leg: 2, Cause: "NORMAL_CLEARING", By: "caller"})
	s.out(2, bob, message("BYE sip:101@192.0.2.2 SIP/2.0", "BYE", ""))
	s.after(9).in(2, bob, message("SIP/2.0 200 OK", "BYE", ""))
	return s.events
}

// unanswered is a set of two, one dead and one that never picks up.
func unanswered() []call.Event {
	s := &script{at: t0}
	s.leg(1, "100").in(1, alice, invite("600")).leg(2, "101").out(2, bob, invite("101")).leg(3, "102").out(3, carol, invite("102"))
	s.after(500).add(call.Event{Kind: call.EvRetransmitted, Leg: 2, Of: 4, N: 1, Out: true})
	s.after(20).in(3, carol, message("SIP/2.0 180 Ringing", "INVITE", ""))
	s.after(980).add(call.Event{Kind: call.EvRetransmitted, Leg: 2, Of: 4, N: 2, Out: true})
	s.after(10).add(call.Event{Kind: call.EvTransportFailed, Leg: 2, Text: "unreachable"})
	s.after(18490).add(call.Event{Kind: call.EvTimer, Leg: 3, Name: "ring"}).add(call.Event{Kind: call.EvIntent, Leg: 3, Cause: "NO_ANSWER", By: "platform"})
	s.out(3, carol, message("CANCEL sip:102@192.0.2.3 SIP/2.0", "CANCEL", ""))
	s.after(3).in(3, carol, message("SIP/2.0 487 Request Terminated", "INVITE", ""))
	s.out(1, alice, message("SIP/2.0 480 Temporarily Unavailable", "INVITE", "Reason: Q.850;cause=19"))
	s.after(5).in(1, alice, "garbage \x1b[31m\r\n\r\n")
	return s.events
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n%s", path, got)
	}
}

func TestGolden(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []call.Event
		opt    Options
	}{
		{"answered", answered(), Options{Proof: []uint32{18}}},
		{"unanswered", unanswered(), Options{Proof: []uint32{11}, Server: "pbx"}},
		{"hosts", answered(), Options{By: ByHost, Gap: 5 * time.Second}},
		{"empty", nil, Options{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := Layout(c.events, c.opt)
			golden(t, c.name+".txt", l.Text(TextOptions{}))
			golden(t, c.name+".80.txt", l.Text(TextOptions{Width: 80, ASCII: true}))
			golden(t, c.name+".mmd", l.Mermaid())
			golden(t, c.name+".svg", l.SVG())
		})
	}
}

// rowOf finds the row of an event.
func rowOf(t *testing.T, l *Ladder, seq uint32) *Row {
	t.Helper()
	for i := range l.Rows {
		if l.Rows[i].Seq == seq {
			return &l.Rows[i]
		}
	}
	t.Fatalf("event %d has no row", seq)
	return nil
}

func TestRetransmissionsAreFoldedIntoTheirMessage(t *testing.T) {
	l := Layout(unanswered(), Options{})
	r := rowOf(t, l, 4)
	if r.Again != 2 || r.Last != 1500*time.Millisecond {
		t.Errorf("%d times, last at %v", r.Again, r.Last)
	}
	for _, r := range l.Rows {
		if r.Seq == 7 || r.Seq == 9 {
			t.Errorf("the retransmission %d has a row of its own", r.Seq)
		}
	}
}

func TestRetransmissionOfAnUnseenMessageIsShown(t *testing.T) {
	s := &script{at: t0}
	s.leg(1, "100").add(call.Event{Kind: call.EvRetransmitted, Leg: 1, Of: 99, N: 1})
	if r := rowOf(t, Layout(s.events, Options{}), 2); r.Kind != Arrow || r.From != 0 || r.To != 1 {
		t.Errorf("%+v", r)
	}
}

func TestUndeliveredMessageIsMarked(t *testing.T) {
	l := Layout(unanswered(), Options{})
	if !rowOf(t, l, 4).Failed || rowOf(t, l, 6).Failed {
		t.Error("not the message that failed is marked")
	}
}

func TestProofOfAFoldedRetransmissionMarksItsMessage(t *testing.T) {
	if !rowOf(t, Layout(unanswered(), Options{Proof: []uint32{9}}), 4).Proof {
		t.Error("no mark")
	}
}

func TestGapIsTheSilenceBetweenRows(t *testing.T) {
	var gaps []time.Duration
	for _, r := range Layout(answered(), Options{Gap: 9 * time.Second}).Rows {
		if r.Kind == Gap {
			gaps = append(gaps, r.Elapsed)
		}
	}
	if len(gaps) != 2 || gaps[0] != 9*time.Second || gaps[1] != 12*time.Second {
		t.Error(gaps)
	}
}

func TestApplicationHasNoColumnOfItsOwn(t *testing.T) {
	s := &script{at: t0}
	s.leg(1, "100").in(1, alice, invite("600"))
	s.add(call.Event{Kind: call.EvLeg, Leg: 2, Peer: call.PeerPlatform, Name: "menu"})
	s.add(call.Event{Kind: call.EvBridged, Leg: 2, Of: 1})
	l := Layout(s.events, Options{})
	if len(l.Columns) != 2 {
		t.Errorf("%+v", l.Columns)
	}
	rowOf(t, l, 4)
}

func TestAllMessagesOfAHostPairShareTwoColumns(t *testing.T) {
	l := Layout(answered(), Options{By: ByHost})
	if len(l.Columns) != 3 || l.Columns[0].Name != alice || l.Columns[1].Name != server || l.Columns[2].Name != bob {
		t.Errorf("%+v", l.Columns)
	}
	if r := rowOf(t, l, 20); r.From != 1 || r.To != 2 {
		t.Errorf("%+v", r)
	}
}

func TestStrangersTextCannotActOnATerminalOrAPage(t *testing.T) {
	s := &script{at: t0}
	s.leg(1, "<script>\x1b]0;x\x07").in(1, alice, "INV\x1b[2JITE sip:<script>\u202e SIP/2.0\r\n\r\n")
	l := Layout(s.events, Options{})
	for name, out := range map[string]string{"text": l.Text(TextOptions{}), "mermaid": l.Mermaid(), "svg": l.SVG()} {
		if i := strings.IndexAny(out, "\x1b\x07\u202e"); i >= 0 {
			t.Errorf("%s has a control character at %d", name, i)
		}
		if name != "text" && strings.Contains(out, "<script>") {
			t.Errorf("%s has a stranger's markup", name)
		}
	}
}

func TestSVGIsWellFormed(t *testing.T) {
	d := xml.NewDecoder(strings.NewReader(Layout(unanswered(), Options{}).SVG()))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestColoursDoNotChangeTheText(t *testing.T) {
	l := Layout(unanswered(), Options{Proof: []uint32{11}})
	plain, colored := l.Text(TextOptions{}), l.Text(TextOptions{Color: true})
	if colored == plain {
		t.Error("no colour")
	}
	for _, c := range []string{colorProof, colorRequest, colorReply, colorError, colorBar, colorFaint, "\x1b[0m"} {
		colored = strings.ReplaceAll(colored, c, "")
	}
	if colored != plain {
		t.Error("the text differs")
	}
}

func FuzzLayout(f *testing.F) {
	f.Add([]byte{1, 1, 0, 0, 2, 1, 2, 1, 4, 2, 2, 3, 13, 2, 1, 0}, "udp a>b", "INVITE sip:a SIP/2.0\r\n\r\n", 40)
	f.Fuzz(func(t *testing.T, b []byte, flow, msg string, width int) {
		var events []call.Event
		for i := 0; i+4 <= len(b) && i < 4000; i += 4 {
			events = append(events, call.Event{
				Seq: uint32(i / 4), At: t0.Add(time.Duration(b[i+3]) * time.Second), Kind: call.EventKind(b[i] % 20), Leg: call.LegID(b[i+1] % 30),
				Peer: call.Peer(b[i+3] % 6), Of: uint32(b[i+2]), N: int(b[i+3]), Out: b[i+3]&1 != 0, Name: msg, Cause: flow, Text: msg, Flow: flow, Msg: msg,
			})
		}
		for _, by := range []By{ByLeg, ByHost} {
			l := Layout(events, Options{By: by, Proof: []uint32{1, 2}})
			l.Text(TextOptions{Width: width % 500, ASCII: by == ByLeg})
			l.Mermaid()
			l.SVG()
		}
	})
}

func TestInlineHasNoStyleAndLinksItsMessages(t *testing.T) {
	l := Layout(unanswered(), Options{Proof: []uint32{2}})
	got := l.Inline()
	if strings.Contains(got, "style") {
		t.Error("a page that forbids styles cannot show it")
	}
	messages := 0
	for i := range l.Rows {
		if l.Rows[i].Kind == Arrow {
			messages++
			if want := `href="#event-` + strconv.FormatUint(uint64(l.Rows[i].Seq), 10) + `"`; !strings.Contains(got, want) {
				t.Errorf("no %s", want)
			}
		}
	}
	if n := strings.Count(got, "<a "); n != messages || n == 0 {
		t.Errorf("%d links, %d messages", n, messages)
	}
	d := xml.NewDecoder(strings.NewReader(got))
	for {
		if _, err := d.Token(); err != nil {
			if err != io.EOF {
				t.Error(err)
			}
			return
		}
	}
}

func TestACallOfTheServersOwnHasItsFirstPartyOnTheLeft(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	l := Layout([]call.Event{
		{Seq: 1, At: at, Kind: call.EvCommand, Name: "originate"},
		{Seq: 2, At: at, Kind: call.EvLeg, Leg: 2, Name: "100"},
		{Seq: 3, At: at, Kind: call.EvLeg, Leg: 3, Name: "101"},
	}, Options{})
	var names []string
	for _, c := range l.Columns {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, " "); got != "100 onhook 101" {
		t.Error(got)
	}
}
