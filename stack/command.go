package stack

import (
	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

// obey does what the endpoint's user commands.
func (e *Endpoint) obey(in *Input) {
	e.flow = sip.Flow{}
	switch in.Kind {
	case InInvite:
		if in.Dialog != 0 {
			e.requestInDialog(in)
			return
		}
		e.newInvite(in)
	case InRequest:
		if in.Dialog != 0 {
			e.requestInDialog(in)
			return
		}
		e.requestOutside(in)
	case InRespond:
		e.respondTo(in)
	case InCancel:
		e.cancelDialog(in)
	case InBind:
		e.bind(in)
	case InRelease:
		e.release(in)
	}
}

// newInvite sends an initial INVITE.
func (e *Endpoint) newInvite(in *Input) {
	g := e.newEntry(in.Ref)
	g.dest = in.Dest
	leaves := in.Dest
	if !known(leaves) && len(in.Targets) > 0 {
		// Section 8.1.1.8: the Contact is where the UA "would like to receive requests", which a peer with only
		// IPv6 cannot send to an IPv4 address.
		leaves = sip.Flow{Transport: in.Targets[0].Transport, Remote: in.Targets[0].Addr}
	}
	g.d = dialog.NewUAC(e.dialogOptions(e.faceToward(leaves, in.Msg.URI), uint64(g.id), g.random))
	m := *in.Msg
	m.Method = sip.INVITE
	e.stepDialog(g, dialog.Input{Kind: dialog.InSend, Msg: &m})
	if g.client == 0 {
		// It could not be made; ActFailed has said why, and its user has not heard of the dialog.
		g.over = true
		e.freeEntry(g)
	}
}

// faceToward chooses the identity whose Contact a request shall have before it is known where it goes.
func (e *Endpoint) faceToward(dest sip.Flow, uri string) *face {
	if !dest.Remote.IsValid() {
		if p, ok := numericHop(uri); ok {
			dest = p.flow
		} else if u, err := sip.ParseURI(uri); err == nil {
			dest.Transport = u.Transport()
		}
	}
	if dest.Transport == sip.NoTransport {
		dest.Transport = sip.UDP
	}
	if f := e.faceFor(dest.Transport, dest.Local, dest.Remote.Addr()); f != nil {
		return f
	}
	if len(e.own.faces) > 0 {
		return &e.own.faces[0]
	}
	return nil
}

// requestInDialog sends a request in a dialog; an INVITE in one that has no
// peer yet is the next try after a 401, 407 or 3xx.
func (e *Endpoint) requestInDialog(in *Input) {
	g := e.dialogs.get(uint64(in.Dialog))
	if g == nil || g.d == nil {
		e.emit(Action{Kind: ActFailed, Dialog: in.Dialog, Ref: in.Ref, Method: in.Msg.Method, Err: errNoDialog})
		return
	}
	m := *in.Msg
	if in.Kind == InInvite {
		m.Method = sip.INVITE
		if known(in.Dest) {
			g.dest = in.Dest
		}
	}
	e.stepDialog(g, dialog.Input{Kind: dialog.InSend, Msg: &m})
}

// requestOutside sends a request outside a dialog, completed where its user
// has left something out (RFC 3261 section 8.1.1).
func (e *Endpoint) requestOutside(in *Input) {
	switch in.Msg.Method {
	case sip.INVITE:
		e.newInvite(in)
		return
	case sip.ACK, sip.CANCEL:
		e.emit(Action{Kind: ActFailed, Ref: in.Ref, Method: in.Msg.Method, Err: errOwnOnly})
		return
	}
	m := e.completeRequest(in)
	c := e.newClient(m, false)
	if c == nil {
		e.emit(Action{Kind: ActFailed, Ref: in.Ref, Method: in.Msg.Method, Err: errBadRequest})
		return
	}
	c.ref = in.Ref
	e.emit(Action{Kind: ActCreated, Ref: in.Ref, Txn: c.user, Method: c.method})
	hop := m.URI
	for v := range m.Values(sip.HRoute) {
		if a, err := sip.ParseNameAddr(v); err == nil {
			hop = a.URIText
		}
		break
	}
	e.aim(c, hop, in.Dest, false)
}

func (e *Endpoint) completeRequest(in *Input) *sip.Message {
	u := in.Msg
	m := &sip.Message{Method: u.Method, URI: u.URI, Body: u.Body, Headers: make([]sip.Header, 0, len(u.Headers)+10)}
	for v := range u.Lines(sip.HRoute) {
		m.Add(sip.HRoute, v)
	}
	from := u.Get(sip.HFrom)
	if u.FromTag() == "" {
		from = withTag(from, string(appendHex(make([]byte, 0, 16), e.rnd.Uint64())))
	}
	m.Add(sip.HFrom, from)
	m.Add(sip.HTo, u.Get(sip.HTo))
	want := func(id sip.HeaderID, v string) {
		if v != "" && !u.Has(id) {
			m.Add(id, v)
		}
	}
	if !u.Has(sip.HCallID) {
		m.Add(sip.HCallID, newTag(e.rnd.Uint64(), e.rnd.Uint64()))
	}
	if !u.Has(sip.HCSeq) {
		m.Add(sip.HCSeq, sip.CSeq{Seq: uint32(e.rnd.Uint64()&0xffff) | 1, Method: u.Method}.String())
	}
	want(sip.HMaxForwards, "70")
	if f := e.faceToward(in.Dest, u.URI); f != nil && (u.Method == sip.SUBSCRIBE || u.Method == sip.NOTIFY || u.Method == sip.REFER || u.Method == sip.OPTIONS) {
		want(sip.HContact, f.contact)
	}
	if u.Method == sip.OPTIONS {
		// "An Accept header field SHOULD be included to indicate the type of message body the UAC wishes to receive" (11.1).
		want(sip.HAccept, e.own.accept)
	}
	want(sip.HSupported, e.own.supported)
	want(sip.HUserAgent, e.opt.Product)
	for i := range u.Headers {
		switch u.Headers[i].ID {
		case sip.HVia, sip.HRoute, sip.HFrom, sip.HTo, sip.HContentLength:
		default:
			m.Headers = append(m.Headers, u.Headers[i])
		}
	}
	return m
}

// respondTo answers a request of a peer.
func (e *Endpoint) respondTo(in *Input) {
	s := e.servers.get(uint64(in.Txn))
	if s == nil || s.status >= 200 {
		// RFC 4320 section 4.2: too late is not at all.
		e.note(0, errNoTxn.Error())
		return
	}
	g := e.dialogs.get(uint64(s.dlg))
	if in.Forget && in.Msg.Status >= 200 && (g == nil || in.Msg.Status >= 300 && s.method == sip.INVITE && s.req.ToTag() == "") {
		e.respondAndForget(s, in.Msg)
		if g != nil {
			e.dropDialog(g)
		}
		return
	}
	if g != nil && g.d != nil {
		e.stepDialog(g, dialog.Input{Kind: dialog.InRespond, Txn: uint64(s.id), Msg: in.Msg, Reliable: in.Reliable})
		return
	}
	user := in.Msg
	if s.refuse != 0 && user.Status/100 == 2 {
		user = &sip.Message{Status: s.refuse}
	}
	e.respond(s, e.complete(s, user), 0)
	if g != nil && user.Status >= 200 {
		e.dropDialog(g)
	}
}

// respondAndForget answers as an element without state does (section 8.2.7),
// which keeps a flood of requests that are only challenged from taking memory:
// the same request gets an answer of its own again, with the same tag. "It MUST
// NOT send retransmissions of responses", so a forged INVITE brings one answer to
// whom it names, not eleven; the ACK finds nothing, and is ignored.
func (e *Endpoint) respondAndForget(s *server, user *sip.Message) {
	m := e.complete(s, user)
	if s.req.ToTag() == "" {
		// "To header tags MUST be generated for responses in a stateless manner - in a manner that will generate the
		// same tag for the same request consistently".
		m.Set(sip.HTo, withTag(s.req.Get(sip.HTo), e.steadyTag(s.key)))
	}
	e.emit(Action{Kind: ActSend, Flow: s.flow, Data: e.print(m), Msg: m, Ref: s.ref, Method: s.method})
	e.dropServer(s)
}

// cancelDialog cancels the INVITE that a dialog began with.
func (e *Endpoint) cancelDialog(in *Input) {
	g := e.dialogs.get(uint64(in.Dialog))
	if g != nil && g.parent != 0 {
		g = e.dialogs.get(uint64(g.parent))
	}
	if g == nil {
		e.note(0, errNoDialog.Error())
		return
	}
	if c := e.clients.get(uint64(g.client)); c != nil && !c.done {
		e.cancelInvite(c, in.Msg)
	}
}

// bind gives a dialog its user's name.
func (e *Endpoint) bind(in *Input) {
	g := e.dialogs.get(uint64(in.Dialog))
	if g == nil {
		return
	}
	g.ref = in.Ref
	if s := e.servers.get(uint64(g.server)); s != nil {
		s.ref = in.Ref
	}
}

// release ends a dialog whose user wants no more of it.
func (e *Endpoint) release(in *Input) {
	g := e.dialogs.get(uint64(in.Dialog))
	if g == nil {
		return
	}
	if g.d == nil {
		if s := e.servers.get(uint64(g.server)); s != nil && s.status < 200 {
			e.respond(s, e.complete(s, &sip.Message{Status: max(s.refuse, 480)}), 0)
		}
		e.dropDialog(g)
		return
	}
	e.stepDialog(g, dialog.Input{Kind: dialog.InRelease})
	if c := e.clients.get(uint64(g.client)); c != nil && !c.done && c.status < 200 && c.invite.State() < txn.Completed {
		e.cancelInvite(c, in.Msg)
	}
}
