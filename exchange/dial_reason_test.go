package exchange

import (
	"errors"
	"strings"
	"testing"
	"time"

	"onhook/app"
	"onhook/sip"
)

// turnsUntil turns the loop until something is so that applications have to do with.
func (r *rig) turnsUntil(what string, so func() bool) {
	r.t.Helper()
	limit := time.After(patience)
	for !so() {
		select {
		case <-r.x.box.wake:
			r.turn()
		case <-limit:
			r.t.Fatalf("not so: %s; %q", what, r.log)
		}
	}
}

// TestADialsReasonIsItsOwn: of two agents of a queue who are called one after the
// other the first is busy. That the second one's phone is off is not said of the first.
func TestADialsReasonIsItsOwn(t *testing.T) {
	const offAddr = "10.0.1.2:5060"
	said := make(chan string, 2)
	r := withApp(t, "queue:q", func(s app.Session) error {
		if err := s.Answer(); err != nil {
			return err
		}
		for _, to := range []string{phoneAddr, offAddr} {
			d, err := s.Dial(app.DialOptions{To: []string{"sip:" + to}, Ring: 5 * time.Second, Stage: "queue", Still: true})
			if err != nil {
				return err
			}
			said <- d.Reason
		}
		return errors.New("nobody has answered")
	})
	got := func() (last string) {
		r.turnsUntil("the dial has ended", func() bool {
			select {
			case last = <-said:
			default:
			}
			return last != ""
		})
		return last
	}
	invited := func(addr string) {
		r.turnsUntil(addr+" is called", func() bool { return strings.Contains(strings.Join(r.log, "\n"), "send "+addr+" INVITE") })
	}
	r.from(trunkAddr, request("INVITE", "2", "reasons", "", 1, sdpText))
	invited(phoneAddr)
	r.from(trunkAddr, request("ACK", "2", "reasons", r.last(trunkAddr).ToTag(), 1, ""))
	r.answer(486, "")
	if reason := got(); reason != "USER_BUSY" {
		t.Errorf("the first is said to be %s", reason)
	}
	invited(offAddr)
	r.pass(6 * time.Second)
	if reason := got(); reason != "NO_USER_RESPONSE" {
		t.Errorf("the second is said to be %s", reason)
	}
	r.turnsUntil("the caller gets a BYE", func() bool { return r.last(trunkAddr).Method == sip.BYE })
	r.says(trunkAddr, 200, "")
	r.idle()
	r.one("Call Failed NORMAL_TEMPORARY_FAILURE 200") // the application says why it ended: by an error
}
