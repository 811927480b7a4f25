package exchange

import (
	"testing"
	"time"

	"onhook/digest"
	"onhook/registrar"
	"onhook/route"
)

// inTurn is a rig whose number 5 rings three extensions, each of which may have one
// call, one after the other for ten seconds.
func inTurn(t *testing.T) *rig {
	t.Helper()
	users := []string{"100", "101", "102"}
	r := newRig(t, func(s *Settings) {
		s.PerUser = 1
		for _, name := range users {
			s.Users = append(s.Users, User{Name: name, Secret: digest.NewSecret(name, "example.com", name+"-horse")})
		}
		table, err := route.New(route.Options{
			Users: users, Local: []string{"10.0.0.1"},
			Groups: []route.Group{{Name: "sales", InTurn: true, Ring: 10 * time.Second, Members: users}},
			Rules:  []route.Rule{{Match: "5", To: []route.Destination{{Kind: route.ToGroup, Text: "sales"}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Routes = table
	})
	in := registrar.Input{Kind: registrar.InLoad}
	for i, name := range users {
		addr := phonesAt[i]
		in.Bindings = append(in.Bindings, registrar.Binding{
			AOR: r.x.aor(name), Contact: "sip:" + name + "@" + addr, Q: 1000, Expires: r.now.Add(time.Hour), Flow: flowOf(addr),
		})
	}
	r.x.registrar(in, nil)
	return r
}

var phonesAt = [...]string{"10.0.1.100:5060", "10.0.1.101:5060", "10.0.1.102:5060"}

// inUse is how many calls each of the extensions has.
func (r *rig) inUse() (n [3]int) {
	for i, name := range [...]string{"100", "101", "102"} {
		n[i] = r.x.inUse["user "+name]
	}
	return n
}

// TestWhoIsRungLaterHasNoCallYet: a group is rung one after the other. Whoever calls
// the second member meanwhile reaches it, and then the group passes it over.
func TestWhoIsRungLaterHasNoCallYet(t *testing.T) {
	r := inTurn(t)
	r.from(trunkAddr, request("INVITE", "5", "group", "", 1, sdpText))
	r.says(phonesAt[0], 180, "")
	if n := r.inUse(); n != [3]int{1, 0, 0} {
		t.Errorf("while the first rings they have %v calls", n)
	}
	r.from(trunkAddr, request("INVITE", "101", "direct", "", 1, sdpText))
	r.says(phonesAt[1], 200, sdpText)
	tag := r.last(trunkAddr).ToTag()
	r.from(trunkAddr, request("ACK", "101", "direct", tag, 1, ""))
	if n := r.inUse(); n != [3]int{1, 1, 0} {
		t.Errorf("with a call to the second they have %v calls", n)
	}
	r.pass(10 * time.Second) // the first does not answer
	r.says(phonesAt[0], 487, "")
	if n := r.inUse(); n != [3]int{0, 1, 1} {
		t.Errorf("when it is the third's turn they have %v calls", n)
	}
	r.says(phonesAt[2], 200, sdpText)
	r.from(trunkAddr, request("ACK", "5", "group", r.last(trunkAddr).ToTag(), 1, ""))
	if n := r.inUse(); n != [3]int{0, 1, 1} {
		t.Errorf("at the end they have %v calls", n)
	}
	r.from(trunkAddr, request("BYE", "5", "group", r.last(trunkAddr).ToTag(), 2, ""))
	r.says(phonesAt[2], 200, "")
	r.from(trunkAddr, request("BYE", "101", "direct", tag, 2, ""))
	r.says(phonesAt[1], 200, "")
	r.idle()
	if n := r.inUse(); n != [3]int{} {
		t.Errorf("when all is over they have %v calls", n)
	}
}
