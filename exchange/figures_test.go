package exchange

import (
	"testing"
	"time"

	"onhook/call"
	"onhook/media"
)

func TestFiguresOfALeg(t *testing.T) {
	for want, s := range map[string]media.Stats{
		"received 500 packets, lost 3, jitter 1.2 ms; sent 498 packets, lost 0, jitter 0.5 ms": {
			In: media.Flow{Packets: 500}, Out: media.Flow{Packets: 498}, Lost: 3, Jitter: 1200 * time.Microsecond, Reports: 2, PeerJitter: 500 * time.Microsecond,
		},
		"received 0 packets; sent 7 packets":                         {Out: media.Flow{Packets: 7}},
		"received 1 packets, lost -1, jitter 0.0 ms; sent 0 packets": {In: media.Flow{Packets: 1}, Lost: -1}, // duplicates count against losses
	} {
		if got := figures(&s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	c := &live{}
	c.keepFigures(2, &media.Stats{}, time.Time{})
	if len(c.events) != 0 {
		t.Errorf("a leg without media: %+v", c.events)
	}
	c.keepFigures(2, &media.Stats{Out: media.Flow{Packets: 1}}, time.Time{})
	if len(c.events) != 1 || c.events[0].Kind != call.EvMedia || c.events[0].Leg != 2 || c.events[0].Name != "figures" {
		t.Errorf("%+v", c.events)
	}
	c.finished = true
	c.keepFigures(2, &media.Stats{Out: media.Flow{Packets: 1}}, time.Time{})
	if len(c.events) != 1 {
		t.Error("events were added to a record that is written")
	}
}
