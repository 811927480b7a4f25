package sip

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// invite is a good request; each test spoils one thing in it.
const invite = "INVITE sip:bob@example.com SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP h.example.com:5060;branch=z9hG4bK1\r\n" +
	"From: <sip:alice@example.com>;tag=1\r\n" +
	"To: <sip:bob@example.com>\r\n" +
	"Call-ID: a@h\r\n" +
	"CSeq: 1 INVITE\r\n" +
	"Max-Forwards: 70\r\n" +
	"Contact: <sip:alice@h.example.com>\r\n" +
	"Content-Length: 0\r\n\r\n"

const ok200 = "SIP/2.0 200 OK\r\n" +
	"Via: SIP/2.0/UDP h.example.com:5060;branch=z9hG4bK1\r\n" +
	"From: <sip:alice@example.com>;tag=1\r\n" +
	"To: <sip:bob@example.com>;tag=2\r\n" +
	"Call-ID: a@h\r\n" +
	"CSeq: 1 INVITE\r\n" +
	"Contact: <sip:bob@h.example.com>\r\n" +
	"Content-Length: 0\r\n\r\n"

// judge parses and checks: "" is good, else code, kind and header.
func judge(text string) string {
	m, err := Parse([]byte(text))
	if err == nil {
		err = m.Check()
	}
	var p *ParseError
	if errors.As(err, &p) {
		return fmt.Sprintf("%d %s %s", p.Code, p.Kind, p.Header)
	}
	return ""
}

// line returns the header line of that name in text.
func line(text, name string) string {
	i := strings.Index(text, "\r\n"+name+":") + 2
	return text[i : i+strings.Index(text[i:], "\r\n")+2]
}

func TestCheckAcceptsWhatIsGood(t *testing.T) {
	for _, text := range []string{invite, ok200, strings.ReplaceAll(invite, "\r\n", "\n")} {
		if got := judge(text); got != "" {
			t.Errorf("%s for %q", got, text)
		}
	}
}

// Each mandatory header dropped, emptied, with a colon only, and doubled (security.md classes 1 and 2).
func TestSection8_1_1_MandatoryHeaders(t *testing.T) {
	for _, base := range []string{invite, ok200} {
		for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
			l := line(base, name)
			for what, text := range map[string]string{
				"dropped":      strings.Replace(base, l, "", 1),
				"emptied":      strings.Replace(base, l, name+": \r\n", 1),
				"colon only":   strings.Replace(base, l, name+":\r\n", 1),
				"empty folded": strings.Replace(base, l, name+":\r\n \r\n", 1),
			} {
				if got, want := judge(text), "400 missing "+name; got != want {
					t.Errorf("%s %s of %.7s: %q, want %q", name, what, base, got, want)
				}
			}
		}
	}
}

func TestSection8_1_1_8_ContactOfInviteIsReportedApart(t *testing.T) {
	without := strings.Replace(invite, line(invite, "Contact"), "", 1)
	if got := judge(without); got != "400 missing Contact" {
		t.Errorf("dropped: %q", got)
	}
	if got := judge(strings.Replace(invite, line(invite, "Contact"), "Contact:\r\n", 1)); got != "400 missing Contact" {
		t.Errorf("emptied: %q", got)
	}
	if got := judge(strings.Replace(without, "CSeq: 1", "CSeq: x", 1)); got != "400 malformed CSeq" {
		t.Errorf("with another fault: %q; the missing Contact must come last", got)
	}
	if got := judge(strings.Replace(without, ";branch=z9hG4bK1", "", 1)); got != "" {
		t.Errorf("from an RFC 2543 client: %q", got)
	}
	if got := judge(strings.Replace(invite, line(invite, "Max-Forwards"), "", 1)); got != "" {
		t.Errorf("without Max-Forwards: %q", got)
	}
}

func TestDuplicatesOfSingleHeaders(t *testing.T) {
	values := map[HeaderID]string{HCallID: "b@h", HContentLength: "0", HCSeq: "1 INVITE", HFrom: "<sip:a@h>;tag=9", HTo: "<sip:b@h>", HMaxForwards: "70"}
	singles := 0
	for id := HAccept; id < numHeaders; id++ {
		value := values[id]
		if value == "" {
			value = "1"
		}
		if !headerTable[id].single {
			continue
		}
		singles++
		for _, name := range []string{id.String(), strings.ToUpper(id.String()), string(headerTable[id].compact)} {
			if name == "\x00" {
				continue
			}
			text := strings.Replace(invite, "Content-Length: 0\r\n", "Content-Length: 0\r\n"+id.String()+": "+value+"\r\n"+name+" : "+value+"\r\n", 1)
			if got, want := judge(text), "400 duplicate "+id.String(); got != want {
				t.Errorf("%s and %s: %q, want %q", id, name, got, want)
			}
		}
	}
	if singles < 20 {
		t.Errorf("only %d headers may stand once", singles)
	}
}

// Numbers at and over their bounds (security.md class 5). An empty result is acceptance.
func TestIntegers(t *testing.T) {
	set := func(name, value string) string {
		return strings.Replace(invite, line(invite, name), name+": "+value+"\r\n", 1)
	}
	const bad = "400 malformed "
	for _, c := range []struct{ name, value, want string }{
		{"CSeq", "0 INVITE", ""},
		{"CSeq", "007 INVITE", ""},
		{"CSeq", "2147483647 INVITE", ""},
		{"CSeq", "2147483648 INVITE", bad + "CSeq"},
		{"CSeq", "4294967295 INVITE", bad + "CSeq"},
		{"CSeq", "4294967297 INVITE", bad + "CSeq"},
		{"CSeq", "9223372036854775808 INVITE", bad + "CSeq"},
		{"CSeq", "18446744073709551617 INVITE", bad + "CSeq"},
		{"CSeq", "-1 INVITE", bad + "CSeq"},
		{"CSeq", "+1 INVITE", bad + "CSeq"},
		{"CSeq", "1e5 INVITE", bad + "CSeq"},
		{"CSeq", "0x10 INVITE", bad + "CSeq"},
		{"CSeq", "5 5 INVITE", bad + "CSeq"},
		{"CSeq", "1", bad + "CSeq"},
		{"CSeq", "1 invite", bad + "CSeq"},
		{"CSeq", "1 " + strings.Repeat("X", 800), bad + "CSeq"},
		{"CSeq", "  5 \t INVITE", ""},
		{"Max-Forwards", "0", ""},
		{"Max-Forwards", "255", ""},
		{"Max-Forwards", "256", bad + "Max-Forwards"},
		{"Max-Forwards", "-1", bad + "Max-Forwards"},
		{"Max-Forwards", "4294967301", bad + "Max-Forwards"},
		{"Max-Forwards", "18446744073709551686", bad + "Max-Forwards"},
		{"Max-Forwards", "7 0", bad + "Max-Forwards"},
		{"Max-Forwards", "0068", ""},
		{"Content-Length", "0", ""},
		{"Content-Length", "000", ""},
		{"Content-Length", "1", "400 malformed Other"},
		{"Content-Length", "-1", bad + "Content-Length"},
		{"Content-Length", "+0", bad + "Content-Length"},
		{"Content-Length", "0x0", bad + "Content-Length"},
		{"Content-Length", "0 0", bad + "Content-Length"},
		{"Content-Length", "4294967296", "513 too large Content-Length"},
		{"Content-Length", "2147483609", "513 too large Content-Length"},
		{"Content-Length", "18446744073709551616", "513 too large Content-Length"},
		{"Via", "SIP/2.0/UDP h:0", bad + "Via"},
		{"Via", "SIP/2.0/UDP h:65535", ""},
		{"Via", "SIP/2.0/UDP h:65536", bad + "Via"},
		{"Via", "SIP/2.0/UDP h:-1", bad + "Via"},
		{"Via", "SIP/2.0/UDP h:", bad + "Via"},
		{"Contact", "<sip:a@h:65535>", ""},
		{"Contact", "<sip:a@h:65536>", bad + "Contact"},
		{"Contact", "<sip:a@h:4294972356>", bad + "Contact"},
		{"Contact", "<sip:a@h:0>", bad + "Contact"},
		{"Contact", "<sip:a@h:+5060>", bad + "Contact"},
	} {
		want := strings.Replace(c.want, "Other", Other.String(), 1)
		if got := judge(set(c.name, c.value)); got != want {
			t.Errorf("%s: %s: got %q, want %q", c.name, c.value, got, want)
		}
	}
}

func TestExpiresAndQBounds(t *testing.T) {
	for value, want := range map[string]string{
		"0": "0 true", "4294967295": "4294967295 true", "4294967296": "0 false", "18446744073709551616": "0 false", "-1": "0 false", "": "0 false", "0x10": "0 false", " 60 ": "60 true", "60 s": "0 false",
	} {
		m, err := Parse([]byte(strings.Replace(invite, "Max-Forwards: 70", "Expires:"+value, 1)))
		if err != nil {
			t.Fatal(err)
		}
		n, ok := m.Expires()
		if got := fmt.Sprint(n, ok); got != want {
			t.Errorf("Expires %q: %s, want %s", value, got, want)
		}
	}
	for value, want := range map[string]int{"0": 0, "1": 1000, "0.": 0, "1.0": 1000, "1.000": 1000, "0.7": 700, "0.33": 330, "0.001": 1} {
		if got, ok := parseQ(value); got != want || !ok {
			t.Errorf("q=%s: %d %v, want %d", value, got, ok, want)
		}
	}
	for _, value := range []string{"", "1.001", "2", "0.1234", "-0", ".5", "0,5", "1e0", "0.x", "00"} {
		if got, ok := parseQ(value); ok {
			t.Errorf("q=%q was taken as %d", value, got)
		}
	}
}

// Names that one reader takes for a header and another does not (security.md class 6).
func TestHeaderNames(t *testing.T) {
	for _, name := range []string{"X-CID", "X-CID ", "X-CID\t", "x-cid", "X-CID \t "} {
		m, err := Parse([]byte(strings.Replace(invite, "Max-Forwards: 70", name+": v", 1)))
		if err != nil || m.Get(HXCID) != "v" {
			t.Errorf("%q: %v", name, err)
			continue
		}
		m.Del(HXCID)
		if strings.Contains(strings.ToLower(m.String()), "x-cid") {
			t.Errorf("%q was not taken away", name)
		}
	}
	for _, name := range []string{"Contact\x01", "Contact\x00", "\x01Contact", "Con tact", "Contact\x7f", "Contact\xc2\xa0", "", "(Contact)", "Contact\r"} {
		if got := judge(strings.Replace(invite, "Contact:", name+":", 1)); !strings.HasPrefix(got, "400") {
			t.Errorf("%q: %q, want 400", name, got)
		}
	}
	if got := judge(strings.Replace(invite, "Max-Forwards: 70", " Max-Forwards: 70", 1)); got != "400 malformed CSeq" {
		t.Errorf("a folded line is part of the line before: %q", got)
	}
}

func TestControlCharacters(t *testing.T) {
	for _, c := range []string{"\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1b", "\x7f", "\r"} {
		for _, text := range []string{
			strings.Replace(invite, "tag=1", "tag=1"+c, 1),
			strings.Replace(invite, "Call-ID: a", "Call-ID: "+c, 1),
			strings.Replace(invite, "Max-Forwards: 70", "Subject: "+c+"1234567890", 1),
			strings.Replace(invite, "Max-Forwards: 70", "X: 1234567890123456789"+c, 1),
			strings.Replace(invite, "bob@example.com SIP", "bo"+c+"b@example.com SIP", 1),
			strings.Replace(invite, "<sip:alice@example.com>", `"a`+c+`" <sip:alice@example.com>`, 1),
		} {
			if c == "\r" && strings.HasSuffix(text, "\r\r\n") {
				continue
			}
			if got := judge(text); !strings.HasPrefix(got, "400 malformed") {
				t.Errorf("%q: %q in %q", c, got, text)
			}
		}
		if got := judge(strings.Replace(ok200, "200 OK", "200 O"+c+"K", 1)); !strings.HasPrefix(got, "400") {
			t.Errorf("%q in a phrase: %q", c, got)
		}
	}
	for _, good := range []string{"Subject: a\tb", "Subject: ünï → 漢字 \u0085", `Subject: "a\` + "\x01" + `b"`} {
		if got := judge(strings.Replace(invite, "Max-Forwards: 70", good, 1)); got != "" {
			t.Errorf("%q: %q", good, got)
		}
	}
}

func TestSyntaxOfRoutingHeaders(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"Route", "<sip:p1;lr>,<sip:p2;lr>", ""},
		{"Route", "<sip:p1;lr>,,<sip:p2>", "400 malformed Route"},
		{"Route", "sip:p1;lr", "400 malformed Route"},
		{"Record-Route", "<sip:p1;lr>;x=y", ""},
		{"Path", "<sip:p1", "400 malformed Path"},
		{"Via", "SIP/2.0/TCP p;branch=z9hG4bK2, SIP/2.0/UDP q;branch=z9hG4bK3", ""},
		{"Via", "SIP/2.0/TCP p;branch=z9hG4bK2,", "400 malformed Via"},
		{"Via", "SIP/3.0/TCP p", "400 malformed Via"},
		{"Via", "SIP/2.0/TCP", "400 malformed Via"},
		{"Via", "SIP/2.0/TCP <p>", "400 malformed Via"},
		{"Via", "SIP/2.0/UDP [::1", "400 malformed Via"},
		{"Via", "SIP/2.0/UDP p;branch=z9hG4bK2;rport;received=[::1]", ""},
		{"Via", `SIP/2.0/UDP p;x="a;b,c"`, ""},
		{"Via", `SIP/2.0/UDP p;x="a`, "400 malformed Via"},
		{"Contact", "<sip:a@h>, <sip:b@h>;q=0.5", ""},
		{"Contact", "*", ""},
		{"Contact", "<sip:a@h> x", "400 malformed Contact"},
		{"Contact", `"a <sip:a@h>`, "400 malformed Contact"},
		{"Contact", `"a\" <sip:a@h>`, "400 malformed Contact"},
		{"Contact", "<>", "400 malformed Contact"},
		{"Contact", "<sip:@h>", "400 malformed Contact"},
		{"Contact", "<a@h>", "400 malformed Contact"},
		{"Contact", "<sip:a@h>;=x", "400 malformed Contact"},
		{"Contact", "<sip:a@h", "400 malformed Contact"},
		{"Contact", "<sip:a@h o>", "400 malformed Contact"},
		{"Contact", "tel:+1-2", ""},
	} {
		text := strings.Replace(invite, "Content-Length: 0\r\n", "Content-Length: 0\r\n"+c.name+": "+c.value+"\r\n", 1)
		if got := judge(text); got != c.want {
			t.Errorf("%s: %s: %q, want %q", c.name, c.value, got, c.want)
		}
	}
}

func TestStartLines(t *testing.T) {
	for start, want := range map[string]string{
		"INVITE sip:bob@example.com sip/2.0": "", "INVITE sip:bob@example.com SIP/3.0": "505 version ", "INVITE sip:bob@example.com SIP/2.00": "505 version ",
		"INVITE  sip:bob@example.com SIP/2.0": "400 malformed ", "INVITE sip:bob@example.com  SIP/2.0": "400 malformed ", "INVITE sip:bob@example.com SIP/2.0 ": "400 malformed ",
		"INVITE\tsip:bob@example.com SIP/2.0": "400 malformed ", "INVITE SIP/2.0": "400 malformed ", "INVITE sip:bob@example.com": "400 malformed ", "INVITE sip:b@ SIP/2.0": "400 malformed ",
		"INVITE sip:" + strings.Repeat("b", MaxURI) + " SIP/2.0": "414 too large ", "IN(VITE sip:bob@example.com SIP/2.0": "400 malformed ", " INVITE sip:bob@example.com SIP/2.0": "400 malformed ",
		"SIP/2.0 99 X": "400 malformed ", "SIP/2.0 700 X": "400 malformed ", "SIP/2.0 0200 X": "400 malformed ", "SIP/2.0 +20 X": "400 malformed ", "SIP/2.0 200": "", "SIP/2.0  200 OK": "400 malformed ",
	} {
		text := strings.Replace(invite, "INVITE sip:bob@example.com SIP/2.0", start, 1)
		if got := judge(text); got != want {
			t.Errorf("%q: %q, want %q", start, got, want)
		}
	}
}
