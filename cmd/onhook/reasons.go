package main

import (
	"fmt"
	"os"
	"strconv"
	"text/tabwriter"

	"onhook/outcome"
)

type reasonsCmd struct {
	What string `arg:"" optional:"" help:"A Bye Reason's name, or a response code. Without it: all."`
}

func (c reasonsCmd) Run() error {
	if c.What == "" {
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "BYE REASON\tCODE\tSENT\tQ.850\tMEANING")
		for i := range outcome.Reasons {
			r := outcome.Reason(i)
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r, number(r.Code()), number(r.WireCode()), number(r.Q850()), r.Words().Definition)
		}
		return w.Flush()
	}
	if r, ok := outcome.ParseReason(c.What); ok {
		printReason(r)
		return nil
	}
	n, err := strconv.Atoi(c.What)
	if err != nil {
		return fmt.Errorf("%q is neither one of the 66 Bye Reasons nor a code: see onhook reasons", c.What)
	}
	list := outcome.ReasonsOfCode(n)
	if len(list) == 0 {
		return fmt.Errorf("no Bye Reason shows the code %d", n)
	}
	for _, r := range list {
		printReason(r)
	}
	return nil
}

func printReason(r outcome.Reason) {
	w := r.Words()
	fmt.Printf("%s\n  %s\n  what to do: %s\n  when: %s\n  code shown %s, sent %s, Q.850 cause %s\n\n",
		r, w.Definition, w.Remedy, w.Trigger, code(r.Code()), code(r.WireCode()), code(r.Q850()))
}
