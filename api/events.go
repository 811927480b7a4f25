package api

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"onhook/config"
)

// How a stream goes out.
const (
	gather      = 100 * time.Millisecond // what comes within it is written together
	keepAlive   = 15 * time.Second
	mostStreams = 2000
	// longestReplayed bounds the calls that a replay from the store looks at: those
	// that began no longer than this before the place to begin from.
	longestReplayed = 24 * time.Hour
	mostReplayed    = 10_000 // calls
)

type eventsInput struct {
	Type  []string `query:"type,explode" doc:"only these, such as call.ended"`
	Call  string   `query:"call" doc:"only those of this call"`
	User  string   `query:"user" doc:"only those of this extension and its calls"`
	Trunk string   `query:"trunk" doc:"only those of this trunk and calls by it"`
	Queue string   `query:"queue" doc:"only those of this queue and calls in it"`
	Last  string   `header:"Last-Event-ID" doc:"go on after this event; what was missed comes first"`
	After string   `query:"after" doc:"the same, for clients that cannot send the header"`
}

func (s *Server) registerEvents(a huma.API) {
	o := op(a, "GET", "/v1/events", "follow-events", "Events", config.CallsRead,
		"Follow events as server-sent events, each data line an Event; or, asked to upgrade, by WebSocket, each message an Event")
	o.Description = "Events of registrations, trunks and queues are for keys with system:read too. A stream that falls more than 1 MiB behind gets the event resume and is closed: come back with Last-Event-ID, as EventSource does by itself; by WebSocket it is an Event of the type resume. An event missed before what is replayed says that calls which began before its time are left out: GET /v1/calls with ended_since lists them. " +
		"What was missed is read from memory and, beyond that or after a restart, from the store: events of calls are made from the records of those that have ended, then sequence is 0; the last of registrations, extensions, trunks and queues are kept. Tell events that came twice by their call and type."
	produced := produces(o, form{"sse", "text/event-stream", schemaOf[Event](a)})
	huma.Register(a, produced, func(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
		if in.Last == "" {
			in.Last = in.After
		}
		since, err := parsePlace(in.Last)
		if err != nil {
			return nil, err
		}
		if s.Hub.following() >= mostStreams {
			return nil, newProblem("busy", "Too many streams are open.")
		}
		want := wanted{types: split(in.Type), call: in.Call, user: in.User, trunk: in.Trunk, queue: in.Queue, system: callerOf(ctx).may(config.SystemRead)}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			if r, w := humago.Unwrap(ctx); wantsSocket(r) {
				s.streamSocket(w, r, want, since)
				return
			}
			s.stream(ctx, want, since)
		}}, nil
	})
}

func parsePlace(id string) (place, error) {
	if id == "" {
		return place{}, nil
	}
	at, n, _ := strings.Cut(id, "-")
	micro, err1 := strconv.ParseInt(at, 10, 64)
	number, err2 := strconv.ParseUint(n, 10, 32)
	if err1 != nil || err2 != nil || micro <= 0 {
		return place{}, invalid("header.Last-Event-ID", "expected the id of an event")
	}
	return place{micro, uint32(number)}, nil
}

// stream writes events until the client goes, falls behind, loses its right, or the server ends.
func (s *Server) stream(ctx huma.Context, want wanted, since place) {
	r, w := humago.Unwrap(ctx)
	f, kept, at := s.Hub.join(want, since)
	defer s.Hub.leave(f)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	out := &eventWriter{w: w, c: http.NewResponseController(w)}
	out.text("retry: 2000\n: follow the life of calls\n\n")
	if !at.complete {
		out.all(s.replay(&want, &at))
	}
	out.all(kept)
	out.flush()
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for out.err == nil {
		select {
		case <-r.Context().Done():
			return
		case <-s.Hub.done:
			return
		case <-tick.C:
			if !s.holds(callerOf(r.Context())) {
				return
			}
			out.text(": still here\n\n")
		case <-f.wake:
			pause(r.Context(), gather/2+rand.N(gather/2)) // not all streams at the same moment
			queue, behind := f.take()
			out.all(queue)
			if behind {
				out.text("event: resume\ndata: {}\n\n")
				out.flush()
				return
			}
		}
		out.flush()
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// An eventWriter keeps the first error.
type eventWriter struct {
	w   http.ResponseWriter
	c   *http.ResponseController
	buf []byte
	err error
}

// mostJoined is how many bytes of a buffer a stream keeps for its next events.
const mostJoined = 64 << 10

// all writes events in one piece: a call of the system for each would cost more than to copy them.
func (e *eventWriter) all(list [][]byte) {
	if len(list) == 0 {
		return
	}
	for _, raw := range list {
		e.buf = append(e.buf, raw...)
	}
	e.write(e.buf)
	if e.buf = e.buf[:0]; cap(e.buf) > mostJoined {
		e.buf = nil
	}
}

func (e *eventWriter) write(raw []byte) {
	if e.err == nil {
		_ = e.c.SetWriteDeadline(time.Now().Add(writeTime)) // a writer of a test has none
		_, e.err = e.w.Write(raw)
	}
}

func (e *eventWriter) text(s string) { e.write([]byte(s)) }

func (e *eventWriter) flush() {
	if e.err == nil {
		e.err = e.c.Flush()
	}
}
