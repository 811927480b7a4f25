package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"onhook/app"
	"onhook/config"
	"onhook/store"
)

// queue is the application of a name such as queue:support, agent:login or
// agent:login:support; nil: there is none.
func (a *apps) queue(name string) app.App {
	kind, rest, _ := strings.Cut(name, ":")
	switch {
	case a.floor == nil:
		return nil
	case kind == "queue":
		if q := a.floor.Queue(rest); q != nil {
			c := a.closing[rest]
			return &app.Waiting{Queue: q, Library: a.library, Hours: a.hours.isOpen(c.hours), Closed: c.to}
		}
	case kind == "agent":
		action, queue, _ := strings.Cut(rest, ":")
		return &app.AgentCode{Floor: a.floor, Library: a.library, Action: action, Queue: queue}
	}
	return nil
}

// queues are the queues of a configuration, whose prompts were found to be there.
func (a *apps) queues(cfg *config.Config) (all []app.QueueOptions) {
	for i := range cfg.Queues {
		q := &cfg.Queues[i]
		o := app.QueueOptions{
			Name: q.Name, Strategy: app.Strategy(q.Strategy), Agents: q.Agents, LoggedIn: q.LoggedIn, Ring: q.Ring, Retry: q.Retry,
			WrapUp: q.WrapUp, Greeting: q.Greeting, Music: a.sound(cfg, "hold"), Every: q.Every, SayPlace: q.SayPlace, SayWait: q.SayWait,
			MaxWait: q.MaxWait, MaxLength: q.MaxLength, Overflow: destinationText(q.Overflow), Full: q.Full, Absent: q.Absent,
			Late: q.Late, Level: q.Level,
			Exits: map[string]string{},
		}
		for _, k := range q.Keys {
			o.Exits[k.Key] = destinationText(k.To)
		}
		if q.Music != "" {
			if src, err := a.library.Prompt(q.Music); err == nil {
				o.Music = src
			}
		}
		all = append(all, o)
	}
	return all
}

// phoneStates tells the queues how extensions are.
func (s *server) phoneStates(ctx context.Context, names []string) ([]app.PhoneState, error) {
	states, err := s.exchange.Presences(ctx, names)
	out := make([]app.PhoneState, len(states))
	for i, u := range states {
		out[i] = app.PhoneState{Calls: u.Calls, Phones: u.Phones}
	}
	return out, err
}

// agentsName is the file of the data folder that holds what agents said of themselves.
const agentsName = "agents.json"

// keepAgents writes what agents said: whole, or not at all.
func (s *server) keepAgents(all map[string]app.AgentKept) {
	if err := store.SaveWhole(s.cfg.Data, agentsName, all); err != nil {
		s.log.Error("what agents said is not kept", "err", err)
	}
}

// keptAgents reads what agents said before the last end of the server.
func (s *server) keptAgents() (all map[string]app.AgentKept) {
	text, err := os.ReadFile(filepath.Join(s.cfg.Data, agentsName))
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Error("what agents said before cannot be read: they are as the configuration says", "err", err)
		return nil
	}
	return all
}

type queuesCmd struct {
	List  queuesListCmd  `cmd:"" default:"withargs" help:"List the queues with their callers and agents."`
	Agent queuesAgentCmd `cmd:"" help:"Log an agent in or out, pause or resume it."`
}

type queuesListCmd struct {
	dataFlags
	JSON bool `help:"As JSON, with all that is known."`
}

func (c queuesListCmd) Run() error {
	var got app.FloorState
	if err := c.ask("GET", "/v1/queues", &got); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(got)
	}
	if len(got.Queues) == 0 {
		fmt.Println("No queues are configured.")
		return nil
	}
	return printFloor(&got)
}

func printFloor(s *app.FloorState) error {
	w := table("QUEUE\tWAITING\tLONGEST\tTALKING\tAGENTS\tFREE\tCAME\tANSWERED\tLEFT\tTOO LATE\tREFUSED\tSERVICE LEVEL")
	for i := range s.Queues {
		q := &s.Queues[i]
		fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.0f %%\n", printable(q.Name), len(q.Waiting), span(q.Longest), q.Talking,
			q.LoggedIn, q.Free, q.Offered, q.Answered, q.Abandoned, q.Timeout, q.Refused, 100*q.Level)
	}
	fmt.Fprintln(w, "\nAGENT\tSTATE\tSINCE LAST CALL\tQUEUES")
	for i := range s.Agents {
		a := &s.Agents[i]
		idle := (time.Duration(a.Since) * time.Millisecond).Round(time.Second).String()
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", printable(a.Name), a.State, idle, printable(strings.Join(a.Queues, ", ")))
	}
	return w.Flush()
}

type queuesAgentCmd struct {
	dataFlags
	Name   string `arg:"" help:"The extension."`
	Action string `arg:"" enum:"login,logout,pause,resume" help:"login, logout, pause or resume."`
	Queue  string `help:"At this queue only; login and logout."`
}

func (c queuesAgentCmd) Run() error {
	path := "/v1/queues/agents/" + url.PathEscape(c.Name) + "/" + c.Action
	if c.Queue != "" {
		path += "?queue=" + url.QueryEscape(c.Queue)
	}
	if err := c.ask("POST", path, nil); err != nil {
		return err
	}
	fmt.Printf("%s: %s\n", printable(c.Name), c.Action)
	return nil
}
