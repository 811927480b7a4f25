package outcome

import (
	"testing"

	"onhook/call"
)

// originated are the events of a call that the API makes to so many parties, as the server writes them: the
// caller's place has no leg until the first party takes it.
func originated(t *testing.T, parties int, text string) []call.Event {
	t.Helper()
	s := &script{t: t, now: scriptStart}
	if parties == 1 {
		s.step("leg 1 platform")
	}
	s.add(call.Event{Kind: call.EvCommand, Name: call.CmdOriginate, By: "key a", Text: "sip:100@example.com sip:101@example.com", N: parties})
	rest := events(t, text)
	for _, e := range rest {
		s.add(e)
	}
	return s.events
}

var madeCases = []struct {
	name    string
	parties int
	script  string
	want    string
}{
	{"both talked, the first leaves", 2, "stage routing / out 2 phone / < 2 200+sdp / out 3 phone / < 3 200+sdp / bridge 3 2 / < 2 BYE / > 3 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
	{"two phones of the first party, the second answers", 2, "out 2 phone 1 / out 3 phone 1 / < 2 180 / < 3 200+sdp / ! 2 PICKED_OFF / > 2 CANCEL / < 2 487 / stage routing / out 4 phone / < 4 200+sdp / bridge 4 3 / < 4 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
	{"two phones of the first party, the second answers and leaves", 2, "out 2 phone 1 / out 3 phone 1 / < 3 200+sdp / ! 2 PICKED_OFF / > 2 CANCEL / stage routing / out 4 phone / < 4 180 / < 3 BYE", "Cancelled 487 ORIGINATOR_CANCEL 200 caller platform ringing certain"},
	{"the first party's next phone answers and leaves", 2, "out 2 phone 1 / < 2 486 / ended 2 / out 3 phone 2 / < 3 200+sdp / stage routing / out 4 phone 3 / < 4 180 / < 3 BYE", "Cancelled 487 ORIGINATOR_CANCEL 200 caller platform ringing certain"},
	{"the first party's next phone answers, the second is busy", 2, "out 2 phone 1 / < 2 486 / ended 2 / out 3 phone 2 / < 3 200+sdp / stage routing / out 4 phone 3 / < 4 486 / ended 4 / > 3 BYE", "Busy 486 USER_BUSY 200 callee platform routing certain"},
	{"two phones of the first party, both refuse", 2, "out 2 phone 1 / out 3 phone 1 / < 2 486 / ended 2 / < 3 480 / ended 3", "Busy 486 USER_BUSY 486 callee no routing certain"},
	{"the first party's ring time is over", 2, "out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 487", "Not_Answered 480 NO_ANSWER 487 platform no ringing certain"},
	{"hung up while the first rings", 2, "out 2 phone / < 2 180 / command api / ! 0 MANAGER_REQUEST / ! 2 MANAGER_REQUEST / > 2 CANCEL / < 2 487", "Cancelled 480 MANAGER_REQUEST 487 platform no ringing certain"},
	{"the first cannot be called", 2, "stage routing / leg 2 phone / ended 2 USER_NOT_REGISTERED / ! 0 USER_NOT_REGISTERED", "Unreachable 480 USER_NOT_REGISTERED - platform no routing certain"},
	{"one party, its menu ends it", 1, "out 2 phone / < 2 200+sdp / stage menu / app main bye 1 / ! 1 End_In_IVR / > 2 BYE", "Call_Ended 906 End_In_IVR - platform party menu certain"},
}

func TestSection2_CallsThatTheServerMakes(t *testing.T) {
	for _, x := range madeCases {
		t.Run(x.name, func(t *testing.T) {
			evs := originated(t, x.parties, x.script)
			r := Fold(evs, Meta{Source: "live"})
			checkOutcome(t, &r, x.want)
			from, to := "100", "101"
			if x.parties == 1 {
				from, to = to, from // the server calls the party
			}
			if r.From.Number != from || r.To.Number != to {
				t.Errorf("from %+v to %+v", r.From, r.To)
			}
			for _, l := range r.Legs {
				if l.ID == 1 && x.parties == 2 {
					t.Error("the server's own place is a leg")
				}
			}
			if e := r.Evidence[len(r.Evidence)-1]; e.Field != "command" || e.Text != "originate by key a" {
				t.Errorf("%+v", e)
			}
		})
	}
}

// TestSection7_BlindTransferByCommand: who is sent away counts as having sent a REFER.
func TestSection7_BlindTransferByCommand(t *testing.T) {
	evs := events(t, up+"alive")
	evs = evs[:len(evs)-1]
	s := &script{t: t, now: scriptStart, events: evs}
	s.now = evs[len(evs)-1].At
	s.add(call.Event{Kind: call.EvCommand, Leg: 2, Name: call.CmdTransfer, By: "key a", Text: "102"})
	for _, step := range []string{"stage routing", "out 3 phone", "< 2 BYE", "< 3 486", "ended 3", "> 1 BYE"} {
		s.step(step)
	}
	r := Fold(s.events, Meta{Source: "live"})
	checkOutcome(t, &r, "Call_Ended 200 USER_BUSY 200 callee party routing certain | legs USER_BUSY NORMAL_CLEARING USER_BUSY")
	if e := r.Evidence[len(r.Evidence)-1]; e.Text != "transfer 102 by key a" {
		t.Errorf("%+v", e)
	}
}
