package api

import (
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// writeTime is how long a client may take to read an answer, or a piece of a long one.
const writeTime = 30 * time.Second

// outer is around everything: what a browser may do with the answer, how long
// the client may take, how much it may send, and what is left of a panic.
func (s *Server) outer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTime)) // a writer of a test has none
		defer func() {
			if v := recover(); v != nil {
				if s.Log != nil && v != http.ErrAbortHandler {
					s.Log.Error("api: panic", "path", r.URL.Path, "what", v, "stack", string(debug.Stack()))
				}
				panic(http.ErrAbortHandler) // the answer may have begun: it must not look complete
			}
		}()
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(r))
		next.ServeHTTP(w, r)
	})
}

// routed finds the operation. Where there is none the multiplexer's own answer
// becomes a problem.
func (s *Server) routed() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := s.mux.Handler(r)
		if pattern != "" {
			s.mux.ServeHTTP(w, r)
			return
		}
		said := &silent{header: http.Header{}}
		h.ServeHTTP(said, r)
		if said.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", said.header.Get("Allow"))
			writeProblem(w, newProblem("method_not_allowed", r.URL.Path+" does not take "+r.Method+", but "+said.header.Get("Allow")+"."))
			return
		}
		writeProblem(w, newProblem("not_found", "There is nothing at "+r.Method+" "+r.URL.Path))
	})
}

// A silent is a ResponseWriter that keeps the status and the header.
type silent struct {
	header http.Header
	status int
}

func (s *silent) Header() http.Header         { return s.header }
func (s *silent) Write(b []byte) (int, error) { return len(b), nil }
func (s *silent) WriteHeader(status int)      { s.status = status }

// bodyLimit is how long the body of a request may be: longer where it is sound.
func bodyLimit(r *http.Request) int64 {
	if r.Method == http.MethodPut && (strings.HasPrefix(r.URL.Path, "/v1/prompts/") ||
		strings.HasPrefix(r.URL.Path, "/v1/voicemail/") && strings.HasSuffix(r.URL.Path, "/greeting")) {
		return maxSound
	}
	return maxBody
}
