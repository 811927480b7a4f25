package analyse

import (
	"slices"
	"time"

	"onhook/outcome"
)

// A relation ties a call to another one. While that one is open it is known by a
// leg, since calls may grow together; from then on by its id.
type relation struct {
	leg *leg
	id  string
	how string // as a live call's record says it
}

// How calls are related, as the records of live calls have it.
const (
	byTransfer = "attended_transfer" // RFC 5589 section 7: a REFER names the other call's dialog
	byReplaces = "replaces"          // RFC 3891: an INVITE does
	byPickup   = "pickup"            // and the dialog was not answered yet
)

// maxRelated bounds how many calls one is related with.
const maxRelated = 50

// relate notes that the calls of two legs belong together.
func (a *Analyser) relate(x, y *leg, how string) {
	if x.call == y.call || len(x.call.related) >= maxRelated || len(y.call.related) >= maxRelated {
		return
	}
	x.call.related = append(x.call.related, relation{leg: y, how: how})
	y.call.related = append(y.call.related, relation{leg: x, how: how})
}

// unrelate takes it back: what was asked for has failed.
func (a *Analyser) unrelate(x, y *leg, how string) {
	of := func(c *open) func(relation) bool {
		return func(r relation) bool { return r.how == how && r.leg != nil && r.leg.call == c }
	}
	x.call.related = slices.DeleteFunc(x.call.related, of(y.call))
	y.call.related = slices.DeleteFunc(y.call.related, of(x.call))
}

// settleRelated fixes the id of a call that is handed out, and with whom it is related:
// the others know it by its id from now on, and it keeps nothing of theirs.
func (a *Analyser) settleRelated(c *open) {
	if len(c.related) == 0 {
		return
	}
	own := a.idOf(c)
	for _, r := range c.related {
		if r.leg != nil {
			o := r.leg.call
			if o == c {
				continue // they have grown together
			}
			r.id = a.idOf(o)
			for i := range o.related {
				if back := &o.related[i]; back.leg != nil && back.leg.call == c {
					back.leg, back.id = nil, own
				}
			}
		}
		if one := (outcome.Related{ID: r.id, How: r.how}); !slices.Contains(c.relatives, one) {
			c.relatives = append(c.relatives, one)
		}
	}
	c.related = nil
}

// idOf is the id of a call; once it has been told it stays.
func (a *Analyser) idOf(c *open) string {
	if c.id == "" {
		text := c.whole
		if text == "" {
			a.scratch = a.paper.read(a.scratch[:0], &c.script)
			text = string(a.scratch)
		}
		c.id = c.idFrom(text)
	}
	return c.id
}

// idFrom makes the id of a call from its text: of the begin of the caller's leg.
func (c *open) idFrom(text string) string {
	root := c.root()
	first := ""
	// It tells legs of one Call-ID apart: the first lines of the first message.
	for i := range root.msgs {
		if m := &root.msgs[i]; m.length > 0 && int(m.begin+m.length) <= len(text) {
			first = text[m.begin : m.begin+m.length]
			break
		}
	}
	return callID(time.Unix(0, root.first-c.offset).UTC(), root.callID, first[:min(len(first), 160)])
}
