package config

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestSecretsDoNotPrint(t *testing.T) {
	c := Config{Users: []User{{Name: "a", Password: "hush", HA1: HA1{MD5: "hush", SHA256: "hush"}}}, Trunks: []Trunk{{Password: "hush"}}}
	asJSON, err := json.Marshal(c.Users)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), string(asJSON)} {
		if strings.Contains(s, "hush") {
			t.Errorf("a secret stands in %s", s)
		}
	}
	for _, line := range lines(t, "users:\n  - {name: a, password: [hush]}\n  - {name: b, password: true, ha1: {md5: hush, sha256: {x: hush}}}\ntrunks: [{name: c, address: d, password: hush}]") {
		if strings.Contains(line, "hush") {
			t.Errorf("a secret stands in %s", line)
		}
	}
}

func TestDurations(t *testing.T) {
	for s, want := range map[string]time.Duration{"5s": 5 * time.Second, "1h30m": 90 * time.Minute, "90d": 90 * 24 * time.Hour, "0": 0, "0s": 0} {
		if got, err := parseDuration(s); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "5", "-5s", "5 s", "1.5d", "99999d", "d", "s"} {
		if got, err := parseDuration(s); err == nil {
			t.Errorf("%q was accepted as %v", s, got)
		}
	}
}

func TestSizes(t *testing.T) {
	for s, want := range map[string]Size{"0": 0, "512MiB": 512 << 20, "2GB": 2e9, "1 KiB": 1024, "7B": 7} {
		got, err := parseSize(s)
		if err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", s, got, err, want)
		}
		if again, err := parseSize(got.String()); err != nil || again != got {
			t.Errorf("%s prints as %s, which reads as %d, %v", s, got, again, err)
		}
	}
	for _, s := range []string{"", "512", "MiB", "-1MiB", "1.5GiB", "99999999999999GiB", "1TB"} {
		if got, err := parseSize(s); err == nil {
			t.Errorf("%q was accepted as %v", s, got)
		}
	}
}

func TestHosts(t *testing.T) {
	for s, want := range map[string]HostPort{
		"sip.example.com":    {"sip.example.com", 0},
		"192.0.2.1:5070":     {"192.0.2.1", 5070},
		"[2001:db8::1]":      {"2001:db8::1", 0},
		"[2001:db8::1]:5061": {"2001:db8::1", 5061},
	} {
		if got, err := parseHostPort(s); err != nil || got != want || got.String() != s {
			t.Errorf("%s: got %+v, %v, prints as %s", s, got, err, got)
		}
	}
	for _, s := range []string{"", ":5060", "a:", "a:0", "a:65536", "2001:db8::1", "[1.2.3.4]", "[::1", "[::1]5060", "[fe80::1%eth0]", "a b", "-a", "a..b", "1.2.3", "256.1.1.1", "a/b"} {
		if got, err := parseHostPort(s); err == nil {
			t.Errorf("%q was accepted as %+v", s, got)
		}
	}
}

func TestNetworks(t *testing.T) {
	for s, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "192.0.2.0/24": "192.0.2.0/24", "2001:db8::/32": "2001:db8::/32", "::1": "::1/128",
		"::ffff:192.0.2.1": "192.0.2.1/32", "::ffff:192.0.2.0/120": "192.0.2.0/24",
	} {
		if got, err := parsePrefix(s); err != nil || got != netip.MustParsePrefix(want) {
			t.Errorf("%s: got %v, %v, want %s", s, got, err, want)
		}
	}
	for _, s := range []string{"", "a", "192.0.2.1/24", "192.0.2.0/33", "fe80::1%eth0"} {
		if got, err := parsePrefix(s); err == nil {
			t.Errorf("%q was accepted as %v", s, got)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"domain", "ring", "rtp", "per_second", "trunks"}
	for got, want := range map[string]string{
		"domian": "domain", "Ring": "ring", "rings": "ring", "per-second": "per_second", "trunk": "trunks", "xyz": "", "r": "", "": "",
		strings.Repeat("x", 1000): "",
	} {
		if near := nearest(got, words); near != want {
			t.Errorf("%s: got %q, want %q", got, near, want)
		}
	}
}
