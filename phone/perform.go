package phone

import (
	"context"
	"errors"
	"strings"
	"time"

	"onhook/sip"
	"onhook/stack"
)

// feed steps the endpoint and does what it says.
func (p *Phone) feed(in stack.Input) {
	for _, a := range p.ep.Step(nil, p.now, in) {
		if a.Msg != nil && (a.Kind == stack.ActResponse || a.Kind == stack.ActAck) {
			a.Msg = a.Msg.Keep() // it may reach another goroutine
		}
		p.perform(a)
	}
}

func (p *Phone) perform(a stack.Action) {
	switch a.Kind {
	case stack.ActSend:
		if p.opt.Rewrite != nil {
			a.Data = []byte(p.opt.Rewrite(string(a.Data)))
		}
		if p.opt.Trace != nil {
			p.opt.Trace(true, a.Flow, string(a.Data))
		}
		if p.opt.Pass == nil || p.opt.Pass(true, string(a.Data)) {
			p.wire.Send(a.Flow, a.Data, uint64(a.Txn))
		}
	case stack.ActResolve:
		p.resolve(a)
	case stack.ActCloseFlow:
		p.wire.CloseFlow(a.Flow)
	case stack.ActNote:
		p.event(Event{Kind: EvNote, Text: a.Text})
	case stack.ActRequest:
		p.request(a)
	default:
		if q := p.asked[a.Ref]; q != nil {
			p.answered(q, a)
		} else if c := p.calls[a.Ref]; c != nil {
			c.hear(a)
		}
	}
}

// resolve looks a name up on a goroutine of its own.
func (p *Phone) resolve(a stack.Action) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		targets, err := p.resolver.find(ctx, a.Host, a.Port, a.Transport, a.Secure)
		p.box.post(func() {
			p.feed(stack.Input{Kind: stack.InResolved, Txn: a.Txn, Targets: targets, Err: err})
		})
	}()
}

// request takes a request of a peer.
func (p *Phone) request(a stack.Action) {
	if a.Dialog == 0 {
		p.outside(a)
		return
	}
	if c := p.calls[a.Ref]; c != nil {
		c.request(a)
		return
	}
	if a.Msg.Method == sip.INVITE {
		p.ringing(a)
		return
	}
	p.feed(stack.Input{Kind: stack.InRespond, Txn: a.Txn, Msg: &sip.Message{Status: 481}})
}

// outside answers a request that belongs to no dialog.
func (p *Phone) outside(a stack.Action) {
	status := 405
	switch a.Msg.Method {
	case sip.MESSAGE:
		status = 200
		p.event(Event{Kind: EvMessage, Peer: peerOf(a.Msg.Get(sip.HFrom)), Text: a.Msg.Body})
	case sip.OPTIONS:
		status = 200
	case sip.NOTIFY:
		if p.noticed(a.Msg) {
			status = 200
			break
		}
		status = 489 // RFC 6665 section 4.1.3: an event package that nobody subscribed to
	}
	m := &sip.Message{Status: status}
	if status == 405 {
		m.Add(sip.HAllow, "INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE")
	}
	p.feed(stack.Input{Kind: stack.InRespond, Txn: a.Txn, Msg: m})
}

// An ask is a request outside any dialog that waits for its final response.
type ask struct {
	ref   uint64
	msg   *sip.Message
	tries int
	done  func(*sip.Message, error) // in the loop
}

// askRefs keeps the names of requests outside dialogs apart from those of calls.
const askRefs = 1 << 63

// ask sends a request outside a dialog; done is called in the loop.
func (p *Phone) ask(m *sip.Message, done func(*sip.Message, error)) {
	p.lastAsk++
	q := &ask{ref: askRefs | p.lastAsk, msg: m, done: done}
	p.asked[q.ref] = q
	p.feed(stack.Input{Kind: stack.InRequest, Ref: q.ref, Msg: m.Clone(), Dest: p.dest()})
}

// answered takes what the endpoint says of such a request.
func (p *Phone) answered(q *ask, a stack.Action) {
	switch a.Kind {
	case stack.ActResponse:
		if a.Msg.Status < 200 {
			return
		}
		if again := p.authorise(q.msg, a.Msg, &q.tries); again != nil {
			q.msg = again
			p.feed(stack.Input{Kind: stack.InRequest, Ref: q.ref, Msg: again.Clone(), Dest: p.dest()})
			return
		}
		delete(p.asked, q.ref)
		if a.Msg.Status >= 300 {
			q.done(a.Msg, refusal(string(q.msg.Method), a.Msg))
			return
		}
		q.done(a.Msg, nil)
	case stack.ActTimeout:
		delete(p.asked, q.ref)
		q.done(nil, &Refused{What: string(q.msg.Method), Code: 408, Phrase: "no answer"})
	case stack.ActFailed:
		delete(p.asked, q.ref)
		q.done(nil, &Refused{What: string(q.msg.Method), Code: 503, Phrase: errorText(a.Err)})
	}
}

// dest is where requests outside a dialog go; zero: where their Request-URI says.
func (p *Phone) dest() sip.Flow {
	if a := p.resolver.server; a.IsValid() {
		return sip.Flow{Transport: p.opt.Transport, Local: p.local, Remote: a}
	}
	return sip.Flow{}
}

func refusal(what string, m *sip.Message) *Refused {
	return &Refused{What: what, Code: m.Status, Phrase: m.Phrase, Reason: reasons(m), Wire: true}
}

// reasons joins the Reason values of a message as written.
func reasons(m *sip.Message) string {
	var s []string
	for v := range m.Lines(sip.HReason) {
		s = append(s, v)
	}
	return strings.Join(s, ", ")
}

func errorText(err error) string {
	if err == nil {
		err = errors.New("it could not be sent")
	}
	return err.Error()
}

// peerOf is the address in a From or To.
func peerOf(v string) string {
	a, err := sip.ParseNameAddr(v)
	if err != nil {
		return v
	}
	return a.URIText
}
