package api

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"onhook/exchange"
)

// fakeGuard has one block, of 198.51.100.7.
type fakeGuard struct{}

func (fakeGuard) Blocks(context.Context) ([]exchange.Block, error) {
	return []exchange.Block{{Source: "198.51.100.7", Until: t0, Times: 2}}, nil
}

func (fakeGuard) Unblock(_ context.Context, source netip.Addr, _ string) error {
	if source.String() != "198.51.100.7" {
		return exchange.ErrNotBlocked
	}
	return nil
}

func (fakeGuard) Load(context.Context) (exchange.Load, error) { return exchange.Load{Calls: 3}, nil }

func (fakeGuard) Outside(context.Context) (exchange.OutsideState, error) {
	return exchange.OutsideState{Accounts: []exchange.OutsideAccount{{User: "100", Calls: 1, Minutes: 2.5, Refused: 3}}}, nil
}

func (fakeGuard) StopOutside(context.Context, bool, bool, string) error { return nil }

func TestBlocksAndLoad(t *testing.T) {
	s, keys := newSite(t)
	for _, x := range []struct{ method, path, want string }{
		{"GET", "/v1/blocks", `{"blocks":[{"source":"198.51.100.7","until":"2026-03-01T12:00:00Z","times":2}]}`},
		{"DELETE", "/v1/blocks/198.51.100.7", `{"source":"198.51.100.7","removed":true}`},
		{"GET", "/v1/load", `{"calls":3,"unsaved":0,"transactions":0,"dialogs":0,"limits":0,"goroutines":0}`},
		{"GET", "/v1/outside", `{"stopped":false,"accounts":[{"user":"100","calls":1,"minutes":2.5,"refused":3}]}`},
		{"POST", "/v1/outside/stop?hangup=true", `{"stopped":true}`},
		{"POST", "/v1/outside/start", `{"stopped":false}`},
	} {
		if got := s.ask(x.method, x.path, keys["all"], ""); got.status != 200 || strings.TrimSpace(got.body) != x.want {
			t.Errorf("%s %s: %d %s", x.method, x.path, got.status, got.body)
		}
	}
}
