package wire

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"onhook/sip"
)

const (
	maxTargets = 32 // places to try that one name can lead to
	maxRecords = 16 // SRV records that are followed
)

// numeric answers a query whose host is an address; ok is false if it is a name.
func (r *resolver) numeric(q query) (targets []Target, ok bool, err error) {
	a, aerr := netip.ParseAddr(strings.Trim(q.host, "[]"))
	if aerr != nil {
		return nil, false, nil
	}
	// RFC 3263 section 4.1: a numeric host means UDP for sip, TLS over TCP for sips.
	t, err := r.transport(q)
	if err != nil {
		return nil, true, err
	}
	return []Target{{t, netip.AddrPortFrom(a.Unmap(), portOf(q.port, t))}}, true, nil
}

// transport is the one that the query demands, or the default where nothing else decides.
func (r *resolver) transport(q query) (sip.Transport, error) {
	t := q.transport
	switch {
	case t == sip.NoTransport && q.secure, t == sip.TCP && q.secure:
		t = sip.TLS
	case t == sip.WS && q.secure:
		t = sip.WSS
	case t == sip.NoTransport:
		t = sip.UDP
	}
	// RFC 3261 section 26.2.2: sips is never sent by UDP.
	if q.secure && t == sip.UDP || !r.supports(t) {
		return t, fmt.Errorf("%w: %s", ErrTransport, t)
	}
	return t, nil
}

// portOf is the port given, or the transport's own (RFC 3261 section 19.1.2, RFC 7118).
func portOf(port uint16, t sip.Transport) uint16 {
	switch {
	case port != 0:
		return port
	case t == sip.TLS:
		return 5061
	case t == sip.WS:
		return 80
	case t == sip.WSS:
		return 443
	}
	return 5060
}

// lookup does RFC 3263 section 4 for a name.
func (r *resolver) lookup(ctx context.Context, q query) ([]Target, error) {
	name := strings.ToLower(strings.TrimSuffix(q.host, "."))
	if _, ok := dns.IsDomainName(name); !ok || name == "" || strings.ContainsAny(name, " :/@") {
		return nil, fmt.Errorf("%w: %q", ErrBadName, q.host)
	}
	fixed, err := r.transport(q)
	if addrs := r.hosts.lookup(name); len(addrs) > 0 {
		if err != nil {
			return nil, err
		}
		return r.targets(addrs, fixed, portOf(q.port, fixed)), r.none(addrs)
	}
	switch {
	case q.port != 0:
		// Section 4.2: with a port the name is looked up as it is.
		if err != nil {
			return nil, err
		}
		return r.hostTargets(ctx, name, fixed, q.port)
	case q.transport != sip.NoTransport:
		if err != nil {
			return nil, err
		}
		return r.serviceTargets(ctx, name, fixed)
	}
	return r.anyTransport(ctx, name, q, fixed, err)
}

// anyTransport lets DNS choose the transport: NAPTR, else SRV for each transport,
// else the default (section 4.1).
func (r *resolver) anyTransport(ctx context.Context, name string, q query, fixed sip.Transport, fixedErr error) ([]Target, error) {
	services := r.naptr(ctx, name, q.secure)
	if len(services) == 0 {
		for _, t := range r.Transports {
			if !q.secure || t == sip.TLS || t == sip.WSS {
				services = append(services, service{t, srvName(name, t)})
			}
		}
	}
	found := make([]srvResult, len(services))
	var all sync.WaitGroup
	for i, s := range services {
		all.Go(func() { found[i] = r.srvTargets(ctx, s.name, s.transport) })
	}
	all.Wait()
	var targets []Target
	refused := false
	for _, f := range found {
		targets = append(targets, f.targets...)
		refused = refused || f.exists
	}
	switch {
	case len(targets) > 0:
		return targets[:min(len(targets), maxTargets)], nil
	case refused:
		// RFC 2782: records there are, and none of them leads anywhere.
		return nil, ErrNotFound
	case fixedErr != nil:
		return nil, fixedErr
	}
	return r.hostTargets(ctx, name, fixed, portOf(0, fixed))
}

// A service is a transport and the name of its SRV records.
type service struct {
	transport sip.Transport
	name      string
}

// naptr returns the services of a domain that can be used, best first.
func (r *resolver) naptr(ctx context.Context, name string, secure bool) []service {
	a, err := r.ask(ctx, name, dns.TypeNAPTR)
	if err != nil {
		return nil
	}
	records := slices.Clone(a.naptr)
	// RFC 3403 section 4.1: by order, then by preference.
	slices.SortStableFunc(records, func(a, b *dns.NAPTR) int {
		if a.Order != b.Order {
			return int(a.Order) - int(b.Order)
		}
		return int(a.Preference) - int(b.Preference)
	})
	var out []service
	for _, n := range records {
		t := naptrTransport(n.Service)
		// Section 4.1: services that we do not support are discarded; so is what is not secure for sips.
		if !strings.EqualFold(n.Flags, "s") || !r.supports(t) || secure && t != sip.TLS && t != sip.WSS || n.Replacement == "." {
			continue
		}
		if out = append(out, service{t, strings.ToLower(strings.TrimSuffix(n.Replacement, "."))}); len(out) == maxRecords {
			break
		}
	}
	return out
}

func naptrTransport(service string) sip.Transport {
	for _, s := range [...]struct {
		name string
		t    sip.Transport
	}{{"SIP+D2U", sip.UDP}, {"SIP+D2T", sip.TCP}, {"SIPS+D2T", sip.TLS}, {"SIP+D2W", sip.WS}, {"SIPS+D2W", sip.WSS}} {
		if strings.EqualFold(service, s.name) {
			return s.t
		}
	}
	return sip.NoTransport
}

// srvName is the name of a domain's SRV records (section 4.1, RFC 7118 section 6).
func srvName(domain string, t sip.Transport) string {
	switch t {
	case sip.TCP:
		return "_sip._tcp." + domain
	case sip.TLS:
		return "_sips._tcp." + domain
	case sip.WS:
		return "_sip._ws." + domain
	case sip.WSS:
		return "_sips._ws." + domain
	}
	return "_sip._udp." + domain
}

// serviceTargets are those of the SRV records, or of the name itself (section 4.2).
func (r *resolver) serviceTargets(ctx context.Context, name string, t sip.Transport) ([]Target, error) {
	f := r.srvTargets(ctx, srvName(name, t), t)
	switch {
	case len(f.targets) > 0:
		return f.targets, nil
	case f.exists:
		return nil, ErrNotFound
	}
	return r.hostTargets(ctx, name, t, portOf(0, t))
}

// A srvResult is what SRV records led to; exists: there are records.
type srvResult struct {
	targets []Target
	exists  bool
}

func (r *resolver) srvTargets(ctx context.Context, name string, t sip.Transport) srvResult {
	a, err := r.ask(ctx, name, dns.TypeSRV)
	if err != nil || len(a.srv) == 0 {
		return srvResult{}
	}
	records := srvOrder(a.srv, maxRecords)
	found := make([][]Target, len(records))
	var all sync.WaitGroup
	for i, s := range records {
		host := strings.ToLower(strings.TrimSuffix(s.Target, "."))
		if host == "" || s.Port == 0 {
			continue // RFC 2782: a target of "." says that the service is not there
		}
		all.Go(func() {
			// One that cannot be resolved leaves the others to be tried.
			found[i], _ = r.hostTargets(ctx, host, t, s.Port)
		})
	}
	all.Wait()
	targets := slices.Concat(found...)
	return srvResult{targets[:min(len(targets), maxTargets)], true}
}

// hostTargets are the addresses of a host.
func (r *resolver) hostTargets(ctx context.Context, host string, t sip.Transport, port uint16) ([]Target, error) {
	addrs := r.hosts.lookup(host)
	var err error
	if len(addrs) == 0 {
		addrs, err = r.addresses(ctx, host)
	}
	if targets := r.targets(addrs, t, port); len(targets) > 0 {
		return targets, nil
	}
	if err == nil {
		err = ErrNotFound
	}
	return nil, err
}

// addresses asks for A and AAAA at once. A name of one label is tried with the
// system's search domains.
func (r *resolver) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	var last error
	for _, name := range r.conf.names(host) {
		var v4, v6 answer
		var err4, err6 error
		var both sync.WaitGroup
		if r.v4 {
			both.Go(func() { v4, err4 = r.ask(ctx, name, dns.TypeA) })
		}
		if r.v6 {
			both.Go(func() { v6, err6 = r.ask(ctx, name, dns.TypeAAAA) })
		}
		both.Wait()
		if addrs := slices.Concat(v4.addrs, v6.addrs); len(addrs) > 0 {
			return addrs, nil
		}
		if err4 != nil || err6 != nil {
			last = ErrDNS
		}
	}
	return nil, last
}

// targets are those addresses that there is a socket for, IPv4 first.
func (r *resolver) targets(addrs []netip.Addr, t sip.Transport, port uint16) []Target {
	var out []Target
	for _, v4 := range [...]bool{true, false} {
		for _, a := range addrs {
			if a.Is4() != v4 || v4 && !r.v4 || !v4 && !r.v6 || len(out) == maxTargets {
				continue
			}
			out = append(out, Target{t, netip.AddrPortFrom(a, port)})
		}
	}
	return out
}

// none is the error for addresses of which none can be used.
func (r *resolver) none(addrs []netip.Addr) error {
	if len(r.targets(addrs, sip.UDP, 1)) == 0 {
		return ErrNotFound
	}
	return nil
}
