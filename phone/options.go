package phone

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"onhook/sip"
)

// Options are the settings of a Phone. Only Server or Listen is needed.
type Options struct {
	User     string // the user part of our address; empty: "phone"
	Password string // answers challenges; empty: challenges are failures
	AuthUser string // the name in credentials; empty: User
	Display  string // the display name in From
	Domain   string // the host of our address; empty: Server's host
	Server   string // host or host:port that every request outside a dialog goes to; empty: where the Request-URI says

	Transport sip.Transport  // UDP or TCP; none: UDP
	Listen    netip.AddrPort // where we listen; invalid: the address that leads to Server, port chosen by the system
	T1        time.Duration  // RFC 3261's T1, the other timers in proportion; 0: 500 ms
	Expires   time.Duration  // of registrations; 0: 10 minutes

	Reliable   bool          // 100rel is offered and used (RFC 3262)
	SessionExp time.Duration // session timer asked for (RFC 4028); 0: none
	NoRinging  bool          // no 180 is sent to incoming calls until a verb says so
	Mute       bool          // no RTP is sent but what is played; else silence, as phones do
	NoMedia    bool          // session descriptions are exchanged, but no sound is
	Codecs     []string      // of PCMU and PCMA, preferred first; empty: both
	Tones      bool          // telephone-event (RFC 4733) is not agreed on: keys are sent as tones
	Ports      [2]uint16     // RTP ports, both ends included; 0: 20000 to 29999

	// OnEvent is told what happens, in order, from the phone's own goroutine: it
	// must not wait, nor call the Phone's methods.
	OnEvent func(Event)
	// Pass, if it is given, decides about each message: one that it returns false
	// for is lost, as a network might lose it. Called from the phone's goroutine.
	Pass func(sent bool, text string) bool
	// Rewrite, if it is given, may change each message just before it is sent, as
	// a program with faults would write it: the phone itself keeps what it meant.
	// Called from the phone's goroutine.
	Rewrite func(text string) string
	// Trace is given each message sent or received, likewise.
	Trace func(sent bool, flow sip.Flow, text string)
}

// Errors of a Phone's and a Call's methods.
var (
	ErrClosed  = errors.New("phone: closed")
	ErrEnded   = errors.New("phone: the call has ended")
	ErrState   = errors.New("phone: the call is not in a state for this")
	ErrNoMedia = errors.New("phone: there is no sound to do this with")
)

func (o Options) filled() (Options, error) {
	if o.User == "" {
		o.User = "phone"
	}
	if o.AuthUser == "" {
		o.AuthUser = o.User
	}
	if o.Transport == sip.NoTransport {
		o.Transport = sip.UDP
	}
	if o.Transport != sip.UDP && o.Transport != sip.TCP {
		return o, errors.New("phone: transport " + o.Transport.String() + ": want UDP or TCP")
	}
	if o.Expires <= 0 {
		o.Expires = 10 * time.Minute
	}
	if o.T1 <= 0 {
		o.T1 = 500 * time.Millisecond
	}
	if len(o.Codecs) == 0 {
		o.Codecs = []string{"PCMU", "PCMA"}
	}
	for i, c := range o.Codecs {
		o.Codecs[i] = strings.ToUpper(c)
		if _, ok := payloadTypes[o.Codecs[i]]; !ok {
			return o, errors.New("phone: codec " + strconv.Quote(c) + ": want PCMU or PCMA")
		}
	}
	if o.Ports[0] == 0 {
		o.Ports = [2]uint16{20000, 29999}
	}
	host, _, err := splitServer(o.Server)
	if err != nil {
		return o, err
	}
	if !o.Listen.IsValid() {
		if host == "" {
			return o, errors.New("phone: neither Server nor Listen is given: want one of them")
		}
		addr, err := localAddr(o.Server)
		if err != nil {
			return o, err
		}
		o.Listen = netip.AddrPortFrom(addr, 0)
	}
	if o.Domain == "" {
		if o.Domain = host; host == "" {
			o.Domain = hostText(o.Listen.Addr())
		}
	}
	return o, nil
}

// splitServer reads host or host:port; port 0 is none.
func splitServer(s string) (host string, port uint16, err error) {
	if s == "" {
		return "", 0, nil
	}
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return hostText(a), 0, nil
	}
	h, p, err := net.SplitHostPort(s)
	if err != nil {
		if strings.ContainsAny(s, ": /") {
			return "", 0, errors.New("phone: server " + strconv.Quote(s) + ": want host or host:port")
		}
		return s, 0, nil
	}
	n, err := strconv.ParseUint(p, 10, 16)
	if err != nil || h == "" {
		return "", 0, errors.New("phone: server " + strconv.Quote(s) + ": want host or host:port")
	}
	if a, err := netip.ParseAddr(h); err == nil {
		h = hostText(a)
	}
	return h, uint16(n), nil
}

// localAddr finds the address of ours that leads to the server; nothing is sent.
func localAddr(server string) (netip.Addr, error) {
	host, port, err := splitServer(server)
	if err != nil {
		return netip.Addr{}, err
	}
	if port == 0 {
		port = 5060
	}
	c, err := net.Dial("udp", net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(int(port))))
	if err != nil {
		return netip.Addr{}, err
	}
	defer c.Close()
	a, err := netip.ParseAddrPort(c.LocalAddr().String())
	return a.Addr().Unmap(), err
}

// hostText is an address as URIs spell it.
func hostText(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}
