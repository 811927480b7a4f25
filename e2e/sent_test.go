package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/outcome"
	"onhook/phone"
)

// newSent is an office whose extensions send those whom they called to applications.
func newSent(t *testing.T) *office {
	t.Helper()
	o := newOfficeOf(t, map[string]string{"104": ", voicemail: true"}, `  - {match: "700", to: "menu:main"}
  - {match: "500", to: "queue:support"}
  - {match: "900", to: "voicemail:104"}`, `
voicemail: {min: 1s, greeting: [goodbye]}
parking: {slots: ["701", "702"], timeout: 1m}
rooms: [{name: talk, number: "800", announce: false}]
menus:
  - {name: main, ask: [welcome], wait: 1m, keys: [{key: "1", to: "user:102"}, {key: "2", announce: [goodbye]}]}
queues:
  - {name: support, greeting: [], every: 0s, agents: ["103"], ring: 1m}
`)
	o.patient()
	return o
}

// sent has 100 call 101 and send it to a number.
func (o *office) sent(to string) (b *phone.Call) {
	o.t.Helper()
	a, b := o.connect("100", "101")
	o.must(a.Transfer(o.ctx, to))
	o.ended(a)
	return b
}

// parted checks that the transferor's leg ended by its transfer and the server took its place, and gives the others.
func parted(t *testing.T, r outcome.Record) (others []string) {
	t.Helper()
	got := legReasons(r)
	if len(got) < 2 || got[0] != "BLIND_TRANSFER" {
		t.Errorf("the legs ended with %q, want the transferor's first with BLIND_TRANSFER", got)
	}
	return got
}

func TestCallerSendsWhomItCalledToAMenu(t *testing.T) {
	t.Parallel()
	o := newSent(t)
	o.apart = true // a capture shows that 100 left and 102 came, and not that the menu between them is the same call
	b := o.sent("700")
	o.loud(b) // what can be pressed
	o.must(b.Digits(o.ctx, "1"))
	c := o.incoming("102")
	if peer := c.Info().Peer; !strings.Contains(peer, "101@") {
		t.Errorf("102 is called by %s, want 101: the party in the menu", peer)
	}
	o.must(c.Answer(o.ctx))
	o.tone(b, 700)
	o.tone(c, 900)
	o.hears(b, 900)
	o.hears(c, 700)
	o.must(c.Hangup(o.ctx)) // it stands where the caller stood
	o.ended(b)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	parted(t, r)
	var stages []string
	for _, s := range r.Segments {
		stages = append(stages, string(s.Stage)+" "+s.Reason)
	}
	if !slices.Contains(stages, "menu Transferred_From_IVR") {
		t.Errorf("segments %q, want a menu that ended with Transferred_From_IVR", stages)
	}
}

func TestWhoWasSentToAMenuHangsUp(t *testing.T) {
	t.Parallel()
	o := newSent(t)
	b := o.sent("700")
	o.loud(b)
	o.must(b.Hangup(o.ctx))
	r := o.record()
	// 902 is for callers: this one was called.
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, r)
	parted(t, r)
}

func TestWhoWasSentToAMenuReachesALeaf(t *testing.T) {
	t.Parallel()
	o := newSent(t)
	b := o.sent("700")
	o.must(b.Digits(o.ctx, "2"))
	o.ended(b)
	expected{"Call Ended", "End_In_IVR", "platform", "party", "", 906, 200}.check(t, o.record())
}

func TestCallerSendsWhomItCalledToARoom(t *testing.T) {
	t.Parallel()
	o := newSent(t)
	c := o.reaches("103", "800")
	b := o.sent("800")
	o.tone(b, 700)
	o.tone(c, 900)
	o.hears(b, 900)
	o.hears(c, 700)
	o.must(b.Hangup(o.ctx))
	o.must(c.Hangup(o.ctx))
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, o.recordOf("101"))
}

func TestCallerSendsWhomItCalledToAQueue(t *testing.T) {
	t.Parallel()
	o := newSent(t)
	b := o.sent("500")
	agent := o.answers("103")
	o.tone(agent, 900)
	o.hears(b, 900)
	o.hangsUp(b, agent)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, r)
	if r.Queue != "support" {
		t.Errorf("the record's queue is %q", r.Queue)
	}
}

func TestCallerSendsWhomItCalledToAMailbox(t *testing.T) {
	t.Parallel()
	o := newSent(t)
	b := o.sent("900")
	o.leave(b, 2*time.Second)
	o.must(b.Hangup(o.ctx))
	r := o.record()
	if r.EndedBy != "callee" || r.Answered != "party" || r.Status != "Call Ended" {
		t.Errorf("%s, %s, by %s, answered %s", r.Status, r.ByeReason, r.EndedBy, r.Answered)
	}
	if all := o.messages("104"); len(all) != 1 || all[0].Caller != "101" {
		t.Errorf("messages %+v, want one of 101", all)
	}
}

// TestCallerParksWhomItCalled: by transfer and by the code, and another one takes the party there.
func TestCallerParksWhomItCalled(t *testing.T) {
	t.Parallel()
	for _, byCode := range []bool{false, true} {
		o := newSent(t)
		var b *phone.Call
		if byCode {
			var a *phone.Call
			a, b = o.connect("100", "101")
			o.must(a.Hold(o.ctx))
			o.code("100", "*70")
			o.ended(a)
		} else {
			b = o.sent("701")
		}
		c := o.reaches("102", "701")
		o.tone(b, 700)
		o.tone(c, 900)
		o.hears(b, 900)
		o.hears(c, 700)
		o.hangsUp(b, c)
		r := o.recordOf("101")
		expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, r)
		parted(t, r)
	}
}
