package call_test

import (
	"errors"
	"testing"
	"time"

	"onhook/call"
	"onhook/dialog"
	"onhook/outcome"
	"onhook/sip"
	"onhook/txn"

	"pgregory.net/rapid"
)

var (
	someBodies = []string{
		"", offer, answer, offer + "a=sendonly\r\n", answer + "a=inactive\r\n", "v=0\r\nrubbish", "v=0\r\no=x 1 1 IN IP4 1.1.1.1\r\ns=-\r\nt=0 0\r\n",
		offer + "m=video 4002 RTP/AVP 96\r\n", answer + "m=video 0 RTP/AVP 96\r\n", "v=0\r\no=x 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n",
	}
	someCodes   = []int{100, 180, 181, 183, 199, 200, 200, 200, 202, 302, 401, 404, 408, 480, 481, 486, 487, 488, 491, 503, 600, 603}
	someMethods = []sip.Method{sip.INVITE, sip.UPDATE, sip.BYE, sip.INFO, sip.MESSAGE, sip.REFER, sip.NOTIFY, sip.PRACK, sip.OPTIONS, sip.ACK, sip.CANCEL}
	someNames   = []string{"B", "F", "cancel", "no_ack", "session_timer", "no_prack", "in_dialog_481", "in_dialog_timeout", "bad_peer", "timeout", "latched", "hangup", "shutdown", "played", call.CmdTransfer, call.CmdTransfer, call.CmdHold, call.CmdResume, call.CmdPlay, call.CmdRedirect}
	someSteps   = [][]call.Step{
		nil,
		{step("b")},
		{step("b", "c")},
		{step("b"), step("c", "d")},
		{{}, step("b")},
		{{Targets: []call.Target{{URI: "sip:b@h"}, {URI: "sip:c@h"}}, Ring: 8 * time.Second, User: "101", Forward: call.WhenAny}, step("d")},
		{{Targets: step("b").Targets, Forwarded: []call.Forwarded{{Name: "101", Cause: "CALL_FORWARD"}}}},
		{{Targets: []call.Target{{Peer: call.PeerPlatform, Echo: true}}}},
		{step("b"), {Targets: []call.Target{{Peer: call.PeerPlatform, Echo: true}}}},
		{flows("b", "c", "d"), step("e")},
		{{Targets: []call.Target{{URI: "sip:b@h"}, {URI: "sip:c@h", Delay: 3 * time.Second}}, Ring: 8 * time.Second}, step("d")},
	}
)

// A random world takes any input in any order.
type randomWorld struct {
	*world
	t     *rapid.T
	first call.LegID          // the first leg that there is a party of
	over  map[call.LegID]bool // its INVITE's transaction has ended: no response to it can come
	up    map[call.LegID]bool // it got a 2xx: only further 2xx can come
	// the first dialog behind each leg's INVITE
	roots map[call.LegID]dialog.ID
}

func (w *randomWorld) leg() call.LegID {
	return call.LegID(rapid.IntRange(int(w.first), 4).Draw(w.t, "leg"))
}

// dialogOf draws the leg's own dialog or, now and then, one of another branch.
func (w *randomWorld) dialogOf(leg call.LegID) dialog.ID {
	d := legDialog(leg)
	if leg != call.Caller && rapid.IntRange(0, 4).Draw(w.t, "branch") == 0 {
		d++
	}
	return d
}

// at says whose a dialog is, as the stack and the exchange would: the first one
// that answers an INVITE is its leg's, each other one is told of first. Responses
// that end all of them, and those that make none, are the INVITE's own.
func (w *randomWorld) at(leg call.LegID, d dialog.ID, status int) (call.LegID, dialog.ID) {
	root := w.roots[leg]
	switch {
	case root == 0 && status > 0:
		d = legDialog(leg)
		w.roots[leg], w.bound[d] = d, leg
	case root == 0 || status == 100 || status >= 300:
		return leg, max(root, legDialog(leg))
	case w.bound[d] == 0 && status > 0:
		w.step(call.Input{Kind: call.InForked, Leg: leg, Dialog: d})
	}
	if w.bound[d] == 0 {
		return leg, root
	}
	return w.bound[d], d
}

func (w *randomWorld) body() string { return rapid.SampledFrom(someBodies).Draw(w.t, "body") }

func (w *randomWorld) input() {
	leg := w.leg()
	switch rapid.IntRange(0, 11).Draw(w.t, "kind") {
	case 0, 1, 2, 3:
		if leg == call.Caller || !w.invited[leg] || w.over[leg] {
			return
		}
		m := sip.Message{Status: rapid.SampledFrom(someCodes).Draw(w.t, "code"), Phrase: "x", Body: w.body()}
		if m.Body != "" {
			m.Add(sip.HContentType, "application/sdp")
		}
		if w.up[leg] && m.Status/100 != 2 {
			return
		}
		w.over[leg], w.up[leg] = m.Status >= 300, m.Status/100 == 2
		m.Add(sip.HContact, "<sip:d@h>")
		if m.Status < 200 && rapid.Bool().Draw(w.t, "reliable") {
			m.AddNamed("RSeq", "1")
			m.Add(sip.HRequire, "100rel")
			m.Add(sip.HAllow, "UPDATE")
		}
		leg, d := w.at(leg, w.dialogOf(leg), m.Status)
		if w.c.Over() {
			return
		}
		in := call.Input{Kind: call.InResponse, Leg: leg, Dialog: d, Txn: 9, Method: sip.INVITE, Msg: &m}
		in.NeedAnswer = m.Body != "" && rapid.Bool().Draw(w.t, "needs")
		w.message(leg, false, &m, sip.INVITE)
		w.step(in)
	case 4, 5:
		w.any(leg)
	case 6:
		w.reply(rapid.SampledFrom(someCodes[5:]).Draw(w.t, "code"), w.body())
	case 7:
		var err error
		if rapid.IntRange(0, 5).Draw(w.t, "fails") == 0 {
			err = errors.New("none free")
		}
		w.mediaReady(err)
	case 8:
		w.pracked()
		w.tick(time.Duration(rapid.IntRange(0, 40).Draw(w.t, "s")) * time.Second)
	default:
		kind := rapid.SampledFrom([]call.InputKind{call.InTimeout, call.InFailed, call.InEnded, call.InTerminated, call.InMedia, call.InCommand, call.InMediaReady, call.InRouted, call.InBegin}).Draw(w.t, "input")
		if kind == call.InMediaReady || kind == call.InFailed && !w.invited[leg] && leg != call.Caller {
			return
		}
		leg, d := w.at(leg, w.dialogOf(leg), 0)
		in := call.Input{
			Kind: kind, Leg: leg, Dialog: d, Txn: txn.ID(rapid.IntRange(0, 1003).Draw(w.t, "txn")),
			Method: rapid.SampledFrom(someMethods).Draw(w.t, "method"), Name: rapid.SampledFrom(someNames).Draw(w.t, "name"), By: "x",
		}
		if kind == call.InCommand {
			in.N, in.Steps = rapid.IntRange(1, 3).Draw(w.t, "side"), rapid.SampledFrom(someSteps).Draw(w.t, "to")
		}
		if kind == call.InTimeout {
			in.Name = "F"
			if in.Method == sip.INVITE {
				in.Name = rapid.SampledFrom([]string{"B", "cancel"}).Draw(w.t, "timer")
			}
			if in.Method == sip.INVITE && leg == call.Caller && w.finals[0] == 0 {
				return // no INVITE goes to a caller before its own has a final response
			}
		}
		if (kind == call.InTimeout || kind == call.InFailed) && in.Method == sip.INVITE && w.invited[leg] && !w.up[leg] {
			w.over[leg] = true
		}
		w.step(in)
	}
}

// any brings a request.
func (w *randomWorld) any(leg call.LegID) {
	if leg != call.Caller && !w.invited[leg] {
		return
	}
	m := &sip.Message{Method: rapid.SampledFrom(someMethods).Draw(w.t, "method"), Body: w.body()}
	if m.Body != "" {
		m.Add(sip.HContentType, rapid.SampledFrom([]string{"application/sdp", "text/plain"}).Draw(w.t, "type"))
	}
	if m.Method == sip.CANCEL && (leg != call.Caller || w.finals[0] > 0) {
		return
	}
	leg, d := w.at(leg, w.dialogOf(leg), 0)
	w.message(leg, false, m, "")
	w.sent++
	in := call.Input{Kind: call.InRequest, Leg: leg, Dialog: d, Txn: w.sent, Msg: m}
	switch m.Method {
	case sip.ACK:
		in.Kind = call.InAck
	case sip.CANCEL:
		in.Kind = call.InCancelled
	}
	over := w.c.Over()
	w.step(in)
	if in.Kind == call.InRequest && m.Method == sip.BYE && !over && w.finals[in.Txn] != 1 {
		w.fail("a BYE got %d final responses", w.finals[in.Txn])
	}
}

// TestAnyInputsEndInOneFinish: whatever comes, after all deadlines ActFinish
// has come once and is the last; no INVITE got two finals, no dialog two BYEs,
// no media stays open, and the record keeps section 8's invariants.
func TestAnyInputsEndInOneFinish(t *testing.T) {
	property := func(t *rapid.T) {
		opt := call.Options{
			Ring: 20 * time.Second, Linger: 2 * time.Second, MaxCall: time.Minute, Redirects: 2,
			Relay: rapid.Bool().Draw(t, "relay"), Progress: time.Duration(rapid.IntRange(0, 5).Draw(t, "progress")) * time.Second,
		}
		s := call.Start{Invite: theInvite(rapid.SampledFrom(someBodies).Draw(t, "offer"), "Allow", "UPDATE", rapid.SampledFrom([]string{"X", "Supported", "Require"}).Draw(t, "says"), "100rel"), Steps: rapid.SampledFrom(someSteps).Draw(t, "steps")}
		w := &randomWorld{world: newWorld(opt, rapid.Bool().Draw(t, "sync"), s), t: t, first: call.Caller, roots: map[call.LegID]dialog.ID{}, over: map[call.LegID]bool{}, up: map[call.LegID]bool{}}
		w.keeps = true
		w.routed = rapid.SampledFrom(someSteps).Draw(t, "routed")
		for range rapid.IntRange(0, 30).Draw(t, "inputs") {
			w.input()
		}
		for range 60 { // every wait but that for the media path is the call's own
			for len(w.asked) > 0 && w.finished == 0 {
				w.mediaReady(nil)
			}
			w.pracked()
			w.tick(10 * time.Second)
		}
		if w.finished != 1 || !w.c.Over() {
			w.fail("ActFinish came %d times", w.finished)
		}
		if w.finals[0] != 1 {
			w.fail("the caller's INVITE got %d final responses", w.finals[0])
		}
		for id, n := range w.finals {
			if n > 1 {
				w.fail("transaction %d got %d finals", id, n)
			}
		}
		rec := outcome.Fold(w.events, w.meta)
		w.bad = append(w.bad, outcome.Check(rec)...)
		if rec.ByeReason == "UNSPECIFIED" {
			w.fail("nothing explains the end")
		}
		if len(w.bad) > 0 {
			t.Fatalf("%q", w.bad)
		}
	}
	for range 20 { // a hundred each
		rapid.Check(t, property)
	}
}
