package wire

import (
	"errors"
	"io"
	"net"
	"time"

	"onhook/sip"
)

// readSize is the buffer of a connection that is being read.
const readSize = 4 << 10

// crlf answers a ping (RFC 5626 section 4.4.1).
var crlf = []byte("\r\n")

// reading is the state of the goroutine that reads a connection.
type reading struct {
	*stream
	framer framer
	batch  []Packet
	limit  time.Time // for the message that is not whole yet; zero: none is begun
}

// read hands over messages until the connection ends, and returns why it did.
func (s *stream) read() error {
	limits := &s.streams.limits
	r := reading{stream: s, framer: s.layer.framer()}
	if s.inbound {
		r.limit = time.Now().Add(limits.FirstMessage)
	}
	first := s.inbound
	buf := make([]byte, readSize)
	for {
		deadline := r.limit
		if deadline.IsZero() {
			deadline = time.Now().Add(limits.Idle)
		}
		if err := s.conn.SetReadDeadline(deadline); err != nil {
			return err
		}
		n, err := s.conn.Read(buf)
		if n > 0 {
			r.busy.Store(true)
			whole, ferr := r.cut(buf[:n])
			r.busy.Store(false)
			if ferr != nil {
				return ferr
			}
			if whole {
				first = false
			}
			switch {
			case first:
			case r.framer.Buffered() < len("\r\n\r\n"):
				r.limit = time.Time{} // nothing, or half a ping, which may stay half for long
			case whole || r.limit.IsZero():
				r.limit = time.Now().Add(limits.Message)
			}
		}
		if err != nil {
			return err
		}
	}
}

// cut takes what was read; whole tells whether it completed a message.
func (r *reading) cut(data []byte) (whole bool, err error) {
	r.framer.Feed(data)
	for {
		msg, kind, err := r.framer.Next()
		if err != nil {
			if herr := r.handOver(); herr != nil {
				return false, herr
			}
			r.refuse(msg, err)
			return false, err
		}
		switch kind {
		case sip.FrameNone:
			return whole, r.handOver()
		case sip.FrameMessage:
			whole = true
			r.batch = append(r.batch, Packet{r.flow, append([]byte(nil), msg...)})
			r.mu.Lock()
			if isRequest(msg) {
				r.pending++
			} else {
				r.asked.received(msg)
			}
			r.mu.Unlock()
		case sip.FramePing:
			if err := r.send(crlf, 0, false); err != nil {
				return whole, err
			}
		}
	}
}

// handOver gives the batch to the handler. While the handler has no room the
// connection is not read, so that the peer's own sending comes to a halt.
func (r *reading) handOver() error {
	if len(r.batch) == 0 {
		return nil
	}
	size := 0
	for i := range r.batch {
		size += len(r.batch[i].Data)
	}
	const shortest, longest = 5 * time.Millisecond, 200 * time.Millisecond
	for pause := shortest; !r.streams.wire.handler.Packets(r.batch); pause = min(2*pause, longest) {
		select {
		case <-r.over:
			return net.ErrClosed
		case <-time.After(pause):
		}
	}
	r.streams.wire.count.packetsIn.Add(uint64(len(r.batch)))
	r.streams.wire.count.bytesIn.Add(uint64(size))
	clear(r.batch)
	r.batch = r.batch[:0]
	return nil
}

// refuse answers a request whose head can be read though its end cannot be
// found, before the connection is closed (RFC 3261 section 18.3).
func (r *reading) refuse(head []byte, err error) {
	var bad *sip.ParseError
	if len(head) == 0 || !errors.As(err, &bad) || !isRequest(head) {
		return
	}
	if reply := refusal(head, bad); reply != nil {
		_ = r.send(reply, 0, false) // the connection is about to be closed in any case
		r.drain()
	}
}

// drain reads and forgets what the peer has sent already: closing a connection
// with unread bytes would take the answer away from the peer.
func (r *reading) drain() {
	const most, longest = 256 << 10, 500 * time.Millisecond
	if r.conn.SetReadDeadline(time.Now().Add(longest)) == nil {
		_, _ = io.CopyN(io.Discard, r.conn, most) // whatever ends it, the connection is closed next
	}
}

// refusal is the response to a request of which only the head is known.
func refusal(head []byte, bad *sip.ParseError) []byte {
	m, err := sip.Parse(head)
	if m == nil || !m.IsRequest() || err != nil && m.CallID() == "" {
		return nil
	}
	reply := sip.Message{Status: bad.Code, Phrase: phrase(bad.Code)}
	// RFC 3261 section 8.2.6.2: From, Call-ID, CSeq, Via and To are those of the request.
	for _, h := range m.Headers {
		switch h.ID {
		case sip.HVia, sip.HFrom, sip.HTo, sip.HCallID, sip.HCSeq:
			reply.Add(h.ID, sip.CleanValue(h.Value))
		}
	}
	return reply.Append(nil)
}

func phrase(code int) string {
	switch code {
	case 413:
		return "Request Entity Too Large"
	case 414:
		return "Request-URI Too Long"
	case 505:
		return "Version Not Supported"
	case 513:
		return "Message Too Large"
	}
	return "Bad Request"
}
