package stack

import (
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// TestNoTimerFiresBeforeWhatCameEarlierIsTold: an endpoint that is stepped late
// learns by Until how much of what came it has been told. Here it is an ACK to a
// refusal (timer H), an ACK to a 2xx, and the answers to an INVITE and an OPTIONS (B, F).
func TestNoTimerFiresBeforeWhatCameEarlierIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		ask  func(b *bridge)
		come func(b *bridge) string
		none ActionKind // what must not happen
		some ActionKind // what must
	}{
		"ACK to a 486": {
			func(b *bridge) { b.invited(486) },
			func(b *bridge) string {
				return request("ACK", "late", "To: "+header(b.sends(), "To"))
			}, ActTimer, 0,
		},
		"ACK to a 200": {
			func(b *bridge) { b.invited(200) },
			func(b *bridge) string {
				return request("ACK", "a", "To: "+header(b.sends(), "To"))
			}, ActEnded, ActAck,
		},
		"180 to an INVITE": {
			func(b *bridge) {
				out := &sip.Message{Method: sip.INVITE, URI: "sip:bob@192.0.2.3"}
				out.Add(sip.HFrom, "<sip:alice@a.example>")
				out.Add(sip.HTo, "<sip:bob@b.example>")
				b.step(Input{Kind: InInvite, Ref: 2, Msg: out, Dest: fromC})
			},
			func(b *bridge) string { return b.answered("180 Ringing") }, ActTimeout, ActResponse,
		},
		"200 to an OPTIONS": {
			func(b *bridge) {
				out := &sip.Message{Method: sip.OPTIONS, URI: "sip:bob@192.0.2.3"}
				out.Add(sip.HFrom, "<sip:alice@a.example>")
				out.Add(sip.HTo, "<sip:bob@b.example>")
				b.step(Input{Kind: InRequest, Ref: 2, Msg: out, Dest: fromC})
			},
			func(b *bridge) string { return b.answered("200 OK") }, ActTimeout, ActResponse,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBridge()
			c.ask(b)
			text, flow := c.come(b), fromC
			if strings.HasPrefix(text, "ACK") {
				flow = fromA
			}
			came := b.now.Add(time.Second)
			b.now = b.now.Add(time.Minute)
			var all []Action
			keep := func(in Input) {
				b.step(in)
				all = append(all, b.out...)
			}
			// Another packet first, that came earlier; what was due until then fires.
			other := request("OPTIONS", "o", "Call-ID: other", "From: <sip:x@a.example>;tag=x")
			keep(Input{Kind: InPacket, Flow: fromA, Data: []byte(other), Until: came})
			keep(Input{Kind: InTick, Until: came})
			keep(Input{Kind: InPacket, Flow: flow, Data: []byte(text), Until: came})
			keep(Input{Kind: InTick})
			some := false
			for _, a := range all {
				some = some || a.Kind == c.some
				if a.Kind == c.none && (a.Kind != ActTimer || a.Timer == "H") {
					t.Errorf("it is told %d %q %q", a.Kind, a.Timer, a.Why)
				}
			}
			if !some {
				t.Errorf("what came late is not told")
			}
			if d := b.e.Deadline(); !d.IsZero() && !d.After(b.now) {
				t.Errorf("the deadline stays in the past: %v", d.Sub(b.now))
			}
		})
	}
}

// invited takes an INVITE and answers it.
func (b *bridge) invited(code int) {
	b.step(Input{Kind: InPacket, Flow: fromA, Data: []byte(request("INVITE", "late"))})
	req := b.find(ActRequest)
	b.step(Input{Kind: InBind, Dialog: req.Dialog, Ref: 1})
	b.step(Input{Kind: InRespond, Txn: req.Txn, Msg: &sip.Message{Status: code}})
}

// answered is an answer to what was sent last.
func (b *bridge) answered(status string) string {
	sent := b.sends()
	return "SIP/2.0 " + status + "\r\nVia: " + header(sent, "Via") + "\r\nFrom: " + header(sent, "From") + "\r\nTo: " + header(sent, "To") +
		";tag=c\r\nCall-ID: " + header(sent, "Call-ID") + "\r\nCSeq: " + header(sent, "CSeq") + "\r\nContact: <sip:bob@192.0.2.3>\r\nContent-Length: 0\r\n\r\n"
}
