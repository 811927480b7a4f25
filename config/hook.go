package config

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"onhook/route"
)

// A Hook is an application elsewhere.
type Hook struct {
	Name       string            `yaml:"name" need:"yes" doc:"Routes, menus and queues lead to it as hook:NAME."`
	URL        string            `yaml:"url" need:"yes" doc:"The http or https address that is posted what happens and answers what to do: docs/hooks.md."`
	Secret     Secret            `yaml:"secret" doc:"Signs what is posted, as Standard Webhooks has it: base64 of 24 to 64 bytes, with whsec_ before it; or secret_file. Empty: nothing is signed."`
	SecretFile string            `yaml:"secret_file" doc:"A file whose first line is the secret; a relative path starts at the configuration file's folder."`
	Timeout    time.Duration     `yaml:"timeout" default:"5s" min:"100ms" max:"1m" doc:"How long each answer may take."`
	Fallback   route.Destination `yaml:"fallback" doc:"Where callers go when it does not answer in time, or not with verbs that can be carried out. Empty: their call ends with NORMAL_TEMPORARY_FAILURE."`
	Private    []netip.Prefix    `yaml:"private" doc:"Private networks that its address may be in: without them only public addresses are called."`
}

// hookNames are the destinations of hooks.
func hookNames(c *Config) (names []string) {
	for _, h := range c.Hooks {
		names = append(names, "hook:"+h.Name)
	}
	return names
}

// hooks checks names, addresses, secrets and fallbacks.
func (c *checker) hooks() {
	taken := make(map[string]bool)
	for i, h := range c.config.Hooks {
		path := fmt.Sprintf("hooks[%d]", i)
		c.ownName(path+".name", h.Name, taken)
		if u, err := url.Parse(h.URL); h.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "") {
			c.report(path+".url", "no http address", "an address such as https://app.example.com/calls")
		}
		if h.Secret != "" && h.SecretFile != "" {
			c.report(path+".secret", "secret and secret_file", "one of them")
		}
		c.hookSecret(path+".secret", h.Secret)
		c.destination(path+".fallback", h.Fallback)
		if h.Fallback.Text == "hook:"+h.Name {
			c.report(path+".fallback", strconv.Quote(h.Fallback.String()), "a destination other than the hook itself")
		}
	}
}

// hookSecret checks a secret: the Standard Webhooks specification has 24 to 64 bytes.
func (c *checker) hookSecret(path string, s Secret) {
	if s == "" {
		return
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(s), "whsec_"))
	if err != nil || len(key) < 24 || len(key) > 64 {
		c.report(path, "a secret", "base64 of 24 to 64 bytes, such as the output of: openssl rand -base64 32")
	}
}
