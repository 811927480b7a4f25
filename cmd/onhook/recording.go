package main

import (
	"context"
	"path/filepath"
	"time"

	"onhook/api"
	"onhook/app"
	"onhook/config"
	"onhook/exchange"
	"onhook/media"
)

// sweepEvery is how often recordings that are too old are looked for.
const sweepEvery = time.Hour

// openRecordings opens the folder of recordings.
func (s *server) openRecordings() error {
	folder := s.cfg.Recording.Folder
	if folder == "" {
		folder = filepath.Join(s.cfg.Data, "recordings")
	}
	tapes, notes, err := media.OpenArchive(folder)
	if err != nil {
		return err
	}
	for _, n := range notes {
		s.log.Warn("recording", "what", n)
	}
	s.tapes = tapes
	return nil
}

// recordingsKept is how long recordings are kept; 0: for ever.
func (s *server) recordingsKept() time.Duration {
	return s.current.Load().Recording.Keep
}

// sweepRecordings deletes recordings that are too old, until ctx is done.
func (s *server) sweepRecordings(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if d := s.recordingsKept(); d > 0 {
			n, err := s.tapes.Sweep(time.Now().Add(-d))
			if err != nil {
				s.log.Error("old recordings not deleted", "err", err)
			}
			if n > 0 {
				s.log.Info("old recordings deleted", "number", n)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// recorder is the archive as the exchange has it.
func (s *server) recorder() exchange.Recorder {
	if s.tapes == nil {
		return nil
	}
	return s.tapes
}

// recordings is the archive as the API has it.
func (s *server) recordings() api.Recordings {
	if s.tapes == nil {
		return nil
	}
	return s.tapes
}

func recordMode(m config.RecordMode) exchange.RecordMode {
	switch m {
	case config.RecordAlways:
		return exchange.RecordAlways
	case config.RecordOnDemand:
		return exchange.RecordOnDemand
	}
	return exchange.RecordNever
}

// recordingOf is what the configuration says of recordings, whose prompts were found to be there.
func recordingOf(cfg *config.Config, library *app.Library) exchange.Recording {
	r := exchange.Recording{Code: cfg.Recording.Code, Queues: map[string]exchange.RecordMode{}}
	for to, name := range map[*media.Source]string{&r.Announce: cfg.Recording.Announce, &r.On: cfg.Recording.On, &r.Off: cfg.Recording.Off} {
		if src, err := library.Prompt(name); err == nil {
			*to = src
		}
	}
	for _, x := range cfg.Routes {
		r.Routes = append(r.Routes, recordMode(x.Record))
	}
	for _, q := range cfg.Queues {
		r.Queues[q.Name] = recordMode(q.Record)
	}
	return r
}
