package api

import (
	"context"
	"errors"
	"net/netip"

	"github.com/danielgtaylor/huma/v2"

	"onhook/config"
	"onhook/exchange"
)

// A Guard is what the handlers need of those parts of the server that protect it.
type Guard interface {
	Blocks(ctx context.Context) ([]exchange.Block, error)
	Unblock(ctx context.Context, source netip.Addr, by string) error
	Load(ctx context.Context) (exchange.Load, error)
	Outside(ctx context.Context) (exchange.OutsideState, error)
	StopOutside(ctx context.Context, stop, hangup bool, by string) error
}

// Blocks are the sources that get no answers.
type Blocks struct {
	Blocks []exchange.Block `json:"blocks"`
}

// Unblocked is the answer to the removal of a block.
type Unblocked struct {
	Source  string `json:"source"`
	Removed bool   `json:"removed"`
}

// OutsideTold is the answer to a command for calls outside.
type OutsideTold struct {
	Stopped bool `json:"stopped"`
}

type outsideStop struct {
	Hangup bool `query:"hangup" doc:"end the calls that have left, too"`
}

type blockSource struct {
	Source string `path:"source" maxLength:"64" doc:"an IP address of the source"`
}

func (s *Server) registerGuard(a huma.API) {
	huma.Register(a, op(a, "GET", "/v1/blocks", "list-blocks", "Security", config.SystemRead, "List the sources that get no answers, since they sent wrong credentials too often"),
		func(ctx context.Context, _ *none) (*body[Blocks], error) {
			list, err := s.Guard.Blocks(ctx)
			return &body[Blocks]{Blocks{listed(list)}}, fail(err)
		})
	huma.Register(a, op(a, "DELETE", "/v1/blocks/{source}", "remove-block", "Security", config.ConfigWrite, "Answer a source again before its time"),
		func(ctx context.Context, in *blockSource) (*body[Unblocked], error) {
			source, err := netip.ParseAddr(in.Source)
			if err != nil || source.Zone() != "" {
				return nil, newProblem("invalid", "path.source: an IP address is wanted, such as 192.0.2.1 or 2001:db8::1")
			}
			err = s.Guard.Unblock(ctx, source, by(ctx))
			if errors.Is(err, exchange.ErrNotBlocked) {
				return nil, newProblem("not_blocked", source.String()+" is not blocked.")
			}
			return &body[Unblocked]{Unblocked{source.String(), true}}, fail(err)
		})
	huma.Register(a, op(a, "GET", "/v1/load", "get-load", "System", config.SystemRead, "Read what is in the server's hands now: calls, transactions, dialogs"),
		func(ctx context.Context, _ *none) (*body[exchange.Load], error) {
			l, err := s.Guard.Load(ctx)
			return &body[exchange.Load]{l}, fail(err)
		})
	s.registerOutside(a)
}

func (s *Server) registerOutside(a huma.API) {
	huma.Register(a, op(a, "GET", "/v1/outside", "get-outside", "Security", config.SystemRead, "Read whether calls may leave by trunks, and what each extension did there"),
		func(ctx context.Context, _ *none) (*body[exchange.OutsideState], error) {
			state, err := s.Guard.Outside(ctx)
			return &body[exchange.OutsideState]{state}, fail(err)
		})
	huma.Register(a, op(a, "POST", "/v1/outside/stop", "stop-outside", "Security", config.ConfigWrite, "Let no call leave by a trunk, but to emergency numbers, until it is undone"),
		func(ctx context.Context, in *outsideStop) (*body[OutsideTold], error) {
			err := s.Guard.StopOutside(ctx, true, in.Hangup, by(ctx))
			return &body[OutsideTold]{OutsideTold{true}}, fail(err)
		})
	huma.Register(a, op(a, "POST", "/v1/outside/start", "start-outside", "Security", config.ConfigWrite, "Let calls leave by trunks again"),
		func(ctx context.Context, _ *none) (*body[OutsideTold], error) {
			err := s.Guard.StopOutside(ctx, false, false, by(ctx))
			return &body[OutsideTold]{OutsideTold{}}, fail(err)
		})
}
