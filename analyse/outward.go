package analyse

import (
	"strings"
	"time"

	"onhook/call"
	"onhook/capture"
)

// A call that an operator has a server make ("third party call control", RFC 3725)
// has no INVITE that came to the server: it calls the first party and, when that one
// has answered, the second. Both INVITEs carry the same value in X-CID.

// maxLinked bounds how many legs with one X-CID are looked through.
const maxLinked = 8

// link enters a leg by its X-CID.
func (x *index) link(l *leg, key uint64) {
	before := x.keys[keyLink][key].leg
	x.add(l, keyLink, key)
	if key == 0 || before == nil || before.removed {
		return
	}
	l.sameLink = before
	for n, p := 1, before; p != nil; n, p = n+1, p.sameLink {
		if n == maxLinked || p.sameLink != nil && p.sameLink.removed {
			p.sameLink = nil
		}
	}
}

// linked finds the leg that a new one with the same X-CID goes on from. Where one
// server sent both INVITEs, neither goes on from the other: they are branches of a
// call that was not captured, unless the first has answered by then.
func (x *index) linked(l *leg, key uint64, it *capture.Item) *leg {
	c := x.keys[keyLink][key]
	if key == 0 || c.leg == nil {
		return nil
	}
	var up *leg
	for p := c.leg; p != nil; p = p.sameLink {
		switch {
		case p == l || p.removed || len(p.hops) == 0:
		case p.sendsOnTo(it) || !p.cameFrom(it):
			return p
		case p.up == nil && p.phase == answered && !p.leaves:
			up = p
		case p.twin && p.up != nil && !p.up.removed && p.up.phase == answered && !p.up.leaves:
			up = p.up
		}
	}
	l.twin = up != nil
	return up
}

// branches finds the phones that were rung together with the first party, which is the
// one of them that answered.
func (x *index) branches(a *Analyser, l *leg, key uint64, it *capture.Item) {
	for p := x.keys[keyLink][key].leg; p != nil && l.up != nil; p = p.sameLink {
		if p == l || p == l.up || p.removed || p.up != nil || p.call == l.call || p.phase == answered || p.phase == over || len(p.hops) == 0 || !p.cameFrom(it) || len(l.call.legs)+len(p.call.legs) > maxLegs {
			continue
		}
		p.branch = true
		a.graft(p, l.up, l.join)
	}
}

// second is the first leg of the second party; nil: there is none.
func (b *builder) second() *track {
	for i := 1; i < len(b.tracks); i++ {
		if !b.tracks[i].l.branch {
			return &b.tracks[i]
		}
	}
	return nil
}

// cameFrom tells whether an INVITE is sent by who sent that of this leg. A
// connection has a port of its own.
func (l *leg) cameFrom(it *capture.Item) bool {
	src := l.addrs[l.hops[l.near].src]
	return src == it.Src || src.Addr() == it.Src.Addr() && (it.Transport.Reliable() || l.transport.Reliable())
}

// outward finds that the server called both parties: the caller is then the one
// that it called first.
func (b *builder) outward() {
	for i := 1; i < len(b.tracks); i++ {
		if t := &b.tracks[i]; t.l.twin && t.l.up == b.tracks[0].l {
			b.tracks[0].outward = true
			return
		}
	}
}

// own tells whether what the INVITEs share is the id of a call, as a server like ours
// has it in X-CID where there is no INVITE whose Call-ID it could be.
func (b *builder) own() bool {
	return len(b.out.Joins) > 0 && strings.HasPrefix(b.out.Joins[0].Value, "call_")
}

// madeByServer writes what the call began with, as the events of a live one have it.
func (b *builder) madeByServer() {
	root := &b.tracks[0]
	second := b.second()
	if !root.outward || len(b.steps) == 0 || second == nil {
		return
	}
	first := b.steps[0].at
	for i := range b.steps {
		first = min(first, b.steps[i].at)
	}
	parties := b.calledBy(root) + " " + b.calledBy(second)
	b.conclude(0, first, -100, call.Event{Kind: call.EvCommand, Name: call.CmdOriginate, By: "the server", N: 2, Text: parties})
	b.gaveUp(root)
}

// gaveUp finds that the server ended the call while it rang the second party: its ring
// timer, or a command, which messages do not tell apart.
func (b *builder) gaveUp(root *track) {
	y := root.bye()
	if y < 0 || root.far(&root.l.msgs[y]) {
		return
	}
	at, cause := root.l.msgs[y].at, "NO_USER_RESPONSE"
	for i := 1; i < len(b.tracks); i++ {
		t := &b.tracks[i]
		if t.l.branch {
			continue
		}
		final, cancel := t.final(), t.find(func(m *seen) bool { return m.method == mCANCEL && m.request() })
		if cancel >= 0 && t.l.msgs[cancel].at < at-int64(time.Second) || cancel < 0 && final != 0 && final < at {
			return // what became of it says why the call ended
		}
		if t.find(func(m *seen) bool { return m.method == mINVITE && m.status > 100 && m.status < 200 }) >= 0 {
			cause = "NO_ANSWER"
		}
	}
	b.conclude(0, at, -1, call.Event{Kind: call.EvIntent, Cause: cause, By: "platform", Text: "the server ended the call while it rang the second party"})
}

// calledBy is the URI of whom a leg's INVITE is to.
func (b *builder) calledBy(t *track) string {
	for i := range t.l.msgs {
		if m := &t.l.msgs[i]; m.method == mINVITE && m.request() && m.length > 0 {
			var r reader
			var h head
			r.seed = b.c.seed
			if r.read(&h, []byte(b.c.text(m))); len(h.toURI) > 0 {
				return uriIn(string(h.toURI))
			}
		}
	}
	return ""
}

// uriIn takes the URI out of a From or To value.
func uriIn(v string) string {
	if i := strings.LastIndexByte(v, '<'); i >= 0 {
		v, _, _ = strings.Cut(v[i+1:], ">")
		return v
	}
	v, _, _ = strings.Cut(v, ";")
	return strings.TrimSpace(v)
}
