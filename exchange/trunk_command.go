package exchange

import (
	"context"
	"errors"
	"time"
)

// ErrNoTrunk is the error of a command for a trunk that is not configured.
var ErrNoTrunk = errors.New("exchange: no such trunk is configured")

// A TrunkState is a trunk as operators see it.
type TrunkState struct {
	Name         string        `json:"name"`
	Address      string        `json:"address"`
	State        string        `json:"state"`            // up, down, full, disabled; unknown: it is neither asked nor registered with, and takes calls
	Reason       string        `json:"reason,omitempty"` // of any state but up and unknown
	Since        *time.Time    `json:"since,omitempty"`
	Calls        int           `json:"calls"`
	Channels     int           `json:"channels,omitempty"`   // most calls; 0: no bound
	PerSecond    int           `json:"per_second,omitempty"` // most new calls in a second; 0: no bound
	Operator     string        `json:"operator,omitempty"`   // an operator's word that differs from the configuration: enabled, disabled
	Health       *TrunkHealth  `json:"health,omitempty"`
	Registration *TrunkBinding `json:"registration,omitempty"`
}

// A TrunkHealth is what OPTIONS have told of a trunk.
type TrunkHealth struct {
	State    string     `json:"state"` // up, down, unknown
	Bad      int        `json:"bad"`   // questions in a row without a good answer
	Good     int        `json:"good"`  // good answers in a row
	TookMS   int64      `json:"took_ms"`
	LastGood *time.Time `json:"last_good,omitempty"`
	Next     time.Time  `json:"next"`
}

// A TrunkBinding is where the registration at a trunk stands.
type TrunkBinding struct {
	State    string     `json:"state"` // registered, trying, failed
	Reason   string     `json:"reason,omitempty"`
	Until    *time.Time `json:"until,omitempty"`
	Next     *time.Time `json:"next,omitempty"`
	Failures int        `json:"failures"`
}

// Trunks lists the trunks in the order of the configuration.
func (x *Exchange) Trunks(ctx context.Context) ([]TrunkState, error) {
	var out []TrunkState
	err := x.do(ctx, func(x *Exchange) {
		for i := range x.set.Trunks {
			out = append(out, x.trunkState(x.lines[x.set.Trunks[i].Name]))
		}
	})
	return out, err
}

// EnableTrunk lets calls in and out by a trunk, or not; the word holds until the
// server ends. Calls that are up go on.
func (x *Exchange) EnableTrunk(ctx context.Context, name string, on bool, by string) error {
	found := false
	err := x.do(ctx, func(x *Exchange) {
		l := x.lines[name]
		if found = l != nil; !found {
			return
		}
		x.askKnown = false
		l.word = "disabled"
		if on {
			l.word = "enabled"
		}
		if l.Trunk.Disabled == !on {
			l.word = "" // as configured
		}
		x.log.Info("trunk command", "trunk", name, "enabled", on, "by", by)
		x.configureHealth(l)
		x.configureRegistration(l)
		x.tellTrunk(l)
	})
	if err == nil && !found {
		return ErrNoTrunk
	}
	return err
}

func (x *Exchange) trunkState(l *line) TrunkState {
	s := TrunkState{
		Name: l.Name, Address: trunkURI(l.Trunk, ""), State: "unknown", Calls: x.inUse[l.key],
		Channels: l.Channels, PerSecond: l.PerSec, Operator: l.word,
	}
	if h := &l.health; !h.next.IsZero() {
		s.Health = &TrunkHealth{State: "unknown", Bad: h.bad, Good: h.good, TookMS: h.took.Milliseconds(), LastGood: known(h.last), Next: h.next.UTC()}
		switch {
		case h.down:
			s.Health.State = "down"
		case !h.since.IsZero():
			s.Health.State, s.State = "up", "up"
		}
		s.Since = known(h.since)
	}
	if r := l.reg; r != nil {
		s.Registration = &TrunkBinding{State: "trying", Reason: r.why, Until: known(r.until), Next: known(r.next), Failures: r.fails}
		switch {
		case x.now.Before(r.until):
			s.Registration.State, s.State = "registered", "up"
		case r.why != "":
			s.Registration.State = "failed"
		}
		if s.Since == nil {
			s.Since = known(r.since)
		}
	}
	full := x.fullLine(l, 0)
	switch why := l.down(x.now); {
	case l.disabled():
		s.State, s.Reason = "disabled", "by the configuration"
		if l.word != "" {
			s.Reason = "by an operator"
		}
	case why != "":
		s.State, s.Reason = "down", why
	case full.cause != "":
		s.State, s.Reason = "full", full.detail
	}
	return s
}

// known is a time that is there, as JSON shows it.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
