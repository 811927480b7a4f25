package main

import "context"

// A parker parks held callers at the places of a configuration (app.Parker).
type parker struct {
	server *server
	slots  []string
}

// Park is asked by the code for it, from the goroutine of its call.
func (p parker) Park(ctx context.Context, user string) (string, error) {
	return p.server.exchange.Park(ctx, user, p.slots)
}
