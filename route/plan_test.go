package route

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// to reads destinations for a rule, which a test writes by hand.
func to(t testing.TB, texts ...string) []Destination {
	t.Helper()
	var out []Destination
	for _, s := range texts {
		d, err := ParseDestination(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, d)
	}
	return out
}

// office is the number plan of a small office, used by most tests here.
func office(t testing.TB) *Table {
	t.Helper()
	table, err := New(Options{
		Users:  []string{"100", "101", "102", "alice"},
		Trunks: []string{"carrier", "second"},
		Local:  []string{"example.com", "127.0.0.1:5070", "[::1]"},
		Groups: []Group{
			{Name: "200", Members: []string{"100", "101"}, Ring: 20 * time.Second},
			{Name: "turn", Members: []string{"100", "101", "102"}, InTurn: true, Ring: 5 * time.Second},
			{Name: "late", Members: []string{"100", "101", "102"}, Ring: 30 * time.Second, Delay: 4 * time.Second},
			{Name: "nested", Members: []string{"200", "102"}, InTurn: true, Ring: 7 * time.Second},
			{Name: "mixed", Members: []string{"102", "turn"}},
			{Name: "a", Members: []string{"b"}},
			{Name: "b", Members: []string{"a", "100"}},
			{Name: "gone", Members: []string{"199", "100"}},
			{Name: "allgone", Members: []string{"198", "199"}},
		},
		Rules: []Rule{
			{Match: `^9(\d+)$`, To: to(t, "trunk:carrier"), Number: "+$1"},
			{Match: "600", To: to(t, "echo")},
			{Match: `^7(\d{4})(.*)$`, To: to(t, "sip:p$2@127.0.0.1:$1"), Ring: 8 * time.Second},
			{Match: `8(\d{3})`, To: to(t, "user:$1")},
			{Match: `44(.*)`, To: to(t, "trunk:$1")},
			{Match: "450", To: to(t, "sips:x@192.0.2.1")},
			{Match: "451", To: to(t, "sip:x@192.0.2.1;transport=sctp")},
			{Match: "452", To: to(t, "sip:x@192.0.2.1;transport=TCP")},
			{Match: "460", To: to(t, "trunk:carrier", "trunk:second", "group:turn"), Transit: true},
			{Match: "461", To: to(t, "trunk:none", "user:102")},
			{Match: "470", To: to(t, "sip:471@example.com")},
			{Match: "471", To: to(t, "sip:470@127.0.0.1:5070")},
			{Match: "472", To: to(t, "sip:100@[::1]:5060")},
			{Match: `473(\d*)`, To: to(t, "sip:4730$1@example.com")},
			{Match: "480", To: to(t, "group:nobody")},
			{Match: "481", To: to(t, "group:200"), Ring: 3 * time.Second},
			{Match: "102", To: to(t, "user:101")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func user(names ...string) []Target {
	var out []Target
	for _, n := range names {
		out = append(out, Target{Kind: ToUser, Name: n})
	}
	return out
}

func TestPlanLeadsNumbersToSteps(t *testing.T) {
	const second = time.Second
	table := office(t)
	tests := []struct {
		name, number string
		caller       Caller
		want         []Step
		rule         int
	}{
		{"a user's name dials the user", "100", Caller{}, []Step{{Targets: user("100")}}, -1},
		{"a name of letters too", "alice", Caller{}, []Step{{Targets: user("alice")}}, -1},
		{"explicit rules come before the implicit ones", "102", Caller{}, []Step{{Targets: user("101")}}, 16},
		{"a group's name dials the group, together", "200", Caller{}, []Step{{user("100", "101"), 20 * second}}, -1},
		{"in turn is a step a member", "turn", Caller{}, []Step{{user("100"), 5 * second}, {user("101"), 5 * second}, {user("102"), 5 * second}}, -1},
		{"the caller of a group is not rung", "turn", Caller{User: "101"}, []Step{{user("100"), 5 * second}, {user("102"), 5 * second}}, -1},
		{"delays add up", "late", Caller{}, []Step{{[]Target{
			{Kind: ToUser, Name: "100"},
			{Kind: ToUser, Name: "101", Delay: 4 * second},
			{Kind: ToUser, Name: "102", Delay: 8 * second},
		}, 30 * second}}, -1},
		{"a group in a group in turn", "nested", Caller{}, []Step{{user("100", "101"), 20 * second}, {user("102"), 7 * second}}, -1},
		{"a group in turn within a group together joins one by one, nobody twice", "mixed", Caller{}, []Step{{Targets: []Target{
			{Kind: ToUser, Name: "102"},
			{Kind: ToUser, Name: "100"},
			{Kind: ToUser, Name: "101", Delay: 5 * second},
		}}}, -1},
		{"members that are gone are passed over", "gone", Caller{}, []Step{{Targets: user("100")}}, -1},
		{"a trunk is given the rewritten number", "900441", Caller{}, []Step{{Targets: []Target{{Kind: ToTrunk, Name: "carrier", Number: "+00441"}}}}, 0},
		{"the echo test", "600", Caller{}, []Step{{Targets: []Target{{Kind: ToEcho}}}}, 1},
		{"any SIP address, with groups", "75080busy", Caller{}, []Step{{[]Target{{Kind: ToSIP, URI: "sip:pbusy@127.0.0.1:5080"}}, 8 * second}}, 2},
		{"what is dialled is escaped in the user part", "75080a;b", Caller{}, []Step{{[]Target{{Kind: ToSIP, URI: "sip:pa%3Bb@127.0.0.1:5080"}}, 8 * second}}, 2},
		{"groups in names", "8100", Caller{}, []Step{{Targets: user("100")}}, 3},
		{"a transport that is there, in any case", "452", Caller{}, []Step{{Targets: []Target{{Kind: ToSIP, URI: "sip:x@192.0.2.1;transport=TCP"}}}}, 7},
		{"several destinations are tried in order", "460", Caller{}, []Step{
			{Targets: []Target{{Kind: ToTrunk, Name: "carrier", Number: "460"}}},
			{Targets: []Target{{Kind: ToTrunk, Name: "second", Number: "460"}}},
			{user("100"), 5 * second},
			{user("101"), 5 * second},
			{user("102"), 5 * second},
		}, 8},
		{"one that leads nowhere is passed over", "461", Caller{}, []Step{{Targets: user("102")}}, 9},
		{"our own address is a number here", "472", Caller{}, []Step{{Targets: user("100")}}, 12},
		{"a rule's ring time comes before the group's", "481", Caller{}, []Step{{user("100", "101"), 3 * second}}, 15},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plan := table.Plan(Moment{}, tt.caller, tt.number)
			if plan.Refused() || plan.Refusal != (Refusal{}) {
				t.Fatalf("refused: %+v", plan.Refusal)
			}
			if diff := cmp.Diff(tt.want, plan.Steps, ofNoGroup); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if plan.Rule != tt.rule {
				t.Errorf("rule %d, want %d", plan.Rule, tt.rule)
			}
		})
	}
}

func TestPlanRefusesWithTheByeReason(t *testing.T) {
	table := office(t)
	byTrunk := Caller{Trunk: "carrier"}
	tests := []struct {
		name, number string
		caller       Caller
		want         Cause
	}{
		{"no rule matches", "12345", Caller{}, NoRouteDestination},
		{"a feature code that no rule has", "*99", Caller{}, NoRouteDestination},
		{"patterns are anchored at the end", "6000", Caller{}, NoRouteDestination},
		{"patterns are anchored at the start", "1600", Caller{}, NoRouteDestination},
		{"an extension's shape without an extension", "199", Caller{}, UnallocatedNumber},
		{"a name of nobody in our domain", "bob", Caller{}, UnallocatedNumber},
		{"a rule matches and names no extension", "8999", Caller{}, UnallocatedNumber},
		{"a rule matches and names no group", "480", Caller{}, UnallocatedNumber},
		{"a group whose members are all gone", "allgone", Caller{}, UnallocatedNumber},
		{"nothing dialled", "", Caller{}, InvalidNumberFormat},
		{"a blank in the number", "1 00", Caller{}, InvalidNumberFormat},
		{"a line break in the number", "100\r\nX: y", Caller{}, InvalidNumberFormat},
		{"an address in the number", "100@192.0.2.66", Caller{}, InvalidNumberFormat},
		{"129 digits", strings.Repeat("1", 129), Caller{}, InvalidNumberFormat},
		{"port 0 of a rule's address", "70000x", Caller{}, InvalidNumberFormat},
		{"port 0 with nothing after it", "70000", Caller{}, InvalidNumberFormat},
		{"an unknown carrier", "44other", Caller{}, NoRouteTransitNet},
		{"sips without TLS", "450", Caller{}, ChanNotImplemented},
		{"a transport that we lack", "451", Caller{}, ChanNotImplemented},
		{"two rules that name each other", "470", Caller{}, ExchangeRoutingError},
		{"a rule that makes ever longer numbers of its own", "473", Caller{}, ExchangeRoutingError},
		{"groups that name each other", "a", Caller{}, ExchangeRoutingError},
		{"from trunk to trunk without transit", "900441", byTrunk, OutgoingCallBarred},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plan := table.Plan(Moment{}, tt.caller, tt.number)
			if !plan.Refused() || plan.Refusal.Cause != tt.want || plan.Refusal.Text == "" {
				t.Errorf("got steps %v, refusal %+v, want cause %s with a text", plan.Steps, plan.Refusal, tt.want)
			}
		})
	}
}

func TestPlanLetsTrunksThroughWhereTheRuleHasTransit(t *testing.T) {
	plan := office(t).Plan(Moment{}, Caller{Trunk: "second"}, "460")
	if plan.Refused() || plan.Steps[0].Targets[0].Name != "carrier" {
		t.Errorf("got %+v, want a first step on trunk carrier", plan)
	}
}

func TestPlanBoundsGroupsOfGroups(t *testing.T) {
	var o Options
	o.Users = []string{"end"}
	for i := range 7 {
		o.Groups = append(o.Groups, Group{
			Name: fmt.Sprintf("g%d", i), InTurn: true, Ring: time.Second,
			Members: strings.Split(strings.Repeat(fmt.Sprintf("g%d ", i+1), 9)+"end", " "),
		})
	}
	o.Groups = append(o.Groups, Group{Name: "g7", Members: []string{"end"}})
	table, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if plan := table.Plan(Moment{}, Caller{}, "g0"); plan.Refusal.Cause != ExchangeRoutingError {
		t.Errorf("got %d steps and %+v, want %s", len(plan.Steps), plan.Refusal, ExchangeRoutingError)
	}
}

func TestGroupMayRingItsOnlyMemberThoughItCalls(t *testing.T) {
	plan := office(t).Plan(Moment{}, Caller{User: "100"}, "gone")
	if diff := cmp.Diff([]Step{{Targets: user("100")}}, plan.Steps, ofNoGroup); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestNumberCannotLeadToAnotherHost(t *testing.T) {
	table, err := New(Options{Rules: []Rule{
		{Match: `1(.*)`, To: to(t, "sip:$1@gw.example")},
		{Match: `2(.*)`, To: to(t, "sip:x@$1")},
		{Match: `3(.*)`, To: to(t, "sip:x@gw.example;$1")},
		{Match: `4(.*)`, To: to(t, "sip:$1")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	plan := table.Plan(Moment{}, Caller{}, "1a?b;c#é")
	if plan.Refused() || plan.Steps[0].Targets[0].URI != "sip:a%3Fb%3Bc%23%C3%A9@gw.example" {
		t.Errorf("got %+v, want everything escaped in the user part", plan)
	}
	for _, number := range []string{"2a;maddr=b", "2a/b", "2", "3maddr=b", "4a?Route=x"} {
		if plan := table.Plan(Moment{}, Caller{}, number); plan.Refusal.Cause != InvalidNumberFormat {
			t.Errorf("%s: got %+v, want %s", number, plan, InvalidNumberFormat)
		}
	}
	if plan := table.Plan(Moment{}, Caller{}, "2192.0.2.7"); plan.Refused() {
		t.Errorf("a host of letters, digits and dots was refused: %+v", plan.Refusal)
	}
}

func FuzzPlan(f *testing.F) {
	for _, number := range []string{"100", "75080x", "900", "470", "473", "a", "1@b", "\x00", "7\xff"} {
		f.Add(number, "", "")
	}
	table := office(f)
	f.Fuzz(func(t *testing.T, number, user, trunk string) {
		plan := table.Plan(Moment{}, Caller{User: user, Trunk: trunk}, number)
		if plan.Refused() == (plan.Refusal == Refusal{}) {
			t.Fatalf("%q: %d steps with refusal %+v", number, len(plan.Steps), plan.Refusal)
		}
		for _, s := range plan.Steps {
			for _, target := range s.Targets {
				if target.Kind == ToSIP && strings.HasPrefix(number, "7") && !strings.Contains(target.URI, "@127.0.0.1:") {
					t.Fatalf("%q leads to %s", number, target.URI)
				}
			}
			if len(s.Targets) == 0 {
				t.Fatalf("%q: a step of nothing", number)
			}
		}
	})
}

func BenchmarkPlan(b *testing.B) {
	table := office(b)
	b.ReportAllocs()
	for b.Loop() {
		if table.Plan(Moment{}, Caller{User: "101"}, "100").Refused() {
			b.Fatal("refused")
		}
	}
}
