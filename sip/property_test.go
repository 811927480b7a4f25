package sip

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var (
	genToken = rapid.StringMatching("[A-Za-z0-9.!%*_+`'~-]{1,12}")
	genHost  = rapid.OneOf(rapid.StringMatching(`[a-z][a-z0-9-]{0,8}[a-z0-9]\.(com|example)`), rapid.Just("192.0.2.1"), rapid.Just("[2001:db8::1]"))
	genUser  = rapid.StringMatching(`[A-Za-z0-9_.!~*'()&=+$,;?/-]{1,10}(%[0-9A-F]{2})?`)
	genPort  = rapid.Uint16()
	genName  = rapid.OneOf(rapid.Just(""), rapid.StringOf(rapid.RuneFrom([]rune(`abc "\,;<>@:ü漢`+"\t\x01\x7f"))))
	genText  = rapid.StringOf(rapid.RuneFrom([]rune(`abc ,;=<>:"/ü漢`)))
)

func genParams(t *rapid.T) (p Params) {
	for range rapid.IntRange(0, 4).Draw(t, "params") {
		value := rapid.OneOf(rapid.Just(""), genToken, rapid.Map(genText, Quote)).Draw(t, "value")
		p = p.With(genToken.Draw(t, "name"), value)
	}
	return p
}

func genURI(t *rapid.T) URI {
	u := URI{Scheme: rapid.SampledFrom([]string{"sip", "sips"}).Draw(t, "scheme"), Host: genHost.Draw(t, "host"), Port: genPort.Draw(t, "port")}
	if rapid.Bool().Draw(t, "has user") {
		u.User = genUser.Draw(t, "user")
	}
	for range rapid.IntRange(0, 3).Draw(t, "uri params") {
		u.Params = u.Params.With(EscapeParam(genToken.Draw(t, "name")), EscapeParam(genText.Draw(t, "value")))
	}
	if rapid.Bool().Draw(t, "has headers") {
		u.Headers = "Subject=" + EscapeHeader(genText.Draw(t, "header"))
	}
	return u
}

func genNameAddr(t *rapid.T) NameAddr {
	return NameAddr{Display: genName.Draw(t, "display"), URIText: genURI(t).String(), Params: genParams(t)}
}

func genVia(t *rapid.T) Via {
	return Via{Transport: genToken.Draw(t, "transport"), Host: genHost.Draw(t, "host"), Port: genPort.Draw(t, "port"), Params: genParams(t)}
}

func TestPrintedURIsAreReadAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := genURI(t)
		got, err := ParseURI(u.String())
		if err != nil || got != u || !got.Equal(u) {
			t.Fatalf("%q: %+v, %v, want %+v", u, got, err, u)
		}
	})
}

func TestPrintedAddressesAreReadAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genNameAddr(t), genNameAddr(t)
		m := Message{}
		m.Add(HContact, a.String()+", "+b.String())
		got, err := m.Contacts()
		if err != nil || !slices.Equal(got, []NameAddr{a, b}) {
			t.Fatalf("%q: %+v, %v", m.Get(HContact), got, err)
		}
	})
}

func TestPrintedViasAreReadAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, w := genVia(t), genVia(t)
		m := Message{}
		m.Add(HVia, w.String()+","+w.String())
		m.SetTopVia(v)
		var got []Via
		for v, err := range m.Vias() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, v)
		}
		if !slices.Equal(got, []Via{v, w}) {
			t.Fatalf("%q: %+v", m.Get(HVia), got)
		}
	})
}

func TestParamsKeepWhatIsPutIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := genParams(t)
		name, value := genToken.Draw(t, "name"), genText.Draw(t, "text")
		q := p.With(name, Quote(value))
		got, ok := q.Get(strings.ToUpper(name))
		if !ok || unescape(got) != value {
			t.Fatalf("%q in %q: %q", value, q, got)
		}
		if q.Without(name).Has(name) {
			t.Fatalf("%q without %q still has it", q, name)
		}
		for n, v := range p.All() {
			if w, _ := q.Get(n); !equalFold(n, name) && w != v {
				t.Fatalf("%q became %q in %q", v, w, q)
			}
		}
		if err := q.check("test"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestQuotingAndEscapingGoBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.NewReplacer("\r", " ", "\n", " ").Replace(rapid.String().Draw(t, "text"))
		q := Quote(s)
		if Unquote(q) != s || quotedEnd(q) != len(q) || !cleanText(q) {
			t.Fatalf("%q quoted is %q", s, q)
		}
		for _, escape := range []func(string) string{EscapeUser, EscapePassword, EscapeParam, EscapeHeader} {
			if Unescape(escape(s)) != s {
				t.Fatalf("%q escaped is %q", s, escape(s))
			}
		}
	})
}

// A message built from parts is read as those parts, and however its lines are
// folded, its names spelt and its white space set, it means the same.
func TestMessagesMeanTheSameHoweverTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to, contact, via := genNameAddr(t), genNameAddr(t), genNameAddr(t), genVia(t)
		m := &Message{Method: INVITE, URI: "sip:" + genHost.Draw(t, "target"), Body: rapid.String().Draw(t, "body")}
		via.Params = Params(";branch=z9hG4bK1") + via.Params.Without("branch")
		m.Add(HVia, via.String())
		m.Add(HFrom, from.String())
		m.Add(HTo, to.String())
		m.Add(HContact, contact.String())
		m.Add(HCallID, genToken.Draw(t, "id"))
		m.Add(HCSeq, CSeq{rapid.Uint32Max(1<<31-1).Draw(t, "seq"), INVITE}.String())
		m.AddNamed("P-Own", strings.TrimSpace(CleanValue(genText.Draw(t, "own"))))
		plain, err := Parse(m.Append(nil))
		if err != nil || plain.Lenient {
			t.Fatal(err)
		}
		if err := plain.Check(); err != nil {
			t.Fatal(err)
		}
		for i, h := range m.Headers {
			if g := plain.Headers[i]; g.ID != h.ID || g.Value != h.Value {
				t.Fatalf("header %d: %+v, want %+v", i, g, h)
			}
		}
		odd, err := ParseString(respell(t, m))
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range withoutLength(plain) {
			if g := withoutLength(odd)[i]; g.ID != h.ID || g.Value != h.Value {
				t.Fatalf("respelt header %d: %+v, want %+v", i, g, h)
			}
		}
		if odd.Body != m.Body || odd.Lenient {
			t.Fatalf("body %q, want %q", odd.Body, m.Body)
		}
	})
}

// respell writes a message in another of its spellings.
func respell(t *rapid.T, m *Message) string {
	var b strings.Builder
	b.WriteString(string(m.Method) + " " + m.URI + " SIP/2.0\r\n")
	for _, h := range m.Headers {
		name := h.Title()
		if c := headerTable[h.ID].compact; c != 0 && rapid.Bool().Draw(t, "compact") {
			name = string(c)
		}
		b.WriteString(strings.ToUpper(name))
		b.WriteString(rapid.SampledFrom([]string{": ", ":", " : ", "\t:\t", ":\r\n ", ": \r\n\t "}).Draw(t, "colon"))
		b.WriteString(h.Value)
		b.WriteString(rapid.SampledFrom([]string{"\r\n", " \r\n", "\r\n \r\n"}).Draw(t, "end"))
	}
	b.WriteString("\r\n" + m.Body)
	return b.String()
}
