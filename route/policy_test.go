package route_test

import (
	"testing"
	"time"

	"onhook/route"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		list   route.Numbers
		number string
		want   bool
	}{
		{nil, "1", false},
		{route.Numbers{"0900*"}, "09001", true},
		{route.Numbers{"0900*"}, "0900", true},
		{route.Numbers{"0900*"}, "090", false},
		{route.Numbers{"100"}, "1001", false},
		{route.Numbers{"100"}, "100", true},
		{route.Numbers{"*"}, "", true},
		{route.Numbers{"*"}, "anything", true},
		{route.Numbers{"*55"}, "*55", true},
		{route.Numbers{"*55"}, "55", false},
		{route.Numbers{"anonymous"}, "", true},
		{route.Numbers{"anonymous"}, "Anonymous", true},
		{route.Numbers{"anonymous"}, "100", false},
		{route.Numbers{"1", "2*"}, "23", true},
	} {
		if got := c.list.Has(c.number); got != c.want {
			t.Errorf("%q has %q: got %v", c.list, c.number, got)
		}
	}
	for _, bad := range []string{"", "a b", "1\x00", "<1>"} {
		if route.CheckNumbers(bad) == nil {
			t.Errorf("%q passed as an entry", bad)
		}
	}
}

func policies(t *testing.T, o route.PolicyOptions) *route.Policies {
	t.Helper()
	o.Groups = []route.Group{{Name: "sales", Members: []string{"100", "boss"}}, {Name: "boss", Members: []string{"101", "sales"}}}
	p, err := route.NewPolicies(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var (
	user100 = route.Caller{User: "100"}
	user101 = route.Caller{User: "101"}
	user102 = route.Caller{User: "102"}
	carrier = route.Caller{Trunk: "carrier"}
)

func TestOutgoingCallsAreBarred(t *testing.T) {
	p := policies(t, route.PolicyOptions{Outgoing: []route.Barring{
		{Numbers: route.Numbers{"0900*"}},
		{Numbers: route.Numbers{"00*"}, Except: route.Numbers{"0041*"}, Groups: []string{"sales"}},
		{Users: []string{"102"}, Except: route.Numbers{"100"}},
		{Numbers: route.Numbers{"5*"}, Trunks: []string{"carrier"}},
	}})
	for _, c := range []struct {
		caller route.Caller
		number string
		barred bool
	}{
		{user100, "0900123", true},
		{carrier, "0900123", true},
		{user100, "0044", true},
		{user101, "0044", true}, // of a group of the group
		{user101, "0041", false},
		{user100, "123", false},
		{carrier, "0044", false},
		{user102, "123", true},
		{user102, "100", false},
		{carrier, "51", true},
		{route.Caller{Trunk: "other"}, "51", false},
		{user100, "51", false},
	} {
		got := p.Outgoing(route.Moment{}, c.caller, c.number)
		if (got.Cause == route.OutgoingCallBarred) != c.barred || !c.barred && got != (route.Refusal{}) {
			t.Errorf("%s calls %s: got %+v", c.caller, c.number, got)
		}
	}
}

func TestIncomingCallsAreBarred(t *testing.T) {
	p := policies(t, route.PolicyOptions{Incoming: []route.Barring{
		{Numbers: route.Numbers{"anonymous"}, Trunks: []string{"carrier"}},
		{Numbers: route.Numbers{"+1*"}, Users: []string{"101"}},
		{Groups: []string{"sales"}, Numbers: route.Numbers{"102"}},
	}})
	for _, c := range []struct {
		caller     route.Caller
		from, user string
		barred     bool
	}{
		{carrier, "", "102", true},
		{user100, "", "102", false},
		{carrier, "+1555", "101", true},
		{carrier, "+1555", "100", false},
		{user102, "102", "100", true},
		{user102, "102", "101", true},
		{user102, "102", "103", false},
	} {
		got := p.Incoming(route.Moment{}, c.caller, c.from, c.user)
		if (got.Cause == route.IncomingCallBarred) != c.barred {
			t.Errorf("%s as %q calls %s: got %+v", c.caller, c.from, c.user, got)
		}
	}
}

func TestClosedGroups(t *testing.T) {
	p := policies(t, route.PolicyOptions{Closed: []route.ClosedGroup{
		{Name: "both", Users: []string{"100", "101"}},
		{Name: "in", Users: []string{"102", "101"}, Incoming: true},
		{Name: "out", Users: []string{"103"}, Outgoing: true},
	}})
	user := func(name string) route.Target { return route.Target{Kind: route.ToUser, Name: name} }
	for _, c := range []struct {
		caller route.Caller
		to     route.Target
		want   route.Cause
	}{
		{user100, user("101"), ""},
		{user100, user("102"), route.OutgoingCallBarred},
		{user101, user("102"), ""}, // a member of both
		{user100, user("999"), route.OutgoingCallBarred},
		{user100, route.Target{Kind: route.ToTrunk, Name: "carrier"}, route.OutgoingCallBarred},
		{user100, route.Target{Kind: route.ToEcho}, ""},
		{carrier, user("100"), route.IncomingCallBarred},
		{carrier, user("102"), ""},
		{route.Caller{User: "103"}, user("999"), ""},
		{route.Caller{User: "999"}, user("103"), route.IncomingCallBarred},
		{route.Caller{User: "999"}, user("998"), ""},
	} {
		if got := p.Closed(c.caller, c.to); got.Cause != c.want {
			t.Errorf("%s calls %+v: got %+v, want %q", c.caller, c.to, got, c.want)
		}
	}
	if got := p.Within(user100).Cause; got != route.OutgoingCallBarred {
		t.Errorf("a number that leads nowhere: got %q", got)
	}
}

func TestFeatures(t *testing.T) {
	p := policies(t, route.PolicyOptions{Features: []route.Feature{
		{Numbers: route.Numbers{"*55"}, Groups: []string{"sales"}},
		{Numbers: route.Numbers{"*5*"}, Users: []string{"102"}},
		{Numbers: route.Numbers{"*99"}},
	}})
	for _, c := range []struct {
		caller route.Caller
		number string
		has    bool
	}{
		{user100, "*55", true},
		{user101, "*55", true},
		{user102, "*55", true},
		{user100, "*56", false},
		{carrier, "*55", false},
		{user100, "*99", false},
		{user100, "100", true},
	} {
		if got := p.Feature(c.caller, c.number); (got.Cause == "") != c.has || !c.has && got.Cause != route.FacilityNotSubscribed {
			t.Errorf("%s dials %s: got %+v", c.caller, c.number, got)
		}
	}
}

func TestNumbersAreWellFormed(t *testing.T) {
	p := policies(t, route.PolicyOptions{Shortest: 3, Longest: 6, Patterns: []string{`\d+`, `\*\d+`}, Names: []string{"a-very-long-name", "9"}})
	for number, well := range map[string]bool{
		"123": true, "*12": true, "12": false, "1234567": false, "abcd": false, "a-very-long-name": true, "9": true,
	} {
		if got := p.Number(number); (got.Cause == "") != well || !well && got.Cause != route.InvalidNumberFormat {
			t.Errorf("%s: got %+v", number, got)
		}
	}
	if _, err := route.NewPolicies(route.PolicyOptions{Patterns: []string{"("}}); err == nil {
		t.Error("a pattern that is none was taken")
	}
}

func TestNoPoliciesAllowEverything(t *testing.T) {
	var p *route.Policies
	for _, r := range []route.Refusal{
		p.Outgoing(route.Moment{}, user100, "1"), p.Incoming(route.Moment{}, user100, "1", "2"), p.Feature(user100, "1"), p.Number(""), p.Within(user100),
	} {
		if r != (route.Refusal{}) {
			t.Errorf("got %+v", r)
		}
	}
}

func TestTransitIsBarredBeforeTheCarrierIsUnknown(t *testing.T) {
	table, err := route.New(route.Options{Rules: []route.Rule{{Match: `8(\d)`, To: []route.Destination{{Kind: route.ToTrunk, Text: "c$1"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := table.Plan(route.Moment{}, carrier, "81").Refusal.Cause; got != route.OutgoingCallBarred {
		t.Errorf("from a trunk: got %s", got)
	}
	if got := table.Plan(route.Moment{}, user100, "81").Refusal.Cause; got != route.NoRouteTransitNet {
		t.Errorf("from an extension: got %s", got)
	}
}

// A barring with hours holds only while they are closed, by the clock or by hand.
func TestBarringsAtNight(t *testing.T) {
	office, err := route.NewTimetable(time.UTC, []string{"mon-fri 08:00-18:00"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	barred := []route.Barring{{Numbers: route.Numbers{"0*"}, Except: route.Numbers{"0112"}, Outside: "office"}}
	p := policies(t, route.PolicyOptions{Outgoing: barred, Incoming: barred, Hours: map[string]*route.Timetable{"office": office}})
	day := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) // a Friday
	night := day.Add(8 * time.Hour)
	by := func(s route.Switch) map[string]route.Switch { return map[string]route.Switch{"office": s} }
	for _, c := range []struct {
		what   string
		at     route.Moment
		number string
		barred bool
	}{
		{"by day", route.Moment{At: day}, "01", false},
		{"at night", route.Moment{At: night}, "01", true},
		{"an exception at night", route.Moment{At: night}, "0112", false},
		{"another number at night", route.Moment{At: night}, "1", false},
		{"opened by hand at night", route.Moment{At: night, Switched: by(route.SwitchedOpen)}, "01", false},
		{"closed by hand by day", route.Moment{At: day, Switched: by(route.SwitchedClosed)}, "01", true},
	} {
		if r := p.Outgoing(c.at, user100, c.number); (r.Cause == route.OutgoingCallBarred) != c.barred {
			t.Errorf("%s: outgoing %+v, want barred %v", c.what, r, c.barred)
		}
		if r := p.Incoming(c.at, carrier, c.number, "100"); (r.Cause == route.IncomingCallBarred) != c.barred {
			t.Errorf("%s: incoming %+v, want barred %v", c.what, r, c.barred)
		}
	}
	const want = "policies.outgoing[0] bars extension 100 from calling 01 outside the hours office"
	if r := p.Outgoing(route.Moment{At: night}, user100, "01"); r.Text != want {
		t.Errorf("detail %q, want %q", r.Text, want)
	}
}
