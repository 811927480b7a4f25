package wire

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	maxAliases  = 8                // CNAMEs followed
	shortestTTL = time.Second      // an answer is kept for at least
	longestTTL  = 24 * time.Hour   // and at most
	negativeTTL = time.Minute      // that there is nothing, where the answer does not say how long
	longestNo   = 5 * time.Minute  // and at most (RFC 2308 section 5 allows more)
	failedTTL   = 5 * time.Second  // that no server answered
	staleTTL    = 10 * time.Second // until servers that did not answer are asked again while an old answer is used
	staleFor    = 24 * time.Hour   // how old an answer may be used then (RFC 8767 section 5)
)

// An answer is what DNS says of a name and a type. An empty one says that there is nothing.
type answer struct {
	naptr []*dns.NAPTR
	srv   []*dns.SRV
	addrs []netip.Addr
	life  time.Duration
}

// ask answers from the cache, or asks the servers; many who ask the same at once ask once.
func (r *resolver) ask(ctx context.Context, name string, qtype uint16) (answer, error) {
	key := cacheKey{name, qtype}
	for {
		e, wait, first := r.cache.get(key, time.Now())
		switch {
		case first:
			a, err := r.follow(name, qtype)
			return r.cache.put(key, time.Now(), a, err)
		case wait == nil:
			return e.answer, e.err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return answer{}, ctx.Err()
		}
	}
}

// follow asks for a name and for what it is another name of, a bounded number of times.
func (r *resolver) follow(name string, qtype uint16) (answer, error) {
	ctx, cancel := context.WithTimeout(r.ctx, r.Timeout)
	defer cancel()
	life := longestTTL
	for range maxAliases {
		m, err := r.exchange(ctx, name, qtype)
		if err != nil {
			return answer{}, err
		}
		a, alias := readAnswer(m, name, qtype)
		a.life = min(a.life, life)
		if alias == "" {
			return a, nil
		}
		name, life = alias, a.life
	}
	return answer{life: negativeTTL}, nil
}

// readAnswer takes the records of a message. Where it tells only another name
// for the one that was asked about, that comes back as alias.
func readAnswer(m *dns.Msg, name string, qtype uint16) (a answer, alias string) {
	aliases := make(map[string]*dns.CNAME)
	for _, rr := range m.Answer {
		if c, ok := rr.(*dns.CNAME); ok {
			aliases[canonical(c.Hdr.Name)] = c
		}
	}
	a.life = longestTTL
	owner := canonical(name)
	for range maxAliases {
		c := aliases[owner]
		if c == nil {
			break
		}
		a.life = min(a.life, seconds(c.Hdr.Ttl))
		owner = canonical(c.Target)
		alias = owner
	}
	found := false
	for _, rr := range m.Answer {
		h := rr.Header()
		if h.Rrtype != qtype || canonical(h.Name) != owner {
			continue
		}
		found = true
		a.life = min(a.life, seconds(h.Ttl))
		switch rr := rr.(type) {
		case *dns.NAPTR:
			a.naptr = append(a.naptr, rr)
		case *dns.SRV:
			a.srv = append(a.srv, rr)
		case *dns.A:
			if ip, ok := netip.AddrFromSlice(rr.A.To4()); ok {
				a.addrs = append(a.addrs, ip)
			}
		case *dns.AAAA:
			if ip, ok := netip.AddrFromSlice(rr.AAAA.To16()); ok && !ip.Is4In6() {
				a.addrs = append(a.addrs, ip)
			}
		}
	}
	switch {
	case found:
		alias = ""
	case alias == "" || negative(m) >= 0:
		// RFC 2308 section 5: the SOA says how long there will be nothing.
		alias = ""
		a.life = negativeTTL
		if n := negative(m); n >= 0 {
			a.life = min(n, longestNo)
		}
	}
	a.life = max(a.life, shortestTTL)
	return a, alias
}

// negative is how long the absence of records may be believed; below 0: the message does not say.
func negative(m *dns.Msg) time.Duration {
	for _, rr := range m.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			return min(seconds(soa.Hdr.Ttl), seconds(soa.Minttl))
		}
	}
	return -1
}

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }

func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// exchange asks each server, twice if need be.
func (r *resolver) exchange(ctx context.Context, name string, qtype uint16) (*dns.Msg, error) {
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(name), qtype)
	q.SetEdns0(1232, false)
	last := error(ErrDNS)
	for range 2 {
		for _, server := range r.conf.servers() {
			if ctx.Err() != nil {
				return nil, fmt.Errorf("%w: %w", ErrDNS, ctx.Err())
			}
			m, err := r.once(ctx, q, server)
			if err == nil {
				return m, nil
			}
			last = fmt.Errorf("%w: %s: %w", ErrDNS, server, err)
		}
	}
	return nil, last
}

// once asks one server by UDP, and by TCP if the answer does not fit.
func (r *resolver) once(ctx context.Context, q *dns.Msg, server string) (*dns.Msg, error) {
	for _, net := range [...]string{"udp", "tcp"} {
		c := dns.Client{Net: net, Timeout: r.Try}
		q.Id = dns.Id()
		m, _, err := c.ExchangeContext(ctx, q, server)
		switch {
		case err != nil:
			return nil, err
		case len(m.Question) != 1 || canonical(m.Question[0].Name) != canonical(q.Question[0].Name) || m.Question[0].Qtype != q.Question[0].Qtype:
			return nil, errors.New("the answer is to another question")
		case m.Truncated && net == "udp":
			continue
		case m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError:
			return nil, errors.New(dns.RcodeToString[m.Rcode])
		}
		return m, nil
	}
	return nil, errors.New("the answer is cut off, by TCP too")
}
