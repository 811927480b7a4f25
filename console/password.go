package console

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"
)

// PasswordName is the file in the data folder that holds the hash of the console's password.
const PasswordName = "console.json"

// Parameters of argon2id (RFC 9106). The password is made by us, of 100 random
// bits, so that the hash need not slow down guessing much; it must not slow
// down calls either.
const (
	hashTime   = 2
	hashMemory = 19 << 10 // KiB
	hashLanes  = 1
	hashSalt   = 16
	hashLength = 32
)

// Passwords holds the console's password. All methods may be called from any goroutine.
type Passwords struct {
	path string
	one  sync.Mutex // hashing takes memory: one at a time
}

// kept is the file.
type kept struct {
	Argon2id string `json:"argon2id"` // as the reference implementation writes it: $argon2id$v=19$m=...,t=...,p=...$salt$hash
}

// OpenPasswords looks for the console's password in a data folder. fresh says
// that there is none yet.
func OpenPasswords(data string) (p *Passwords, fresh bool, err error) {
	p = &Passwords{path: filepath.Join(data, PasswordName)}
	_, err = p.hash()
	if errors.Is(err, os.ErrNotExist) {
		return p, true, nil
	}
	return p, false, err
}

// Renew makes a new password and returns it: only its hash is kept. Sessions
// of the old one end.
func (p *Passwords) Renew() (string, error) {
	text := rand.Text()[:20]
	password := strings.ToLower(text[:5] + "-" + text[5:10] + "-" + text[10:15] + "-" + text[15:])
	salt := make([]byte, hashSalt)
	rand.Read(salt) // never fails (crypto/rand)
	key := argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashLanes, hashLength)
	b64 := base64.RawStdEncoding
	raw, err := json.MarshalIndent(kept{fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashTime, hashLanes, b64.EncodeToString(salt), b64.EncodeToString(key))}, "", "  ")
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(p.path), ".console-") // mode 0600
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(raw, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", err
	}
	return password, os.Rename(f.Name(), p.path)
}

// hash reads the file: the command line may have changed it.
func (p *Passwords) hash() (string, error) {
	raw, err := os.ReadFile(p.path)
	if err != nil {
		return "", err
	}
	var k kept
	if err := json.Unmarshal(raw, &k); err != nil {
		return "", fmt.Errorf("%s: %w; remove the file for a new password", p.path, err)
	}
	if _, _, _, err := parseHash(k.Argon2id); err != nil {
		return "", fmt.Errorf("%s: %w; remove the file for a new password", p.path, err)
	}
	return k.Argon2id, nil
}

// check compares a password with the kept one; it takes the same time whether
// they are equal or not.
func (p *Passwords) check(password string) (hash string, ok bool, err error) {
	hash, err = p.hash()
	if err != nil {
		return "", false, err
	}
	params, salt, want, err := parseHash(hash)
	if err != nil {
		return "", false, err
	}
	p.one.Lock()
	defer p.one.Unlock()
	got := argon2.IDKey([]byte(strings.TrimSpace(password)), salt, params.time, params.memory, params.lanes, uint32(len(want)))
	return hash, subtle.ConstantTimeCompare(got, want) == 1, nil
}

type hashParams struct {
	time, memory uint32
	lanes        uint8
}

// parseHash reads the form of the reference implementation. Parameters that
// would take the server's memory are refused.
func parseHash(s string) (x hashParams, salt, key []byte, err error) {
	bad := errors.New("argon2id: not a hash that can be used")
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return x, nil, nil, bad
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &x.memory, &x.time, &x.lanes); n != 3 || err != nil {
		return x, nil, nil, bad
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || x.time < 1 || x.time > 16 || x.memory < 8 || x.memory > 256<<10 || x.lanes < 1 || x.lanes > 16 || len(salt) < 8 || len(key) < 16 || len(key) > 64 {
		return x, nil, nil, bad
	}
	return x, salt, key, nil
}
