package outcome

import (
	"time"

	"onhook/call"
)

// held notes that a leg's party holds or resumes.
func (s *scan) held(e *call.Event) {
	l := s.leg(e.Leg)
	was := s.anyHeld()
	l.held = e.N == 1
	s.holding(was, e.At)
	if !l.held && e.Leg == s.other && !s.ended() && (s.stage == StageHold || s.stage == StageConsult) {
		s.stage = StageTalking // "hold while the other party holds; consult while it holds"
	}
	if !s.ended() && (s.stage == StageTalking || s.stage == StageHold || s.stage == StageConsult) {
		s.segment(s.stageNow(), markOf(e))
	}
	if e.Leg == s.other {
		s.stageBy = markOf(e)
	}
}

// holding counts the time in which either of the two parties holds.
func (s *scan) holding(was bool, at time.Time) {
	if now := s.anyHeld(); now && !was {
		s.holdFrom = at
	} else if was && !now {
		s.hold += at.Sub(s.holdFrom)
	}
}

func (s *scan) anyHeld() bool {
	for i := range s.legs {
		if l := &s.legs[i]; l.held && (l.id == s.caller || l.id == s.other) {
			return true
		}
	}
	return false
}

// stageNow is the stage with holds: "hold while the other party holds"; the
// caller's own hold is talking.
func (s *scan) stageNow() Stage {
	if s.stage == StageTalking && s.other != 0 {
		for i := range s.legs {
			if l := &s.legs[i]; l.id == s.other && l.held {
				return StageHold
			}
		}
	}
	return s.stage
}
