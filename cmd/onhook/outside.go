package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"onhook/config"
	"onhook/exchange"
	"onhook/route"
)

// stoppedName is the file in the data folder that is there while an operator
// lets no call leave by a trunk: a start of the server does not undo that.
const stoppedName = "outside.stopped"

// outsideStopped tells whether an operator has stopped calls outside.
func outsideStopped(folder string) (bool, error) {
	_, err := os.Stat(filepath.Join(folder, stoppedName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// A guardian is the exchange's guard, with what is kept of it over a restart.
type guardian struct {
	*exchange.Exchange
	folder string
}

// StopOutside lets no call leave by a trunk, or again. To let them go what is
// kept goes last, to stop them it comes first: a crash between leaves them stopped.
func (g guardian) StopOutside(ctx context.Context, stop, hangup bool, by string) error {
	file := filepath.Join(g.folder, stoppedName)
	if stop {
		if err := os.WriteFile(file, []byte("Calls by trunks are stopped: onhook outside start lets them go.\n"), 0o600); err != nil {
			g.stopAnyway(ctx, hangup, by)
			return fmt.Errorf("calls are stopped, but not beyond a restart: %w", err)
		}
	}
	if err := g.Exchange.StopOutside(ctx, stop, hangup, by); err != nil {
		return err
	}
	if !stop {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("calls go out again, until the next start of the server: %w", err)
		}
	}
	return nil
}

// stopAnyway stops calls though that cannot be kept.
func (g guardian) stopAnyway(ctx context.Context, hangup bool, by string) {
	_ = g.Exchange.StopOutside(ctx, true, hangup, by) // the caller has an error to tell already
}

// outsideOf are the bounds of the configuration.
func outsideOf(cfg *config.Config) exchange.Outside {
	o := cfg.Outside
	return exchange.Outside{
		Home: o.Home, Abroad: route.Numbers(o.Abroad), Premium: route.Numbers(o.Premium), Always: route.Numbers(o.Always),
		Calls: o.Calls, PerMinute: o.PerMinute, Minutes: o.Minutes,
	}
}

type outsideCmd struct {
	Show  outsideShowCmd  `cmd:"" default:"withargs" help:"Show whether calls may leave by trunks, and what each extension did there."`
	Stop  outsideStopCmd  `cmd:"" help:"Let no call leave by a trunk, but to emergency numbers; it holds over a restart."`
	Start outsideStartCmd `cmd:"" help:"Let calls leave by trunks again."`
}

type outsideShowCmd struct {
	dataFlags
	JSON bool `help:"In JSON."`
}

func (c outsideShowCmd) Run() error {
	var got exchange.OutsideState
	if err := c.ask("GET", "/v1/outside", &got); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(got)
	}
	if got.Stopped {
		fmt.Println("No call leaves by a trunk: onhook outside start lets them go.")
	}
	if len(got.Accounts) == 0 {
		fmt.Println("No extension has called outside since the start.")
		return nil
	}
	w := table("EXTENSION\tCALLS\tMINUTES TODAY\tREFUSED")
	for _, a := range got.Accounts {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%d\n", printable(a.User), a.Calls, a.Minutes, a.Refused)
	}
	return w.Flush()
}

type outsideStopCmd struct {
	dataFlags
	Hangup bool `help:"End the calls that have left, too."`
}

func (c outsideStopCmd) Run() error {
	path := "/v1/outside/stop"
	if c.Hangup {
		path += "?hangup=true"
	}
	return c.outside(path, "No call leaves by a trunk any more.")
}

type outsideStartCmd struct{ dataFlags }

func (c outsideStartCmd) Run() error {
	return c.outside("/v1/outside/start", "Calls leave by trunks again.")
}

func (d dataFlags) outside(path, say string) error {
	if err := d.ask("POST", path, nil); err != nil {
		return err
	}
	fmt.Println(say)
	return nil
}
