package call

import (
	"testing"
	"time"

	"onhook/sip"
)

// ways are two ways to the same party, one after the other, and a third that is another party.
func ways(t *testing.T, opt Options) *rig {
	t.Helper()
	a, b, other := phones("sip:1@a"), phones("sip:1@b"), phones("sip:2@c")
	b.Alternate = true
	r := newRig(t, opt, Start{Steps: []Step{a, b, other}})
	r.log = nil
	return r
}

// TestFailOverByCode: a way that failed gives the next its turn; what the party decides does not.
func TestFailOverByCode(t *testing.T) {
	for _, c := range []struct {
		code  int
		alert bool
		next  string // which URI is called then
	}{
		{500, false, "sip:1@b"},
		{502, false, "sip:1@b"},
		{503, false, "sip:1@b"},
		{504, false, "sip:1@b"},
		{503, true, "sip:1@b"},
		{408, false, "sip:1@b"},
		{408, true, "sip:2@c"},
		{403, false, "sip:2@c"},
		{404, false, "sip:2@c"},
		{410, false, "sip:2@c"},
		{480, false, "sip:2@c"},
		{484, false, "sip:2@c"},
		{486, true, "sip:2@c"},
		{488, false, "sip:2@c"},
		{302, false, "sip:2@c"},
		{600, false, ""},
		{603, true, ""},
	} {
		r := ways(t, Options{Ring: time.Minute})
		if c.alert {
			r.from(2, 180, "")
		}
		r.log = nil
		r.from(2, c.code, "")
		if c.next == "" {
			r.want("refuse 1")
			r.never("invite 3")
			continue
		}
		r.want("invite 3 " + c.next)
		r.from(3, 503, "")
		if c.next == "sip:1@b" {
			r.want("invite 4 sip:2@c")
		} else {
			r.want("refuse 1")
		}
	}
}

func TestFailOverWithoutAFinal(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*rig)
		next string
	}{
		"timer B":                 {func(r *rig) { r.in(Input{Kind: InTimeout, Leg: 2, Method: sip.INVITE, Name: "B"}) }, "sip:1@b"},
		"transport":               {func(r *rig) { r.in(Input{Kind: InFailed, Leg: 2, Method: sip.INVITE, Name: "refused"}) }, "sip:1@b"},
		"not sent":                {func(r *rig) { r.in(Input{Kind: InRefused, Leg: 2, Cause: "NORMAL_CIRCUIT_CONGESTION"}) }, "sip:1@b"},
		"ring timer, silent":      {func(r *rig) { r.pass(20 * time.Second) }, "sip:1@b"},
		"progress timer":          {func(r *rig) { r.pass(5 * time.Second) }, "sip:1@b"},
		"ring timer, it had rung": {func(r *rig) { r.from(2, 180, ""); r.pass(20 * time.Second) }, "sip:2@c"},
	} {
		opt := Options{Ring: 20 * time.Second}
		if name == "progress timer" {
			opt.Progress = 4 * time.Second
		}
		r := ways(t, opt)
		c.do(r)
		t.Log(name)
		r.want("invite 3 " + c.next)
	}
}

func TestATargetsOwnFrom(t *testing.T) {
	steps := phones("sip:b@h")
	steps.Targets[0].From = "<sip:5550100@carrier.example>"
	for want, s := range map[string]Step{"<sip:5550100@carrier.example>": steps, "<sip:100@example.com>": phones("sip:b@h")} {
		r := &rig{t: t, now: epoch, bodies: map[string]string{}}
		r.c = New(r.now, Options{Linger: 1}, Start{Invite: invite(offerA), Dialog: 1, From: "<sip:100@example.com>", Steps: []Step{s}})
		got := ""
		for _, a := range r.c.Step(nil, r.now, Input{Kind: InBegin}) {
			if a.Kind == ActInvite {
				got = a.Msg.Get(sip.HFrom)
			}
		}
		if got != want {
			t.Errorf("got From: %s, want %s", got, want)
		}
	}
}
