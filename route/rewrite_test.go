package route

import (
	"errors"
	"testing"
)

func TestRewrites(t *testing.T) {
	for _, c := range []struct {
		rules    []Rewrite
		in, want string
	}{
		{nil, "0301234", "0301234"},
		{[]Rewrite{{Strip: 1}}, "0301234", "301234"},
		{[]Rewrite{{Prefix: "+49"}}, "301234", "+49301234"},
		{[]Rewrite{{Match: `0[1-9]\d*`, Strip: 1, Prefix: "+49"}}, "0301234", "+49301234"},
		{[]Rewrite{{Match: `0[1-9]\d*`, Strip: 1, Prefix: "+49"}}, "00441", "00441"},
		{[]Rewrite{{Match: `00(\d+)`, Number: "+$1"}, {Match: `0(\d+)`, Number: "+49$1"}}, "00441", "+441"},
		{[]Rewrite{{Match: `00(\d+)`, Number: "+$1"}, {Match: `0(\d+)`, Number: "+49$1"}}, "030", "+4930"},
		{[]Rewrite{{Number: "5550100"}}, "anything", "5550100"},
		{[]Rewrite{{Number: "1$0"}}, "23", "123"},
		{[]Rewrite{{Strip: 99}}, "23", ""},
		{[]Rewrite{{Strip: 1}}, "äb", "b"},
	} {
		r, err := NewRewrites(c.rules)
		if err != nil {
			t.Fatalf("%v: %v", c.rules, err)
		}
		if got := r.Apply(c.in); got != c.want {
			t.Errorf("%v: %s became %q, want %q", c.rules, c.in, got, c.want)
		}
	}
}

func TestRewritesThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		rule Rewrite
		path string
	}{
		{Rewrite{Match: "("}, "[1].match"},
		{Rewrite{Strip: -1}, "[1].strip"},
		{Rewrite{Number: "$1"}, "[1].number"},
		{Rewrite{Number: "1", Prefix: "2"}, "[1].number"},
	} {
		_, err := NewRewrites([]Rewrite{{}, c.rule})
		var p *Problem
		if !errors.As(err, &p) || p.Path != c.path {
			t.Errorf("%+v: got %v, want a problem at %s", c.rule, err, c.path)
		}
	}
}
