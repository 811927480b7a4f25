package app

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"onhook/media"
)

// A notebook is Settings that write down what is asked of them.
type notebook struct {
	said string
	err  error
}

func (n *notebook) SetForward(_ context.Context, user, kind, number string) error {
	n.said = fmt.Sprintf("%s %s %s", user, kind, number)
	return n.err
}

func (n *notebook) ClearForwards(_ context.Context, user string) error {
	n.said = user + " clear"
	return n.err
}

func (n *notebook) SetDND(_ context.Context, user string, on bool) error {
	n.said = fmt.Sprintf("%s dnd %v", user, on)
	return n.err
}

func TestCodes(t *testing.T) {
	const done, asked = "stage menu / answer / leaf %s / hangup End_In_IVR", "stage menu / answer / node %s / leaf %[1]s / hangup End_In_IVR"
	for _, tt := range []struct {
		name, text, dialled string
		presses             []string
		set, want           string
		err                 error
	}{
		{"forward_always", "*21", "*21102", nil, "101 always 102", done, nil},
		{"forward_always", "*21", "*21*102#", nil, "101 always 102", done, nil}, // as mobile phones write it
		{"forward_no_answer", "*61", "*61", []string{"102#"}, "101 no_answer 102", asked, nil},
		{"forward_busy", "*67", "*67", []string{""}, "", asked, nil}, // nothing pressed: as it was
		{"forward_unreachable", "*62", "*629", nil, "101 unreachable 9", done, ErrNotAllowed},
		{"forward_off", "#21", "#21", nil, "101 clear", done, nil},
		{"dnd_on", "*78", "*78", nil, "101 dnd true", done, nil},
		{"dnd_off", "*79", "*79", nil, "101 dnd false", done, nil},
		{"pickup", "*8", "*8101", nil, "", done, nil},
	} {
		book := &notebook{err: tt.err}
		f := newFake(tt.presses...)
		f.info.User, f.info.Dialled = "101", tt.dialled
		err := (&Code{Name: tt.name, Text: tt.text, Library: NewLibrary("", ""), Settings: book}).Run(f)
		if got, want := f.text(), fmt.Sprintf(tt.want, tt.name); err != nil || got != want || book.said != tt.set {
			t.Errorf("%s: %v\ngot  %s, set %q\nwant %s, set %q", tt.dialled, err, got, book.said, want, tt.set)
		}
	}
}

func TestACodeThatCannotBeKeptSaysNotThatItWas(t *testing.T) {
	full := errors.New("the disk is full")
	f := newFake()
	f.info.User = "101"
	if err := (&Code{Name: "dnd_on", Library: NewLibrary("", ""), Settings: &notebook{err: full}}).Run(f); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
	if got := f.text(); got != "stage menu / answer" {
		t.Errorf("got %s", got)
	}
	f = newFake()
	if err := (&Code{Name: "dnd_on"}).Run(f); err != nil || f.text() != "hangup OUTGOING_CALL_BARRED" {
		t.Errorf("a caller who is no extension: %v, %s", err, f.text())
	}
}

func TestPark(t *testing.T) {
	p := &Park{Name: "701", Library: NewLibrary("", ""), Timeout: time.Millisecond, Music: func() media.Source { return nil }}
	for by, want := range map[string]string{
		"":    "leaf 701 / answer / hangup End_In_IVR",
		"101": "stage hold / node 701 / music / transfer user:101",
	} {
		f := newFake()
		f.info.By = by
		if err := p.Run(f); err != nil || f.text() != want {
			t.Errorf("transferred by %q: %v\ngot  %s\nwant %s", by, err, f.text(), want)
		}
	}
	f := newFake()
	f.info.By = "101"
	p.Timeout = time.Hour
	p.Music = func() media.Source { f.cancel(); return nil }
	if err := p.Run(f); !errors.Is(err, ErrHungUp) {
		t.Errorf("after the caller has hung up: %v", err)
	}
}
