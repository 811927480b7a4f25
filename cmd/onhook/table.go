package main

import (
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"
)

// table is a table on standard output whose cells are apart by tabs, with its head; nothing of it is seen before Flush.
func table(head string) *tabwriter.Writer {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, head)
	return w
}

// printJSON prints a value for people and programs to read.
func printJSON(v any) error {
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
