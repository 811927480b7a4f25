package ladder

import (
	"strconv"
	"strings"
)

// Mermaid draws the ladder as a Mermaid sequence diagram.
func (l *Ladder) Mermaid() string {
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	for i, c := range l.Columns {
		name := c.Name
		if c.Address != "" {
			name += " (" + c.Address + ")"
		}
		b.WriteString("    participant c" + strconv.Itoa(i) + " as " + mermaidText(name) + "\n")
	}
	for i := range l.Rows {
		r := &l.Rows[i]
		from, to := "c"+strconv.Itoa(r.From), "c"+strconv.Itoa(r.To)
		text := arrowText(r)
		if r.Proof {
			text = "* " + text
		}
		b.WriteString("    ")
		switch {
		case r.Kind == Arrow && r.Failed:
			b.WriteString(from + "-x" + to + ": " + mermaidText(text))
		case r.Kind == Arrow && r.Request:
			b.WriteString(from + "->>" + to + ": " + mermaidText(text))
		case r.Kind == Arrow:
			b.WriteString(from + "-->>" + to + ": " + mermaidText(text))
		case r.Kind == Gap:
			b.WriteString("Note over " + from + "," + to + ": " + seconds(r.Elapsed) + " s")
		case r.From == r.To:
			b.WriteString("Note over " + from + ": " + mermaidText(text))
		default:
			b.WriteString("Note over " + from + "," + to + ": " + mermaidText(text))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// mermaidText writes what Mermaid would read as its own as character codes.
func mermaidText(s string) string {
	return mermaidCodes.Replace(s)
}

var mermaidCodes = strings.NewReplacer("#", "#35;", ";", "#59;", "<", "#60;", ">", "#62;", "%", "#37;", "{", "#123;", "}", "#125;")
