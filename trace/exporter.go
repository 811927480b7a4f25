package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"onhook/outcome"
)

// Options are what an Exporter is made of.
type Options struct {
	URL           string // of the collector: http://127.0.0.1:4318/v1/traces
	Authorization string // header of each request; empty: none
	Version       string // of this server
	Server        string // its domain
	Numbers       bool   // say who called whom
	Every         time.Duration
	Timeout       time.Duration
	Log           *slog.Logger
}

// Bounds of an Exporter.
const (
	mostWaiting = 4096 // calls; more are dropped and counted
	batchSize   = 256  // calls a request
	usualEvery  = 2 * time.Second
	usualWait   = 10 * time.Second
	firstRetry  = time.Second
	lastRetry   = 30 * time.Second
)

// An Exporter sends the traces of calls. Its methods may be called from any goroutine.
type Exporter struct {
	opt     Options
	client  *http.Client
	mu      sync.Mutex
	waiting []outcome.Record
	dropped uint64
	failing bool
	done    chan struct{}
	ended   chan struct{}
	once    sync.Once
}

// New makes an Exporter that sends until Close.
func New(o Options) *Exporter {
	if o.Every == 0 {
		o.Every = usualEvery
	}
	if o.Timeout == 0 {
		o.Timeout = usualWait
	}
	e := &Exporter{opt: o, client: &http.Client{Timeout: o.Timeout}, done: make(chan struct{}), ended: make(chan struct{})}
	go e.run()
	return e
}

// Ended takes the record of a call that is over. It never blocks.
func (e *Exporter) Ended(r *outcome.Record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) >= mostWaiting {
		e.dropped++
		return
	}
	e.waiting = append(e.waiting, *r)
}

// Dropped is how many calls have no trace: the collector was away or too slow.
func (e *Exporter) Dropped() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.dropped
}

// Close sends what waits, once, and ends.
func (e *Exporter) Close() {
	e.once.Do(func() { close(e.done) })
	<-e.ended
}

func (e *Exporter) run() {
	defer close(e.ended)
	wait := e.opt.Every
	for {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-e.done:
			timer.Stop()
			for ok := true; ok && e.some(); {
				ok = e.send() == nil
			}
			return
		}
		wait = e.opt.Every
		if e.some() {
			if err := e.send(); err != nil {
				wait = e.failed(err, wait)
			}
		}
	}
}

func (e *Exporter) some() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.waiting) > 0
}

// A refusal is an answer that will be the same the next time.
type refusal struct{ status int }

// Error says it in a line.
func (r refusal) Error() string { return fmt.Sprintf("the collector answered %d", r.status) }

// failed notes an error, once until it works again, and says how long to wait.
func (e *Exporter) failed(err error, before time.Duration) time.Duration {
	if !e.failing && e.opt.Log != nil {
		e.opt.Log.Warn("traces are not taken", "err", err)
	}
	e.failing = true
	return min(max(before*2, firstRetry), lastRetry)
}

// send sends the oldest calls. What the collector refuses is dropped, as OTLP has
// it; what it could not take now is kept.
func (e *Exporter) send() error {
	e.mu.Lock()
	n := min(len(e.waiting), batchSize)
	batch := e.waiting[:n:n]
	e.mu.Unlock()
	err := e.post(batch)
	var never refusal
	refused := errors.As(err, &never)
	if err != nil && !refused {
		return err
	}
	e.mu.Lock()
	e.waiting = append(e.waiting[:0:0], e.waiting[n:]...)
	if refused {
		e.dropped += uint64(n)
	}
	e.mu.Unlock()
	if err == nil {
		e.failing = false
	}
	return err
}

// post makes one request.
func (e *Exporter) post(batch []outcome.Record) error {
	raw, err := json.Marshal(e.request(batch))
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, e.opt.URL, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if e.opt.Authorization != "" {
		req.Header.Set("Authorization", e.opt.Authorization)
	}
	resp, err := e.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fmt.Errorf("the collector answered %d", resp.StatusCode)
	}
	if resp.StatusCode/100 != 2 {
		return refusal{resp.StatusCode}
	}
	return nil
}

// A request is OTLP's ExportTraceServiceRequest.
type request struct {
	Resources []resourceSpans `json:"resourceSpans"`
}

type resourceSpans struct {
	Resource struct {
		Attributes []attribute `json:"attributes"`
	} `json:"resource"`
	Scopes []scopeSpans `json:"scopeSpans"`
}

type scopeSpans struct {
	Scope struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
	} `json:"scope"`
	Spans []span `json:"spans"`
}

func (e *Exporter) request(batch []outcome.Record) request {
	var s scopeSpans
	s.Scope.Name, s.Scope.Version = "onhook", e.opt.Version
	for i := range batch {
		s.Spans = append(s.Spans, spansOf(&batch[i], e.opt.Numbers)...)
	}
	r := resourceSpans{Scopes: []scopeSpans{s}}
	r.Resource.Attributes = []attribute{text("service.name", "onhook"), text("service.version", e.opt.Version), text("service.instance.id", e.opt.Server)}
	return request{[]resourceSpans{r}}
}
