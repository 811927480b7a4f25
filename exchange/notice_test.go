package exchange

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onhook/sip"
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

func TestWatchersAreToldOfWhatMayBeFraud(t *testing.T) {
	r := withAccount(t, Outside{Home: "+49"})
	told := noticed(r)
	for i := range 3 {
		if got := r.dials("0035312345", string(rune('a'+i))); got != 403 {
			t.Fatalf("a call abroad got %d", got)
		}
	}
	limited := Notice{Type: OutsideLimited, At: r.now, Outside: &OutsideChange{User: "100", Limit: "outside_abroad", Refused: 1}}
	if d := cmp.Diff([]Notice{limited}, *told); d != "" {
		t.Fatal(d)
	}
	r.pass(alarmEvery)
	r.dials("0035312345", "d")
	if n := len(*told); n != 2 || (*told)[1].Outside.Refused != 4 {
		t.Fatalf("ten minutes later: %d are told, %+v", n, (*told)[n-1].Outside)
	}
	for _, stop := range []bool{true, false} {
		if err := r.told(func() error { return r.x.StopOutside(t.Context(), stop, false, "alice") }); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff([]string{OutsideStopped, OutsideStarted}, noticeTypes((*told)[2:])); d != "" || (*told)[2].Outside.By != "alice" {
		t.Error(d, (*told)[2].Outside)
	}
}

// Blocked sources are told of as sparingly as the log is: their addresses may be forged.
func TestWatchersAreToldOfBlockedSources(t *testing.T) {
	r := withUsers(t)
	told := noticed(r)
	guess := func(source int) {
		f := sip.Flow{Transport: sip.UDP, Remote: netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(source)}), 5060)}
		for range guessesAllowed + 1 {
			r.x.guessed("100", f)
		}
	}
	guess(7)
	until := r.x.now.Add(blockFirst).UTC()
	if d := cmp.Diff([]Notice{{Type: SourceBlocked, At: r.x.now, Source: &SourceChange{Source: "198.51.100.7", Until: &until, Times: 1}}}, *told); d != "" {
		t.Fatal(d)
	}
	if err := r.told(func() error { return r.x.Unblock(t.Context(), netip.MustParseAddr("198.51.100.7"), "alice") }); err != nil {
		t.Fatal(err)
	}
	if got := (*told)[len(*told)-1]; got.Type != SourceUnblocked || got.Source.By != "alice" || got.Source.Source != "198.51.100.7" {
		t.Errorf("%+v", got)
	}
	*told = nil
	for i := range 200 {
		guess(20 + i)
	}
	if n := len(*told); n != spareLines-1 {
		t.Errorf("%d were told in an instant, want %d", n, spareLines-1)
	}
	r.pass(spareEvery)
	guess(8)
	if got := (*told)[len(*told)-1].Source; got.Source != "198.51.100.8" || got.More != 200-(spareLines-1) {
		t.Errorf("later: %+v", got)
	}
}
