package exchange

import (
	"net/netip"
	"strings"

	"onhook/registrar"
	"onhook/sip"
	"onhook/stack"
	"onhook/store"
)

// register takes a REGISTER: the authenticated user's own bindings only
// (RFC 3261 section 10.3 steps 3 to 5).
func (x *Exchange) register(a *stack.Action) {
	user := x.owner(a)
	if user == nil {
		return
	}
	to, err := a.Msg.To()
	if err != nil {
		x.reply(a.Txn, 400, "Bad To")
		return
	}
	u, err := to.URI()
	if err != nil || sip.Unescape(u.User) != user.Name {
		x.reply(a.Txn, 403, "Forbidden")
		return
	}
	if x.astray(a.Msg, a.Flow) {
		x.log.Warn("a phone wants to be called where a trunk is: refused", "user", user.Name, "source", a.Flow.Remote.Addr())
		x.reply(a.Txn, 403, "Contact Is A Trunk's")
		return
	}
	x.registrar(registrar.Input{Kind: registrar.InRegister, AOR: x.aor(user.Name), Msg: a.Msg, Flow: a.Flow}, a)
}

// registrar steps the table; a is the REGISTER to be answered, or nil.
func (x *Exchange) registrar(in registrar.Input, a *stack.Action) {
	x.moved = x.reg.Step(x.moved[:0], x.now, in)
	var changed []store.Binding
	var removed []store.BindingKey
	var added []registrar.Binding
	for i := range x.moved {
		d := &x.moved[i]
		b := &d.Binding
		switch d.Kind {
		case registrar.ActReply:
			d.Msg.Add(sip.HDate, x.now.UTC().Format(dateFormat))
			x.feed(stack.Input{Kind: stack.InRespond, Txn: a.Txn, Msg: d.Msg})
			continue
		case registrar.ActAdded:
			x.log.Info("registered", "aor", b.AOR, "contact", b.Contact, "from", b.Flow.Remote)
			x.tellBinding(Registered, b)
			added = append(added, *b)
		case registrar.ActRemoved:
			x.log.Info("unregistered", "aor", b.AOR, "contact", b.Contact)
			x.tellBinding(RegistrationRemoved, b)
		case registrar.ActExpired:
			x.log.Info("registration expired", "aor", b.AOR, "contact", b.Contact)
			x.tellBinding(RegistrationExpired, b)
		}
		if d.Kind == registrar.ActAdded || d.Kind == registrar.ActKept {
			changed = append(changed, x.keep(b))
		} else {
			removed = append(removed, bindingKey(b))
		}
	}
	clear(x.moved)
	for i := range added {
		x.tellUnasked(ownerOf(added[i].AOR), &added[i])
	}
	if len(changed)+len(removed) == 0 {
		return
	}
	if err := x.opt.Store.SaveBindings(changed, removed); err != nil {
		x.log.Error("bindings not stored", "err", err)
	}
}

// dateFormat is SIP-date (RFC 3261 section 25.1).
const dateFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

func bindingKey(b *registrar.Binding) store.BindingKey {
	return store.BindingKey{AOR: b.AOR, Key: b.Key()}
}

// keep is a binding as the store has it.
func (x *Exchange) keep(b *registrar.Binding) store.Binding {
	return store.Binding{
		BindingKey: bindingKey(b), Contact: b.Contact, Instance: b.Instance, RegID: int(b.RegID), CallID: b.CallID,
		CSeq: b.CSeq, Q: int(b.Q), Path: b.Path, UserAgent: b.Agent, UpdatedAt: b.Updated.Add(x.clock.shift), ExpiresAt: b.Expires.Add(x.clock.shift),
		Flow: b.Flow.Transport.Param() + " " + b.Flow.Local.String() + " " + b.Flow.Remote.String(),
	}
}

// LoadBindings takes bindings kept over a restart, before Run. Streams are
// gone with the process that had them.
func (x *Exchange) LoadBindings(list []store.Binding) {
	in := registrar.Input{Kind: registrar.InLoad}
	for i := range list {
		b := &list[i]
		in.Bindings = append(in.Bindings, registrar.Binding{
			AOR: b.AOR, Contact: b.Contact, Q: int16(b.Q), RegID: uint16(b.RegID), CSeq: b.CSeq, Expires: b.ExpiresAt.Add(-x.clock.shift), Updated: b.UpdatedAt.Add(-x.clock.shift),
			CallID: b.CallID, Instance: b.Instance, Path: b.Path, Flow: parseFlow(b.Flow), Agent: b.UserAgent,
		})
	}
	x.registrar(in, nil)
}

// parseFlow reads a flow as keep writes it; one that cannot be read is the zero Flow, and the Contact decides.
func parseFlow(s string) sip.Flow {
	f := strings.Fields(s)
	if len(f) != 3 {
		return sip.Flow{}
	}
	local, err1 := netip.ParseAddrPort(f[1])
	remote, err2 := netip.ParseAddrPort(f[2])
	if err1 != nil || err2 != nil {
		return sip.Flow{}
	}
	return sip.Flow{Transport: sip.ParseTransport(f[0]), Local: local, Remote: remote}
}
