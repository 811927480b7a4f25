package stack

import (
	"runtime"
	"strconv"
	"testing"
	"time"

	"onhook/sip"
)

// A bridge is an endpoint in the middle of two scripted phones whose messages
// are made beforehand, so that only the endpoint is measured.
type bridge struct {
	e   *Endpoint
	now time.Time
	out []Action
	n   int
}

func newBridge() *bridge {
	l := newLink(nil)
	s := l.add("B", "192.0.2.2:5060", nil)
	return &bridge{e: s.e, now: begin}
}

var fromA, fromC = func() (sip.Flow, sip.Flow) {
	f := lone(nil, nil).flowFrom(sip.UDP, "192.0.2.1:5060")
	g := lone(nil, nil).flowFrom(sip.UDP, "192.0.2.3:5060")
	return f, g
}()

// sends returns the messages that the last step sent.
func (b *bridge) sends() (data []byte) {
	for i := range b.out {
		if b.out[i].Kind == ActSend {
			data = b.out[i].Data
		}
	}
	return data
}

func (b *bridge) step(in Input) { b.out = b.e.Step(b.out[:0], b.now, in) }

func (b *bridge) find(k ActionKind) Action {
	for i := range b.out {
		if b.out[i].Kind == k {
			return b.out[i]
		}
	}
	panic("action " + strconv.Itoa(int(k)) + " is missing")
}

// header cuts one header's value from a printed message.
func header(data []byte, name string) string {
	m, _ := sip.Parse(data)
	return m.GetNamed(name)
}

// call runs one bridged call: 14 messages through the endpoint. Bytes of the
// phones are made outside of the timer where b is given.
func (b *bridge) call(pause, resume func()) {
	b.n++
	n := strconv.Itoa(b.n)
	pause()
	ua := "User-Agent: Acme Phone 1.2.3"
	inv := []byte(request("INVITE", "i"+n, "Call-ID: "+n, ua, "Content-Type: application/sdp", "Supported: replaces, timer", "Allow: INVITE, ACK, BYE, CANCEL", "body:"+someSDP))
	resume()
	b.step(Input{Kind: InPacket, Flow: fromA, Data: inv})
	req := b.find(ActRequest)
	b.step(Input{Kind: InBind, Dialog: req.Dialog, Ref: 1})
	b.step(Input{Kind: InRespond, Txn: req.Txn, Msg: &sip.Message{Status: 100}})
	out := &sip.Message{Method: sip.INVITE, URI: "sip:bob@192.0.2.3", Body: req.Msg.Body, Headers: make([]sip.Header, 0, 4)}
	out.Add(sip.HFrom, "<sip:alice@a.example>")
	out.Add(sip.HTo, "<sip:bob@b.example>")
	out.Add(sip.HContentType, "application/sdp")
	b.step(Input{Kind: InInvite, Ref: 2, Msg: out, Dest: fromC})
	legB := b.find(ActCreated).Dialog
	sent := b.sends()
	pause()
	head := "Via: " + header(sent, "Via") + ";received=192.0.2.2\r\nFrom: " + header(sent, "From") + "\r\nTo: " + header(sent, "To") + ";tag=c\r\nCall-ID: " + header(sent, "Call-ID") +
		"\r\nCSeq: " + header(sent, "CSeq") + "\r\nContact: <sip:bob@192.0.2.3>\r\n"
	ringing := []byte("SIP/2.0 180 Ringing\r\n" + head + "Content-Length: 0\r\n\r\n")
	ok := []byte("SIP/2.0 200 OK\r\n" + head + "Content-Type: application/sdp\r\n\r\n" + someSDP)
	resume()
	b.step(Input{Kind: InPacket, Flow: fromC, Data: ringing})
	b.find(ActResponse)
	b.step(Input{Kind: InRespond, Txn: req.Txn, Msg: &sip.Message{Status: 180}})
	b.step(Input{Kind: InPacket, Flow: fromC, Data: ok})
	b.find(ActResponse)
	two := &sip.Message{Status: 200, Body: someSDP}
	two.Add(sip.HContentType, "application/sdp")
	b.step(Input{Kind: InRespond, Txn: req.Txn, Msg: two})
	final := b.sends()
	pause()
	to := header(final, "To")
	ack := []byte(request("ACK", "a"+n, "Call-ID: "+n, ua, "To: "+to))
	bye := []byte(request("BYE", "b"+n, "Call-ID: "+n, ua, "To: "+to, "CSeq: 2 BYE"))
	resume()
	b.step(Input{Kind: InPacket, Flow: fromA, Data: ack})
	b.find(ActAck)
	b.step(Input{Kind: InPacket, Flow: fromA, Data: bye})
	b.step(Input{Kind: InRespond, Txn: b.find(ActRequest).Txn, Msg: &sip.Message{Status: 200}})
	b.step(Input{Kind: InRequest, Dialog: legB, Msg: &sip.Message{Method: sip.BYE}})
	sent = b.sends()
	pause()
	done := []byte("SIP/2.0 200 OK\r\nVia: " + header(sent, "Via") + "\r\nFrom: " + header(sent, "From") + "\r\nTo: " + header(sent, "To") + "\r\nCall-ID: " + header(sent, "Call-ID") +
		"\r\nCSeq: " + header(sent, "CSeq") + "\r\nContent-Length: 0\r\n\r\n")
	resume()
	b.step(Input{Kind: InPacket, Flow: fromC, Data: done})
	b.find(ActTerminated)
	b.now = b.now.Add(time.Millisecond)
}

// BenchmarkBridgedCall measures the endpoint's part of a whole bridged call,
// with what earlier calls still hold (32 s at 1,000 calls/s).
func BenchmarkBridgedCall(b *testing.B) {
	s := newBridge()
	b.ReportAllocs()
	for b.Loop() {
		s.call(b.StopTimer, b.StartTimer)
	}
}

// BenchmarkBridgedCallAll is the same with the making of the phones' messages, for profiles.
func BenchmarkBridgedCallAll(b *testing.B) {
	s := newBridge()
	b.ReportAllocs()
	for b.Loop() {
		s.call(func() {}, func() {})
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkHeldTransaction reports the bytes that a server transaction holds
// after its final response, the response's own bytes included.
func BenchmarkHeldTransaction(b *testing.B) {
	for b.Loop() {
		s := newBridge()
		before := heap()
		const many = 5000
		for i := range many {
			n := strconv.Itoa(i)
			s.step(Input{Kind: InPacket, Flow: fromA, Data: []byte(request("OPTIONS", "i"+n, "Call-ID: "+n))})
			s.step(Input{Kind: InRespond, Txn: s.find(ActRequest).Txn, Msg: &sip.Message{Status: 200}})
		}
		s.out = nil
		b.ReportMetric(float64(heap()-before)/many, "B/txn")
		runtime.KeepAlive(s)
	}
}

// BenchmarkHeldCall reports the bytes held for a bridged call that is over, within the 32 s after it.
func BenchmarkHeldCall(b *testing.B) {
	for b.Loop() {
		s := newBridge()
		before := heap()
		const many = 2000
		for range many {
			s.call(func() {}, func() {})
		}
		s.out = nil
		b.ReportMetric(float64(heap()-before)/many, "B/call")
		runtime.KeepAlive(s)
	}
}
