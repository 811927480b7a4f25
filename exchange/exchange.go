package exchange

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
	"unsafe"

	"onhook/app"
	"onhook/call"
	"onhook/digest"
	"onhook/media"
	"onhook/outcome"
	"onhook/registrar"
	"onhook/route"
	"onhook/sip"
	"onhook/stack"
)

// A User is an extension that may register and call.
type User struct {
	Name    string
	Display string
	Secret  digest.Secret
	First   bool // MD5 is offered first
	Rights  Rights
}

// Settings can be changed while calls are up; a call keeps those it began with.
type Settings struct {
	Domain      string
	Users       []User
	Trunks      []Trunk
	TrunkGroups []TrunkGroup
	Routes      *route.Table
	Policies    *route.Policies // nil: everybody may call everybody
	Call        call.Options
	Calls       int    // most calls up at once; 0: no bound
	PerSec      int    // most new calls in a second; 0: no bound
	PerUser     int    // most calls of a user at once; 0: no bound
	Continue    bool   // go on without records when the disk is full; else new calls are refused
	Memory      uint64 // bytes in use beyond which new calls are refused; 0: no bound
	Outcome     *outcome.Options
	Outside     Outside
	Speed       map[string]string         // short numbers that extensions dial, and what they are for
	Pickup      string                    // the code by which a ringing call is taken; empty: there is none
	App         func(name string) app.App // finds an application by its name, "menu:main"; nil: there are none

	Recording Recording

	Unasked bool // phones are told of messages though they have not subscribed

	// Mailbox counts the messages of a user who has a mailbox; nil: nobody has.
	Mailbox func(user string) (fresh, heard int, ok bool)
}

// Options are what an Exchange is made of.
type Options struct {
	Settings  Settings
	Stack     stack.Options
	Registrar registrar.Options
	Digest    digest.Options
	Wire      Wire
	Media     Media
	Store     Store
	Recorder  Recorder // nil: no call is recorded
	Rand      *rand.ChaCha8
	Log       *slog.Logger
	Now       func() time.Time
	Wall      func(now time.Time) time.Time  // what the system's clock says; nil: now itself
	Memory    func() uint64                  // bytes in use; nil: not asked
	Unread    func() bool                    // whether the Wire has yet to hand over what has come already; nil: never
	Sound     func(name string) media.Source // "ringback", "hold"; nil: silence
	Hours     func() map[string]route.Switch // timetables that were switched by hand; nil: none
	Watch     func(CallEvent)                // told of calls, in the loop: must not block; nil: nobody is
	Notify    func(Notice)                   // told of registrations, trunks and what may be fraud, likewise
	Answered  func(string, time.Duration)    // told how long a trunk took to answer OPTIONS well, likewise
	Stopped   bool                           // no call leaves by a trunk, see StopOutside
	Talked    map[string]time.Duration       // for how long extensions talked outside today, before a restart
	Advertise []netip.Addr                   // what SDP says instead of a socket's address, at most one a family
}

// An Exchange is the server's one loop of signalling.
type Exchange struct {
	box   mailbox
	opt   Options
	set   Settings
	users map[string]*User
	log   *slog.Logger
	now   time.Time // see steady
	until time.Time // timers that were due until then have fired, see happened
	waits int       // turns in a row that let no timer fire
	clock steady

	ep       *stack.Endpoint
	reg      *registrar.Table
	families families
	auth     *digest.Server
	calls    slots
	heap     deadlines
	folder   outcome.Folder
	spare    []*live // of calls that are over and stored, to be used again
	unneeded int     // how many of them nobody needed since the last heartbeat

	acts     [][]stack.Action // free buffers
	moves    [][]call.Action
	queues   [][]call.Input
	events   []media.Event
	moved    []registrar.Action
	created  stack.Action // the last ActCreated
	hindered string       // the last ActCommanded
	inquiry  inquiry      // the INVITE being checked
	answers  []answer
	orders   []*command
	packets  []item

	second             int64 // for PerSec
	inSecond           int
	inUse              map[string]int // calls a user or trunk has up
	failures           map[failure]failed
	guard              guard
	strangers, shutOut sparing // what the log is told of credentials, and of sources that are blocked
	spent              spending
	unsaved            int
	arriving           *arrival
	adopted            map[uint64]uint64 // where media legs of one call went: to a leg of another
	again              []unsaved
	full               bool // the disk was, at the last start of a call
	beat               time.Time
	draining           bool
	tight              bool             // more memory is in use than may be
	lines              map[string]*line // by the trunk's name
	askAt              time.Time        // see nextAsk
	askKnown           bool
	lineIDs            uint64
	groups             map[string]*TrunkGroup
	leaving            []leaving
	watchers           watchers
	lamps              lamps
	storing            []*session      // that recorded and have lost their calls
	taping             []uint64        // calls that are over and wait for their recordings
	idle               []chan struct{} // closed when no call is up and none is unsaved
	stopped            chan struct{}
	ctx                context.Context // of the applications; done when the loop ends
	cancel             context.CancelFunc
	stopOnce           sync.Once
	count              Counters
}

// Counters are totals since the start.
type Counters struct {
	Packets      uint64 `json:"packets" doc:"that came"`
	Dropped      uint64 `json:"dropped" doc:"packets lost because the server was too far behind"`
	Calls        uint64 `json:"calls" doc:"that began"`
	Refused      uint64 `json:"refused" doc:"INVITEs refused by the server itself"`
	Records      uint64 `json:"records" doc:"that are durable"`
	RecordErrors uint64 `json:"record_errors" doc:"records, or starts of calls, that could not be stored"`
	Outside      uint64 `json:"outside_refused" doc:"calls by trunks that the section outside of the configuration, or an operator, refused"`
	Blocked      uint64 `json:"blocked" doc:"packets of sources with wrong credentials too often"`
	TapeErrors   uint64 `json:"recording_errors" doc:"recordings that could not be begun, or not be written to their ends"`
	SentAgain    uint64 `json:"sent_again" doc:"messages of calls that were retransmitted"`
	CameAgain    uint64 `json:"came_again" doc:"messages of calls that peers retransmitted"`
	Clients      uint64 `json:"client_transactions" doc:"that began"`
	Servers      uint64 `json:"server_transactions" doc:"that began"`
	Up           int    `json:"calls_up" doc:"now"`
	Dialogs      int    `json:"dialogs" doc:"now"`
	Devices      int    `json:"registered_devices" doc:"now"`
}

// New makes an Exchange; Run or Turn makes it go.
func New(o Options) *Exchange {
	if o.Now == nil {
		o.Now = time.Now
	}
	now := o.Now()
	x := &Exchange{
		opt: o, log: o.Log, now: now,
		inUse: map[string]int{}, failures: map[failure]failed{}, guard: newGuard(),
		stopped: make(chan struct{}), families: familiesOf(o.Stack.Identities),
	}
	x.ctx, x.cancel = context.WithCancel(context.Background())
	x.spent.stopped = o.Stopped
	x.spent.recall(now, o.Talked)
	x.box.wake, x.box.now = make(chan struct{}, 1), func() time.Time { return x.opt.Now() }
	x.box.packets.seed = o.Rand.Uint64()
	o.Stack.Authorize = x.authorize
	x.ep = stack.New(now, o.Stack)
	x.reg = registrar.New(now, o.Registrar)
	x.auth = digest.NewServer(o.Digest)
	x.configure(o.Settings)
	return x
}

func (x *Exchange) configure(s Settings) {
	before := x.users
	x.set = s
	x.users = make(map[string]*User, len(s.Users))
	for i := range s.Users {
		x.users[s.Users[i].Name] = &s.Users[i]
	}
	x.forgetDevices(before)
	x.configureLines()
}

// Packets takes a batch that arrived on a flow, in order, from any goroutine. It
// reports false if the loop is too far behind and the batch is lost.
func (x *Exchange) Packets(batch []Packet) bool { return x.box.Packets(batch) }

// FlowDown tells that a stream has closed, from any goroutine. With the two
// methods beside it an Exchange is a wire.Handler.
func (x *Exchange) FlowDown(flow sip.Flow, err error) {
	x.box.flowDown(flow, err)
}

// SendFailed tells that what Wire.Send was given with ref could not be
// delivered, from any goroutine.
func (x *Exchange) SendFailed(flow sip.Flow, ref uint64, err error) {
	x.box.answer(answer{sendFailed: true, flow: flow, ref: ref, err: err})
}

// MediaReady tells that media events wait, from any goroutine.
func (x *Exchange) MediaReady() { x.box.signal() }

// Wake gets something when a turn is due though no deadline has come: it is for
// whoever drives Turn in the place of Run.
func (x *Exchange) Wake() <-chan struct{} { return x.box.wake }

// Run drives the loop until Stop; it returns when the loop has ended.
func (x *Exchange) Run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	now := x.opt.Now()
	armed := now.Add(time.Hour)
	for {
		x.Turn(now)
		// Deadlines mostly move later: the timer then stays, and a turn too many is cheaper than to set it each time.
		if d := x.Deadline(); !d.IsZero() && d.Before(armed) {
			armed = d
			timer.Reset(max(0, d.Sub(x.opt.Now())))
		}
		select {
		case <-x.box.wake:
		case <-timer.C:
			armed = x.opt.Now().Add(time.Hour)
			timer.Reset(time.Hour)
		case <-x.stopped:
			x.Turn(x.opt.Now())
			x.cancel()
			for _, c := range x.box.close() {
				c.done <- ErrStopped
			}
			return
		}
		now = x.opt.Now()
	}
}

// Deadline is when the loop must turn next though nothing arrives.
func (x *Exchange) Deadline() time.Time {
	d := x.beat
	for _, t := range [...]time.Time{x.ep.Deadline(), x.reg.Deadline(), x.heap.first(), x.nextAsk(), x.leavingUntil(), x.watchers.next} {
		if d.IsZero() || !t.IsZero() && t.Before(d) {
			d = t
		}
	}
	if held := x.now.Add(time.Millisecond); x.until.Before(x.now) && d.Before(held) {
		return held // what it waits for comes by itself
	}
	return d
}

// Turn is one turn of the loop: what waits in the mailbox, then what is due.
func (x *Exchange) Turn(now time.Time) {
	x.setTime(now)
	late := x.late()
	first := late && x.unread()
	x.answers, x.orders, x.packets = x.box.take(x.answers, x.orders, x.packets)
	for i := range x.answers {
		x.take(&x.answers[i])
	}
	clear(x.answers)
	for _, c := range x.orders {
		if c.taken.CompareAndSwap(false, true) {
			c.do(x)
			c.done <- nil
		}
	}
	clear(x.orders)
	for i := range x.packets {
		p := &x.packets[i]
		if p.down {
			x.feed(stack.Input{Kind: stack.InFlowDown, Flow: p.Flow, Err: p.err})
			x.registrar(registrar.Input{Kind: registrar.InFlowDown, Flow: p.Flow}, nil)
			continue
		}
		x.count.Packets++
		// The wire has given the bytes away and never changes them.
		text := unsafe.String(unsafe.SliceData(p.Data), len(p.Data))
		if x.shut(p.Flow, text) {
			continue
		}
		x.feed(stack.Input{Kind: stack.InPacket, Flow: p.Flow, Text: text})
	}
	clear(x.packets)
	x.mediaEvents()
	x.happened(first || late && x.box.more)
	x.due()
	x.opt.Wire.Flush()
	x.settleIdle()
}

func (x *Exchange) take(a *answer) {
	switch {
	case a.stored != nil:
		x.saved(a.stored, a.err)
	case a.sendFailed:
		x.feed(stack.Input{Kind: stack.InSendFailed, Flow: a.flow, Txn: txnID(a.ref), Err: a.err})
	default:
		a.do(x)
	}
}

// due steps every machine whose deadline has come.
func (x *Exchange) due() {
	if d := x.ep.Deadline(); !d.IsZero() && !d.After(x.until) {
		x.feed(stack.Input{Kind: stack.InTick})
	}
	for len(x.heap) > 0 && !x.heap[0].due.After(x.until) {
		x.step(x.heap[0], call.Input{Kind: call.InTick})
	}
	if d := x.reg.Deadline(); !d.IsZero() && !d.After(x.until) {
		x.registrar(registrar.Input{}, nil)
	}
	x.askTrunks()
	x.notifyLate()
	if !x.beat.After(x.now) {
		x.heartbeat()
	}
}

// heartbeatEvery is how exact "last known alive" is after a crash.
const heartbeatEvery = 2 * time.Second

func (x *Exchange) heartbeat() {
	x.beat = x.now.Add(heartbeatEvery)
	x.saveAgain()
	x.expireWatchers()
	x.tellTrunks()
	x.letGoLate()
	x.letGoTapes()
	x.spareLess()
	x.tight = x.set.Memory > 0 && x.opt.Memory != nil && x.opt.Memory() > x.set.Memory
	if x.calls.used == 0 {
		return
	}
	if err := x.opt.Store.Heartbeat(x.wall()); err != nil {
		x.log.Error("heartbeat not stored", "err", err)
	}
}

// settleIdle wakes those who wait until no call is up.
func (x *Exchange) settleIdle() {
	if x.stillLeaving() || x.calls.used > 0 || x.unsaved > 0 {
		return
	}
	for _, c := range x.idle {
		close(c)
	}
	x.idle = nil
}

// newCallID makes call_ and a UUIDv7 (RFC 9562 section 5.7) from the loop's time and random source.
func (x *Exchange) newCallID() string {
	ms := uint64(x.wall().UnixMilli())
	a, b := x.opt.Rand.Uint64(), x.opt.Rand.Uint64()
	hi := ms<<16 | 0x7000 | a&0xfff
	lo := 1<<63 | b&(1<<62-1)
	const hex = "0123456789abcdef"
	out := make([]byte, 0, 41)
	out = append(out, "call_"...)
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			out = append(out, '-')
		}
		v := hi
		if i >= 16 {
			v = lo
		}
		out = append(out, hex[v>>(60-4*(i%16))&15])
	}
	return string(out)
}

// meta is what the outcome must know of a call beside its events.
func (x *Exchange) meta(id string) outcome.Meta {
	return outcome.Meta{ID: id, Source: "live", Options: x.set.Outcome}
}
