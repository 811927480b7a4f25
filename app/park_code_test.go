package app

import (
	"context"
	"errors"
	"testing"
)

// A yard parks at a place, or not.
type yard struct {
	place string
	err   error
}

func (y yard) Park(context.Context, string) (string, error) { return y.place, y.err }

func TestParkCode(t *testing.T) {
	for _, c := range []struct {
		yard  yard
		plays string
	}{{yard{place: "701"}, "play 7"}, {yard{err: ErrNobodyHeld}, "play 1"}, {yard{err: ErrNoPlace}, "play 1"}} {
		f := newFake()
		f.info.User = "101"
		if err := (&ParkCode{Library: NewLibrary("", ""), Parker: c.yard}).Run(f); err != nil {
			t.Fatal(err)
		}
		if f.text() != "stage menu / answer / leaf park / hangup End_In_IVR" || f.said[3] != c.plays {
			t.Errorf("%+v: did %q", c.yard, f.said)
		}
	}
	f := newFake()
	if err := (&ParkCode{}).Run(f); err != nil || f.text() != "hangup OUTGOING_CALL_BARRED" {
		t.Errorf("a trunk: %q, %v", f.said, err)
	}
	broken := errors.New("broken")
	f.info.User = "101"
	if err := (&ParkCode{Parker: yard{err: broken}}).Run(f); err != broken {
		t.Errorf("got %v", err)
	}
}
