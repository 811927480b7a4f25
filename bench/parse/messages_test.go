package main

import "testing"

func TestMessagesAreOfTheirSize(t *testing.T) {
	if n := len(sippINVITE); n != 509 {
		t.Errorf("sipp's INVITE has %d bytes, want 509", n)
	}
	if n := len(phoneINVITE); n < 1550 || n > 1750 {
		t.Errorf("the phone's INVITE has %d bytes, want 1.6 kB", n)
	}
	for _, data := range [][]byte{sippINVITE, phoneINVITE} {
		if a, b := ours(data), theirs(data); a != b {
			t.Errorf("ours read %+v, the peer %+v", a, b)
		}
	}
}
