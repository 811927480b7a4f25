package wire

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"onhook/sip"
)

// Errors of Resolve.
var (
	ErrNotFound = errors.New("wire: the name has no address that can be used")
	ErrBadName  = errors.New("wire: not a host name")
	ErrBusy     = errors.New("wire: too many names are being resolved")
	ErrDNS      = errors.New("wire: no DNS server answered")
)

// DNS are the settings of name resolution. Zero fields take the default.
type DNS struct {
	Servers    []string        // host:port; those of ResolvConf
	ResolvConf string          // /etc/resolv.conf; read again when it changes
	Hosts      string          // /etc/hosts; likewise
	Transports []sip.Transport // those that can be used, the preferred first; UDP, TCP
	Timeout    time.Duration   // for all of a Resolve; 5 s
	Try        time.Duration   // for one question to one server; 1.5 s
	Parallel   int             // names resolved at once; 64
	Waiting    int             // names that may wait for that; 1024
	Cache      int             // answers kept; 4096
}

func (d DNS) withDefaults() DNS {
	if d.ResolvConf == "" {
		d.ResolvConf = "/etc/resolv.conf"
	}
	if d.Hosts == "" {
		d.Hosts = "/etc/hosts"
	}
	if len(d.Transports) == 0 {
		d.Transports = []sip.Transport{sip.UDP, sip.TCP}
	}
	d.Timeout = cmp.Or(max(d.Timeout, 0), 5*time.Second)
	d.Try = cmp.Or(max(d.Try, 0), 1500*time.Millisecond)
	d.Parallel = cmp.Or(max(d.Parallel, 0), 64)
	d.Waiting = cmp.Or(max(d.Waiting, 0), 1024)
	d.Cache = cmp.Or(max(d.Cache, 0), 4096)
	return d
}

// A resolver finds where to send by RFC 3263.
type resolver struct {
	DNS
	v4, v6 bool // families that there is a socket for
	ctx    context.Context
	hosts  hostsFile
	conf   dnsConfig
	cache  cache
	slots  chan struct{}
	tasks  *sync.WaitGroup

	mu      sync.Mutex
	waiting int
	closed  bool
}

func newResolver(ctx context.Context, d DNS, locals []Local, tasks *sync.WaitGroup) *resolver {
	r := &resolver{DNS: d.withDefaults(), ctx: ctx, tasks: tasks}
	r.hosts.path, r.conf.path, r.conf.fixed = r.Hosts, r.ResolvConf, r.Servers
	r.cache.init(r.Cache)
	r.slots = make(chan struct{}, r.Parallel)
	for _, l := range locals {
		is4 := l.Addr.Addr().Is4()
		r.v4, r.v6 = r.v4 || is4, r.v6 || !is4
	}
	return r
}

// Resolve finds where to send a request by RFC 3263 and calls done once with
// the targets in the order in which they are to be tried: at once where the
// host is an address, else from a goroutine. port 0, NoTransport: none given.
// secure: a sips URI. A name in the hosts file is taken as it stands there.
// Where a name has addresses of both families the IPv4 ones come first.
func (w *Wire) Resolve(ctx context.Context, host string, port uint16, transport sip.Transport, secure bool, done func([]Target, error)) {
	w.resolver.resolve(ctx, query{host: host, port: port, transport: transport, secure: secure}, done)
}

func (r *resolver) resolve(ctx context.Context, q query, done func([]Target, error)) {
	if targets, ok, err := r.numeric(q); ok {
		done(targets, err)
		return
	}
	r.mu.Lock()
	var err error
	switch {
	case r.closed:
		err = ErrClosed
	case r.waiting >= r.Parallel+r.Waiting:
		err = ErrBusy
	default:
		r.waiting++
		r.tasks.Go(func() { r.run(ctx, q, done) })
	}
	r.mu.Unlock()
	if err != nil {
		done(nil, err)
	}
}

// run waits for its turn, resolves and tells.
func (r *resolver) run(ctx context.Context, q query, done func([]Target, error)) {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)()
	var targets []Target
	err := ErrBusy
	select {
	case r.slots <- struct{}{}:
		targets, err = r.lookup(ctx, q)
		<-r.slots
	case <-ctx.Done():
	}
	r.mu.Lock()
	r.waiting--
	r.mu.Unlock()
	done(targets, err)
}

func (r *resolver) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
}

func (r *resolver) supports(t sip.Transport) bool { return slices.Contains(r.Transports, t) }
