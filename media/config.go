package media

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// A LegID names a leg. It is the caller's to choose.
type LegID uint64

// What can go wrong with a call of the engine's methods.
var (
	ErrNoPorts   = errors.New("media: no free pair of RTP ports in the configured range")
	ErrNoSockets = errors.New("media: no file descriptors are left for more sockets")
	ErrNoLeg     = errors.New("media: no such leg")
	ErrLegUsed   = errors.New("media: a leg of this id is already open")
	ErrFamily    = errors.New("media: no local address of this family")
	ErrStopped   = errors.New("media: the engine is stopped")
)

// Options are the settings of an Engine. The zero value of a field takes the default named with it.
type Options struct {
	// Bind4 and Bind6 are the local addresses of the sockets; unspecified means all of the family, invalid means none of that family. At
	// least one must be given.
	Bind4, Bind6 netip.Addr
	// Ports is the range, both ends included: RTP on even ports, RTCP on the odd one above (RFC 3550 section 11). Default 10000 to 20000.
	Ports [2]uint16
	// Descriptors is asked before the two sockets of a leg are opened: false means that the process has no file descriptors for them, ErrNoSockets.
	// Descriptors(false) tells that they are closed. Must not block. Nil: there is always room.
	Descriptors func(open bool) bool
	// Workers is the most goroutines that move packets; each begins when those before it are full. Default 1.
	Workers int
	// Timeout is the silence of RTP and RTCP together after which RTPTimeout is reported. Default 60 s; negative means never.
	Timeout time.Duration
	// OneWayAfter is how long a leg may be without sound before OneWay is reported. Default 5 s; negative means never.
	OneWayAfter time.Duration
	// DSCP marks packets out; default 46, expedited forwarding; negative leaves the system's choice. Not available everywhere.
	DSCP int
	// Notify is called when events become pending. It must not block, nor call the engine.
	Notify func()
	// Alone is called, once by a worker, when packets come so fast that it pauses between batches while the Go scheduler has one processor only.
	// A pause has to be told to the scheduler then, which costs twice as much a packet as a second processor does, even on the same core: the
	// owner of the process may give one. Must not block. Nil: nobody is told.
	Alone func()
	// Rand gives 64 random bits; needed, as SSRC and first numbers must not be guessed (RFC 3550 section 5.1).
	Rand func() uint64
	// Now is the clock, by default time.Now.
	Now func() time.Time
}

func (o *Options) fill() error {
	if !o.Bind4.IsValid() && !o.Bind6.IsValid() {
		return errors.New("media: Options: neither Bind4 nor Bind6 is given, want at least one local address")
	}
	if o.Bind4.IsValid() && !o.Bind4.Is4() {
		return fmt.Errorf("media: Options.Bind4: got %v, want an IPv4 address", o.Bind4)
	}
	if o.Bind6.IsValid() && (!o.Bind6.Is6() || o.Bind6.Is4In6()) {
		return fmt.Errorf("media: Options.Bind6: got %v, want an IPv6 address", o.Bind6)
	}
	if o.Ports == [2]uint16{} {
		o.Ports = [2]uint16{10000, 20000}
	}
	if (o.Ports[0]+1)&^1 == 0 || o.Ports[1] <= (o.Ports[0]+1)&^1 {
		return fmt.Errorf("media: Options.Ports: got %d to %d, want a range with an even port and the odd one above it", o.Ports[0], o.Ports[1])
	}
	if o.Rand == nil {
		return errors.New("media: Options.Rand is not given")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Descriptors == nil {
		o.Descriptors = func(bool) bool { return true }
	}
	if o.Notify == nil {
		o.Notify = func() {}
	}
	o.Workers = max(o.Workers, 1)
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.OneWayAfter == 0 {
		o.OneWayAfter = 5 * time.Second
	}
	if o.DSCP == 0 {
		o.DSCP = 46
	}
	return nil
}

// A Config is what signalling decided about a leg.
type Config struct {
	// Remote is where the peer wants RTP, from its session description; zero while not known.
	Remote netip.AddrPort
	// RemoteRTCP is where it wants RTCP; zero means the port above Remote's.
	RemoteRTCP netip.AddrPort
	// Via is the address that signalling comes from; a peer behind NAT is believed from there too. Zero: unknown.
	Via netip.Addr
	// Learn says which sources are believed.
	Learn Learn
	// RTCPMux: RTCP shares the RTP port (RFC 5761).
	RTCPMux bool
	// Send and Recv: whether this leg's peer is sent to and listened to.
	Send, Recv bool
	// Codec of the leg, and PT, its payload type both ways.
	Codec Codec
	PT    uint8
	// DTMFPT is the payload type of telephone-event (RFC 4733); 0 when not agreed.
	DTMFPT uint8
	// Ptime is how much sound a packet carries that begins here; default 20 ms, at most 100 ms.
	Ptime time.Duration
	// Rate is the RTP clock of codecs with dynamic payload types, in hertz: of Pass codecs; default 8000. Static types of speech have 8000.
	Rate uint32
	// Secret: what passes is encrypted for the two parties (RFC 3711). It is relayed as it is: nothing of it is changed or heard, and nothing
	// can be said in it.
	Secret bool
	// Tones: keys that come as sound are looked for while the leg ends here, for peers without telephone-event. G.711 only.
	Tones bool
	// OnHold: silence is expected (held, or not answered yet), so there is no timeout and no one-way finding.
	OnHold bool
}

// firstDynamic is the first payload type whose meaning is agreed on in each call (RFC 3551 section 6).
const firstDynamic = 96

// rateOf is the RTP clock of a packet, in hertz.
func (c *Config) rateOf(pt uint8) uint32 {
	if pt < firstDynamic {
		return clockRate
	}
	return c.Rate
}

// clockRate is the RTP clock of all that begins here, in hertz.
const clockRate = 8000

const (
	tickTime   = 20 * time.Millisecond
	tickFrames = 160
)

func (c *Config) fill(v6 bool) error {
	var err error
	if c.Remote, err = cleanAddr("Remote", c.Remote, v6); err != nil {
		return err
	}
	if c.RemoteRTCP, err = cleanAddr("RemoteRTCP", c.RemoteRTCP, v6); err != nil {
		return err
	}
	c.Via = c.Via.Unmap().WithZone("")
	if !c.RemoteRTCP.IsValid() && c.Remote.IsValid() && c.Remote.Port() < 65535 {
		// RFC 3550 section 11: RTCP goes to the port above RTP's, where nothing else is said.
		c.RemoteRTCP = netip.AddrPortFrom(c.Remote.Addr(), c.Remote.Port()+1)
	}
	if c.Codec != Pass || c.Rate == 0 {
		c.Rate = clockRate
	}
	if c.Ptime < 10*time.Millisecond || c.Ptime > 100*time.Millisecond {
		c.Ptime = tickTime
	}
	c.Ptime -= c.Ptime % (10 * time.Millisecond)
	return nil
}

// cleanAddr refuses addresses that nobody may be made to flood: multicast, broadcast, all of a host. Port 0 is no address.
func cleanAddr(what string, a netip.AddrPort, v6 bool) (netip.AddrPort, error) {
	if !a.IsValid() || a.Port() == 0 || a.Addr().IsUnspecified() {
		return netip.AddrPort{}, nil
	}
	ip := a.Addr().Unmap().WithZone("")
	if ip.Is6() != v6 {
		return netip.AddrPort{}, fmt.Errorf("media: Config.%s: got %v, which is of the other address family than the leg's sockets: %w", what, a, ErrFamily)
	}
	if ip.IsMulticast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.AddrPort{}, fmt.Errorf("media: Config.%s: got %v, want the address of one host", what, a)
	}
	return netip.AddrPortFrom(ip, a.Port()), nil
}
