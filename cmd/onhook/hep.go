package main

import (
	"time"

	"onhook/analyse"
)

// sendersEvery is how often the server says what HEP packets it had to drop.
const sendersEvery = time.Minute

// listenHEP makes records of what other servers mirror, beside our own calls.
func (s *server) listenHEP() (err error) {
	var addrs []string
	for _, a := range s.cfg.HEP.Listen {
		addrs = append(addrs, string(a))
	}
	if len(addrs) == 0 {
		return nil
	}
	s.hep, err = collect(addrs, string(s.cfg.HEP.Key), analyse.Options{}, s.store, func(c *analyse.Call) {
		r := &c.Record
		s.log.Info("call ended elsewhere", "call", r.ID, "status", r.Status, "code", r.LastResponseCode,
			"reason", r.ByeReason, "by", r.EndedBy, "from", r.From.Number, "to", r.To.Number)
	})
	if err != nil {
		return err
	}
	s.hep.work.Go(func() { s.hep.watch(sendersEvery, s.warnSenders()) })
	return nil
}

// warnSenders returns what says which senders have had packets dropped since it
// was last called.
func (s *server) warnSenders() func() {
	said := make(map[string]uint64)
	return func() {
		for _, x := range s.hep.listener.Senders() {
			who := x.Addr.String()
			if n := x.Drops(); n > said[who] {
				said[who] = n
				s.log.Warn("HEP", "sender", senderLine(&x))
			}
		}
	}
}

// closeHEP ends listening; calls that were not over are stored as they stand.
func (s *server) closeHEP() error {
	if s.hep == nil {
		return nil
	}
	totals, err := s.hep.close()
	for _, x := range s.hep.listener.Senders() {
		s.log.Info("HEP", "sender", senderLine(&x))
	}
	if n := s.hep.lost.Load(); n > 0 {
		s.log.Error("HEP: records could not be stored", "records", n)
	}
	s.log.Info("HEP", "calls", totals.Calls, "messages", totals.Messages)
	return err
}
