package app

import "testing"

func TestOwnNumber(t *testing.T) {
	f := newFake()
	f.info.User = "100"
	if err := (&OwnNumber{Library: NewLibrary("", "")}).Run(f); err != nil {
		t.Fatal(err)
	}
	if want := "stage menu / answer / leaf number / hangup End_In_IVR"; f.text() != want || len(f.said) != 5 {
		t.Errorf("got %q, want %s and a play", f.said, want)
	}
}
