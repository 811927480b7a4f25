package console

import (
	"cmp"
	"html/template"
	"slices"
	"strings"

	"onhook/outcome"
)

// A column is one of the table of calls.
type column struct {
	Key   string // in addresses
	Name  string
	Class string // p2, p3: left out on narrower screens; num: to the right
	cell  func(r *outcome.Record) template.HTML
}

// Cell writes what a record has there.
func (c column) Cell(r outcome.Record) template.HTML { return c.cell(&r) }

// columnsOf are all columns, in their order.
func columnsOf() []column {
	plain := func(f func(*outcome.Record) string) func(*outcome.Record) template.HTML {
		return func(r *outcome.Record) template.HTML { return escaped(cut(40, f(r))) }
	}
	spans := func(f func(*outcome.Record) int64) func(*outcome.Record) template.HTML {
		return func(r *outcome.Record) template.HTML { return escaped(span(f(r))) }
	}
	codes := func(f func(*outcome.Record) int) func(*outcome.Record) template.HTML {
		return func(r *outcome.Record) template.HTML { return escaped(number(f(r))) }
	}
	return []column{
		{"status", "Status", "", func(r *outcome.Record) template.HTML {
			return `<span class="chip ` + template.HTML(tone(r.Status)) + `">` + escaped(r.Status) + `</span>`
		}},
		{"from", "From", "", func(r *outcome.Record) template.HTML {
			return `<a class="row" href="/calls/` + escaped(r.ID) + `">` + partyCell(&r.From) + `</a><span class="narrow"> → ` + partyCell(&r.To) + `</span>`
		}},
		{"to", "To", "p2", func(r *outcome.Record) template.HTML { return partyCell(&r.To) }},
		{"started", "Started", "", func(r *outcome.Record) template.HTML { return when(r.StartedAt) }},
		{"ended", "Ended", "p3", func(r *outcome.Record) template.HTML { return when(r.EndedAt) }},
		{"reason", "Bye Reason", "p3", func(r *outcome.Record) template.HTML { return `<code>` + escaped(r.ByeReason) + `</code>` }},
		{"detail", "Detail", "p3", plain(func(r *outcome.Record) string { return words(r.Detail) })},
		{"code", "Code", "p3 num", codes(func(r *outcome.Record) int { return r.LastResponseCode })},
		{"sent", "Sent", "p3 num", codes(func(r *outcome.Record) int { return r.SIPFinal })},
		{"q850", "Q.850", "p3 num", codes(func(r *outcome.Record) int { return r.Q850Cause })},
		{"by", "Ended by", "p3", plain(func(r *outcome.Record) string { return r.EndedBy })},
		{"ring", "Ring", "p3 num", spans(func(r *outcome.Record) int64 { return r.RingMS })},
		{"talk", "Talk", "p2 num", spans(func(r *outcome.Record) int64 { return r.TalkMS })},
		{"setup", "Set-up", "p3 num", spans(func(r *outcome.Record) int64 { return r.SetupMS })},
		{"hold", "Hold", "p3 num", spans(func(r *outcome.Record) int64 { return r.HoldMS })},
		{"duration", "Duration", "p3 num", spans(func(r *outcome.Record) int64 { return r.DurationMS })},
		{"stage", "Stage", "p3", plain(func(r *outcome.Record) string { return r.Stage })},
		{"answered", "Answered", "p3", plain(func(r *outcome.Record) string { return r.Answered })},
		{"trunk", "Trunk", "p3", plain(func(r *outcome.Record) string { return r.Trunk })},
		{"queue", "Queue", "p3", plain(func(r *outcome.Record) string { return r.Queue })},
		{"user", "User", "p3", plain(func(r *outcome.Record) string { return r.User })},
		{"direction", "Direction", "p3", plain(func(r *outcome.Record) string { return r.Direction })},
		{"confidence", "Confidence", "p3", plain(func(r *outcome.Record) string { return r.Confidence })},
		{"source", "Source", "p3", plain(func(r *outcome.Record) string { return r.Source })},
	}
}

// usualColumns are shown where nothing else is asked for.
func usualColumns() []string {
	return []string{"status", "from", "to", "started", "reason", "code", "by", "talk", "duration"}
}

// chosenColumns are those of a comma-separated list; the caller's stays, as it
// is the link to the call.
func chosenColumns(asked string) (out []column, keys []string) {
	keys = usualColumns()
	if asked != "" {
		keys = append(strings.Split(asked, ","), "from")
	}
	for _, c := range columnsOf() {
		if slices.Contains(keys, c.Key) {
			out = append(out, c)
		}
	}
	return out, keys
}

func escaped(s string) template.HTML { return template.HTML(template.HTMLEscapeString(s)) }

// partyCell writes a party as its name and number, in the text's own direction.
func partyCell(p *outcome.Party) template.HTML {
	var b strings.Builder
	if p.Name != "" {
		b.WriteString(`<bdi class="name">` + string(escaped(cut(32, p.Name))) + `</bdi> `)
	}
	shown := cmp.Or(p.Number, p.URI)
	if shown == "" { // a header that cannot be read
		b.WriteString(`<span class="none">unknown</span>`)
		return template.HTML(b.String())
	}
	b.WriteString(`<bdi class="number">` + string(escaped(cut(40, shown))) + `</bdi>`)
	return template.HTML(b.String())
}
