package api

import (
	"bytes"
	"strings"
	"testing"

	"onhook/media"
)

// wavOf is a file of so many samples.
func wavOf(t *testing.T, samples int) string {
	t.Helper()
	var b bytes.Buffer
	if err := media.WriteWAV(&b, media.Audio{Channels: 1, Samples: media.Tone(samples, 8000, 440)}, media.WAVUlaw); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPromptsAreKeptByTheirNames(t *testing.T) {
	s, keys := newSite(t)
	const wav = "Content-Type: audio/wav"
	put := func(name, body string) reply {
		s.limits = limits{}
		return s.ask("PUT", "/v1/prompts/"+name, keys["config:write"], body, wav)
	}
	if r := put("closed-today", wavOf(t, 8000)); r.status != 201 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := put("closed-today", wavOf(t, 16000)); r.status != 204 {
		t.Errorf("in the place of one before: %d %s", r.status, r.body)
	}
	list := decode[Prompts](t, s.ask("GET", "/v1/prompts", keys["system:read"], ""))
	if len(list.Prompts) != 1 || list.Prompts[0].Name != "closed-today" || list.Prompts[0].Seconds != 2 {
		t.Errorf("%+v", list)
	}
	r := s.ask("GET", "/v1/prompts/closed-today", keys["system:read"], "")
	a, err := media.ReadWAV(strings.NewReader(r.body), 1<<20)
	if err != nil || len(a.Samples) != 16000 || r.header.Get("Content-Type") != "audio/wav" {
		t.Errorf("%d samples, %v, %v", len(a.Samples), err, r.header)
	}
	for _, x := range []struct{ name, body, code string }{
		{"closed", "RIFF of something else", "sound"},
		{"closed", wavOf(t, 0), "sound"},
		{"closed", wavOf(t, longestGreeting+1), "sound"},
		{"closed", strings.Repeat("x", maxSound+1), "too_large"},
		{"say:1", wavOf(t, 80), "invalid"},
		{"..%2Fcontrol", wavOf(t, 80), "invalid"},
		{".hidden", wavOf(t, 80), "invalid"},
		{"a%00b", wavOf(t, 80), "invalid"},
		{strings.Repeat("n", 65), wavOf(t, 80), "invalid"},
	} {
		if p := s.problem(put(x.name, x.body)); p.Code != x.code {
			t.Errorf("%q: %s: %s, want %s", x.name, p.Code, p.Detail, x.code)
		}
	}
	if r := s.ask("DELETE", "/v1/prompts/closed-today", keys["config:write"], ""); r.status != 204 {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, method := range []string{"GET", "DELETE"} {
		for _, name := range []string{"closed-today", "..%2F..%2Fetc%2Fpasswd"} {
			if p := s.problem(s.ask(method, "/v1/prompts/"+name, keys["all"], "")); p.Code != "prompt_not_found" {
				t.Errorf("%s %s: %+v", method, name, p)
			}
		}
	}
	if list := decode[Prompts](t, s.ask("GET", "/v1/prompts", keys["system:read"], "")); len(list.Prompts) != 0 {
		t.Errorf("%+v", list)
	}
}
