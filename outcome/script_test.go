package outcome

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"onhook/call"
)

// A script is a call in words, for tests: steps parted by " / ", each one second after the one before.
//
//	in [phone|trunk]              the caller's INVITE came (leg 1)
//	out N phone|trunk|uri [SET]   an attempt: leg N, its INVITE left
//	leg N phone|trunk|platform    a leg without an INVITE
//	< N CODE|METHOD {Header: v}   a message came on leg N; CODE answers the leg's INVITE, CODE/METHOD another request
//	> N CODE|METHOD {Header: v}   a message left; {Phrase: x} is its phrase, {Body: x} its body
//	! N CAUSE [detail] [=CODE] [by=WHO]   our intent; CAUSE "-" is empty
//	timer N NAME [METHOD] [by=caller]   a timer fired, on the caller's side
//	broken N WHY [METHOD]         a message could not be delivered
//	ended N [CAUSE]               no more is expected of a leg
//	stage NAME / app NAME LEAF 0|1 / bridge N [OF] / hold N / resume N / stored MS|failed / rtp N / alive / command WHO
//	again N OF                    event OF's message came once more on leg N
//	wait DURATION / inferred (the last event was concluded, not seen)
type script struct {
	t      *testing.T
	now    time.Time
	events []call.Event
	set    uint16
}

var scriptStart = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func events(t *testing.T, text string) []call.Event {
	t.Helper()
	s := &script{t: t, now: scriptStart}
	for _, step := range strings.Split(strings.ReplaceAll(text, "\n", " / "), " / ") {
		if step = strings.TrimSpace(step); step != "" {
			s.step(step)
		}
	}
	return s.events
}

func (s *script) add(e call.Event) {
	e.Seq, e.At = uint32(len(s.events)+1), s.now
	s.now = s.now.Add(time.Second)
	s.events = append(s.events, e)
}

func (s *script) number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		s.t.Fatalf("script: %q is not a number", text)
	}
	return n
}

var scriptPeers = map[string]call.Peer{"phone": call.PeerPhone, "trunk": call.PeerTrunk, "uri": call.PeerURI, "platform": call.PeerPlatform, "unknown": call.PeerUnknown}

func (s *script) step(step string) {
	var headers string
	if i := strings.IndexByte(step, '{'); i >= 0 {
		headers = strings.ReplaceAll(strings.TrimSuffix(step[i+1:], "}"), " & ", "\r\n") + "\r\n"
		step = strings.TrimSpace(step[:i])
	}
	f := append(strings.Fields(step), "", "", "", "")
	leg := func(i int) call.LegID { return call.LegID(s.number(f[i])) }
	switch f[0] {
	case "in":
		s.add(call.Event{Kind: call.EvLeg, Leg: 1, Peer: scriptPeers[f[1]]})
		s.message(false, 1, "INVITE", headers)
	case "out":
		s.leg(leg(1), f[2], f[3])
		s.message(true, leg(1), "INVITE", headers)
	case "leg":
		s.leg(leg(1), f[2], f[3])
	case "<", ">":
		s.message(f[0] == ">", leg(1), f[2], headers)
	case "!":
		e := call.Event{Kind: call.EvIntent, Leg: leg(1), Cause: f[2], By: "platform"}
		if f[2] == "-" {
			e.Cause = ""
		}
		for _, x := range f[3:] {
			switch {
			case strings.HasPrefix(x, "="):
				e.Code = s.number(x[1:])
			case strings.HasPrefix(x, "by="):
				e.By = x[3:]
			case x != "":
				e.Text = x
			}
		}
		s.add(e)
	case "timer":
		e := call.Event{Kind: call.EvTimer, Leg: leg(1), Name: f[2], Text: f[3]}
		if by, ok := strings.CutPrefix(f[4], "by="); ok {
			e.By = by
		}
		s.add(e)
	case "broken":
		s.add(call.Event{Kind: call.EvTransportFailed, Leg: leg(1), Text: f[2], Name: f[3]})
	case "ended":
		s.add(call.Event{Kind: call.EvLegEnded, Leg: leg(1), Cause: f[2]})
	case "stage":
		s.add(call.Event{Kind: call.EvStage, Name: f[1]})
	case "app":
		s.add(call.Event{Kind: call.EvApp, Name: f[1], Text: f[2], N: s.number(f[3])})
	case "bridge":
		of := 1
		if f[2] != "" {
			of = s.number(f[2])
		}
		s.add(call.Event{Kind: call.EvBridged, Leg: leg(1), Of: uint32(of)})
	case "hold", "resume":
		n := 0
		if f[0] == "hold" {
			n = 1
		}
		s.add(call.Event{Kind: call.EvHold, Leg: leg(1), N: n})
	case "stored":
		if f[1] == "failed" || f[1] == "full" {
			s.add(call.Event{Kind: call.EvStored, Text: f[1]})
		} else {
			s.add(call.Event{Kind: call.EvStored, N: s.number(f[1])})
		}
	case "rtp":
		s.add(call.Event{Kind: call.EvMedia, Leg: leg(1), Name: "timeout"})
	case "again":
		s.add(call.Event{Kind: call.EvRetransmitted, Leg: leg(1), Of: uint32(s.number(f[2])), N: 1})
	case "alive":
		s.add(call.Event{Kind: call.EvAlive})
	case "command":
		s.add(call.Event{Kind: call.EvCommand, Name: "hangup", By: f[1]})
	case "inferred":
		s.events[len(s.events)-1].Inferred = true
	case "wait":
		d, err := time.ParseDuration(f[1])
		if err != nil {
			s.t.Fatal(err)
		}
		s.now = s.now.Add(d)
	default:
		s.t.Fatalf("script: what is %q?", step)
	}
}

func (s *script) leg(id call.LegID, peer, set string) {
	s.set++
	n := s.set
	if set != "" {
		n = uint16(s.number(set)) + 100
	}
	if _, ok := scriptPeers[peer]; !ok {
		s.t.Fatalf("script: no peer %q", peer)
	}
	s.add(call.Event{Kind: call.EvLeg, Leg: id, Peer: scriptPeers[peer], Name: "bob", Attempt: s.set, Set: n})
}

// message adds a message: what is "180+sdp", "486", "481/INVITE" or a method.
func (s *script) message(out bool, leg call.LegID, what, headers string) {
	what, sdp := strings.CutSuffix(what, "+sdp")
	code, method, _ := strings.Cut(what, "/")
	start, cseq := "", method
	if code[0] >= '0' && code[0] <= '9' {
		text := phrase(s.number(code))
		if i := strings.Index(headers, "Phrase: "); i >= 0 {
			text, headers, _ = strings.Cut(headers[i+8:], "\r\n")
		}
		start = "SIP/2.0 " + code + " " + text
		if cseq == "" {
			cseq = "INVITE"
		}
	} else {
		start, cseq = code+" sip:bob@192.0.2.9 SIP/2.0", code
	}
	body := ""
	if sdp || code == "INVITE" {
		headers += "Content-Type: application/sdp\r\n"
		body = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
	}
	if i := strings.Index(headers, "Body: "); i >= 0 {
		body, headers = headers[i+6:], headers[:i]
	}
	n := strconv.Itoa(int(leg))
	via := "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK" + n + cseq + "\r\n"
	if strings.HasPrefix(headers, "Via: ") {
		via = ""
	}
	msg := start + "\r\n" + via + "Max-Forwards: 70\r\n" +
		"From: \"Alice\" <sip:1001@example.com>;tag=a" + n + "\r\nTo: <sip:1002@example.com>\r\nCall-ID: leg" + n + "@example.com\r\n" +
		"CSeq: 1 " + cseq + "\r\nContact: <sip:1001@192.0.2.1>\r\n" + headers + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	e := call.Event{Kind: call.EvReceived, Leg: leg, Msg: msg, Flow: "udp 192.0.2." + n + ":5060>192.0.2.100:5060"}
	if out {
		e.Kind, e.Flow = call.EvSent, "udp 192.0.2.100:5060>192.0.2."+n+":5060"
	}
	s.add(e)
}
