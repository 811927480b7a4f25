package webhook

import (
	"strings"
	"testing"
)

func TestWhatAnEndpointMayBe(t *testing.T) {
	for url, want := range map[string]string{
		"https://example.com/x?y=z": "", "http://192.0.2.1:8080": "", "ftp://example.com": "https or http", "https://": "host",
		"https://a:b@example.com": "password", "https://example.com/#x": "#", "://": "URL", "https://e.com/" + strings.Repeat("x", 3000): "URL",
	} {
		if err := CheckURL(url); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", url, err)
		}
	}
	for event, good := range map[string]bool{"*": true, "call.*": true, "call.ended": true, "call.": false, "call": false, ".x": false, "call.x*": false, "Call.ended": false} {
		if err := CheckEvent(event); (err == nil) != good {
			t.Errorf("%s: %v", event, err)
		}
	}
	for secret, good := range map[string]bool{NewSecret(): true, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": true, "whsec_": false, "whsec_!!": false, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": false} {
		if err := CheckSecret(secret); (err == nil) != good {
			t.Errorf("%s: %v", secret, err)
		}
	}
}
