package demo

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"onhook/capture"
	"onhook/sip"
)

var update = flag.Bool("update", false, "write cut.pcap again")

// cutCall are the messages of a call until its capture was cut: it rings.
func cutCall(t *testing.T) []byte {
	t.Helper()
	phone, server := netip.MustParseAddrPort("192.0.2.10:5060"), netip.MustParseAddrPort("198.51.100.1:5060")
	dialog := "Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKcut1\r\nFrom: <sip:200@example.com>;tag=a1\r\nTo: <sip:300@example.com>TAG\r\n" +
		"Call-ID: cut@192.0.2.10\r\nCSeq: 1 INVITE\r\n"
	body := "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
	tagged := strings.Replace(dialog, "TAG", ";tag=b1", 1)
	plain := strings.Replace(dialog, "TAG", "", 1)
	var file bytes.Buffer
	w, err := capture.NewWriter(&file, capture.Pcap)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	for _, m := range []struct {
		after    time.Duration
		src, dst netip.AddrPort
		text     string
	}{
		{0, phone, server, "INVITE sip:300@example.com SIP/2.0\r\n" + plain + "Contact: <sip:200@192.0.2.10>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + body},
		{3 * time.Millisecond, server, phone, "SIP/2.0 100 Trying\r\n" + plain + "Content-Length: 0\r\n\r\n"},
		{180 * time.Millisecond, server, phone, "SIP/2.0 180 Ringing\r\n" + tagged + "Contact: <sip:300@198.51.100.1>\r\nContent-Length: 0\r\n\r\n"},
	} {
		if p, err := sip.Parse([]byte(m.text)); err != nil {
			t.Fatalf("%v\n%s", err, m.text)
		} else if p.Check() != nil {
			t.Fatalf("%v\n%s", p.Check(), m.text)
		}
		if err := w.Write(capture.Record{At: begun.Add(m.after), Transport: sip.UDP, Src: m.src, Dst: m.dst, Payload: []byte(m.text)}); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

func TestTheCutCaptureIsThatOfACallThatRings(t *testing.T) {
	want := cutCall(t)
	if *update {
		if err := os.WriteFile("cut.pcap", want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("cut.pcap")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("cut.pcap is another than this test writes: run it with -update")
	}
}

func TestUnspecifiedIsShownByTheCutCapture(t *testing.T) {
	if r := unspecified(); r.Differs != "" || r.Got.Reason != "UNSPECIFIED" {
		t.Errorf("got %+v", r)
	}
	if _, err := explain([]byte("no capture")); err == nil {
		t.Error("garbage is no capture: want an error")
	}
}
