package ladder

import (
	"strconv"
	"strings"
)

// The measures of the SVG, in its own units.
const (
	svgLeft = 110 // before the first lifeline
	svgSpan = 220 // between lifelines
	svgTop  = 54
	svgRow  = 24
)

// SVG draws the ladder as an SVG document without scripts or outside
// references. Colours follow CSS classes (request, reply, failed, bar, media,
// section, gap, proof), with defaults that suit light and dark pages.
func (l *Ladder) SVG() string {
	n := max(1, len(l.Columns))
	width, height := svgLeft+(n-1)*svgSpan+svgLeft, svgTop+len(l.Rows)*svgRow+16
	d := &svg{}
	d.put(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 `, num(width), ` `, num(height), `" width="`, num(width), `" height="`, num(height),
		`" font-family="ui-monospace, monospace" font-size="11" fill="currentColor" color="#555">`, "\n")
	d.put(`<style>text{stroke:none}.request{color:#0969da}.reply{color:#1a7f37}.failed{color:#cf222e}.media{color:#8250df}.gap,.section{color:#888}.proof{font-weight:bold}</style>`, "\n")
	for i, c := range l.Columns {
		x := column(i)
		d.put(`<line x1="`, x, `" y1="`, num(svgTop-8), `" x2="`, x, `" y2="`, num(height-8), `" stroke="currentColor" opacity="0.4"/>`, "\n")
		d.text(x, 18, "middle", c.Name)
		d.text(x, 34, "middle", c.Address)
	}
	for i := range l.Rows {
		d.row(&l.Rows[i], svgTop+i*svgRow+svgRow/2)
	}
	d.put("</svg>\n")
	return d.b.String()
}

type svg struct{ b strings.Builder }

func (d *svg) put(parts ...string) {
	for _, p := range parts {
		d.b.WriteString(p)
	}
}

func num(n int) string { return strconv.Itoa(n) }

func column(i int) string { return num(svgLeft + i*svgSpan) }

func (d *svg) text(x string, y int, anchor, s string) {
	if s != "" {
		d.put(`<text x="`, x, `" y="`, num(y), `" text-anchor="`, anchor, `">`, svgEscape.Replace(s), "</text>\n")
	}
}

func (d *svg) row(r *Row, y int) {
	class := "bar"
	switch {
	case r.Kind == Gap:
		class = "gap"
	case r.Kind == Section:
		class = "section"
	case r.Kind == Bar && r.Media:
		class = "media"
	case r.Kind == Arrow && r.Failed:
		class = "failed"
	case r.Kind == Arrow && r.Request:
		class = "request"
	case r.Kind == Arrow:
		class = "reply"
	}
	if r.Proof {
		class += " proof"
	}
	d.put(`<g class="`, class, `"`)
	if r.Seq != 0 {
		d.put(` data-event="`, strconv.FormatUint(uint64(r.Seq), 10), `"`)
	}
	d.put(` stroke="currentColor">`)
	at := seconds(r.Elapsed)
	if r.Proof {
		at = "* " + at
	}
	d.text("4", y+4, "start", at)
	from, to := svgLeft+r.From*svgSpan, svgLeft+r.To*svgSpan
	text := r.Text
	switch r.Kind {
	case Arrow:
		d.arrow(from, to, y)
		text = arrowText(r)
	case Bar:
		dash := ` stroke-dasharray="4 3"`
		if r.Media {
			dash = ` stroke-width="3" opacity="0.5"`
		}
		d.line(from, to, y, dash)
	case Section, Gap:
		d.line(from, to, y, ` stroke-dasharray="1 5"`)
	}
	d.text(num((from+to)/2), y-4, "middle", text)
	d.put("</g>\n")
}

func (d *svg) line(from, to, y int, more string) {
	d.put(`<line x1="`, num(from), `" y1="`, num(y), `" x2="`, num(to), `" y2="`, num(y), `"`, more, "/>\n")
}

func (d *svg) arrow(from, to, y int) {
	d.line(from, to, y, "")
	back := 7
	if to < from {
		back = -7
	}
	d.put(`<path d="M`, num(to-back), ` `, num(y-4), `L`, num(to), ` `, num(y), `L`, num(to-back), ` `, num(y+4), `" fill="none"/>`, "\n")
}

var svgEscape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
