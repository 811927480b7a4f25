package api

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// wantsSocket tells whether a request asks for a WebSocket (RFC 6455 section 4.2.1).
func wantsSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// resumeMessage is the last that a client gets that has fallen too far behind.
const resumeMessage = `{"type":"resume"}`

// streamSocket writes events as messages of a WebSocket, until the client goes,
// falls behind, loses its right, or the server ends. What the client sends, but
// for pings, closes it. A page of another site is refused (RFC 6455 section 10.2).
func (s *Server) streamSocket(w http.ResponseWriter, r *http.Request, want wanted, since place) {
	f, kept, at := s.Hub.join(want, since)
	defer s.Hub.leave(f)
	caller := callerOf(r.Context())
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	defer c.CloseNow()
	ctx := c.CloseRead(r.Context())
	out := &socketWriter{c: c, ctx: ctx}
	if !at.complete {
		out.events(s.replay(&want, &at))
	}
	out.events(kept)
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for out.err == nil {
		select {
		case <-ctx.Done():
			return
		case <-s.Hub.done:
			_ = c.Close(websocket.StatusGoingAway, "the server ends") // it goes either way
			return
		case <-tick.C:
			if !s.holds(caller) {
				_ = c.Close(websocket.StatusPolicyViolation, "the key holds no longer")
				return
			}
			out.ping()
		case <-f.wake:
			pause(ctx, gather/2+rand.N(gather/2))
			queue, behind := f.take()
			out.events(queue)
			if behind {
				out.message([]byte(resumeMessage))
				_ = c.Close(websocket.StatusTryAgainLater, "too far behind: go on after the last id")
				return
			}
		}
	}
}

// A socketWriter keeps the first error.
type socketWriter struct {
	c   *websocket.Conn
	ctx context.Context
	err error
}

// events writes events that are in the form of the stream, one a message.
func (o *socketWriter) events(list [][]byte) {
	for _, raw := range list {
		if _, data, found := bytes.Cut(raw, []byte("\ndata: ")); found {
			o.message(bytes.TrimRight(data, "\n"))
		}
	}
}

func (o *socketWriter) message(data []byte) {
	if o.err == nil {
		ctx, cancel := context.WithTimeout(o.ctx, writeTime)
		defer cancel()
		o.err = o.c.Write(ctx, websocket.MessageText, data)
	}
}

func (o *socketWriter) ping() {
	if o.err == nil {
		ctx, cancel := context.WithTimeout(o.ctx, writeTime)
		defer cancel()
		o.err = o.c.Ping(ctx)
	}
}
