package ladder

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The measures of the SVG, in its own units.
const (
	svgTop  = 56
	svgRow  = 30
	svgChar = 6.65 // advance of a character of the monospaced font
)

// A measure is what a document and a drawing within a page differ in.
type measure struct {
	left  int // before the first lifeline: the times, and half a name
	right int
	span  int  // between lifelines
	page  bool // within a page, which styles it and shows the messages
}

// svgStyle has no colour without a name: a page that shows the SVG inline may
// set the variables itself. The dark set is taken where the reader prefers it.
const svgStyle = `<style>
.ladder{--paper:#fff;--ink:#1f2328;--faint:#6e7781;--rule:#d0d7de;--request:#0550ae;--reply:#116329;--failed:#b3141d;--media:#6639ba;--band:#f6f8fa;--proof:#fff3c4}
@media (prefers-color-scheme:dark){.ladder{--paper:#0d1117;--ink:#e6edf3;--faint:#8d96a0;--rule:#3d444d;--request:#79c0ff;--reply:#7ee787;--failed:#ff9a92;--media:#d2a8ff;--band:#161b22;--proof:#4b3a06}}
.ladder text{fill:var(--ink);font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.ladder .name{font-weight:bold;font-size:12px}.ladder .at,.ladder .address,.ladder .gap text{fill:var(--faint)}
.ladder line,.ladder path{stroke:var(--faint);fill:none;stroke-width:1.4}.ladder .life{stroke:var(--rule);stroke-width:1}
.ladder .request line,.ladder .request path{stroke:var(--request)}.ladder .request .what{fill:var(--request)}
.ladder .reply line,.ladder .reply path{stroke:var(--reply)}.ladder .reply .what{fill:var(--reply)}
.ladder .failed line,.ladder .failed path{stroke:var(--failed)}.ladder .failed .what{fill:var(--failed)}
.ladder .media rect,.ladder .bar rect{fill:var(--band);stroke:var(--faint)}.ladder .media rect{stroke:var(--media)}.ladder .media .what{fill:var(--media)}
.ladder .bar>.what,.ladder .media>.what,.ladder .section>.what{stroke:none}
.ladder .section rect{fill:var(--band);stroke:none}.ladder .gap line{stroke-dasharray:2 5}
.ladder .mark{fill:var(--proof);stroke:none}.ladder .proof>text{stroke:var(--proof)}.ladder .proof .what{font-weight:bold}
</style>
`

// SVG draws the ladder as an SVG document without scripts or outside
// references, for light and dark readers. What proves the outcome stands on a
// coloured band with a star; what had to be cut short is whole in its title.
// Each row is a group with its event's number in data-event.
func (l *Ladder) SVG() string { return l.svg(measure{left: 150, right: 90, span: 250}) }

// Inline draws it for a page of HTML that has a style for it (classes as in SVG,
// and hit, what of a row can be pressed) and forbids styles within. Messages are
// links to the page's element event-N.
func (l *Ladder) Inline() string {
	m := measure{left: 128, right: 84, span: 212, page: true}
	if n := len(l.Columns); n > 3 {
		m.span = max(150, 2*m.span/(n-1)) // as wide as three columns, as long as that can be read
	}
	return l.svg(m)
}

func (l *Ladder) svg(m measure) string {
	n := max(1, len(l.Columns))
	width, height := m.left+(n-1)*m.span+m.right, svgTop+len(l.Rows)*svgRow+16
	d := &svg{width: width, measure: m}
	size := `viewBox="0 0 ` + num(width) + ` ` + num(height) + `" width="` + num(width) + `" height="` + num(height) + `">`
	if m.page {
		d.put(`<svg class="ladder" role="group" aria-label="Ladder of the messages" `, size, "\n")
	} else {
		d.put(`<svg xmlns="http://www.w3.org/2000/svg" class="ladder" role="img" `, size, "\n", svgStyle)
		d.put(`<rect width="100%" height="100%" style="fill:var(--paper)"/>`, "\n")
	}
	// Bands lie under the lifelines.
	for i := range l.Rows {
		if r := &l.Rows[i]; r.Proof {
			d.put(`<rect class="mark" x="0" y="`, num(svgTop+i*svgRow), `" width="`, num(width), `" height="`, num(svgRow), `"/>`, "\n")
		}
	}
	for i, c := range l.Columns {
		x := num(d.column(i))
		d.put(`<line class="life" x1="`, x, `" y1="`, num(svgTop-8), `" x2="`, x, `" y2="`, num(height-8), `"/>`, "\n")
		d.text("name", d.column(i), 18, "middle", c.Name, m.span-10)
		d.text("address", d.column(i), 34, "middle", c.Address, m.span-10)
	}
	for i := range l.Rows {
		d.row(&l.Rows[i], svgTop+i*svgRow+svgRow/2)
	}
	d.put("</svg>\n")
	return d.b.String()
}

type svg struct {
	measure
	b     strings.Builder
	width int
}

func (d *svg) put(parts ...string) {
	for _, p := range parts {
		d.b.WriteString(p)
	}
}

func num(n int) string { return strconv.Itoa(n) }

func (d *svg) column(i int) int { return d.left + i*d.span }

// text writes s into so much room; cut, it has the whole as its title.
func (d *svg) text(class string, x, y int, anchor, s string, room int) {
	if s == "" {
		return
	}
	d.put(`<text class="`, class, `" x="`, num(x), `" y="`, num(y), `" text-anchor="`, anchor, `">`)
	cut := fit(s, max(1, int(float64(room)/svgChar)))
	if cut != s {
		d.put("<title>", svgEscape.Replace(s), "</title>")
	}
	d.put(svgEscape.Replace(cut), "</text>\n")
}

func svgClass(r *Row) string {
	class := "bar"
	switch {
	case r.Kind == Gap:
		class = "gap"
	case r.Kind == Section:
		class = "section"
	case r.Kind == Bar && r.Media:
		class = "media"
	case r.Kind == Arrow && (r.Failed || !r.Request && r.Text >= "3"):
		class = "failed"
	case r.Kind == Arrow && r.Request:
		class = "request"
	case r.Kind == Arrow:
		class = "reply"
	}
	if r.Proof {
		class += " proof"
	}
	return class
}

func (d *svg) row(r *Row, y int) {
	seq := strconv.FormatUint(uint64(r.Seq), 10)
	element := "g"
	if d.page && r.Kind == Arrow {
		element = "a"
	}
	d.put("<", element, ` class="`, svgClass(r), `"`)
	if r.Seq != 0 {
		d.put(` data-event="`, seq, `"`)
	}
	if element == "a" {
		d.put(` href="#event-`, seq, `"><rect class="hit" x="0" y="`, num(y-svgRow/2), `" width="`, num(d.width), `" height="`, num(svgRow), `"/`)
	}
	d.put(">\n")
	from, to := d.column(min(r.From, r.To)), d.column(max(r.From, r.To))
	switch r.Kind {
	case Arrow:
		d.message(r, from, to, y)
	case Gap:
		d.line(from, to, y)
		paper := `style="fill:var(--paper)"`
		if d.page {
			paper = `class="paper"`
		}
		d.put(`<rect x="`, num((from+to)/2-40), `" y="`, num(y-8), `" width="80" height="16" `, paper, `/>`, "\n")
		d.text("what", (from+to)/2, y+4, "middle", seconds(r.Elapsed)+" s", d.span)
	case Section:
		d.put(`<rect x="`, num(from-40), `" y="`, num(y-10), `" width="`, num(to-from+80), `" height="20" rx="3"/>`, "\n")
		d.text("what", (from+to)/2, y+4, "middle", r.Text, to-from+80)
	case Bar:
		d.bar(r, from, to, y)
	}
	if r.Kind != Gap {
		at := seconds(r.Elapsed)
		if r.Proof {
			at = "★ " + at
		}
		d.text("at", 64, y+4, "end", at, d.left)
	}
	d.put("</", element, ">\n")
}

// bar is a box with text in it, as wide as its columns are apart and at least as its text.
func (d *svg) bar(r *Row, from, to, y int) {
	half := max((to-from)/2, int(float64(utf8.RuneCountInString(r.Text))*svgChar/2)+8)
	mid := (from + to) / 2
	left, right := max(70, mid-half), min(d.width-4, mid+half)
	d.put(`<rect x="`, num(left), `" y="`, num(y-10), `" width="`, num(right-left), `" height="20" rx="9"/>`, "\n")
	d.text("what", (left+right)/2, y+4, "middle", r.Text, right-left-8)
}

// message is an arrow with its text above it and what else is told below; a
// message to oneself is text beside the lifeline.
func (d *svg) message(r *Row, from, to, y int) {
	if from == to {
		d.text("what", from+8, y+4, "start", arrowText(r), d.width-from-12)
		return
	}
	tip, back := to, 7
	if r.To < r.From {
		tip, back = from, -7
	}
	y += 4
	d.line(from, to, y)
	d.put(`<path d="M`, num(tip-back), ` `, num(y-4), `L`, num(tip), ` `, num(y), `L`, num(tip-back), ` `, num(y+4), `"/>`, "\n")
	if r.Failed {
		x := tip - 3*back
		d.put(`<path d="M`, num(x-5), ` `, num(y-5), `L`, num(x+5), ` `, num(y+5), `M`, num(x-5), ` `, num(y+5), `L`, num(x+5), ` `, num(y-5), `"/>`, "\n")
	}
	room := to - from - 14
	if full := arrowText(r); float64(utf8.RuneCountInString(full))*svgChar <= float64(room) {
		d.text("what", (from+to)/2, y-4, "middle", full, room)
		return
	}
	d.text("what", (from+to)/2, y-4, "middle", r.Text, room)
	d.text("at", (from+to)/2, y+11, "middle", arrowDetail(r), room)
}

func (d *svg) line(from, to, y int) {
	d.put(`<line x1="`, num(from), `" y1="`, num(y), `" x2="`, num(to), `" y2="`, num(y), `"/>`, "\n")
}

var svgEscape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
