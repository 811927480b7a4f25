package exchange

import (
	"context"
	"errors"
	"slices"

	"onhook/app"
	"onhook/call"
	"onhook/route"
)

// Park parks the caller whom an extension holds at the first of these places that
// is free: what the extension's code does. The errors are app.ErrNobodyHeld and app.ErrNoPlace.
func (x *Exchange) Park(ctx context.Context, user string, places []string) (place string, err error) {
	if e := x.do(ctx, func(x *Exchange) { place, err = x.park(user, places) }); e != nil {
		return "", e
	}
	return place, err
}

func (x *Exchange) park(user string, places []string) (string, error) {
	c := x.heldBy(user)
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
	in := call.Input{Name: call.CmdTransfer, N: call.CallerSide, Steps: steps, Text: places[i], By: "extension " + user}
	if err := x.obey(c, in); err != nil {
		if e := (*StateError)(nil); errors.As(err, &e) {
			return "", app.ErrNobodyHeld
		}
		return "", err
	}
	return places[i], nil
}

// heldBy is the call whose caller an extension holds, of several the one that began last; nil: there is none.
func (x *Exchange) heldBy(user string) (held *live) {
	for _, c := range x.calls.calls {
		if c == nil || held != nil && c.events[0].At.Before(held.events[0].At) {
			continue
		}
		x.lamps.seats = c.call.Seats(x.lamps.seats[:0])
		for _, s := range x.lamps.seats {
			// Applications take callers only: who was called is not parked.
			if s.Holds && s.Peer == call.PeerPhone && s.Name == user && s.Leg == c.call.Side(call.CalleeSide) && s.Partner != 0 {
				held = c
			}
		}
	}
	return held
}
