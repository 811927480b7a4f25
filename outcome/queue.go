package outcome

import (
	"strings"

	"onhook/call"
)

// queueOver takes what a queue says when it gives up: "time over -> NO_ANSWER;
// no agent logged in -> SUBSCRIBER_ABSENT; full -> NORMAL_CIRCUIT_CONGESTION"
// (rules, section 3 rule 1).
func (s *scan) queueOver(e *call.Event) {
	if s.stage != StageQueue || s.ended() {
		return
	}
	switch e.Text {
	case "timeout":
		s.led = NoAnswer
	case "no_agent":
		s.led = SubscriberAbsent
	case "full":
		s.led = CircuitCongestion
	default:
		return
	}
	s.ledBy = markOf(e)
}

// leaveQueue notes that a queue gave up, where the call goes on without an
// agent: "an agent's 603 does not make the call Declined".
func (s *scan) leaveQueue(next Stage, by mark) {
	switch {
	case next == StageMenu || next == StageQueue && s.stage != StageQueue || next == StageTalking:
		s.led, s.ledBy = Unspecified, mark{}
	case s.stage == StageQueue && next != StageQueue && s.led == Unspecified:
		s.led, s.ledBy = NoAnswer, by
	}
}

// ledOr is why the queue gave up, if it said so.
func (s *scan) ledOr(r Reason) Reason {
	if s.led != Unspecified {
		return s.led
	}
	return r
}

// queuePlace takes the caller's place in a queue: "place 3", where it comes and
// where it leaves.
func (s *scan) queuePlace(e *call.Event) {
	place, ok := strings.CutPrefix(e.Text, "place ")
	queue, of := strings.CutPrefix(e.Name, "queue:")
	if !ok || !of {
		return
	}
	if s.ended() {
		s.note("left queue " + queue + " at place " + place)
		return
	}
	s.note("came to queue " + queue + " at place " + place)
}
