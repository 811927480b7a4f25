package main

import (
	"fmt"
	"net/netip"
	"net/url"
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
	var got struct {
		Blocks []exchange.Block `json:"blocks"`
	}
	if err := c.ask("GET", "/v1/blocks", &got); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(got.Blocks)
	}
	if len(got.Blocks) == 0 {
		fmt.Println("No source is blocked.")
		return nil
	}
	w := table("SOURCE\tUNTIL\tLEFT\tTIMES")
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
	// The list prints IPv6 as networks.
	source := c.Source
	if p, err := netip.ParsePrefix(source); err == nil {
		source = p.Addr().String()
	}
	if err := c.ask("DELETE", "/v1/blocks/"+url.PathEscape(source), nil); err != nil {
		return err
	}
	fmt.Println(printable(source), "is answered again")
	return nil
}
