package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"onhook/api"
	"onhook/config"
)

// A web is what answers HTTP: by the control socket of the data folder, and by
// the network where the configuration says so.
type web struct {
	api     *api.Server
	servers []*http.Server
	addr    net.Addr // of the network; nil: there is none
	secret  string   // a key that was made now, because there had been none
	socket  string
	audit   *api.Audit
	console *webConsole // nil: there is no network
}

// firstKey is the name of the key that the first start makes.
const firstKey = "first"

// openWeb answers until close. network says whether the configuration's address is heard.
func (s *server) openWeb(reload func(context.Context) error, network bool) (*web, error) {
	keys, fresh, err := api.OpenKeyring(s.cfg.Data)
	if err != nil {
		return nil, err
	}
	keys.Configure(s.cfg.API.Keys)
	s.keys = keys
	w := &web{socket: filepath.Join(s.cfg.Data, api.SocketName)}
	if w.audit, err = api.OpenAudit(s.cfg.Data); err != nil {
		return nil, err
	}
	w.api = &api.Server{
		Exchange: s.exchange, Queues: s.floor, Hours: s.hours, Webhooks: s.webhooks, Guard: guardian{s.exchange, s.cfg.Data}, Store: s.store, Keys: keys, Hub: s.hub, Metrics: s.metrics,
		Prompts: s.prompts, Reload: reload, Version: version(), Domain: s.cfg.Domain, Log: s.log,
	}
	w.api.Shelf = shelf{madePrompts(s.cfg), s}
	w.api.Voice, w.api.Boxes, w.api.Audit = s.boxes, s.mailboxes, w.audit
	w.api.Recordings, w.api.People = s.recordings(), people{s}
	w.api.HEP, w.api.Settings = s.hepState(), s.inForce
	w.api.Settle = s.store.Settle
	s.metrics.Attach(s.exchange, s.hub, version())
	s.metrics.AttachParts(s.parts())
	control, err := api.Listen(s.cfg.Data)
	if err != nil {
		return nil, err
	}
	w.serve(s, control, profiled(w.api.Owner()))
	if network {
		if err := w.listen(s); err != nil {
			w.close()
			return nil, err
		}
	}
	if fresh && w.addr != nil && len(s.cfg.API.Keys) == 0 {
		if w.secret, _, err = keys.Add(firstKey, config.Scopes(), time.Now(), 0); err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

// listen opens the address of the configuration. One that nobody asked for and
// that another program has is done without: calls matter more.
func (w *web) listen(s *server) error {
	at := s.cfg.API.Listen
	if !at.IsValid() {
		return nil
	}
	l, err := net.Listen("tcp", at.String())
	if errors.Is(err, syscall.EADDRINUSE) && !s.cfg.APIListenGiven() {
		s.log.Warn("no HTTP API: another program has its address; api.listen names another, or off", "address", at)
		return nil
	}
	if err != nil {
		return fmt.Errorf("api.listen: %w", err)
	}
	var h http.Handler
	if w.console, h, err = s.openConsole(w.api); err != nil {
		l.Close()
		return err
	}
	w.addr = l.Addr()
	w.serve(s, s.files.bound(l), h)
	return nil
}

// serve answers on one socket. Answers have deadlines of their own.
func (w *web) serve(s *server, l net.Listener, h http.Handler) {
	x := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // what clients do wrong
	}
	w.servers = append(w.servers, x)
	go func() {
		if err := x.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("HTTP", "address", l.Addr(), "err", err)
		}
	}()
}

// close ends all answers: nothing waits for them any more.
func (w *web) close() {
	for _, x := range w.servers {
		_ = x.Close()
	}
	_ = os.Remove(w.socket)
	_ = w.audit.Close()
}

// announce says where the API is, and the key if it was made now.
func (w *web) announce(out io.Writer) {
	if w.addr == nil {
		return
	}
	w.console.announce(out, w.addr.String())
	fmt.Fprintf(out, "\nHTTP API: http://%s/docs\n", w.addr)
	if w.secret != "" {
		fmt.Fprintf(out, "  its first key, shown this once: %s\n  curl -H 'Authorization: Bearer %s' http://%s/v1/calls\n", w.secret, w.secret, w.addr)
	}
}
