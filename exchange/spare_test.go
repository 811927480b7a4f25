package exchange

import (
	"strings"
	"testing"
	"time"

	"onhook/call"
)

// TestAPartyThatSendsWithoutEndFillsNoJournal: and the record says how the call ended all the same.
func TestAPartyThatSendsWithoutEndFillsNoJournal(t *testing.T) {
	for _, method := range []string{"OPTIONS", "INFO", "INVITE"} {
		r := newRig(t, nil)
		tag := r.talk("c")
		more := "Subject: " + strings.Repeat("x", 7000) + "\r\nMax-Forwards"
		n := 2
		for ; n < 500; n++ {
			r.from(trunkAddr, strings.Replace(request(method, "1", "c", tag, n, ""), "Max-Forwards", more, 1))
			if method == "INVITE" {
				// A phone that holds and resumes without end: each one is answered by the other.
				r.answer(488, "")
				r.from(trunkAddr, request("ACK", "1", "c", tag, n, ""))
			}
			if method == "INFO" {
				r.answer(200, "")
			}
		}
		c := r.x.calls.calls[0]
		if c.bytes > mostChanges+1<<16 || method != "INVITE" && c.bytes > mostMessages+1<<16 {
			t.Errorf("%s: %d bytes are kept", method, c.bytes)
		}
		if !c.spared {
			t.Errorf("%s: the log was not told", method)
		}
		r.from(trunkAddr, request("BYE", "1", "c", tag, n, ""))
		r.answer(200, "")
		ended := c.events[len(c.events)-1]
		if ended.Kind != call.EvReceived || !strings.Contains(ended.Msg, "BYE") {
			t.Errorf("%s: the last event is %v %.40q", method, ended.Kind, ended.Msg)
		}
		r.pass(5 * time.Second)
		r.one("Call Ended NORMAL_CLEARING 200")
	}
}

func TestRepetitionsAndKeysAreKeptToABound(t *testing.T) {
	r := newRig(t, nil)
	r.from(trunkAddr, request("INVITE", "1", "c", "", 1, sdpText))
	c := r.x.calls.calls[0]
	for len(c.events) < mostEvents-10 {
		c.journal(call.Event{At: r.now, Kind: call.EvMedia, Leg: call.Caller, Name: "digit", Text: "1"})
	}
	for range 20 {
		c.again(r.x, call.Caller, false, 1, "x")
		r.x.step(c, call.Input{Kind: call.InMedia, Leg: call.Caller, Name: "digit", Text: "2"})
	}
	if len(c.events) != mostEvents || r.x.count.CameAgain != 20 {
		t.Errorf("%d events, %d counted", len(c.events), r.x.count.CameAgain)
	}
}
