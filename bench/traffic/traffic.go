// Package traffic makes the SIP messages of calls through a server: both legs of
// each, as a capture on the server shows them.
package traffic

import "fmt"

// Steps are the messages of one call.
var Steps = []struct {
	From, To   string // addresses
	line, cseq string
	leg        int
	Bye        bool // it comes when the call ends
}{
	{"10.0.0.1:5060", "10.0.0.9:5060", "INVITE sip:%d@10.0.0.9 SIP/2.0", "1 INVITE", 1, false},
	{"10.0.0.9:5060", "10.0.0.1:5060", "", "1 INVITE", 1, false},
	{"10.0.0.9:5060", "10.0.0.2:5060", "INVITE sip:%d@10.0.0.2 SIP/2.0", "1 INVITE", 2, false},
	{"10.0.0.2:5060", "10.0.0.9:5060", "SIP/2.0 180 Ringing", "1 INVITE", 2, false},
	{"10.0.0.9:5060", "10.0.0.1:5060", "SIP/2.0 180 Ringing", "1 INVITE", 1, false},
	{"10.0.0.2:5060", "10.0.0.9:5060", "SIP/2.0 200 OK", "1 INVITE", 2, false},
	{"10.0.0.9:5060", "10.0.0.2:5060", "ACK sip:%d@10.0.0.2 SIP/2.0", "1 ACK", 2, false},
	{"10.0.0.9:5060", "10.0.0.1:5060", "SIP/2.0 200 OK", "1 INVITE", 1, false},
	{"10.0.0.1:5060", "10.0.0.9:5060", "ACK sip:%d@10.0.0.9 SIP/2.0", "1 ACK", 1, false},
	{"10.0.0.1:5060", "10.0.0.9:5060", "BYE sip:%d@10.0.0.9 SIP/2.0", "2 BYE", 1, true},
	{"10.0.0.9:5060", "10.0.0.1:5060", "SIP/2.0 200 OK", "2 BYE", 1, true},
	{"10.0.0.9:5060", "10.0.0.2:5060", "BYE sip:%d@10.0.0.2 SIP/2.0", "2 BYE", 2, true},
	{"10.0.0.2:5060", "10.0.0.9:5060", "SIP/2.0 200 OK", "2 BYE", 2, true},
}

const sdp = "v=0\r\no=user1 53655765 2353687637 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"

// Message appends step i of call n.
func Message(buf []byte, n, i int) []byte {
	s := &Steps[i]
	line := s.line
	switch {
	case line == "":
		line = "SIP/2.0 100 Trying"
	case line[0] != 'S':
		line = fmt.Sprintf(line, 2000000+n)
	}
	tag, more, body := fmt.Sprintf(";tag=callee%d-%d", n, s.leg), "", ""
	if i < 3 {
		tag = ""
	}
	if i == 0 || i == 2 || i == 5 || i == 7 {
		body, more = sdp, "Content-Type: application/sdp\r\n"
	}
	if i == 2 {
		more += fmt.Sprintf("X-CID: %d-1@10.0.0.1\r\n", n)
	}
	return fmt.Appendf(buf, "%s\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-%d-%d-%s;rport\r\nMax-Forwards: 70\r\nFrom: \"Caller\" <sip:%d@10.0.0.1>;tag=caller%d-%d\r\nTo: <sip:%d@10.0.0.9>%s\r\nCall-ID: %d-%d@10.0.0.1\r\nCSeq: %s\r\nContact: <sip:caller@10.0.0.1:5060>\r\nUser-Agent: something 1.2.3\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE\r\n%sContent-Length: %d\r\n\r\n%s",
		line, s.From, n, s.leg, s.cseq[:1], 1000000+n, n, s.leg, 2000000+n, tag, n, s.leg, s.cseq, more, len(body), body)
}
