package registrar

import (
	"iter"
	"slices"
	"strconv"
	"time"

	"onhook/sip"
)

// Options bound what is registered.
type Options struct {
	Min     time.Duration // shortest life of a binding; a shorter one is answered 423. 0: a minute
	Max     time.Duration // longest; a longer one is shortened. 0: an hour
	Default time.Duration // where none is asked for. 0: Max
	PerAOR  int           // most bindings of an address of record. 0: 10
	All     int           // most bindings at all. 0: no bound
}

// A Binding is one contact of an address of record.
type Binding struct {
	AOR      string
	Contact  string // its URI
	Q        int16  // thousandths; 1000 where none was given
	RegID    uint16 // RFC 5626; 0: none
	CSeq     uint32
	Expires  time.Time
	Updated  time.Time // last registered (RFC 5626 section 6: "SHOULD update the time the binding was last updated")
	CallID   string
	Instance string   // +sip.instance; empty: none
	Path     []string // RFC 3327, in the order of the request
	Flow     sip.Flow // by which the contact can be called; zero: by Path or Contact
	Agent    string   // User-Agent
	place    int      // in the heap of the table, from 1
}

// Key tells a binding from the others of its address of record: the instance
// and reg-id where it is to a flow (RFC 5626 section 6), else the Contact.
func (b *Binding) Key() string {
	if b.RegID == 0 {
		return b.Contact
	}
	return b.Instance + ";" + strconv.Itoa(int(b.RegID))
}

// An InputKind says what an Input is.
type InputKind uint8

// The inputs of a Table.
const (
	InTick     InputKind = iota // time has passed
	InRegister                  // AOR, Msg, Flow: a REGISTER whose sender may speak for AOR
	InLoad                      // Bindings: what was kept over a restart
	InFlowDown                  // Flow: a stream has closed; bindings that came by it cannot be reached by it again
	InRemove                    // AOR, Contact: an operator takes a binding away; no Contact: all of them
	InOptions                   // Options: new bounds, for what comes from now on
)

// An Input is one thing that a Table is told; Kind says which fields count.
type Input struct {
	Kind     InputKind
	AOR      string
	Contact  string
	Msg      *sip.Message
	Flow     sip.Flow
	Bindings []Binding
	Options  Options
}

// An ActionKind says what an Action is.
type ActionKind uint8

// The actions of a Table.
const (
	ActReply   ActionKind = iota // Msg: the response to the REGISTER
	ActAdded                     // Binding: new
	ActKept                      // Binding: refreshed, or no longer bound to a stream
	ActRemoved                   // Binding: taken back by its user, or replaced
	ActExpired                   // Binding: not refreshed in time, or its stream closed
)

// An Action is one thing to do or to know; Kind says which fields count.
type Action struct {
	Kind    ActionKind
	Msg     *sip.Message
	Binding Binding
}

// A Table holds the bindings.
type Table struct {
	opt    Options
	aors   map[string][]*Binding
	byConn map[uint64][]*Binding
	heap   []*Binding // by Expires
}

// New returns an empty Table.
func New(_ time.Time, o Options) *Table {
	t := &Table{aors: map[string][]*Binding{}, byConn: map[uint64][]*Binding{}}
	t.setOptions(o)
	return t
}

func (t *Table) setOptions(o Options) {
	if o.Min == 0 {
		o.Min = time.Minute
	}
	if o.Max == 0 {
		o.Max = time.Hour
	}
	if o.Default == 0 {
		o.Default = o.Max
	}
	if o.PerAOR == 0 {
		o.PerAOR = 10
	}
	t.opt = o
}

// State returns the number of bindings.
func (t *Table) State() int { return len(t.heap) }

// Deadline is when the next binding expires; zero: never.
func (t *Table) Deadline() time.Time {
	if len(t.heap) == 0 {
		return time.Time{}
	}
	return t.heap[0].Expires
}

// mostExpired is how many bindings one Step lets expire, so that a hundred
// thousand in one second do not hold up calls: the Deadline stays in the past
// until all are gone, and Lookup passes over those that are left.
const mostExpired = 1000

// Step tells the table one thing and appends what is to be done to out.
func (t *Table) Step(out []Action, now time.Time, in Input) []Action {
	for n := 0; n < mostExpired && len(t.heap) > 0 && !t.heap[0].Expires.After(now); n++ {
		out = t.drop(out, t.heap[0], ActExpired)
	}
	switch in.Kind {
	case InRegister:
		return t.register(out, now, in)
	case InLoad:
		for _, b := range in.Bindings {
			if !b.Expires.After(now) || len(t.aors[b.AOR]) >= t.opt.PerAOR {
				continue
			}
			if b.Flow.Transport.Reliable() {
				// The stream ended with the process that had it.
				if !b.survives() {
					out = append(out, Action{Kind: ActExpired, Binding: b})
					continue
				}
				b.Flow = sip.Flow{}
			}
			t.insert(b)
		}
	case InFlowDown:
		out = t.flowDown(out, in.Flow)
	case InRemove:
		for _, b := range slices.Clone(t.aors[in.AOR]) {
			if in.Contact == "" || b.Contact == in.Contact {
				out = t.drop(out, b, ActRemoved)
			}
		}
	case InOptions:
		t.setOptions(in.Options)
	}
	return out
}

// Lookup yields the live bindings of an address of record, best q first, then the latest.
func (t *Table) Lookup(now time.Time, aor string) iter.Seq[*Binding] {
	return func(yield func(*Binding) bool) {
		for _, b := range t.aors[aor] {
			if b.Expires.After(now) && !yield(b) {
				return
			}
		}
	}
}

// All yields every binding.
func (t *Table) All() iter.Seq[*Binding] { return slices.Values(t.heap) }

func (t *Table) insert(b Binding) *Binding {
	p := &b
	list := append(t.aors[b.AOR], p)
	// What came last stands first among equals.
	for i := len(list) - 1; i > 0 && list[i-1].Q <= p.Q; i-- {
		list[i-1], list[i] = p, list[i-1]
	}
	t.aors[b.AOR] = list
	if b.Flow.Conn != 0 {
		t.byConn[b.Flow.Conn] = append(t.byConn[b.Flow.Conn], p)
	}
	t.push(p)
	return p
}

// drop removes a binding and says so.
func (t *Table) drop(out []Action, b *Binding, kind ActionKind) []Action {
	t.remove(b)
	return append(out, Action{Kind: kind, Binding: *b})
}

func (t *Table) remove(b *Binding) {
	t.pull(b)
	list := slices.DeleteFunc(t.aors[b.AOR], func(o *Binding) bool { return o == b })
	if len(list) == 0 {
		delete(t.aors, b.AOR)
	} else {
		t.aors[b.AOR] = list
	}
	t.unlink(b)
}

// unlink forgets which stream a binding came by.
func (t *Table) unlink(b *Binding) {
	if b.Flow.Conn == 0 {
		return
	}
	list := slices.DeleteFunc(t.byConn[b.Flow.Conn], func(o *Binding) bool { return o == b })
	if len(list) == 0 {
		delete(t.byConn, b.Flow.Conn)
	} else {
		t.byConn[b.Flow.Conn] = list
	}
}
