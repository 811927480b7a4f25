package config

import (
	"os"
	"strings"
	"testing"
	"time"

	"onhook/route"
)

func TestExampleOfTrunksLoads(t *testing.T) {
	data, err := os.ReadFile("../docs/trunks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("trunks.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) != 0 {
		t.Errorf("warnings: %q", c.Warnings)
	}
	table, err := route.New(c.RouteOptions())
	if err != nil {
		t.Fatal(err)
	}
	if p := table.Plan(route.Moment{}, route.Caller{User: "100"}, "0030123"); p.Refused() || p.Steps[0].Targets[0].Name != "abroad" || p.Steps[0].Targets[0].Number != "+30123" {
		t.Errorf("got %+v", p)
	}
	if p := table.Plan(route.Moment{}, route.Caller{User: "100"}, "030123"); len(p.Steps) != 2 || p.Steps[1].Targets[0].Name != "spare" {
		t.Errorf("got %+v", p)
	}
}

func TestTrunksAreRead(t *testing.T) {
	c, err := Parse("x.yaml", []byte(`
trunks:
  - name: a
    address: sip.example.net
    username: acme
    password: choose-your-own
    register: {enabled: true, registrar: "reg.example.net:5070", domain: example.net, contact: "5550100", expires: 10m}
    per_second: 5
    down_after: 3
    up_after: 1
    numbers: {out: [{match: "00(\\d+)", number: "+$1"}], in: [{strip: 2}], caller_out: [{prefix: "+4930"}], caller_in: [{match: "0(\\d+)", number: "+49$1"}]}
    caller_id: {number: "+49301", name: Acme, domain: acme.example, trusted: true}
  - {name: b, address: 192.0.2.2}
trunk_groups:
  - {name: abroad, trunks: [{trunk: a, priority: 1, weight: 3}, {trunk: b}]}
routes:
  - {match: "00\\d+", to: trunk:abroad}
`))
	if err != nil {
		t.Fatal(err)
	}
	a := c.Trunks[0]
	if a.Register.Expires != 10*time.Minute || a.Register.Registrar.Port != 5070 || a.Register.Contact != "5550100" || a.PerSecond != 5 || a.DownAfter != 3 || a.UpAfter != 1 {
		t.Errorf("got %+v", a)
	}
	rules, err := route.NewRewrites(Rewrites(a.Numbers.Out))
	if err != nil || rules.Apply("00441") != "+441" {
		t.Errorf("00441 became %s (%v)", rules.Apply("00441"), err)
	}
	if m := c.TrunkGroups[0].Trunks; m[0] != (TrunkMember{"a", 1, 3}) || m[1] != (TrunkMember{"b", 0, 1}) {
		t.Errorf("got %+v", m)
	}
	if b := c.Trunks[1]; b.DownAfter != 2 || b.UpAfter != 2 || b.Register.Enabled {
		t.Errorf("defaults: got %+v", b)
	}
	if _, err := route.New(c.RouteOptions()); err != nil {
		t.Error(err)
	}
}

func TestTrunksAreChecked(t *testing.T) {
	for _, c := range []struct{ more, groups, want string }{
		{`register: {enabled: true}`, "", `trunks[0].register.enabled: got true without a username`},
		{`register: {expires: 1s}`, "", `trunks[0].register.expires: got 1s, want at least 10s`},
		{`register: {contact: "a b"}`, "", `trunks[0].register.contact: got "a b", want a number`},
		{`register: {domain: "a:5060"}`, "", `trunks[0].register.domain: got "a:5060", want a host name`},
		{`numbers: {in: [{match: "("}]}`, "", `trunks[0].numbers.in[0].match: got "(", want a rule that can be applied`},
		{`numbers: {out: [{}, {number: "$1"}]}`, "", `trunks[0].numbers.out[1].number: got "$1"`},
		{`numbers: {caller_out: [{number: "1", prefix: "2"}]}`, "", `trunks[0].numbers.caller_out[0].number: got "1"`},
		{`caller_id: {number: "a@b"}`, "", `trunks[0].caller_id.number: got "a@b"`},
		{`caller_id: {nmae: a}`, "", `did you mean name?`},
		{`down_after: 0`, "", `trunks[0].down_after: got 0, want at least 1`},
		{`per_second: -1`, "", `trunks[0].per_second: got -1, want at least 0`},
		{`channels: 1`, `{name: carrier, trunks: [{trunk: carrier}]}`, `trunk_groups[0].name: got "carrier" a second time`},
		{`channels: 1`, `{name: g, trunks: [{trunk: carier}]}`, `trunk_groups[0].trunks[0].trunk: got "carier", want the name of a trunk that is configured (did you mean carrier?)`},
		{`channels: 1`, `{name: g, trunks: [{trunk: carrier}, {trunk: carrier}]}`, `trunk_groups[0].trunks[1].trunk: got "carrier" a second time`},
		{`channels: 1`, `{name: g, trunks: []}`, `trunk_groups[0].trunks: got nothing`},
	} {
		got := strings.Join(lines(t, "trunks: [{name: carrier, address: 192.0.2.1, "+c.more+"}]\ntrunk_groups: ["+c.groups+"]\n"), "\n")
		if !strings.Contains(got, c.want) || strings.Count(got, "\n") > 0 {
			t.Errorf("%s %s: got\n%s\nwant %s", c.more, c.groups, got, c.want)
		}
	}
}
