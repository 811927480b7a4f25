package sip

import (
	"net/netip"
	"testing"
)

func mustURI(t *testing.T, s string) URI {
	t.Helper()
	u, err := ParseURI(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// The sets of RFC 3261 section 19.1.4 and those of RFC 3966 section 4.
func TestSection19_1_4_Comparison(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
		{"sip:bob@h", "sips:bob@h", false},
		{"sip:bob@h", "sip:bob:pw@h", false},
		{"sip:bob:pw@h", "sip:bob:PW@h", false},
		{"sip:bob@h", "sip:h", false},
		{"sip:bob@h;user=phone", "sip:bob@h", false},
		{"sip:bob@h", "sip:bob@h;maddr=192.0.2.1", false},
		{"sip:bob@h;ttl=1", "sip:bob@h", false},
		{"sip:bob@h", "sip:bob@h;method=INVITE", false},
		{"sip:bob@h;%74ransport=udp", "sip:bob@h", false},
		{"sip:bob@h;l%72", "sip:bob@h;LR", true},
		{"sip:a%2Bb@h", "sip:a+b@h", false},
		{"sip:a%2bb@h", "sip:a%2Bb@h", true},
		{"sip:a%00b@h", "sip:a@h", false},
		{"sip:a%2561@h", "sip:a%61@h", false},
		{"sip:%25%34%31@h", "sip:A@h", false},
		{"sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0::1]", true},
		{"sip:a@[2001:db8::1]", "sip:a@[2001:db8::2]", false},
		{"tel:+358-555-1234567", "tel:+3585551234567", true},
		{"tel:+3585551234567", "tel:3585551234567;phone-context=+1", false},
		{"tel:7042;phone-context=example.com", "tel:7042;phone-context=EXAMPLE.com", true},
		{"tel:7042;phone-context=+1-2", "tel:70-42;phone-context=+12", true},
		{"tel:+1234;ext=1-2", "tel:+1234;ext=12", true},
		{"tel:+1234;ext=12", "tel:+1234", false},
		{"tel:+1234", "tel:+1234;isub=1", false},
		{"urn:x:A", "urn:x:A", true},
		{"urn:x:A", "urn:x:a", false},
	} {
		a, b := mustURI(t, c.a), mustURI(t, c.b)
		if got := a.Equal(b); got != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
		if a.Equal(b) != b.Equal(a) {
			t.Errorf("%s and %s: not symmetric", c.a, c.b)
		}
		if !a.Equal(a) || !b.Equal(b) {
			t.Errorf("%s or %s is not equal to itself", c.a, c.b)
		}
	}
}

func TestSection19_1_2_Escapes(t *testing.T) {
	for text, want := range map[string]string{"a b": "a%20b", "alice": "alice", "u@h": "u%40h", "a:b": "a%3Ab", "+1;ext=2": "+1;ext=2", "\x00\r\n": "%00%0D%0A", "é": "%C3%A9", "100%": "100%25", `"<>"`: "%22%3C%3E%22", "#31#1": "%2331%231"} {
		if got := EscapeUser(text); got != want || Unescape(got) != text {
			t.Errorf("EscapeUser(%q) = %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"%": "%", "%4": "%4", "%zz": "%zz", "%41%4g": "A%4g", "%2541": "%41"} {
		if got := Unescape(text); got != want {
			t.Errorf("Unescape(%q) = %q, want %q: once, and only two digits", text, got, want)
		}
	}
	u := mustURI(t, "sip:a@h;%6C%72;n%61me=v%25")
	if v, ok := u.Param("lr"); v != "" || !ok {
		t.Errorf("lr: %q %v", v, ok)
	}
	if v, ok := u.Param("NAME"); v != "v%" || !ok {
		t.Errorf("name: %q %v", v, ok)
	}
}

func TestURIParts(t *testing.T) {
	u := mustURI(t, "SIPS:al%69ce;x=y?z:pa:ss@[2001:db8::1]:5071;transport=TCP;lr?Subject=a&b=c")
	want := URI{Scheme: "sips", User: "al%69ce;x=y?z", Password: "pa:ss", Host: "[2001:db8::1]", Port: 5071, Params: ";transport=TCP;lr", Headers: "Subject=a&b=c"}
	if u != want {
		t.Errorf("got %+v", u)
	}
	if u.Transport() != TCP || u.HostPort() != "[2001:db8::1]:5071" {
		t.Errorf("transport %v, %s", u.Transport(), u.HostPort())
	}
	for _, bad := range []string{"", "sip", ":h", "sip:", "sip:@h", "sip:a@", "sip:a@h:", "sip:a@h:x", "sip:a@h:65536", "sip:a@h:0", "sip:a b@h", "sip:a@h@i", "sip:[::1", "sip:[::1]x", "sip:[zz]", "sip:a@2001:db8::1", "tel:", "1sip:a@h", "sip:a@h<", "sip:a\x00@h", "sip:a@h\r\n"} {
		if u, err := ParseURI(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, u)
		}
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]string{"tel:+1-(201).555": "+1201555", "sip:+358-555;phone-context=x@h": "+358555", "sip:*21%23@h": "*21#", "sip:2001@h": "2001"} {
		if got, ok := mustURI(t, text).Number(); got != want || !ok {
			t.Errorf("%s: %q %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{"sip:alice@h", "sip:h", "sip:+@h", "sip:1+2@h", "sip:1%002@h", "sip:-@h"} {
		if got, ok := mustURI(t, text).Number(); ok {
			t.Errorf("%s: a number %q", text, got)
		}
	}
}

func TestHosts(t *testing.T) {
	for host, want := range map[string]string{"192.0.2.1": "192.0.2.1", "[2001:db8::1]": "2001:db8::1", "2001:db8::1": "2001:db8::1", "[::ffff:192.0.2.1]": "192.0.2.1"} {
		if a, ok := HostAddr(host); !ok || a.String() != want {
			t.Errorf("%s: %v %v", host, a, ok)
		}
	}
	for _, host := range []string{"", "h", "1.2.3", "256.1.1.1", "[fe80::1%eth0]", "[]", "01.2.3.4"} {
		if a, ok := HostAddr(host); ok {
			t.Errorf("%q is an address %v", host, a)
		}
	}
	if got := Host(netip.MustParseAddr("::ffff:192.0.2.1")) + " " + Host(netip.MustParseAddr("2001:db8::1")); got != "192.0.2.1 [2001:db8::1]" {
		t.Error(got)
	}
	for want, got := range map[string]string{"h:1": HostPort("h", 1), "h": HostPort("h", 0), "[::1]:2": HostPort("::1", 2), "[::1]": HostPort("[::1]", 0)} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
