package dialog

import (
	"testing"

	"onhook/sip"
)

// BenchmarkUAS is a whole call's dialog on the caller's side of a server:
// INVITE, 180, 200, ACK, BYE.
func BenchmarkUAS(b *testing.B) {
	h := newBench(&testing.T{})
	invite := h.peer(sip.INVITE, 10, "sdp", "Supported: timer, 100rel", "Allow: INVITE, BYE, UPDATE", "Record-Route: <sip:p1;lr>")
	d, _ := NewUAS(h.opt, invite)
	h.d = d
	ack, bye := h.peer(sip.ACK, 10), h.peer(sip.BYE, 11)
	ringing := &sip.Message{Status: 180}
	ok := &sip.Message{Status: 200, Body: sdpBody}
	ok.Add(sip.HContentType, "application/sdp")
	done := &sip.Message{Status: 200}
	out := make([]Action, 0, 8)
	b.ReportAllocs()
	for b.Loop() {
		d, err := NewUAS(h.opt, invite)
		if err != nil {
			b.Fatal(err)
		}
		out = d.Step(out[:0], epoch, Input{Kind: InReceive, Txn: 1, Msg: invite})
		out = d.Step(out[:0], epoch, Input{Kind: InRespond, Txn: 1, Msg: ringing})
		out = d.Step(out[:0], epoch, Input{Kind: InRespond, Txn: 1, Msg: ok})
		out = d.Step(out[:0], epoch, Input{Kind: InReceive, Msg: ack})
		out = d.Step(out[:0], epoch, Input{Kind: InReceive, Txn: 2, Msg: bye})
		out = d.Step(out[:0], epoch, Input{Kind: InRespond, Txn: 2, Msg: done})
	}
}

// BenchmarkUAC is the other side: INVITE, 180, 200, ACK, BYE.
func BenchmarkUAC(b *testing.B) {
	h := newBench(&testing.T{})
	h.uac("sdp")
	ringing, ok := h.response(180, sip.INVITE), h.response(200, sip.INVITE, "sdp", "Allow: INVITE, BYE, UPDATE", "Record-Route: <sip:p1;lr>")
	invite := &sip.Message{Method: sip.INVITE, URI: "sip:them@example.net", Body: sdpBody}
	invite.Add(sip.HFrom, `"Us" <sip:us@example.com>`)
	invite.Add(sip.HTo, "<sip:them@example.net>")
	invite.Add(sip.HContentType, "application/sdp")
	bye := &sip.Message{Method: sip.BYE}
	out := make([]Action, 0, 8)
	b.ReportAllocs()
	for b.Loop() {
		d := NewUAC(h.opt)
		d.localSeq = 4 // so that the responses fit
		out = d.Step(out[:0], epoch, Input{Kind: InSend, Msg: invite})
		out = d.Step(out[:0], epoch, Input{Kind: InResponse, Txn: 1, Msg: ringing})
		out = d.Step(out[:0], epoch, Input{Kind: InResponse, Txn: 1, Msg: ok})
		if d.State() != Confirmed {
			b.Fatal("not confirmed")
		}
		out = d.Step(out[:0], epoch, Input{Kind: InSend, Msg: bye})
	}
}
