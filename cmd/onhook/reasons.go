package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"onhook/outcome"
)

type reasonsCmd struct {
	What string `arg:"" optional:"" help:"A Bye Reason or the beginning of one, a status, a response code or 9xx number, or a Q.850 cause. Without it: all."`
}

func (c reasonsCmd) Run() error { return printReasons(os.Stdout, c.What) }

// printReasons prints the reference: a line for each reason, or all that is
// known of those that were asked for.
func printReasons(w io.Writer, what string) error {
	if what == "" {
		return listReasons(w)
	}
	if s, ok := outcome.ParseStatus(what); ok {
		fmt.Fprintf(w, "%s\n  %s\n\n", s, s.Definition())
	}
	found := outcome.Find(what)
	if len(found) == 0 {
		return fmt.Errorf("%q is none of the 66 Bye Reasons or 8 statuses, and no code or cause that one has: see onhook reasons", what)
	}
	for _, e := range found {
		printReason(w, e)
	}
	return nil
}

func listReasons(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "BYE REASON\tCODE\tSENT\tQ.850\tSTATUS\tMEANING")
	for _, e := range outcome.Entries() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Name, number(e.Code), number(e.WireCode), number(e.Q850Out), statusesOf(e), e.Definition)
	}
	return w.Flush()
}

// statusesOf is the status of an unanswered call with the reason, or that of
// an answered one where it has no other.
func statusesOf(e outcome.Entry) string {
	if e.StatusUnanswered != "" {
		return e.StatusUnanswered
	}
	return e.StatusAnswered
}

func printReason(w io.Writer, e outcome.Entry) {
	line := func(label, text string) { fmt.Fprintf(w, "  %-11s %s\n", label+":", text) }
	fmt.Fprintf(w, "%s\n  %s\n", e.Name, e.Definition)
	line("what to do", e.Remedy)
	line("when", e.Trigger)
	if e.StatusUnanswered == e.StatusAnswered {
		line("status", e.StatusAnswered)
	} else {
		line("status", orDash(e.StatusUnanswered)+" if unanswered, "+orDash(e.StatusAnswered)+" if answered")
	}
	line("ended by", strings.Join(e.EndedBy, ", "))
	line("SIP", "shown "+number(e.Code)+", sent "+number(e.WireCode))
	line("Q.850", "read "+causes(e.Q850In)+", sent "+number(e.Q850Out))
	for _, note := range e.RFCNotes {
		line("RFCs", note)
	}
	fmt.Fprintln(w)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func causes(list []int) string {
	var parts []string
	for _, n := range list {
		parts = append(parts, strconv.Itoa(n))
	}
	return orDash(strings.Join(parts, " "))
}
