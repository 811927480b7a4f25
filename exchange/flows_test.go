package exchange

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"onhook/digest"
	"onhook/registrar"
	"onhook/route"
	"onhook/sip"
)

// tcpFlow is a connection of a phone's.
func tcpFlow(n uint64) sip.Flow {
	return sip.Flow{Transport: sip.TCP, Local: serverAddr, Remote: netip.AddrPortFrom(netip.MustParseAddr("10.0.1.100"), uint16(5000+n)), Conn: n}
}

// twoFlows is a rig whose number 100 is one phone with two connections, of which the
// second was registered last.
func twoFlows(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, func(s *Settings) {
		s.PerUser = 1
		s.Users = []User{{Name: "100", Secret: digest.NewSecret("100", "example.com", "horse")}}
		table, err := route.New(route.Options{Users: []string{"100"}, Local: []string{"10.0.0.1"}})
		if err != nil {
			t.Fatal(err)
		}
		s.Routes = table
	})
	for n := uint64(1); n <= 2; n++ {
		m := &sip.Message{Method: sip.REGISTER, URI: "sip:example.com"}
		m.Add(sip.HCallID, fmt.Sprint("reg-", n))
		m.Add(sip.HCSeq, "1 REGISTER")
		m.Add(sip.HVia, "SIP/2.0/TCP 10.0.1.100;branch=z9hG4bK1")
		m.Add(sip.HContact, fmt.Sprintf(`<sip:100@10.0.1.100;transport=tcp>;+sip.instance="<urn:uuid:1>";reg-id=%d`, n))
		r.x.reg.Step(nil, r.now, registrar.Input{Kind: registrar.InRegister, AOR: r.x.aor("100"), Msg: m, Flow: tcpFlow(n)})
		r.pass(time.Second)
	}
	return r
}

// byFlows are the ports of the phone that got an INVITE, in order.
func (r *rig) byFlows() string {
	var to []string
	for _, s := range r.sent {
		if strings.HasPrefix(s.data, "INVITE ") && s.to.Addr() == tcpFlow(1).Remote.Addr() {
			to = append(to, fmt.Sprint(s.to.Port()))
		}
	}
	return strings.Join(to, " ")
}

// TestAPhoneWithTwoFlowsIsCalledByOne: RFC 5626 section 7, "MUST NOT populate the
// target set with more than one contact with the same AOR and instance-id at a time".
func TestAPhoneWithTwoFlowsIsCalledByOne(t *testing.T) {
	second, first := tcpFlow(2).Remote.String(), tcpFlow(1).Remote.String()
	for _, x := range []struct {
		name   string
		fails  func(r *rig)
		invite string // the ports that got one
	}{
		{"answers", func(*rig) {}, "5002"},
		{"connection gone", func(r *rig) { r.x.FlowDown(tcpFlow(2), errors.New("closed")); r.turn() }, "5002 5001"},
		{"gone while it rings", func(r *rig) {
			// It may answer by another connection (RFC 3261 section 18.2.2): a second call would disturb it.
			r.says(second, 180, "")
			r.x.FlowDown(tcpFlow(2), errors.New("closed"))
			r.turn()
		}, "5002"},
		{"430", func(r *rig) { r.says(second, 430, "") }, "5002 5001"},
		{"no response", func(r *rig) { r.pass(6 * time.Second) }, "5002 5001"},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := twoFlows(t)
			r.from(trunkAddr, request("INVITE", "100", "two", "", 1, sdpText))
			if got := r.byFlows(); got != "5002" {
				t.Fatalf("INVITEs went to the ports %q, want 5002 alone", got)
			}
			x.fails(r)
			answers := second
			if got := r.byFlows(); got != x.invite {
				t.Fatalf("INVITEs went to the ports %q, want %q", got, x.invite)
			} else if got != "5002" {
				answers = first
			}
			if n := r.x.inUse["user 100"]; n != 1 {
				t.Errorf("the extension has %d calls, want 1", n)
			}
			r.says(answers, 200, sdpText)
			tag := r.last(trunkAddr).ToTag()
			r.from(trunkAddr, request("ACK", "100", "two", tag, 1, ""))
			r.from(trunkAddr, request("BYE", "100", "two", tag, 2, ""))
			r.says(answers, 200, "")
			r.idle()
			r.one("Call Ended NORMAL_CLEARING 200")
			if n := r.x.inUse["user 100"]; n != 0 {
				t.Errorf("at the end the extension has %d calls", n)
			}
		})
	}
}

// TestAPhoneThatRefusesIsNotCalledByItsOtherFlow: "The targeted instance has already provided its response."
func TestAPhoneThatRefusesIsNotCalledByItsOtherFlow(t *testing.T) {
	r := twoFlows(t)
	r.from(trunkAddr, request("INVITE", "100", "two", "", 1, sdpText))
	r.says(tcpFlow(2).Remote.String(), 486, "")
	if got := r.byFlows(); got != "5002" {
		t.Errorf("INVITEs went to the ports %q, want 5002 alone", got)
	}
	r.from(trunkAddr, request("ACK", "100", "two", r.last(trunkAddr).ToTag(), 1, ""))
	r.idle()
	r.one("Busy USER_BUSY 486")
}

// TestAnAnswerByItselfIsAskedOfEveryFlow: a call that an operator makes has a phone
// answer by itself, by whichever flow it is reached.
func TestAnAnswerByItselfIsAskedOfEveryFlow(t *testing.T) {
	r := twoFlows(t)
	c := &live{}
	to, why := r.x.contacts(c, way{}, nil, route.Target{Kind: route.ToUser, Name: "100"})
	if len(to) != 1 || len(to[0].Flows) != 1 {
		t.Fatalf("%d targets, %v", len(to), why)
	}
	r.x.answerAlone(&to[0], true)
	for _, f := range to[0].Flows {
		if len(f.Headers) != 2 {
			t.Errorf("by the other flow it is told %v", f.Headers)
		}
	}
}
