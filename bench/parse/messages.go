package main

import "strings"

// sippINVITE is what sipp's built-in caller sends, 509 bytes.
var sippINVITE = wire(`INVITE sip:service@127.0.0.1:5060 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5080;branch=z9hG4bK-31337-1-0
From: sipp <sip:sipp@127.0.0.1:5080>;tag=31337SIPpTag001
To: service <sip:service@127.0.0.1:5060>
Call-ID: 1-31337@127.0.0.1
CSeq: 1 INVITE
Contact: sip:sipp@127.0.0.1:5080
Max-Forwards: 70
Subject: Performance Test
Content-Type: application/sdp
Content-Length:   129

v=0
o=user1 53655765 2353687637 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 6000 RTP/AVP 0
a=rtpmap:0 PCMU/8000
`)

// phoneINVITE is what a desk phone behind a proxy sends, 1.6 kB.
var phoneINVITE = wire(`INVITE sip:2002@pbx.example.com;user=phone SIP/2.0
Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK1f3a9c0d7e5b42;rport
Via: SIP/2.0/UDP 10.20.30.40:5060;received=203.0.113.9;branch=z9hG4bK-d8754z-6a3f19b2c4d5e6f7;rport=51234
Record-Route: <sip:198.51.100.7;lr;ftag=9fxced76sl;did=a4c.7b21>
Max-Forwards: 69
From: "Reception, Ground Floor" <sip:2001@pbx.example.com;user=phone>;tag=9fxced76sl
To: <sip:2002@pbx.example.com;user=phone>
Call-ID: 3c26700857a87f6e10@10.20.30.40
CSeq: 2 INVITE
Contact: "Reception" <sip:2001@10.20.30.40:5060;line=f2k9x1;ob>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000413261a2b>"
User-Agent: Deskphone/10.1.46.16
Allow: INVITE, ACK, CANCEL, BYE, REFER, OPTIONS, NOTIFY, SUBSCRIBE, PRACK, MESSAGE, INFO, UPDATE
Allow-Events: talk, hold, refer, call-info
Supported: timer, 100rel, replaces, from-change, outbound
Session-Expires: 3600;refresher=uas
Min-SE: 90
Accept: application/sdp
Accept-Language: en
P-Preferred-Identity: "Reception, Ground Floor" <sip:2001@pbx.example.com>
Alert-Info: <http://www.example.com/ring/internal.wav>;info=internal
Privacy: none
Content-Type: application/sdp
Content-Length: 424

v=0
o=root 1983274556 1983274556 IN IP4 10.20.30.40
s=call
c=IN IP4 10.20.30.40
t=0 0
m=audio 54260 RTP/AVP 9 0 8 18 101
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
a=sendrecv
a=rtcp:54261 IN IP4 10.20.30.40
a=candidate:1 1 UDP 2130706431 10.20.30.40 54260 typ host
a=x-note:lobby desk
`)

func wire(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }
