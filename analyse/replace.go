package analyse

import (
	"bytes"
	"net/url"
	"strings"

	"onhook/call"
)

// A taking is what an attended transfer does to a leg: its dialog is named by
// the Replaces of a REFER or an INVITE that was accepted, so that another one
// takes its place (RFC 3891; RFC 5589 section 7).
type taking struct {
	at       int64
	byCaller bool // who asked for it stands on the caller's side of the leg
}

// is tells whether there was one.
func (t taking) is() bool { return t.at != 0 }

// A wish is a REFER with Replaces that has no answer yet.
type wish struct {
	at       int64
	cseq     uint32
	consult  *leg // the dialog that it names
	partner  *leg // whom the consultation was with; nil: not seen
	byCaller bool
}

// refer takes a REFER: where it names a dialog of another call, that one is the
// consultation. A server may end its legs before it answers the REFER.
func (a *Analyser) refer(l *leg, s *seen, msg []byte) {
	o := a.named(l, replacesIn(referTo(string(msg))))
	if o == nil {
		return
	}
	l.wish = &wish{at: s.at, cseq: s.cseq, consult: o, partner: o.partner(), byCaller: l.addrs[s.src] == o.addrs[o.hops[o.near].src]}
}

// referred takes the 2xx to a REFER: the other party of the consultation goes
// on in this call.
func (a *Analyser) referred(l *leg, s *seen) {
	l.leaves = true
	w := l.wish
	if w == nil || w.cseq != s.cseq || w.consult.removed {
		return
	}
	l.wish = nil
	w.consult.taken = taking{at: w.at, byCaller: w.byCaller}
	if w.partner != nil && w.partner.phase == answered && len(l.call.legs) < maxLegs {
		a.adopt(w.partner, l, s.at)
	}
}

// replacing takes the 2xx to an INVITE with Replaces. A server in the middle
// joins its sender with the other party of the dialog that it names.
func (a *Analyser) replacing(l *leg, s *seen) {
	i := l.requestOf(s)
	if i < 0 || l.up != nil {
		return
	}
	o := a.named(l, replaced(a.textOf(l, &l.msgs[i])))
	if o == nil || o.partner() == nil || len(o.call.legs) >= maxLegs {
		return
	}
	o.leaves = true
	l.taken = taking{at: s.at, byCaller: true}
	a.adopt(l, o, s.at)
}

// requestOf is the place of the request that a response answers, -1 if it was not seen.
func (l *leg) requestOf(s *seen) int {
	for i := range l.msgs {
		if m := &l.msgs[i]; m.request() && m.method == s.method && m.cseq == s.cseq && m.caller != s.caller && m.length > 0 {
			return i
		}
	}
	return -1
}

// textOf is the text of a message of a call that is open; valid until the next one is read.
func (a *Analyser) textOf(l *leg, m *seen) string {
	a.scratch = a.paper.read(a.scratch[:0], &l.call.script)
	if end := int(m.begin) + int(m.length); end <= len(a.scratch) {
		return string(a.scratch[m.begin:end])
	}
	return ""
}

// named finds the leg of another call, answered and not over, by its Call-ID.
func (a *Analyser) named(l *leg, id string) *leg {
	if id == "" {
		return nil
	}
	for o := a.byID[id]; o != nil; o = o.sameID {
		if o.call != l.call && o.phase == answered && len(o.hops) > 0 && !o.taken.is() {
			return o
		}
	}
	return nil
}

// partner is the one leg of the same call that is up beside this one; nil:
// there is none, or several.
func (l *leg) partner() (found *leg) {
	for _, x := range l.call.legs {
		if x == l || x.phase != answered || x.leaves {
			continue
		}
		if found != nil {
			return nil
		}
		found = x
	}
	return found
}

// adopt lets what comes on a leg from now on be a leg of another call, behind
// the leg whose place it takes.
func (a *Analyser) adopt(x, behind *leg, at int64) {
	n := &leg{
		callID: x.callID, tag: x.tag, call: behind.call, up: behind, join: Join{Reason: "Replaces", Value: x.callID, Strength: Certain}, addrs: append(x.addrs[:0:0], x.addrs...),
		transport: x.transport, hops: append(x.hops[:0:0], x.hops...), near: x.near, phase: answered, invited: true, adopted: at, first: at, last: at, remote: x.remote,
	}
	n.sameID, a.byID[n.callID] = a.byID[n.callID], n
	n.call.legs = append(n.call.legs, n)
	a.total.Joined++
}

// goesOn tells whether two parties talk on though the caller's leg is over: the
// caller has transferred the call.
func (c *open) goesOn(root *leg) bool {
	if !root.leaves || len(c.legs) < 3 {
		return false
	}
	up := 0
	for _, l := range c.legs {
		if l != root && l.phase < failed {
			up++
		}
	}
	return up > 1
}

// joined writes what an attended transfer did to this call: its consultation
// ended by it, or a party of another call took the place of one of its own.
func (b *builder) joined() {
	for i := range b.tracks {
		t := &b.tracks[i]
		if at := t.l.taken.at; at != 0 && b.endsBy(t, at) {
			by := "callee"
			if i == 0 && t.l.taken.byCaller {
				by = "caller"
			}
			b.conclude(i, at, 60, call.Event{Kind: call.EvLegEnded, Cause: "ATTENDED_TRANSFER"})
			b.conclude(0, at, 61, call.Event{Kind: call.EvIntent, Cause: "ATTENDED_TRANSFER", By: by, Text: "another dialog took the place of this one (Replaces)"})
		}
		if t.l.adopted == 0 {
			continue
		}
		left := b.track(t.l.up)
		if left == nil {
			continue
		}
		at := t.l.adopted
		b.conclude(left.place(b), at, 60, call.Event{Kind: call.EvLegEnded, Cause: "ATTENDED_TRANSFER"})
		if left.id == call.Caller {
			b.bridge(b.remains(), i, at)
		} else {
			b.bridge(i, 0, at)
		}
	}
}

// endsBy tells whether a leg ended by the transfer: a BYE follows it, or what
// comes on it is another call's.
func (b *builder) endsBy(t *track, at int64) bool {
	y := t.bye()
	return y < 0 && t.l.phase == answered || y >= 0 && t.l.msgs[y].at-at < b.wait()
}

// place is the number of the track.
func (t *track) place(b *builder) int {
	for i := range b.tracks {
		if &b.tracks[i] == t {
			return i
		}
	}
	return 0
}

// referTo returns the value of a REFER's Refer-To.
func referTo(text string) string {
	head, _, _ := strings.Cut(text, "\r\n\r\n")
	for line := range strings.Lines(head) {
		name, value, ok := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); ok && (strings.EqualFold(name, "Refer-To") || strings.EqualFold(name, "r")) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// replacesIn returns the Call-ID that the Replaces of a Refer-To names (RFC 3891
// section 3: escaped, in the headers of the URI).
func replacesIn(referTo string) string {
	_, headers, _ := strings.Cut(referTo, "?")
	headers, _, _ = strings.Cut(headers, ">")
	for h := range strings.SplitSeq(headers, "&") {
		name, value, ok := strings.Cut(h, "=")
		if !ok || !strings.EqualFold(name, "Replaces") {
			continue
		}
		text, err := url.PathUnescape(value)
		if err != nil {
			return ""
		}
		id, _, _ := strings.Cut(text, ";")
		return strings.TrimSpace(id)
	}
	return ""
}

// hasReplaces tells whether an INVITE wants to replace a dialog.
func hasReplaces(msg []byte) bool { return bytes.Contains(msg, []byte("\nReplaces:")) }
