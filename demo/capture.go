package demo

import (
	"bytes"
	_ "embed" // for cut.pcap
	"errors"
	"fmt"
	"io"

	"onhook/analyse"
	"onhook/capture"
	"onhook/outcome"
)

// cut is a capture that ends while a call rings.
//
//go:embed cut.pcap
var cut []byte

// unspecified shows the one reason that no live call may end with: nothing
// explains the end of a call whose capture was cut.
func unspecified() Result {
	e := outcome.Unspecified.Entry()
	r := Result{
		Reason: e.Name, Scope: e.Scope, Story: "a capture that ends while the call rings",
		// Rules, section 3a: "UNSPECIFIED, unknown, guess (Call Ended if a 2xx was seen, else Call Failed)", and no code.
		Expected: Outcome{Reason: e.Name, Status: e.StatusUnanswered, By: e.EndedBy[0]},
	}
	rec, err := explain(cut)
	if err != nil {
		r.Differs = err.Error()
		return r
	}
	r.Got = got(&rec)
	if r.Got != r.Expected {
		r.Differs = "got " + r.Got.Reason + ", " + r.Got.String()
	}
	return r
}

// explain returns the record of the only call in a capture.
func explain(file []byte) (outcome.Record, error) {
	source, err := capture.NewReader(bytes.NewReader(file), capture.Options{})
	if err != nil {
		return outcome.Record{}, err
	}
	var found []outcome.Record
	a := analyse.New(analyse.Options{}, func(c *analyse.Call) { found = append(found, c.Record) })
	for {
		it, err := source.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return outcome.Record{}, err
		}
		a.Take(&it)
	}
	a.Finish()
	if len(found) != 1 {
		return outcome.Record{}, fmt.Errorf("the capture has %d calls, want 1", len(found))
	}
	return found[0], nil
}
