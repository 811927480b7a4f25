package analyse

import "strings"

// troubles are the findings for which a call that ended as calls do is worth a
// look all the same, and what to look at; the first that a call has is said.
var troubles = [...]struct{ name, look string }{
	{"no_ack", "see why the ACK does not come through: the Contact and Record-Route of the 200, NAT, a firewall"},
	{"late_ack", "see why the ACK comes late: the Contact and Record-Route of the 200, NAT, a firewall"},
	{"one_way_audio", "see where its RTP is lost: the address and port in the SDP, NAT, a firewall"},
	{"no_answer_to_bye", "see whether the other side knows that the call is over: it may still hold it as up, and charge for it"},
	{"cancel_crossed", "nothing; the caller had given up, and the answer came at the same time"},
	{"audio_stopped", "see why its RTP stops: the network and NAT of that side"},
}

// soon tells whether a finding does not matter: an ACK that was lost once, or the
// answer to a BYE that the capture may have missed.
func (b *builder) soon(f *Finding) bool {
	at := b.out.Record.AnsweredAt
	return f.Name == "late_ack" && at != nil && f.At.Sub(*at) < 6*b.t1 || f.Name == "no_answer_to_bye" && !strings.Contains(f.Text, "got no answer")
}

// advise adds to the summary of a call that ended as calls do what its findings
// tell of it.
func (b *builder) advise() {
	const nothing = "; nothing to do."
	r := &b.out.Record
	if !strings.HasSuffix(r.Summary, nothing) {
		return
	}
	for _, x := range troubles {
		for i := range b.out.Findings {
			if f := &b.out.Findings[i]; f.Name == x.name && !b.soon(f) {
				r.Summary = strings.TrimSuffix(r.Summary, nothing) + ". But " + f.Text + "; next: " + x.look + "."
				return
			}
		}
	}
}
