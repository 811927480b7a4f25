package phone

import (
	"context"
	crand "crypto/rand"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"onhook/sip"
	"onhook/stack"
	"onhook/txn"
	"onhook/wire"
)

// A Phone is one user agent: an address, sockets, a registration, calls.
type Phone struct {
	opt   Options
	box   mailbox
	gone  chan struct{} // closed when the loop has ended
	stop  chan struct{}
	once  sync.Once
	wire  *wire.Wire
	local netip.AddrPort
	audio *audio // nil with NoMedia

	// The loop's own:
	ep       *stack.Endpoint
	now      time.Time
	rand     *rand.ChaCha8
	calls    map[uint64]*Call // by Ref
	asked    map[uint64]*ask  // requests outside dialogs, by Ref
	lastRef  uint64
	lastAsk  uint64
	reg      registration
	incoming chan *Call
	watched  map[string]bool // the Call-IDs of subscriptions
	notices  chan Notice
	resolver *resolver
}

// New opens a phone's sockets and starts it.
func New(o Options) (*Phone, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	var seed [32]byte
	crand.Read(seed[:]) // never fails (Go 1.24)
	p := &Phone{
		opt: o, gone: make(chan struct{}), stop: make(chan struct{}), rand: rand.NewChaCha8(seed),
		calls: map[uint64]*Call{}, asked: map[uint64]*ask{}, incoming: make(chan *Call, 64),
		watched: map[string]bool{}, notices: make(chan Notice, 64), now: time.Now(),
	}
	p.box.wake = make(chan struct{}, 1)
	p.wire, err = wire.Open(wire.Options{
		Listen:  []wire.Listen{{Transport: o.Transport, Addr: o.Listen}},
		Handler: handler{p}, Buffer: 1 << 20,
	})
	if err != nil {
		return nil, err
	}
	p.local = p.wire.Locals()[0].Addr
	p.resolver = newResolver(p.local.Addr())
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := p.resolver.setServer(ctx, o.Server); err != nil {
		p.wire.Close()
		return nil, err
	}
	if !o.NoMedia {
		if p.audio, err = newAudio(p); err != nil {
			p.wire.Close()
			return nil, err
		}
	}
	p.ep = stack.New(p.now, p.stackOptions())
	p.wire.Start()
	go p.run()
	return p, nil
}

func (p *Phone) stackOptions() stack.Options {
	o := stack.Options{
		Rand: p.rand, Timers: txn.Scaled(p.opt.T1), Product: "onhook-phone",
		Identities: []stack.Identity{{
			Transport: p.opt.Transport, Local: p.local, Host: hostText(p.local.Addr()), Port: p.local.Port(),
		}},
		Allow: []sip.Method{
			sip.INVITE, sip.ACK, sip.CANCEL, sip.BYE, sip.OPTIONS, sip.PRACK, sip.UPDATE,
			sip.INFO, sip.REFER, sip.NOTIFY, sip.MESSAGE,
		},
		Supported: []string{"timer", "replaces"}, Accept: []string{"application/sdp"}, Events: true,
		SessionExp: uint32(p.opt.SessionExp / time.Second),
	}
	if p.opt.Reliable {
		o.Supported = append(o.Supported, "100rel")
	}
	return o
}

// Addr returns where the phone listens.
func (p *Phone) Addr() netip.AddrPort { return p.local }

// URI returns the phone's address of record.
func (p *Phone) URI() string { return "sip:" + p.opt.User + "@" + p.opt.Domain }

// Incoming gives the calls that come in, in order. A call that finds 64 others
// waiting there is answered 486.
func (p *Phone) Incoming() <-chan *Call { return p.incoming }

// WaitIncoming waits for the next call that comes in.
func (p *Phone) WaitIncoming(ctx context.Context) (*Call, error) {
	select {
	case c := <-p.incoming:
		return c, nil
	case <-p.gone:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close ends the phone: calls that are up get a BYE, if the network takes it
// at once, and the sockets are closed. What waits for the phone returns ErrClosed.
func (p *Phone) Close() error {
	p.once.Do(func() { close(p.stop) })
	<-p.gone
	return nil
}

// run is the phone's own goroutine.
func (p *Phone) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	defer close(p.gone)
	for {
		p.now = time.Now()
		for _, f := range p.box.take() {
			f()
		}
		p.audioEvents()
		p.tick()
		p.wire.Flush()
		if at := p.deadline(); !at.IsZero() {
			timer.Reset(max(0, time.Until(at)))
		}
		select {
		case <-p.box.wake:
		case <-timer.C:
		case <-p.stop:
			p.shut()
			return
		}
	}
}

func (p *Phone) deadline() time.Time {
	at := p.ep.Deadline()
	if r := p.reg.refreshAt; !r.IsZero() && (at.IsZero() || r.Before(at)) {
		at = r
	}
	return at
}

func (p *Phone) tick() {
	if at := p.ep.Deadline(); !at.IsZero() && !at.After(p.now) {
		p.feed(stack.Input{Kind: stack.InTick})
	}
	if at := p.reg.refreshAt; !at.IsZero() && !at.After(p.now) {
		p.reg.refreshAt = time.Time{}
		p.sendRegister(nil, p.opt.Expires)
	}
}

// shut ends everything, in the loop.
func (p *Phone) shut() {
	p.now = time.Now()
	for _, f := range p.box.take() {
		f()
	}
	for _, c := range p.calls {
		p.feed(stack.Input{Kind: stack.InRelease, Dialog: c.dialog})
		c.finish(Info{State: Ended, Code: c.info.Code, Phrase: "the phone was closed", EndedBy: "us"})
	}
	p.wire.Flush()
	p.box.close()
	if p.audio != nil {
		p.audio.stop()
	}
	p.wire.Close()
}

func (p *Phone) ref() uint64 {
	p.lastRef++
	return p.lastRef
}

func (p *Phone) event(e Event) {
	if p.opt.OnEvent != nil {
		e.At = p.now
		p.opt.OnEvent(e)
	}
}

func (p *Phone) packet(k wire.Packet) {
	if p.opt.Trace != nil {
		p.opt.Trace(false, k.Flow, string(k.Data))
	}
	if p.opt.Pass != nil && !p.opt.Pass(false, string(k.Data)) {
		return
	}
	p.feed(stack.Input{Kind: stack.InPacket, Flow: k.Flow, Data: k.Data})
}

func (p *Phone) sendFailed(flow sip.Flow, ref uint64, err error) {
	p.feed(stack.Input{Kind: stack.InSendFailed, Flow: flow, Txn: txn.ID(ref), Err: err})
}
