package capture

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"testing"
	"time"

	"onhook/sip"
)

func TestRecorderWritesWhatIsSent(t *testing.T) {
	var file bytes.Buffer
	r, err := NewRecorder(&file, Pcapng)
	if err != nil {
		t.Fatal(err)
	}
	a, b := netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("192.0.2.2:5062")
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	text := "OPTIONS sip:x@y SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n"
	for i := range 3 {
		r.Send(&Item{Kind: SIP, At: at.Add(time.Duration(i) * time.Second), Transport: sip.UDP, Src: a, Dst: b, Payload: []byte(text)})
	}
	r.Send(&Item{Kind: SIP, At: at, Transport: sip.UDP, Payload: []byte(text)}) // no addresses
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if w, d := r.Counts(); w != 3 || d != 1 {
		t.Errorf("written %d, dropped %d: want 3 and 1", w, d)
	}
	r.Send(&Item{Kind: SIP, Src: a, Dst: b, Payload: []byte(text)})
	if _, d := r.Counts(); d != 2 {
		t.Error("what comes after Close is dropped and counted")
	}
	src, err := NewReader(&file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		it, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if want := at.Add(time.Duration(n) * time.Second); !it.At.Equal(want) || it.Src != a || it.Dst != b || string(it.Payload) != text {
			t.Errorf("item %d: %+v", n, it)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d items, want 3", n)
	}
}

type fullDisk struct{ room int }

func (f *fullDisk) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(b), nil
}

func TestRecorderOnAFullDisk(t *testing.T) {
	r, err := NewRecorder(&fullDisk{room: 100}, Pcap)
	if err != nil {
		t.Fatal(err)
	}
	a := netip.MustParseAddrPort("192.0.2.1:5060")
	r.Send(&Item{Kind: SIP, Transport: sip.UDP, Src: a, Dst: a, Payload: make([]byte, 200)})
	if r.Close() == nil {
		t.Error("Close has to say that the disk is full")
	}
}
