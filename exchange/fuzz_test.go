package exchange

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onhook/app"
	"onhook/call"
	"onhook/outcome"
	"onhook/route"
	"onhook/sip"
)

// The states of a server that FuzzServer attacks.
const (
	stateIdle     = iota // before any INVITE
	stateRinging         // the phone rings, reliably if it wants
	stateAnswered        // a call is up
	stateHeld            // it is held
	stateMenu            // the caller is in a menu
	numStates
)

// An onslaught is a rig in one of the states, with what an attacker may know.
type onslaught struct {
	*rig
	state int
	known *strings.Replacer
}

const strangerAddr = "203.0.113.5:5060"

// reach brings a server into a state.
func reach(t *testing.T, state int) *onslaught {
	o := &onslaught{state: state}
	if state == stateMenu {
		o.rig = withApp(t, "menu:main", appFunc(fuzzedMenu))
		o.x.set.Trunks[0].Sources = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	} else {
		o.rig = newRig(t, func(s *Settings) {
			phone := toPhone("1")
			phone.Transfer = true
			s.Routes = routesTo(t, phone, route.Rule{Match: "6", To: []route.Destination{{Kind: route.ToEcho}}})
		})
	}
	number := map[bool]string{true: "2", false: "1"}[state == stateMenu]
	tag, leg := "", &sip.Message{}
	if state != stateIdle {
		o.from(trunkAddr, request("INVITE", number, "c", "", 1, sdpText))
	}
	switch state {
	case stateRinging:
		o.answer(180, "")
		tag = o.last(trunkAddr).ToTag()
	case stateAnswered, stateHeld:
		o.answer(200, sdpText)
	case stateMenu:
		o.settle()
	}
	if state >= stateAnswered {
		if m := o.last(trunkAddr); m.Status != 200 {
			t.Fatalf("the caller got %d", m.Status)
		}
		tag = o.last(trunkAddr).ToTag()
		o.from(trunkAddr, request("ACK", number, "c", tag, 1, ""))
	}
	if state == stateHeld {
		o.from(trunkAddr, request("INVITE", "1", "c", tag, 2, sdpText+"a=sendonly\r\n"))
		o.answer(200, sdpText+"a=recvonly\r\n")
		o.from(trunkAddr, request("ACK", "1", "c", tag, 2, ""))
	}
	if state >= stateRinging && state < stateMenu {
		leg = o.invited()
	}
	via, _ := leg.Via()
	o.known = strings.NewReplacer("{n}", number, "{tag}", tag, "{branch}", via.Branch(), "{via}", leg.Get(sip.HVia), "{cid}", leg.CallID(), "{cseq}", leg.Get(sip.HCSeq), "{from}", leg.Get(sip.HFrom), "{to}", leg.Get(sip.HTo))
	return o
}

// fuzzedMenu asks for keys until the caller has gone; 0 sends it to nobody.
func fuzzedMenu(s app.Session) error {
	if err := s.Answer(); err != nil {
		return err
	}
	if err := s.Stage("menu"); err != nil {
		return err
	}
	for {
		keys, err := s.Digits(app.DigitOptions{Max: 1, First: time.Hour})
		switch {
		case err != nil:
			return err
		case keys == "0":
			return s.Transfer("user:nobody")
		}
		if err := s.Node(keys); err != nil {
			return err
		}
	}
}

// invited is the INVITE that the phone got.
func (r *rig) invited() *sip.Message {
	for _, s := range r.sent {
		if s.to.String() == phoneAddr && strings.HasPrefix(s.data, "INVITE ") {
			m, err := sip.Parse([]byte(s.data))
			if err != nil {
				r.t.Fatal(err)
			}
			return m
		}
	}
	r.t.Fatal("the phone got no INVITE")
	return nil
}

// settle lets applications do what they do, in a bubble.
func (o *onslaught) settle() {
	if o.state != stateMenu {
		return
	}
	for range 1000 {
		synctest.Wait()
		select {
		case <-o.x.box.wake:
			o.turn()
		default:
			return
		}
	}
	o.t.Fatal("the application and the loop do not come to rest")
}

// separator stands between the messages of one input.
const separator = "\n====\n"

// attack sends what the fuzzer made, and then looks for harm.
func (o *onslaught) attack(from, input string) {
	t := o.t
	for i, text := range strings.SplitN(input, separator, 8) {
		if len(text) > 8000 {
			return // the limits of messages are their parser's matter
		}
		o.x.Packets([]Packet{{Flow: flowOf(from), Data: []byte(o.known.Replace(text))}})
		o.turn()
		o.settle()
		if i%2 == 1 {
			o.pass(600 * time.Millisecond)
		}
	}
	const probe = "198.51.100.9:5060"
	o.from(probe, strings.ReplaceAll(request("OPTIONS", "600", "probe", "", 1, ""), trunkAddr, probe))
	if m := o.last(probe); m.Status != 200 {
		t.Errorf("OPTIONS is answered %d", m.Status)
	}
	o.end()
	for _, s := range o.sent {
		if _, err := sip.Parse([]byte(s.data)); err != nil {
			t.Errorf("the server sent what does not parse: %v\n%q", err, s.data)
		}
	}
	if len(o.records) != len(o.begun) {
		t.Errorf("%d calls begun, %d records", len(o.begun), len(o.records))
	}
	seen := map[string]bool{}
	for _, r := range o.records {
		if seen[r.ID] {
			t.Errorf("%s has two records", r.ID)
		}
		seen[r.ID] = true
		for _, p := range outcome.Check(r) {
			t.Errorf("%s %s: %s", r.Status, r.ByeReason, p)
		}
	}
	if from == strangerAddr && o.state == stateIdle && len(o.begun) > 0 {
		t.Errorf("a stranger began %d calls", len(o.begun))
	}
}

// end hangs up whatever is up, as an operator would, and expects that nothing is left.
func (o *onslaught) end() {
	for _, c := range o.x.calls.calls {
		if c != nil {
			o.x.step(c, call.Input{Kind: call.InCommand, Name: "hangup", By: "test"})
		}
	}
	o.settle()
	o.pass(5 * time.Minute)
	o.settle()
	o.idle()
}

// FuzzServer: whatever a trunk, a phone or a stranger sends in any state, the
// server goes on, answers others, and every call that began ends in one record
// that is in itself right. The first byte of the input is the state, the second
// who sends. Words in curly brackets stand for what the calls' parties know.
func FuzzServer(f *testing.F) {
	senders := []string{trunkAddr, phoneAddr, strangerAddr}
	for state := range byte(numStates) {
		for who := range byte(len(senders)) {
			for _, text := range hostileFlows {
				f.Add(append([]byte{state, who}, text...))
			}
		}
	}
	for _, pattern := range []string{"../sip/testdata/rfc4475/*.dat", "../sip/testdata/rfc5118/[a-z]*"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for i, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(append([]byte{byte(i % numStates), byte(i % len(senders))}, data...))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 2 {
			return
		}
		state, from, input := int(data[0])%numStates, senders[int(data[1])%len(senders)], string(data[2:])
		run := func(t *testing.T) { reach(t, state).attack(from, input) }
		if state == stateMenu {
			synctest.Test(t, run)
		} else {
			run(t)
		}
	})
}

// within is a request in the caller's dialog, as the trunk would send it.
func within(method, cseq, more, body string) string {
	s := request(method, "{n}", "c", "{tag}", 7, body)
	s = strings.Replace(s, "CSeq: 7 ", "CSeq: "+cseq+" ", 1)
	return strings.Replace(s, "Max-Forwards", more+"Max-Forwards", 1)
}

// ofPhone is what the phone says to the INVITE that it got.
func ofPhone(status, more, body string) string {
	typ := ""
	if body != "" {
		typ = "Content-Type: application/sdp\r\n"
	}
	return "SIP/2.0 " + status + "\r\nVia: {via}\r\nFrom: {from}\r\nTo: {to};tag=b\r\nCall-ID: {cid}\r\nCSeq: {cseq}\r\nContact: <sip:" + phoneAddr + ">\r\n" +
		more + typ + "Content-Length: " + itoa(len(body)) + "\r\n\r\n" + body
}

// byPhone is a request in the phone's dialog, as the phone would send it.
func byPhone(method, cseq, more string) string {
	return method + " sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP " + phoneAddr + ";branch=z9hG4bKp" + cseq + "\r\nMax-Forwards: 70\r\nFrom: {to};tag=b\r\nTo: {from}\r\nCall-ID: {cid}\r\nCSeq: " +
		cseq + " " + method + "\r\nContact: <sip:" + phoneAddr + ">\r\n" + more + "Content-Length: 0\r\n\r\n"
}

// hostileFlows are where the fuzzer begins.
var hostileFlows = []string{
	request("INVITE", "1", "d", "", 1, sdpText),
	request("INVITE", "6", "e", "", 1, sdpText) + separator + within("ACK", "1", "", "") + separator + within("BYE", "2", "", ""),
	request("CANCEL", "1", "c", "", 1, ""),
	within("BYE", "9", "", "") + separator + within("BYE", "9", "", ""),
	within("INVITE", "8", "", sdpText+"a=sendonly\r\n") + separator + within("ACK", "8", "", ""),
	within("INVITE", "8", "", "") + separator + within("ACK", "8", "", sdpText),
	within("UPDATE", "8", "", sdpText) + separator + within("UPDATE", "9", "Session-Expires: 90;refresher=uac\r\nMin-SE: 4294967295\r\n", ""),
	within("PRACK", "8", "RAck: 1 1 INVITE\r\n", ""),
	within("REFER", "8", "Refer-To: <sip:6@10.0.0.1>\r\n", "") + separator + within("REFER", "9", "Refer-To: <sip:1@10.0.0.1?Replaces=c%3Bto-tag%3D{tag}%3Bfrom-tag%3Da>\r\n", ""),
	byPhone("REFER", "1", "Refer-To: <sip:6@10.0.0.1>\r\n") + separator + byPhone("REFER", "2", "Refer-To: <sip:1@10.0.0.1>\r\nRefer-Sub: false\r\n"),
	strings.Replace(request("INVITE", "1", "f", "", 1, sdpText), "Max-Forwards", "Replaces: c;to-tag={tag};from-tag=a\r\nMax-Forwards", 1),
	strings.Replace(within("INFO", "8", "", "Signal=0\r\nDuration=100\r\n"), "application/sdp", "application/dtmf-relay", 1),
	within("SUBSCRIBE", "8", "Event: refer\r\nExpires: 0\r\n", "") + separator + within("NOTIFY", "9", "Event: refer\r\nSubscription-State: active\r\n", ""),
	ofPhone("180 Ringing", "Require: 100rel\r\nRSeq: 4294967295\r\n", sdpText) + separator + ofPhone("200 OK", "", sdpText),
	ofPhone("200 OK", "", sdpText) + separator + strings.ReplaceAll(ofPhone("200 OK", "", sdpText), "tag=b", "tag=b2"),
	ofPhone("302 Moved", "Contact: <sip:6@10.0.0.1>, <sip:1@10.0.0.1>;q=0.1\r\n", ""),
	ofPhone("486 Busy Here", "Reason: Q.850;cause=17;text=\"busy\"\r\n", "") + separator + ofPhone("200 OK", "", sdpText),
	ofPhone("401 Unauthorized", "WWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n", ""),
	request("REGISTER", "1", "g", "", 1, ""),
	request("NEWMETHOD", "1", "h", "", 1, ""),
}

// TestFuzzedStatesAreWhatTheySay holds the states that FuzzServer attacks.
func TestFuzzedStatesAreWhatTheySay(t *testing.T) {
	for state, want := range []string{"", "ringing", "talking", "talking, held", "menu"} {
		check := func(t *testing.T) {
			o := reach(t, state)
			got := ""
			for _, c := range o.x.calls.calls {
				if c != nil {
					got = c.call.Stage()
					if slices.ContainsFunc(c.events, func(e call.Event) bool { return e.Kind == call.EvHold && e.N == 1 }) {
						got += ", held"
					}
				}
			}
			if got != want {
				t.Errorf("the stage is %q, want %q", got, want)
			}
			o.end()
		}
		if state == stateMenu {
			synctest.Test(t, check)
		} else {
			check(t)
		}
	}
}
