package config

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A Webhook is a URL that is told of events.
type Webhook struct {
	Name       string         `yaml:"name" need:"yes" doc:"Its name in the API, the log and metrics."`
	URL        string         `yaml:"url" need:"yes" doc:"The http or https address that events are posted to: docs/webhooks.md."`
	Secret     Secret         `yaml:"secret" doc:"Signs what is posted, as Standard Webhooks has it: base64 of 24 to 64 bytes, with whsec_ before it; or secret_file."`
	SecretFile string         `yaml:"secret_file" doc:"A file whose first line is the secret; a relative path starts at the configuration file's folder."`
	Former     Secret         `yaml:"former_secret" doc:"The secret before, which signs beside secret until receivers know the new one."`
	Events     []WebhookEvent `yaml:"events" default:"call.*, registration.*, trunk.*, queue.*, outside.*, source.*" doc:"The types that it gets."`
	Private    []netip.Prefix `yaml:"private" doc:"Private networks that its address may be in: without them only public addresses are told."`
}

// A WebhookEvent is a type of events such as call.ended, or call.* for all of calls, or *.
type WebhookEvent string

// eventKinds are what events are about.
var eventKinds = []string{"call", "registration", "trunk", "queue", "user", "outside", "source"}

func parseWebhookEvent(s string) (WebhookEvent, error) {
	kind, rest, found := strings.Cut(s, ".")
	switch {
	case s == "*":
	case !found || rest == "" || rest != "*" && strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz_") != "":
		return "", errNothingToAdd
	case !slices.Contains(eventKinds, kind):
		return "", errors.New("events are of " + strings.Join(eventKinds, ", "))
	}
	return WebhookEvent(s), nil
}

// webhooks checks names, addresses and secrets.
func (c *checker) webhooks() {
	taken := make(map[string]bool)
	for i, h := range c.config.Webhooks {
		path := "webhooks[" + strconv.Itoa(i) + "]"
		c.ownName(path+".name", h.Name, taken)
		if u, err := url.Parse(h.URL); h.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "") {
			c.report(path+".url", "no http address, or one with a user or a #", "an address such as https://crm.example.com/calls")
		}
		if (h.Secret == "") == (h.SecretFile == "") && !c.bad(path+".secret") && !c.bad(path+".secret_file") {
			c.report(path, "none or both of secret and secret_file", "exactly one of them")
		}
		c.hookSecret(path+".secret", h.Secret)
		c.hookSecret(path+".former_secret", h.Former)
	}
}
