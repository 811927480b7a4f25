//go:build linux && !portable

package wire

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// RFC 3581 section 4: a response "MUST be sent from the same IP address and
// port on which the request was received". A socket for all addresses of the
// machine leaves the choice to the system, which may take another one where
// there are several; so it remembers by which address it is known to whom.

// mostSources is how many peers are remembered that know another address of
// ours than the system would choose.
const mostSources = 16 << 10

// A control is room for one control message with packet information.
type control [8]uint64

// sources are the addresses of ours by which peers know a socket for all addresses.
type sources struct {
	wild  bool       // the socket is for all addresses
	usual netip.Addr // what the system chooses
	by    map[netip.AddrPort]netip.Addr
	in    [udpBatch]control
	out   [udpBatch]control
}

// wantSources asks the system to tell which address a datagram came to.
func wantSources(fd int, v4 bool) error {
	if v4 {
		return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
	}
	return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
}

// arm makes room for what the system tells.
func (c *sources) arm(i int, h *unix.Msghdr) {
	h.Control = (*byte)(unsafe.Pointer(&c.in[i]))
	h.SetControllen(int(unsafe.Sizeof(c.in[i])))
}

// note remembers which address of ours a peer has sent to.
func (c *sources) note(peer netip.AddrPort, h *unix.Msghdr) {
	to, ok := arrivedAt(h)
	switch {
	case !ok:
	case to == c.usual:
		delete(c.by, peer)
	default:
		if c.by == nil {
			c.by = make(map[netip.AddrPort]netip.Addr)
		}
		if len(c.by) >= mostSources {
			for other := range c.by {
				delete(c.by, other)
				break
			}
		}
		c.by[peer] = to
	}
}

// arrivedAt reads which address of ours a datagram came to.
func arrivedAt(h *unix.Msghdr) (netip.Addr, bool) {
	if h.Controllen < unix.SizeofCmsghdr {
		return netip.Addr{}, false
	}
	c := (*unix.Cmsghdr)(unsafe.Pointer(h.Control))
	data := unsafe.Add(unsafe.Pointer(h.Control), unix.CmsgLen(0))
	switch {
	case c.Level == unix.IPPROTO_IP && c.Type == unix.IP_PKTINFO:
		return netip.AddrFrom4((*unix.Inet4Pktinfo)(data).Spec_dst), true
	case c.Level == unix.IPPROTO_IPV6 && c.Type == unix.IPV6_PKTINFO:
		a := netip.AddrFrom16((*unix.Inet6Pktinfo)(data).Addr)
		// Of these the system chooses by the interface, which the peer's zone tells.
		return a, !a.IsLinkLocalUnicast() && !a.IsMulticast()
	}
	return netip.Addr{}, false
}

// choose tells the system which address a datagram shall come from.
func (c *sources) choose(i int, peer netip.AddrPort, h *unix.Msghdr) {
	h.Control = nil
	h.SetControllen(0)
	from, ok := c.by[peer]
	if !ok {
		return
	}
	head := (*unix.Cmsghdr)(unsafe.Pointer(&c.out[i]))
	data := unsafe.Add(unsafe.Pointer(head), unix.CmsgLen(0))
	size := unix.SizeofInet4Pktinfo
	if from.Is4() {
		head.Level, head.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
		*(*unix.Inet4Pktinfo)(data) = unix.Inet4Pktinfo{Spec_dst: from.As4()}
	} else {
		size = unix.SizeofInet6Pktinfo
		head.Level, head.Type = unix.IPPROTO_IPV6, unix.IPV6_PKTINFO
		*(*unix.Inet6Pktinfo)(data) = unix.Inet6Pktinfo{Addr: from.As16()}
	}
	head.SetLen(unix.CmsgLen(size))
	h.Control = (*byte)(unsafe.Pointer(head))
	h.SetControllen(unix.CmsgSpace(size))
}
