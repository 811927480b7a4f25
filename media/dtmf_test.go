package media

import "testing"

func TestKeysAreReadOnce(t *testing.T) {
	type p struct {
		ts     uint32
		event  byte
		end    bool
		marker bool
		ssrc   uint32
	}
	for name, c := range map[string]struct {
		in   []p
		want string
	}{
		"one press, three ends":               {[]p{{0, 5, false, true, 0}, {0, 5, false, false, 0}, {0, 5, true, false, 0}, {0, 5, true, false, 0}, {0, 5, true, false, 0}}, "5"},
		"only the last end came":              {[]p{{800, 11, true, false, 0}}, "#"},
		"the same key twice":                  {[]p{{0, 1, false, true, 0}, {0, 1, true, false, 0}, {1600, 1, false, true, 0}, {1600, 1, true, false, 0}}, "11"},
		"the ends were lost, the key again":   {[]p{{0, 1, false, true, 0}, {1600, 1, false, true, 0}}, "11"},
		"an end comes after the next began":   {[]p{{0, 1, true, true, 0}, {1600, 2, false, true, 0}, {0, 1, true, false, 0}}, "12"},
		"a long press in segments (2.5.1.3)":  {[]p{{0, 9, false, true, 0}, {0xFFFF, 9, false, false, 0}, {2 * 0xFFFF, 9, true, false, 0}}, "9"},
		"a phone that moves the timestamp":    {[]p{{0, 9, false, true, 0}, {160, 9, false, false, 0}, {320, 9, true, false, 0}}, "9"},
		"flash, and an event that is no key":  {[]p{{0, 16, true, true, 0}, {999, 40, true, true, 0}}, "!"},
		"timestamps wrap":                     {[]p{{1<<32 - 100, 3, true, true, 0}, {700, 4, true, true, 0}}, "34"},
		"another stream of lower timestamps":  {[]p{{90_000_000, 5, true, true, 1}, {160, 5, true, true, 2}, {1760, 6, true, true, 2}}, "556"},
		"a sender that began again":           {[]p{{90_000_000, 5, true, true, 1}, {160, 6, true, true, 1}}, "56"},
		"a late end of the key before":        {[]p{{8000, 5, true, true, 1}, {16000, 6, true, true, 1}, {8000, 5, true, false, 1}}, "56"},
		"no marker, other key, no end before": {[]p{{0, 3, false, true, 0}, {900, 4, false, false, 0}}, "34"},
	} {
		var k keyReader
		got := ""
		for _, x := range c.in {
			body := []byte{x.event, 10, 0, 160}
			if x.end {
				body[1] |= 0x80
			}
			if key := k.read(&header{ts: x.ts, marker: x.marker, ssrc: x.ssrc}, body); key != 0 {
				got += string(key)
			}
		}
		if got != c.want {
			t.Errorf("%s: read %q, want %q", name, got, c.want)
		}
	}
	var k keyReader
	if k.read(&header{}, []byte{1, 0, 0}) != 0 {
		t.Error("three bytes are no event")
	}
}

func TestOnlyKeysAreSent(t *testing.T) {
	if got := validKeys("1 2a*#x!é9"); got != "12A*#!9" {
		t.Errorf("got %q", got)
	}
}
