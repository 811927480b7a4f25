package analyse

import "sync/atomic"

// A backend makes the records of calls that were taken out, on the goroutine
// of Take or on one of its own: folding is half of the work, and a call that
// was taken out is nobody else's.
type backend struct {
	opt   Options
	emit  func(*Call)
	batch []job
	in    chan []job
	done  chan struct{}
	count atomic.Uint64
	build builder
	last  int64 // when what had gathered was handed over
}

// A job is a call to be finished, with the gaps of the capture since it began.
type job struct {
	call *open
	gaps []gap
}

// batchSize is how many calls go over at once: a hand-over costs more than a call.
const batchSize = 32

func newBackend(opt Options, emit func(*Call)) *backend {
	b := &backend{opt: opt, emit: emit}
	if opt.Parallel {
		b.in = make(chan []job, 8)
		b.done = make(chan struct{})
		go b.run()
	}
	return b
}

func (b *backend) run() {
	defer close(b.done)
	for jobs := range b.in {
		for _, j := range jobs {
			b.finish(j)
		}
	}
}

func (b *backend) take(c *open, gaps []gap) {
	j := job{c, append([]gap(nil), gaps...)}
	if b.in == nil {
		b.finish(j)
		return
	}
	if b.batch == nil {
		b.batch = make([]job, 0, batchSize)
	}
	if b.batch = append(b.batch, j); len(b.batch) == batchSize {
		b.flush()
	}
}

// flush hands over what has gathered.
func (b *backend) flush() {
	if b.in != nil && len(b.batch) > 0 {
		b.in <- b.batch
		b.batch = nil
	}
}

// flushAfter hands over what has gathered for a second of the capture.
func (b *backend) flushAfter(now int64) {
	if len(b.batch) > 0 && now-b.last > 1e9 {
		b.last = now
		b.flush()
	}
}

// wait returns when all calls have been handed out; none may come after.
func (b *backend) wait() {
	if b.in == nil {
		return
	}
	b.flush()
	close(b.in)
	<-b.done
	b.in = nil
}

func (b *backend) handed() uint64 { return b.count.Load() }

func (b *backend) finish(j job) {
	c := b.build.call(&b.opt, j)
	if c == nil {
		return
	}
	b.count.Add(1)
	b.emit(c)
}
