package main

import (
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"time"

	"onhook/capture"
	"onhook/config"
	"onhook/sip"
	"onhook/wire"
)

// A tap copies every SIP message that the server receives and sends: to a
// collector as HEP, to a capture file. Neither ever waits.
type tap struct {
	mirror *capture.Mirror
	file   *os.File
	record *capture.Recorder
	hosts  map[netip.AddrPort]netip.Addr // of sockets for all addresses: what stands for theirs
	first  map[transportFamily]netip.AddrPort
	log    *slog.Logger
}

// A transportFamily is what a socket must be of to send to a peer.
type transportFamily struct {
	transport sip.Transport
	v4        bool
}

// openTap returns nil where nothing is to be copied.
func openTap(cfg *config.Config, pcap string, log *slog.Logger) (*tap, error) {
	if cfg.HEP.Send == "" && pcap == "" {
		return nil, nil
	}
	t := &tap{log: log}
	var err error
	if cfg.HEP.Send != "" {
		o := capture.MirrorOptions{ID: uint32(cfg.HEP.ID), Name: cfg.Domain, Key: string(cfg.HEP.Key)}
		if t.mirror, err = capture.NewMirror(string(cfg.HEP.Send), o); err != nil {
			return nil, err
		}
	}
	if pcap == "" {
		return t, nil
	}
	// Messages tell who calls whom.
	if t.file, err = os.OpenFile(pcap, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err == nil {
		t.record, err = capture.NewRecorder(t.file, capture.Pcapng)
	}
	if err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// sockets tells which addresses messages leave from; to be called before any does.
func (t *tap) sockets(locals []wire.Local) {
	if t == nil {
		return
	}
	t.hosts, t.first = make(map[netip.AddrPort]netip.Addr), make(map[transportFamily]netip.AddrPort)
	for _, l := range locals {
		if l.Addr.Addr().IsUnspecified() {
			t.hosts[l.Addr] = l.Host
		}
		k := transportFamily{l.Transport, l.Addr.Addr().Is4()}
		if _, ok := t.first[k]; !ok {
			t.first[k] = l.Addr
		}
	}
}

// received copies what arrived. What a stream offers again because the server
// had no room is copied again, as if it had been sent twice.
func (t *tap) received(batch []wire.Packet) {
	if t == nil {
		return
	}
	now := time.Now()
	for i := range batch {
		p := &batch[i]
		t.send(&capture.Item{Kind: capture.SIP, At: now, Transport: p.Flow.Transport, Src: p.Flow.Remote, Dst: t.local(p.Flow), Payload: p.Data})
	}
}

// sent copies what leaves.
func (t *tap) sent(flow sip.Flow, data []byte) {
	if t == nil {
		return
	}
	t.send(&capture.Item{Kind: capture.SIP, At: time.Now(), Transport: flow.Transport, Src: t.local(flow), Dst: flow.Remote, Payload: data})
}

// local is our address of a flow, also where the flow leaves it open.
func (t *tap) local(f sip.Flow) netip.AddrPort {
	a := f.Local
	if !a.IsValid() {
		a = t.first[transportFamily{f.Transport, f.Remote.Addr().Is4()}]
	}
	if host, ok := t.hosts[a]; ok {
		return netip.AddrPortFrom(host, a.Port())
	}
	return a
}

func (t *tap) send(it *capture.Item) {
	if t.mirror != nil {
		t.mirror.Send(it)
	}
	if t.record != nil {
		t.record.Send(it)
	}
}

// close writes out what waits and says what was lost.
func (t *tap) close() error {
	if t == nil {
		return nil
	}
	var errs []error
	if t.mirror != nil {
		t.mirror.Close()
		if s := t.mirror.Stats(); s.Dropped > 0 {
			t.log.Warn("HEP: not all messages were mirrored", "sent", s.Sent, "lost", s.Dropped, "err", s.Error)
		}
	}
	if t.record != nil {
		errs = append(errs, t.record.Close())
		if _, lost := t.record.Counts(); lost > 0 {
			t.log.Warn("the capture file lacks messages", "lost", lost)
		}
	}
	if t.file != nil {
		errs = append(errs, t.file.Close())
	}
	return errors.Join(errs...)
}
