package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"

	"onhook/api"
	"onhook/console"
)

// A webConsole is the web console as the server wires it.
type webConsole struct {
	passwords *console.Passwords
	secret    string // a password that was made now, because there had been none
}

// openConsole puts the console before the API: what comes by the network goes through its handlers.
func (s *server) openConsole(a *api.Server) (*webConsole, http.Handler, error) {
	p, fresh, err := console.OpenPasswords(s.cfg.Data)
	if err != nil {
		return nil, nil, err
	}
	c := &webConsole{passwords: p}
	if fresh {
		if c.secret, err = p.Renew(); err != nil {
			// Phones do not wait for a disk that has no room.
			s.log.Error("the console has no password yet, and nobody can sign in: onhook password makes one", "err", err)
		}
		debug.FreeOSMemory() // argon2id took 19 MB, and no call needs as much at once
	}
	h, err := console.New(console.Options{API: a, Passwords: p, Data: s.cfg.Data, Log: s.log})
	if err != nil {
		return nil, nil, err
	}
	return c, h.Handler(), nil
}

// announce says where the console is. The password goes behind #, which
// browsers send to nobody: the address opens the console.
func (c *webConsole) announce(out io.Writer, at string) {
	if c.secret == "" {
		fmt.Fprintf(out, "\nConsole: http://%s/ (onhook password makes a new password)\n", at)
		return
	}
	fmt.Fprintf(out, "\nConsole: http://%s/sign-in#%s\n  its password, shown this once, is what stands behind #\n", at, c.secret)
}

type passwordCmd struct{ dataFlags }

// Run makes a new password for the console; a running server takes it at once.
func (c passwordCmd) Run() error {
	dir, err := c.folder()
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("there is no data folder %s: start the server first, or name its folder with --data", dir)
	}
	p, _, err := console.OpenPasswords(dir)
	if err != nil {
		return err
	}
	secret, err := p.Renew()
	if err != nil {
		return err
	}
	fmt.Println(secret)
	fmt.Fprintln(os.Stderr, "This is the only time that the console's password is shown. The one before is void, and whoever had signed in is signed out.")
	return nil
}
