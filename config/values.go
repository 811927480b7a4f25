package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// A Secret is a password. It prints as [secret] wherever it is printed; the
// password itself is string(s).
type Secret string

// String hides the password.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[secret]"
}

// GoString hides the password from %#v too.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText hides the password from JSON and YAML too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Hash is a hash in hexadecimal digits, as secret as a password.
type Hash = Secret

// A Listen is a place where SIP is heard.
type Listen struct {
	Transport string // udp or tcp
	Addr      netip.AddrPort
}

// String writes it as it stands in the file.
func (l Listen) String() string { return l.Transport + "://" + l.Addr.String() }

func parseListen(s string) (Listen, error) {
	scheme, rest, found := strings.Cut(s, "://")
	if !found {
		return Listen{}, errors.New("it has no ://")
	}
	switch scheme {
	case "udp", "tcp":
	case "tls", "ws", "wss":
		return Listen{}, fmt.Errorf("%s: is %w", scheme, errLater)
	default:
		return Listen{}, fmt.Errorf("there is no transport %q", scheme)
	}
	addr, err := netip.ParseAddrPort(rest)
	if err != nil {
		return Listen{}, errors.New("after :// comes an IP address and a port")
	}
	return Listen{scheme, addr}, nil
}

// Ports is a range of ports, both ends within it.
type Ports struct{ First, Last uint16 }

// String writes it as it stands in the file.
func (p Ports) String() string { return fmt.Sprintf("%d-%d", p.First, p.Last) }

func parsePorts(s string) (Ports, error) {
	first, last, found := strings.Cut(s, "-")
	a, errA := strconv.ParseUint(strings.TrimSpace(first), 10, 16)
	b, errB := strconv.ParseUint(strings.TrimSpace(last), 10, 16)
	switch {
	case !found || errA != nil || errB != nil:
		return Ports{}, errors.New("a port is a number from 1024 to 65535")
	case a < 1024:
		return Ports{}, errors.New("ports below 1024 belong to the system")
	case a > b:
		return Ports{}, errors.New("the first port is above the last")
	case b-a < 3:
		return Ports{}, errors.New("a call with audio needs four ports")
	}
	return Ports{uint16(a), uint16(b)}, nil
}

// A Size is a number of bytes.
type Size int64

// sizeUnits go from the largest down, so that String finds the largest that fits.
var sizeUnits = []struct {
	name string
	size Size
}{
	{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"B", 1},
}

// String writes it with the largest unit that leaves a whole number.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s != 0 && s%u.size == 0 {
			return fmt.Sprintf("%d%s", s/u.size, u.name)
		}
	}
	return "0"
}

func parseSize(s string) (Size, error) {
	if s == "0" {
		return 0, nil
	}
	for _, u := range sizeUnits {
		number, found := strings.CutSuffix(s, u.name)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(number), 10, 63)
		if err != nil || n > uint64(1<<62)/uint64(u.size) {
			return 0, errors.New("before the unit comes a whole number")
		}
		return Size(n) * u.size, nil
	}
	return 0, errors.New("it has no unit")
}

// A HostPort is a host with or without a port. IPv6 addresses stand in brackets.
type HostPort struct {
	Host string // a name, an IPv4 address, or an IPv6 address without its brackets
	Port uint16 // 0: none given
}

// String writes it as it stands in the file, empty if there is none.
func (h HostPort) String() string {
	host := h.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if h.Port == 0 {
		return host
	}
	return host + ":" + strconv.Itoa(int(h.Port))
}

func parseHostPort(s string) (HostPort, error) {
	host, port, found := s, "", false
	if inner, ok := strings.CutPrefix(s, "["); ok {
		var rest string
		if host, rest, ok = strings.Cut(inner, "]"); !ok {
			return HostPort{}, errors.New("the bracket is not closed")
		}
		addr, err := netip.ParseAddr(host)
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return HostPort{}, errors.New("in brackets stands an IPv6 address")
		}
		if host = addr.String(); rest != "" && rest[0] != ':' {
			return HostPort{}, errors.New("after the bracket comes a colon or nothing")
		}
		_, port, found = strings.Cut(rest, ":")
	} else {
		if strings.Count(s, ":") > 1 {
			return HostPort{}, errors.New("an IPv6 address stands in brackets")
		}
		host, port, found = strings.Cut(s, ":")
		if !validHost(host) {
			return HostPort{}, errors.New("a host is made of letters, digits, hyphens and dots")
		}
	}
	h := HostPort{Host: host}
	if found {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return HostPort{}, errors.New("a port is a number from 1 to 65535")
		}
		h.Port = uint16(n)
	}
	return h, nil
}

// validHost reports whether s is a host name or an IPv4 address.
func validHost(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	if strings.Trim(s, "0123456789.") == "" {
		addr, err := netip.ParseAddr(s)
		return err == nil && addr.Is4()
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
				return false
			}
		}
	}
	return true
}

// parseDuration reads Go's durations and days: 500ms, 5s, 1h30m, 90d.
func parseDuration(s string) (time.Duration, error) {
	if days, found := strings.CutSuffix(s, "d"); found {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, errors.New("before d comes a whole number of days")
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, errors.New("a duration is a number with a unit")
	}
	if d < 0 {
		return 0, errors.New("it is below zero")
	}
	return d, nil
}

// parsePrefix reads a network or a single address; an IPv4 address inside IPv6 is
// folded into IPv4, as the addresses of packets are.
func parsePrefix(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		addr, err := netip.ParseAddr(s)
		if err != nil || addr.Zone() != "" {
			return netip.Prefix{}, errors.New("it is no IP address")
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, errors.New("it is no network")
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("the network is %s", p.Masked())
	}
	return p, nil
}

func parseAddr(s string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" || addr.IsUnspecified() {
		return netip.Addr{}, errors.New("it is no IP address that others could send to")
	}
	return addr.Unmap(), nil
}

func parseHash(s string, digits int) error {
	if _, err := hex.DecodeString(s); err != nil || len(s) != digits {
		return fmt.Errorf("it must be %d hexadecimal digits", digits)
	}
	return nil
}
