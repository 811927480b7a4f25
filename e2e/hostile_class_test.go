package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

// hostileMessages are what is sent for a class of docs/faults.md, from an address that is
// no trunk's: base is an INVITE of a stranger.
var hostileMessages = map[string]func(base string) []string{
	"02 headers twice": func(base string) (all []string) {
		heads := []string{"Max-Forwards", "From", "To", "Call-ID", "CSeq", "Contact", "Content-Length"}
		for _, a := range heads {
			for _, b := range heads {
				all = append(all, again(again(base, a, ""), b, ";tag="))
			}
		}
		return all
	},
	"03 over-long values": func(base string) (all []string) {
		for _, h := range []string{"Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards", "User-Agent", "Subject", "SIP-ETag"} {
			for _, n := range []int{1 << 10, 8<<10 - 1, 8 << 10, 8<<10 + 1, 60_000} {
				all = append(all, longer(base, h, n))
			}
		}
		return append(all, strings.Replace(base, "INVITE sip", strings.Repeat("M", 8000)+" sip", 1), strings.Replace(base, "sip:600@", "sip:"+strings.Repeat("6", 60_000)+"@", 1))
	},
	"04 many items": func(base string) (all []string) {
		for _, h := range []string{"Via: SIP/2.0/UDP h;branch=z9hG4bK", "Route: <sip:h;lr>,", "Accept: a/b,", "Service-Route: <sip:h;lr>,", "Contact: <sip:a@h>,", "Allow: A,", "X: y"} {
			all = append(all, with(base, strings.Repeat(h+"\r\n", 1500)), with(base, h+strings.Repeat(" <sip:h>,", 5000)+"\r\n"))
		}
		for _, line := range []string{"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n", "m=audio 9 RTP/AVP 0\r\n", "c=IN IP4 h\r\n"} {
			all = append(all, described(base, "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\n"+strings.Repeat(line, 1500)))
		}
		return all
	},
	"05 integers": func(base string) (all []string) {
		for _, n := range []string{"0", "-1", "+1", "007", "2147483647", "2147483648", "4294967295", "4294967296", "9223372036854775808", "18446744073709551616", "1e5", "0x10", " 5", "5 5", "\t5", "5\x00"} {
			for _, h := range []string{"CSeq: 1 INVITE|CSeq: " + n + " INVITE", "Max-Forwards: 70|Max-Forwards: " + n, "Content-Length: 0|Content-Length: " + n, "Max-Forwards: 70|Expires: " + n, "Max-Forwards: 70|Min-SE: " + n, "Max-Forwards: 70|Session-Expires: " + n} {
				from, to, _ := strings.Cut(h, "|")
				all = append(all, strings.Replace(base, from, to, 1))
			}
			all = append(all, described(base, "v=0\r\no=- "+n+" "+n+" IN IP4 h\r\ns=-\r\nc=IN IP4 h\r\nt=0 0\r\nm=audio "+n+" RTP/AVP "+n+"\r\na=ptime:"+n+"\r\n"))
		}
		return all
	},
	"06 names of headers": func(base string) (all []string) {
		for _, name := range []string{"Contact ", "Contact\t", "Contact\x01", "contact", "m", "M ", "\x01Contact", " Contact", "Con\r\n tact", "Contact\x00"} {
			all = append(all, strings.Replace(base, "Contact", name, 1), with(base, name+": <sip:600@127.0.0.2>\r\n"))
		}
		return all
	},
	"07 bytes": func(base string) (all []string) {
		for _, b := range []string{"\x00", "\x01", "\x1b[2J", "\xff\xfe", "\u202e", "%00", "\\\x00", "\x7f", "\r", "\n"} {
			for _, where := range []string{"600@", "From: <sip:a", "Call-ID: ", "branch=z9hG4bK", "tag=1"} {
				all = append(all, strings.Replace(base, where, where+b, 1))
			}
		}
		return all
	},
	"09 multipart": func(base string) (all []string) {
		for _, typ := range []string{"multipart/mixed", "multipart/mixed;boundary=", "multipart/mixed;boundary=\"\"", "multipart/mixed;boundary=b", "multipart/mixed;boundary=" + strings.Repeat("b", 70), "multipart/mixed;boundary=" + strings.Repeat("b", 7000)} {
			for _, body := range []string{"", "--b\r\n\r\n", "--b\r\n\r\n--b--", strings.Repeat("--b\r\n", 1000), strings.Repeat("--b\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n", 1000), "--b--\r\n"} {
				all = append(all, strings.Replace(described(base, body), "application/sdp", typ, 1))
			}
		}
		return all
	},
	"10 descriptions": func(base string) (all []string) {
		for _, body := range []string{"v=0", "v=\r\n", "v=0\r\nm=\r\n", "v=0\r\no=-\r\nc=\r\nm=audio\r\n", "m=audio 65536 RTP/AVP 0\r\n", "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\nm=audio 1 RTP/AVP 0\r\n", "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 1.2.3.4\r\nt=0 0\r\nm=audio 1 RTP/AVP 256 -1 99999\r\na=rtpmap:\r\na=fmtp:\r\na=rtpmap:0 /0/0\r\na=ptime:0\r\n", strings.Repeat("\r\n", 2000), strings.Repeat("a", 50_000)} {
			all = append(all, described(base, body))
		}
		return all
	},
	"11 credentials": func(base string) (all []string) {
		for _, v := range []string{"", "Digest", "Basic x", "Digest username=\"", "Digest username=\"100\", username=\"101\"", "Digest " + strings.Repeat("a=b,", 500), "Digest realm=\"example.com\",,,", "NTLM", "Digest =,=,=", "Digest username=\"100\", realm=\"example.com\", nonce=\"x\", uri=\"sip:\", response=\"" + strings.Repeat("0", 64) + "\", qop=auth", "Digest username*=UTF-8''%", "Digest response=" + strings.Repeat("f", 7000)} {
			all = append(all, with(base, "Authorization: "+v+"\r\n"), strings.ReplaceAll(with(base, "Authorization: "+v+"\r\n"), "INVITE", "REGISTER"), with(base, "Proxy-Authorization: "+v+"\r\n"))
		}
		return all
	},
	"15 framing": func(base string) (all []string) {
		inner := strings.Replace(base, "hostile", "inner", 1)
		for _, n := range []string{"0", "-1", fmt.Sprint(len(inner)), fmt.Sprint(len(inner) - 10), fmt.Sprint(len(inner) + 10), "4294967296", "2147483609", "1, 2", "00000000000000000000"} {
			all = append(all, strings.Replace(base, "Content-Length: 0", "Content-Length: "+n, 1)+inner)
		}
		return append(all, strings.Replace(base, "Content-Length: 0", "Content-Length: 0\r\nContent-Length: "+fmt.Sprint(len(inner)), 1)+inner, strings.Replace(base, "Content-Length: 0\r\n", "", 1)+inner)
	},
	"24 tricks with Via": func(base string) (all []string) {
		for _, v := range []string{"255.255.255.255", "0.0.0.0", "224.0.0.1", "[ff02::1]", "[::]", "127.0.0.1:0", "127.0.0.1:99999", "h:-1", "", "localhost;received=224.0.0.1;rport=5060", "h;maddr=255.255.255.255;ttl=255"} {
			via, _, _ := strings.Cut(base[strings.Index(base, "UDP "):], ";")
			all = append(all, strings.Replace(base, via, "UDP "+v, 1))
		}
		return all
	},
}

// again has a header a second time, changed by more.
func again(text, header, more string) string {
	for l := range strings.Lines(text) {
		if strings.HasPrefix(l, header+":") {
			return strings.Replace(text, l, l+strings.TrimSuffix(l, "\r\n")+more+"\r\n", 1)
		}
	}
	return text
}

// longer fills a header up to n bytes, or adds it.
func longer(text, header string, n int) string {
	for l := range strings.Lines(text) {
		if strings.HasPrefix(l, header+":") {
			return strings.Replace(text, l, strings.TrimSuffix(l, "\r\n")+";x="+strings.Repeat("L", max(0, n-len(l)))+"\r\n", 1)
		}
	}
	return with(text, header+": "+strings.Repeat("L", n)+"\r\n")
}

// with adds headers, described a body.
func with(text, headers string) string {
	return strings.Replace(text, "Max-Forwards", headers+"Max-Forwards", 1)
}

func described(text, body string) string {
	return strings.Replace(text, "Content-Length: 0\r\n\r\n", fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(body), body), 1)
}

// TestHostileMessagesByClass sends what has brought other servers down, by UDP and over
// connections, as requests and as responses, while a call is up: it stays up, OPTIONS
// are answered in between, no call comes of it, and nothing of it stays behind.
func TestHostileMessagesByClass(t *testing.T) {
	t.Parallel()
	for class, messages := range hostileMessages {
		t.Run(class, func(t *testing.T) {
			t.Parallel()
			srv := start(t, users)
			withCallUp(t, srv, func() {
				// Each from an address of its own, so that none is passed over because of another.
				for i, text := range messages(inviteText(srv, "127.0.0.1:5999", "hostile", "UDP")) {
					text = strings.Replace(text, "Call-ID: hostile", fmt.Sprint("Call-ID: hostile", i), 1)
					from := net.IPv4(127, 60, byte(i>>8), byte(i))
					asUDP(t, srv, from, text)
					asUDP(t, srv, from, strings.Replace(text, "INVITE sip:600@"+srv.udp+" SIP/2.0", "SIP/2.0 200 OK", 1))
					if i%4 == 0 {
						asTCP(t, srv, from, strings.ReplaceAll(text, "SIP/2.0/UDP", "SIP/2.0/TCP"))
					}
					if i%32 == 0 {
						srv.options()
					}
				}
			})
		})
	}
}

func asUDP(t *testing.T, srv *server, from net.IP, text string) {
	t.Helper()
	c, err := (&net.Dialer{LocalAddr: &net.UDPAddr{IP: from}}).Dial("udp", srv.udp)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = c.Write([]byte(text)) // the system may refuse what is too long
}

func asTCP(t *testing.T, srv *server, from net.IP, text string) {
	t.Helper()
	c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).Dial("tcp", srv.tcp)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = c.Write([]byte(text)) // the server may have closed already
}
