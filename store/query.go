package store

import (
	"strings"
	"time"
)

// A clause gathers conditions and their parameters; no value is ever part of
// the text.
type clause struct {
	text strings.Builder
	args []any
}

func (c *clause) and(cond string, args ...any) {
	if c.text.Len() > 0 {
		c.text.WriteString(" AND ")
	}
	c.text.WriteString(cond)
	c.args = append(c.args, args...)
}

func (c *clause) equal(column, v string) {
	if v != "" {
		c.and(column+" = ?", v)
	}
}

func among[T any](c *clause, column string, wanted []T) {
	if len(wanted) == 0 {
		return
	}
	c.and(column+" IN (?"+strings.Repeat(", ?", len(wanted)-1)+")", anys(wanted)...)
}

// party compares as partyMatches does, with any of the parties: from, to.
func (c *clause) party(wanted string, parties ...string) {
	if wanted == "" {
		return
	}
	of := "_number"
	if strings.Contains(wanted, ":") {
		of = "_uri"
	}
	prefix, begins := strings.CutSuffix(wanted, "*")
	var either []string
	var args []any
	for _, p := range parties {
		if begins {
			// substr compares as Filter.Match does: by bytes, no wildcards.
			either, args = append(either, "substr("+p+of+", 1, length(?)) = ?"), append(args, prefix, prefix)
			continue
		}
		either, args = append(either, p+of+" = ?"), append(args, wanted)
	}
	c.and("("+strings.Join(either, " OR ")+")", args...)
}

func (c *clause) span(column string, low, high time.Duration) {
	if low.Milliseconds() > 0 {
		c.and(column+" >= ?", low.Milliseconds())
	}
	if high != 0 {
		c.and(column+" <= ?", high.Milliseconds())
	}
}

// where is Match and the cursor in SQL.
func (f *Filter) where(after Cursor) (string, []any) {
	var c clause
	c.and("1 = 1")
	if after != (Cursor{}) {
		at := after.StartedAt.UnixNano()
		c.and("(started_at, id) < (?, ?)", at, after.ID)
	}
	f.times(&c)
	among(&c, "status", f.Status)
	among(&c, "last_response_code", f.Code)
	among(&c, "sip_final", f.SIPFinal)
	among(&c, "bye_reason", f.ByeReason)
	among(&c, "ended_by", f.EndedBy)
	among(&c, "answered", f.Answered)
	among(&c, "stage", f.Stage)
	c.equal("direction", f.Direction)
	c.equal("detail", f.Detail)
	c.equal("trunk", f.Trunk)
	c.equal("queue", f.Queue)
	c.equal("username", f.User)
	c.equal("source", f.Source)
	c.party(f.From, "from")
	c.party(f.To, "to")
	c.party(f.Party, "from", "to")
	c.span("duration_ms", f.MinDuration, f.MaxDuration)
	c.span("talk_ms", f.MinTalk, f.MaxTalk)
	c.span("ring_ms", f.MinRing, f.MaxRing)
	c.span("setup_ms", f.MinSetup, f.MaxSetup)
	among(&c, "confidence", f.Confidence)
	among(&c, "q850_cause", f.Q850)
	if !f.EndedSince.IsZero() {
		c.and("ended_at >= ?", f.EndedSince.UnixNano())
	}
	return c.text.String(), c.args
}

// times is the part of where about when a call began.
func (f *Filter) times(c *clause) {
	if !f.Since.IsZero() {
		c.and("started_at >= ?", f.Since.UnixNano())
	}
	if !f.Until.IsZero() {
		c.and("started_at < ?", f.Until.UnixNano())
	}
}
