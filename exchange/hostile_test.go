package exchange

import (
	"strings"
	"testing"

	"onhook/sip"
)

// TestMalformedInvitesOfACallerWeKnowEndInARecord: each mandatory header
// dropped, doubled, emptied or made nonsense, in an INVITE of a trunk. What can
// be answered is, and has one record; what cannot leaves nothing.
func TestMalformedInvitesOfACallerWeKnowEndInARecord(t *testing.T) {
	base := request("INVITE", "1", "c", "", 1, sdpText)
	for _, h := range []string{"Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Contact", "Content-Type", "Content-Length"} {
		for _, how := range []string{"dropped", "doubled", "emptied", "nonsense", "long"} {
			t.Run(h+" "+how, func(t *testing.T) {
				r := newRig(t, nil)
				r.from(trunkAddr, spoil(base, h, how))
				finals := 0
				for _, s := range r.sent {
					if m, err := sip.Parse([]byte(s.data)); err != nil {
						t.Errorf("the server sent what does not parse: %v\n%s", err, s.data)
					} else if s.to.String() == trunkAddr && m.Status >= 200 {
						finals++
						r.from(trunkAddr, request("ACK", "1", "c", m.ToTag(), 1, ""))
					}
				}
				if len(r.begun) == 1 && finals == 0 {
					// It was good enough: it rings, and is cancelled.
					r.from(trunkAddr, request("CANCEL", "1", "c", "", 1, ""))
					r.answer(100, "")
					r.answer(487, "")
				}
				r.idle()
				if len(r.records) != len(r.begun) || len(r.records) > 1 || finals > 1 {
					t.Errorf("%d finals, %d calls begun, %d records", finals, len(r.begun), len(r.records))
				}
				if finals == 1 && len(r.records) == 1 && (r.records[0].SIPFinal < 400 || r.records[0].Status != "Call Failed") {
					t.Errorf("got %s %s, sip_final %d", r.records[0].Status, r.records[0].ByeReason, r.records[0].SIPFinal)
				}
			})
		}
	}
}

// spoil makes one header wrong.
func spoil(text, header, how string) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		name, _, _ := strings.Cut(l, ":")
		switch {
		case name != header:
			b.WriteString(l)
		case how == "doubled":
			b.WriteString(l + l)
		case how == "emptied":
			b.WriteString(header + ": \r\n")
		case how == "nonsense":
			b.WriteString(header + ": \"<@;=\x01\xff\r\n")
		case how == "long":
			b.WriteString(header + ": " + strings.Repeat("a", 9000) + "\r\n")
		}
	}
	return b.String()
}

// TestTheReasonOfAMalformedInvite names what is wrong with it.
func TestTheReasonOfAMalformedInvite(t *testing.T) {
	base := request("INVITE", "1", "c", "", 1, sdpText)
	for _, c := range []struct{ name, text, want string }{
		{"no Contact", spoil(base, "Contact", "dropped"), "Call Failed MANDATORY_IE_MISSING 400"},
		{"Contact is nonsense", spoil(base, "Contact", "nonsense"), "Call Failed INVALID_IE_CONTENTS 400"},
		{"no Content-Type", spoil(base, "Content-Type", "dropped"), "Call Failed MANDATORY_IE_MISSING 400"},
		{"a body of another type", strings.Replace(base, "application/sdp", "text/plain", 1), "Call Failed SERVICE_NOT_IMPLEMENTED 415"},
		{"a body that is no session description", strings.Replace(base, "v=0", "v=9", 1), "Call Failed INVALID_IE_CONTENTS 400"},
		{"an extension that we lack", strings.Replace(base, "Max-Forwards", "Require: magic\r\nMax-Forwards", 1), "Call Failed FACILITY_NOT_IMPLEMENTED 420"},
		{"no hop is left", strings.Replace(base, "Max-Forwards: 70", "Max-Forwards: 0", 1), "Call Failed EXCHANGE_ROUTING_ERROR 483"},
		{"another scheme", strings.Replace(base, "INVITE sip:", "INVITE mailto:", 1), "Call Failed INVALID_NUMBER_FORMAT 416"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.from(trunkAddr, c.text)
			r.idle()
			r.one(c.want)
		})
	}
}

func TestWhoHasNoAccountLeavesNoRecord(t *testing.T) {
	r := newRig(t, nil)
	const stranger = "203.0.113.5:5060"
	r.from(stranger, strings.ReplaceAll(request("INVITE", "1", "c", "", 1, sdpText), trunkAddr, stranger))
	if m := r.last(stranger); m.Status != 401 {
		t.Errorf("a stranger's INVITE gets %d", m.Status)
	}
	r.from(stranger, strings.ReplaceAll(spoil(request("INVITE", "1", "d", "", 1, sdpText), "Contact", "dropped"), trunkAddr, stranger))
	r.idle()
	if len(r.begun)+len(r.records) != 0 {
		t.Errorf("%d calls begun, %d records", len(r.begun), len(r.records))
	}
}
