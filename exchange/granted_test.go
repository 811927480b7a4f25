package exchange

import (
	"testing"

	"onhook/sip"
)

// TestSection10_2_4_TheBindingThatCountsIsOurOwn: an account may be registered
// from several places, and from where we were before.
func TestSection10_2_4_TheBindingThatCountsIsOurOwn(t *testing.T) {
	const ours = "<sip:acme@10.0.0.1:5060>"
	own, err := sip.ParseNameAddr(ours)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		expires  string
		contacts []string
		want     uint32
	}{
		"ours":                            {"", []string{ours + ";expires=60"}, 60},
		"ours after another's":            {"", []string{"<sip:acme@203.0.113.9:5060>;expires=3600", ours + ";expires=60"}, 60},
		"another's after ours":            {"", []string{ours + ";expires=600", "<sip:acme@203.0.113.9:5060>;expires=7"}, 600},
		"ours by the header":              {"300", []string{"<sip:acme@203.0.113.9:5060>;expires=3600", ours}, 300},
		"ours as the registrar writes it": {"", []string{"<sip:acme@198.51.100.7:1024>;expires=90"}, 90},
		"one of two that it has written":  {"", []string{"<sip:acme@198.51.100.7:1024>;expires=3600", "<sip:acme@198.51.100.7:1025>;expires=120"}, 120},
		"another user's":                  {"", []string{"<sip:other@10.0.0.1:5060>;expires=60"}, 1800},
		"none":                            {"240", nil, 240},
	} {
		u, err := own.URI()
		if err != nil {
			t.Fatal(err)
		}
		r := &registration{expires: 1800, of: Trunk{Username: "acme"}, contact: u}
		m := &sip.Message{Status: 200}
		if x.expires != "" {
			m.Add(sip.HExpires, x.expires)
		}
		for _, c := range x.contacts {
			m.Add(sip.HContact, c)
		}
		if got := r.granted(m); got != x.want {
			t.Errorf("%s: %d s, want %d", name, got, x.want)
		}
	}
}
