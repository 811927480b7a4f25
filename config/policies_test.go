package config

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/route"
)

func TestExampleOfPoliciesLoads(t *testing.T) {
	data, err := os.ReadFile("../docs/policies.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("policies.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) != 0 {
		t.Errorf("warnings: %q", c.Warnings)
	}
	p, err := route.NewPolicies(c.RoutePolicies())
	if err != nil {
		t.Fatal(err)
	}
	day := route.Moment{At: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	night := route.Moment{At: day.At.Add(9 * time.Hour)}
	if got := p.Outgoing(night, route.Caller{User: "100"}, "0441").Cause; got != route.OutgoingCallBarred {
		t.Errorf("a call at night: got %q", got)
	}
	if got := p.Outgoing(day, route.Caller{User: "100"}, "0441"); got.Cause != "" {
		t.Errorf("the same call by day: got %v", got)
	}
	if got := p.Outgoing(day, route.Caller{User: "101"}, "00441").Cause; got != route.OutgoingCallBarred {
		t.Errorf("a member of the group calls abroad: got %q", got)
	}
	if got := p.Outgoing(day, route.Caller{User: "101"}, "00411"); got.Cause != "" {
		t.Errorf("Switzerland is an exception: got %v", got)
	}
	if c.Policies.Redirects != 3 || c.Users[0].Calls != 4 || c.Users[2].Video || c.Users[2].Fax || !c.Users[3].DND || c.Users[4].Moved != "100" ||
		!slices.Equal(c.Users[1].Blocked, []string{"+4930*", "102", "anonymous"}) || !c.Users[0].Video {
		t.Errorf("got %+v, %+v", c.Policies, c.Users)
	}
}

func TestPoliciesAreChecked(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{`policies: {outgoing: [{numbers: ["a b"]}]}`, `x.yaml:1:34: policies.outgoing[0].numbers[0]: got "a b", want a number, or the beginning of numbers`},
		{`policies: {incoming: [{users: ["1OO"]}]}`, `policies.incoming[0].users[0]: got "1OO", want the name of a user that is configured`},
		{`policies: {outgoing: [{groups: [salse]}]}`, `policies.outgoing[0].groups[0]: got "salse", want the name of a group that is configured (did you mean sales?)`},
		{`policies: {outgoing: [{trunks: [carier]}]}`, `(did you mean carrier?)`},
		{`policies: {outgoing: [{number: ["1"]}]}`, `the unknown key "number" (did you mean numbers?)`},
		{`policies: {closed_groups: [{name: a}]}`, `policies.closed_groups[0]: got a closed group of nobody`},
		{`policies: {closed_groups: [{name: a, users: ["100"]}, {name: a, users: ["100"]}]}`, `policies.closed_groups[1].name: got "a" a second time`},
		{`policies: {features: [{users: ["100"]}]}`, `policies.features[0].numbers: got nothing`},
		{`policies: {numbers: {shortest: 9, longest: 3}}`, `policies.numbers.shortest: got 9, want at most policies.numbers.longest, which is 3`},
		{`policies: {numbers: {patterns: ["("]}}`, `policies.numbers.patterns[0]: got "("`},
		{`policies: {outgoing: [{outside: ofice}], redirects: 3}
hours: [{name: office, open: mon-fri 08:00-18:00}]`, `policies.outgoing[0].outside: got "ofice", want the name of one of hours (did you mean office?)`},
		{`policies: {incoming: [{outside: night}]}`, `policies.incoming[0].outside: got "night", want the name of one of hours`},
		{`policies: {redirects: 21}`, `policies.redirects: got 21, want at most 20`},
		{`polices: {}`, `did you mean policies?`},
	} {
		got := strings.Join(lines(t, c.file+`
users: [{name: "100", password: choose-your-own}]
groups: [{name: sales, members: ["100"]}]
trunks: [{name: carrier, address: 192.0.2.1}]
`), "\n")
		if !strings.Contains(got, c.want) || strings.Count(got, "\n") > 0 {
			t.Errorf("%s: got\n%s\nwant %s", c.file, got, c.want)
		}
	}
	for _, c := range []struct{ key, want string }{
		{`moved: "100"`, `users[0].moved: got "100", want another number`},
		{`moved: "a b"`, `users[0].moved: got "a b", want another number`},
		{`blocked: [""]`, `users[0].blocked[0]: got "", want a number`},
		{`calls: -1`, `users[0].calls: got -1, want at least 0`},
		{`video: perhaps`, `users[0].video`},
	} {
		got := strings.Join(lines(t, `users: [{name: "100", password: choose-your-own, `+c.key+`}]`), "\n")
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: got\n%s\nwant %s", c.key, got, c.want)
		}
	}
}
