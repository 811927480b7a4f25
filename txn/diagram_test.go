package txn

import (
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// allInputs is one of each class that a diagram tells apart.
var allInputs = []Input{
	{Kind: InResponse, Status: 180},
	{Kind: InResponse, Status: 200},
	{Kind: InResponse, Status: 486},
	{Kind: InRespond, Status: 180},
	{Kind: InRespond, Status: 200},
	{Kind: InRespond, Status: 486},
	{Kind: InRequest},
	{Kind: InAck},
	{Kind: InTransport},
}

// clone copies a machine: it is a plain value.
func clone(m stepper) stepper {
	switch m := m.(type) {
	case *InviteClient:
		c := *m
		return &c
	case *InviteServer:
		c := *m
		return &c
	case *Client:
		c := *m
		return &c
	case *Server:
		c := *m
		return &c
	}
	return nil
}

// meant tells whether an input can reach such a machine.
func meant(kind string, in Input) bool {
	client := strings.HasSuffix(kind, "client")
	switch in.Kind {
	case InResponse:
		return client
	case InRequest, InRespond:
		return !client
	case InAck:
		return kind == "invite_server"
	}
	return true
}

// explore drives a machine by every input and timer from every situation it can get into, and collects the arrows.
func explore(kind string, edges map[edge]bool) {
	type situation struct {
		m   stepper
		now time.Time
	}
	type key struct {
		s           State
		retry, life bool
		reliable    bool
		held        bool
	}
	keyOf := func(m stepper, reliable bool) key {
		k := key{s: m.State(), reliable: reliable}
		switch m := m.(type) {
		case *InviteClient:
			k.retry, k.life = m.retry != 0, m.life != 0
		case *InviteServer:
			k.retry, k.life, k.held = m.retry != 0, m.life != 0, m.held
		case *Client:
			k.retry, k.life = m.retry != 0, m.life != 0
		case *Server:
			k.retry, k.life = m.retry != 0, m.life != 0
		}
		return k
	}
	for _, reliable := range []bool{false, true} {
		seen := map[key]bool{}
		todo := []situation{{kinds[kind](start, RFC(), reliable), start}}
		for len(todo) > 0 {
			at := todo[0]
			todo = todo[1:]
			if k := keyOf(at.m, reliable); seen[k] || at.m.State() == Terminated {
				continue
			} else {
				seen[k] = true
			}
			for _, in := range allInputs {
				if !meant(kind, in) {
					continue
				}
				m := clone(at.m)
				acts := m.Step(nil, at.now, in)
				edges[edge{at.m.State(), class(in), describe(acts), m.State()}] = true
				todo = append(todo, situation{m, at.now})
			}
			// Timers, one after the other, to the last.
			for m := clone(at.m); !m.Deadline().IsZero(); {
				from := m.State()
				now := m.Deadline()
				acts := m.Step(nil, now, Input{})
				edges[edge{from, "timer " + acts[0].Timer, describe(acts), m.State()}] = true
				todo = append(todo, situation{clone(m), now})
			}
		}
	}
}

// line prints an arrow in Mermaid's notation.
func (e edge) line() string {
	s := "    " + e.from.String() + " --> " + e.to.String() + ": " + e.cause
	if e.do != "" {
		s += " / " + e.do
	}
	return s
}

// lines yields the arrows, leaving out those by which nothing happens.
func lines(edges map[edge]bool) iter.Seq[string] {
	return func(yield func(string) bool) {
		for e := range edges {
			if (e.do != "" || e.from != e.to) && !yield(e.line()) {
				return
			}
		}
	}
}

func arrowLines(kind string) iter.Seq[string] {
	edges := map[edge]bool{}
	explore(kind, edges)
	return lines(edges)
}

// TestDiagrams draws the state diagrams from the machines by driving them, and holds the drawn ones equal.
func TestDiagrams(t *testing.T) {
	titles := map[string]string{
		"invite_client": "INVITE client transaction (RFC 3261 figure 5, RFC 6026 figure 5)",
		"invite_server": "INVITE server transaction (RFC 3261 figure 7, RFC 6026 figure 7)",
		"client":        "Non-INVITE client transaction (RFC 3261 figure 6)",
		"server":        "Non-INVITE server transaction (RFC 3261 figure 8, RFC 4320)",
	}
	for kind, title := range titles {
		var b strings.Builder
		b.WriteString("# " + title + "\n\nDrawn by `go test ./txn -run TestDiagrams -update` from the machine itself: an arrow is what happened / what was done.\n\n```mermaid\nstateDiagram-v2\n")
		b.WriteString("    [*] --> " + kinds[kind](start, RFC(), false).State().String() + "\n")
		for _, l := range slices.Sorted(arrowLines(kind)) {
			b.WriteString(l + "\n")
		}
		b.WriteString("    Terminated --> [*]\n```\n")
		file := filepath.Join("..", "docs", "txn", kind+".md")
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		have, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(have) != b.String() {
			t.Errorf("%s is not what the machine does; run with -update and look at the difference", file)
		}
	}
}
