package e2e

import (
	"bytes"
	"net/http"
	"testing"

	"onhook/media"
)

// upload puts a WAV file of so many seconds of a tone.
func (c *apiClient) upload(status int, path string, seconds int, hertz float64) {
	c.t.Helper()
	var wav bytes.Buffer
	if err := media.WriteWAV(&wav, media.Audio{Channels: 1, Samples: media.Tone(seconds*8000, 8000, hertz)}, media.WAVPCM); err != nil {
		c.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), "PUT", c.base+path, &wav)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	req.Header.Set("Content-Type", "audio/wav")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != status {
		c.t.Fatalf("PUT %s: %s, want %d", path, resp.Status, status)
	}
}

// TestPromptsMadeByTheAPI plays a prompt that was uploaded, then another in its place,
// also after a restart.
func TestPromptsMadeByTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	o.patient()
	api := o.api()
	for i, hertz := range []float64{640, 1210} {
		a, b := o.connect("100", "101")
		id := api.upCall("100", "101")
		if i == 0 {
			api.post(404, "/v1/calls/"+id+"/play", `{"prompts":["notice"]}`)
		}
		api.upload([]int{201, 204}[i], "/v1/prompts/notice", 60, hertz)
		api.post(200, "/v1/calls/"+id+"/play", `{"prompts":["notice"],"party":"caller"}`)
		o.hears(a, hertz)
		o.must(a.Hangup(o.ctx))
		o.ended(b)
	}
	o.records(2)
	o.kill()
	o.run()
	o.connectPhones()
	api = o.again(api)
	a, b := o.connect("100", "101")
	id := api.upCall("100", "101")
	api.post(200, "/v1/calls/"+id+"/play", `{"prompts":["notice"],"party":"caller"}`)
	o.hears(a, 1210)
	api.send(204, "DELETE", "/v1/prompts/notice", "")
	api.post(404, "/v1/calls/"+id+"/play", `{"prompts":["notice"]}`)
	o.must(a.Hangup(o.ctx))
	o.ended(b)
	for _, r := range o.records(3) {
		expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	}
}
