package wire

import "onhook/sip"

// A Packet is one datagram, or one message framed from a stream.
type Packet struct {
	Flow sip.Flow
	Data []byte // the receiver's own: it may be kept, though not be appended to
}

// A Handler takes what a Wire has to tell. Its methods are called from the
// Wire's goroutines and from within Send and Flush; they must not block.
type Handler interface {
	// Packets takes a batch in the order of arrival; the slice itself is used
	// again after the call. It reports false if there is no room: datagrams are
	// then lost and counted, of a stream the batch is offered again later.
	Packets(batch []Packet) bool
	// FlowDown tells that a stream has ended, after everything that was read
	// from it was handed over. A stream that could not be opened is told by
	// SendFailed alone.
	FlowDown(flow sip.Flow, err error)
	// SendFailed tells that the message sent with ref did not reach the peer:
	// refused by the system, by the peer's (ICMP), or left over when a stream
	// broke. A request that was sent without Conn fails also when its stream
	// ends before its final response. Ref is 0 where an ICMP message does not
	// tell which message it is about.
	SendFailed(flow sip.Flow, ref uint64, err error)
}
