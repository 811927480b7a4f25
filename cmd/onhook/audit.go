package main

import (
	"fmt"
	"net/url"
	"strconv"
	"time"
)

type auditCmd struct {
	dataFlags
	By    string        `help:"Only what this key did, such as 'key first', or 'command line'."`
	Since time.Duration `help:"Only what was done so long ago or less, such as 24h."`
	Limit int           `short:"n" default:"50" help:"At most so many, up to 1000."`
}

func (c auditCmd) Run() error {
	q := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	if c.By != "" {
		q.Set("by", c.By)
	}
	if c.Since > 0 {
		q.Set("since", c.Since.String())
	}
	var list struct {
		Entries []struct {
			At              time.Time
			By, From        string
			Operation, Path string
			Status          int
		}
	}
	if err := c.ask("GET", "/v1/audit?"+q.Encode(), &list); err != nil {
		return err
	}
	w := table("AT\tBY\tFROM\tDID\tSTATUS\tPATH")
	for _, e := range list.Entries {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", e.At.Local().Format("01-02 15:04:05"), printable(e.By), e.From, e.Operation, e.Status, printable(e.Path))
	}
	return w.Flush()
}
