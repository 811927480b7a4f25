package ladder

import "testing"

func TestWhatAnArrowSays(t *testing.T) {
	const head = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\nCall-ID: x\r\n"
	for _, x := range []struct{ msg, want string }{
		{"INVITE sip:b@h SIP/2.0\r\n" + head + "CSeq: 2 INVITE\r\nContent-Type: application/sdp\r\n\r\nv=0\r\na=sendonly\r\n", "re-INVITE SDP sendonly"},
		{"INVITE sip:b@h SIP/2.0\r\nTo: <sip:b@h>\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\n\r\nv=0\r\na=sendrecv\r\n", "INVITE b SDP"},
		{"REFER sip:b@h SIP/2.0\r\n" + head + "CSeq: 3 REFER\r\nRefer-To: <sip:102@h?Replaces=y%3Bto-tag%3D1>\r\n\r\n", "REFER to 102"},
		{"REFER sip:b@h SIP/2.0\r\n" + head + "CSeq: 3 REFER\r\n\r\n", "REFER"},
		{"NOTIFY sip:b@h SIP/2.0\r\n" + head + "CSeq: 4 NOTIFY\r\nContent-Type: message/sipfrag\r\n\r\nSIP/2.0 486 Busy Here\r\n", "NOTIFY 486 Busy Here"},
		{"SIP/2.0 200 OK\r\n" + head + "CSeq: 4 NOTIFY\r\n\r\n", "200 OK (NOTIFY)"},
	} {
		if got, _, _ := messageText(x.msg); got != x.want {
			t.Errorf("got %q, want %q", got, x.want)
		}
	}
}
