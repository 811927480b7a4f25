package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"onhook/api"
	"onhook/config"
	"onhook/store"
)

// mostAccounts bounds how many extensions are made by the API: each change checks them all.
const mostAccounts = 10_000

// withAccounts puts the extensions that the API has made beside those of the
// configuration file. Names that do not fit are left out; notes say so.
func withAccounts(file *config.Config, accounts []store.Account) (all *config.Config, notes []string) {
	made := make([]config.MadeUser, 0, len(accounts))
	for i := range accounts {
		a := &accounts[i]
		made = append(made, config.MadeUser{
			Name: a.Name, Display: a.Display, Voicemail: a.Voicemail, Groups: a.Groups,
			HA1: config.HA1{SHA256: config.Hash(a.SHA256), MD5: config.Hash(a.MD5)},
		})
		if a.Realm != file.Realm() {
			notes = append(notes, fmt.Sprintf("extension %s, made by the API, cannot register: its password was made for the realm %q, and the realm is %q; give it a new password", a.Name, a.Realm, file.Realm()))
		}
	}
	all, left, strays := file.With(made)
	for _, name := range slices.Sorted(maps.Keys(left)) {
		notes = append(notes, fmt.Sprintf("extension %s, made by the API, is left out, since the configuration file wins: %s", name, left[name]))
	}
	notes = append(notes, strays...)
	all.Warnings = append(slices.Clone(file.Warnings), notes...)
	return all, notes
}

// cardsOf tells where each extension comes from.
func cardsOf(all *config.Config, file *config.Config, accounts []store.Account) map[string]api.Card {
	cards := make(map[string]api.Card, len(all.Users))
	for _, u := range all.Users {
		c := api.Card{Source: "config", Voicemail: u.Voicemail}
		for _, g := range all.Groups {
			if slices.Contains(g.Members, u.Name) {
				c.Groups = append(c.Groups, g.Name)
			}
		}
		cards[u.Name] = c
	}
	for i := range accounts {
		a := &accounts[i]
		if c, there := cards[a.Name]; there && findUser(file, a.Name) == nil {
			c.Source, c.CreatedAt = "api", &a.CreatedAt
			cards[a.Name] = c
		}
	}
	return cards
}

func findUser(cfg *config.Config, name string) *config.User {
	for i := range cfg.Users {
		if cfg.Users[i].Name == name {
			return &cfg.Users[i]
		}
	}
	return nil
}

// loadAccounts reads the extensions that the API has made, at the start.
func (s *server) loadAccounts() error {
	accounts, err := store.LoadAccounts(s.cfg.Data)
	if err != nil {
		return err
	}
	s.take(s.cfg, accounts)
	return nil
}

// take has a configuration file and accounts in force from here on.
func (s *server) take(file *config.Config, accounts []store.Account) {
	all, notes := withAccounts(file, accounts)
	for _, n := range notes {
		if before := s.current.Load(); before == nil || !slices.Contains(before.Warnings, n) {
			s.log.Warn(n)
		}
	}
	cards := cardsOf(all, file, accounts)
	s.file, s.accounts = file, accounts
	s.cards.Store(&cards)
	s.current.Store(all)
}

// apply changes the settings of the exchange to those of a configuration file and
// accounts; changed accounts are on the disk before they count. personal.mu is held.
func (s *server) apply(ctx context.Context, file *config.Config, accounts []store.Account, changed bool) error {
	all, _ := withAccounts(file, accounts)
	settings, err := s.settings(all)
	if err != nil {
		return err
	}
	if changed {
		if err := store.SaveAccounts(s.cfg.Data, accounts); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := s.exchange.Configure(ctx, settings); err != nil {
		if changed {
			err = errors.Join(err, store.SaveAccounts(s.cfg.Data, s.accounts))
		}
		return err
	}
	s.take(file, accounts)
	return nil
}
