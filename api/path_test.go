package api

import (
	"net/http"
	"strings"
	"testing"

	"onhook/config"
)

// TestClass43_PathsLeadNowhereElse: whatever stands for an id, no file is read that is none of the API's.
func TestClass43_PathsLeadNowhereElse(t *testing.T) {
	s, keys := newSite(t)
	s.keep(testRecord(0))
	at := "/v1/calls/" + testID(0)
	if r := s.ask("GET", at+"/recording", keys["all"], ""); r.status != 200 {
		t.Fatalf("the recording itself: %d", r.status)
	}
	ids := []string{
		"..%2f..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%2fetc%2fpasswd", "..%5c..%5cetc%5cpasswd", "%2e%2e", "..", ".",
		testID(0) + "%00", testID(0) + "%2f..%2f" + testID(0), testID(0) + ".wav", "%252e%252e%252fetc%252fpasswd",
	}
	for _, id := range ids {
		for _, path := range []string{
			"/v1/calls/" + id + "/recording", "/v1/calls/" + id + "/pcap", "/v1/calls/" + id + "/ladder", "/v1/calls/" + id + "/messages",
			"/v1/voicemail/" + id + "/messages", "/v1/voicemail/100/messages/" + id + "/audio", "/v1/voicemail/" + id + "/greeting", "/v1/reasons/" + id,
		} {
			r := s.ask("GET", path, keys["all"], "")
			// Where the path itself was shortened ("..") it may name something of the API's.
			if strings.Contains(r.body, "root:") || r.status >= 500 || r.status == http.StatusOK && strings.Contains(r.header.Get("Content-Type"), "audio") {
				t.Errorf("%s: %d, %.200s", path, r.status, r.body)
			}
		}
		for _, path := range []string{"/v1/voicemail/100/messages/" + id, "/v1/keys/" + id, "/v1/webhooks/" + id} {
			if r := s.ask("DELETE", path, keys["all"], ""); r.status/100 == 2 {
				t.Errorf("DELETE %s: %d", path, r.status)
			}
		}
	}
	if r := s.ask("GET", at+"/recording", keys[config.RecordingsRead], ""); r.status != 200 {
		t.Errorf("the recording is gone: %d", r.status)
	}
}
