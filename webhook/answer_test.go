package webhook

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestAnAnswerWithoutEndCostsNothingMore: a receiver that takes the message and goes on to
// answer for ever has taken it; one whose header is endless has not. Both are let go of.
func TestAnAnswerWithoutEndCostsNothingMore(t *testing.T) {
	gone := make(chan string, 64)
	s := open(t, Options{Timeout: patience})
	endless := receive(t, func(w http.ResponseWriter, _ *http.Request) bool {
		defer func() { gone <- "endless" }()
		piece := []byte(strings.Repeat("x", 32<<10))
		for sent := 0; sent < 1<<30; sent += len(piece) {
			if _, err := w.Write(piece); err != nil {
				return false
			}
		}
		t.Error("a gigabyte was read")
		return false
	})
	header := receive(t, func(w http.ResponseWriter, _ *http.Request) bool {
		for range 100 {
			w.Header().Add("X", strings.Repeat("x", 1000))
		}
		w.WriteHeader(http.StatusOK)
		return false
	})
	s.mustAdd(t, "endless", endless.url)
	s.mustAdd(t, "header", header.url)
	const n = 5
	for i := range n {
		s.Send(message("a", i))
	}
	eventually(t, "what was taken is not told", func() bool { return s.status("endless").Delivered == n })
	eventually(t, "the header is not refused", func() bool { return s.status("header").LastError != "" })
	for range n {
		if got := <-gone; got != "endless" {
			t.Error(got)
		}
	}
	if st := s.status("header"); st.Delivered != 0 {
		t.Errorf("%+v", st)
	}
}

// TestAnAnswerThatComesTooLateIsNone: what a receiver says after the time that it has counts for nothing.
func TestAnAnswerThatComesTooLateIsNone(t *testing.T) {
	late := receive(t, func(w http.ResponseWriter, q *http.Request) bool {
		<-q.Context().Done() // the sender has given up
		w.WriteHeader(http.StatusOK)
		return false
	})
	e := Endpoint{URL: late.url, Secrets: []Secret{{Text: NewSecret()}}}
	got := post(t.Context(), newClient(nil, 50*time.Millisecond), &e, "test", &stored{id: "msg_1", body: []byte("{}")}, time.Now)
	if got.status != 0 || got.err == "" {
		t.Errorf("%+v", got)
	}
}
