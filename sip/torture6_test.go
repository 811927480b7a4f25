package sip

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRFC5118(t *testing.T) {
	for _, c := range rfc5118 {
		t.Run(c.file, func(t *testing.T) { c.run(t, "rfc5118") })
	}
	if files, _ := filepath.Glob("testdata/rfc5118/[a-z]*"); len(files) != len(rfc5118) {
		t.Errorf("%d messages, %d cases", len(files), len(rfc5118))
	}
}

var rfc5118 = []tortureCase{
	{"ipv6-good", "", []string{"ruri.host=[2001:db8::10]", "ruri.addr=2001:db8::10", "ruri.port=0", "via0=UDP [2001:db8::9:1] 0 z9hG4bKas3-111", "contact0.host=[2001:db8::1]", "contact0.display=Caller", "cseq=98176"}},
	// Section 4.2: without brackets the port cannot be told from the address.
	{"ipv6-bad", "check 400 malformed Request-URI", []string{"method=REGISTER"}},
	// Section 4.3: what looks like a port is part of the address.
	{"port-ambiguous", "", []string{"ruri.addr=2001:db8::10:5070", "ruri.port=0"}},
	{"port-unambiguous", "", []string{"ruri.addr=2001:db8::10", "ruri.port=5070"}},
	// Section 4.5: received with and without brackets means the same.
	{"via-received-param-with-delim", "", []string{"via0.received=2001:db8::9:255", "via0=UDP [2001:db8::9:1] 0 z9hG4bKas3-111", "method=BYE"}},
	{"via-received-param-no-delim", "", []string{"via0.received=2001:db8::9:255", "via0=UDP [2001:db8::9:1] 0 z9hG4bKas3", "method=OPTIONS"}},
	// Section 4.6: the message says 268 bytes of body and has 251, in the RFC's text too.
	{"ipv6-in-sdp", "parse 400 malformed", []string{"ruri.addr=2001:db8::10", "to0.addr=2001:db8::10", "contact0.addr=2001:db8::20", "body=251"}},
	{"mult-ip-in-header", "", []string{"vias=3", "via0=UDP [2001:db8::9:1] 6050 z9hG4bKas3-111", "via1=UDP 192.0.2.1 0 z9hG4bKjhja8781hjuaij65144", "via2=TCP [2001:db8::9:255] 0 z9hG4bK451jj", "via2.received=192.0.2.200"}},
	{"mult-ip-in-sdp", "", []string{"ruri.addr=2001:db8::10", "contact0.addr=2001:db8::9:1", "body=181"}},
	// Section 4.9: an IPv4 address in IPv6 clothes is that IPv4 address.
	{"ipv4-mapped-ipv6", "", []string{"contact0.addr=192.0.2.2", "contact0.display=T. desk phone", "via0=UDP [::ffff:192.0.2.10] 19823 z9hG4bKbh19", "via1=UDP [::ffff:192.0.2.2] 0 z9hG4bKas3-111"}},
	// Section 4.10: both forms are read, as the same address.
	{"ipv6-bug-abnf-3-colons", "", []string{"ruri.addr=2001:db8::c000:201", "to0.addr=2001:db8::c000:201", "lenient=true"}},
	{"ipv6-correct-abnf-2-colons", "", []string{"ruri.addr=2001:db8::c000:201", "to0.addr=2001:db8::c000:201"}},
}

// With the length put right the message of section 4.6 is a good one.
func TestRFC5118_4_6_IPv6InSDP(t *testing.T) {
	data, err := os.ReadFile("testdata/rfc5118/ipv6-in-sdp")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse([]byte(strings.Replace(string(data), "268", "251", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Check(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(m.Body, "c=IN IP6 2001:db8::20\r\n") {
		t.Errorf("body %q", m.Body)
	}
}
