package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Errors of commands for endpoints.
var (
	ErrNotFound  = errors.New("webhook: no such endpoint")
	ErrNoMessage = errors.New("webhook: the endpoint was never given such a message, or its log has expired")
	ErrExists    = errors.New("webhook: an endpoint of this name exists")
	ErrInConfig  = errors.New("webhook: the endpoint stands in the configuration file and is changed there")
	ErrClosed    = errors.New("webhook: the sender is closed")
)

// Where an endpoint comes from.
const (
	FromConfig = "config"
	FromAPI    = "api"
)

// SecretPrefix begins every secret, as Standard Webhooks has it.
const SecretPrefix = "whsec_"

// A Secret signs messages.
type Secret struct {
	Text  string    `json:"text"` // whsec_ and base64
	Until time.Time `json:"until,omitzero"`
}

// An Endpoint is where messages go.
type Endpoint struct {
	Name      string         `json:"name"`
	URL       string         `json:"url"`
	Events    []string       `json:"events" doc:"the types that it gets: call.ended, or call.* for all of calls; * is everything"`
	Private   []netip.Prefix `json:"private,omitempty" doc:"private networks that its address may be in"`
	Source    string         `json:"source" doc:"config: it stands in the configuration file; api: it was made here"`
	CreatedAt time.Time      `json:"created_at"`
	Disabled  string         `json:"disabled,omitempty" doc:"why nothing is sent to it; left out: it is enabled"`
	Secrets   []Secret       `json:"-"`
}

// An EndpointState is an endpoint and how it does. Counts begin with the process.
type EndpointState struct {
	Endpoint
	Signatures int        `json:"signatures" doc:"how many secrets sign: two while one takes the place of another"`
	Pending    int        `json:"pending" doc:"messages that are to be delivered"`
	Delivered  uint64     `json:"delivered"`
	Attempts   uint64     `json:"attempts" doc:"requests that were made"`
	Failed     uint64     `json:"failed" doc:"messages given up after the last try"`
	Dropped    uint64     `json:"dropped" doc:"messages that found the queue full"`
	LastAt     *time.Time `json:"last_at,omitempty" doc:"of the last request"`
	LastStatus int        `json:"last_status,omitempty" doc:"the HTTP status of its answer; left out: there was none"`
	LastError  string     `json:"last_error,omitempty" doc:"why it was no success"`
}

// NewSecret makes a secret of 256 random bits.
func NewSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return SecretPrefix + base64.StdEncoding.EncodeToString(b[:])
}

// CheckSecret says what is wrong with a secret: it is to be whsec_ and 24 to 64 bytes in base64.
func CheckSecret(s string) error {
	rest, found := strings.CutPrefix(s, SecretPrefix)
	if !found {
		return errors.New("a secret begins with " + SecretPrefix)
	}
	raw, err := base64.StdEncoding.DecodeString(rest)
	if err != nil {
		return errors.New("behind " + SecretPrefix + " comes base64")
	}
	if len(raw) < 24 || len(raw) > 64 {
		return fmt.Errorf("a secret has 24 to 64 bytes, not %d", len(raw))
	}
	return nil
}

// CheckURL says what is wrong with the address of an endpoint.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || len(text) > 2048:
		return errors.New("it is not a URL of at most 2048 characters")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("a webhook goes by https or http")
	case u.Hostname() == "":
		return errors.New("it names no host")
	case u.User != nil:
		return errors.New("a user and password in the URL would be shown to all who see the list: the signature proves who sends")
	case u.Fragment != "":
		return errors.New("what is behind # is sent to nobody")
	}
	return nil
}

// CheckEvent says what is wrong with a pattern of event types.
func CheckEvent(p string) error {
	if p == "*" {
		return nil
	}
	kind, rest, found := strings.Cut(p, ".")
	word := func(s string) bool {
		return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") == ""
	}
	if !found || len(p) > 64 || !word(kind) || rest != "*" && !word(rest) {
		return errors.New("a type such as call.ended, call.* for all of calls, or * for everything")
	}
	return nil
}

// wants tells whether the endpoint gets messages of a type.
func (e *Endpoint) wants(kind string) bool {
	if e.Disabled != "" {
		return false
	}
	return slices.ContainsFunc(e.Events, func(p string) bool {
		prefix, wild := strings.CutSuffix(p, "*")
		return p == kind || wild && strings.HasPrefix(kind, prefix)
	})
}

// valid are the secrets that sign now.
func (e *Endpoint) valid(now time.Time) []Secret {
	return slices.DeleteFunc(slices.Clone(e.Secrets), func(s Secret) bool { return !s.Until.IsZero() && now.After(s.Until) })
}
