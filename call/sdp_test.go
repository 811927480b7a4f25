package call

import (
	"net/netip"
	"strings"
	"testing"
)

func addrs(list ...string) (out []netip.AddrPort) {
	for _, s := range list {
		out = append(out, netip.MustParseAddrPort(s))
	}
	return out
}

func mustSDP(t *testing.T, text string) *description {
	t.Helper()
	d, err := parseSDP(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return &d
}

const head = "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"

func TestRewriteKeepsWhatItDoesNotKnowAndHidesThePartysAddresses(t *testing.T) {
	d := mustSDP(t, head+"c=IN IP4 192.0.2.1\r\nb=AS:64\r\nt=0 0\r\na=group:BUNDLE 0\r\na=ice-lite\r\na=x-odd:1\r\n"+
		"m=audio 4000 RTP/AVP 0\r\na=rtcp:4001 IN IP4 192.0.2.1\r\na=rtcp-mux\r\na=rtcp-fb:0 nack\r\na=candidate:1 1 UDP 1 192.0.2.1 4000 typ host\r\na=ice-ufrag:x\r\na=end-of-candidates\r\na=mid:0\r\na=fmtp:0 y\r\n")
	o := origin{session: 7}
	want := "v=0\r\no=onhook 7 1 IN IP4 198.51.100.9\r\ns=-\r\nc=IN IP4 198.51.100.9\r\nb=AS:64\r\nt=0 0\r\na=x-odd:1\r\n" +
		"m=audio 10000 RTP/AVP 0\r\na=rtcp-fb:0 nack\r\na=mid:0\r\na=fmtp:0 y\r\n"
	if got := d.rewrite(&o, addrs("198.51.100.9:10000"), nil); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRFC3264Section8_VersionGrowsByOneOnlyWhenTheDescriptionChanges(t *testing.T) {
	o := origin{session: 7}
	local := addrs("198.51.100.9:10000")
	version := func(text string) string {
		_, rest, _ := strings.Cut(mustSDP(t, text).rewrite(&o, local, nil), "o=onhook 7 ")
		v, _, _ := strings.Cut(rest, " ")
		return v
	}
	for _, x := range []struct{ text, want string }{
		{offerA, "1"},
		{offerA, "1"},
		{strings.Replace(offerA, "o=a 1 1", "o=a 1 2", 1), "1"}, // only the party's own number has changed
		{offerA + "a=sendonly\r\n", "2"},
		{offerA, "3"},
		{offerA, "3"},
	} {
		if got := version(x.text); got != x.want {
			t.Errorf("version %s, want %s, after\n%s", got, x.want, x.text)
		}
	}
}

func TestWithoutRelayOnlyTheOriginIsOurs(t *testing.T) {
	o := origin{session: 7}
	want := strings.Replace(offerA, "o=a 1 1 IN IP4 192.0.2.1", "o=onhook 7 1 IN IP4 192.0.2.1", 1)
	for range 2 {
		if got := mustSDP(t, offerA).pass(&o); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestStreamsThatAreNotRelayedAreRefusedByPortZero(t *testing.T) {
	d := mustSDP(t, head+"c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nm=application 9 UDP/BFCP *\r\nm=video 4002 RTP/AVP 96\r\nm=video 0 RTP/AVP 97\r\n")
	got := d.rewrite(&origin{}, addrs("198.51.100.9:10000", "198.51.100.9:10002"), nil)
	for _, m := range []string{"m=audio 10000 ", "m=application 0 ", "m=video 0 RTP/AVP 96", "m=video 0 RTP/AVP 97"} {
		if !strings.Contains(got, m) {
			t.Errorf("want %q in\n%s", m, got)
		}
	}
}

func TestRFC3264Section6_AnAnswerHasAsManyStreamsAsTheOffer(t *testing.T) {
	off := mustSDP(t, offerA+"m=video 4002 RTP/AVP 96\r\n")
	got := mustSDP(t, answerB).rewrite(&origin{}, addrs("198.51.100.9:10000", "198.51.100.9:10002"), off)
	if !strings.HasSuffix(got, "m=video 0 RTP/AVP 96\r\n") {
		t.Errorf("the stream that the answer left out must be refused:\n%s", got)
	}
	off = mustSDP(t, offerA+"m=video 0 RTP/AVP 96\r\n")
	got = mustSDP(t, answerB+"m=video 5002 RTP/AVP 96\r\n").rewrite(&origin{}, addrs("198.51.100.9:10000", "198.51.100.9:10002"), off)
	if !strings.Contains(got, "m=video 0 RTP/AVP 96\r\n") {
		t.Errorf("a stream that was offered with port 0 must stay refused:\n%s", got)
	}
}

func TestRFC3264Section8_4_TheOldHoldIsToldAsADirection(t *testing.T) {
	d := mustSDP(t, head+"t=0 0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n")
	if !d.held() {
		t.Error("c=0.0.0.0 is hold")
	}
	got := d.rewrite(&origin{}, addrs("198.51.100.9:10000"), nil)
	if !strings.Contains(got, "c=IN IP4 198.51.100.9\r\n") || !strings.HasSuffix(got, "a=sendonly\r\n") {
		t.Errorf("got\n%s", got)
	}
	if m := d.streams[0].mediaParams(); m.Remote.IsValid() || m.Send {
		t.Errorf("nothing may be sent to a party on hold: %+v", m)
	}
}

func TestDirectionOfTheSessionCountsWhereAStreamHasNone(t *testing.T) {
	d := mustSDP(t, head+"c=IN IP4 192.0.2.1\r\nt=0 0\r\na=sendonly\r\nm=audio 4000 RTP/AVP 0\r\n")
	if !d.held() {
		t.Error("a=sendonly of the session holds its streams")
	}
	d = mustSDP(t, head+"c=IN IP4 192.0.2.1\r\nt=0 0\r\na=inactive\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n")
	if d.held() {
		t.Error("a stream's own direction goes before the session's")
	}
}

func TestAddressesAreTakenPerStreamAndFamily(t *testing.T) {
	d := mustSDP(t, "v=0\r\no=a 1 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 96\r\nc=IN IP6 2001:db8::2\r\na=rtcp:5000 IN IP6 2001:db8::3\r\n")
	if m := d.streams[0].mediaParams(); m.Remote.String() != "[2001:db8::1]:4000" || m.RemoteRTCP.String() != "[2001:db8::1]:4001" {
		t.Errorf("audio %+v", m)
	}
	if m := d.streams[1].mediaParams(); m.Remote.String() != "[2001:db8::2]:4002" || m.RemoteRTCP.String() != "[2001:db8::3]:5000" {
		t.Errorf("video %+v", m)
	}
	got := d.rewrite(&origin{}, addrs("198.51.100.9:10000", "198.51.100.9:10002"), nil)
	if strings.Contains(got, "IP6") || strings.Contains(got, "2001:") {
		t.Errorf("an IPv4 leg must not be shown IPv6:\n%s", got)
	}
}

func TestARefusedStreamExpectsNoRTP(t *testing.T) {
	d := mustSDP(t, head+"c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n")
	if m := d.streams[0].mediaParams(); !m.OnHold || m.Send || m.Recv || m.Remote.IsValid() {
		t.Errorf("%+v", m)
	}
}

func TestCommonNeedsACodecForSpeech(t *testing.T) {
	off := mustSDP(t, offerA)
	for _, x := range []struct {
		formats string
		want    bool
	}{{"8 101", true}, {"101", false}, {"13 101", false}, {"18 101", false}, {"0", true}, {"18", false}} {
		if got := common(off, mustSDP(t, strings.Replace(answerB, "8 101", x.formats, 1))); got != x.want {
			t.Errorf("answer %q: common %v, want %v", x.formats, got, x.want)
		}
	}
	off = mustSDP(t, strings.Replace(offerA, "0 8 101", "0 97 101", 1)+"a=rtpmap:97 opus/48000/2\r\n")
	if !common(off, mustSDP(t, strings.Replace(answerB, "8 101", "111 101", 1))) {
		t.Error("RFC 3264 section 6.1: a dynamic number may differ in the answer")
	}
}

func TestBrokenDescriptionsSayWhatIsWrong(t *testing.T) {
	for _, x := range []struct{ text, want string }{
		{"", "v=0"},
		{"v=1\r\n", "v=0"},
		{"v=00\r\no=a 1 1 IN IP4 1.1.1.1\r\n", "v=0"},
		{"v=0\r\ns=-\r\n", "o="},
		{head + "hello\r\n", `"hello"`},
		{head + "m=audio x RTP/AVP 0\r\n", "m=media port"},
		{head + "m=audio 70000 RTP/AVP 0\r\n", "m=media port"},
		{head + "c=IN\r\n", "c=IN IP4"},
		{head + "t=0 0\r\nm=audio 4000 RTP/AVP 0\r\n", "c= line"},
		{head + "t=0 0\r\nm=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 9\r\nc=IN IP4 1.1.1.1\r\n", "c= line"},
	} {
		if _, err := parseSDP(x.text); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q: error %v, want one that says %q", x.text, err, x.want)
		}
	}
}

func FuzzSDP(f *testing.F) {
	for _, s := range []string{offerA, answerB, offerA + "a=inactive\r\nm=video 0 RTP/AVP 96\r\n", head + "c=IN IP4 0.0.0.0\r\nm=audio 1 RTP/AVP 0\n", "v=0\no=\nc=IN IP6 ::\nm=a 1/2 RTP/ 96"} {
		f.Add(s, uint8(1), offerA)
	}
	f.Fuzz(func(t *testing.T, text string, n uint8, offer string) {
		d, err := parseSDP(text)
		if err != nil {
			return
		}
		local := make([]netip.AddrPort, n%5)
		for i := range local {
			local[i] = netip.AddrPortFrom(netip.MustParseAddr("198.51.100.9"), uint16(10000+2*i))
		}
		o := origin{session: 3}
		first := d.rewrite(&o, local, nil)
		if again := d.rewrite(&o, local, nil); again != first {
			t.Fatalf("the same description is another the second time:\n%q\n%q", first, again)
		}
		back, err := parseSDP(first)
		if err != nil {
			t.Fatalf("%v: cannot read what was written: %q from %q", err, first, text)
		}
		if len(back.streams) != len(d.streams) {
			t.Fatalf("%d streams became %d", len(d.streams), len(back.streams))
		}
		for i := range back.streams {
			s := &back.streams[i]
			d.streams[i].mediaParams()
			if s.port != 0 && (i >= len(local) || s.port != int(local[i].Port()) || s.dir != d.streams[i].dir) {
				t.Fatalf("stream %d became %+v from %+v", i, s, d.streams[i])
			}
		}
		d.pass(&origin{})
		if off, err := parseSDP(offer); err == nil {
			common(&off, &d)
			if len(off.streams) >= len(d.streams) {
				if got, err := parseSDP(d.rewrite(&o, local, &off)); err != nil || len(got.streams) != len(off.streams) {
					t.Fatalf("an answer with %d streams to %d: %v", len(got.streams), len(off.streams), err)
				}
			}
			off.answerOwn(&origin{}, netip.MustParseAddrPort("198.51.100.9:10000"))
		}
	})
}

func TestRFC8866Section6_6_ClockAndDigitsOfAStream(t *testing.T) {
	for _, x := range []struct {
		lines string
		clock uint32
		dtmf  uint8
	}{
		{"a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n", 0, 101},
		{"a=rtpmap:111 opus/48000/2\r\na=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 Telephone-Event/8000 \r\n", 48000, 126},
		{"a=rtpmap:97 iLBC/8000\r\na=rtpmap:111 opus/48000/2\r\n", 8000, 0},
		{"a=rtpmap:97 x/0\r\na=rtpmap:98 x/4294967295\r\na=rtpmap:99 x\r\na=rtpmap:200 x/8000\r\na=rtpmap:100 speex/16000\r\n", 16000, 0},
		{"a=rtpmap:101 telephone-event/80001\r\na=rtpmap:102 telephone-event\r\n", 0, 0},
	} {
		d := mustSDP(t, head+"c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"+x.lines)
		if m := d.streams[0].mediaParams(); m.Rate != x.clock || m.DTMF != x.dtmf {
			t.Errorf("clock %d, digits in %d, want %d and %d in\n%s", m.Rate, m.DTMF, x.clock, x.dtmf, x.lines)
		}
	}
}
