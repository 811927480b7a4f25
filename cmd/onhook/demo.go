package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"onhook/config"
	"onhook/demo"
	"onhook/sip"
)

type demoCmd struct {
	Stay bool   `help:"Leave the server and its extensions up afterwards, to be dialled by hand."`
	Data string `help:"A new folder for the records; without it, one in the system's folder for temporary files."`
	JSON bool   `name:"json" help:"The results in JSON."`
}

func (c demoCmd) Run() error {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	dir, err := c.folder()
	if err != nil {
		return err
	}
	var pages *web
	o := demo.Options{Start: demoStarter(dir, func(name string) bool { return c.Stay && name == "main" }, func(w *web) { pages = w }), Out: os.Stdout, Command: invocation()}
	if c.JSON {
		o.Out = io.Discard
	}
	report, err := demo.Run(ctx, o)
	if err != nil {
		return err
	}
	defer report.Close()
	if c.JSON {
		err = printJSON(report.Results)
	} else if err = report.Print(os.Stdout); err == nil {
		report.Guide(os.Stdout, c.Stay)
		if pages != nil {
			pages.announce(os.Stdout)
		}
	}
	if err != nil {
		return err
	}
	if c.Stay {
		<-ctx.Done()
	}
	if err := report.Close(); err != nil {
		return err
	}
	return demoVerdict(report)
}

// demoVerdict is the error that the command ends with: exit code 3 if a call
// ended otherwise than expected.
func demoVerdict(r *demo.Report) error {
	if r.Differ() {
		return phoneExit{errors.New("not every call ended as expected"), exitDiffer}
	}
	return nil
}

// folder is an empty folder for the records.
func (c demoCmd) folder() (string, error) {
	if c.Data == "" {
		return os.MkdirTemp("", "onhook-demo-")
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return "", err
	}
	found, err := os.ReadDir(c.Data)
	if err == nil && len(found) > 0 {
		err = phoneExit{fmt.Errorf("%s is not empty: name a new folder with --data", c.Data), exitUsage}
	}
	return c.Data, err
}

// invocation is how this program was called, for the examples that are printed.
func invocation() string {
	if name := os.Args[0]; !strings.Contains(name, "go-build") {
		return name
	}
	return "go run ./cmd/onhook"
}

// demoStarter runs servers in this process, each with its data in a folder below
// dir. Those of which shown says so have the API and the console on a free port
// of loopback; opened gets them.
func demoStarter(dir string, shown func(name string) bool, opened func(*web)) demo.Starter {
	return func(name, text string) (*demo.System, error) {
		cfg, err := config.Parse(name, []byte(text))
		if err != nil {
			return nil, err
		}
		cfg.Data = filepath.Join(dir, name)
		file, err := os.Create(filepath.Join(dir, name+".log"))
		if err != nil {
			return nil, err
		}
		s, err := startServer(cfg, slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.LevelWarn})), "")
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		cfg.API.Listen = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)
		web, err := s.openWeb(func(context.Context) error { return errors.New("the demonstration has no configuration file") }, shown(name))
		if err != nil {
			return nil, errors.Join(err, s.stop(), file.Close())
		}
		if web.addr != nil {
			opened(web)
		}
		sys := &demo.System{Data: cfg.Data, Hangup: s.hangUpNumber}
		for _, l := range s.locals {
			if l.Transport == sip.TCP {
				sys.TCP = l.Addr
			} else {
				sys.UDP = l.Addr
			}
		}
		sys.Stop = sync.OnceValue(func() error {
			web.close()
			now, cancel := context.WithCancel(context.Background())
			cancel()
			return errors.Join(s.exchange.Drain(now), s.stop(), file.Close())
		})
		return sys, nil
	}
}

// hangUpNumber ends the call to a number, as the operator's command does.
func (s *server) hangUpNumber(ctx context.Context, number string) error {
	calls, err := s.exchange.Live(ctx)
	if err != nil {
		return err
	}
	for _, c := range calls {
		if u, err := sip.ParseURI(c.To); err == nil && sip.Unescape(u.User) == number {
			return s.exchange.Hangup(ctx, c.ID, "demo")
		}
	}
	return fmt.Errorf("no call to %s is up", number)
}
