package config

import (
	"strings"
	"testing"
)

func TestHEP(t *testing.T) {
	c, err := Parse("test", []byte("hep: {listen: [\"udp://:9060\", \"tcp://[::1]:9060\"], send: udp://collector.example:9060, id: 7, key: hush}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.HEP.Listen) != 2 || c.HEP.Listen[1].Host() != "::1" || c.HEP.Send.Host() != "collector.example" || c.HEP.ID != 7 || string(c.HEP.Key) != "hush" {
		t.Errorf("%+v", c.HEP)
	}
	if !c.hasSecrets() {
		t.Error("a key is a secret")
	}
	for in, want := range map[string]string{
		"listen: 9060":            "udp://",
		"listen: \"tls://:9060\"": `HEP does not go by "tls"`,
		"listen: udp://host":      "a port",
		"send: \"udp://:9060\"":   "a host and a port",
		"send: udp://a_b!:9060":   "letters, digits",
		"send: udp://h:70000":     "65535",
		"id: -1":                  "at least 0",
		"{send: \"udp://h:9060\", listen: \"udp://h:9060\"}": "another address",
	} {
		text := "hep: {" + in + "}\n"
		if strings.HasPrefix(in, "{") {
			text = "hep: " + in + "\n"
		}
		if _, err := Parse("test", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", in, err, want)
		}
	}
}
