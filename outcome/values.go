package outcome

// A Status is one of the eight Call Statuses.
type Status uint8

// The statuses. noStatus stands for "n/a" and for an empty cell of the table.
const (
	noStatus Status = iota
	CallEnded
	Declined
	Busy
	NotAnswered
	Cancelled
	Abandoned
	Unreachable
	CallFailed
	numStatuses
)

var statusNames = [numStatuses]string{"", "Call Ended", "Declined", "Busy", "Not Answered", "Cancelled", "Abandoned", "Unreachable", "Call Failed"}

// String returns the status as a person reads it.
func (s Status) String() string {
	if s < numStatuses {
		return statusNames[s]
	}
	return ""
}

// ParseStatus returns the status of that name, without regard to case.
func ParseStatus(name string) (Status, bool) {
	for s := CallEnded; s < numStatuses; s++ {
		if equalFold(statusNames[s], name) {
			return s, true
		}
	}
	return noStatus, false
}

// An EndedBy says who ended a call.
type EndedBy uint8

// Who ended the call.
const (
	ByUnknown EndedBy = iota
	ByCaller
	ByCallee
	ByPlatform
	ByNetwork
	numEndedBy
)

var endedByNames = [numEndedBy]string{"unknown", "caller", "callee", "platform", "network"}

// String returns the name as the record has it.
func (b EndedBy) String() string {
	if b < numEndedBy {
		return endedByNames[b]
	}
	return endedByNames[ByUnknown]
}

// An Answered says by whom a call was answered.
type Answered uint8

// Who answered.
const (
	AnsweredNo       Answered = iota
	AnsweredPlatform          // our own 2xx, from a menu, a queue, a mailbox
	AnsweredParty             // a person or endpoint was bridged
)

// String returns the name as the record has it.
func (a Answered) String() string {
	return [...]string{"no", "platform", "party", ""}[a&3]
}

// A Stage says where a call is.
type Stage uint8

// The stages.
const (
	StageRouting Stage = iota
	StageRinging
	StageMenu
	StageQueue
	StageTalking
	StageHold
	StageConsult
	StageVoicemail
	numStages
)

var stageNames = [numStages]string{"routing", "ringing", "menu", "queue", "talking", "hold", "consult", "voicemail"}

// String returns the name as the record has it.
func (s Stage) String() string {
	if s < numStages {
		return stageNames[s]
	}
	return ""
}

func parseStage(name string) (Stage, bool) {
	for s, n := range stageNames {
		if n == name {
			return Stage(s), true
		}
	}
	return StageRouting, false
}

// inApplication tells whether an application of ours has the caller's leg.
func (s Stage) inApplication() bool {
	return s == StageMenu || s == StageQueue || s == StageVoicemail
}

// A Confidence says how sure a record is of its outcome; the lowest that
// applies counts.
type Confidence uint8

// The confidences, from the lowest.
const (
	Guess Confidence = iota
	Likely
	Certain
)

// String returns the name as the record has it.
func (c Confidence) String() string {
	return [...]string{"guess", "likely", "certain", ""}[c&3]
}

// StatusOf returns the Call Status: a function of reason, answered and stage,
// never of the response code (rules, section 1).
func StatusOf(r Reason, a Answered, s Stage) Status {
	if r >= numReasons {
		r = Unspecified
	}
	t := &table[r]
	status, other := t.unanswered, t.answered
	switch {
	case a == AnsweredParty:
		status, other = t.answered, t.unanswered
	case a == AnsweredPlatform && s.inApplication():
		// "MANAGER_REQUEST, Terminated_From_Server, RECOVERY_ON_TIMER_EXPIRE and
		// INVALID_CALL_REFERENCE, which end the caller's own dialog, take
		// status_answered while the stage is menu, queue or voicemail."
		switch r {
		case ManagerRequest, TerminatedFromServer, TimerExpire, InvalidCallReference:
			status, other = t.answered, t.unanswered
		}
	}
	if status == noStatus {
		return other
	}
	return status
}

// statusRule names the part of StatusOf that gave the status.
func statusRule(r Reason, a Answered) string {
	switch t := &table[r]; {
	case t.unanswered == t.answered && t.code >= 902:
		return "1 status a"
	case a == AnsweredParty:
		return "1 status b"
	case a == AnsweredNo:
		return "1 status c"
	}
	return "1 status d"
}

// shownCode returns the Last Response Code and the rule that gave it; received
// is the final code that decided, as it came, 0 if none did.
func shownCode(r Reason, s Status, received int) (code int, rule string) {
	code = r.Code()
	switch {
	case code >= 901 && code <= 909:
		return code, "1 code 1"
	case s == CallEnded:
		return 200, "1 code 2"
	case received != 0:
		return received, "1 code 3"
	case code != 0:
		return code, "1 code 4"
	case r == Unspecified:
		return 0, "1 code 5"
	}
	return r.WireCode(), "1 code 4"
}
