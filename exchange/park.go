package exchange

import (
	"context"
	"errors"
	"slices"

	"onhook/app"
	"onhook/call"
	"onhook/route"
)

// Park parks the party whom an extension holds at the first of these places that
// is free: what the extension's code does. The errors are app.ErrNobodyHeld and app.ErrNoPlace.
func (x *Exchange) Park(ctx context.Context, user string, places []string) (place string, err error) {
	if e := x.do(ctx, func(x *Exchange) { place, err = x.park(user, places) }); e != nil {
		return "", e
	}
	return place, err
}

func (x *Exchange) park(user string, places []string) (string, error) {
	c, side := x.heldBy(user)
	if c == nil {
		return "", app.ErrNobodyHeld
	}
	i := slices.IndexFunc(places, func(p string) bool { return x.parkedAt(parkPrefix+p) == nil })
	if i < 0 {
		return "", app.ErrNoPlace
	}
	steps, r := x.reach(c, way{as: route.Caller{User: user}}, places[i])
	if len(steps) == 0 {
		return "", &DestinationError{r.cause, r.detail}
	}
	in := call.Input{Name: call.CmdTransfer, N: side, Steps: steps, Text: places[i], By: "extension " + user}
	if err := x.obey(c, in); err != nil {
		if e := (*StateError)(nil); errors.As(err, &e) {
			return "", app.ErrNobodyHeld
		}
		return "", err
	}
	return places[i], nil
}

// heldBy is the call in which an extension holds the other party, of several the one that began last, and
// the side of that party; nil: there is none.
func (x *Exchange) heldBy(user string) (held *live, side int) {
	for _, c := range x.calls.calls {
		if c == nil || held != nil && c.events[0].At.Before(held.events[0].At) {
			continue
		}
		x.lamps.seats = c.call.Seats(x.lamps.seats[:0])
		for _, s := range x.lamps.seats {
			if !s.Holds || s.Peer != call.PeerPhone || s.Name != user || s.Partner == 0 {
				continue
			}
			if held, side = c, call.CallerSide; s.Leg == c.call.Side(call.CallerSide) {
				side = call.CalleeSide
			}
		}
	}
	return held, side
}
