package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"onhook/api"
	"onhook/config"
)

type keysCmd struct {
	List   keysListCmd   `cmd:"" default:"withargs" help:"List the keys of the API."`
	Add    keysAddCmd    `cmd:"" help:"Make a key; it is shown once."`
	Remove keysRemoveCmd `cmd:"" help:"Take a key back, at once."`
}

type keysListCmd struct{ dataFlags }

type keysAddCmd struct {
	dataFlags
	Name  string        `arg:"" help:"A name for it, which logs and records show."`
	Scope []string      `help:"What it may do: ${scopes}. Repeat it, or give several with commas." required:""`
	Life  time.Duration `help:"How long it holds, such as 720h. Without: until it is removed."`
}

type keysRemoveCmd struct {
	dataFlags
	Name string `arg:"" help:"The key's name."`
}

// keyScopes are the words for --scope.
func keyScopes() string {
	var words []string
	for _, s := range config.Scopes() {
		words = append(words, string(s))
	}
	return strings.Join(words, ", ")
}

// ring opens the keys of a folder where no server runs; nil: one does, and it is to be asked.
func (d dataFlags) ring() (*api.Keyring, string, error) {
	dir, err := d.folder()
	if err != nil {
		return nil, "", err
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, "", fmt.Errorf("there is no data folder %s: start the server first, or name its folder with --data", dir)
	}
	if err := ask(context.Background(), dir, "GET", "/healthz", nil); err == nil {
		return nil, dir, nil
	}
	ring, _, err := api.OpenKeyring(dir)
	return ring, dir, err
}

func (c keysListCmd) Run() error {
	ring, dir, err := c.ring()
	if err != nil {
		return err
	}
	var keys api.Keys
	if ring != nil {
		keys.Keys = ring.List()
	} else if err := ask(context.Background(), dir, "GET", "/v1/keys", &keys); err != nil {
		return err
	}
	if len(keys.Keys) == 0 {
		fmt.Println("There are no keys. onhook keys add NAME --scope calls:read makes one.")
		return nil
	}
	w := table("NAME\tCREATED\tEXPIRES\tSCOPES")
	for _, k := range keys.Keys {
		created, expires := "in the configuration", "never"
		if k.Source == "" {
			created = k.CreatedAt.Local().Format("2006-01-02 15:04")
		}
		if k.ExpiresAt != nil {
			expires = k.ExpiresAt.Local().Format("2006-01-02 15:04")
		}
		var scopes []string
		for _, s := range k.Scopes {
			scopes = append(scopes, string(s))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.Name, created, expires, strings.Join(scopes, " "))
	}
	return w.Flush()
}

func (c keysAddCmd) Run() error {
	var scopes []config.Scope
	for _, s := range c.Scope {
		scope := config.Scope(s)
		if !strings.Contains(", "+keyScopes()+",", ", "+s+",") {
			return phoneExit{fmt.Errorf("--scope %s: want one of %s", s, keyScopes()), exitUsage}
		}
		scopes = append(scopes, scope)
	}
	ring, dir, err := c.ring()
	if err != nil {
		return err
	}
	var secret string
	if ring != nil {
		if secret, _, err = ring.Add(c.Name, scopes, time.Now(), c.Life); err != nil {
			return err
		}
	} else {
		req := map[string]any{"name": c.Name, "scopes": scopes}
		if c.Life > 0 {
			req["life"] = c.Life.String()
		}
		raw, err := json.Marshal(req)
		if err != nil {
			return err
		}
		var made api.NewKey
		if err := askWith(context.Background(), dir, "POST", "/v1/keys", bytes.NewReader(raw), &made); err != nil {
			return err
		}
		secret = made.Secret
	}
	fmt.Println(secret)
	fmt.Fprintln(os.Stderr, "This is the only time that the key is shown. Send it as Authorization: Bearer KEY.")
	return nil
}

func (c keysRemoveCmd) Run() error {
	ring, dir, err := c.ring()
	if err != nil {
		return err
	}
	if ring != nil {
		err = ring.Remove(c.Name)
	} else {
		err = ask(context.Background(), dir, "DELETE", "/v1/keys/"+c.Name, nil)
	}
	if errors.Is(err, api.ErrKeyNotFound) {
		return fmt.Errorf("no key is called %s: see onhook keys", c.Name)
	}
	if err == nil {
		fmt.Println("removed", c.Name)
	}
	return err
}
