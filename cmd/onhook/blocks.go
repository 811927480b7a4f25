package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"text/tabwriter"
	"time"

	"onhook/exchange"
)

type blocksCmd struct {
	List   blocksListCmd   `cmd:"" default:"withargs" help:"List the sources that get no answers."`
	Remove blocksRemoveCmd `cmd:"" help:"Answer a source again before its time."`
}

type blocksListCmd struct {
	dataFlags
	JSON bool `help:"In JSON."`
}

func (c blocksListCmd) Run() error {
	dir, err := c.folder()
	if err != nil {
		return err
	}
	var got struct {
		Blocks []exchange.Block `json:"blocks"`
	}
	if err := ask(context.Background(), dir, "GET", "/v1/blocks", &got); err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(got.Blocks)
	}
	if len(got.Blocks) == 0 {
		fmt.Println("No source is blocked.")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SOURCE\tUNTIL\tLEFT\tTIMES")
	for _, b := range got.Blocks {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", b.Source, b.Until.Local().Format("01-02 15:04:05"), time.Until(b.Until).Round(time.Second), b.Times)
	}
	return w.Flush()
}

type blocksRemoveCmd struct {
	dataFlags
	Source string `arg:"" help:"An IP address of the source, as the list prints it."`
}

func (c blocksRemoveCmd) Run() error {
	dir, err := c.folder()
	if err != nil {
		return err
	}
	// The list prints IPv6 as networks.
	source := c.Source
	if p, err := netip.ParsePrefix(source); err == nil {
		source = p.Addr().String()
	}
	if err := ask(context.Background(), dir, "DELETE", "/v1/blocks/"+url.PathEscape(source), nil); err != nil {
		return err
	}
	fmt.Println(printable(source), "is answered again")
	return nil
}
