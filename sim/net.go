package sim

import (
	"container/heap"
	"math/rand/v2"
	"net/netip"
	"time"
)

// Epoch is when every simulated world begins.
var Epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A Node is whatever has an address in the network.
type Node interface {
	// Receive takes a datagram, whose bytes nobody may change: they are in the Trace.
	Receive(now time.Time, from netip.AddrPort, data []byte)
	Tick(now time.Time)
	Deadline() time.Time // zero: none
}

// Faults are what the network does to datagrams.
type Faults struct {
	Loss, Repeat, Reorder float64       // probabilities
	Delay                 time.Duration // of every datagram
	Jitter                time.Duration // up to so much more, for those that are reordered
}

// A Sent is one datagram that was handed to the network, delivered or not.
type Sent struct {
	At       time.Time
	From, To netip.AddrPort
	Data     []byte
	Lost     bool
}

// A Net carries datagrams between nodes. It is driven by Run.
type Net struct {
	Now    time.Time
	Faults Faults
	Trace  []Sent
	Lose   func(Sent) bool  // what is lost beside what Faults say; nil: nothing
	Watch  func(Sent, bool) // told of each datagram when it is sent and, with true, when it arrives; nil: nobody is
	// Pass lets time pass beside the network until to, or until something wants to
	// act before: then it tells when, and who; nil: nothing else has a time of its own.
	Pass  func(to time.Time) (time.Time, Node)
	rng   *rand.Rand
	nodes map[netip.AddrPort]Node
	order []Node // nodes in the order they were added: ticking has to be the same each time
	queue deliveries
	seq   int
}

// NewNet returns an empty network whose faults come from the seed.
func NewNet(seed uint64, f Faults) *Net {
	return &Net{Now: Epoch, Faults: f, rng: rand.New(rand.NewPCG(seed, 1)), nodes: map[netip.AddrPort]Node{}}
}

// Add gives a node its address.
func (n *Net) Add(at netip.AddrPort, node Node) {
	n.nodes[at] = node
	n.order = append(n.order, node)
}

// Send hands a datagram to the network.
func (n *Net) Send(from, to netip.AddrPort, data []byte) {
	lost := n.rng.Float64() < n.Faults.Loss
	sent := Sent{At: n.Now, From: from, To: to, Data: data}
	lost = lost || n.Lose != nil && n.Lose(sent)
	sent.Lost = lost
	n.Trace = append(n.Trace, sent)
	if n.Watch != nil {
		n.Watch(sent, false)
	}
	if lost {
		return
	}
	copies := 1
	if n.rng.Float64() < n.Faults.Repeat {
		copies = 2
	}
	for range copies {
		at := n.Now.Add(n.Faults.Delay)
		if n.rng.Float64() < n.Faults.Reorder && n.Faults.Jitter > 0 {
			at = at.Add(time.Duration(n.rng.Int64N(int64(n.Faults.Jitter))))
		}
		n.seq++
		heap.Push(&n.queue, delivery{at: at, seq: n.seq, from: from, to: to, data: data})
	}
}

// Run lets time pass until nothing is left to happen before end.
func (n *Net) Run(end time.Time) {
	for {
		next := end
		var node Node
		for _, o := range n.order {
			if d := o.Deadline(); !d.IsZero() && d.Before(next) {
				next, node = d, o
			}
		}
		carries := len(n.queue) > 0 && !n.queue[0].at.After(next)
		if carries {
			next = n.queue[0].at
		}
		if n.Pass != nil && next.After(n.Now) {
			at, who := n.Pass(next)
			n.Now = at
			if who != nil {
				who.Tick(at)
				continue // it may have changed what comes next
			}
		}
		if carries {
			d := heap.Pop(&n.queue).(delivery)
			n.Now = d.at
			if n.Watch != nil {
				n.Watch(Sent{At: n.Now, From: d.from, To: d.to, Data: d.data}, true)
			}
			if to := n.nodes[d.to]; to != nil {
				to.Receive(n.Now, d.from, d.data)
			}
			continue
		}
		if node == nil {
			n.Now = end
			return
		}
		if next.After(n.Now) {
			n.Now = next
		}
		node.Tick(n.Now)
	}
}

type delivery struct {
	at       time.Time
	seq      int
	from, to netip.AddrPort
	data     []byte
}

type deliveries []delivery

func (d deliveries) Len() int { return len(d) }
func (d deliveries) Less(i, j int) bool {
	if d[i].at.Equal(d[j].at) {
		return d[i].seq < d[j].seq
	}
	return d[i].at.Before(d[j].at)
}
func (d deliveries) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *deliveries) Push(x any)   { *d = append(*d, x.(delivery)) }
func (d *deliveries) Pop() any {
	last := len(*d) - 1
	x := (*d)[last]
	*d = (*d)[:last]
	return x
}
