package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAccountsAreKeptForTheirOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	if all, err := LoadAccounts(dir); err != nil || len(all) != 0 {
		t.Fatalf("a new folder has %v, %v", all, err)
	}
	all := []Account{
		{Name: "105", Display: "Eve", Realm: "example.com", SHA256: "ab", MD5: "cd", Voicemail: true, Groups: []string{"sales"}, CreatedAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		{Name: "106", Realm: "example.com", SHA256: "ef", MD5: "01"},
	}
	for range 2 {
		if err := SaveAccounts(dir, all); err != nil {
			t.Fatal(err)
		}
	}
	got, err := LoadAccounts(dir)
	if diff := cmp.Diff(all, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	path := filepath.Join(dir, accountsName)
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, mode %v: the hashes are worth as much as passwords", err, st.Mode())
	}
	if err := os.WriteFile(path, []byte("["), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadAccounts(dir); err == nil {
		t.Error("rubbish was read")
	}
}
