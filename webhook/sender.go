package webhook

import (
	"context"
	"database/sql"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Options are what a Sender is made of.
type Options struct {
	Path     string          // of its file
	Schedule []time.Duration // how long before each try; nil: Schedule
	Timeout  time.Duration   // of a request; 0: 15 s
	Parallel int             // requests at once to an endpoint, each of another key; 0: 4
	Room     int             // messages that may wait for an endpoint; 0: 100,000
	Keep     time.Duration   // how long the log of deliveries is kept; 0: 7 days
	Agent    string          // User-Agent
	Log      *slog.Logger
	Now      func() time.Time // nil: the system's
}

// Schedule returns how long is waited before each try: together more than 27 h.
func Schedule() []time.Duration {
	return []time.Duration{0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour}
}

// A Message is one thing that endpoints are told.
type Message struct {
	ID   string // the same whenever it is sent; no other has it
	Type string // call.ended
	Key  string // messages of one key are delivered in order
	At   time.Time
	Body []byte // JSON; not changed afterwards
}

// mostUnwritten bounds the bytes that wait to be written to the file.
const mostUnwritten = 32 << 20

// upkeepEvery is how often the file is relieved of what has expired.
const upkeepEvery = time.Minute

// A work is something to be written, in order with all other.
type work struct {
	do     func(*sql.Tx) error
	done   func(error) // after the commit; nil: nobody waits
	weight int
}

// A Sender delivers messages. All methods may be called from any goroutine.
type Sender struct {
	opt Options
	db  *database

	mu        sync.Mutex // of what is below; never held while something is written or sent
	lanes     map[string]*lane
	order     []string
	unwritten int
	lost      uint64
	works     []work
	closed    bool

	change sync.Mutex // of endpoints: one change at a time
	wake   chan struct{}
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	wrote  chan struct{} // closed when the writer has ended
}

// Open reads the file and goes on with what was not delivered.
func Open(o Options) (*Sender, error) {
	if o.Schedule == nil {
		o.Schedule = Schedule()
	}
	if o.Timeout == 0 {
		o.Timeout = 15 * time.Second
	}
	if o.Parallel == 0 {
		o.Parallel = 4
	}
	if o.Room == 0 {
		o.Room = 100_000
	}
	if o.Keep == 0 {
		o.Keep = 7 * 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	db, err := openDatabase(o.Path)
	if err != nil {
		return nil, err
	}
	s := &Sender{opt: o, db: db, lanes: map[string]*lane{}, wake: make(chan struct{}, 1), wrote: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	list, err := db.endpoints()
	for i := range list {
		if err == nil {
			err = s.begin(list[i])
		}
	}
	go s.writer()
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close ends all requests; what is not delivered is the next Sender's.
func (s *Sender) Close() error {
	s.cancel()
	s.wg.Wait() // nobody reports results any more
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	s.signal()
	<-s.wrote
	if !first {
		return nil
	}
	return s.db.close()
}

// Wants tells whether any endpoint is to get messages of a type: if not, none need be made.
func (s *Sender) Wants(kind string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lanes {
		if l.wants(kind) {
			return true
		}
	}
	return false
}

// Lost is how many messages came faster than they could be written, or could not be written.
func (s *Sender) Lost() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// Send has a message delivered to all endpoints that want it. It never blocks.
func (s *Sender) Send(m Message) {
	var seq int64
	var to []string
	var lanes []*lane
	s.put(work{
		weight: len(m.Body) + 256,
		do: func(tx *sql.Tx) (err error) {
			to, lanes = s.wanting(m.Type)
			if len(to) > 0 {
				seq, err = addMessage(tx, &m, to)
			}
			return err
		},
		done: func(err error) {
			if err != nil {
				s.lose()
				return
			}
			for _, l := range lanes {
				l.add(m.Key, entry{seq: seq, next: m.At})
			}
		},
	})
}

func (s *Sender) lose() {
	s.mu.Lock()
	s.lost++
	s.mu.Unlock()
}

// wanting are the endpoints that want a message of a type and have room for it.
func (s *Sender) wanting(kind string) (names []string, lanes []*lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range s.order {
		if l := s.lanes[name]; l.wants(kind) && l.room(s.opt.Room) {
			names, lanes = append(names, name), append(lanes, l)
		}
	}
	return names, lanes
}

// put has something written. What carries a message is dropped if too much waits.
func (s *Sender) put(w work) {
	s.mu.Lock()
	switch {
	case s.closed:
		s.mu.Unlock()
		if w.done != nil {
			w.done(ErrClosed)
		}
		return
	case w.weight > 0 && s.unwritten+w.weight > mostUnwritten:
		s.lost++
		s.mu.Unlock()
		return
	}
	s.works = append(s.works, w)
	s.unwritten += w.weight
	s.mu.Unlock()
	s.signal()
}

func (s *Sender) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// do has something written and waits for it.
func (s *Sender) do(f func(*sql.Tx) error) error {
	done := make(chan error, 1)
	s.put(work{do: f, done: func(err error) { done <- err }})
	return <-done
}

// writer writes what waits, all of it in one transaction.
func (s *Sender) writer() {
	defer close(s.wrote)
	upkeep := time.NewTicker(upkeepEvery)
	defer upkeep.Stop()
	for {
		select {
		case <-s.wake:
		case <-upkeep.C:
			before := s.opt.Now().Add(-s.opt.Keep)
			s.put(work{do: func(tx *sql.Tx) error { return expire(tx, before) }})
		}
		s.mu.Lock()
		batch, closed := s.works, s.closed
		s.works, s.unwritten = nil, 0
		s.mu.Unlock()
		s.commit(batch)
		if closed {
			return
		}
	}
}

// commit writes a batch; if that fails each alone, so that one that cannot be
// written takes no other with it.
func (s *Sender) commit(batch []work) {
	for part := range slices.Chunk(batch, 512) {
		err := s.db.transact(func(tx *sql.Tx) error {
			for i := range part {
				if err := part[i].do(tx); err != nil {
					return err
				}
			}
			return nil
		})
		for i := range part {
			w := &part[i]
			if err != nil {
				s.finish(w, s.db.transact(w.do))
				continue
			}
			s.finish(w, nil)
		}
	}
}

func (s *Sender) finish(w *work, err error) {
	if err != nil && s.opt.Log != nil {
		s.opt.Log.Error("webhooks: not written", "err", err)
	}
	if w.done != nil {
		w.done(err)
	}
}
