package exchange

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"onhook/digest"
	"onhook/route"
)

// withAccount is a rig with user 100, whose every number leaves by a trunk.
func withAccount(t *testing.T, o Outside) *rig {
	t.Helper()
	return newRig(t, func(s *Settings) {
		s.Users = []User{{Name: "100", Secret: digest.NewSecret("100", "example.com", "100-horse")}}
		s.Trunks = append(s.Trunks, Trunk{Name: "carrier", Host: "192.0.2.77", Port: 5060})
		table, err := route.New(route.Options{
			Rules:  []route.Rule{{Match: `[+\d]+`, To: []route.Destination{{Kind: route.ToTrunk, Text: "carrier"}}}},
			Trunks: []string{"carrier"}, Users: []string{"100"}, Local: []string{"10.0.0.1"},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Routes, s.Outside = table, o
	})
}

// dials has user 100 call a number; it returns the refusal, or 0 if the call goes on.
func (r *rig) dials(number, callID string) int {
	r.t.Helper()
	const phone = "203.0.113.9:5060"
	text := func(cseq int, auth string) string {
		s := strings.ReplaceAll(request("INVITE", number, callID, "", cseq, sdpText), trunkAddr, phone)
		s = strings.Replace(s, "From: <sip:a@10.0.0.2>", "From: <sip:100@example.com>", 1)
		return strings.Replace(s, "Max-Forwards", auth+"Max-Forwards", 1)
	}
	r.from(phone, text(1, ""))
	_, value, _, err := digest.Credentials{User: "100", Password: "100-horse"}.Answer(r.last(phone), "INVITE", "sip:"+number+"@10.0.0.1", r.x.opt.Rand)
	if err != nil {
		r.t.Fatal(err)
	}
	r.from(phone, text(2, "Authorization: "+value+"\r\n"))
	if got := r.last(phone).Status; got != 401 {
		return got
	}
	return 0
}

func TestNumbersOutside(t *testing.T) {
	o := Outside{Home: "+49", Abroad: route.Numbers{"+43*"}, Premium: route.Numbers{"+979*", "0900*", "+43900*"}, Always: route.Numbers{"112"}}
	for number, want := range map[string]string{
		"+4930123": "", "004930123": "", "030123": "", "112": "", "+43123": "", "0043123": "",
		"+35312345": "outside_abroad", "0035312345": "outside_abroad", "+1900123": "outside_abroad",
		"+979123": "outside_premium", "00979123": "outside_premium", "0900123": "outside_premium", "+43900123": "outside_premium", "+43 900-123": "outside_premium",
	} {
		x := withAccount(t, o).x
		if got := x.outside(route.Caller{User: "100"}, number); got.detail != want || (got.cause != "") != (want != "") {
			t.Errorf("%s: %+v, want %q", number, got, want)
		}
		if got := x.outside(route.Caller{Trunk: "other"}, number); got.cause != "" {
			t.Errorf("%s of a trunk that may pass: %+v", number, got)
		}
	}
}

func TestACallAbroadIsRefusedWithItsReason(t *testing.T) {
	r := withAccount(t, Outside{Home: "+49"})
	if got := r.dials("0035312345", "x"); got != 403 {
		t.Errorf("got %d", got)
	}
	r.idle()
	r.one("Call Failed OUTGOING_CALL_BARRED 403")
	if d := r.records[0].Detail; d != "outside_abroad" || r.x.count.Outside != 1 {
		t.Errorf("detail %q, %d counted", d, r.x.count.Outside)
	}
}

// TestANumberThatATrunkWantsWithoutItsPlusIsStillAbroad: what is taken off for the carrier is known before.
func TestANumberThatATrunkWantsWithoutItsPlusIsStillAbroad(t *testing.T) {
	for number, want := range map[string]int{"+35312345": 403, "+979123": 403, "+4930123": 0} {
		r := withAccount(t, Outside{Home: "+49", Premium: route.Numbers{"+979*"}})
		out, err := route.NewRewrites([]route.Rewrite{{Match: `\+\d+`, Strip: 1}})
		if err != nil {
			t.Fatal(err)
		}
		r.x.lines["carrier"].Numbers.Out = out
		if got := r.dials(number, "x"); got != want {
			t.Errorf("%s: got %d, want %d", number, got, want)
		}
	}
}

func TestCallsOutsideAreBoundedByAccount(t *testing.T) {
	r := withAccount(t, Outside{Calls: 1})
	r.dials("030123", "a")
	if got := r.dials("030124", "b"); got != 403 {
		t.Errorf("a second call gets %d", got)
	}
	if n := r.x.inUse["outside 100"]; n != 1 {
		t.Fatalf("%d are counted", n)
	}
	r.pass(3 * time.Minute) // the carrier never answers
	r.idle()
	if len(r.records) != 2 || r.records[0].Detail != "outside_calls" {
		t.Errorf("%+v", r.records)
	}
	if r.dials("030125", "c"); r.x.inUse["outside 100"] != 1 {
		t.Error("after the first is over the next may leave")
	}
}

func TestNewCallsOutsideInAMinuteAreBounded(t *testing.T) {
	r := withAccount(t, Outside{PerMinute: 3})
	r.now = r.now.Truncate(time.Minute).Add(time.Second)
	for i := range 5 {
		want := 0
		if i >= 3 {
			want = 403
		}
		if got := r.dials("030123", fmt.Sprint("m", i)); got != want {
			t.Errorf("call %d gets %d, want %d", i, got, want)
		}
	}
	r.pass(time.Minute)
	if got := r.dials("030123", "later"); got != 0 {
		t.Errorf("a minute later: %d", got)
	}
	r.idle()
}

func TestMinutesOutsideAreBounded(t *testing.T) {
	r := withAccount(t, Outside{Minutes: 10})
	user := route.Caller{User: "100"}
	r.x.spent.of("100").turn(r.now)
	r.x.spent.of("100").talked = 10*time.Minute - time.Second
	if got := r.x.outside(user, "030123"); got.cause != "" {
		t.Errorf("below the limit: %+v", got)
	}
	r.x.spent.of("100").talked += time.Second
	if got := r.x.outside(user, "030123"); got.detail != "outside_minutes" {
		t.Errorf("at the limit: %+v", got)
	}
	r.now = r.now.Add(24 * time.Hour)
	r.turn()
	if got := r.x.outside(user, "030123"); got.cause != "" {
		t.Errorf("the next day: %+v", got)
	}
}

func TestStopOutside(t *testing.T) {
	r := withAccount(t, Outside{Always: route.Numbers{"112"}})
	r.dials("030123", "up")
	stop := func(stop, hangup bool) {
		t.Helper()
		if err := r.told(func() error { return r.x.StopOutside(t.Context(), stop, hangup, "test") }); err != nil {
			t.Fatal(err)
		}
	}
	stop(true, false)
	if got := r.dials("030124", "refused"); got != 403 || r.records[0].Detail != "outside_stopped" {
		t.Errorf("got %d, %+v", got, r.records)
	}
	if got := r.dials("112", "emergency"); got != 0 {
		t.Errorf("an emergency call gets %d", got)
	}
	if n := r.x.inUse["outside 100"]; n != 2 {
		t.Errorf("%d calls are outside, want the one that was and the emergency call", n)
	}
	stop(true, true)
	if got := r.last("203.0.113.9:5060").Status; got != 480 {
		t.Errorf("the callers are told %d", got)
	}
	stop(false, false)
	if got := r.dials("030124", "again"); got != 0 {
		t.Errorf("after it was let go: %d", got)
	}
	r.pass(3 * time.Minute)
	r.idle()
}

// What was talked before a restart counts on the same day, and not on the next.
func TestMinutesOutsideOutliveARestart(t *testing.T) {
	r := withAccount(t, Outside{Minutes: 10})
	r.x.spent.recall(r.x.now, map[string]time.Duration{"100": 10 * time.Minute})
	if got := r.dials("030123", "a"); got != 403 {
		t.Errorf("with all minutes used: %d", got)
	}
	r.pass(24 * time.Hour)
	if got := r.dials("030123", "b"); got != 0 {
		t.Errorf("on the next day: %d", got)
	}
}
