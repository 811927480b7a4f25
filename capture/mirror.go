package capture

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	mirrorQueue    = 1 << 20         // bytes
	mirrorWait     = 5 * time.Second // for a connection, and for a write
	mirrorRetry    = time.Second     // before the second attempt; doubled up to mirrorRetryMax
	mirrorRetryMax = 30 * time.Second
)

// MirrorOptions say how a Mirror sends. The zero value stands for the defaults.
type MirrorOptions struct {
	ID    uint32 // our capture id, if an item has none
	Name  string // our node name, if an item has none
	Key   string // what the collector wants as key (chunk 0x000e)
	Queue int    // bytes that wait to be sent; beyond, packets are dropped. Default 1 MiB
}

// MirrorStats counts what a Mirror did.
type MirrorStats struct {
	Sent      uint64 // packets
	Dropped   uint64 // packets: the queue was full, or the collector was away
	Connected bool
	Error     string // the last error, empty if there was none
}

// A Mirror sends items as HEP v3 to a collector, by UDP or TCP. Send never waits:
// what the collector does not take in time is dropped and counted. It is for any
// number of goroutines.
type Mirror struct {
	o     MirrorOptions
	proto string
	host  string
	queue *queue
	quit  chan struct{}
	work  sync.WaitGroup

	mu    sync.Mutex
	buf   []byte
	stats MirrorStats
	done  bool
}

// NewMirror takes an address written as udp://host:9060 or tcp://host:9060 and
// connects to it in the background, again and again if it has to.
func NewMirror(addr string, o MirrorOptions) (*Mirror, error) {
	proto, host, ok := strings.Cut(addr, "://")
	if !ok || proto != "udp" && proto != "tcp" {
		return nil, fmt.Errorf("capture: the HEP address %q: want one like udp://host:9060 or tcp://host:9060", addr)
	}
	if _, _, err := net.SplitHostPort(host); err != nil {
		return nil, fmt.Errorf("capture: the HEP address %q: %w", addr, err)
	}
	if o.Queue <= 0 {
		o.Queue = mirrorQueue
	}
	m := &Mirror{o: o, proto: proto, host: host, queue: newQueue(o.Queue), quit: make(chan struct{})}
	m.work.Go(m.run)
	return m, nil
}

// Send queues one item of kind SIP or RTP. The item is not kept.
func (m *Mirror) Send(it *Item) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done {
		return
	}
	own := *it
	if own.Agent.ID == 0 {
		own.Agent.ID = m.o.ID
	}
	if own.Agent.Name == "" {
		own.Agent.Name = m.o.Name
	}
	b, err := AppendHEP(m.buf[:0], &own, m.o.Key)
	m.buf = b
	if err != nil {
		m.stats.Dropped++
		m.stats.Error = err.Error()
		return
	}
	if !m.queue.put(netip.AddrPort{}, time.Time{}, b, false) {
		m.stats.Dropped++
	}
}

// Stats returns what was counted until now.
func (m *Mirror) Stats() MirrorStats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stats
}

// Close sends what is queued if the collector is there, and ends.
func (m *Mirror) Close() {
	m.mu.Lock()
	if m.done {
		m.mu.Unlock()
		return
	}
	m.done = true
	m.mu.Unlock()
	close(m.quit)
	m.queue.close()
	m.work.Wait()
}

// run connects and sends, a batch at a time.
func (m *Mirror) run() {
	var c net.Conn
	var b batch
	retry := mirrorRetry
	for m.queue.take(&b) {
		for c == nil {
			var err error
			if c, err = net.DialTimeout(m.proto, m.host, mirrorWait); err == nil {
				m.count(0, 0, nil, true)
				retry = mirrorRetry
				break
			}
			c = nil
			m.count(0, 0, err, false)
			if !m.pause(retry) {
				m.count(0, len(b.parcels), nil, false)
				b.clear()
				break
			}
			retry = min(2*retry, mirrorRetryMax)
		}
		if c == nil {
			continue
		}
		sent, err := m.write(c, &b)
		alive := err == nil || m.proto == "udp"
		m.count(sent, len(b.parcels)-sent, err, alive)
		if !alive {
			c.Close()
			c = nil
		}
	}
	if c != nil {
		c.Close()
	}
}

// pause waits before the next attempt; false: all ends.
func (m *Mirror) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-m.quit:
		return false
	}
}

// write sends a batch: a datagram each, or all at once into a stream.
func (m *Mirror) write(c net.Conn, b *batch) (sent int, err error) {
	if m.proto == "tcp" {
		_ = c.SetWriteDeadline(time.Now().Add(mirrorWait))
		if _, err := c.Write(b.arena); err != nil {
			return 0, err
		}
		return len(b.parcels), nil
	}
	for _, p := range b.parcels {
		// One error of UDP is that of a datagram before: nobody listened.
		if _, failed := c.Write(b.arena[p.off:p.end]); failed != nil {
			err = failed
			continue
		}
		sent++
	}
	return sent, err
}

func (m *Mirror) count(sent, dropped int, err error, connected bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats.Sent += uint64(sent)
	m.stats.Dropped += uint64(dropped)
	m.stats.Connected = connected
	if err != nil {
		m.stats.Error = err.Error()
	}
}
