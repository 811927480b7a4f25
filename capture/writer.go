package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"onhook/sip"
)

// A Format is a format of capture files.
type Format uint8

// The formats that a Writer writes.
const (
	Pcap   Format = iota // with microseconds
	Pcapng               // with nanoseconds, and a comment on packets that were encrypted
)

// A Record is one packet to be written.
type Record struct {
	At        time.Time
	Transport sip.Transport // UDP, TCP and TLS, WS and WSS; NoTransport is written as UDP
	Src, Dst  netip.AddrPort
	Payload   []byte // of UDP at most 65,507 bytes with IPv4
}

// A Writer writes SIP messages, or other payloads of UDP, as a capture file that
// Wireshark and others open: Ethernet, IP, UDP or TCP around each payload with
// right lengths and checksums. A connection begins with its handshake, and where
// it is WebSocket with its upgrade. What was encrypted is written in clear, as
// TCP; in pcapng a comment says so.
//
// A Writer is for one goroutine. It does not buffer: give it a bufio.Writer
// where many records come.
type Writer struct {
	w      io.Writer
	format Format
	buf    []byte
	conns  map[connKey]*written
	order  []connKey // the longest known first
	id     uint16
	err    error
}

// maxWritten is how many connections a Writer numbers at once; the longest known
// goes, and begins anew if it is heard of again.
const maxWritten = 10_000

// maxSegment is the longest TCP payload in one packet, in bytes.
const maxSegment = 60_000

// A written is the state of a connection.
type written struct {
	next   [2]uint32 // the next sequence number of each end
	client int       // which end opened it
}

// NewWriter writes the header of the file.
func NewWriter(w io.Writer, f Format) (*Writer, error) {
	c := &Writer{w: w, format: f, conns: make(map[connKey]*written)}
	le := binary.LittleEndian
	switch f {
	case Pcap:
		c.buf = le.AppendUint32(c.buf, 0xa1b2c3d4)
		c.buf = le.AppendUint16(c.buf, 2)
		c.buf = le.AppendUint16(c.buf, 4)
		c.buf = le.AppendUint64(c.buf, 0) // time zone and accuracy
		c.buf = le.AppendUint32(c.buf, maxPacket)
		c.buf = le.AppendUint32(c.buf, linkEthernet)
	case Pcapng:
		c.sectionHead()
	default:
		return nil, fmt.Errorf("capture: format %d: want Pcap or Pcapng", f)
	}
	return c, c.flush()
}

// sectionHead is a section of unknown length with one interface that counts
// nanoseconds.
func (c *Writer) sectionHead() {
	le := binary.LittleEndian
	b := c.buf
	b = le.AppendUint32(b, ngSection)
	b = le.AppendUint32(b, 28)
	b = le.AppendUint32(b, ngMagic)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint64(b, ^uint64(0))
	b = le.AppendUint32(b, 28)
	b = le.AppendUint32(b, ngInterface)
	b = le.AppendUint32(b, 32)
	b = le.AppendUint16(b, linkEthernet)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint32(b, maxPacket)
	b = le.AppendUint16(b, 9) // if_tsresol
	b = le.AppendUint16(b, 1)
	b = append(b, 9, 0, 0, 0)
	b = le.AppendUint32(b, 0) // end of options
	c.buf = le.AppendUint32(b, 32)
}

func (c *Writer) flush() error {
	if c.err != nil {
		return c.err
	}
	_, c.err = c.w.Write(c.buf)
	c.buf = c.buf[:0]
	return c.err
}

// Write writes one record. An error of the writer below repeats; a record that
// cannot be written (no address, too long) leaves the file as it was.
func (c *Writer) Write(r Record) error {
	if !r.Src.Addr().IsValid() || !r.Dst.Addr().IsValid() {
		return errors.New("capture: a record without a source or destination address")
	}
	r.Src, r.Dst = pair(r.Src, r.Dst)
	switch r.Transport {
	case sip.NoTransport, sip.UDP:
		most := 65535 - 8
		if r.Src.Addr().Is4() {
			most -= 20
		}
		if len(r.Payload) > most {
			return fmt.Errorf("capture: a UDP payload of %d bytes: at most %d", len(r.Payload), most)
		}
		c.packet(&r, segmentHead{}, "")
	case sip.TCP, sip.TLS:
		comment := ""
		if r.Transport == sip.TLS {
			comment = "sent by TLS, written in clear"
		}
		conn, dir := c.connect(&r)
		c.data(&r, conn, dir, r.Payload, comment)
	case sip.WS, sip.WSS:
		comment := ""
		if r.Transport == sip.WSS {
			comment = "sent by TLS, written in clear"
		}
		conn, dir := c.connect(&r)
		head := webFrameHead(len(r.Payload), dir == conn.client)
		c.data(&r, conn, dir, append(head, r.Payload...), comment)
	default:
		return fmt.Errorf("capture: transport %d: want UDP, TCP, TLS, WS or WSS", r.Transport)
	}
	return c.flush()
}

// pair makes two addresses of one family: an IPv4 address that meets an IPv6 one
// is written as mapped.
func pair(a, b netip.AddrPort) (netip.AddrPort, netip.AddrPort) {
	x, y := a.Addr().Unmap().WithZone(""), b.Addr().Unmap().WithZone("")
	if x.Is4() != y.Is4() {
		x, y = netip.AddrFrom16(x.As16()), netip.AddrFrom16(y.As16())
	}
	return netip.AddrPortFrom(x, a.Port()), netip.AddrPortFrom(y, b.Port())
}
