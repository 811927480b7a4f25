package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"onhook/media"
	"onhook/outcome"
	"onhook/phone"
)

const roomConfig = `
rooms:
  - {name: talk, number: "800", announce: false, max: 3}
  - {name: board, number: "801", announce: true, pin: "1234", moderator_pin: "4321", wait_for_moderator: true, end_with_moderator: true}
`

// hearsOf waits until a call hears several tones at once, about as loud each, and not its own.
func (o *office) hearsOf(c *phone.Call, own float64, hertz ...float64) {
	o.t.Helper()
	var shares []float64
	eventually(o.t, 20*time.Second, func() bool {
		pcm, err := c.Listen(o.ctx, 400*time.Millisecond)
		o.must(err)
		shares = shares[:0]
		for _, hz := range hertz {
			shares = append(shares, media.Goertzel(pcm, hz))
		}
		self := media.Goertzel(pcm, own)
		ok := self < 0.03
		for _, s := range shares {
			ok = ok && s > 0.8/float64(len(hertz))
		}
		shares = append(shares, self)
		return ok
	}, func() string {
		return fmt.Sprintf("%s: shares of %v and of its own %.0f Hz are %.2f", c, hertz, own, shares)
	})
}

func TestConferenceOfThree(t *testing.T) {
	t.Parallel()
	o := newOffice(t, roomConfig)
	names, tones := []string{"100", "101", "102"}, []float64{500, 800, 1100}
	var calls []*phone.Call
	for i, name := range names {
		c := o.reaches(name, "800")
		o.tone(c, tones[i])
		calls = append(calls, c)
	}
	o.hearsOf(calls[0], 500, 800, 1100)
	o.hearsOf(calls[1], 800, 500, 1100)
	o.hearsOf(calls[2], 1100, 500, 800)
	full := o.dial("103", "800")
	o.ended(full)
	expected{"Unreachable", "NORMAL_CIRCUIT_CONGESTION", "platform", "platform", "room_full", 503, 200}.check(t, o.record())
	o.must(calls[2].Hangup(o.ctx))
	o.hearsOf(calls[0], 500, 800)
	r := o.records(2)[0]
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	if r.Stage != "talking" || r.TalkMS == 0 || len(r.Related) != 2 || r.Related[0].How != "conference" {
		t.Errorf("stage %s, talked %d ms, related %+v, want two calls by conference", r.Stage, r.TalkMS, r.Related)
	}
	o.must(calls[1].Hangup(o.ctx))
	eventually(t, 10*time.Second, func() bool {
		var list struct{ Calls []struct{ Stage string } }
		o.api().get("/v1/live", &list)
		return len(list.Calls) == 1 && list.Calls[0].Stage == "menu"
	}, func() string { return "the last one is not told that it is alone" })
	o.must(calls[0].Hangup(o.ctx)) // alone: the leaf was reached
	r = o.records(4)[0]
	expected{"Call Ended", "End_In_IVR", "caller", "party", "", 906, 200}.check(t, r)
	if slices.ContainsFunc(r.Segments, func(s outcome.Segment) bool { return s.Reason == "Transferred_From_IVR" }) {
		t.Errorf("segments %+v: nobody was transferred", r.Segments)
	}
}

// Two who talk become three: who was called sends the other there, and comes after.
func TestConferenceByTransfer(t *testing.T) {
	t.Parallel()
	o := newOffice(t, roomConfig)
	a, b := o.connect("100", "101")
	o.tone(a, 500)
	o.tone(b, 800)
	o.hears(a, 800)
	o.must(b.Transfer(o.ctx, "800"))
	o.ended(b)
	b = o.dial("101", "800")
	o.must(b.WaitAnswered(o.ctx))
	o.tone(b, 800)
	c := o.reaches("102", "800")
	o.tone(c, 1100)
	o.hearsOf(a, 500, 800, 1100)
	o.hearsOf(b, 800, 500, 1100)
	o.hearsOf(c, 1100, 500, 800)
	o.must(b.Hangup(o.ctx))
	o.must(c.Hangup(o.ctx))
	o.must(a.Hangup(o.ctx))
	for _, r := range o.records(3) {
		if r.Status != "Call Ended" || r.Answered != "party" {
			t.Errorf("%s, %s, answered %s", r.Status, r.ByeReason, r.Answered)
		}
	}
}

// With PINs: who has none is sent away; the others wait for the moderator, and go when it does.
func TestConferenceWithModerator(t *testing.T) {
	t.Parallel()
	o := newOffice(t, roomConfig)
	a := o.reaches("100", "801")
	o.must(a.Digits(o.ctx, "1234#"))
	o.tone(a, 500)
	m := o.reaches("101", "801")
	o.must(m.Digits(o.ctx, "4321#"))
	o.tone(m, 800)
	o.hearsOf(a, 500, 800)
	o.hearsOf(m, 800, 500)
	no := o.reaches("103", "801")
	o.must(no.Digits(o.ctx, "9999#8888#7777#"))
	o.ended(no)
	expected{"Call Ended", "End_In_IVR", "platform", "platform", "wrong_pin", 906, 200}.check(t, o.record())
	o.hangsUp(m, a)
	for _, r := range o.records(3) {
		switch r.User {
		case "100":
			expected{"Call Ended", "End_In_IVR", "platform", "party", "conference_ended", 906, 200}.check(t, r)
		case "101":
			expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
		}
	}
}
