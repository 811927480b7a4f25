package call

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

const (
	offerA  = "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
	answerB = "v=0\r\no=b 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)

// A rig drives a Call and answers for its media, as the exchange would: what an
// action leads to is done before the next action.
type rig struct {
	t      *testing.T
	c      *Call
	now    time.Time
	log    []string // actions since the last look, a line each
	all    []string
	bodies map[string]string // body of the last message by action line
	port   uint16
	noPort bool
	slow   bool // the answers to ActMediaOpen are the test's to give
	routed []Step
	routes map[string][]Step // where a Contact leads, if that is not routed

	forwards func(user string, d *Diversion) []Step // where an extension's calls go
	cause    string                                 // why they go nowhere
	headers  map[LegID][]sip.Header                 // of INVITEs
}

func newRig(t *testing.T, opt Options, s Start) *rig {
	t.Helper()
	if s.Invite == nil {
		s.Invite = invite(offerA)
	}
	s.ID, s.Dialog = "call_x", 1
	s.From = "<sip:100@example.com>"
	r := &rig{t: t, now: epoch, bodies: map[string]string{}, port: 10000}
	if opt.Linger == 0 {
		opt.Linger = 2 * time.Second
	}
	r.c = New(r.now, opt, s)
	r.in(Input{Kind: InBegin})
	return r
}

func invite(body string) *sip.Message {
	m := &sip.Message{Method: sip.INVITE, URI: "sip:101@example.com", Body: body}
	m.Add(sip.HCallID, "abc")
	m.Add(sip.HFrom, "<sip:100@example.com>;tag=1")
	m.Add(sip.HTo, "<sip:101@example.com>")
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	return m
}

func (r *rig) in(in Input) {
	r.t.Helper()
	for _, a := range r.c.Step(nil, r.now, in) {
		line := describeAction(a)
		r.log, r.all = append(r.log, line), append(r.all, line)
		if a.Msg != nil {
			r.bodies[line] = a.Msg.Body
		}
		switch a.Kind {
		case ActInvite:
			if r.headers == nil {
				r.headers = map[LegID][]sip.Header{}
			}
			r.headers[a.Leg] = a.Msg.Headers
		case ActMediaOpen:
			ready := Input{Kind: InMediaReady, Leg: a.Leg}
			if r.noPort {
				ready.Err = errors.New("no port is free")
			}
			for range a.N {
				r.port += 2
				ready.Local = append(ready.Local, netip.AddrPortFrom(netip.MustParseAddr("198.51.100.9"), r.port))
			}
			if !r.slow {
				r.in(ready)
			}
		case ActRequest:
			if a.Msg.Method != sip.ACK {
				r.in(Input{Kind: InSent, Leg: a.Leg, Txn: txn.ID(100 + a.Leg), Method: a.Msg.Method})
			}
		case ActForward:
			r.in(Input{Kind: InForward, Leg: a.Leg, Steps: r.forwards(a.Target, a.Diverted), Cause: r.cause, Name: a.Target})
		case ActRoute:
			steps := r.routed
			if r.routes != nil {
				steps = r.routes[a.Target]
			}
			r.in(Input{Kind: InRouted, Leg: a.Leg, Steps: steps, Cause: r.cause})
		}
	}
}

func (r *rig) pass(d time.Duration) {
	end := r.now.Add(d)
	for {
		next := r.c.Deadline()
		if next.IsZero() || next.After(end) {
			break
		}
		r.now = next
		r.in(Input{Kind: InTick})
	}
	r.now = end
}

func describeAction(a Action) string {
	switch a.Kind {
	case ActEvent:
		e := a.Event
		names := map[EventKind]string{EvLeg: "leg", EvTimer: "timer", EvIntent: "intent", EvCommand: "command", EvStage: "stage", EvApp: "app", EvMedia: "media", EvBridged: "bridged", EvHold: "hold", EvLegEnded: "ended", EvTransportFailed: "unsent"}
		return strings.Join(strings.Fields(fmt.Sprintf("event %s %d %s %s %d", names[e.Kind], e.Leg, e.Name, e.Cause, e.N)), " ")
	case ActInvite:
		return fmt.Sprintf("invite %d %s", a.Leg, a.Msg.URI)
	case ActCancel:
		return fmt.Sprintf("cancel %d", a.Leg)
	case ActRespond:
		return strings.TrimSpace(fmt.Sprintf("respond %d %d %s", a.Leg, a.Msg.Status, map[bool]string{true: "reliable"}[a.Reliable]))
	case ActRefuse:
		return fmt.Sprintf("refuse %d", a.Leg)
	case ActRequest:
		return fmt.Sprintf("request %d %s", a.Leg, a.Msg.Method)
	case ActBye:
		return strings.TrimSpace(fmt.Sprintf("bye %d %s", a.Leg, a.Reason))
	case ActMediaOpen:
		return fmt.Sprintf("media open %d", a.Leg)
	case ActMediaSet:
		return fmt.Sprintf("media set %d %v send=%v recv=%v", a.Leg, a.Media.Remote, a.Media.Send, a.Media.Recv)
	case ActMediaBridge:
		return fmt.Sprintf("media bridge %d %d", a.Leg, a.Other)
	case ActMediaEcho:
		return fmt.Sprintf("media echo %d", a.Leg)
	case ActCommanded:
		return strings.TrimSpace("commanded " + a.Reason)
	case ActMediaPlay:
		return fmt.Sprintf("media play %d %s", a.Leg, a.Target)
	case ActMediaClose:
		return fmt.Sprintf("media close %d", a.Leg)
	case ActRoute:
		return "route " + a.Target
	case ActDigits:
		return fmt.Sprintf("digits %d %s", a.Leg, a.Target)
	case ActForward:
		return fmt.Sprintf("forward %d %s %s", a.Leg, a.Target, a.Diverted.reason())
	case ActRelease:
		return fmt.Sprintf("release %d", a.Leg)
	case ActBind:
		return fmt.Sprintf("bind %d %d", a.Leg, a.Dialog)
	case ActBegin:
		return "begin"
	case ActFinish:
		return "finish"
	}
	return fmt.Sprint(a.Kind)
}

// want checks that the lines come in this order among what was done since the last look.
func (r *rig) want(lines ...string) {
	r.t.Helper()
	i := 0
	for _, l := range r.log {
		if i < len(lines) && l == lines[i] {
			i++
		}
	}
	if i < len(lines) {
		r.t.Fatalf("want %q, in this order; missing from %q in:\n%s", lines, lines[i], strings.Join(r.log, "\n"))
	}
	r.log = nil
}

// never checks that no line with the prefix was ever done.
func (r *rig) never(prefix string) {
	r.t.Helper()
	for _, l := range r.all {
		if strings.HasPrefix(l, prefix) {
			r.t.Fatalf("%q must not happen:\n%s", prefix, strings.Join(r.all, "\n"))
		}
	}
}

func (r *rig) from(leg LegID, status int, body string, headers ...string) {
	r.t.Helper()
	m := &sip.Message{Status: status, Phrase: "x", Body: body}
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		m.AddNamed(headers[i], headers[i+1])
	}
	r.in(Input{Kind: InResponse, Leg: leg, Dialog: dialogOf(leg), Method: sip.INVITE, Msg: m})
}

func dialogOf(leg LegID) dialog.ID {
	if leg == Caller {
		return 1
	}
	return dialog.ID(10 + leg)
}

// reply is the other side's answer to what was passed on to a leg.
func (r *rig) reply(leg LegID, method sip.Method, status int, body string) {
	r.t.Helper()
	m := &sip.Message{Status: status, Phrase: "x"}
	setSession(m, body)
	r.in(Input{Kind: InResponse, Leg: leg, Dialog: dialogOf(leg), Txn: txn.ID(100 + leg), Method: method, Msg: m})
}

func (r *rig) ask(leg LegID, method sip.Method, body string) {
	r.t.Helper()
	m := &sip.Message{Method: method, Body: body}
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	r.in(Input{Kind: InRequest, Leg: leg, Dialog: dialogOf(leg), Txn: 55, Msg: m})
}

func phones(uris ...string) Step {
	var s Step
	for _, u := range uris {
		s.Targets = append(s.Targets, Target{Peer: PeerPhone, Name: "101", URI: u})
	}
	return s
}
