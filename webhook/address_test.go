package webhook

import (
	"net/netip"
	"strings"
	"testing"
)

func TestWhichAddressesArePublic(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "2606:4700::1111": true, "::ffff:8.8.8.8": true,
		"127.0.0.1": false, "::1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "0.0.0.0": false, "::": false, "255.255.255.255": false, "224.0.0.1": false, "ff02::1": false,
		"fe80::1": false, "fe80::1%eth0": false, "fd00::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::7f00:1": false,
		"64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001::1": false, "fec0::1": false, "198.18.0.1": false, "240.0.0.1": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

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
