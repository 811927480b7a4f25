package sip

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Whatever comes, Parse and Check say no or understand; what they let pass is
// the same after printing and reading again, and no reader panics.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/rfc4475/*.dat", "testdata/rfc5118/[a-z]*"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte(invite))
	f.Add([]byte(ok200))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if m == nil {
			if err == nil {
				t.Fatal("neither a message nor an error")
			}
			return
		}
		readAll(m)
		check := m.Check()
		// Printing adds Content-Length, for which one line more has to be free.
		if err != nil || check != nil || len(m.Headers) == MaxHeaders || len(data) > MaxMessage-1024 {
			return
		}
		printed := m.Append(nil)
		again, err := Parse(printed)
		if err != nil {
			t.Fatalf("%v for %q", err, printed)
		}
		if err := again.Check(); err != nil {
			t.Fatalf("%v for %q", err, printed)
		}
		sameMessage(t, m, again)
		if !slices.Equal(facts(m)[:4], facts(again)[:4]) || again.String() != string(printed) {
			t.Fatalf("%q\n%q", printed, again)
		}
	})
}

// readAll calls every reader of a message.
func readAll(m *Message) {
	facts(m)
	m.Replaces()
	m.SessionExpires()
	m.MinSE()
	m.RSeq()
	m.RAck()
	m.Event()
	m.SubscriptionState()
	m.RetryAfter()
	m.Warnings()
	m.Reasons()
	m.Diversions()
	m.History()
	m.Contacts()
	m.ReferTo()
	m.ReferredBy()
	m.MinExpires()
	c := m.Clone()
	c.DropFirst(HVia)
	c.SetTopVia(Via{Transport: "UDP", Host: "h"})
	c.Set(HContact, "*")
	c.Del(HRoute)
}

func FuzzURI(f *testing.F) {
	f.Add("sip:al%69ce;x=y?z:pa:ss@[2001:db8::1]:5071;transport=TCP;lr?Subject=a&b=c")
	f.Add("tel:+1-201-555;phone-context=+1")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURI(s)
		if err != nil {
			return
		}
		v, err := ParseURI(u.String())
		if err != nil || u.String() != v.String() || !u.Equal(v) || !u.Equal(u) {
			t.Fatalf("%q is %+v, printed %q and read again %+v (%v)", s, u, u, v, err)
		}
		u.Number()
		u.Param("lr")
		HostAddr(u.Host)
	})
}

func FuzzNameAddr(f *testing.F) {
	f.Add(`"a\"b" <sip:a@h;x>;tag=1;y="z;\""`)
	f.Add("sip:a@h;tag=2")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseNameAddr(s)
		if err != nil || !cleanText(s) {
			return
		}
		b, err := ParseNameAddr(a.String())
		if err != nil || a != b {
			t.Fatalf("%q is %+v, printed %q and read again %+v (%v)", s, a, a, b, err)
		}
		a.Q()
		a.Expires()
	})
}

func FuzzVia(f *testing.F) {
	f.Add("SIP / 2.0 / UDP  [::1] : 5060 ;branch = z9hG4bK1;rport;received=1.2.3.4")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseVia(s)
		if err != nil {
			return
		}
		w, err := ParseVia(v.String())
		if err != nil || v != w {
			t.Fatalf("%q is %+v, printed %q and read again %+v (%v)", s, v, v, w, err)
		}
	})
}

// Each typed header: what is read is the same after printing.
func FuzzTyped(f *testing.F) {
	for _, s := range []string{"98@h;to-tag=1;from-tag=2;early-only", "4000;refresher=uac", "776656 1 INVITE", `370 h "a\"b"`, "120 (x);duration=5", "application/sdp;a=b", `Q.850;cause=16;text="a;b"`, "active;expires=60;reason=x", "314 INVITE", "0.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := ParseReplaces(s); err == nil {
			again(t, ParseReplaces, v)
		}
		if v, err := ParseSessionExpires(s); err == nil {
			again(t, ParseSessionExpires, v)
		}
		if v, err := ParseRAck(s); err == nil {
			again(t, ParseRAck, v)
		}
		if v, err := ParseCSeq(s); err == nil {
			again(t, ParseCSeq, v)
		}
		if v, err := ParseWarning(s); err == nil && cleanText(s) {
			again(t, ParseWarning, v)
		}
		if v, ok := ParseRetryAfter(s); ok {
			if w, ok := ParseRetryAfter(v.String()); !ok || w.Seconds != v.Seconds || w.Duration != v.Duration {
				t.Fatalf("%q: %+v and %+v", s, v, w)
			}
		}
		if v, ok := ParseMediaType(s); ok {
			if w, ok := ParseMediaType(v.String()); !ok || w != v {
				t.Fatalf("%q: %+v and %+v", s, v, w)
			}
		}
		if n, ok := parseQ(s); ok {
			if k, ok := parseQ(FormatQ(n)); !ok || k != n {
				t.Fatalf("%q: %d and %d", s, n, k)
			}
		}
		if r := parseReason(s); cleanText(s) && isToken(r.Protocol) {
			if q := parseReason(r.String()); q.Protocol != r.Protocol || q.Cause != r.Cause || q.Text != r.Text {
				t.Fatalf("%q: %+v and %+v", s, r, q)
			}
		}
		for v := range splitList(s) {
			for name, value := range Params(v).All() {
				_ = Params(v).With(name, value).Without(name)
			}
		}
	})
}

// again prints a value and reads it again.
func again[T interface {
	comparable
	String() string
}](t *testing.T, parse func(string) (T, error), v T,
) {
	t.Helper()
	if w, err := parse(v.String()); err != nil || w != v {
		t.Fatalf("%+v printed is %q and read again %+v (%v)", v, v, w, err)
	}
}
