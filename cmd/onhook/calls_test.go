package main

import (
	"context"
	"net/http"
	"testing"
	"time"

	"onhook/api"
	"onhook/outcome"
	"onhook/store"
)

// TestCallsListsWhatHasJustEnded: a record that the server has not even written
// when the command begins is listed. Without a server the folder alone counts.
func TestCallsListsWhatHasJustEnded(t *testing.T) {
	dir := t.TempDir()
	local, _, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const id = "call_01956f00-0000-7000-8000-0000000000aa"
	begun := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	server := &api.Server{Metrics: api.NewMetrics(), Settle: func(ctx context.Context) error {
		rec := outcome.Record{ID: id, StartedAt: begun, EndedAt: begun.Add(time.Second), Status: "Busy", ByeReason: "USER_BUSY"}
		if err := local.Finish(rec, nil, nil); err != nil {
			return err
		}
		return local.Settle(ctx)
	}}
	socket, err := api.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	control := &http.Server{Handler: server.Owner()}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = control.Serve(socket) // it ends by Close
	}()
	count := func() int {
		t.Helper()
		r, err := dataFlags{Data: dir}.reader()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		page, err := r.List(store.Filter{}, store.Cursor{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Records)
	}
	if n := count(); n != 1 {
		t.Errorf("with the server: %d calls, want the one that has just ended", n)
	}
	if err := control.Close(); err != nil {
		t.Error(err)
	}
	<-ended
	if err := local.Close(); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 1 {
		t.Errorf("without a server: %d calls, want one", n)
	}
}

// TestNothingOfACallerActsOnTheTerminal: neither escapes nor what turns a line around.
func TestNothingOfACallerActsOnTheTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"Zoë 東京 \u00a0ok": "Zoë 東京 \u00a0ok",
		"a\x1b[2Jb\r\nc":  "a?[2Jb??c",
		"a\u202eb\u2066c": "a?b?c",
		"a\u009bb\u200bc": "a?b?c",
		"\xff":            "\ufffd",
	} {
		if got := printable(text); got != want {
			t.Errorf("%q is printed as %q, want %q", text, got, want)
		}
	}
}
