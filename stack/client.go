package stack

import (
	"errors"
	"time"

	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

// A client is a request of ours on its way to one place, with the places that
// are left to try. Each place gets a transaction and a branch of its own (RFC
// 3263 section 4.3); the user knows all of them by the first one's ID.
type client struct {
	id         txn.ID
	user       txn.ID // the ID that the user knows
	random     uint64 // the random half of the branch
	invite     txn.InviteClient
	other      txn.Client
	method     sip.Method
	seq        uint32
	msg        *sip.Message // the request; nil after its final response
	pending    *sip.Message // the response in hand
	hit        *entry       // the dialog that it belongs to
	data       []byte       // the bytes to send again: the request, then the ACK
	flow       sip.Flow
	places     []place // left to try
	dlg        dialog.ID
	ref        uint64
	sched      int64
	cancelMsg  *sip.Message // what the user adds to the CANCEL
	cancelAt   time.Time    // when a cancelled INVITE counts as over
	giveUpAt   time.Time    // when an answer to ActResolve is waited for no longer
	cancel     txn.ID       // the transaction of this INVITE's CANCEL
	cancelOf   txn.ID       // the INVITE that this CANCEL is for
	face       *face        // what its Via says
	err        error        // why the transport failed
	status     int          // of the last response
	again      int          // how often data went again
	tries      int          // how many challenges to the request were answered
	finals     int          // final responses seen
	watched    int          // its place in byConn, from 1; 0: not there
	own        bool         // made by the endpoint, not by its user
	waiting    bool         // ActResolve is not answered yet
	wantCancel bool
	done       bool // the machine has terminated; the slot stays for the CANCEL's sake
}

var (
	errNoPlace    = errors.New("stack: no address to send the request to, want a numeric host or one that resolves")
	errNoSocket   = errors.New("stack: no socket of the transport and address family that the request needs")
	errNoAnswer   = errors.New("stack: the name was not resolved in time")
	errNoDialog   = errors.New("stack: no such dialog")
	errOwnOnly    = errors.New("stack: ACK and CANCEL are sent by the endpoint itself, want InCancel")
	errNoTxn      = errors.New("stack: no such request, or it has been answered")
	errBadRequest = errors.New("stack: the request has no usable CSeq")
)

func (c *client) deadline() time.Time {
	var d time.Time
	switch {
	case c.done:
	case c.waiting:
		d = c.giveUpAt
	case c.method == sip.INVITE:
		d = c.invite.Deadline()
	default:
		d = c.other.Deadline()
	}
	if !c.done && !c.cancelAt.IsZero() && (d.IsZero() || c.cancelAt.Before(d)) {
		d = c.cancelAt
	}
	return d
}

func (e *Endpoint) scheduleClient(c *client) {
	e.schedule(&c.sched, dueClient, uint64(c.id), c.deadline())
}

// clientTick steps a client whose deadline may have come.
func (e *Endpoint) clientTick(c *client) {
	switch {
	case c.done:
	case c.waiting:
		if !e.at.Before(c.giveUpAt) {
			e.fail(c, errNoAnswer)
			return
		}
		e.scheduleClient(c)
	case !c.cancelAt.IsZero() && !e.at.Before(c.cancelAt):
		e.noFinalAfterCancel(c)
	default:
		e.stepClient(c, txn.Input{})
	}
}

// answered takes a response to a request of ours.
func (e *Endpoint) answered(c *client, m *sip.Message) {
	if c.done || c.waiting {
		return
	}
	c.pending = m
	if c.dlg != 0 {
		c.hit = e.branch(c, m)
		e.journalResponse(c, m)
	}
	e.stepClient(c, txn.Input{Kind: txn.InResponse, Status: m.Status})
	c.pending, c.hit = nil, nil
}

// journalResponse tells the shell of a response before anything is done about it.
func (e *Endpoint) journalResponse(c *client, m *sip.Message) {
	id, again := c.dlg, 0
	count := &c.finals
	if g := c.hit; g != nil {
		id = g.id
		if c.method == sip.INVITE && m.Status/100 == 2 && (g.client == c.id || g.parent == c.dlg) {
			count = &g.twos // a 2xx of another fork is no repetition
		}
	}
	if m.Status >= 200 {
		again = *count
		*count++
	}
	e.journal(id, c.ref, m, again)
}

// stepClient drives a client transaction and does what its machine says.
func (e *Endpoint) stepClient(c *client, in txn.Input) {
	var room [8]txn.Action
	var acts []txn.Action
	in.Late = e.late
	if c.method == sip.INVITE {
		acts = c.invite.Step(room[:0], e.at, in)
	} else {
		acts = c.other.Step(room[:0], e.at, in)
	}
	for _, a := range acts {
		switch a.Kind {
		case txn.ActAgain:
			c.again++
			e.emit(Action{Kind: ActSend, Flow: c.flow, Data: c.data, Txn: c.id, Dialog: c.dlg, Ref: e.refOf(c.dlg, c.ref), Method: c.method, Again: c.again})
		case txn.ActAck:
			e.sendFinalAck(c)
		case txn.ActDeliver:
			e.deliver(c, c.pending)
		case txn.ActTimer:
			e.tellTimer(c.dlg, c.ref, c.user, c.method, a.Timer)
		case txn.ActTimeout:
			if !e.tryNext(c) {
				e.over(c, dialog.Input{Kind: dialog.InTimeout, Txn: uint64(c.user), Msg: c.msg, Name: a.Timer})
			}
		case txn.ActFailed:
			if c.status < 200 && !e.tryNext(c) {
				e.over(c, dialog.Input{Kind: dialog.InFailed, Txn: uint64(c.user), Msg: c.msg, Err: c.err})
			}
		case txn.ActTerminated:
			e.dropClient(c)
			return
		}
	}
	e.scheduleClient(c)
}

// sendFinalAck sends the ACK to a final response that is not a 2xx.
func (e *Endpoint) sendFinalAck(c *client) {
	m := e.hopByHop(c.msg, sip.ACK, c.pending.Get(sip.HTo))
	c.data, c.again = e.print(m), 0
	// "The ACK MUST be sent to the same address, port, and transport to which the original request was sent" (17.1.1.2).
	e.emit(Action{Kind: ActSend, Flow: c.flow, Data: c.data, Msg: m, Txn: c.id, Dialog: c.dlg, Ref: e.refOf(c.dlg, c.ref), Method: sip.ACK})
}

// deliver gives a response to whoever waits for it.
func (e *Endpoint) deliver(c *client, m *sip.Message) {
	c.status = m.Status
	if m.Status < 200 {
		if c.wantCancel && c.cancel == 0 && c.method == sip.INVITE {
			e.sendCancel(c)
		}
	} else {
		c.cancelAt = time.Time{}
		// "Failure also occurs if ... the response is a 503" (RFC 3263 section 4.3).
		if m.Status == 503 && e.tryNext(c) {
			c.msg = nil
			return
		}
		if c.method != sip.INVITE || m.Status < 300 {
			c.data = nil
		}
		if (m.Status == 401 || m.Status == 407) && e.authorized(c, m) {
			c.msg = nil
			return
		}
	}
	e.tell(c, m)
	if m.Status >= 200 {
		c.msg = nil
	}
}

// tell gives a response to the dialog or the user.
func (e *Endpoint) tell(c *client, m *sip.Message) {
	if c.cancelOf != 0 {
		return
	}
	in := dialog.Input{Kind: dialog.InResponse, Txn: uint64(c.user), Msg: m, Canceled: c.wantCancel}
	if c.dlg == 0 {
		e.emit(Action{Kind: ActResponse, Ref: c.ref, Txn: c.user, Msg: m, Method: c.method, Flow: e.flow})
		return
	}
	g := e.dialogs.get(uint64(c.dlg))
	if g == nil {
		return
	}
	if g.client != c.id {
		e.stepDialog(g, in)
		return
	}
	if m.Status >= 300 {
		// Section 12.3: "a non-2xx final response to the INVITE ends all early dialogs" that it made.
		e.family(g, func(k *entry) { e.stepDialog(k, in) })
		return
	}
	if c.hit != nil {
		e.sawAnswer(c.hit, c, m)
		e.stepDialog(c.hit, in)
	}
}

// over tells whoever waits for a response that none will come.
func (e *Endpoint) over(c *client, in dialog.Input) {
	if c.cancelOf != 0 || c.method == sip.ACK {
		return
	}
	if c.dlg == 0 {
		a := Action{Kind: ActTimeout, Ref: c.ref, Txn: c.user, Method: c.method, Timer: in.Name}
		if in.Kind == dialog.InFailed {
			a.Kind, a.Err = ActFailed, in.Err
		}
		e.emit(a)
		return
	}
	g := e.dialogs.get(uint64(c.dlg))
	switch {
	case g == nil:
	case g.client == c.id:
		e.family(g, func(k *entry) { e.stepDialog(k, in) })
	default:
		e.stepDialog(g, in)
	}
}

// fail ends a request that cannot be sent anywhere.
func (e *Endpoint) fail(c *client, err error) {
	c.waiting = false
	e.over(c, dialog.Input{Kind: dialog.InFailed, Txn: uint64(c.user), Msg: c.msg, Err: err})
	e.dropClient(c)
}

// dropClient forgets a client transaction. That of an INVITE stays while its
// CANCEL is under way, whose responses have the same branch.
func (e *Endpoint) dropClient(c *client) {
	if !c.done {
		c.done = true
		e.inviteOver(c)
	}
	e.unwatch(c)
	c.data, c.msg = nil, nil
	if e.clients.get(uint64(c.cancel)) != nil {
		return
	}
	e.clients.drop(uint64(c.id))
	if i := e.clients.get(uint64(c.cancelOf)); i != nil && i.done {
		e.clients.drop(uint64(i.id))
	}
}

// inviteOver tells the dialogs of an INVITE that was answered 2xx that no more
// answers can come (section 13.2.2.4).
func (e *Endpoint) inviteOver(c *client) {
	g := e.dialogs.get(uint64(c.dlg))
	if g == nil || g.client != c.id {
		return
	}
	if c.status/100 == 2 {
		e.family(g, func(k *entry) { e.stepDialog(k, dialog.Input{Kind: dialog.InOver}) })
	}
	e.freeEntry(g)
}
