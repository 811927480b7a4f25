package store

import (
	"errors"
	"os"
	"time"
)

// upkeep lets go of what is older than the settings say.
func (s *Local) upkeep() {
	now := s.opt.Now()
	err := s.db.dropExpiredBindings(now)
	if s.opt.EvidenceFor > 0 {
		err = errors.Join(err, s.dropSegments(now.Add(-s.opt.EvidenceFor)))
	}
	if s.opt.RecordsFor > 0 {
		err = errors.Join(err, s.dropRecords(now.Add(-s.opt.RecordsFor)))
	}
	if err != nil {
		s.opt.Report(err)
	}
}

// dropSegments removes segments that were last written before a time. Their
// records are all in the index, and a later segment carries what was open.
func (s *Local) dropSegments(before time.Time) error {
	s.x.mu.Lock()
	keep := s.x.reached.seg
	s.x.mu.Unlock()
	s.j.mu.Lock()
	keep = min(keep, s.j.carried, s.j.cur.num)
	s.j.mu.Unlock()
	nums, err := segments(s.j.dir)
	if err != nil {
		return err
	}
	for _, n := range nums {
		if n >= keep {
			return nil
		}
		path := segmentPath(s.j.dir, n)
		st, err := os.Stat(path)
		if err != nil {
			return err
		}
		if !st.ModTime().Before(before) {
			return nil
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// dropRecords removes old rows, a few at a time, so that nobody waits long for
// the database.
func (s *Local) dropRecords(before time.Time) error {
	const few = 500
	for {
		res, err := s.db.write.Exec(`DELETE FROM calls WHERE rowid IN (SELECT rowid FROM calls WHERE started_at < ? ORDER BY started_at LIMIT ?)`,
			before.UnixNano(), few)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n < few {
			return s.db.dropRollups(before)
		}
	}
}
