package wire

import (
	"context"
	"net"

	"onhook/sip"
)

// A layer is what a transport puts between a TCP connection and its messages:
// nothing for TCP; a handshake for TLS; a handshake and frames for WebSocket.
type layer interface {
	// open makes a connection ready for messages, within the deadline that is
	// set on it. Each Write on what it returns is one message.
	open(ctx context.Context, c net.Conn, inbound bool) (net.Conn, error)
	// framer cuts what is read from one connection into messages.
	framer() framer
}

// A framer cuts a stream into messages; sip.Framer says how it behaves.
type framer interface {
	Feed(data []byte)
	Next() ([]byte, sip.FrameKind, error)
	Buffered() int
}

// plain is the layer of TCP.
type plain struct{}

func (plain) open(_ context.Context, c net.Conn, _ bool) (net.Conn, error) { return c, nil }

func (plain) framer() framer { return &sip.Framer{} }
