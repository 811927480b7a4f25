package config

import (
	"strings"
	"testing"
)

func TestApplicationsInCodeAreChecked(t *testing.T) {
	c, err := Parse("x.yaml", []byte(`users: [{name: "101", password: choose-your-own}]
routes: [{match: "1", to: "app:number"}, {match: "2", to: ["user:101", "app:numbr"]}]
menus: [{name: a, ask: [welcome], keys: [{key: "1", to: "app:none"}], else: "app:number"}]
queues: [{name: b, agents: ["101"], overflow: "app:lost"}]
hooks: [{name: c, url: "http://example.com", fallback: "app:gone"}]
`))
	if err != nil {
		t.Fatal(err)
	}
	got := c.CheckOwnApps([]string{"app:number"})
	for _, want := range []string{
		`routes[1].to[1]: got "app:numbr", want the name of an application in code (did you mean app:number?)`,
		`menus[0].keys[0].to: got "app:none"`, `queues[0].overflow: got "app:lost"`, `hooks[0].fallback: got "app:gone"`,
	} {
		if got == nil || !strings.Contains(got.Error(), want) {
			t.Errorf("got %v, want %s", got, want)
		}
	}
	if n := len(strings.Split(got.Error(), "\n")); n != 4 {
		t.Errorf("%d errors:\n%v", n, got)
	}
}
