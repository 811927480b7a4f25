package api

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onhook/config"
)

func TestKeysAreKeptAsHashesForTheirOwner(t *testing.T) {
	dir := t.TempDir()
	r, fresh, err := OpenKeyring(dir)
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	secret, _, err := r.Add("a", []config.Scope{config.CallsRead}, t0, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, KeysName))
	if err != nil || strings.Contains(string(raw), secret) || len(secret) < 50 {
		t.Errorf("%s, %v", raw, err)
	}
	if st, err := os.Stat(filepath.Join(dir, KeysName)); err != nil || st.Mode().Perm() != 0o600 {
		t.Error(st.Mode(), err)
	}
	again, fresh, err := OpenKeyring(dir)
	if err != nil || fresh {
		t.Fatal(fresh, err)
	}
	k, ok := again.find(secret, t0)
	if !ok || k.Name != "a" || !k.has(config.CallsRead) || k.has(config.KeysWrite) {
		t.Errorf("%+v %v", k, ok)
	}
	if _, ok := again.find(secret, t0.Add(time.Hour)); ok || again.valid(k, t0.Add(time.Hour)) {
		t.Error("it holds beyond its life")
	}
	if again.List()[0].SHA256 != "" {
		t.Error("the list shows hashes")
	}
	if err := again.Remove("a"); err != nil {
		t.Fatal(err)
	}
	if _, ok := again.find(secret, t0); ok || again.valid(k, t0) {
		t.Error("it holds though it was removed")
	}
	if err := again.Remove("a"); err != ErrKeyNotFound {
		t.Error(err)
	}
}

func TestKeysOfTheConfigurationComeAndGoWithIt(t *testing.T) {
	r, _, err := OpenKeyring(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r.Configure([]config.APIKey{{Name: "c", SHA256: config.Hash(hashOf("secret")), Scopes: []config.Scope{config.CallsRead}}})
	if k, ok := r.find("secret", t0); !ok || k.Source != "config" {
		t.Errorf("%+v %v", k, ok)
	}
	if _, _, err := r.Add("c", nil, t0, 0); err != ErrKeyExists {
		t.Error(err)
	}
	if err := r.Remove("c"); err != ErrKeyNotFound {
		t.Error(err)
	}
	r.Configure(nil)
	if _, ok := r.find("secret", t0); ok {
		t.Error("it holds though the configuration has it no more")
	}
}

func TestAKeyMakesNoneThatMayDoMoreThanItself(t *testing.T) {
	s, keys := newSite(t)
	r := s.ask("POST", "/v1/keys", keys[config.KeysWrite], `{"name":"n","scopes":["keys:write","pcap:read"]}`)
	if p := s.problem(r); p.Code != "scope_missing" {
		t.Errorf("%+v", p)
	}
	made := decode[NewKey](t, s.ask("POST", "/v1/keys", keys["all"], `{"name":"n","scopes":["calls:read"],"life":"1h"}`))
	if made.SHA256 != "" || made.ExpiresAt == nil || s.ask("GET", "/v1/live", made.Secret, "").status != 200 {
		t.Errorf("%+v", made)
	}
	if r := s.ask("DELETE", "/v1/keys/n", keys["all"], ""); r.status != 204 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := s.ask("GET", "/v1/live", made.Secret, ""); r.status != 401 {
		t.Errorf("a key that was removed: %d", r.status)
	}
}
