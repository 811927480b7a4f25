package main

import (
	"fmt"
	"log/slog"
	"os"

	"onhook/config"
	"onhook/outcome"
	"onhook/route"
	"onhook/store"
)

type checkCmd struct {
	Config string `short:"c" required:"" help:"The configuration file."`
}

func (c checkCmd) Run() error {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	accounts, err := store.LoadAccounts(cfg.Data)
	if err != nil {
		return err
	}
	all, _ := withAccounts(cfg, accounts)
	for _, w := range all.Warnings {
		fmt.Fprintln(os.Stderr, "warning:", w)
	}
	fmt.Printf("%s is right: %d users, %d trunks, %d routes\n", c.Config, len(cfg.Users), len(cfg.Trunks), len(cfg.Routes))
	return nil
}

// loadConfig reads a file and checks all that can be checked without running it.
func loadConfig(path string) (*config.Config, error) {
	cfg, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	if err := cfg.CheckReasons(reasonNames()); err != nil {
		return nil, err
	}
	if _, err := newApps(cfg, nil, nil, slog.Default()); err != nil {
		return nil, err
	}
	if _, err := route.New(cfg.RouteOptions()); err != nil {
		return nil, err
	}
	return cfg, nil
}

func reasonNames() []string {
	names := make([]string, 0, outcome.Reasons)
	for i := range outcome.Reasons {
		names = append(names, outcome.Reason(i).String())
	}
	return names
}
