package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"

	"onhook/api"
	"onhook/config"
	"onhook/outcome"
	"onhook/store"
)

type callsCmd struct {
	List   callsListCmd   `cmd:"" default:"withargs" help:"List calls that are over, the newest first."`
	Show   callsShowCmd   `cmd:"" help:"Show one call: its record, legs, evidence and ladder."`
	Live   callsLiveCmd   `cmd:"" help:"List the calls that are up."`
	Hangup callsHangupCmd `cmd:"" help:"Hang up a call that is up."`

	Make     callsMakeCmd     `cmd:"" help:"Make a call: ring one party, then connect it with another."`
	Transfer callsTransferCmd `cmd:"" help:"Connect a party of a call with somebody else."`
	Redirect callsRedirectCmd `cmd:"" help:"Send a call on that rings: somebody else is called instead."`
	Hold     callsHoldCmd     `cmd:"" help:"Have a party of a call wait and hear music."`
	Resume   callsResumeCmd   `cmd:"" help:"Have a party that waits by a command talk again."`
	Play     callsPlayCmd     `cmd:"" help:"Play a prompt to a call."`
}

// dataFlags say whose records are meant.
type dataFlags struct {
	Data   string `help:"The data folder." default:"onhook-data"`
	Config string `short:"c" help:"The configuration file, whose data folder is meant."`
}

func (d dataFlags) folder() (string, error) {
	if d.Config == "" {
		return d.Data, nil
	}
	cfg, err := config.Load(d.Config)
	if err != nil {
		return "", err
	}
	return cfg.Data, nil
}

func (d dataFlags) reader() (*store.Reader, error) {
	dir, err := d.folder()
	if err != nil {
		return nil, err
	}
	// What has just ended may still wait for the disk in the server's memory. Where
	// none runs nothing does.
	_ = api.Settle(context.Background(), dir)
	r, err := store.OpenReader(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no data folder %s: start the server first, or name its folder with --data", dir)
	}
	return r, err
}

type callsListCmd struct {
	dataFlags
	Status []string      `help:"Only these statuses, such as Busy."`
	Reason []string      `help:"Only these Bye Reasons, such as USER_BUSY."`
	Code   []int         `help:"Only these last response codes."`
	By     []string      `help:"Only calls ended by caller, callee, platform, network or unknown."`
	From   string        `help:"Only calls from this number; 49* is all that begin so."`
	To     string        `help:"Only calls to this number."`
	Trunk  string        `help:"Only calls by this trunk."`
	Since  time.Duration `help:"Only calls that began so long ago or less, such as 24h."`
	Limit  int           `short:"n" default:"50" help:"At most so many, up to 1000."`
	JSON   bool          `help:"One record in JSON a line."`
}

func (c callsListCmd) Run() error {
	r, err := c.reader()
	if err != nil {
		return err
	}
	defer r.Close()
	f := store.Filter{Status: c.Status, ByeReason: c.Reason, Code: c.Code, EndedBy: c.By, From: c.From, To: c.To, Trunk: c.Trunk}
	if c.Since > 0 {
		f.Since = time.Now().Add(-c.Since)
	}
	page, err := r.List(f, store.Cursor{}, c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(os.Stdout)
		for i := range page.Records {
			if err := enc.Encode(&page.Records[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(page.Records) == 0 {
		fmt.Println("No calls yet. Dial 600 for the echo test, then ask again.")
		return nil
	}
	w := table("STARTED\tFROM\tTO\tSTATUS\tCODE\tBYE REASON\tBY\tTALK\tID")
	for i := range page.Records {
		rec := &page.Records[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", rec.StartedAt.Local().Format("01-02 15:04:05"),
			printable(name(rec.From)), printable(name(rec.To)), rec.Status, code(rec.LastResponseCode), rec.ByeReason, rec.EndedBy, span(rec.TalkMS), rec.ID)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if page.More {
		fmt.Printf("There are more: see --limit and --since.\n")
	}
	return nil
}

func name(p outcome.Party) string {
	if p.Number != "" {
		return p.Number
	}
	return p.URI
}

func code(n int) string {
	if n == 0 {
		return "N/A"
	}
	return fmt.Sprint(n)
}

func span(ms int64) string {
	if ms == 0 {
		return "-"
	}
	return (time.Duration(ms) * time.Millisecond).Round(100 * time.Millisecond).String()
}

// printable keeps away from the terminal what acts on it: control characters of
// callers, and those that turn the direction of a line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return '?'
		}
		return r
	}, s)
}

type callsLiveCmd struct {
	dataFlags
	JSON bool `help:"In JSON."`
}

func (c callsLiveCmd) Run() error {
	var answer struct {
		Calls []struct {
			ID, Stage, From, To string
			StartedAt           time.Time `json:"started_at"`
		} `json:"calls"`
	}
	if c.JSON {
		var raw json.RawMessage
		if err := c.ask("GET", "/v1/live", &raw); err != nil {
			return err
		}
		fmt.Println(string(raw))
		return nil
	}
	if err := c.ask("GET", "/v1/live", &answer); err != nil {
		return err
	}
	if len(answer.Calls) == 0 {
		fmt.Println("No call is up.")
		return nil
	}
	w := table("SINCE\tSTAGE\tFROM\tTO\tID")
	for _, l := range answer.Calls {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", time.Since(l.StartedAt).Round(time.Second), l.Stage, printable(l.From), printable(l.To), l.ID)
	}
	return w.Flush()
}

type callsHangupCmd struct {
	dataFlags
	ID string `arg:"" help:"The call's id, as calls live prints it."`
}

func (c callsHangupCmd) Run() error {
	if err := c.ask("POST", "/v1/calls/"+c.ID+"/hangup", nil); err != nil {
		return err
	}
	fmt.Println("hung up", c.ID)
	return nil
}
