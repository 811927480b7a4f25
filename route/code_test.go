package route

import (
	"testing"

	"github.com/google/go-cmp/cmp/cmpopts"
)

// ofNoGroup compares targets without the group that they ring for.
var ofNoGroup = cmpopts.IgnoreFields(Target{}, "Group")

func TestTargetsSayOfWhichGroupTheyAreMembers(t *testing.T) {
	table, err := New(Options{
		Users:  []string{"100", "101"},
		Groups: []Group{{Name: "inner", Members: []string{"101"}}, {Name: "outer", Members: []string{"100", "inner"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string][]string{"100": {""}, "outer": {"outer", "inner"}} {
		for i, target := range table.Plan(Moment{}, Caller{}, number).Steps[0].Targets {
			if target.Group != want[i] {
				t.Errorf("%s: target %d is of group %q, want %q", number, i, target.Group, want[i])
			}
		}
	}
}

func TestCodesAreForExtensionsAndComeFirst(t *testing.T) {
	table, err := New(Options{
		Users: []string{"100"}, Apps: []string{"code:pickup"}, Trunks: []string{"carrier"},
		Codes: []Rule{{Match: `\*8(.*)`, To: []Destination{{Kind: ToApp, Text: "code:pickup"}}}},
		Rules: []Rule{{Match: `.*`, To: to(t, "trunk:carrier"), Transit: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for caller, want := range map[Caller]Kind{{User: "100"}: ToApp, {Trunk: "carrier"}: ToTrunk, {}: ToTrunk} {
		plan := table.Plan(Moment{}, caller, "*8101")
		if plan.Refused() || plan.Steps[0].Targets[0].Kind != want {
			t.Errorf("%s: got %+v, want %s", caller, plan, want)
		}
	}
	if plan := table.Plan(Moment{}, Caller{User: "100"}, "9"); plan.Steps[0].Targets[0].Kind != ToTrunk {
		t.Errorf("a number that is no code: got %+v", plan)
	}
	if _, err := New(Options{Codes: []Rule{{Match: "("}}}); err == nil {
		t.Error("a code that is no pattern was taken")
	}
}

func TestTogetherAreMembersOfTheSameGroup(t *testing.T) {
	table, err := New(Options{
		Users:  []string{"100", "101", "102", "103"},
		Groups: []Group{{Name: "inner", Members: []string{"101"}}, {Name: "outer", Members: []string{"100", "inner"}}, {Name: "other", Members: []string{"102"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for pair, want := range map[[2]string]bool{{"100", "101"}: true, {"101", "100"}: true, {"100", "102"}: false, {"103", "103"}: false} {
		if got := table.Together(pair[0], pair[1]); got != want {
			t.Errorf("%v: %v", pair, got)
		}
	}
}
