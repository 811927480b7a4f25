package config

import (
	"errors"
	"fmt"
	"net/netip"
)

// API is the HTTP API.
type API struct {
	Listen netip.AddrPort `yaml:"listen" default:"127.0.0.1:8080" restart:"yes" doc:"Where the HTTP API and the web console are heard: an IP address and a port, or off. It has no TLS: other machines should reach it through a proxy that has. If this default is taken by another program, the server runs without."`
	Keys   []APIKey       `yaml:"keys" doc:"Keys beside those of onhook keys, by their hashes."`
}

// APIKey is a key of the API that the configuration file names.
type APIKey struct {
	Name   string  `yaml:"name" need:"yes" doc:"Its name in logs and records."`
	SHA256 Hash    `yaml:"sha256" need:"yes" doc:"SHA-256 of the key, 64 hexadecimal digits. The key itself should be 256 random bits."`
	Scopes []Scope `yaml:"scopes" need:"yes" doc:"What it may do."`
}

// A Scope is a right of a key of the API.
type Scope string

// The scopes.
const (
	CallsRead      Scope = "calls:read"      // records, live calls, events, statistics, ladders
	CallsControl   Scope = "calls:control"   // make calls, hang up, transfer, hold, play; agents
	RecordingsRead Scope = "recordings:read" // what the parties of calls said
	PcapRead       Scope = "pcap:read"       // whole messages: they hold numbers, digits and keys of media
	SystemRead     Scope = "system:read"     // users, registrations, trunks, counters
	ConfigWrite    Scope = "config:write"    // reload, trunks on and off
	KeysWrite      Scope = "keys:write"      // keys of the API
	MetricsRead    Scope = "metrics:read"    // Prometheus
	WebhooksWrite  Scope = "webhooks:write"  // who else is told of calls

	VoicemailRead  Scope = "voicemail:read"  // messages and greetings, their sound too
	VoicemailWrite Scope = "voicemail:write" // mark and delete messages, change greetings
	UsersWrite     Scope = "users:write"     // make, change and remove extensions, take registrations away
	AuditRead      Scope = "audit:read"      // who did what
)

// Scopes are all scopes.
func Scopes() []Scope {
	return []Scope{
		CallsRead, CallsControl, RecordingsRead, PcapRead, SystemRead, ConfigWrite, KeysWrite, MetricsRead, WebhooksWrite,
		VoicemailRead, VoicemailWrite, UsersWrite, AuditRead,
	}
}

func (Scope) choices() (words []string) {
	for _, s := range Scopes() {
		words = append(words, string(s))
	}
	return words
}

// APIListenGiven reports whether the file itself says where the API is heard.
func (c *Config) APIListenGiven() bool {
	_, given := c.at["api.listen"]
	return given
}

// parseWebAddr reads an IP address with a port; off is the zero AddrPort.
func parseWebAddr(s string) (netip.AddrPort, error) {
	if s == "off" {
		return netip.AddrPort{}, nil
	}
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		return netip.AddrPort{}, errors.New("it is not an IP address, a colon and a port")
	}
	return a, nil
}

func (c *checker) api() {
	if a := c.config.API.Listen; a.IsValid() && !a.Addr().IsLoopback() {
		at := c.config.at.find("api.listen")
		c.config.Warnings = append(c.config.Warnings, fmt.Sprintf(
			"%s:%d:%d: api.listen: %s can be reached by other machines, without TLS: keys and call records can be read on the way", c.config.file, at.line, at.column, a))
	}
	seen := map[string]bool{}
	for i, k := range c.config.API.Keys {
		path := fmt.Sprintf("api.keys[%d]", i)
		c.ownName(path+".name", k.Name, seen)
		if !c.bad(path + ".sha256") {
			c.hash(path+".sha256", k.SHA256, 64)
		}
	}
}
