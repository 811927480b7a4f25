package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWebhooks(t *testing.T) {
	got := lines(t, `webhooks:
  - {name: crm, url: "https://crm.example.com/x", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, events: [call.ended, "trunk.*"]}
  - {name: crm, url: "ftp://x", secret: short, events: [call, cal.ended], private: [10.0.0.1/8]}
  - {name: other, url: "https://a:b@example.com"}
`)
	want := []string{
		`x.yaml:3:12: webhooks[1].name: got "crm" a second time, want a name of its own`,
		`x.yaml:3:22: webhooks[1].url: got no http address, or one with a user or a #, want an address such as https://crm.example.com/calls`,
		`x.yaml:3:41: webhooks[1].secret: got a secret, want base64 of 24 to 64 bytes, such as the output of: openssl rand -base64 32`,
		`x.yaml:3:57: webhooks[1].events[0]: got "call", want a type such as call.ended, call.* for all of calls, or *`,
		`x.yaml:3:63: webhooks[1].events[1]: got "cal.ended", want a type such as call.ended, call.* for all of calls, or * (events are of call, registration, trunk, queue, user, outside, source)`,
		`x.yaml:3:85: webhooks[1].private[0]: got "10.0.0.1/8", want a network such as 192.0.2.0/24, or an IP address (the network is 10.0.0.0/8)`,
		`x.yaml:4:5: webhooks[2]: got none or both of secret and secret_file, want exactly one of them`,
		`x.yaml:4:24: webhooks[2].url: got no http address, or one with a user or a #, want an address such as https://crm.example.com/calls`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
