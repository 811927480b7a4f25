package phone

import (
	"context"
	"strconv"
	"time"

	"onhook/sip"
)

// A Notice is what a NOTIFY of a subscription said.
type Notice struct {
	Event, State, Type, Body string
}

// Subscribe asks the server to tell of an event package, such as
// message-summary (RFC 3842), for a time (0: once): what it tells comes by
// WaitNotice. The subscription is not refreshed. The error is a *Refused where
// the server said no.
func (p *Phone) Subscribe(ctx context.Context, event, accept string, expires time.Duration) error {
	return p.SubscribeTo(ctx, p.opt.User, event, accept, expires)
}

// SubscribeTo is Subscribe about another number or address: the calls of an
// extension (dialog, RFC 4235).
func (p *Phone) SubscribeTo(ctx context.Context, target, event, accept string, expires time.Duration) error {
	uri, err := p.target(target)
	if err != nil {
		return err
	}
	done := make1()
	err = p.do(ctx, func() {
		id := strconv.FormatUint(p.rand.Uint64(), 36) + strconv.FormatUint(p.rand.Uint64(), 36)
		p.watched[id] = true // a NOTIFY may come before the answer
		m := &sip.Message{Method: sip.SUBSCRIBE, URI: uri}
		m.Add(sip.HFrom, p.from())
		m.Add(sip.HTo, "<"+uri+">")
		m.Add(sip.HCallID, id)
		m.Add(sip.HCSeq, sip.CSeq{Seq: 1, Method: sip.SUBSCRIBE}.String())
		m.Add(sip.HContact, p.contact())
		m.Add(sip.HEvent, event)
		m.Add(sip.HAccept, accept)
		m.Add(sip.HExpires, strconv.Itoa(int(expires/time.Second)))
		p.ask(m, func(_ *sip.Message, err error) {
			if err != nil {
				delete(p.watched, id)
			}
			done <- err
		})
	})
	if err != nil {
		return err
	}
	return p.result(ctx, done)
}

// WaitNotice waits for the next NOTIFY of a subscription.
func (p *Phone) WaitNotice(ctx context.Context) (Notice, error) {
	select {
	case n := <-p.notices:
		return n, nil
	case <-p.gone:
		return Notice{}, ErrClosed
	case <-ctx.Done():
		return Notice{}, ctx.Err()
	}
}

// noticed takes a NOTIFY; false: it is of no subscription of ours. One that
// nobody has waited for when many have come is lost.
func (p *Phone) noticed(m *sip.Message) bool {
	if !p.watched[m.CallID()] {
		return false
	}
	state, _ := m.SubscriptionState()
	if state.State == "terminated" {
		delete(p.watched, m.CallID())
	}
	select {
	case p.notices <- Notice{Event: m.Get(sip.HEvent), State: state.State, Type: m.Get(sip.HContentType), Body: m.Body}:
	default:
	}
	return true
}
