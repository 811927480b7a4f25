package exchange

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"runtime"
	"slices"
	"time"
)

// ErrNotBlocked is the error of a command for a source that is not blocked.
var ErrNotBlocked = errors.New("exchange: this source is not blocked")

// A Block is a source that gets no answers, since it sent wrong credentials too often.
type Block struct {
	Source string    `json:"source" doc:"an address, or a network of IPv6"`
	Until  time.Time `json:"until"`
	Times  int       `json:"times" doc:"how often it was blocked"`
}

// Blocks lists the sources that are blocked now, the longest block first. Phones
// that have proven who they are go on behind a blocked address.
func (x *Exchange) Blocks(ctx context.Context) ([]Block, error) {
	var out []Block
	err := x.do(ctx, func(x *Exchange) {
		for source, s := range x.guard.sources {
			if x.now.Before(s.until) {
				out = append(out, Block{Source: sourceText(source), Until: s.until.UTC(), Times: s.times})
			}
		}
	})
	slices.SortFunc(out, func(a, b Block) int {
		if c := b.Until.Compare(a.Until); c != 0 {
			return c
		}
		return cmp.Compare(a.Source, b.Source)
	})
	return out, err
}

// Unblock answers a source again, and forgets what it did; ErrNotBlocked.
func (x *Exchange) Unblock(ctx context.Context, source netip.Addr, by string) error {
	found := false
	err := x.do(ctx, func(x *Exchange) {
		key := sourceOf(source)
		s, ok := x.guard.sources[key]
		if found = ok && x.now.Before(s.until); !found {
			return
		}
		delete(x.guard.sources, key)
		for k := range x.failures {
			if k.source == key {
				delete(x.failures, k)
			}
		}
		x.log.Info("block removed", "source", sourceText(key), "by", by)
		x.tellSource(SourceUnblocked, SourceChange{Source: sourceText(key), By: by})
	})
	if err == nil && !found {
		return ErrNotBlocked
	}
	return err
}

// sourceText is how a source is written: the one address, or the network.
func sourceText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// A Load is what is in the server's hands now. Without calls everything but the
// goroutines comes to nothing, some seconds later.
type Load struct {
	Calls        int `json:"calls" doc:"that are up"`
	Unsaved      int `json:"unsaved" doc:"records on their way to the disk"`
	Transactions int `json:"transactions"`
	Dialogs      int `json:"dialogs"`
	Limits       int `json:"limits" doc:"extensions and trunks that have a call counted"`
	Goroutines   int `json:"goroutines"`
}

// Load tells what the server has in its hands.
func (x *Exchange) Load(ctx context.Context) (Load, error) {
	var l Load
	err := x.do(ctx, func(x *Exchange) {
		n := x.ep.State()
		l = Load{Calls: x.calls.used, Unsaved: x.unsaved, Transactions: n.Clients + n.Servers, Dialogs: n.Dialogs, Limits: len(x.inUse), Goroutines: runtime.NumGoroutine()}
	})
	return l, err
}
