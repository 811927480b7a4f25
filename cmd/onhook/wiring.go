package main

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"time"

	crand "crypto/rand"

	"onhook/call"
	"onhook/config"
	"onhook/digest"
	"onhook/exchange"
	"onhook/media"
	"onhook/outcome"
	"onhook/route"
	"onhook/sip"
	"onhook/stack"
	"onhook/store"
	"onhook/wire"
)

// product is what User-Agent and Server say.
const product = "onhook"

// handler passes on what the sockets say to the exchange, which is made after them.
type handler struct {
	to  atomic.Pointer[exchange.Exchange]
	tap *tap
}

func (h *handler) Packets(batch []wire.Packet) bool {
	x := h.to.Load()
	if x == nil {
		return false
	}
	h.tap.received(batch) // before the loop can answer
	return x.Packets(batch)
}

func (h *handler) FlowDown(flow sip.Flow, err error) {
	if x := h.to.Load(); x != nil {
		x.FlowDown(flow, err)
	}
}

func (h *handler) SendFailed(flow sip.Flow, ref uint64, err error) {
	if x := h.to.Load(); x != nil {
		x.SendFailed(flow, ref, err)
	}
}

func (h *handler) mediaReady() {
	if x := h.to.Load(); x != nil {
		x.MediaReady()
	}
}

// network is the wire as the exchange needs it.
type network struct {
	*wire.Wire
	ctx context.Context
	tap *tap
}

func (n network) Send(flow sip.Flow, data []byte, ref uint64) {
	n.tap.sent(flow, data)
	n.Wire.Send(flow, data, ref)
}

func (n network) Resolve(host string, port uint16, transport sip.Transport, secure bool, done func([]stack.Target, error)) {
	n.Wire.Resolve(n.ctx, host, port, transport, secure, func(found []wire.Target, err error) {
		targets := make([]stack.Target, len(found))
		for i, t := range found {
			targets[i] = stack.Target{Transport: t.Transport, Addr: t.Addr}
		}
		done(targets, err)
	})
}

func wireOptions(cfg *config.Config, h wire.Handler) wire.Options {
	o := wire.Options{Handler: h}
	for _, l := range cfg.Listen {
		o.Listen = append(o.Listen, wire.Listen{Transport: sip.ParseTransport(string(l.Transport)), Addr: l.Addr})
	}
	return o
}

// mediaOptions put RTP on the address that signalling listens on, of each family.
func mediaOptions(cfg *config.Config, h *handler, locals []wire.Local) media.Options {
	o := media.Options{
		Ports: [2]uint16{cfg.RTP.Ports.First, cfg.RTP.Ports.Last}, Timeout: cfg.RTP.Timeout,
		OneWayAfter: 10 * time.Second, Notify: h.mediaReady, Alone: secondProcessor, Rand: seed().Uint64,
	}
	for _, l := range locals {
		if a := l.Addr.Addr(); a.Is4() && !o.Bind4.IsValid() {
			o.Bind4 = a
		} else if a.Is6() && !o.Bind6.IsValid() {
			o.Bind6 = a
		}
	}
	return o
}

func (s *server) openStore() (store.Recovered, error) {
	local, found, err := store.Open(s.cfg.Data, store.Options{
		RecordsFor: s.cfg.Store.Retention, EvidenceFor: s.cfg.Store.Retention,
		Report: func(err error) { s.log.Error("store", "err", err) },
	})
	if err != nil {
		return found, err
	}
	s.store = local
	for _, n := range found.Notes {
		s.log.Warn("store repaired", "what", n)
	}
	return found, nil
}

// settings are what the exchange may change while calls are up.
func (s *server) settings(cfg *config.Config) (exchange.Settings, error) {
	set := exchange.Settings{
		Domain: cfg.Domain, Calls: cfg.Limits.Calls, PerSec: cfg.Limits.PerSecond, PerUser: cfg.Limits.PerUser,
		Speed:    cfg.SpeedNumbers(),
		Outside:  outsideOf(cfg),
		Pickup:   cfg.Codes.Pickup,
		Memory:   uint64(cfg.Limits.Memory),
		Continue: cfg.Store.OnDiskFull == config.Continue,
		Outcome:  &outcome.Options{WireCodes: map[outcome.Reason]int{}},
		Call: call.Options{
			Ring: cfg.Timers.Ring, Progress: cfg.Timers.Progress, MaxCall: cfg.Timers.MaxCall,
			Linger: linger, Redirects: cfg.Policies.Redirects, Relay: cfg.RTP.Relay,
		},
	}
	found, err := newApps(cfg, s.boxes, s.hours, s.log)
	if err != nil {
		return set, err
	}
	found.codes, found.parks = s.codes(cfg, found.library), s.parks(cfg, found)
	found.floor = s.floor
	found.addRooms(cfg, s.rooms)
	s.apps.Store(found)
	set.App = found.find
	set.Outcome.LeastMessage = cfg.Voicemail.Min
	set.Mailbox, set.Unasked = s.waiting(cfg), cfg.Voicemail.Unasked
	set.Recording = recordingOf(cfg, found.library)
	for name, code := range cfg.Outcome.WireCodes {
		if r, ok := outcome.ParseReason(name); ok {
			set.Outcome.WireCodes[r] = code
		}
	}
	for _, u := range cfg.Users {
		set.Users = append(set.Users, exchange.User{
			Name: u.Name, Display: u.Display, First: u.MD5First, Secret: secretOf(cfg, u), Rights: s.rightsOf(u),
		})
	}
	for _, t := range cfg.Trunks {
		e, err := trunkOf(t)
		if err != nil {
			return set, err
		}
		set.Trunks = append(set.Trunks, e)
	}
	set.TrunkGroups = trunkGroupsOf(cfg)
	ro := cfg.RouteOptions()
	ro.Apps = append(ro.Apps, ownAppNames()...)
	for _, l := range s.locals {
		for _, a := range reachedAt(l.Addr) {
			ro.Local = append(ro.Local, localText(a))
		}
	}
	if set.Policies, err = route.NewPolicies(cfg.RoutePolicies()); err != nil {
		return set, err
	}
	if set.Routes, err = route.New(ro); err == nil {
		s.floor.Configure(found.queues(cfg))
	}
	return set, err
}

// rightsOf are what the configuration and its phone say of a user beside its name and password.
func (s *server) rightsOf(u config.User) exchange.Rights {
	r := exchange.Rights{Calls: u.Calls, DND: u.DND, Moved: u.Moved, Blocked: u.Blocked, Forward: forwardOf(u), Record: recordMode(u.Record), Watch: exchange.Watch(u.Watch)}
	override(&r, s.personal.all[u.Name])
	if !u.Video {
		r.Deny |= call.Video
	}
	if !u.Fax {
		r.Deny |= call.Fax
	}
	return r
}

// linger is how long a call that is over waits for the last of its messages.
const linger = 2 * time.Second

// reachedAt are the addresses under which a socket is reached: an unspecified one by every address of the machine.
func reachedAt(a netip.AddrPort) []netip.AddrPort {
	if !a.Addr().IsUnspecified() {
		return []netip.AddrPort{a}
	}
	var out []netip.AddrPort
	for _, ip := range machineAddrs() {
		if ip.Is4() == a.Addr().Is4() {
			out = append(out, netip.AddrPortFrom(ip, a.Port()))
		}
	}
	return out
}

func secretOf(cfg *config.Config, u config.User) digest.Secret {
	if u.Password != "" {
		return digest.NewSecret(u.Name, cfg.Realm(), string(u.Password))
	}
	return digest.Secret{SHA256: strings.ToLower(string(u.HA1.SHA256)), MD5: strings.ToLower(string(u.HA1.MD5))}
}

func (s *server) exchangeOptions(set exchange.Settings) (exchange.Options, error) {
	key, err := nonceKey(s.cfg.Data)
	if err != nil {
		return exchange.Options{}, err
	}
	stopped, err := outsideStopped(s.cfg.Data)
	if err != nil {
		return exchange.Options{}, err
	}
	talked, err := talkedToday(s.cfg.Data, time.Now())
	if err != nil {
		return exchange.Options{}, err
	}
	rnd := seed()
	return exchange.Options{
		Settings: set, Stopped: stopped, Talked: talked,
		Stack: stack.Options{
			Rand: rnd, Timers: timersOf(s.cfg.Timers.T1), Identities: s.identities(), Product: product,
			Supported: []string{"100rel", "timer", "replaces"}, Accept: []string{"application/sdp"},
			SessionExp: uint32(s.cfg.Timers.Session / time.Second),
		},
		Digest: digest.Options{Realm: s.cfg.Realm(), Key: key, MD5: s.cfg.Auth.MD5, MD5First: s.cfg.Auth.MD5First, Rand: rnd},
		Wire:   network{s.wire, context.Background(), s.tap}, Media: s.media, Store: s.store, Recorder: s.recorder(),
		Rand: rnd, Log: s.log, Memory: memoryInUse, Unread: s.wire.Unread, Watch: s.hub.Watch, Notify: s.hub.Notify, Answered: s.metrics.Answered, Advertise: advertised(s.cfg), Hours: s.hours.switches, Sound: func(name string) media.Source { return s.apps.Load().sound(s.current.Load(), name) },
	}, nil
}

// nonceKey signs nonces; it is kept, so that phones need not be asked again after a restart.
func nonceKey(data string) ([]byte, error) {
	path := filepath.Join(data, "nonce.key")
	key, err := os.ReadFile(path)
	if err == nil && len(key) == 32 {
		return key, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key = make([]byte, 32)
	crand.Read(key) // never fails (crypto/rand)
	return key, os.WriteFile(path, key, 0o600)
}

// recover closes the calls that were up when the process last ended.
func (s *server) recover(found store.Recovered) {
	for _, o := range found.Open {
		s.exchange.Recover(o)
	}
}

func (s *server) loadBindings() error {
	list, err := s.store.LoadBindings(time.Now())
	if err != nil {
		return err
	}
	s.exchange.LoadBindings(list)
	return nil
}

// advertised is what SDP says instead of the sockets' addresses.
func advertised(cfg *config.Config) []netip.Addr {
	if !cfg.Advertise.Media.IsValid() {
		return nil
	}
	return []netip.Addr{cfg.Advertise.Media}
}

// tuneMemory lets garbage gather while there is room: a collection costs what
// is alive, and calls are held for their timers. From three quarters of the
// limit on memory it is collected as often as needed, so that new calls are
// refused for what is in use, not for garbage. GOGC and GOMEMLIMIT win.
func tuneMemory(cfg *config.Config) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
	if limit := int64(cfg.Limits.Memory); limit > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit / 4 * 3)
	}
}

// memoryInUse is what the Go runtime has of the system, with the heap counted as
// twice what the last collection found alive: garbage that waits is nobody's
// need, and a heap wants about as much again to be collected at a bearable cost.
func memoryInUse() uint64 {
	const classes = "/memory/classes/"
	s := []metrics.Sample{
		{Name: classes + "total:bytes"},
		{Name: classes + "heap/released:bytes"},
		{Name: classes + "heap/objects:bytes"},
		{Name: classes + "heap/unused:bytes"},
		{Name: classes + "heap/free:bytes"},
		{Name: "/gc/heap/live:bytes"},
	}
	metrics.Read(s)
	n := func(i int) uint64 { return s[i].Value.Uint64() }
	inUse := n(0) - n(1)
	if n(5) == 0 { // nothing was collected yet
		return inUse
	}
	return inUse - n(2) - n(3) - n(4) + 2*n(5)
}
