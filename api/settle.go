package api

import (
	"context"
	"net/http"
	"time"
)

// settlePath is where the commands ask that what has ended can be read.
const settlePath = "/settle"

// settleTime bounds the wait: a disk that hangs must not hang the command too.
const settleTime = 5 * time.Second

// settling answers by 204 when the records of the calls that have ended are
// durable, or by a problem when that takes too long. It is for the control
// socket: the commands read the files themselves, and what still waits for the
// disk is in none.
func (s *Server) settling(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != settlePath || r.Method != http.MethodPost || s.Settle == nil {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), settleTime)
		defer cancel()
		if err := s.Settle(ctx); err != nil {
			writeProblem(w, newProblem("busy", "Records of calls that have ended still wait for the disk."))
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// Settle asks the server of a data folder to make durable what has ended. An
// error says that none runs there, or that it takes longer than a few seconds.
func Settle(ctx context.Context, data string) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://onhook"+settlePath, nil)
	if err != nil {
		return err
	}
	resp, err := Client(data).Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
