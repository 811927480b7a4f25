package call

import (
	"strings"
	"testing"
)

// RFC 3264 section 6.1: "When sending media, it SHOULD use a packetization interval equal to the value of the ptime attribute in the offer, if any was present."
func TestRFC3264Section6_1_PacketsAreAsLongAsThePeerAsks(t *testing.T) {
	for _, c := range []struct {
		attributes string
		want       uint8
	}{
		{"", 20},
		{"a=ptime:20", 20},
		{"a=ptime:10", 10},
		{"a=ptime:30", 30},
		{"a=ptime:40", 40},
		{"a=ptime:60", 60},
		{"a=ptime:5", 10},
		{"a=ptime:25", 20},
		{"a=ptime:50", 40},
		{"a=ptime:200", 60},
		{"a=ptime:65535", 60},
		{"a=ptime:99999999999999999999", 20},
		{"a=ptime:0", 20},
		{"a=ptime:-30", 20},
		{"a=ptime: 30", 30},
		{"a=ptime:30.5", 30},
		{"a=ptime:", 20},
		{"a=ptime:x", 20},
		{"a=maxptime:10", 10},
		{"a=maxptime:150", 20},
		{"a=ptime:60\r\na=maxptime:30", 30},
		{"a=ptime:30\r\na=maxptime:60", 30},
	} {
		text := "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
		if c.attributes != "" {
			text += c.attributes + "\r\n"
		}
		d, err := parseSDP(text)
		if err != nil {
			t.Fatal(err)
		}
		if m, ok := d.ownMedia(); !ok || m.Ptime != c.want {
			t.Errorf("%q: packets of %d ms, want %d", c.attributes, m.Ptime, c.want)
		}
	}
}

// What a party asks for is told to the other one as it was written: the two send each other's packets.
func TestPacketTimesPassTheRelay(t *testing.T) {
	const text = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=ptime:30\r\na=maxptime:90\r\n"
	d, err := parseSDP(text)
	if err != nil {
		t.Fatal(err)
	}
	got := d.rewrite(&origin{}, nil, nil)
	for _, want := range []string{"a=ptime:30\r\n", "a=maxptime:90\r\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
