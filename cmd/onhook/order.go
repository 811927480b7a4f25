package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

type callsMakeCmd struct {
	dataFlags
	From       string        `arg:"" help:"Who is rung first: an extension, a number, or a destination as in a route."`
	To         string        `arg:"" help:"Whom it is connected with when it answers: likewise, or an application such as menu:main."`
	Timeout    time.Duration `help:"How long the first may ring."`
	CallerID   string        `help:"The number that both see."`
	CallerName string        `help:"The name that both see."`
	AutoAnswer bool          `help:"Ask the first phone to answer by itself."`
}

func (c callsMakeCmd) Run() error {
	in := map[string]any{"from": c.From, "to": c.To, "caller_id": c.CallerID, "caller_name": c.CallerName, "auto_answer": c.AutoAnswer}
	if c.Timeout > 0 {
		in["timeout"] = c.Timeout.String()
	}
	var made struct{ ID string }
	if err := c.order("", in, &made); err != nil {
		return err
	}
	fmt.Println(made.ID)
	return nil
}

type callsTransferCmd struct {
	dataFlags
	ID        string `arg:"" help:"The call's id, as calls live prints it."`
	To        string `arg:"" optional:"" help:"A number, or a destination as in a route."`
	With      string `help:"The id of another call: the two are joined."`
	Party     string `help:"Who stays: caller or callee." enum:"caller,callee," default:""`
	WithParty string `help:"Who of the other call stays: caller or callee." enum:"caller,callee," default:""`
}

func (c callsTransferCmd) Run() error {
	return c.tell(c.ID, "transfer", map[string]any{"to": c.To, "with": c.With, "party": c.Party, "with_party": c.WithParty})
}

type callsRedirectCmd struct {
	dataFlags
	ID string `arg:"" help:"The call's id, as calls live prints it."`
	To string `arg:"" help:"A number, or a destination as in a route."`
}

func (c callsRedirectCmd) Run() error { return c.tell(c.ID, "redirect", map[string]any{"to": c.To}) }

type callsHoldCmd struct {
	dataFlags
	ID    string `arg:"" help:"The call's id, as calls live prints it."`
	Party string `help:"Who waits: caller, callee or both." enum:"caller,callee,both," default:""`
}

func (c callsHoldCmd) Run() error { return c.tell(c.ID, "hold", map[string]any{"party": c.Party}) }

type callsResumeCmd struct{ callsHoldCmd }

func (c callsResumeCmd) Run() error { return c.tell(c.ID, "resume", map[string]any{"party": c.Party}) }

type callsPlayCmd struct {
	dataFlags
	ID      string   `arg:"" help:"The call's id, as calls live prints it."`
	Prompts []string `arg:"" help:"Names of sound, as in a menu."`
	Party   string   `help:"Who hears it: caller, callee or both." enum:"caller,callee,both," default:""`
}

func (c callsPlayCmd) Run() error {
	return c.tell(c.ID, "play", map[string]any{"prompts": c.Prompts, "party": c.Party})
}

// tell gives a call a command and prints what has begun.
func (d dataFlags) tell(id, command string, in map[string]any) error {
	var out struct{ ID, State string }
	if err := d.order("/"+id+"/"+command, in, &out); err != nil {
		return err
	}
	fmt.Println(out.State, out.ID)
	return nil
}

// order sends a command for calls; what is empty is left out.
func (d dataFlags) order(path string, in map[string]any, out any) error {
	for name, v := range in {
		if v == "" || v == false {
			delete(in, name)
		}
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return d.askWith("POST", "/v1/calls"+path, bytes.NewReader(body), out)
}
