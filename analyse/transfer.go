package analyse

import (
	"fmt"
	"strings"

	"onhook/call"
)

// serverAnswers finds that the server answered the caller by itself before it
// called anybody: a menu, a queue, an announcement; which of them is not known.
// Section 3a: "every 2xx counts as party unless the same capture shows otherwise".
func (b *builder) serverAnswers() {
	root := &b.tracks[0]
	i := root.answer()
	if i < 0 || len(b.tracks) < 2 {
		return
	}
	at := root.l.msgs[i].at
	next := b.second()
	if next == nil || next.l.first <= at || root.referred() >= 0 && root.referred() < next.l.first {
		return
	}
	if !root.outward {
		b.conclude(0, at, 60, call.Event{Kind: call.EvStage, Name: "menu"})
	}
	b.conclude(0, next.l.first, -1, call.Event{Kind: call.EvStage, Name: "routing"})
	for k := 1; k < len(b.tracks); k++ {
		if n := b.tracks[k].answer(); n >= 0 {
			b.bridge(k, 0, b.tracks[k].l.msgs[n].at)
			return
		}
	}
}

// bridge writes that the party of a leg is joined with that of another.
func (b *builder) bridge(place, of int, at int64) {
	b.conclude(place, at, 61, call.Event{Kind: call.EvBridged, Of: uint32(b.tracks[of].id)})
}

// referred is when the far end's REFER for a blind transfer was accepted, -1 if
// there was none.
func (t *track) referred() int64 {
	for _, i := range t.kept {
		m := &t.l.msgs[i]
		if m.method != mREFER || !m.request() || m.caller == t.sent() {
			continue
		}
		if k := t.find(func(o *seen) bool { return o.method == mREFER && o.cseq == m.cseq && o.status >= 200 && o.status < 300 }); k >= 0 {
			return t.l.msgs[k].at
		}
	}
	return -1
}

// referTarget is "to NUMBER ", of a REFER; empty if it names none.
func referTarget(text string) string {
	v := []byte(referTo(text))
	if n := numberOf(v); len(n) > 0 && len(n) < 60 {
		return "to " + string(n) + " "
	}
	return ""
}

// referAnswer says what became of a REFER.
func (b *builder) referAnswer(t *track, m *seen) string {
	k := t.find(func(o *seen) bool {
		return o.method == mREFER && o.status >= 200 && o.cseq == m.cseq && o.caller != m.caller
	})
	switch {
	case k < 0:
		return ", and no answer was captured"
	case t.l.msgs[k].status < 300:
		return fmt.Sprintf(", accepted with %d", t.l.msgs[k].status)
	}
	return fmt.Sprintf(", refused with %d", t.l.msgs[k].status)
}

// transfers finds what the server did after a REFER: it calls the target, and
// joins it with who remains (section 7, blind transfer).
func (b *builder) transfers() {
	if len(b.tracks) < 2 || b.tracks[0].answer() < 0 {
		return
	}
	for i := range b.tracks {
		at := b.tracks[i].referred()
		if at < 0 || b.attended(&b.tracks[i]) {
			continue
		}
		// Until a target is called the caller waits: in vain, if none is.
		b.conclude(0, at, 60, call.Event{Kind: call.EvStage, Name: "routing"})
		for k := 1; k < len(b.tracks); k++ {
			if b.tracks[k].l.first >= at {
				b.transferred(i, k)
				break
			}
		}
	}
}

// transferred joins the target with who remains or, where the target did not
// answer and the transferor is still there, the two that talked before.
func (b *builder) transferred(by, to int) {
	target, transferor := &b.tracks[to], &b.tracks[by]
	q := target.final()
	switch n := target.answer(); {
	case n >= 0 && by == 0:
		b.bridge(b.remains(), to, target.l.msgs[n].at) // the target takes the caller's place
	case n >= 0:
		b.bridge(to, 0, target.l.msgs[n].at)
	case q > 0 && (transferor.bye() < 0 || transferor.l.msgs[transferor.bye()].at > q):
		if by == 0 {
			by = b.remains()
		}
		b.bridge(by, 0, q)
	}
}

// remains is the leg of the party that the caller talked with.
func (b *builder) remains() int {
	for k := 1; k < len(b.tracks); k++ {
		if b.tracks[k].answer() >= 0 {
			return k
		}
	}
	return 1
}

// attended tells whether a REFER names a dialog to be replaced (RFC 5589 section 7).
func (b *builder) attended(t *track) bool {
	for _, i := range t.kept {
		if m := &t.l.msgs[i]; m.method == mREFER && m.request() && strings.Contains(b.c.text(m), "Replaces=") {
			return true
		}
	}
	return false
}
