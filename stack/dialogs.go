package stack

import (
	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

// An entry is a dialog with what the stack must know of it.
type entry struct {
	id     dialog.ID
	d      *dialog.Dialog // nil: an INVITE refused for its content, or one of which only forks are left
	ref    uint64
	random uint64      // the random half of our tag
	parent dialog.ID   // of a fork: the dialog of the INVITE, whose tag it shares
	forks  []dialog.ID // the other dialogs of the same INVITE
	server txn.ID      // the initial INVITE, if it came
	client txn.ID      // the initial INVITE's transaction, if we sent it
	again  txn.ID      // our last INVITE in the dialog
	dest   sip.Flow    // where the user wants the initial INVITE to go
	peer   sip.Flow    // where the peer is reached although its Contact says otherwise; zero: as the Contact says
	sched  int64
	twos   int            // 2xx responses seen
	over   bool           // ActTerminated was said
	origin *dialog.Dialog // what forks are made of while d is over and the INVITE's transaction still takes answers
}

// newEntry makes an entry, which holds no dialog yet.
func (e *Endpoint) newEntry(ref uint64) *entry {
	g := &entry{ref: ref, random: e.rnd.Uint64()}
	g.id = dialog.ID(e.dialogs.add(g))
	return g
}

// dialogOptions are the settings of a dialog whose peer is reached by f.
func (e *Endpoint) dialogOptions(f *face, id, random uint64) dialog.Options {
	o := dialog.Options{
		Rand: e.rnd, T1: e.opt.Timers.T1, T2: e.opt.Timers.T2,
		Allow: e.own.allow, Supported: e.own.supported, Product: e.opt.Product,
		Tag: newTag(id, random), SessionExp: e.opt.SessionExp, MinSE: e.opt.MinSE,
	}
	if f != nil {
		o.Contact = f.contact
	}
	return o
}

// dialogOf finds the dialog of a request by its To tag, which is ours, and
// checks Call-ID and From tag (RFC 3261 section 12.2.2); nil: none.
func (e *Endpoint) dialogOf(m *sip.Message) *entry {
	return e.dialogNamed(m.CallID(), m.ToTag(), m.FromTag())
}

// Replaced tells whether a Replaces header names a dialog that is here. RFC 3891
// section 3: "the Call-ID, the to-tag and from-tag parameters ... match the
// Call-ID, local tag and remote tag" of it.
// ref is its user's name for it.
func (e *Endpoint) Replaced(r sip.Replaces) (ref uint64, ok bool) {
	g := e.dialogNamed(r.CallID, r.ToTag, r.FromTag)
	if g == nil || g.over {
		return 0, false
	}
	return g.ref, true
}

// Replaces returns what a Replaces header says to the peer to name a dialog: RFC
// 3891 section 3 has the to-tag be the local tag of whoever reads it. ok is false
// as long as the peer has no tag, and when the dialog has gone.
func (e *Endpoint) Replaces(id dialog.ID) (r sip.Replaces, ok bool) {
	g := e.dialogs.get(uint64(id))
	if g == nil || g.over || g.d == nil || g.d.RemoteTag() == "" {
		return r, false
	}
	return sip.Replaces{CallID: g.d.CallID(), ToTag: g.d.RemoteTag(), FromTag: g.d.LocalTag()}, true
}

// dialogNamed finds a dialog by its Call-ID, our tag and the peer's; nil: none.
func (e *Endpoint) dialogNamed(callID, ours, tag string) *entry {
	id, random, ok := readName(ours)
	if !ok {
		return nil
	}
	g := e.dialogs.get(id)
	if g == nil || g.random != random {
		return nil
	}
	if g.d != nil && g.d.RemoteTag() == tag && g.d.CallID() == callID {
		return g
	}
	for _, f := range g.forks {
		if k := e.dialogs.get(uint64(f)); k != nil && k.d != nil && k.d.RemoteTag() == tag && k.d.CallID() == callID {
			return k
		}
	}
	return nil
}

// refOf returns the user's present name for a dialog, or the one given if the dialog has gone.
func (e *Endpoint) refOf(id dialog.ID, ref uint64) uint64 {
	if id == 0 {
		return ref
	}
	if g := e.dialogs.get(uint64(id)); g != nil {
		return g.ref
	}
	return ref
}

// branch finds the dialog that a response to the initial INVITE belongs to, by
// its To tag, and makes one where a fork answers for the first time (RFC 3261
// sections 12.1.2, 13.2.2.4).
func (e *Endpoint) branch(c *client, m *sip.Message) *entry {
	g := e.dialogs.get(uint64(c.dlg))
	if g == nil || g.client != c.id || m.Status == 100 || m.Status >= 300 {
		return g
	}
	tag := m.ToTag()
	if g.d != nil && (g.d.RemoteTag() == tag || g.d.RemoteTag() == "" && g.d.State() == dialog.Calling) {
		return g
	}
	for _, id := range g.forks {
		if f := e.dialogs.get(uint64(id)); f != nil && f.d != nil && f.d.RemoteTag() == tag {
			return f
		}
	}
	from := g.d
	if from == nil {
		from = g.origin
	}
	if s := c.invite.State(); s == txn.Completed || s == txn.Accepted && m.Status < 200 {
		return g // the transaction absorbs it
	}
	if tag == "" || from == nil || len(g.forks) >= maxForks || g.d == nil && from.RemoteTag() == tag {
		return g
	}
	f := e.newEntry(g.ref)
	f.d, f.parent, f.dest = from.Fork(), g.id, g.dest
	g.forks = append(g.forks, f.id)
	e.emit(Action{Kind: ActForked, Dialog: f.id, Ref: g.ref})
	return f
}

// maxForks bounds the dialogs that one INVITE of ours may be answered with.
const maxForks = 32

// stepDialog drives a dialog and does what it says.
func (e *Endpoint) stepDialog(g *entry, in dialog.Input) {
	if g.d == nil {
		return
	}
	room := e.acts[:0]
	e.acts = nil
	in.Late = e.late
	room = g.d.Step(room, e.at, in)
	for i := range room {
		e.obeyDialog(g, &room[i])
	}
	clear(room)
	e.acts = room[:0]
	if g.d != nil {
		e.schedule(&g.sched, dueDialog, uint64(g.id), g.d.Deadline())
	}
}

// obeyDialog does what a dialog says.
func (e *Endpoint) obeyDialog(g *entry, a *dialog.Action) {
	tell := Action{Dialog: g.id, Ref: g.ref, Txn: txn.ID(a.Txn), Msg: a.Msg, Method: a.Method}
	switch a.Kind {
	case dialog.ActSend:
		e.sendInDialog(g, a)
		return
	case dialog.ActRespond:
		if s := e.servers.get(a.Txn); s != nil {
			e.respond(s, a.Msg, a.Again)
		}
		return
	case dialog.ActRequest:
		if a.Msg.Method == sip.OPTIONS {
			// RFC 3261 section 11.2: answered as one outside the dialog is, and needs nobody's decision.
			ok := &sip.Message{Status: 200}
			e.describe(ok)
			e.stepDialog(g, dialog.Input{Kind: dialog.InRespond, Txn: a.Txn, Msg: ok})
			return
		}
		tell.Kind, tell.Flow, tell.Method = ActRequest, e.flow, a.Msg.Method
	case dialog.ActResponse:
		tell.Kind, tell.Flow, tell.NeedAnswer, tell.Wait = ActResponse, e.flow, a.NeedAnswer, a.Wait
	case dialog.ActAck:
		tell.Kind = ActAck
		if s := e.servers.get(uint64(g.server)); s != nil && s.status/100 == 2 {
			// RFC 6026 section 7.1: in Accepted the transaction sends nothing by itself; the dialog had the 2xx until now.
			s.last = nil
		}
	case dialog.ActTimeout:
		tell.Kind, tell.Timer = ActTimeout, a.Name
	case dialog.ActFailed:
		tell.Kind, tell.Err, tell.Wait = ActFailed, a.Err, a.Wait
	case dialog.ActEnded:
		tell.Kind, tell.Why = ActEnded, a.Why
	case dialog.ActTimer:
		tell.Kind, tell.Timer = ActTimer, a.Name
	case dialog.ActNote:
		tell.Kind, tell.Level, tell.Text = ActNote, a.Level, a.Text
	case dialog.ActTerminated:
		e.dropDialog(g)
		return
	}
	e.emit(tell)
}

// dropDialog tells that a dialog is gone and frees what it has. The entry of
// an INVITE stays as long as forks of it live, since they share its tag.
func (e *Endpoint) dropDialog(g *entry) {
	if g.over {
		return
	}
	g.over, g.origin, g.d = true, g.d, nil
	e.emit(Action{Kind: ActTerminated, Dialog: g.id, Ref: g.ref})
	if s := e.servers.get(uint64(g.server)); s != nil {
		s.ref = g.ref
	}
	e.orphan(g, g.client)
	e.orphan(g, g.again)
	if p := e.dialogs.get(uint64(g.parent)); p != nil {
		for i, id := range p.forks {
			if id == g.id {
				p.forks = append(p.forks[:i], p.forks[i+1:]...)
				break
			}
		}
		e.freeEntry(p)
	}
	e.freeEntry(g)
}

// orphan bounds an INVITE of ours whose dialog is over and which has only been
// answered provisionally: nobody would ever end its transaction.
func (e *Endpoint) orphan(g *entry, id txn.ID) {
	c := e.clients.get(uint64(id))
	if c == nil {
		return
	}
	c.ref = g.ref
	if !c.done && !c.waiting && c.status < 200 && c.cancelAt.IsZero() {
		c.cancelAt = e.now.Add(64 * e.opt.Timers.T1)
		e.scheduleClient(c)
	}
}

// freeEntry frees the slot of a dialog that is over, when nothing can be found by it any more.
func (e *Endpoint) freeEntry(g *entry) {
	if !g.over || len(g.forks) > 0 {
		return
	}
	// RFC 6026 section 7.2: further 2xx from other branches may come until the INVITE's transaction ends.
	if c := e.clients.get(uint64(g.client)); c != nil && !c.done && c.status < 300 {
		return
	}
	e.dialogs.drop(uint64(g.id))
}

// family calls f for the dialogs of an INVITE of ours, the forks first, since
// the first dialog may be what its user waits for.
func (e *Endpoint) family(g *entry, f func(*entry)) {
	ids := append(make([]dialog.ID, 0, 8), g.forks...)
	for _, id := range ids {
		if k := e.dialogs.get(uint64(id)); k != nil {
			f(k)
		}
	}
	f(g)
}
