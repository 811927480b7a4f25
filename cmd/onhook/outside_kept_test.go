package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onhook/exchange"
	"onhook/store"
)

func TestTalkOutsideIsKeptForItsDay(t *testing.T) {
	folder := t.TempDir()
	day := time.Date(2026, 11, 20, 23, 0, 0, 0, time.UTC)
	if got, err := talkedToday(folder, day); err != nil || got != nil {
		t.Fatalf("without a file: %v, %v", got, err)
	}
	k := talkOf(exchange.OutsideState{Accounts: []exchange.OutsideAccount{{User: "100", Minutes: 1.5}, {User: "101", Refused: 3}}}, day)
	if err := store.SaveWhole(folder, talkedName, k); err != nil {
		t.Fatal(err)
	}
	got, err := talkedToday(folder, day.In(time.FixedZone("", 3600)))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]time.Duration{"100": 90 * time.Second}, got); d != "" {
		t.Error(d)
	}
	if got, err := talkedToday(folder, day.Add(2*time.Hour)); err != nil || got != nil {
		t.Errorf("on the next day: %v, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(folder, talkedName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := talkedToday(folder, day); err == nil {
		t.Error("a damaged file is taken for none")
	}
}
