package webhook

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestARedirectThatLeadsBackEnds: a receiver that sends the message on for ever is asked a few times.
func TestARedirectThatLeadsBackEnds(t *testing.T) {
	var asked atomic.Int32
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		asked.Add(1)
		http.Redirect(w, q, "/again", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(web.Close)
	e := Endpoint{URL: web.URL, Secrets: []Secret{{Text: NewSecret()}}}
	got := post(t.Context(), newClient(nil, patience), &e, "test", &stored{id: "msg_1", body: []byte("{}")}, time.Now)
	if !strings.Contains(got.err, "redirects again and again") || asked.Load() != mostRedirects+1 {
		t.Errorf("%+v after %d requests", got, asked.Load())
	}
}

// TestWhichRedirectsAreFollowed holds those that keep the message and its secrecy.
func TestWhichRedirectsAreFollowed(t *testing.T) {
	for _, x := range []struct {
		from, to string
		status   int
		want     string // empty: it is followed
	}{
		{"https://a/", "https://b/", http.StatusTemporaryRedirect, ""},
		{"https://a/", "https://b/", http.StatusPermanentRedirect, ""},
		{"http://a/", "https://b/", http.StatusPermanentRedirect, ""},
		{"http://a/", "http://b/", http.StatusTemporaryRedirect, ""},
		{"https://a/", "http://a/", http.StatusTemporaryRedirect, "from https to http"},
		{"https://a/", "http://a/", http.StatusPermanentRedirect, "from https to http"},
		{"https://a/", "https://b/", http.StatusMovedPermanently, http.ErrUseLastResponse.Error()},
		{"https://a/", "https://b/", http.StatusFound, http.ErrUseLastResponse.Error()},
		{"https://a/", "https://b/", http.StatusSeeOther, http.ErrUseLastResponse.Error()},
	} {
		before, err := http.NewRequest(http.MethodPost, x.from, nil)
		if err != nil {
			t.Fatal(err)
		}
		to, err := http.NewRequest(http.MethodPost, x.to, nil)
		if err != nil {
			t.Fatal(err)
		}
		to.Response = &http.Response{StatusCode: x.status}
		err = redirected(to, []*http.Request{before})
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
			t.Errorf("%d from %s to %s: %v, want %q", x.status, x.from, x.to, err, x.want)
		}
	}
}
