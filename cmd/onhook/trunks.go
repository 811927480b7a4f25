package main

import (
	"fmt"
	"net/url"

	"onhook/exchange"
)

type trunksCmd struct {
	List    trunksListCmd    `cmd:"" default:"withargs" help:"List the trunks with their state and its reason."`
	Enable  trunksEnableCmd  `cmd:"" help:"Let calls in and out by a trunk, until the server ends."`
	Disable trunksDisableCmd `cmd:"" help:"Take a trunk out of use, until the server ends; calls that are up go on."`
}

type trunksListCmd struct {
	dataFlags
	JSON bool `help:"As JSON, with all that is known."`
}

func (c trunksListCmd) Run() error {
	var got struct {
		Trunks []exchange.TrunkState `json:"trunks"`
	}
	if err := c.ask("GET", "/v1/trunks", &got); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(got.Trunks)
	}
	if len(got.Trunks) == 0 {
		fmt.Println("No trunks are configured.")
		return nil
	}
	w := table("TRUNK\tSTATE\tCALLS\tREGISTRATION\tSINCE\tADDRESS\tREASON")
	for i := range got.Trunks {
		t := &got.Trunks[i]
		calls, registration, since := fmt.Sprint(t.Calls), "-", "-"
		if t.Channels > 0 {
			calls += fmt.Sprintf("/%d", t.Channels)
		}
		if t.Registration != nil {
			registration = t.Registration.State
		}
		if t.Since != nil {
			since = t.Since.Local().Format("01-02 15:04:05")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", printable(t.Name), t.State, calls, registration, since, printable(t.Address), printable(t.Reason))
	}
	return w.Flush()
}

type trunksEnableCmd struct {
	dataFlags
	Name string `arg:"" help:"The trunk."`
}

func (c trunksEnableCmd) Run() error { return c.change(c.Name, "enable") }

type trunksDisableCmd struct {
	dataFlags
	Name string `arg:"" help:"The trunk."`
}

func (c trunksDisableCmd) Run() error { return c.change(c.Name, "disable") }

func (d dataFlags) change(trunk, verb string) error {
	if err := d.ask("POST", "/v1/trunks/"+url.PathEscape(trunk)+"/"+verb, nil); err != nil {
		return err
	}
	fmt.Printf("%s: %sd\n", printable(trunk), verb)
	return nil
}
