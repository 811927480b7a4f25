package main

import "onhook/api"

// hepState gives what the API tells of the senders of HEP, nil where none is heard.
func (s *server) hepState() func() api.HEPState {
	c := s.hep
	if c == nil {
		return nil
	}
	return func() api.HEPState {
		return api.HEPState{
			Listen: c.listener.Addrs(), Senders: c.listener.Senders(), Overrun: c.listener.Overrun(),
			Stored: c.stored.Load(), Lost: c.lost.Load(), Key: s.cfg.HEP.Key != "",
		}
	}
}

// inForce is the configuration as the API shows it.
func (s *server) inForce() api.Settings {
	cfg := s.current.Load()
	return api.Settings{File: cfg.File(), Settings: cfg.Settings(), Warnings: cfg.Warnings}
}
