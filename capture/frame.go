package capture

import (
	"encoding/binary"
	"net/netip"

	"onhook/sip"
)

// A segmentHead is what a TCP header says besides the ports; flags 0: it is UDP.
type segmentHead struct {
	seq, ack uint32
	flags    byte
}

// connect finds the connection of a record, or writes its handshake.
func (c *Writer) connect(r *Record) (conn *written, dir int) {
	k, dir := keyOf(r.Src, r.Dst)
	if conn := c.conns[k]; conn != nil {
		return conn, dir
	}
	if len(c.order) >= maxWritten {
		delete(c.conns, c.order[0])
		c.order = c.order[1:]
	}
	// Who opened it is not known: a server's port is mostly the lower one.
	conn = &written{next: [2]uint32{1000, 2000}, client: dir}
	if r.Dst.Port() > r.Src.Port() {
		conn.client = 1 - dir
	}
	c.conns[k] = conn
	c.order = append(c.order, k)
	there := Record{At: r.At, Transport: r.Transport, Src: k.from(conn.client), Dst: k.from(1 - conn.client)}
	back := Record{At: r.At, Transport: r.Transport, Src: there.Dst, Dst: there.Src}
	client, server := &conn.next[conn.client], &conn.next[1-conn.client]
	c.packet(&there, segmentHead{*client, 0, flagSYN}, "")
	*client++
	c.packet(&back, segmentHead{*server, *client, flagSYN | flagACK}, "")
	*server++
	c.packet(&there, segmentHead{*client, *server, flagACK}, "")
	if r.Transport == sip.WS || r.Transport == sip.WSS {
		// The key and its answer are those of RFC 6455 section 1.3.
		c.data(&there, conn, conn.client, []byte("GET / HTTP/1.1\r\nHost: "+there.Dst.String()+"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n\r\n"), "")
		c.data(&back, conn, 1-conn.client, []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: sip\r\n\r\n"), "")
	}
	return conn, dir
}

// data writes a payload into a connection.
func (c *Writer) data(r *Record, conn *written, dir int, payload []byte, comment string) {
	for len(payload) > 0 {
		n := min(len(payload), maxSegment)
		part := *r
		part.Payload = payload[:n]
		c.packet(&part, segmentHead{conn.next[dir], conn.next[1-dir], 8 | flagACK}, comment)
		conn.next[dir] += uint32(n)
		payload = payload[n:]
	}
}

// webFrameHead is the head of a text frame. RFC 6455 section 5.3: a client
// masks; the mask is zero, which leaves the payload readable.
func webFrameHead(n int, client bool) []byte {
	b := []byte{0x80 | webText, 0}
	switch {
	case n < 126:
		b[1] = byte(n)
	case n <= 0xffff:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	if client {
		b[1] |= 0x80
		b = append(b, 0, 0, 0, 0)
	}
	return b
}

// packet adds one packet to the buffer, with the head of its format.
func (c *Writer) packet(r *Record, s segmentHead, comment string) {
	le := binary.LittleEndian
	begin := len(c.buf)
	nsec := r.At.UnixNano()
	if r.At.IsZero() {
		nsec = 0
	}
	if c.format == Pcap {
		c.buf = le.AppendUint32(c.buf, uint32(nsec/1e9))
		c.buf = le.AppendUint32(c.buf, uint32(nsec%1e9/1000))
		c.buf = le.AppendUint64(c.buf, 0)
		frame := len(c.buf)
		c.frame(r, s)
		size := uint32(len(c.buf) - frame)
		le.PutUint32(c.buf[begin+8:], size)
		le.PutUint32(c.buf[begin+12:], size)
		return
	}
	c.buf = le.AppendUint32(c.buf, ngEnhanced)
	c.buf = le.AppendUint64(c.buf, 0) // length, interface
	c.buf = le.AppendUint32(c.buf, uint32(uint64(nsec)>>32))
	c.buf = le.AppendUint32(c.buf, uint32(nsec))
	c.buf = le.AppendUint64(c.buf, 0)
	frame := len(c.buf)
	c.frame(r, s)
	size := uint32(len(c.buf) - frame)
	le.PutUint32(c.buf[begin+20:], size)
	le.PutUint32(c.buf[begin+24:], size)
	c.pad(frame)
	if comment != "" {
		c.buf = le.AppendUint16(c.buf, 1) // opt_comment
		c.buf = le.AppendUint16(c.buf, uint16(len(comment)))
		text := len(c.buf)
		c.buf = append(c.buf, comment...)
		c.pad(text)
		c.buf = le.AppendUint32(c.buf, 0)
	}
	all := uint32(len(c.buf) - begin + 4)
	le.PutUint32(c.buf[begin+4:], all)
	c.buf = le.AppendUint32(c.buf, all)
}

// pad fills up to four bytes what began at a place.
func (c *Writer) pad(from int) {
	for (len(c.buf)-from)%4 != 0 {
		c.buf = append(c.buf, 0)
	}
}

// frame adds Ethernet, IP, UDP or TCP, and the payload.
func (c *Writer) frame(r *Record, s segmentHead) {
	be := binary.BigEndian
	four := r.Src.Addr().Is4()
	c.buf = station(c.buf, r.Dst.Addr())
	c.buf = station(c.buf, r.Src.Addr())
	head, proto := 8, byte(protoUDP)
	if s.flags != 0 {
		head, proto = 20, protoTCP
	}
	size := head + len(r.Payload)
	if four {
		c.buf = be.AppendUint16(c.buf, etherIPv4)
		ip := len(c.buf)
		c.id++
		c.buf = append(c.buf, 0x45, 0)
		c.buf = be.AppendUint16(c.buf, uint16(20+size))
		c.buf = be.AppendUint16(c.buf, c.id)
		c.buf = append(c.buf, 0x40, 0, 64, proto, 0, 0) // do not fragment
		src, dst := r.Src.Addr().As4(), r.Dst.Addr().As4()
		c.buf = append(append(c.buf, src[:]...), dst[:]...)
		be.PutUint16(c.buf[ip+10:], ^fold(sum(0, c.buf[ip:])))
	} else {
		c.buf = be.AppendUint16(c.buf, etherIPv6)
		c.buf = append(c.buf, 0x60, 0, 0, 0)
		c.buf = be.AppendUint16(c.buf, uint16(size))
		c.buf = append(c.buf, proto, 64)
		src, dst := r.Src.Addr().As16(), r.Dst.Addr().As16()
		c.buf = append(append(c.buf, src[:]...), dst[:]...)
	}
	l4 := len(c.buf)
	c.buf = be.AppendUint16(c.buf, r.Src.Port())
	c.buf = be.AppendUint16(c.buf, r.Dst.Port())
	place := 6
	if s.flags == 0 {
		c.buf = be.AppendUint16(c.buf, uint16(size))
		c.buf = be.AppendUint16(c.buf, 0)
	} else {
		place = 16
		c.buf = be.AppendUint32(c.buf, s.seq)
		c.buf = be.AppendUint32(c.buf, s.ack)
		c.buf = append(c.buf, 5<<4, s.flags, 0xff, 0xff, 0, 0, 0, 0)
	}
	c.buf = append(c.buf, r.Payload...)
	be.PutUint16(c.buf[l4+place:], checksum(r.Src.Addr(), r.Dst.Addr(), proto, c.buf[l4:]))
}

// station makes a locally administered Ethernet address of an IP address.
func station(b []byte, a netip.Addr) []byte {
	raw := a.As16()
	return append(b, 2, 0, raw[12], raw[13], raw[14], raw[15])
}

// checksum is that of UDP and TCP over their pseudo header (RFC 768, RFC 9293
// section 3.1, RFC 8200 section 8.1). RFC 768: if the computed checksum is zero,
// it is transmitted as all ones.
func checksum(src, dst netip.Addr, proto byte, b []byte) uint16 {
	n := sumAddr(src) + sumAddr(dst)
	n += uint64(proto) + uint64(len(b))
	c := ^fold(sum(n, b))
	if c == 0 && proto == protoUDP {
		return 0xffff
	}
	return c
}

func sumAddr(a netip.Addr) uint64 {
	if a.Is4() {
		raw := a.As4()
		return sum(0, raw[:])
	}
	raw := a.As16()
	return sum(0, raw[:])
}

// sum adds up 16 bits at a time (RFC 1071).
func sum(n uint64, b []byte) uint64 {
	for len(b) >= 2 {
		n += uint64(b[0])<<8 | uint64(b[1])
		b = b[2:]
	}
	if len(b) == 1 {
		n += uint64(b[0]) << 8
	}
	return n
}

func fold(n uint64) uint16 {
	for n > 0xffff {
		n = n>>16 + n&0xffff
	}
	return uint16(n)
}
