package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"onhook/config"
)

type serveCmd struct {
	Config string        `short:"c" type:"path" help:"The configuration file. Without one: a working system on loopback."`
	Data   string        `help:"The data folder, instead of the configuration's."`
	Drain  time.Duration `default:"30s" help:"How long calls may go on after SIGTERM."`
	Pcap   string        `type:"path" help:"Write all SIP messages, received and sent, to this capture file (pcapng)."`
	CPU    string        `name:"cpu-profile" type:"path" hidden:"" help:"Write a CPU profile to this file until the end."`
	Heap   string        `name:"heap-profile" type:"path" hidden:"" help:"Write an allocation profile to this file at the end."`
}

func (c serveCmd) Run() error {
	profiled, err := c.profile()
	if err != nil {
		return err
	}
	defer profiled()
	cfg, fresh, err := c.load()
	if err != nil {
		return err
	}
	out := newLogWriter(os.Stderr, logHandler(cfg, os.Stderr))
	defer out.close()
	log := slog.New(logHandler(cfg, out))
	for _, w := range cfg.Warnings {
		log.Warn(w)
	}
	s, err := startServer(cfg, log, c.Pcap)
	if err != nil {
		return err
	}
	s.metrics.CountLostLines(out.lost)
	reload := func(ctx context.Context) error { return c.reload(ctx, s) }
	web, err := s.openWeb(reload, true)
	if err != nil {
		s.stop()
		return err
	}
	// Before anybody is told that the server is there: from then on it may be stopped.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	s.announce(os.Stdout, c.Config == "", fresh)
	web.announce(os.Stdout)
	c.wait(signals, log, reload)
	web.api.Drain()
	ctx, cancel := context.WithTimeout(context.Background(), c.Drain)
	defer cancel()
	if err := s.exchange.Drain(ctx); err != nil {
		log.Error("not all calls could be ended", "err", err)
	}
	web.close()
	return s.stop()
}

// load reads the configuration, or makes the one of a first try; fresh are the passwords made now.
func (c serveCmd) load() (cfg *config.Config, fresh map[string]string, err error) {
	if c.Config != "" {
		cfg, err = loadConfig(c.Config)
		if err == nil && c.Data != "" {
			cfg.Data = c.Data
		}
		return cfg, nil, err
	}
	data := c.Data
	if data == "" {
		data = "onhook-data"
	}
	return firstConfig(data)
}

// reload reads the file again; what is wrong with it leaves the old settings in force.
func (c serveCmd) reload(ctx context.Context, s *server) error {
	if c.Config == "" {
		return errors.New("there is no configuration file to read again")
	}
	cfg, _, err := c.load()
	if err != nil {
		return err
	}
	return s.configure(ctx, cfg)
}

// wait returns when the process is told to end; SIGHUP reloads.
func (c serveCmd) wait(signals <-chan os.Signal, log *slog.Logger, reload func(context.Context) error) {
	for got := range signals {
		if got != syscall.SIGHUP {
			log.Info("stopping: new calls are refused, those that are up may end", "within", c.Drain)
			return
		}
		if err := reload(context.Background()); err != nil {
			log.Error("configuration not changed", "err", err)
			continue
		}
		log.Info("configuration read again")
	}
}

// logHandler writes the log as the configuration says.
func logHandler(cfg *config.Config, to io.Writer) slog.Handler {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		level = slog.LevelInfo
	}
	opt := &slog.HandlerOptions{Level: level, ReplaceAttr: bounded}
	if cfg.Log.Format == "json" {
		return slog.NewJSONHandler(to, opt)
	}
	return slog.NewTextHandler(to, opt)
}

// announce says where the server is and how to make a first call.
func (s *server) announce(w *os.File, builtin bool, fresh map[string]string) {
	fmt.Fprintf(w, "onhook %s is ready. Domain %s, records in %s\n", version(), s.cfg.Domain, s.cfg.Data)
	for _, l := range s.locals {
		fmt.Fprintf(w, "  %s %s\n", l.Transport, l.Addr)
	}
	if s.hep != nil {
		for _, a := range s.hep.listener.Addrs() {
			fmt.Fprintf(w, "  HEP %s\n", a)
		}
	}
	if !builtin {
		return
	}
	fmt.Fprintln(w, "\nExtensions (register with the number as user name):")
	for _, u := range s.cfg.Users {
		password := "shown when it was made; remove " + filepath.Join(s.cfg.Data, credentialsName) + " for new ones"
		if p := fresh[u.Name]; p != "" {
			password = p
		}
		fmt.Fprintf(w, "  %s  %-8s password %s\n", u.Name, u.Display, password)
	}
	fmt.Fprintln(w, "\nDial 100, 101 or 102 for each other, 200 for all of them, 600 for the echo test.")
	if p := fresh["100"]; p != "" && len(s.locals) > 0 {
		fmt.Fprintf(w, "A first call, from another terminal:\n  go run ./cmd/onhook phone --user 100 --password %s --server %s call 600 --hangup 3s\n  go run ./cmd/onhook calls\n", p, s.locals[0].Addr)
	}
}

// longestValue bounds what a stranger can make the log hold of a request.
const longestValue = 200

// bounded cuts texts and errors in log lines.
func bounded(_ []string, a slog.Attr) slog.Attr {
	v := a.Value
	if err, ok := v.Any().(error); ok {
		v = slog.StringValue(err.Error())
	}
	if s := v.String(); v.Kind() == slog.KindString && len(s) > longestValue {
		return slog.String(a.Key, s[:longestValue]+"...")
	} else if v.Kind() == slog.KindString {
		return slog.String(a.Key, s)
	}
	return a
}
