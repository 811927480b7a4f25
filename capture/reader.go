package capture

import (
	"io"
	"time"
)

// Options are the bounds of a Reader. The zero value stands for the defaults,
// with which it keeps under 100 MB whatever the file holds.
type Options struct {
	Streams   int           // TCP connections followed at once; the longest idle goes. Default 20,000
	Held      int           // bytes kept of streams and fragments that wait for what is missing. Default 48 MiB
	Patience  time.Duration // how long, in the capture's time, a segment that nobody acknowledged is waited for. Default 30 s
	Fragments time.Duration // the same for the fragments of a datagram. Default 5 s
}

func (o Options) withDefaults() Options {
	if o.Streams <= 0 {
		o.Streams = 20_000
	}
	if o.Held <= 0 {
		o.Held = 48 << 20
	}
	if o.Patience <= 0 {
		o.Patience = 30 * time.Second
	}
	if o.Fragments <= 0 {
		o.Fragments = 5 * time.Second
	}
	return o
}

// Stats counts what a Reader has seen.
type Stats struct {
	Packets    uint64
	Bytes      uint64 // of packets, as captured
	SIP        uint64 // messages
	RTP        uint64 // RTP and RTCP packets
	KeepAlives uint64 // CR LF and the like where SIP is expected
	Closed     uint64
	Gaps       uint64
	Malformed  uint64 // packets whose headers contradict themselves
	Fragments  uint64 // IP fragments
	Segments   uint64 // TCP segments with data
	Evicted    uint64 // TCP connections and datagrams given up for want of room
	First      time.Time
	Last       time.Time
}

// A Reader is a Source that reads a capture file: pcap or pcapng, plain or in
// gzip. It reads only forward, so that a pipe serves as well.
type Reader struct {
	file container
	dec  decoder
	out  items
	end  error // io.EOF or what the input says
}

// NewReader tells the format by the first bytes of r. The error says what r
// holds if it is no capture.
func NewReader(r io.Reader, o Options) (*Reader, error) {
	file, err := open(r)
	if err != nil {
		return nil, err
	}
	c := &Reader{file: file}
	c.dec.init(o.withDefaults(), &c.out)
	return c, nil
}

// Next returns the next item, io.EOF after the last one. Another error is what
// reading the input gave; it repeats.
func (r *Reader) Next() (Item, error) {
	for {
		if it, ok := r.out.pop(); ok {
			return it, nil
		}
		if r.end != nil {
			return Item{}, r.end
		}
		f, err := r.file.next(&r.out)
		switch {
		case err != nil:
			r.dec.flush()
			r.end = err
		case f.data != nil:
			r.dec.frame(&f)
		}
	}
}

// Stats returns what has been counted until now.
func (r *Reader) Stats() Stats { return r.dec.stats }
