package phone

import (
	"context"
	"strconv"
	"time"

	"onhook/sip"
)

// A registration is what the phone knows of its binding at the server.
type registration struct {
	callID    string
	seq       uint32
	up        bool
	refreshAt time.Time
	last      *sip.Message // the response that made it
}

// Register registers the phone and keeps it registered until Unregister or
// Close. The error is a *Refused where the server said no.
func (p *Phone) Register(ctx context.Context) error { return p.register(ctx, p.opt.Expires) }

// Unregister removes the phone's binding.
func (p *Phone) Unregister(ctx context.Context) error { return p.register(ctx, 0) }

func (p *Phone) register(ctx context.Context, expires time.Duration) error {
	done := make(chan error, 1)
	if err := p.do(ctx, func() { p.sendRegister(func(err error) { done <- err }, expires) }); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-p.gone:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// contact is our own address, as peers reach us.
func (p *Phone) contact() string {
	u := "<sip:" + p.opt.User + "@" + hostText(p.local.Addr()) + ":" + strconv.Itoa(int(p.local.Port()))
	if p.opt.Transport != sip.UDP {
		u += ";transport=" + p.opt.Transport.Param()
	}
	return u + ">"
}

// sendRegister sends a REGISTER, in the loop; tell may be nil.
func (p *Phone) sendRegister(tell func(error), expires time.Duration) {
	if tell == nil {
		tell = func(error) {}
	}
	r := &p.reg
	if r.callID == "" {
		r.callID = strconv.FormatUint(p.rand.Uint64(), 36) + strconv.FormatUint(p.rand.Uint64(), 36)
	}
	r.seq += maxTries + 1 // RFC 3261 section 10.2: it grows with each; those between are for challenges
	m := &sip.Message{Method: sip.REGISTER, URI: "sip:" + p.opt.Domain}
	m.Add(sip.HFrom, p.from())
	m.Add(sip.HTo, "<"+p.URI()+">")
	m.Add(sip.HCallID, r.callID)
	m.Add(sip.HCSeq, sip.CSeq{Seq: r.seq, Method: sip.REGISTER}.String())
	m.Add(sip.HContact, p.contact())
	m.Add(sip.HExpires, strconv.Itoa(int(expires/time.Second)))
	p.ask(m, func(resp *sip.Message, err error) { tell(p.registered(resp, err, expires)) })
}

// registered takes the answer to a REGISTER.
func (p *Phone) registered(m *sip.Message, err error, expires time.Duration) error {
	r := &p.reg
	r.last = m
	if err != nil {
		r.up = false
		e := Event{Kind: EvFailed, Text: err.Error()}
		if m != nil {
			e.Code = m.Status
		}
		p.event(e)
		return err
	}
	if expires == 0 {
		r.up, r.refreshAt = false, time.Time{}
		p.event(Event{Kind: EvUnregistered, Peer: p.URI()})
		return nil
	}
	granted := p.granted(m, expires)
	r.up = true
	// Well before the end, so that a lost refresh can be repeated.
	r.refreshAt = p.now.Add(granted * 4 / 5)
	p.event(Event{Kind: EvRegistered, Peer: p.URI(), Text: "for " + granted.String()})
	return nil
}

// granted is how long the server keeps our binding (RFC 3261 section 10.2.4).
func (p *Phone) granted(m *sip.Message, asked time.Duration) time.Duration {
	own, _ := sip.ParseNameAddr(p.contact())
	for v := range m.Values(sip.HContact) {
		c, err := sip.ParseNameAddr(v)
		if err != nil || c.URIText != own.URIText {
			continue
		}
		if s, ok := c.Params.Get("expires"); ok {
			if n, err := strconv.ParseUint(s, 10, 31); err == nil && n > 0 {
				return time.Duration(n) * time.Second
			}
		}
	}
	if n, err := strconv.ParseUint(m.Get(sip.HExpires), 10, 31); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	return asked
}

func (p *Phone) from() string {
	a := sip.NameAddr{Display: p.opt.Display, URIText: p.URI()}
	return a.String()
}
