package stack

import (
	"net/netip"
	"strings"
	"time"

	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

// A place is one address to send a request to.
type place struct {
	flow   sip.Flow
	asIs   bool   // UDP even if the request is larger than a datagram should be
	linked bool   // a connection or NAT binding that only this flow reaches
	hop    string // instead of a flow: a URI whose host is yet to be resolved
}

// maxDatagram: "If a request is within 200 bytes of the path MTU, or if it is
// larger than 1300 bytes and the path MTU is unknown, the request MUST be sent
// using an RFC 2914 congestion controlled transport protocol" (RFC 3261 section 18.1.1).
const maxDatagram = 1300

// sendInDialog sends a request of a dialog.
func (e *Endpoint) sendInDialog(g *entry, a *dialog.Action) {
	c := e.newClient(a.Msg, a.Own)
	if c == nil {
		e.emit(Action{Kind: ActFailed, Dialog: g.id, Ref: g.ref, Method: a.Method, Err: errBadRequest})
		return
	}
	c.dlg, c.ref, c.again = g.id, g.ref, a.Again
	// Not by the To tag, which a peer of RFC 2543 does not have even when the dialog stands.
	initial := c.method == sip.INVITE && g.d.State() == dialog.Calling
	dest := g.peer
	if initial {
		g.client, dest = c.id, g.dest
	} else if c.method == sip.INVITE {
		g.again = c.id
	}
	if !a.Own && known(e.dest) {
		dest = e.dest
	}
	if was := e.again; was != nil {
		e.again = nil
		c.user, c.tries = was.user, was.tries+1
	} else if !a.Own && c.method != sip.ACK {
		e.emit(Action{Kind: ActCreated, Ref: g.ref, Dialog: g.id, Txn: c.user, Method: c.method})
	}
	e.aim(c, a.Hop, dest, !initial)
}

// newClient makes the holder of a request of ours.
func (e *Endpoint) newClient(m *sip.Message, own bool) *client {
	cseq, err := m.CSeq()
	if err != nil {
		return nil
	}
	c := &client{method: m.Method, seq: cseq.Seq, msg: m, own: own, random: e.rnd.Uint64()}
	c.id = txn.ID(e.clients.add(c))
	c.user = c.id
	return c
}

// aim finds the places to send a request to and sends it to the first. dest is
// where its user or an earlier message says; hop is the URI of the next hop
// (section 8.1.2), which counts where there is no dest, and after it if the dest is of a message that came.
func (e *Endpoint) aim(c *client, hop string, dest sip.Flow, learnt bool) {
	if known(dest) {
		if dest.Transport == sip.NoTransport {
			dest.Transport = sip.UDP
		}
		if learnt {
			if p, ok := numericHop(hop); ok {
				c.places = append(c.places, p)
			} else if dest.Conn != 0 {
				// RFC 3261 section 18.4 and RFC 5923: the connection may be gone, which does not end the dialog.
				c.places = append(c.places, place{hop: hop})
			}
		}
		// Where messages came from, a registered phone say, is the way back (as RFC 5626 has it): behind a NAT nothing
		// else reaches it, and a connection there is waited for in vain.
		e.launch(c, place{flow: dest, linked: learnt || dest.Local.IsValid()})
		return
	}
	if p, ok := numericHop(hop); ok {
		e.launch(c, p)
		return
	}
	e.locate(c, hop)
}

// locate asks where the host of a URI is (RFC 3263); resolved goes on.
func (e *Endpoint) locate(c *client, hop string) {
	u, err := sip.ParseURI(hop)
	// RFC 6761 section 6.4: names below "invalid" are never looked up. Phones on WebSockets have such Contacts (RFC 7118).
	if err != nil || u.Host == "" || strings.HasSuffix(strings.ToLower(u.Host), ".invalid") {
		e.fail(c, errNoPlace)
		return
	}
	c.waiting, c.giveUpAt = true, e.now.Add(64*e.opt.Timers.T1)
	e.scheduleClient(c)
	host := u.Host
	if m, ok := u.Params.Get("maddr"); ok {
		host = m
	}
	e.emit(Action{
		Kind: ActResolve, Txn: c.id, Dialog: c.dlg, Ref: e.refOf(c.dlg, c.ref), Method: c.method,
		Host: host, Port: u.Port, Transport: u.Transport(), Secure: u.Scheme == "sips",
	})
}

// numericHop reads a URI whose host is an address, so that nothing need be
// resolved (RFC 3263 section 4.1: "If the TARGET is a numeric IP address ...").
func numericHop(hop string) (place, bool) {
	u, err := sip.ParseURI(hop)
	if err != nil || u.Host == "" {
		return place{}, false
	}
	host := u.Host
	// RFC 3261 section 19.1.1: maddr "overrides any address derived from the host field".
	if m, ok := u.Params.Get("maddr"); ok {
		host = m
	}
	a, err := hostAddr(host)
	if err != nil {
		return place{}, false
	}
	t, port := u.Transport(), u.Port
	// RFC 3263 section 4.1: for a numeric host without transport UDP for sip, TLS for sips.
	switch {
	case u.Scheme == "sips" && (t == sip.NoTransport || t == sip.TCP):
		t = sip.TLS
	case t == sip.NoTransport:
		t = sip.UDP
	}
	if port == 0 {
		port = 5060
		if t == sip.TLS || t == sip.WSS {
			port = 5061
		}
	}
	return place{flow: sip.Flow{Transport: t, Remote: netip.AddrPortFrom(a, port)}}, true
}

// known tells whether a flow says where something shall go.
func known(f sip.Flow) bool { return f.Remote.IsValid() || f.Conn != 0 }

// launch sends a request to a place, or to the next one that can be sent to, as one transaction.
func (e *Endpoint) launch(c *client, p place) {
	var err error
	for {
		if p.hop != "" {
			e.locate(c, p.hop)
			return
		}
		f := e.faceFor(p.flow.Transport, p.flow.Local, p.flow.Remote.Addr())
		switch {
		case p.flow.Conn == 0 && !reachable(p.flow.Remote.Addr()):
			err = errNoPlace
		case f == nil:
			err = errNoSocket
		default:
			e.put(c, p, f)
			return
		}
		if len(c.places) == 0 {
			e.fail(c, err)
			return
		}
		p = c.nextPlace()
	}
}

// nextPlace takes the next place off the list.
func (c *client) nextPlace() place {
	p := c.places[0]
	if c.places = c.places[1:]; len(c.places) == 0 {
		c.places = nil
	}
	return p
}

// put writes the Via, prints the request and sends it.
func (e *Endpoint) put(c *client, p place, f *face) {
	size := e.stamp(c, f)
	if p.flow.Transport == sip.UDP && size > maxDatagram && !p.asIs && e.has(sip.TCP) {
		// "If an element sends a request over TCP because of these message size constraints, and that request would have
		// otherwise been sent over UDP, if the attempt to establish the connection generates either an ICMP Protocol Not
		// Supported, or results in a TCP reset, the element SHOULD retry the request, using UDP" (18.1.1).
		if t := e.faceFor(sip.TCP, netip.AddrPort{}, p.flow.Remote.Addr()); t != nil && !p.linked && !e.streamless(p.flow.Remote) {
			c.places = append([]place{{flow: p.flow, asIs: true}}, c.places...)
			p.flow = sip.Flow{Transport: sip.TCP, Remote: p.flow.Remote}
			f = t
			e.stamp(c, f)
		}
	}
	c.flow, c.face = p.flow, f
	if !c.flow.Local.IsValid() {
		c.flow.Local = f.Local
	}
	c.data = append(make([]byte, 0, len(e.text)), e.text...)
	reliable := p.flow.Transport.Reliable()
	switch c.method {
	case sip.ACK:
	case sip.INVITE:
		c.invite = txn.NewInviteClient(e.now, e.opt.Timers, reliable)
	default:
		c.other = txn.NewClient(e.now, e.opt.Timers, reliable)
	}
	a := Action{Kind: ActSend, Flow: c.flow, Data: c.data, Msg: c.msg, Txn: c.id, Dialog: c.dlg, Ref: e.refOf(c.dlg, c.ref), Method: c.method}
	if c.method == sip.ACK {
		// RFC 3261 section 13.2.2.4: the ACK to a 2xx is passed to the transport directly.
		a.Txn, a.Again = 0, c.again
		if a.Again > 0 {
			a.Msg = nil
		}
		e.emit(a)
		e.clients.drop(uint64(c.id))
		return
	}
	e.emit(a)
	if reliable {
		e.watch(c)
	}
	e.scheduleClient(c)
}

// streamlessFor is how long no connection is tried where none could be opened, and mostStreamless bounds how many such places are known.
const (
	streamlessFor  = 10 * time.Minute
	mostStreamless = 4096
)

// streamless tells whether a connection to a place could not be opened of late.
func (e *Endpoint) streamless(to netip.AddrPort) bool {
	until, ok := e.noStream[to]
	return ok && e.now.Before(until)
}

// noteStreamless remembers that a request which is too large for a datagram must go
// by one all the same: a peer, or a filter before it, that drops the attempt
// silently would delay each of them by as long as it takes to give up.
func (e *Endpoint) noteStreamless(c *client) {
	if c.flow.Transport != sip.TCP || c.flow.Conn != 0 || len(c.places) == 0 || !c.places[0].asIs || c.places[0].flow.Remote != c.flow.Remote {
		return
	}
	if len(e.noStream) >= mostStreamless {
		clear(e.noStream)
	}
	e.noStream[c.flow.Remote] = e.now.Add(streamlessFor)
}

// stamp puts our Via on top and prints the request into e.text.
func (e *Endpoint) stamp(c *client, f *face) int {
	if c.method == sip.ACK && len(c.msg.Headers) > 0 && c.msg.Headers[0].ID == sip.HVia {
		e.text = c.msg.Append(e.text[:0]) // a repetition
		return len(e.text)
	}
	var room [192]byte
	b := appendName(append(room[:0], f.via...), uint64(c.id), c.random)
	// RFC 3581 section 3: the client puts "rport" without a value into its Via.
	v := string(append(b, ";rport"...))
	if len(c.msg.Headers) > 0 && c.msg.Headers[0].ID == sip.HVia {
		c.msg.Headers[0].Value = v
	} else {
		c.msg.Prepend(sip.HVia, v)
	}
	e.text = c.msg.Append(e.text[:0])
	return len(e.text)
}

// tryNext sends a request to the next place by a new transaction, unless there
// is none, or nobody waits for its answer any more. It tells whether it did.
func (e *Endpoint) tryNext(c *client) bool {
	if len(c.places) == 0 || c.wantCancel || !c.cancelAt.IsZero() || c.msg == nil {
		return false
	}
	n := &client{
		user: c.user, method: c.method, seq: c.seq, msg: c.msg.Clone(), own: c.own, places: c.places, tries: c.tries,
		dlg: c.dlg, ref: c.ref, random: e.rnd.Uint64(),
	}
	c.places = nil
	n.id = txn.ID(e.clients.add(n))
	if g := e.dialogs.get(uint64(c.dlg)); g != nil {
		switch c.id {
		case g.client:
			g.client = n.id
		case g.again:
			g.again = n.id
		}
	}
	e.launch(n, n.nextPlace())
	return true
}

// watch remembers that a request waits on a connection.
func (e *Endpoint) watch(c *client) {
	k := linkOf(c.flow)
	c.watched = len(e.byConn[k]) + 1
	e.byConn[k] = append(e.byConn[k], c)
}

// unwatch forgets it.
func (e *Endpoint) unwatch(c *client) {
	if c.watched == 0 {
		return
	}
	k := linkOf(c.flow)
	list := e.byConn[k]
	n := len(list) - 1
	last := list[n]
	list[c.watched-1], last.watched = last, c.watched
	list[n], c.watched = nil, 0
	if n == 0 {
		delete(e.byConn, k)
		return
	}
	e.byConn[k] = list[:n]
}

// A stream names a connection: by its number, or, before we know that, by where it leads.
type stream struct {
	conn   uint64
	remote netip.AddrPort
}

func linkOf(f sip.Flow) stream {
	if f.Conn != 0 {
		return stream{conn: f.Conn}
	}
	return stream{remote: f.Remote}
}

// flowDown takes the end of a stream: what waits on it has failed (RFC 3261 section 18.4).
func (e *Endpoint) flowDown(f sip.Flow, err error) {
	for _, k := range [...]stream{{conn: f.Conn}, {remote: f.Remote}} {
		for _, c := range append([]*client(nil), e.byConn[k]...) {
			if !c.done && c.status < 200 {
				c.err = err
				e.stepClient(c, txn.Input{Kind: txn.InTransport})
			}
		}
	}
}

// sendFailed takes the news that something could not be sent.
func (e *Endpoint) sendFailed(in *Input) {
	if c := e.clients.get(uint64(in.Txn)); c != nil && !c.done && !c.waiting {
		c.err = in.Err
		e.noteStreamless(c)
		e.stepClient(c, txn.Input{Kind: txn.InTransport})
		return
	}
	s := e.servers.get(uint64(in.Txn))
	if s == nil {
		return
	}
	if s.flow.Conn != 0 && s.last != nil && s.flow.Conn == in.Flow.Conn {
		// "If that connection is no longer open, the server SHOULD open a connection to the IP address in the "received"
		// parameter, if present, using the port in the "sent-by" value, or the default port" (18.2.2).
		s.flow = sip.Flow{Transport: s.flow.Transport, Remote: netip.AddrPortFrom(s.flow.Remote.Addr(), s.port)}
		e.emit(Action{Kind: ActSend, Flow: s.flow, Data: s.last, Txn: s.id, Dialog: s.dlg, Ref: e.refOf(s.dlg, s.ref), Method: s.method, Again: s.sent})
		return
	}
	e.stepServer(s, txn.Input{Kind: txn.InTransport})
}

// resolved takes the answer to ActResolve.
func (e *Endpoint) resolved(in *Input) {
	c := e.clients.get(uint64(in.Txn))
	if c == nil || !c.waiting {
		return
	}
	c.waiting = false
	for _, t := range in.Targets {
		c.places = append(c.places, place{flow: sip.Flow{Transport: t.Transport, Remote: t.Addr}})
	}
	if len(c.places) == 0 {
		err := in.Err
		if err == nil {
			err = errNoPlace
		}
		e.fail(c, err)
		return
	}
	e.launch(c, c.nextPlace())
}
