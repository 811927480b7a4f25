package dialog

import (
	"time"

	"onhook/sip"
)

// A Dialog is one user agent's side of a dialog made by an INVITE, from the
// INVITE that may form it to its end (RFC 3261 sections 12 to 15).
type Dialog struct {
	opt      Options
	state    State
	uac      bool // we sent the initial INVITE, so the Call-ID is ours
	fork     bool // made by Fork: the user hears of a failure through the first one
	released bool
	ended    bool // ActEnded was said: it is said once

	callID    string
	local     string // our From or To as written, with our tag
	remote    string // the peer's, with its tag as soon as there is one
	localTag  string
	remoteTag string
	routes    []string // the route set, in the order of Route (section 12.1)
	target    string   // the remote target
	peerAllow string   // the peer's Allow
	localSeq  uint32   // the last CSeq number we used; 0: none yet
	remoteSeq uint32   // the last one the peer used; see hasRemoteSeq
	// RFC 3261 section 12.1.2: on the UAC's side the remote sequence number is empty at first.
	hasRemoteSeq bool

	invite  *sip.Message // UAC: the initial INVITE as it went out last, for the retry after 422 and 401
	clients []client
	servers []server
	queue   []queued     // requests of the user that may not go yet
	bye     *sip.Message // the user's BYE that waits for the ACK (section 15)
	acks    [2]ack
	two     twoHundred
	rel     reliable
	relIn   reliableIn
	offer   offer
	session session
	retryAt time.Time // own refresh: when to try again
	overAt  time.Time // when a dialog that nothing else will end is given up
	lastSDP string    // the last session description we sent, for a refresh by re-INVITE
}

// A client is one of our requests that has no final response yet; for an
// INVITE it stays until its ACK has gone.
type client struct {
	seq    uint32
	method sip.Method
	own    bool
	msg    *sip.Message
	final  bool // INVITE: 2xx came, the ACK waits for the user's answer
	sdp    bool // INVITE: an offer and its answer have gone through it
}

// A server is a request of the peer that has not been answered finally.
type server struct {
	txn     uint64
	seq     uint32
	req     *sip.Message
	initial bool
	sdp     bool // INVITE: an offer and its answer have gone through it
}

// A queued request waits for another transaction to end.
type queued struct {
	msg   *sip.Message
	until time.Time
}

// NewUAC returns the dialog of an INVITE that we are to send: Step it with
// InSend and the INVITE, which holds the Request-URI, From and To without tags,
// and whatever else its sender decides.
func NewUAC(opt Options) *Dialog {
	return &Dialog{opt: opt.filled(), uac: true, state: Calling}
}

// NewUAS returns the dialog of an INVITE that came. The error is a
// *sip.ParseError that says what to answer. Step it next with InReceive and the
// same INVITE, so that its session timer is checked and its user told.
func NewUAS(opt Options, invite *sip.Message) (*Dialog, error) {
	d := &Dialog{opt: opt.filled(), state: Calling, callID: invite.CallID()}
	from, err := invite.From()
	if err != nil {
		return nil, err
	}
	to, err := invite.To()
	if err != nil {
		return nil, err
	}
	cseq, err := invite.CSeq()
	if err != nil {
		return nil, err
	}
	// RFC 3261 section 12.1.1: the UAS takes the remote target from the
	// Contact, which section 8.1.1.8 demands of every INVITE.
	contact, err := invite.Contact()
	if err != nil {
		return nil, err
	}
	d.target = contact.URIText
	// Section 12.1.1: all URIs of Record-Route, taken in order, with their parameters.
	d.routes = appendRoutes(nil, invite, false)
	d.remote, d.remoteTag = invite.Get(sip.HFrom), from.Tag()
	// Section 8.2.6.2: our tag goes on every response but 100.
	d.localTag = d.opt.newTag()
	to.Params = to.Params.With("tag", d.localTag)
	d.local = to.String()
	d.remoteSeq, d.hasRemoteSeq = cseq.Seq, true
	d.peerAllow = invite.Get(sip.HAllow)
	return d, nil
}

// Fork returns the dialog that a 1xx or 2xx with another To tag forms for the
// same INVITE (RFC 3261 sections 12.1.2, 13.2.2.4). Step it next with
// InResponse and that response. It is nil once InOver has come to a confirmed dialog.
func (d *Dialog) Fork() *Dialog {
	if d.invite == nil {
		return nil
	}
	f := &Dialog{
		opt: d.opt, state: Calling, uac: true, fork: true, released: d.released,
		callID: d.callID, local: d.local, localTag: d.localTag, remote: d.invite.Get(sip.HTo),
		localSeq: d.inviteSeq(), invite: d.invite,
	}
	f.session.askMin = d.session.askMin
	f.clients = []client{{seq: f.localSeq, method: sip.INVITE, msg: d.invite}}
	if hasSDP(d.invite) {
		f.offer = offer{state: offerSent, seq: f.localSeq}
		f.keepSDP(d.invite)
	}
	return f
}

// State returns where the dialog stands.
func (d *Dialog) State() State { return d.state }

// CallID returns the Call-ID; empty in a UAC whose INVITE has not gone.
func (d *Dialog) CallID() string { return d.callID }

// LocalTag returns our tag.
func (d *Dialog) LocalTag() string { return d.localTag }

// RemoteTag returns the peer's tag; empty as long as a UAC has none, or the peer speaks RFC 2543.
func (d *Dialog) RemoteTag() string { return d.remoteTag }

// Deadline returns when the dialog wants InTick; zero: never.
func (d *Dialog) Deadline() time.Time {
	var at time.Time
	if d.state == Terminated {
		return at
	}
	at = earliest(at, d.two.next)
	at = earliest(at, d.rel.next)
	at = earliest(at, d.session.refreshAt)
	at = earliest(at, d.session.expireAt)
	at = earliest(at, d.retryAt)
	at = earliest(at, d.overAt)
	for i := range d.queue {
		at = earliest(at, d.queue[i].until)
	}
	return at
}

// Step tells the dialog one thing and appends what follows from it to out.
func (d *Dialog) Step(out []Action, now time.Time, in Input) []Action {
	if d.state == Terminated {
		return d.afterEnd(out, in)
	}
	switch in.Kind {
	case InReceive:
		out = d.receive(out, now, in)
	case InResponse:
		out = d.response(out, now, in)
	case InTimeout:
		out = d.timeout(out, now, in)
	case InFailed:
		out = d.failed(out, now, in)
	case InSend:
		out = d.send(out, now, in.Msg)
	case InRespond:
		out = d.respond(out, now, in)
	case InAgain:
		out = d.again(out, in)
	case InOver:
		out = d.over(out)
	case InRelease:
		out = d.release(out, now)
	}
	if !in.Late || in.Kind == InTick {
		out = d.tick(out, now)
	}
	out = d.flush(out, now)
	return d.settle(out, now)
}

// tick does what is due.
func (d *Dialog) tick(out []Action, now time.Time) []Action {
	out = d.repeatTwo(out, now)
	out = d.repeatReliable(out, now)
	out = d.sessionTick(out, now)
	if due(d.overAt, now) {
		d.overAt = time.Time{}
		if d.state != Confirmed {
			out = d.terminate(out)
		}
	}
	return out
}

// settle ends a dialog that is Ending as soon as nothing is owed to anybody.
// What the user or a transaction never ends is given up after a long while.
func (d *Dialog) settle(out []Action, now time.Time) []Action {
	if d.state != Ending {
		return out
	}
	if len(d.clients) == 0 && len(d.servers) == 0 {
		return d.terminate(out)
	}
	if d.overAt.IsZero() {
		d.overAt = now.Add(128 * d.opt.T1)
	}
	return out
}

func (d *Dialog) terminate(out []Action) []Action {
	if d.state == Terminated {
		return out
	}
	d.state = Terminated
	d.clients, d.servers, d.queue, d.bye = nil, nil, nil, nil
	d.two, d.rel = twoHundred{}, reliable{}
	// Only Fork may be asked yet: it needs the INVITE.
	d.acks, d.lastSDP, d.peerAllow, d.routes = [2]ack{}, "", "", nil
	return append(out, Action{Kind: ActTerminated})
}

// afterEnd answers what still comes: a request is answered 481, all else is over.
func (d *Dialog) afterEnd(out []Action, in Input) []Action {
	if in.Kind == InReceive && in.Msg.Method != sip.ACK {
		// RFC 3261 section 12.2.2: a request that matches no dialog.
		return append(out, Action{Kind: ActRespond, Txn: in.Txn, Msg: d.reply(in.Msg, 481, "Call/Transaction Does Not Exist")})
	}
	return out
}

// end tells the user that the dialog cannot go on; once.
func (d *Dialog) end(out []Action, why string) []Action {
	if d.ended || d.state == Ending || d.state == Terminated {
		return out
	}
	d.ended = true
	d.session = session{}
	d.retryAt = time.Time{}
	if d.released {
		return d.sendBye(out, &sip.Message{Method: sip.BYE}, true)
	}
	return append(out, Action{Kind: ActEnded, Why: why})
}

func note(out []Action, level int8, text string) []Action {
	return append(out, Action{Kind: ActNote, Level: level, Text: text})
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func due(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }
