package demo

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"onhook/outcome"
)

// finish adds what was shown by no call, and puts the results into the table's order.
func (r *Report) finish() {
	r.Results = append(r.Results, unspecified())
	slices.SortStableFunc(r.Results, func(a, b Result) int {
		x, _ := outcome.ParseReason(a.Reason)
		y, _ := outcome.ParseReason(b.Reason)
		return cmp.Compare(x, y)
	})
}

// Count is how many reasons were shown, by how many calls and captures, and how
// many of those ended otherwise than expected.
func (r *Report) Count() (reasons, shown, wrong int) {
	seen := map[string]bool{}
	for i := range r.Results {
		x := &r.Results[i]
		shown++
		if seen[x.Reason] = true; x.Differs != "" {
			wrong++
		}
	}
	return len(seen), shown, wrong
}

// Print writes the table: what each call was expected to end as, and how it did.
func (r *Report) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nREASON\tSCOPE\tCODE\tSTATUS\tWHO\tEXPECTED\tGOT")
	for i := range r.Results {
		x := &r.Results[i]
		verdict := "as expected"
		if x.Differs != "" {
			verdict = "DIFFERS: " + printable(x.Differs)
		}
		code, dash := "", func(s string) string { return cmp.Or(s, "-") }
		if x.Got.Code != 0 {
			code = itoa(x.Got.Code)
		}
		name := x.Reason
		if x.Variant != "" {
			name += " (" + x.Variant + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, x.Scope, dash(code), dash(x.Got.Status), dash(x.Got.By), x.Expected, verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	reasons, shown, wrong := r.Count()
	fmt.Fprintf(out, "\n%d of the %d reasons shown, by %d calls in %.1f s and a capture that was cut: %d as expected, %d otherwise.\n",
		reasons, outcome.Reasons, shown-1, r.Took.Seconds(), shown-wrong, wrong)
	return nil
}

// Guide writes how to look at the calls and, where the servers stay, how to place more.
func (r *Report) Guide(out io.Writer, stays bool) {
	s, cmd := r.stage, r.opt.Command
	fmt.Fprintf(out, "\nThe calls are in %s:\n  %s calls --data %s\n  %s calls show last --data %s\n", s.main.Data, cmd, s.main.Data, cmd, s.main.Data)
	fmt.Fprintf(out, "Two more servers took part: one that was full and then stopped (%s), and one that ran out of RTP ports (%s).\n", s.small.Data, s.narrow.Data)
	if !stays {
		fmt.Fprintf(out, "\nTo dial the extensions yourself: %s demo --stay\n", cmd)
		return
	}
	fmt.Fprintf(out, "\nThe server stays up; end it with Ctrl-C. Register a phone, or call from another terminal:\n")
	fmt.Fprintf(out, "  server    %s (UDP), %s (TCP), domain %s\n", s.main.UDP, s.main.TCP, domain)
	fmt.Fprintf(out, "  user      %s, password %s\n", callerUser, s.password)
	fmt.Fprintf(out, "  %s phone --user %s --password %s --domain %s --server %s call 9002\n\n", cmd, callerUser, s.password, domain, s.main.UDP)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range people {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", e.number, e.status, e.does)
	}
	_ = w.Flush() // out is the terminal: what it does not take, nobody reads
}

// printable keeps control characters of error texts away from the terminal.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c < 0x20 || c >= 0x7f && c < 0xa0 {
			return ' '
		}
		return c
	}, s)
}
