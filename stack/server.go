package stack

import (
	"net/netip"
	"time"

	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

// A server is a server transaction with what must be held of it: the request
// until its final response, then that response's bytes.
type server struct {
	id       txn.ID
	key      key
	merged   key
	invite   txn.InviteServer
	other    txn.Server
	method   sip.Method
	flow     sip.Flow     // where responses go
	req      *sip.Message // nil after the final response
	pending  *sip.Message // the message that a step is about
	last     []byte       // the last response
	dlg      dialog.ID
	ref      uint64
	sched    int64
	src      netip.Addr // where the request came from
	port     uint16     // of sent-by: where a new connection would go
	refuse   int        // the code that the endpoint gave to the user as its verdict
	status   int        // of the last response
	came     int        // how often the request came again
	acks     int
	sent     int // how often the last response went again
	canceled bool
}

// newServer makes the transaction of a request.
func (e *Endpoint) newServer(r *received) *server {
	s := &server{key: r.key, merged: r.merged, method: r.m.Method, flow: r.flow, req: r.m, src: e.flow.Remote.Addr(), port: r.via.Port}
	if s.port == 0 {
		s.port = 5060
	}
	reliable := r.flow.Transport.Reliable()
	if r.m.Method == sip.INVITE {
		s.invite = txn.NewInviteServer(e.now, e.opt.Timers, reliable)
	} else {
		s.other = txn.NewServer(e.now, e.opt.Timers, reliable)
	}
	s.id = txn.ID(e.servers.add(s))
	e.byKey.set(s.key, s.id)
	if s.merged != (key{}) {
		e.merged.set(s.merged, s.id)
	}
	e.scheduleServer(s)
	return s
}

func (s *server) deadline() time.Time {
	if s.method == sip.INVITE {
		return s.invite.Deadline()
	}
	return s.other.Deadline()
}

func (e *Endpoint) scheduleServer(s *server) {
	e.schedule(&s.sched, dueServer, uint64(s.id), s.deadline())
}

// stepServer drives a server transaction and does what its machine says.
func (e *Endpoint) stepServer(s *server, in txn.Input) {
	var room [8]txn.Action
	var acts []txn.Action
	in.Late = e.late
	if s.method == sip.INVITE {
		acts = s.invite.Step(room[:0], e.at, in)
	} else {
		acts = s.other.Step(room[:0], e.at, in)
	}
	for _, a := range acts {
		switch a.Kind {
		case txn.ActSend:
			e.sendResponse(s, s.pending)
		case txn.ActTrying:
			e.sendResponse(s, e.reply(s.req, 100, "", ""))
		case txn.ActAgain:
			s.sent++
			e.emit(Action{Kind: ActSend, Flow: s.flow, Data: s.last, Txn: s.id, Dialog: s.dlg, Ref: e.refOf(s.dlg, s.ref), Again: s.sent})
		case txn.ActDeliver:
			// RFC 6026 section 7.1: an ACK in Accepted goes to the user, here the dialog.
			if g := e.dialogs.get(uint64(s.dlg)); g != nil && g.d != nil && s.pending != nil {
				e.stepDialog(g, dialog.Input{Kind: dialog.InReceive, Msg: s.pending})
			}
		case txn.ActTimer:
			e.tellTimer(s.dlg, s.ref, s.id, s.method, a.Timer)
		case txn.ActTimeout:
			if s.status < 200 {
				e.note(4, "a "+string(s.method)+" was not answered by our user in time")
			}
		case txn.ActFailed:
			e.note(-4, "a response could not be sent")
		case txn.ActTerminated:
			e.dropServer(s)
			return
		}
	}
	e.scheduleServer(s)
}

// tellTimer tells the user of a timer that explains something. Those that only
// forget a transaction (D, I to M) and the 100 explain nothing.
func (e *Endpoint) tellTimer(id dialog.ID, ref uint64, t txn.ID, method sip.Method, name string) {
	switch name {
	case "D", "I", "J", "K", "L", "M", "100":
		return
	}
	if id != 0 {
		e.emit(Action{Kind: ActTimer, Dialog: id, Ref: e.refOf(id, ref), Txn: t, Method: method, Timer: name})
	}
}

// sendResponse prints a response, sends it and holds its bytes.
func (e *Endpoint) sendResponse(s *server, m *sip.Message) {
	s.last, s.status, s.sent = e.print(m), m.Status, 0
	e.emit(Action{Kind: ActSend, Flow: s.flow, Data: s.last, Msg: m, Txn: s.id, Dialog: s.dlg, Ref: e.refOf(s.dlg, s.ref), Method: s.method})
}

// respond gives a complete response to its transaction. again says that it went before.
func (e *Endpoint) respond(s *server, m *sip.Message, again int) {
	s.pending = m
	if again > 0 {
		// The bytes are those of the first time; RFC 6026 section 7.1 lets a 2xx pass in Accepted.
		e.repeatResponse(s, m)
		return
	}
	e.stepServer(s, txn.Input{Kind: txn.InRespond, Status: m.Status})
	s.pending = nil
	if s.status >= 200 {
		s.req = nil
	}
}

// repeatResponse sends a 2xx or a reliable provisional response again, which dialog repeats by itself.
func (e *Endpoint) repeatResponse(s *server, m *sip.Message) {
	s.pending = nil
	if s.invite.State() == txn.Terminated {
		return
	}
	data := s.last
	s.sent++
	if data == nil || s.status != m.Status || m.Status < 200 {
		data = e.print(m)
	}
	e.emit(Action{Kind: ActSend, Flow: s.flow, Data: data, Txn: s.id, Dialog: s.dlg, Ref: e.refOf(s.dlg, s.ref), Method: s.method, Again: s.sent})
}

// dropServer forgets a transaction.
func (e *Endpoint) dropServer(s *server) {
	e.servers.drop(uint64(s.id))
	e.byKey.drop(s.key, s.id)
	e.merged.drop(s.merged, s.id)
	if g := e.dialogs.get(uint64(s.dlg)); g != nil && g.d == nil && g.server == s.id {
		e.dropDialog(g)
	}
}
