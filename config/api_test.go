package config

import (
	"strings"
	"testing"
)

func TestAPIIsOnLoopbackUnlessTheFileSaysOtherwise(t *testing.T) {
	for file, want := range map[string]struct {
		listen string
		given  bool
		warns  bool
	}{
		"domain: example.com\n":              {"127.0.0.1:8080", false, false},
		"api: {listen: \"127.0.0.1:0\"}\n":   {"127.0.0.1:0", true, false},
		"api: {listen: \"[::1]:9000\"}\n":    {"[::1]:9000", true, false},
		"api: {listen: \"0.0.0.0:8080\"}\n":  {"0.0.0.0:8080", true, true},
		"api: {listen: off}\n":               {"invalid AddrPort", true, false},
		"api:\n  listen: \"192.0.2.1:80\"\n": {"192.0.2.1:80", true, true},
	} {
		c, err := Parse("x.yaml", []byte(file))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if c.API.Listen.String() != want.listen || c.APIListenGiven() != want.given || len(c.Warnings) > 0 != want.warns {
			t.Errorf("%s: %s, given %v, warnings %q", file, c.API.Listen, c.APIListenGiven(), c.Warnings)
		}
	}
}

func TestKeysOfTheAPIAreChecked(t *testing.T) {
	hash := strings.Repeat("0f", 32)
	for file, want := range map[string]string{
		"api: {listen: localhost}\n":                                                                                                          "api.listen",
		"api: {keys: [{name: a, sha256: 00, scopes: [calls:read]}]}\n":                                                                        "api.keys[0].sha256",
		"api: {keys: [{name: a, sha256: " + hash + ", scopes: [calls:reed]}]}\n":                                                              "calls:read",
		"api: {keys: [{name: \"a b\", sha256: " + hash + ", scopes: [calls:read]}]}\n":                                                        "api.keys[0].name",
		"api: {keys: [{name: a, sha256: " + hash + ", scopes: [calls:read]}, {name: a, sha256: " + hash + ", scopes: [\"metrics:read\"]}]}\n": "api.keys[1].name",
	} {
		got := strings.Join(lines(t, file), "\n")
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", file, got, want)
		}
	}
	c, err := Parse("x.yaml", []byte("api: {keys: [{name: a, sha256: "+hash+", scopes: [\"calls:read\", \"pcap:read\"]}]}\n"))
	if err != nil || len(c.API.Keys) != 1 || len(c.API.Keys[0].Scopes) != 2 || c.API.Keys[0].Scopes[1] != PcapRead {
		t.Errorf("%+v, %v", c, err)
	}
}
