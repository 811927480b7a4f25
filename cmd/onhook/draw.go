package main

import (
	"io"
	"os"

	"onhook/call"
	"onhook/ladder"
	"onhook/outcome"
)

// A drawing is how a ladder is written.
type drawing struct {
	Ladder string `enum:"text,svg,mermaid" default:"text" help:"How the ladder is drawn: text, svg or mermaid. The last two print nothing else."`
	Width  int    `default:"0" help:"Columns of the ladder in text; 0: as wide as the terminal, or 100."`
	server string // the name of the server's column; empty: onhook
	Color  string `enum:"auto,always,never" default:"auto" help:"Colours: auto, always or never. auto: on a terminal, unless NO_COLOR is set."`
}

// draw writes the messages of all legs; those that prove the outcome are marked.
func (d drawing) draw(w io.Writer, r *outcome.Record, events []call.Event, by ladder.By) error {
	opt := ladder.Options{By: by, Server: d.server}
	for _, e := range r.Evidence {
		opt.Proof = append(opt.Proof, e.Message)
	}
	l := ladder.Layout(events, opt)
	var text string
	switch d.Ladder {
	case "svg":
		text = l.SVG()
	case "mermaid":
		text = l.Mermaid()
	default:
		text = l.Text(ladder.TextOptions{Width: d.columns(w), Color: d.colors(w)})
	}
	_, err := io.WriteString(w, text)
	return err
}

// alone says that only the drawing is wanted, so that it can go into a file.
func (d drawing) alone() bool { return d.Ladder == "svg" || d.Ladder == "mermaid" }

func (d drawing) columns(w io.Writer) int {
	if d.Width > 0 {
		return d.Width
	}
	if f, ok := w.(*os.File); ok {
		if n, ok := terminalWidth(f); ok && n > 40 {
			return n
		}
	}
	return 100
}

func (d drawing) colors(w io.Writer) bool {
	if d.Color != "auto" {
		return d.Color == "always"
	}
	if _, no := os.LookupEnv("NO_COLOR"); no {
		return false
	}
	return isTerminal(w)
}

// isTerminal says whether w is a terminal: where a person reads.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if ok {
		_, ok = terminalWidth(f)
	}
	return ok
}
