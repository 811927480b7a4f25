package sip

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// facts spells out what was understood of a message, a line each, so that a
// test can say what a message means and not only that it was accepted.
func facts(m *Message) []string {
	var out []string
	say := func(key string, value any) { out = append(out, fmt.Sprintf("%s=%v", key, value)) }
	say("method", m.Method)
	say("status", m.Status)
	say("phrase", m.Phrase)
	say("body", len(m.Body))
	say("call-id", m.CallID())
	say("lenient", m.Lenient)
	if m.IsRequest() {
		out = append(out, uriFacts("ruri", m.URI)...)
	}
	if c, err := m.CSeq(); err == nil {
		say("cseq", c.Seq)
		say("cseq.method", c.Method)
	}
	if n, ok := m.MaxForwards(); ok {
		say("max-forwards", n)
	}
	i := 0
	for v, err := range m.Vias() {
		key := fmt.Sprint("via", i)
		i++
		if err != nil {
			say(key, err)
			continue
		}
		say(key, fmt.Sprintf("%s %s %d %s", v.Transport, v.Host, v.Port, v.Branch()))
		say(key+".received", v.Received())
	}
	say("vias", i)
	for _, h := range []struct {
		key string
		id  HeaderID
	}{{"from", HFrom}, {"to", HTo}, {"contact", HContact}, {"route", HRoute}, {"record-route", HRecordRoute}} {
		n := 0
		for a, err := range m.Addrs(h.id) {
			key := fmt.Sprint(h.key, n)
			n++
			if err != nil {
				say(key, err)
				continue
			}
			say(key+".display", a.Display)
			for name, value := range a.Params.All() {
				say(key+";"+name, value)
			}
			if q, ok := a.Q(); ok {
				say(key+".q", q)
			}
			if n, ok := a.Expires(); ok {
				say(key+".expires", n)
			}
			out = append(out, uriFacts(key, a.URIText)...)
		}
		say(h.key+"s", n)
	}
	for _, h := range m.Headers {
		say("header "+h.Title(), h.Value)
	}
	for _, id := range []HeaderID{HRequire, HProxyRequire, HAccept} {
		for v := range m.Values(id) {
			say(id.String(), v)
		}
	}
	if t, ok := m.ContentType(); ok {
		say("type", t.Type+"/"+t.Subtype)
	}
	return out
}

func uriFacts(key, text string) []string {
	u, err := ParseURI(text)
	if err != nil {
		return []string{key + ".error=" + err.Error()}
	}
	out := []string{key + ".scheme=" + u.Scheme, key + ".user=" + u.UserText(), key + ".host=" + u.Host, fmt.Sprint(key, ".port=", u.Port), key + ".headers=" + Unescape(u.Headers)}
	for name, value := range u.Params.All() {
		out = append(out, key+".uri;"+Unescape(name)+"="+Unescape(value))
	}
	if a, ok := HostAddr(u.Host); ok {
		out = append(out, key+".addr="+a.String())
	}
	return append(out, key+".opaque="+u.Opaque)
}

// A tortureCase says what one message means: the error that has to come, or the facts.
type tortureCase struct {
	file  string
	fault string // "parse 400 malformed", "check 400 missing From"; empty: a good message
	facts []string
}

func (c tortureCase) run(t *testing.T, folder string) {
	data, err := os.ReadFile(filepath.Join("testdata", folder, c.file))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(data)
	got := ""
	var p *ParseError
	if errors.As(err, &p) {
		got = fmt.Sprintf("parse %d %s", p.Code, p.Kind)
	} else if err = m.Check(); errors.As(err, &p) {
		got = fmt.Sprintf("check %d %s %s", p.Code, p.Kind, p.Where)
	}
	if !strings.HasPrefix(got, c.fault) || c.fault == "" && got != "" {
		t.Errorf("fault %q (%v), want %q", got, err, c.fault)
	}
	if m == nil {
		if len(c.facts) > 0 {
			t.Error("no message")
		}
		return
	}
	have := facts(m)
	for _, want := range c.facts {
		if !slices.Contains(have, want) {
			t.Errorf("not understood: %s", want)
		}
	}
	if t.Failed() {
		t.Logf("understood:\n%s", strings.Join(have, "\n"))
	}
	if err == nil {
		again, err := Parse(m.Append(nil))
		if err != nil {
			t.Fatalf("printed and read again: %v", err)
		}
		sameMessage(t, m, again)
	}
}

// sameMessage compares what was read with what was printed and read again.
func sameMessage(t *testing.T, a, b *Message) {
	t.Helper()
	if a.Method != b.Method || a.URI != b.URI || a.Status != b.Status || a.Phrase != b.Phrase || a.Body != b.Body {
		t.Errorf("start line or body changed:\n%q\n%q", a, b)
	}
	if x, y := withoutLength(a), withoutLength(b); !slices.Equal(x, y) {
		t.Errorf("headers changed:\n%q\n%q", x, y)
	}
}

// withoutLength leaves Content-Length out, which printing writes anew.
func withoutLength(m *Message) (out []Header) {
	for _, h := range m.Headers {
		if h.ID != HContentLength {
			out = append(out, h)
		}
	}
	return out
}

func TestRFC4475(t *testing.T) {
	for _, c := range rfc4475 {
		t.Run(c.file, func(t *testing.T) { c.run(t, "rfc4475") })
	}
	files, _ := filepath.Glob("testdata/rfc4475/*.dat")
	if len(files) != len(rfc4475) {
		t.Errorf("%d messages, %d cases", len(files), len(rfc4475))
	}
}

var long = func(word string, n int) string { return strings.Repeat(word, n) }

var rfc4475 = []tortureCase{
	// 3.1.1 Valid messages
	{"wsinv.dat", "", []string{
		"method=INVITE", "ruri.user=vivekg", "ruri.host=chair-dnrc.example.com", "ruri.uri;unknownparam=",
		"to0.user=vivekg", "to0.host=chair-dnrc.example.com", "to0;tag=1918181833n",
		`from0.display=J Rosenberg \"`, "from0.user=jdrosen", "from0;tag=98asjd8",
		"max-forwards=68", "call-id=wsinv.ndaksdj@192.0.2.1", "cseq=9", "cseq.method=INVITE", "body=150",
		"vias=3", "via0=UDP 192.0.2.2 0 390skdjuw", "via1=TCP spindle.example.com 0 z9hG4bK9ikj8", "via2=UDP 192.168.255.111 0 z9hG4bK30239",
		"header s=", "header NewFangledHeader=newfangled value continued newfangled value", "header UnknownHeaderWithUnusualValue=;;,,;;,;",
		"route0.host=services.example.com", "route0.uri;lr=", "route0.uri;unknownwith=value", "route0.uri;unknown-no-value=",
		`contact0.display=Quoted string ""`, "contact0.user=jdrosen", "contact0;newparam=newvalue", "contact0;secondparam=", "contact0.q=330", "contacts=1",
		"type=application/sdp",
	}},
	{"intmeth.dat", "", []string{
		"method=!interesting-Method0123456789_*+`.%indeed'~", "cseq=139122385", "cseq.method=!interesting-Method0123456789_*+`.%indeed'~", "max-forwards=255",
		"ruri.scheme=sip", "ruri.user=1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", "ruri.host=example.com",
		"via0=TCP host1.example.com 0 z9hG4bK-.!%66*_+`'~",
		"to0.display=BEL:\a NUL:\x00 DEL:\x7f", "to0.user=1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", "to0.host=example.com",
		"from0.display=token1~` token2'+_ token3*%!.-", "from0.user=mundane", "from0;fromParam''~+*_!.-%=работающий", "from0;tag=_token~1'+`*%!-.",
		"call-id=intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
		"header extensionHeader-!.%*+_`'~=\ufeff大停電",
	}},
	{"esc01.dat", "", []string{
		"ruri.scheme=sip", "ruri.user=sips:user@example.com", "ruri.host=example.net", "to0.user=user", "from0.user=I have spaces",
		"contact0.user=caller", "contact0.uri;lr=", "contact0.uri;name=value%41", "cseq=234234", "max-forwards=87", "body=150", "type=application/sdp",
	}},
	{"escnull.dat", "", []string{
		"method=REGISTER", "to0.user=null-\x00-null", "from0.user=null-\x00-null", "contacts=2", "contact0.user=\x00", "contact1.user=\x00\x00", "contact1.host=host5.example.com",
	}},
	{"esc02.dat", "", []string{
		"method=RE%47IST%45R", "cseq.method=RE%47IST%45R", "contacts=2", "contact0.user=alias1", "contact1.user=alias3",
		"header C%6Fntact=<sip:alias2@host2.example.com>", "to0.display=%Z%45", "via0=TCP host.example.com 0 z9hG4bK209%fzsnel234",
	}},
	{"lwsdisp.dat", "", []string{"from0.display=caller", "from0.user=caller", "from0;tag=323", "method=OPTIONS"}},
	{"longreq.dat", "", []string{
		"to0.display=I have a user name of " + long("extreme", 10) + " proportion", "to0.port=6000",
		"from0.user=" + long("amazinglylongcallername", 5), "from0;tag=12" + long("982", 50) + "424",
		"call-id=longreq.one" + long("really", 20) + "longcallid", "cseq=3882340", "vias=34", "body=150",
		"via0=TCP sip33.example.com 0 ", "via32=TCP sip1.example.com 0 ", "via33=TCP host.example.com 0 very" + long("long", 50) + "branchvalue", "via33.received=192.0.2.5",
	}},
	{"dblreq.dat", "", []string{"method=REGISTER", "body=0", "cseq=8", "cseq.method=REGISTER", "contact0.user=j.user", "contact0.host=host.example.com", "vias=1", "to0.user=j.user"}},
	{"semiuri.dat", "", []string{"ruri.user=user;par=u@example.net", "ruri.host=example.com", "Accept=application/sdp", "Accept=application/pkcs7-mime", "Accept=multipart/mixed", "Accept=multipart/signed", "Accept=message/sip", "Accept=message/sipfrag"}},
	{"transports.dat", "", []string{"vias=5", "via0=UDP t1.example.com 0 z9hG4bKkdjuw", "via1=SCTP t2.example.com 0 z9hG4bKklasjdhf", "via2=TLS t3.example.com 0 z9hG4bK2980unddj", "via3=UNKNOWN t4.example.com 0 z9hG4bKasd0f3en", "via4=TCP t5.example.com 0 z9hG4bK0a9idfnee"}},
	{"mpart01.dat", "", []string{"method=MESSAGE", "body=553", "type=multipart/mixed", "route0.host=127.0.0.1", "route0.port=5080", "via0=UDP 127.0.0.1 5070 z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543-", "contact0.user=fluffy"}},
	{"unreason.dat", "", []string{"status=200", "phrase== 2**3 * 5**2 но сто девяносто девять - простое", "cseq=35", "to0;tag=2229", "contact0.host=host198.example.com", "body=154"}},
	{"noreason.dat", "", []string{"status=100", "phrase=", "cseq=35", "from0;tag=39ansfi3", "contact0.host=host105.example.com"}},
	// 3.1.2 Invalid messages
	{"badinv01.dat", "check 400 malformed Via", []string{"via0=UDP 192.0.2.15 0 "}},
	{"clerr.dat", "parse 400 malformed", []string{"method=INVITE", "vias=1"}},
	{"ncl.dat", "parse 400 malformed", []string{"method=INVITE"}},
	{"scalar02.dat", "check 400 malformed CSeq", []string{"method=REGISTER", "header Max-Forwards=300"}},
	{"scalarlg.dat", "check 400 malformed CSeq", []string{"status=503"}},
	{"quotbal.dat", "check 400 malformed To", []string{"method=INVITE"}},
	{"ltgtruri.dat", "parse 400 malformed", []string{"method=INVITE", "cseq=1"}},
	{"lwsruri.dat", "parse 400 malformed", []string{"method=INVITE", "vias=1"}},
	{"lwsstart.dat", "parse 400 malformed", []string{"method=INVITE", "vias=1"}},
	{"trws.dat", "parse 400 malformed", []string{"method=OPTIONS", "vias=1", "ruri.user=remote-target"}},
	{"escruri.dat", "check 400 malformed Request-URI", []string{"routes=0"}},
	{"baddate.dat", "", []string{"header Date=Fri, 01 Jan 2010 16:00:00 EST", "method=INVITE", "contact0.host=host5.example.net"}},
	{"regbadct.dat", "check 400 malformed Contact", []string{"routes=0"}},
	{"badaspec.dat", "check 400 malformed To", []string{"from0.display=Bell, Alexander"}},
	{"baddn.dat", "check 400 malformed From", []string{"lenient=true", "call-id=baddn.31415@c.example.com"}},
	{"badvers.dat", "parse 505 version", []string{"method=OPTIONS", "cseq=1"}},
	{"mismatch01.dat", "check 400 malformed CSeq", []string{"method=OPTIONS", "cseq.method=INVITE"}},
	{"mismatch02.dat", "check 400 malformed CSeq", []string{"method=NEWMETHOD", "cseq.method=INVITE"}},
	{"bigcode.dat", "parse 400 malformed", nil},
	// 3.2 and 3.3: what the transaction and the application layers decide on
	{"badbranch.dat", "check 400 malformed Via", []string{"via0=UDP 192.0.2.1 0 z9hG4bK"}},
	{"insuf.dat", "check 400 missing", []string{"method=INVITE", "cseq=193942"}},
	{"unkscm.dat", "", []string{"ruri.scheme=nobodyknowsthisscheme", "ruri.opaque=totallyopaquecontent", "cseq=3923423"}},
	{"novelsc.dat", "", []string{"ruri.scheme=soap.beep", "ruri.opaque=//192.0.2.103:3002", "cseq=3923423"}},
	{"unksm2.dat", "", []string{"to0.scheme=isbn", "to0.opaque=2983792873", "from0.scheme=http", "from0.opaque=//www.example.com", "from0;tag=3234233", "contact0.scheme=name", "contact0.opaque=John_Smith"}},
	{"bext01.dat", "", []string{"Require=nothingSupportsThis", "Require=nothingSupportsThisEither", "Proxy-Require=noProxiesSupportThis", "Proxy-Require=norDoAnyProxiesSupportThis", "via0=TLS fold-and-staple.example.com 0 z9hG4bKkdjuw"}},
	{"invut.dat", "", []string{"type=application/unknownformat", "body=40"}},
	{"regaut01.dat", "", []string{"header Authorization=NoOneKnowsThisScheme opaque-data=here", "method=REGISTER"}},
	{"multi01.dat", "check 400 duplicate", []string{"contacts=2"}},
	{"mcl01.dat", "parse 400 duplicate", []string{"method=OPTIONS"}},
	{"bcast.dat", "", []string{"status=200", "vias=2", "via1=UDP 255.255.255.255 0 z9hG4bK1saber23"}},
	{"zeromf.dat", "", []string{"max-forwards=0", "method=OPTIONS"}},
	{"cparam01.dat", "", []string{"contact0;unknownparam=", "contact0.user=+19725552222", "contact0.host=gw1.example.net"}},
	{"cparam02.dat", "", []string{"contact0.uri;unknownparam=", "contact0.user=+19725552222", "contact0.host=gw1.example.net"}},
	{"regescrt.dat", "", []string{"contact0.headers=Route=<sip:sip.example.com>", "contact0.user=user", "routes=0"}},
	{"sdp01.dat", "", []string{"Accept=text/nobodyKnowsThis", "body=150"}},
	{"inv2543.dat", "", []string{"via0=UDP iftgw.example.com 0 ", "from0.user=+13035551111", "from0.uri;user=phone", "to0;user=phone", "cseq=56", "body=105", "record-route0.uri;maddr=ss1.example.com", "contacts=0"}},
	{"test.dat", "parse 400 malformed", nil},
}
