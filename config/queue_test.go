package config

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/route"
)

func TestExampleOfQueuesLoads(t *testing.T) {
	data, err := os.ReadFile("../docs/queues.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("queues.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	support, sales := c.Queues[0], c.Queues[1]
	if support.WrapUp != 20*time.Second || support.Overflow.String() != "user:100" || !support.LoggedIn || !support.SayWait || len(support.Keys) != 1 || support.Keys[0].To.String() != "user:100" {
		t.Errorf("support is %+v", support)
	}
	if sales.LoggedIn || sales.SayWait || sales.Ring != 15*time.Second || sales.MaxLength != 100 || !slices.Equal(sales.Greeting, []string{"queue-welcome"}) {
		t.Errorf("sales is %+v", sales)
	}
	table, err := route.New(c.RouteOptions())
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string]string{"500": "queue:support", "*51": "agent:login", "*54": "agent:resume", "*91": "agent:login:sales"} {
		p := table.Plan(route.Moment{}, route.Caller{User: "101"}, number)
		if len(p.Steps) != 1 || p.Steps[0].Targets[0].Name != want {
			t.Errorf("%s leads to %+v, want %s", number, p, want)
		}
	}
}

func TestAgentsNumbersLeadNowhereWithoutQueues(t *testing.T) {
	c, err := Parse("x.yaml", []byte(`users: [{name: "101", password: choose-your-own}]`))
	if err != nil {
		t.Fatal(err)
	}
	table, err := route.New(c.RouteOptions())
	if err != nil {
		t.Fatal(err)
	}
	if p := table.Plan(route.Moment{}, route.Caller{User: "101"}, "*51"); !p.Refused() {
		t.Errorf("*51 leads to %+v", p)
	}
}

func TestQueuesAreChecked(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{`queues: [{name: a, agents: ["10l"]}]`, `x.yaml:1:29: queues[0].agents[0]: got "10l", want the name of a user (did you mean 101?)`},
		{`queues: [{name: a, agents: ["101", "101"]}]`, `queues[0].agents[1]: got "101" a second time, want each agent once`},
		{`queues: [{name: a}]`, `queues[0].agents: got nothing, want a value`},
		{`queues: [{name: a b, agents: ["101"]}]`, `queues[0].name: got "a b", want a name`},
		{`queues: [{name: a, agents: ["101"]}, {name: a, agents: ["101"]}]`, `queues[1].name: got "a" a second time`},
		{`queues: [{name: a, agents: ["101"], overflow: "queue:a"}]`, `queues[0].overflow: got "queue:a", want a destination other than the queue itself`},
		{`queues: [{name: a, agents: ["101"], overflow: "queue:b"}]`, `queues[0].overflow: got "queue:b", want the name of one of the applications here`},
		{`queues: [{name: a, agents: ["101"], strategy: longest}]`, `queues[0].strategy: got "longest", want longest_idle or round_robin or ring_all or fewest_calls`},
		{`queues: [{name: a, agents: ["101"], retry: 1ms}]`, `queues[0].retry: got 1ms, want at least 1s`},
		{`queues: [{name: a, agents: ["101"], max_length: -1}]`, `queues[0].max_length: got -1, want at least 0`},
		{`queues: [{name: a, agents: ["101"], keys: [{key: "12", to: "user:101"}]}]`, `queues[0].keys[0].key: got "12", want one of 0-9 * #`},
		{`queues: [{name: a, agents: ["101"], keys: [{key: "1", to: "user:101"}, {key: "1", to: "user:101"}]}]`, `queues[0].keys[1].key: got "1" a second time`},
		{`queues: [{name: a, agents: ["101"], keys: [{key: "1", to: "queue:a"}]}]`, `queues[0].keys[0].to: got "queue:a", want a destination other than the queue itself`},
		{`queues: [{name: a, agents: ["101"], keys: [{key: "1", to: "menu:none"}]}]`, `queues[0].keys[0].to: got "menu:none", want the name of one of the applications here`},
		{`agents: {login: "x"}`, `agents.login: got "x", want at most 16 of 0-9 * #`},
		{`agents: {login: "*52"}`, `agents.logout: got "*52" a second time, want a number of its own`},
	} {
		got := strings.Join(lines(t, c.file+"\nusers: [{name: \"101\", password: choose-your-own}]\n"), "\n")
		if !strings.Contains(got, c.want) || strings.Count(got, "\n") > 0 {
			t.Errorf("%s:\n got %s\nwant %s", c.file, got, c.want)
		}
	}
}
