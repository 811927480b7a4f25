package analyse

import (
	"errors"
	"io"

	"onhook/capture"
)

// maxFaults is how many errors in a row of a source end a run: a source that
// gives nothing else is at its end.
const maxFaults = 100

// Run takes all items of a source and hands out its calls. Single errors of the
// source are counted as notes; one that repeats ends the run and is returned
// with what was counted. After each item after is called, where it is not nil:
// to show progress, say. It ends the run with its error.
func Run(src capture.Source, opt Options, emit func(*Call), after func(*capture.Item) error) (Totals, error) {
	a := New(opt, emit)
	faults := 0
	var failed error
	for {
		it, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			a.total.note(err.Error())
			if faults++; faults >= maxFaults || errors.Is(err, failed) {
				failed = err
				break
			}
			failed = err
			continue
		}
		faults, failed = 0, nil
		a.Take(&it)
		if after != nil {
			if err := after(&it); err != nil {
				failed = err
				break
			}
		}
	}
	return a.Finish(), failed
}
