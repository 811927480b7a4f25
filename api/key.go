package api

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"onhook/config"
)

// KeysName is the file in the data folder that holds the hashes of the keys.
const KeysName = "api-keys.json"

// keyPrefix begins every key, so that scanners for leaked secrets know it.
const keyPrefix = "onhook_"

// A Key is a key of the API, without the key itself: only its hash is kept.
type Key struct {
	Name      string         `json:"name"`
	SHA256    string         `json:"sha256,omitempty"`
	Scopes    []config.Scope `json:"scopes"`
	CreatedAt time.Time      `json:"created_at"`
	ExpiresAt *time.Time     `json:"expires_at,omitempty"`
	Source    string         `json:"source,omitempty" doc:"config: it stands in the configuration file"`
}

// has reports whether a key may do what a scope stands for.
func (k *Key) has(s config.Scope) bool { return slices.Contains(k.Scopes, s) }

func (k *Key) expired(now time.Time) bool { return k.ExpiresAt != nil && !now.Before(*k.ExpiresAt) }

// Errors of a Keyring.
var (
	ErrKeyExists   = errors.New("a key of this name exists")
	ErrKeyNotFound = errors.New("no key of this name was made")
	ErrKeyName     = errors.New("the name of a key is 1 to 64 letters, digits and - _ . + * #")
)

// A Keyring holds the keys. All methods may be called from any goroutine.
type Keyring struct {
	path   string
	mu     sync.RWMutex
	made   []Key // kept in the file
	given  []Key // of the configuration
	byHash map[string]*Key
}

// OpenKeyring reads the keys of a data folder. fresh says that there has never
// been one.
func OpenKeyring(data string) (r *Keyring, fresh bool, err error) {
	r = &Keyring{path: filepath.Join(data, KeysName)}
	raw, err := os.ReadFile(r.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		fresh = true
	case err != nil:
		return nil, false, err
	default:
		if err := json.Unmarshal(raw, &r.made); err != nil {
			return nil, false, fmt.Errorf("%s: %w; remove the file for a new key", r.path, err)
		}
	}
	r.index()
	return r, fresh, nil
}

// index makes the map of hashes anew.
func (r *Keyring) index() {
	r.byHash = make(map[string]*Key, len(r.made)+len(r.given))
	for _, list := range [][]Key{r.given, r.made} {
		for i := range list {
			r.byHash[list[i].SHA256] = &list[i]
		}
	}
}

// Configure takes the keys of the configuration file in the place of those before.
func (r *Keyring) Configure(keys []config.APIKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.given = nil
	for _, k := range keys {
		r.given = append(r.given, Key{Name: k.Name, SHA256: string(k.SHA256), Scopes: k.Scopes, Source: "config"})
	}
	r.index()
}

// Add makes a key and returns it: it is not kept, only its hash. life 0: for ever.
func (r *Keyring) Add(name string, scopes []config.Scope, now time.Time, life time.Duration) (secret string, k Key, err error) {
	if !validKeyName(name) {
		return "", Key{}, ErrKeyName
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := func(k Key) bool { return k.Name == name }
	if slices.ContainsFunc(r.made, taken) || slices.ContainsFunc(r.given, taken) {
		return "", Key{}, ErrKeyExists
	}
	secret = keyPrefix + rand.Text() + rand.Text() // 260 bits
	k = Key{Name: name, SHA256: hashOf(secret), Scopes: slices.Clone(scopes), CreatedAt: now.UTC().Truncate(time.Second)}
	if life > 0 {
		until := now.Add(life).UTC().Truncate(time.Second)
		k.ExpiresAt = &until
	}
	next := append(slices.Clone(r.made), k)
	if err := r.keep(next); err != nil {
		return "", Key{}, err
	}
	r.made = next
	r.index()
	return secret, k, nil
}

// Remove takes a key back; who uses it is refused from now on.
func (r *Keyring) Remove(name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := slices.DeleteFunc(slices.Clone(r.made), func(k Key) bool { return k.Name == name })
	if len(next) == len(r.made) {
		return ErrKeyNotFound
	}
	if err := r.keep(next); err != nil {
		return err
	}
	r.made = next
	r.index()
	return nil
}

// List returns the keys without their hashes.
func (r *Keyring) List() []Key {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := append(slices.Clone(r.given), r.made...)
	for i := range out {
		out[i].SHA256 = ""
	}
	return out
}

// find returns the key of a secret. What is looked up is a hash of 256 random
// bits, so that the time it takes tells nothing.
func (r *Keyring) find(secret string, now time.Time) (Key, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	k := r.byHash[hashOf(secret)]
	if k == nil || k.expired(now) {
		return Key{}, false
	}
	return *k, true
}

// valid reports whether a key that was found once still holds.
func (r *Keyring) valid(k Key, now time.Time) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byHash[k.SHA256] != nil && !k.expired(now)
}

// keep writes the file as a whole, for its owner only.
func (r *Keyring) keep(keys []Key) error {
	raw, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(r.path), ".api-keys-") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(raw, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), r.path)
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func validKeyName(s string) bool {
	for i := range len(s) {
		b := s[i]
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && b != '-' && b != '_' && b != '.' && b != '+' && b != '*' && b != '#' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
