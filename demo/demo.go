package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// T1 is the round-trip estimate of all parties: a fifth of RFC 3261's, so that
// what waits for 64*T1 waits 6.4 s.
const T1 = 100 * time.Millisecond

// progress is how long the servers wait for ringing: longer than timer B, 64*T1.
const progress = 8 * time.Second

// Limit is when the calls are given up, all together. They take about 8 s; a
// machine that has much else to do may need longer, and nothing that is shown
// depends on how long.
const Limit = time.Minute

// Options are what the demonstration needs.
type Options struct {
	Start   Starter   // runs the servers
	Out     io.Writer // for people; nil: nothing is written
	Command string    // how this program is called, such as "onhook"
}

// A Result is a reason, what was expected of its call and what was found.
type Result struct {
	Reason   string  `json:"reason"`
	Variant  string  `json:"variant,omitempty"` // of further calls with the same reason
	Scope    string  `json:"scope"`
	Story    string  `json:"story"`
	Expected Outcome `json:"expected"`
	Got      Outcome `json:"got"`
	Call     string  `json:"call,omitempty"` // the id of the call's record
	Differs  string  `json:"differs,omitempty"`
}

// A Report is what came of a demonstration. It holds the servers and phones
// open until Close.
type Report struct {
	Results []Result
	Took    time.Duration // all calls together

	stage *stage
	opt   Options
}

// Differ tells whether a record is other than expected.
func (r *Report) Differ() bool {
	for i := range r.Results {
		if r.Results[i].Differs != "" {
			return true
		}
	}
	return false
}

// Close ends the phones and the servers.
func (r *Report) Close() error { return r.stage.close() }

// Run starts the servers and phones, places all calls at once, waits for their
// records and compares them. The error says what kept the demonstration from
// taking place; a call that ended otherwise than expected is in the Report.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Out == nil {
		o.Out = io.Discard
	}
	all := scenes()
	fmt.Fprintf(o.Out, "onhook demo: timer T1 is %d ms here, a fifth of the RFC's 500 ms, so that nobody need wait for long.\n", T1.Milliseconds())
	s, err := build(ctx, o.Start)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(o.Out, "The server is on %s. %d calls are placed at once, over real sockets; the last ends after about 8 s.\n", s.main.UDP, len(all))
	r := &Report{stage: s, opt: o}
	begun := time.Now()
	limit, cancel := context.WithTimeout(ctx, Limit)
	defer cancel()
	failed := s.playAll(limit, all)
	r.Took = time.Since(begun)
	if ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), s.close())
	}
	records, err := s.records(ctx)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	for i := range all {
		r.Results = append(r.Results, all[i].judge(s, records, failed[i]))
	}
	r.finish()
	return r, nil
}

// playAll plays all scenes at the same time; the errors are in their order.
func (s *stage) playAll(ctx context.Context, all []scene) []error {
	failed := make([]error, len(all))
	var wg sync.WaitGroup
	for i := range all {
		wg.Add(1)
		go func() {
			defer wg.Done()
			failed[i] = s.perform(ctx, &all[i])
		}()
	}
	wg.Wait()
	return failed
}
