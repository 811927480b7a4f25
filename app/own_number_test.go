package app

import "testing"

func TestOwnNumber(t *testing.T) {
	f := newFake()
	f.info.User = "100"
	if err := (&OwnNumber{Library: NewLibrary("", "")}).Run(f); err != nil {
		t.Fatal(err)
	}
	if want := "leaf number / answer / hangup End_In_IVR"; f.text() != want || len(f.said) != 4 {
		t.Errorf("got %q, want %s and a play", f.said, want)
	}
}
