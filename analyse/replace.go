package analyse

import (
	"bytes"
	"slices"
	"strings"

	"onhook/call"
	"onhook/sip"
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

// A wish is a REFER with Replaces, until it has failed.
type wish struct {
	at       int64
	cseq     uint32
	consult  *leg // the dialog that it names
	partner  *leg // whom the consultation was with; nil: not seen
	adopted  *leg // what the partner's leg is in this call
	byCaller bool
	granted  bool // the REFER was accepted
}

// refer takes a REFER: where it names a dialog of another call, that one is the
// consultation. A server may end its legs before it answers the REFER.
func (a *Analyser) refer(l *leg, s *seen, msg []byte) {
	o := a.named(l, replacesIn(referTo(string(msg))), false)
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
	if w == nil || w.cseq != s.cseq || w.consult.removed || w.granted {
		return
	}
	w.granted = true
	w.consult.taken = taking{at: w.at, byCaller: w.byCaller}
	a.relate(l, w.consult, byTransfer)
	if w.partner != nil && w.partner.phase == answered && len(l.call.legs) < maxLegs {
		w.adopted = a.adopt(w.partner, l, s.at)
	}
}

// notified takes a NOTIFY. RFC 3515 section 2.4.5: its body is "a SIP Response
// Status-Line", and a failure says that the transfer came to nothing: the calls
// go on as they were.
func (a *Analyser) notified(l *leg, s *seen, body []byte) {
	w := l.wish
	if w == nil || !w.granted || s.at < w.at || len(body) < 9 || string(body[:8]) != "SIP/2.0 " || body[8] < '3' || body[8] > '6' {
		return
	}
	l.wish, l.leaves = nil, false
	a.unrelate(l, w.consult, byTransfer)
	w.consult.taken = taking{}
	if n := w.adopted; n != nil && len(n.msgs) == 0 {
		a.unlink(n)
		w.partner.moved = false
		n.call.legs = slices.DeleteFunc(n.call.legs, func(x *leg) bool { return x == n })
	}
}

// replacing takes the 2xx to an INVITE with Replaces. A server in the middle
// joins its sender with the other party of the dialog that it names.
func (a *Analyser) replacing(l *leg, s *seen) {
	i := l.requestOf(s)
	if i < 0 || l.up != nil {
		return
	}
	o := a.named(l, replaced(a.textOf(l, &l.msgs[i])), true)
	if o == nil {
		return
	}
	how := byReplaces
	if o.phase != answered {
		how = byPickup
	}
	a.relate(l, o, how)
	if o.taken.is() || len(o.call.legs) >= maxLegs || how == byReplaces && o.partner() == nil || how == byPickup && o.up == nil {
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

// named finds the leg of another call whose dialog a Replaces value names; early:
// one that is not answered, too. RFC 3891 section 3: "the Replaces header contains
// information used to match an existing SIP dialog (call-id, to-tag, and from-tag)".
func (a *Analyser) named(l *leg, value string, early bool) *leg {
	if value == "" {
		return nil
	}
	id, params, _ := strings.Cut(value, ";")
	to, from := a.tagIn(params, "to-tag"), a.tagIn(params, "from-tag")
	for o := a.byID[strings.TrimSpace(id)]; o != nil; o = o.sameID {
		if o.call == l.call || len(o.hops) == 0 || !early && o.taken.is() || !o.between(to, from) {
			continue
		}
		// A server may cancel the phone that rang before it answers the one that takes its place.
		if o.phase == answered || early && (o.phase == trying || o.phase == ringing || o.phase == failed && o.cancelled) {
			return o
		}
	}
	return nil
}

// tagIn is a tag among the parameters of a Replaces; 0: it is not there. What a strict
// parser refuses was accepted by somebody.
func (a *Analyser) tagIn(params, name string) tag {
	for p := range strings.SplitSeq(params, ";") {
		if k, v, ok := strings.Cut(p, "="); ok && strings.EqualFold(strings.TrimSpace(k), name) {
			return tag(a.read.hash([]byte(strings.TrimSpace(v))))
		}
	}
	return 0
}

// between tells whether a dialog is that of two tags, in either order, as far as
// they are known.
func (l *leg) between(x, y tag) bool {
	if x == 0 || y == 0 || l.tag == 0 {
		return true
	}
	return x == l.tag && (l.remote == 0 || y == l.remote) || y == l.tag && (l.remote == 0 || x == l.remote)
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
func (a *Analyser) adopt(x, behind *leg, at int64) *leg {
	n := &leg{
		callID: x.callID, tag: x.tag, call: behind.call, up: behind, join: Join{Reason: "Replaces", Value: x.callID, Strength: Certain}, addrs: append(x.addrs[:0:0], x.addrs...),
		transport: x.transport, hops: append(x.hops[:0:0], x.hops...), near: x.near, phase: answered, invited: true, adopted: at, came: x.incoming(), first: at, last: at, remote: x.remote,
	}
	n.sameID, a.byID[n.callID] = a.byID[n.callID], n
	x.moved = true
	n.call.legs = append(n.call.legs, n)
	a.total.Joined++
	return n
}

// incoming tells whether a leg is that of a caller, who sent its INVITE to the server.
func (l *leg) incoming() bool {
	return (l.up == nil || l.came) && !slices.ContainsFunc(l.call.legs, func(x *leg) bool { return x.twin && x.up == l })
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
			if i == 0 && t.l.taken.byCaller != t.outward {
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
		at, cause := t.l.adopted, "ATTENDED_TRANSFER"
		if left.answer() < 0 {
			cause = "PICKED_OFF"
		}
		b.conclude(left.place(b), at, 60, call.Event{Kind: call.EvLegEnded, Cause: cause})
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

// replacesIn returns the Replaces of a Refer-To (RFC 3891 section 3: escaped, in the
// headers of the URI).
func replacesIn(referTo string) string {
	_, headers, _ := strings.Cut(referTo, "?")
	headers, _, _ = strings.Cut(headers, ">")
	for h := range strings.SplitSeq(headers, "&") {
		if name, value, ok := strings.Cut(h, "="); ok && strings.EqualFold(name, "Replaces") {
			return strings.TrimSpace(sip.Unescape(value))
		}
	}
	return ""
}

// hasReplaces tells whether an INVITE wants to replace a dialog.
func hasReplaces(msg []byte) bool { return bytes.Contains(msg, []byte("\nReplaces:")) }
