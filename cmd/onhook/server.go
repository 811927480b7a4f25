package main

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"onhook/api"
	"onhook/app"
	"onhook/config"
	"onhook/exchange"
	"onhook/media"
	"onhook/stack"
	"onhook/store"
	"onhook/txn"
	"onhook/webhook"
	"onhook/wire"
)

// A server is everything that runs, wired together.
type server struct {
	cfg      *config.Config                // of the start: what needs a restart, such as data and domain
	current  atomic.Pointer[config.Config] // in force: the file and the extensions that the API has made
	log      *slog.Logger
	wire     *wire.Wire
	media    *media.Engine
	store    *store.Local
	tapes    *media.Archive // nil: no call is recorded
	exchange *exchange.Exchange
	locals   []wire.Local
	files    *descriptors // nil: there may be as many as there are
	tap      *tap         // nil: nothing is copied
	hep      *collector   // nil: nothing is heard
	apps     atomic.Pointer[apps]
	floor    *app.Floor
	rooms    *app.Rooms
	unwatch  context.CancelFunc // ends floor's watch; nil: it has not begun
	hub      *api.Hub
	happened *store.Happened // the last events that are of no call
	metrics  *api.Metrics
	keys     *api.Keyring // nil: nobody asks by HTTP
	boxes    *app.Mailboxes
	webhooks *webhook.Sender
	tracer   tracer // nil: nothing is traced
	personal *personal
	hours    *hours
	file     *config.Config                      // as it was read last; with accounts guarded by personal.mu
	accounts []store.Account                     // extensions that the API has made
	cards    atomic.Pointer[map[string]api.Card] // of all extensions
	talkKept chan struct{}                       // closed when no more is written of it
	done     chan struct{}
}

// startServer opens the store, then the sockets, then starts the loop; the
// calls that a crash left open are closed before anything else arrives. All
// messages are written to the capture file pcap, if it is named.
func startServer(cfg *config.Config, log *slog.Logger, pcap string) (s *server, err error) {
	s = &server{cfg: cfg, log: log, done: make(chan struct{}), metrics: api.NewMetrics()}
	s.hub = api.NewHub(s.metrics.Observe)
	s.hub.Crowd(secondProcessor)
	made := s // a failure gives no server back
	defer func() {
		if err != nil {
			made.closeAll()
		}
	}()
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, err
	}
	tuneMemory(cfg)
	open, err := s.openStore()
	if err != nil {
		return nil, err
	}
	if s.happened, err = store.OpenHappened(cfg.Data); err != nil {
		return nil, err
	}
	s.hub.Keep(s.happened, func(err error) { log.Error("an event is not kept", "err", err) })
	if err := s.openMailboxes(); err != nil {
		return nil, err
	}
	if err := s.openRecordings(); err != nil {
		return nil, err
	}
	if s.personal, err = loadPersonal(cfg.Data); err != nil {
		return nil, err
	}
	if s.hours, err = loadHours(cfg.Data, log); err != nil {
		return nil, err
	}
	s.hours.configure(cfg)
	s.personal.config, s.personal.tell = &s.current, func(user, by string, what []string) {
		people{s}.told(api.UserChanged, user, by, what...)
	}
	if err := s.loadAccounts(); err != nil {
		return nil, err
	}
	if s.tap, err = openTap(cfg, pcap, log); err != nil {
		return nil, err
	}
	s.shareDescriptors()
	h := &handler{tap: s.tap}
	if s.wire, err = wire.Open(s.boundWire(wireOptions(cfg, h))); err != nil {
		return nil, err
	}
	s.locals = s.wire.Locals()
	s.tap.sockets(s.locals)
	if s.media, err = media.New(s.boundMedia(mediaOptions(cfg, h, s.locals))); err != nil {
		return nil, err
	}
	s.rooms = app.NewRooms()
	s.floor = app.NewFloor(app.FloorOptions{Phones: s.phoneStates, Keep: s.keepAgents, Kept: s.keptAgents()})
	settings, err := s.settings(s.current.Load())
	if err != nil {
		return nil, err
	}
	opt, err := s.exchangeOptions(settings)
	if err != nil {
		return nil, err
	}
	s.exchange = exchange.New(opt)
	s.personal.exchange = s.exchange
	s.recover(open)
	if err := s.loadBindings(); err != nil {
		return nil, err
	}
	if err := s.listenHEP(); err != nil {
		return nil, err
	}
	s.boxes.OnChange(s.exchange.MailboxChanged)
	if err := s.openWebhooks(); err != nil {
		return nil, err
	}
	s.openTraces()
	h.to.Store(s.exchange)
	go s.hub.Run()
	go func() {
		defer close(s.done)
		s.exchange.Run()
	}()
	s.wire.Start()
	ctx, cancel := context.WithCancel(context.Background())
	s.unwatch = cancel
	go s.floor.Watch(ctx)
	go s.queueEvents(ctx)
	go s.sweepRecordings(ctx)
	s.talkKept = make(chan struct{})
	go s.keepTalked(ctx)
	return s, nil
}

func (s *server) stop() error {
	s.unwatch()
	<-s.talkKept
	s.saveTalked(context.Background(), keptTalk{})
	s.exchange.Stop()
	<-s.done
	return s.closeAll()
}

func (s *server) closeAll() error {
	s.hub.Flush() // the last events are to reach the file of the webhooks
	s.hub.Close()
	s.closeTraces()
	errs := []error{s.closeWebhooks()}
	if s.wire != nil {
		errs = append(errs, s.wire.Close())
	}
	if s.media != nil {
		s.media.Stop()
	}
	if s.tapes != nil {
		s.tapes.Close()
	}
	errs = append(errs, s.tap.close(), s.closeHEP())
	if s.happened != nil {
		errs = append(errs, s.happened.Close())
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	return errors.Join(errs...)
}

// seed is a random source that nobody can guess.
func seed() *rand.ChaCha8 {
	var key [32]byte
	crand.Read(key[:]) // never fails (crypto/rand)
	return rand.NewChaCha8(key)
}

// identities are what Via and Contact say, a listening socket each.
func (s *server) identities() []stack.Identity {
	var out []stack.Identity
	for _, l := range s.locals {
		id := stack.Identity{Transport: l.Transport, Local: l.Addr, Host: hostText(l.Host), Port: l.Addr.Port()}
		if a := s.cfg.Advertise.Signalling; a.Host != "" {
			id.Host = a.Host
			if a.Port != 0 {
				id.Port = a.Port
			}
		}
		out = append(out, id)
	}
	return out
}

func hostText(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// timersOf are the RFC's, or all in their proportion to another T1.
func timersOf(t1 time.Duration) txn.Timers {
	if t1 == 500*time.Millisecond {
		return txn.RFC()
	}
	return txn.Scaled(t1)
}

// machineAddrs are the addresses of this machine's interfaces.
func machineAddrs() []netip.Addr {
	var out []netip.Addr
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, p.Addr().Unmap())
		}
	}
	return out
}

func localText(a netip.AddrPort) string {
	return hostText(a.Addr()) + ":" + strconv.Itoa(int(a.Port()))
}

// configure changes what can be changed while calls are up.
func (s *server) configure(ctx context.Context, cfg *config.Config) error {
	if keys := s.cfg.NeedsRestart(cfg); len(keys) > 0 {
		return fmt.Errorf("a change of %s needs a restart; nothing was changed", strings.Join(keys, ", "))
	}
	s.personal.mu.Lock()
	defer s.personal.mu.Unlock()
	if err := s.apply(ctx, cfg, s.accounts, false); err != nil {
		return err
	}
	s.hours.configure(cfg)
	if err := s.configureWebhooks(cfg); err != nil {
		return fmt.Errorf("all but webhooks was changed: %w", err)
	}
	if s.keys != nil {
		s.keys.Configure(cfg.API.Keys)
	}
	return nil
}
