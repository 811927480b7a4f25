package exchange

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// noticed gathers what a rig tells.
func noticed(r *rig) *[]Notice {
	var told []Notice
	r.x.opt.Notify = func(n Notice) { told = append(told, n) }
	return &told
}

func noticeTypes(told []Notice) (out []string) {
	for _, n := range told {
		out = append(out, n.Type)
	}
	return out
}

func TestWatchersAreToldThatATrunkIsUpAndDownAndWhy(t *testing.T) {
	r := withCarrier(t)
	told := noticed(r)
	r.turn()
	r.healthy("200 OK")
	r.pass(3 * time.Minute) // without an answer
	for range 2 {
		for n := r.asked(); r.asked() == n; {
			r.pass(time.Second)
		}
		r.healthy("200 OK")
	}
	if d := cmp.Diff([]string{TrunkUp, TrunkDown, TrunkUp}, noticeTypes(*told)); d != "" {
		t.Fatal(d)
	}
	if got := *(*told)[1].Trunk; got.Name != "carrier" || got.State != "down" || got.Reason == "" {
		t.Errorf("%+v", got)
	}
	if got := *(*told)[2].Trunk; got.State != "up" || got.Reason != "" {
		t.Errorf("%+v", got)
	}
	r.x.lines["carrier"].word = "disabled" // as EnableTrunk has it
	r.pass(heartbeatEvery)
	if got := (*told)[len(*told)-1]; len(*told) != 4 || got.Trunk.State != "down" || got.Trunk.Reason != "disabled" {
		t.Errorf("%+v", got.Trunk)
	}
}

func TestWatchersAreToldOfDevicesThatComeAndGo(t *testing.T) {
	r := withUsers(t)
	told := noticed(r)
	const phone = "10.0.3.1:5060"
	for i := range 2 { // the second is a refresh
		if got := r.asUser(phone, "REGISTER", "p", "100", "100-horse"); got != 200 {
			t.Fatal(i, got)
		}
	}
	if d := cmp.Diff([]string{Registered}, noticeTypes(*told)); d != "" {
		t.Fatal(d)
	}
	c := (*told)[0].Registration
	if c.User != "100" || c.Contact == "" || c.From != "udp "+phone || c.ExpiresAt == nil || !c.ExpiresAt.After(r.x.now) {
		t.Errorf("%+v", c)
	}
	r.pass(2 * time.Hour)
	if d := cmp.Diff([]string{Registered, RegistrationExpired}, noticeTypes(*told)); d != "" {
		t.Fatal(d)
	}
	if c := (*told)[1].Registration; c.User != "100" || c.ExpiresAt != nil {
		t.Errorf("%+v", c)
	}
}
