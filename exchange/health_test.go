package exchange

import (
	"strings"
	"testing"
	"time"

	"onhook/route"
	"onhook/sip"
)

// carrierAddr is where the trunk is that is asked whether it is there.
const carrierAddr = "10.0.2.2:5060"

func withCarrier(t *testing.T) *rig {
	t.Helper()
	return newRig(t, func(s *Settings) {
		s.Trunks = append(s.Trunks, Trunk{Name: "carrier", Host: "10.0.2.2", Port: 5060, Options: 30 * time.Second})
		s.Routes = routesTo(t, toPhone("1"), route.Rule{Match: "9", Transit: true, To: []route.Destination{{Kind: route.ToTrunk, Text: "carrier"}}})
	})
}

// asked counts the OPTIONS that the carrier got, without repetitions.
func (r *rig) asked() int {
	seen := map[string]bool{}
	for _, s := range r.sent {
		if m, err := sip.Parse([]byte(s.data)); err == nil && m.Method == sip.OPTIONS && s.to.String() == carrierAddr {
			seen[m.CallID()] = true
		}
	}
	return len(seen)
}

// healthy answers the carrier's last OPTIONS.
func (r *rig) healthy(code string) {
	r.t.Helper()
	req := r.last(carrierAddr)
	if req.Method != sip.OPTIONS {
		r.t.Fatalf("the carrier got %s", req.Method)
	}
	text := "SIP/2.0 " + code + "\r\n"
	for _, h := range req.Headers {
		switch h.ID {
		case sip.HVia, sip.HFrom, sip.HCallID, sip.HCSeq:
			text += h.ID.String() + ": " + h.Value + "\r\n"
		case sip.HTo:
			text += "To: " + h.Value + ";tag=c\r\n"
		}
	}
	r.from(carrierAddr, text+"Content-Length: 0\r\n\r\n")
}

// reaches tells whether a call by the carrier is sent to it, or how it is refused.
func (r *rig) reaches(callID string) string {
	r.t.Helper()
	first, known := len(r.sent), len(r.records)
	r.from(trunkAddr, request("INVITE", "9", callID, "", 1, sdpText))
	for _, s := range r.sent[first:] {
		if s.to.String() == carrierAddr && strings.HasPrefix(s.data, "INVITE ") {
			return "reached"
		}
	}
	r.pass(3 * time.Second)
	for _, x := range r.records[known:] {
		if x.SIPFinal != 0 {
			return x.ByeReason
		}
	}
	return "nothing"
}

func TestATrunkThatAnswersIsUp(t *testing.T) {
	r := withCarrier(t)
	for range 3 {
		r.turn()
		r.healthy("405 Method Not Allowed") // whatever it says, it is there
		r.pass(30 * time.Second)
	}
	if n := r.asked(); n != 4 {
		t.Errorf("asked %d times in 90 s, want 4", n)
	}
	if got := r.reaches("c"); got != "reached" {
		t.Errorf("got %s", got)
	}
}

func TestATrunkThatIsSilentTwiceIsDown(t *testing.T) {
	r := withCarrier(t)
	r.pass(20 * time.Second)
	if got := r.x.lines["carrier"].down(r.x.now); got != "" {
		t.Errorf("down before the first question is over: %s", got)
	}
	r.pass(3 * time.Minute)
	if got := r.reaches("c"); got != "GATEWAY_DOWN" {
		t.Errorf("got %s", got)
	}
	// It comes back with the second answer in a row.
	for i := range 2 {
		if got := r.reaches("b" + itoa(i)); got != "GATEWAY_DOWN" {
			t.Errorf("after %d answers: got %s", i, got)
		}
		for n := r.asked(); r.asked() == n; {
			r.pass(time.Second)
		}
		r.healthy("200 OK")
	}
	if got := r.reaches("d"); got != "reached" {
		t.Errorf("got %s", got)
	}
}

func TestATrunkThatSays503IsDown(t *testing.T) {
	r := withCarrier(t)
	for range 2 {
		r.turn()
		r.healthy("503 Service Unavailable")
		r.pass(30 * time.Second)
	}
	if got := r.reaches("c"); got != "GATEWAY_DOWN" {
		t.Errorf("got %s", got)
	}
}

func TestAReloadKeepsWhatIsKnownOfATrunk(t *testing.T) {
	r := withCarrier(t)
	r.pass(4 * time.Minute)
	s := r.x.set
	s.Domain = "example.org"
	r.x.box.answer(answer{do: func(x *Exchange) { x.configure(s) }})
	r.turn()
	if got := r.reaches("c"); got != "GATEWAY_DOWN" {
		t.Errorf("got %s", got)
	}
}
