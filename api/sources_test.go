package api

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"onhook/capture"
)

func TestSourcesSayWhyNothingIsSeen(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	sender := func(change func(*capture.Sender)) capture.Sender {
		s := capture.Sender{Addr: netip.MustParseAddr("::ffff:192.0.2.1"), Packets: 100, Items: 100, First: now.Add(-time.Hour), Last: now}
		change(&s)
		return s
	}
	for _, c := range []struct {
		what string
		s    capture.Sender
		key  bool
		want string
	}{
		{"fine", sender(func(*capture.Sender) {}), true, "It is heard."},
		{"open", sender(func(*capture.Sender) {}), false, "No key is asked for"},
		{"wrong key", sender(func(s *capture.Sender) { s.Items = 0; s.Dropped[capture.WrongKey] = 100 }), true, "key is wrong or missing"},
		{"no HEP", sender(func(s *capture.Sender) { s.Items = 0; s.Dropped[capture.NotHEP] = 100 }), true, "not HEP"},
		{"no SIP at times", sender(func(s *capture.Sender) { s.Items = 60; s.Dropped[capture.NotSIP] = 40 }), true, "40 of 100"},
		{"quiet", sender(func(s *capture.Sender) { s.Last = now.Add(-7 * time.Minute) }), true, "quiet for 7m"},
		{"ahead", sender(func(s *capture.Sender) { s.Timed = true; s.Offset = -3 * time.Second }), true, "3s ahead"},
		{"behind", sender(func(s *capture.Sender) { s.Timed = true; s.Offset = 3 * time.Second }), true, "3s behind"},
	} {
		got := sourcesOf(HEPState{Listen: []string{"udp://:9060"}, Senders: []capture.Sender{c.s}, Key: c.key}, now).Sources
		if len(got) != 1 || !strings.Contains(got[0].Diagnosis, c.want) || got[0].Address != "192.0.2.1" {
			t.Errorf("%s: %+v", c.what, got)
		}
	}
	if d := sourcesOf(HEPState{}, now).Diagnosis; !strings.Contains(d, "hep: {listen") {
		t.Errorf("not listening: %s", d)
	}
	if d := sourcesOf(HEPState{Listen: []string{"udp://:9060"}}, now).Diagnosis; !strings.Contains(d, "Not one packet") {
		t.Errorf("no sender: %s", d)
	}
}
