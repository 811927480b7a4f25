package store

// eventDictText is what SIP messages share, the commonest last, where matches
// are cheapest.
const eventDictText = "Proxy-Authorization: Digest username=\"\", realm=\"\", nonce=\"\", uri=\"sip:\", response=\"\", algorithm=SHA-256, cnonce=\"\", opaque=\"\", qop=auth, nc=00000001\r\n" +
	"WWW-Authenticate: Digest realm=\"\", nonce=\"\", stale=true, algorithm=MD5, qop=\"auth\"\r\nProxy-Authenticate: Digest realm=\"\"\r\n" +
	"P-Asserted-Identity: \"\" <sip:\r\nDiversion: <sip:;reason=no-answer;counter=1\r\nHistory-Info: <sip:;index=1\r\nRefer-To: <sip:\r\nReferred-By: <sip:\r\n" +
	"Session-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\nRSeq: 1\r\nRAck: 1 1 INVITE\r\nRetry-After: \r\nWarning: 399 \r\nRequire: 100rel\r\nUnsupported: \r\n" +
	"Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\nReason: Q.850;cause=16;text=\"Normal call clearing\"\r\n" +
	"a=rtcp:\r\na=silenceSupp:off - - - -\r\na=rtpmap:9 G722/8000\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\na=rtpmap:96 opus/48000/2\r\na=inactive\r\na=sendonly\r\na=recvonly\r\n" +
	"SIP/2.0 100 Trying\r\nSIP/2.0 180 Ringing\r\nSIP/2.0 183 Session Progress\r\nSIP/2.0 486 Busy Here\r\nSIP/2.0 487 Request Terminated\r\nSIP/2.0 480 Temporarily Unavailable\r\nSIP/2.0 404 Not Found\r\nSIP/2.0 603 Decline\r\nSIP/2.0 401 Unauthorized\r\nSIP/2.0 200 OK\r\n" +
	"Record-Route: <sip:;lr>\r\nRoute: <sip:;lr>\r\nUser-Agent: \r\nServer: onhook\r\nDate: \r\nAccept: application/sdp\r\nExpires: 120\r\nCANCEL sip: SIP/2.0\r\nPRACK sip: SIP/2.0\r\nUPDATE sip: SIP/2.0\r\nBYE sip: SIP/2.0\r\nACK sip: SIP/2.0\r\nINVITE sip: SIP/2.0\r\n" +
	"Via: SIP/2.0/TCP ;branch=z9hG4bK;alias\r\nVia: SIP/2.0/UDP 192.168.0.1:5060;branch=z9hG4bK;rport=5060;received=127.0.0.1\r\nMax-Forwards: 70\r\n" +
	"From: \"\" <sip:>;tag=\r\nTo: \"\" <sip:>;tag=\r\nCall-ID: \r\nCSeq: 1 INVITE\r\nCSeq: 2 BYE\r\nCSeq: 1 CANCEL\r\nCSeq: 1 ACK\r\nContact: <sip:;transport=udp>\r\n" +
	"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, REFER, NOTIFY, INFO, MESSAGE, SUBSCRIBE\r\nSupported: replaces, timer, 100rel, path, outbound, norefersub\r\n" +
	"Content-Type: application/sdp\r\nContent-Length: 0\r\n\r\n" +
	"v=0\r\no=- 0 0 IN IP4 192.168.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 10000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n" +
	"udp 127.0.0.1:5060>127.0.0.1:5060"

// recordDictText is what the JSON of records shares.
const recordDictText = `{"id":"call_0","version":1,"started_at":"2026-01-01T00:00:00.000000000Z","ringing_at":"2026-01-01T00:00:00Z","answered_at":"2026-01-01T00:00:00Z","ended_at":"2026-01-01T00:00:00Z",` +
	`"status":"Not Answered","status":"Declined","status":"Busy","status":"Unreachable","status":"Call Failed","status":"Cancelled","last_response_code":487,"sip_final":487,"bye_reason":"ORIGINATOR_CANCEL","bye_reason":"NO_ANSWER","bye_reason":"USER_BUSY","bye_reason":"CALL_REJECTED","bye_reason":"UNALLOCATED_NUMBER",` +
	`"q850_cause":17,"detail":"recovered","ended_by":"network","ended_by":"platform","ended_by":"callee","answered":"no","stage":"ringing","stage":"routing","confidence":"likely","notes":["","trunk":"","queue":"","related":[{"id":"call_","how":""}],"synthetic":true,"direction":"inbound","direction":"outbound",` +
	`"duration_ms":0,"setup_ms":0,"ring_ms":0,"talk_ms":0,"hold_ms":0,"direction":"internal","from":{"uri":"sip:","number":"","name":""},"to":{"uri":"sip:","number":""},"status":"Call Ended","last_response_code":200,"sip_final":200,"bye_reason":"NORMAL_CLEARING","q850_cause":16,"ended_by":"caller","answered":"party","stage":"talking","confidence":"certain","user":"","summary":"The call was answered and ended normally: the caller hung up.",` +
	`"evidence":[{"field":"bye_reason","leg":1,"message":14,"at":"2026-01-01T00:00:00Z","rule":"3.3","text":"BYE received"},{"field":"status","rule":"1","text":""},{"field":"answered"},{"field":"ended_by"}],` +
	`"legs":[{"id":1,"sip_call_id":"","direction":"in","peer":"phone","target":"","address":"udp 127.0.0.1:5060","started_at":"2026-01-01T00:00:00Z","ringing_at":"","answered_at":"","ended_at":"","final_code":200,"reasons":["Q.850;cause=16"],"reason":"NORMAL_CLEARING"},{"id":2,"sip_call_id":"","direction":"out","peer":"trunk"},{"peer":"uri"}],` +
	`"segments":[{"stage":"routing","started_at":"","ended_at":"","leg":2},{"stage":"ringing","started_at":""},{"stage":"talking","started_at":"2026-01-01T00:00:00Z","ended_at":"2026-01-01T00:00:00Z","leg":2,"reason":""}],"source":"live"}`
