package console

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// A series is one line, or one colour of the bars, of a chart.
type series struct {
	Name  string
	Class string // of the style sheet; it gives the colour
	Value []int64
}

// A chart is drawn over time, as SVG that fills its place. What it shows is below
// it as a table, for those who cannot see it.
type chart struct {
	Title  string
	Unit   string // ms: values are times
	From   time.Time
	Step   time.Duration
	Series []series
	Steps  int // how many there are
	Lines  bool
}

// The size of the drawing, in units of its own: it is stretched to its place.
const (
	chartWidth  = 1000
	chartHeight = 100
)

// Top is the value at the upper edge.
func (c *chart) Top() int64 {
	most := int64(1)
	if c.Unit == "ms" {
		most = 10
	}
	for i := range c.Steps {
		total := int64(0)
		for _, s := range c.Series {
			if c.Lines {
				total = max(total, s.Value[i])
			} else {
				total += s.Value[i]
			}
		}
		most = max(most, total)
	}
	return roundUp(most)
}

// roundUp is the least of 1, 2, 5 and their tens that is not below n.
func roundUp(n int64) int64 {
	for unit := int64(1); ; unit *= 10 {
		for _, m := range [...]int64{1, 2, 5} {
			if unit*m >= n {
				return unit * m
			}
		}
	}
}

// Middle is half of Top, as it is written at the axis.
func (c *chart) Middle() string { return c.shown(c.Top(), 2) }

// Upper is Top as it is written at the axis.
func (c *chart) Upper() string { return c.shown(c.Top(), 1) }

func (c *chart) shown(v, of int64) string {
	switch {
	case c.Unit == "ms":
		return span(v / of)
	case v%of != 0:
		return fmt.Sprintf("%.1f", float64(v)/float64(of))
	}
	return fmt.Sprint(v / of)
}

// At is when a step begins.
func (c *chart) At(i int) time.Time { return c.From.Add(time.Duration(i) * c.Step) }

// Ticks are the times below the chart.
func (c *chart) Ticks() []time.Time {
	return []time.Time{c.From, c.At(c.Steps / 2), c.At(c.Steps)}
}

// Empty reports whether there is nothing to draw.
func (c *chart) Empty() bool {
	for _, s := range c.Series {
		for _, v := range s.Value {
			if v > 0 {
				return false
			}
		}
	}
	return true
}

// A line of the table below a chart.
type chartRow struct {
	At     time.Time
	Values []string
}

// Rows are the steps that have a value.
func (c *chart) Rows() (out []chartRow) {
	for i := range c.Steps {
		r, any := chartRow{At: c.At(i)}, false
		for _, s := range c.Series {
			v := number(s.Value[i])
			if c.Unit == "ms" {
				v = span(s.Value[i])
			}
			r.Values, any = append(r.Values, v), any || s.Value[i] > 0
		}
		if any {
			out = append(out, r)
		}
	}
	return out
}

// SVG draws it. Names are escaped; all else are numbers of ours.
func (c *chart) SVG() template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d %d" preserveAspectRatio="none" aria-hidden="true" focusable="false">`, chartWidth, chartHeight)
	b.WriteString(`<path class="grid" d="M0 .5H1000M0 50H1000"/>`)
	if c.Lines {
		c.lines(&b)
	} else {
		c.bars(&b)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// bars draws a bar a step, its parts one upon the other; its title says them all.
func (c *chart) bars(b *strings.Builder) {
	top, width := float64(c.Top()), float64(chartWidth)/float64(max(c.Steps, 1))
	gap := min(width*0.2, 4)
	for i := range c.Steps {
		y, title := float64(chartHeight), ""
		var parts strings.Builder
		for _, s := range c.Series {
			if s.Value[i] == 0 {
				continue
			}
			h := float64(s.Value[i]) / top * chartHeight
			y -= h
			fmt.Fprintf(&parts, `<rect class="%s" x="%.2f" y="%.2f" width="%.2f" height="%.2f"/>`, s.Class, float64(i)*width+gap/2, y, width-gap, h)
			title += fmt.Sprintf("\n%s: %d", s.Name, s.Value[i])
		}
		if parts.Len() > 0 {
			fmt.Fprintf(b, `<g><title>%s UTC%s</title>%s</g>`, c.At(i).UTC().Format("2006-01-02 15:04"), template.HTMLEscapeString(textLines(title)), parts.String())
		}
	}
}

// textLines is text of each line.
func textLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = text(lines[i])
	}
	return strings.Join(lines, "\n")
}

// lines draws a line a series; where there is no value it is broken.
func (c *chart) lines(b *strings.Builder) {
	top, width := float64(c.Top()), float64(chartWidth)/float64(max(c.Steps, 1))
	for _, s := range c.Series {
		var path, dots strings.Builder
		for i, drawn := 0, false; i < c.Steps; i++ {
			if s.Value[i] == 0 {
				drawn = false
				continue
			}
			x, y := (float64(i)+0.5)*width, chartHeight-float64(s.Value[i])/top*chartHeight
			switch {
			case drawn:
				fmt.Fprintf(&path, "L%.2f %.2f", x, y)
			case i+1 == c.Steps || s.Value[i+1] == 0: // alone
				fmt.Fprintf(&dots, "M%.2f %.2fh.01", x, y)
			default:
				fmt.Fprintf(&path, "M%.2f %.2f", x, y)
			}
			drawn = true
		}
		if path.Len() > 0 {
			fmt.Fprintf(b, `<path class="line %s" d="%s"/>`, s.Class, path.String())
		}
		if dots.Len() > 0 {
			fmt.Fprintf(b, `<path class="line dot %s" d="%s"/>`, s.Class, dots.String())
		}
	}
}

// meter draws a share of a whole as a bar.
func meter(n, of int64) template.HTML {
	share := 0.0
	if of > 0 {
		share = 100 * float64(n) / float64(of)
	}
	return template.HTML(fmt.Sprintf(`<svg class="meter" width="100%%" height="8" aria-hidden="true" focusable="false"><rect class="back" width="100%%" height="8" rx="4"/><rect class="part" width="%.2f%%" height="8" rx="4"/></svg>`, share))
}

// Tick writes a time below the chart: of a day or less the time of day, else the day.
func (c *chart) Tick(t time.Time) template.HTML {
	if time.Duration(c.Steps)*c.Step <= 25*time.Hour {
		return timeElement(t, "minute", "15:04")
	}
	return timeElement(t, "day", "01-02")
}
