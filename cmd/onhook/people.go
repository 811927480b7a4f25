package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"onhook/api"
	"onhook/app"
	"onhook/config"
	"onhook/digest"
	"onhook/store"
)

// people are the extensions as the API changes them. It implements api.People.
type people struct{ *server }

// Cards tells where each extension comes from.
func (p people) Cards() map[string]api.Card { return *p.cards.Load() }

// account finds an extension that was made here, for a change of a copy.
func (p people) account(name string) (accounts []store.Account, a *store.Account, err error) {
	i := slices.IndexFunc(p.accounts, func(a store.Account) bool { return a.Name == name })
	switch {
	case findUser(p.file, name) != nil:
		return nil, nil, api.ErrUserInFile
	case i < 0:
		return nil, nil, api.ErrNoUser
	}
	accounts = slices.Clone(p.accounts)
	return accounts, &accounts[i], nil
}

// Add makes an extension.
func (p people) Add(ctx context.Context, name string, c api.Card, display, by string) (string, error) {
	p.personal.mu.Lock()
	defer p.personal.mu.Unlock()
	if err := p.free(name); err != nil {
		return "", err
	}
	if err := p.inGroups(c.Groups); err != nil {
		return "", err
	}
	a := store.Account{Name: name, Display: display, Voicemail: c.Voicemail, Groups: c.Groups, CreatedAt: time.Now().UTC().Truncate(time.Second)}
	password := p.newPassword(&a)
	accounts := append(slices.Clone(p.accounts), a)
	all, _ := withAccounts(p.file, accounts)
	if findUser(all, name) == nil {
		return "", &api.UserError{Field: "name", Why: "expected a name of at most 64 letters, digits and - _ . + * # that nothing else is dialled by"}
	}
	if err := p.apply(ctx, p.file, accounts, true); err != nil {
		return "", err
	}
	p.told(api.UserAdded, name, by)
	return password, nil
}

// free reports whether a name can be given to somebody.
func (p people) free(name string) error {
	if len(p.accounts) >= mostAccounts {
		return &api.UserError{Field: "name", Why: fmt.Sprintf("at most %d extensions are made here", mostAccounts)}
	}
	for _, a := range p.accounts {
		if a.Name == name {
			return fmt.Errorf("an extension %q was made here: %w", name, api.ErrUserExists)
		}
	}
	for _, u := range p.file.Users {
		if u.Name == name {
			return fmt.Errorf("the configuration file has an extension %q: %w", name, api.ErrUserExists)
		}
	}
	for _, g := range p.file.Groups {
		if g.Name == name {
			return fmt.Errorf("the configuration file has a group %q: %w", name, api.ErrUserExists)
		}
	}
	return nil
}

// inGroups reports whether groups are there.
func (p people) inGroups(names []string) error {
	for i, name := range names {
		if !slices.ContainsFunc(p.file.Groups, func(g config.Group) bool { return g.Name == name }) {
			return &api.UserError{Field: fmt.Sprintf("groups[%d]", i), Why: fmt.Sprintf("%q: expected a group of the configuration", name)}
		}
		if slices.Contains(names[:i], name) {
			return &api.UserError{Field: fmt.Sprintf("groups[%d]", i), Why: fmt.Sprintf("%q a second time", name)}
		}
	}
	return nil
}

// newPassword gives an account a password, of which only hashes are kept (RFC 7616 section 3.4.2).
func (p people) newPassword(a *store.Account) string {
	password := rand.Text()[:16] // 80 bits
	a.Realm = p.file.Realm()
	a.SHA256, a.MD5 = digest.HA1(digest.SHA256, a.Name, a.Realm, password), digest.HA1(digest.MD5, a.Name, a.Realm, password)
	return password
}

// Change changes an extension.
func (p people) Change(ctx context.Context, name string, c api.UserChange, by string) error {
	if findUser(p.current.Load(), name) == nil {
		return api.ErrNoUser
	}
	own, err := p.wishes(ctx, name, &c)
	if err != nil {
		return err
	}
	if c.Owned() {
		if err := p.rewrite(ctx, name, &c, by); err != nil {
			return err
		}
	}
	if len(own) == 0 {
		return nil
	}
	return p.personal.change(ctx, name, by, own)
}

// rewrite changes what a configuration file says of its extensions.
func (p people) rewrite(ctx context.Context, name string, c *api.UserChange, by string) error {
	p.personal.mu.Lock()
	defer p.personal.mu.Unlock()
	accounts, a, err := p.account(name)
	if err != nil {
		return err
	}
	var what []string
	if c.Display != nil {
		a.Display, what = *c.Display, append(what, "display")
	}
	if c.Voicemail != nil {
		a.Voicemail, what = *c.Voicemail, append(what, "voicemail")
	}
	if c.Groups != nil {
		if err := p.inGroups(*c.Groups); err != nil {
			return err
		}
		a.Groups, what = *c.Groups, append(what, "groups")
	}
	if err := p.apply(ctx, p.file, accounts, true); err != nil {
		return err
	}
	p.told(api.UserChanged, name, by, what...)
	return nil
}

// wishes are what an extension can set from its phone, and what the API asks for of that.
func (p people) wishes(ctx context.Context, user string, c *api.UserChange) (list []wish, err error) {
	if c.DND.Sent {
		list = append(list, wishDND(c.DND.Value, c.DND.Null))
	}
	for _, f := range []struct {
		kind string
		to   *api.Optional[string]
	}{{"always", &c.Always}, {"busy", &c.Busy}, {"no_answer", &c.NoAnswer}, {"unreachable", &c.Unreachable}} {
		if !f.to.Sent {
			continue
		}
		place := f.to.Value
		if place != "" {
			if place, err = p.place(ctx, user, place); err != nil {
				return nil, &api.UserError{Field: "forward." + f.kind, Why: err.Error()}
			}
		}
		list = append(list, wishForward(f.kind, place, f.to.Null))
	}
	return list, nil
}

// place reads where calls of an extension are to go, and asks whether they may.
func (p people) place(ctx context.Context, user, text string) (string, error) {
	place, destination, err := p.current.Load().CheckPlace(user, text)
	if err != nil || destination {
		return place, err
	}
	err = p.exchange.MayForward(ctx, user, place)
	if errors.Is(err, app.ErrNotAllowed) {
		return "", fmt.Errorf("%q: expected a number that the extension may dial", text)
	}
	return place, err
}

// Remove takes an extension away. Its mailbox and settings go with it: who gets the
// name next must find neither.
func (p people) Remove(ctx context.Context, name, by string) error {
	p.personal.mu.Lock()
	defer p.personal.mu.Unlock()
	i := slices.IndexFunc(p.accounts, func(a store.Account) bool { return a.Name == name })
	inFile := findUser(p.file, name) != nil
	switch {
	case i < 0 && inFile:
		return api.ErrUserInFile
	case i < 0:
		return api.ErrNoUser
	}
	if err := p.apply(ctx, p.file, slices.Delete(slices.Clone(p.accounts), i, i+1), true); err != nil {
		return err
	}
	if inFile {
		return nil // it was left out: mailbox and settings are the file's extension's
	}
	p.told(api.UserRemoved, name, by)
	return errors.Join(p.personal.forget(name), p.emptyBox(name))
}

// emptyBox deletes the messages and the greeting of a mailbox.
func (p people) emptyBox(name string) error {
	var errs []error
	for _, m := range p.boxes.List(name) {
		if err := p.boxes.Delete(name, m.ID); !errors.Is(err, app.ErrNoMessage) {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, p.boxes.SetGreeting(name, nil))...)
}

// Password gives an extension a new password. Who registered with the one before must do it again.
func (p people) Password(ctx context.Context, name, by string) (string, error) {
	p.personal.mu.Lock()
	defer p.personal.mu.Unlock()
	accounts, a, err := p.account(name)
	if err != nil {
		return "", err
	}
	password := p.newPassword(a)
	if err := p.apply(ctx, p.file, accounts, true); err != nil {
		return "", err
	}
	if _, err := p.exchange.Unregister(ctx, name, "", by); err != nil {
		return "", err
	}
	p.told(api.UserChanged, name, by, "password")
	return password, nil
}

// told tells followers of an extension.
func (p people) told(what, name, by string, changed ...string) {
	p.hub.UserTold(what, time.Now(), api.UserEvent{Name: name, Changed: changed, By: by})
}
