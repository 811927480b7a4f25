package call_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"onhook/call"
	"onhook/dialog"
	"onhook/outcome"
	"onhook/sip"
	"onhook/txn"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

const (
	offer  = "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
	answer = "v=0\r\no=b 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)

// A world does what a Call says, keeps the journal as the exchange does, and
// watches over what must never happen.
type world struct {
	c        *call.Call
	now      time.Time
	events   []call.Event
	meta     outcome.Meta
	sync     bool // media answers at once
	asked    []call.Action
	finals   map[txn.ID]int // final responses by transaction; 0: the caller's INVITE
	final    int
	byes     map[dialog.ID]bool
	invited  map[call.LegID]bool
	canceled map[call.LegID]bool
	open     map[call.LegID]bool
	bound    map[dialog.ID]call.LegID
	finished int
	keeps    bool         // a 2xx to the caller may have to wait for a PRACK
	kept     *call.Action // it does
	sent     txn.ID
	requests []call.Action // passed on, not answered yet; Txn is theirs
	routed   []call.Step
	bad      []string
}

func newWorld(opt call.Options, sync bool, s call.Start) *world {
	w := &world{
		now: start, sync: sync, finals: map[txn.ID]int{}, byes: map[dialog.ID]bool{}, invited: map[call.LegID]bool{},
		bound: map[dialog.ID]call.LegID{}, canceled: map[call.LegID]bool{}, open: map[call.LegID]bool{}, sent: 1000, meta: outcome.Meta{ID: "call_1", Source: "live"},
	}
	s.ID, s.Dialog, s.From, s.Peer = "call_1", 1, "<sip:100@example.com>", call.PeerPhone
	w.c = call.New(w.now, opt, s)
	switch o := s.Origin; {
	case o == nil:
		w.journal(call.Event{Kind: call.EvLeg, Leg: call.Caller, Peer: s.Peer})
		w.message(call.Caller, false, s.Invite, "")
	case o.Application:
		w.journal(call.Event{Kind: call.EvLeg, Leg: call.Caller, Peer: call.PeerPlatform})
		w.journal(call.Event{Kind: call.EvCommand, Name: call.CmdOriginate, By: "x", Text: "sip:100@h sip:menu@h", N: 1})
	default:
		w.journal(call.Event{Kind: call.EvCommand, Name: call.CmdOriginate, By: "x", Text: "sip:100@h sip:101@h", N: 2})
	}
	w.step(call.Input{Kind: call.InBegin})
	return w
}

func (w *world) fail(format string, args ...any) { w.bad = append(w.bad, fmt.Sprintf(format, args...)) }

func (w *world) journal(e call.Event) {
	e.Seq, e.At = uint32(len(w.events)+1), w.now
	w.events = append(w.events, e)
}

// message journals a message; cseq is the method that a response answers.
func (w *world) message(leg call.LegID, out bool, m *sip.Message, cseq sip.Method) {
	f := m.Clone()
	if cseq == "" {
		cseq = m.Method
	}
	f.Set(sip.HCallID, "leg"+strconv.Itoa(int(leg)))
	f.Set(sip.HCSeq, "1 "+string(cseq))
	if !f.Has(sip.HFrom) {
		f.Add(sip.HFrom, "<sip:100@example.com>;tag=1")
		f.Add(sip.HTo, "<sip:101@example.com>;tag=2")
	}
	if f.Method != "" && f.URI == "" {
		f.URI = "sip:x@example.com"
	}
	kind := call.EvReceived
	if out {
		kind = call.EvSent
	}
	w.journal(call.Event{Kind: kind, Leg: leg, Out: out, Flow: "udp 192.0.2.1:5060>192.0.2.9:5060", Msg: f.String()})
}

func (w *world) step(in call.Input) {
	for _, a := range w.c.Step(nil, w.now, in) {
		if w.finished > 0 {
			w.fail("after ActFinish came action %d", a.Kind)
		}
		w.do(a)
	}
}

func (w *world) do(a call.Action) {
	switch a.Kind {
	case call.ActEvent:
		w.journal(a.Event)
	case call.ActInvite:
		w.invited[a.Leg] = true
		w.message(a.Leg, true, a.Msg, "")
	case call.ActCancel:
		if !w.invited[a.Leg] || w.canceled[a.Leg] {
			w.fail("CANCEL of leg %d: invited %v, cancelled before %v", a.Leg, w.invited[a.Leg], w.canceled[a.Leg])
		}
		w.canceled[a.Leg] = true
		w.message(a.Leg, true, &sip.Message{Method: sip.CANCEL}, "")
	case call.ActRespond:
		w.respond(a)
	case call.ActRefuse:
		v := outcome.Verdict(w.events, w.meta)
		a.Msg, a.Txn = &sip.Message{Status: v.Code, Phrase: v.Phrase}, 0
		w.respond(a)
	case call.ActBye:
		if w.kept != nil && a.Leg == call.Caller {
			w.fail("BYE to a caller whose INVITE has no final response")
		}
		if a.Dialog == 0 || w.byes[a.Dialog] {
			w.fail("BYE in dialog %d, which got one before or does not exist", a.Dialog)
		}
		w.byes[a.Dialog] = true
		m := &sip.Message{Method: sip.BYE}
		if a.Reason != "" {
			m.Add(sip.HReason, a.Reason)
		}
		w.message(a.Leg, true, m, "")
	case call.ActRequest:
		w.message(a.Leg, true, a.Msg, "")
		if a.Msg.Method != sip.ACK {
			w.sent++
			a.Txn = w.sent
			w.requests = append(w.requests, a)
			w.step(call.Input{Kind: call.InSent, Leg: a.Leg, Txn: w.sent})
		}
	case call.ActBind:
		w.bound[a.Dialog] = a.Leg
	case call.ActMediaOpen:
		w.asked = append(w.asked, a)
		if w.sync {
			w.mediaReady(nil)
		}
	case call.ActMediaClose:
		delete(w.open, a.Leg)
		w.asked = slicesDelete(w.asked, a.Leg)
	case call.ActMediaSet, call.ActMediaEcho:
		if !w.open[a.Leg] {
			w.fail("media of leg %d is used and not open", a.Leg)
		}
	case call.ActMediaBridge:
		if !w.open[a.Leg] || !w.open[a.Other] {
			w.fail("legs %d and %d are bridged, open: %v", a.Leg, a.Other, w.open)
		}
	case call.ActForward:
		cause := ""
		if len(w.routed) == 0 {
			cause = "EXCHANGE_ROUTING_ERROR"
		}
		steps := slices.Clone(w.routed)
		for i := range steps {
			steps[i].Forward = 0 // where it leads, nobody forwards once more: the exchange bounds that
		}
		w.step(call.Input{Kind: call.InForward, Leg: a.Leg, Steps: steps, Cause: cause, Name: "102"})
	case call.ActRoute:
		w.step(call.Input{Kind: call.InRouted, Leg: a.Leg, Steps: w.routed})
	case call.ActDestination:
		w.step(call.Input{Kind: call.InRouted, Leg: a.Leg, Steps: w.routed, Cause: "NO_ROUTE_DESTINATION"})
	case call.ActFinish:
		w.finished++
		if len(w.open)+len(w.asked) > 0 {
			w.fail("media left open: %v, asked for: %d", w.open, len(w.asked))
		}
	}
}

func slicesDelete(list []call.Action, leg call.LegID) []call.Action {
	kept := list[:0]
	for _, a := range list {
		if a.Leg != leg {
			kept = append(kept, a)
		}
	}
	return kept
}

// pracked lets the 2xx go that waited for a PRACK.
func (w *world) pracked() {
	if a := w.kept; a != nil {
		w.kept, w.keeps = nil, false
		w.respond(*a)
		w.step(call.Input{Kind: call.InAnswered, Leg: call.Caller})
	}
}

func (w *world) respond(a call.Action) {
	if a.Txn == 0 && a.Msg.Status/100 == 2 && w.keeps && w.c.Withheld() {
		w.kept = &a
		return
	}
	if a.Txn == 0 && a.Msg.Status >= 300 {
		w.kept = nil
	}
	method := sip.INVITE
	if a.Txn != 0 {
		method = sip.INFO
	}
	if a.Msg.Status >= 200 {
		if w.finals[a.Txn]++; w.finals[a.Txn] > 1 {
			w.fail("transaction %d got a second final response, %d", a.Txn, a.Msg.Status)
		}
		if a.Txn == 0 {
			w.final = a.Msg.Status
		}
	}
	if a.Msg.Status < 100 || a.Msg.Status > 699 {
		w.fail("%d is sent", a.Msg.Status)
	}
	w.message(a.Leg, true, a.Msg, method)
}

// mediaReady answers the oldest open ActMediaOpen.
func (w *world) mediaReady(err error) {
	if len(w.asked) == 0 {
		return
	}
	a := w.asked[0]
	w.asked = w.asked[1:]
	in := call.Input{Kind: call.InMediaReady, Leg: a.Leg, Err: err}
	if err == nil {
		w.open[a.Leg] = true
		for i := range a.N {
			in.Local = append(in.Local, netip.AddrPortFrom(netip.MustParseAddr("198.51.100.9"), uint16(10000+100*int(a.Leg)+2*i)))
		}
	}
	w.step(in)
}

// tick lets time pass, and the call do what is due meanwhile.
func (w *world) tick(d time.Duration) {
	end := w.now.Add(d)
	for range 10000 {
		next := w.c.Deadline()
		if next.IsZero() || next.After(end) {
			break
		}
		w.now = next
		w.step(call.Input{Kind: call.InTick})
	}
	w.now = end
}

func legDialog(leg call.LegID) dialog.ID {
	if leg == call.Caller {
		return 1
	}
	return dialog.ID(10 * int(leg))
}

// response brings a response to a leg's INVITE.
func (w *world) response(leg call.LegID, d dialog.ID, code int, body string, headers ...string) {
	m := &sip.Message{Status: code, Phrase: "x", Body: body}
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		m.AddNamed(headers[i], headers[i+1])
	}
	w.message(leg, false, m, sip.INVITE)
	w.step(call.Input{Kind: call.InResponse, Leg: leg, Dialog: d, Txn: 9, Method: sip.INVITE, Msg: m})
}

// request brings a request in a leg's dialog.
func (w *world) request(leg call.LegID, method sip.Method, body string, headers ...string) {
	m := &sip.Message{Method: method, Body: body}
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		m.AddNamed(headers[i], headers[i+1])
	}
	w.message(leg, false, m, "")
	if method == sip.CANCEL && w.finals[0] > 0 {
		return // the stack answers it, and that is all
	}
	w.sent++
	kind := call.InRequest
	switch method {
	case sip.ACK:
		kind = call.InAck
	case sip.CANCEL:
		kind = call.InCancelled
	}
	w.step(call.Input{Kind: kind, Leg: leg, Dialog: legDialog(leg), Txn: w.sent, Msg: m})
}

// reply answers the oldest request that was passed on.
func (w *world) reply(code int, body string) {
	if len(w.requests) == 0 {
		return
	}
	a := w.requests[0]
	w.requests = w.requests[1:]
	m := &sip.Message{Status: code, Phrase: "x", Body: body}
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	w.message(a.Leg, false, m, a.Msg.Method)
	w.step(call.Input{Kind: call.InResponse, Leg: a.Leg, Dialog: a.Dialog, Txn: a.Txn, Method: a.Msg.Method, Msg: m})
}

func theInvite(body string, headers ...string) *sip.Message {
	m := &sip.Message{Method: sip.INVITE, URI: "sip:101@example.com", Body: body}
	m.Add(sip.HCallID, "abc")
	m.Add(sip.HFrom, "<sip:100@example.com>;tag=1")
	m.Add(sip.HTo, "<sip:101@example.com>")
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		m.AddNamed(headers[i], headers[i+1])
	}
	return m
}

func step(uris ...string) call.Step {
	var s call.Step
	for _, u := range uris {
		s.Targets = append(s.Targets, call.Target{Peer: call.PeerPhone, Name: u, URI: "sip:" + u + "@192.0.2.2"})
	}
	return s
}

// record ends the call and folds it.
func (w *world) record(t *testing.T) string {
	t.Helper()
	w.tick(time.Hour)
	if w.finished != 1 {
		w.fail("ActFinish came %d times", w.finished)
	}
	rec := outcome.Fold(w.events, w.meta)
	for _, b := range append(w.bad, outcome.Check(rec)...) {
		t.Error(b)
	}
	if rec.SIPFinal != w.final {
		t.Errorf("the record says sip_final %d, the wire carried %d", rec.SIPFinal, w.final)
	}
	return strings.TrimSpace(fmt.Sprintf("%s %d %s %d %s %s %s %s %s", strings.ReplaceAll(rec.Status, " ", "_"), rec.LastResponseCode,
		rec.ByeReason, rec.SIPFinal, rec.EndedBy, rec.Answered, rec.Stage, rec.Confidence, rec.Detail))
}
