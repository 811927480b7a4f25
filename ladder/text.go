package ladder

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// TextOptions say how a ladder is printed.
type TextOptions struct {
	Width int  // of a line in characters; 0 is 100. Many columns may need more
	Color bool // with ANSI colours
	ASCII bool // without box drawing characters
}

// The places in a line, before the first column's lifeline.
const (
	seqWidth  = 4  // the event's number
	timeWidth = 10 // seconds since the start
	margin    = seqWidth + 1 + timeWidth + 2
	minSpan   = 16 // between two lifelines
)

// A pen holds the characters and places of one drawing.
type pen struct {
	l                    *Ladder
	color                bool
	life, line, dash, bh rune
	left, right          rune
	dot, dots            rune
	x                    []int // the lifelines
	width                int
	out                  strings.Builder
}

// Text draws the ladder for a terminal. A * marks what proves the outcome.
func (l *Ladder) Text(opt TextOptions) string {
	p := &pen{l: l, color: opt.Color, life: '│', line: '─', dash: '╌', bh: '═', left: '◄', right: '►', dot: '·', dots: '⋮'}
	if opt.ASCII {
		p.life, p.line, p.dash, p.bh, p.left, p.right, p.dot, p.dots = '|', '-', '-', '=', '<', '>', '.', ':'
	}
	p.places(opt.Width)
	p.header()
	for i := range l.Rows {
		p.row(&l.Rows[i])
	}
	return p.out.String()
}

// places puts the lifelines; names are centred over them.
func (p *pen) places(width int) {
	if width == 0 {
		width = 100
	}
	n := len(p.l.Columns)
	if n == 0 {
		p.width = width
		return
	}
	half := 0
	for _, i := range []int{0, n - 1} {
		c := &p.l.Columns[i]
		half = max(half, min(12, (max(utf8.RuneCountInString(c.Name), utf8.RuneCountInString(c.Address))+1)/2))
	}
	span := minSpan
	if n > 1 {
		span = max(minSpan, (width-margin-2*half-1)/(n-1))
	}
	p.x = make([]int, n)
	for i := range p.x {
		p.x[i] = margin + half + i*span
	}
	p.width = max(width, p.x[n-1]+half+1)
}

// blank is a line with the lifelines in it.
func (p *pen) blank(life rune) []rune {
	line := make([]rune, p.width)
	for i := range line {
		line[i] = ' '
	}
	for _, x := range p.x {
		line[x] = life
	}
	return line
}

// put writes text into a line at a place, cut to the room up to limit.
func put(line []rune, at, limit int, text string) {
	for _, r := range fit(text, limit-at) {
		line[at] = r
		at++
	}
}

// fit cuts text to n characters.
func fit(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	if n < 1 {
		return ""
	}
	return string([]rune(text)[:n-1]) + "…"
}

func (p *pen) header() {
	for _, get := range []func(*Column) string{
		func(c *Column) string { return c.Name },
		func(c *Column) string { return c.Address },
	} {
		line, any := p.blank(' '), false
		for i := range p.l.Columns {
			text := get(&p.l.Columns[i])
			any = any || text != ""
			room := p.width
			if i+1 < len(p.x) {
				room = p.x[i+1] - p.x[i] - 1
			}
			text = fit(text, min(room, 2*(p.x[0]-margin)+minSpan))
			at := p.x[i] - utf8.RuneCountInString(text)/2
			put(line, max(margin-1, at), p.width, text)
		}
		if any {
			p.flush(line, "")
		}
	}
}

func (p *pen) flush(line []rune, color string) {
	text := strings.TrimRight(string(line), " ")
	if p.color && color != "" {
		text = color + text + "\x1b[0m"
	}
	p.out.WriteString(text)
	p.out.WriteByte('\n')
}

// The colours of rows.
const (
	colorProof   = "\x1b[1;33m" // bold yellow
	colorRequest = "\x1b[36m"
	colorReply   = "\x1b[32m"
	colorError   = "\x1b[31m"
	colorBar     = "\x1b[35m"
	colorFaint   = "\x1b[2m"
)

func (p *pen) row(r *Row) {
	line := p.blank(p.life)
	if r.Kind == Gap {
		line = p.blank(p.dots)
		text := seconds(r.Elapsed) + " s"
		put(line, max(0, margin-2-len(text)), margin-1, text)
		p.flush(line, colorFaint)
		return
	}
	seq := strconv.FormatUint(uint64(r.Seq), 10)
	put(line, max(0, seqWidth-len(seq)), seqWidth, seq)
	if r.Proof {
		line[seqWidth] = '*'
	}
	at := seconds(r.Elapsed)
	put(line, max(seqWidth+1, margin-2-len(at)), margin-1, at)
	color := colorBar
	switch r.Kind {
	case Arrow:
		p.arrow(line, r)
		color = arrowColor(r)
	case Section:
		p.bar(line, r, p.dot)
		color = colorFaint
	case Bar:
		fill := p.dash
		if r.Media {
			fill = p.bh
		}
		p.bar(line, r, fill)
	}
	if r.Proof {
		color = colorProof
	}
	p.flush(line, color)
	if r.Kind == Arrow {
		if more, ok := p.extra(r); ok {
			p.flush(more, color)
		}
	}
}

func arrowColor(r *Row) string {
	switch {
	case r.Failed:
		return colorError
	case r.Request:
		return colorRequest
	case len(r.Text) > 0 && r.Text[0] >= '3':
		return colorError
	}
	return colorReply
}

// arrow draws a message between its lifelines, or behind one if it is sent to
// itself.
func (p *pen) arrow(line []rune, r *Row) {
	if len(p.x) == 0 {
		return // without columns there are no arrows
	}
	a, b := p.x[min(r.From, r.To)], p.x[max(r.From, r.To)]
	if a == b {
		put(line, a+2, p.width, arrowText(r))
		return
	}
	for x := a + 1; x < b; x++ {
		line[x] = p.line
	}
	if r.From < r.To {
		line[b-1] = p.right
	} else {
		line[a+1] = p.left
	}
	if r.Failed {
		line[(a+b)/2] = 'x'
		if r.From < r.To {
			line[b-1] = 'x'
		} else {
			line[a+1] = 'x'
		}
	}
	room := b - a - 5
	label := r.Text
	if full := arrowText(r); utf8.RuneCountInString(full) <= room {
		label = full
	}
	label = " " + fit(label, room) + " "
	put(line, a+1+(b-a-1-utf8.RuneCountInString(label))/2, b, label)
}

// extra is the line under an arrow for what did not fit on it.
func (p *pen) extra(r *Row) (line []rune, ok bool) {
	if len(p.x) == 0 || r.From == r.To {
		return nil, false
	}
	a, b := p.x[min(r.From, r.To)], p.x[max(r.From, r.To)]
	detail := arrowDetail(r)
	if detail == "" || utf8.RuneCountInString(arrowText(r)) <= b-a-5 {
		return nil, false
	}
	line = p.blank(p.life)
	p.note(line, a, b, detail)
	return line, true
}

// arrowText is the message with all that is told of it.
func arrowText(r *Row) string {
	if d := arrowDetail(r); d != "" {
		return r.Text + " " + d
	}
	return r.Text
}

// arrowDetail is the message's Reason and how often it was repeated.
func arrowDetail(r *Row) string {
	var parts []string
	if r.Detail != "" {
		parts = append(parts, "["+r.Detail+"]")
	}
	if r.Again > 0 {
		parts = append(parts, "+"+strconv.Itoa(r.Again)+"x to "+seconds(r.Last)+" s")
	}
	return strings.Join(parts, " ")
}

// bar draws a stretch with text on it; the text may be longer than the stretch.
func (p *pen) bar(line []rune, r *Row, fill rune) {
	a, b := margin, margin
	if len(p.x) > 0 {
		a, b = p.x[r.From], p.x[r.To]
	}
	for x := a + 1; x < b; x++ {
		line[x] = fill
	}
	p.note(line, a, b, r.Text)
}

// note writes text between two lifelines, in the middle or, if it is longer,
// from the first one on.
func (p *pen) note(line []rune, a, b int, text string) {
	text = fit(" "+text+" ", p.width-margin)
	n := utf8.RuneCountInString(text)
	at := a + 1
	if n < b-a {
		at = (a + b + 1 - n) / 2
	}
	put(line, max(margin, min(at, p.width-n)), p.width, text)
}

// seconds prints a duration in seconds with milliseconds.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Round(time.Millisecond).Milliseconds())/1000, 'f', 3, 64)
}
