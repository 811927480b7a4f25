package route

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNewReportsEveryProblem(t *testing.T) {
	_, err := New(Options{
		Local: []string{"bad host"},
		Groups: []Group{
			{Name: "", Members: []string{"1"}},
			{Name: "g"},
			{Name: "t", Members: []string{"1"}, InTurn: true},
			{Name: "t", Members: []string{"1"}},
		},
		Rules: []Rule{
			{Match: "(", To: to(t, "echo")},
			{Match: "1", To: nil},
			{Match: "2(3)", To: to(t, "user:$1", "user:$2"), Number: "$x", Ring: -time.Second},
			{Match: "3", To: to(t, "sip:a@b@c")},
			{Match: "a)(b", To: to(t, "echo")},
		},
	})
	var got []string
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		t.Fatalf("got %v, want joined errors", err)
	}
	for _, e := range joined.Unwrap() {
		var p *Problem
		if !errors.As(e, &p) {
			t.Fatalf("%v is no *Problem", e)
		}
		got = append(got, p.Path)
	}
	want := []string{
		"local[0]", "groups[0].name", "groups[1].members", "groups[2].ring", "groups[3].name",
		"routes[0].match", "routes[1].to", "routes[2].to[1]", "routes[2].number", "routes[2].ring", "routes[3].to[0]", "routes[4].match",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s\nin %v", diff, err)
	}
}

func TestParseDestination(t *testing.T) {
	for _, s := range []string{"user:100", "group:sales", "trunk:carrier", "sip:a@b", "sips:a@b", "echo"} {
		d, err := ParseDestination(s)
		if err != nil || d.String() != s {
			t.Errorf("%s: got %q, %v, want it as written", s, d, err)
		}
	}
	for _, tt := range []struct{ text, message string }{
		{"", "no kind"},
		{"carrier", "no kind"},
		{"trunk:", "names nothing"},
		{"trnk:carrier", `unknown kind "trnk"`},
	} {
		_, err := ParseDestination(tt.text)
		if err == nil || !strings.Contains(err.Error(), tt.message) {
			t.Errorf("%q: got %v, want an error with %q", tt.text, err, tt.message)
		}
	}
}

func TestParsePattern(t *testing.T) {
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"500", []string{"500"}, []string{"5001", "1500", ""}},
		{"^500", []string{"500"}, []string{"5001"}},
		{"1|22", []string{"1", "22"}, []string{"122", "12"}},
		{`^9(\d+)$`, []string{"91"}, []string{"9", "9a", "91\n"}},
		{"(?i)abc", []string{"ABC"}, []string{"abcd"}},
	}
	for _, tt := range tests {
		p, err := ParsePattern(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range tt.yes {
			if !p.Match(n) {
				t.Errorf("%s does not match %q", tt.pattern, n)
			}
		}
		for _, n := range tt.no {
			if p.Match(n) {
				t.Errorf("%s matches %q", tt.pattern, n)
			}
		}
	}
	for _, bad := range []string{"", "(", "a)(b", strings.Repeat("a", 513), "((a{30}){30}){3}"} {
		if _, err := ParsePattern(bad); err == nil {
			t.Errorf("%.20q was accepted", bad)
		}
	}
	if (Pattern{}).Match("") {
		t.Error("a pattern of nothing matches")
	}
}

func TestTemplateTakesOnlyGroupsThatExist(t *testing.T) {
	tests := []struct {
		template, pattern, number, want string
	}{
		{"+$1", `9(\d+)`, "9123", "+123"},
		{"$10", `(\d)`, "7", "70"},
		{"${1}0", `(\d)`, "7", "70"},
		{"$1x", `(\d)`, "7", "7x"},
		{"a$$b", `(\d)`, "7", "a$b"},
		{"$0", `(\d)`, "7", "7"},
		{"$2$1", `(\d)(\d)`, "78", "87"},
		{"[$2]", `(\d)(\d)?`, "7", "[]"},
		{"$11", `(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)`, "abcdefghijk", "k"},
	}
	for _, tt := range tests {
		p, err := ParsePattern(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		text, err := parseTemplate(tt.template, p.Groups())
		if err != nil {
			t.Fatal(err)
		}
		if got := text.expand(tt.number, p.match(tt.number)); got != tt.want {
			t.Errorf("%s over %s by %s: got %q, want %q", tt.template, tt.number, tt.pattern, got, tt.want)
		}
	}
	for _, bad := range []string{"$", "$x", "${", "${1", "${x}", "$2", "a$"} {
		if _, err := parseTemplate(bad, 1); err == nil {
			t.Errorf("%q was accepted for one group", bad)
		}
	}
}

func TestParseAddress(t *testing.T) {
	tests := []struct {
		uri  string
		want address
	}{
		{"sip:a@B.example", address{"sip", "a", "b.example", 0, ""}},
		{"sip:b.example:5070;transport=TLS;lr", address{"sip", "", "b.example", 5070, "tls"}},
		{"sips:a:pw@[2001:DB8::1]:5061?x=y", address{"sips", "a:pw", "[2001:db8::1]", 5061, ""}},
		{"sip:a@[::1]", address{"sip", "a", "[::1]", 0, ""}},
	}
	for _, tt := range tests {
		if got, ok := parseAddress(tt.uri); !ok || got != tt.want {
			t.Errorf("%s: got %+v, %v, want %+v", tt.uri, got, ok, tt.want)
		}
	}
	for _, bad := range []string{
		"", "sip", "sip:", "tel:1", "sip:@b", "sip:a@", "sip:a@b@c", "sip:a@b:0", "sip:a@b:65536", "sip:a@b:+1", "sip:a@b:", "sip:a@[::1",
		"sip:a@[1.2.3.4]", "sip:a@[::1]x", "sip:a@b c", "sip:a@-b", "sip:a@b..c", "sip:a@b/c",
	} {
		if got, ok := parseAddress(bad); ok {
			t.Errorf("%q was accepted as %+v", bad, got)
		}
	}
}

func TestIsLocal(t *testing.T) {
	table := office(t)
	for _, tt := range []struct {
		host string
		port uint16
		want bool
	}{
		{"example.com", 0, true},
		{"EXAMPLE.com", 5060, true},
		{"example.com", 5070, false},
		{"127.0.0.1", 5070, true},
		{"127.0.0.1", 0, false},
		{"[::1]", 5060, true},
		{"[0:0::1]", 0, true},
		{"example.org", 0, false},
		{"", 0, false},
	} {
		if got := table.IsLocal(tt.host, tt.port); got != tt.want {
			t.Errorf("%s port %d: got %v", tt.host, tt.port, got)
		}
	}
}

func TestKindsHaveNames(t *testing.T) {
	var names []string
	for k := range ToEcho + 1 {
		names = append(names, k.String())
	}
	if want := []string{"none", "user", "group", "trunk", "sip", "echo"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}
