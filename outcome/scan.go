package outcome

import (
	"strconv"
	"time"

	"onhook/call"
	"onhook/sip"
)

// A scan reads the events of one call in order and keeps what the rules ask
// for. It decides nothing itself but which event was T, the terminating event.
type scan struct {
	meta    *Meta
	legs    []legState
	room    [3]legState // of legs, for most calls
	msg     sip.Message // the message being read
	headers [24]sip.Header

	highest   call.LegID // of the legs
	caller    call.LegID // the caller's leg; after a transfer, the one that took its place
	other     call.LegID // the party that the caller is joined with; 0: nobody yet
	roundFrom int        // legs[roundFrom:] are the attempts of the present round

	startedAt, lastAt time.Time
	alive             mark // the call was known to be up
	alertAt           mark // the first alerting evidence
	answer            mark // our 2xx to the caller
	bridge            mark // the first time that a party was joined
	sent              mark // the final sent to the caller
	sipFinal          int
	from, to          Party
	invited           bool   // the caller's INVITE was seen
	outward           bool   // the caller's INVITE was sent by us (a call made through the API)
	firstSet          uint16 // the last set of attempts that calls its first party
	onward            bool   // from a capture: a server sent the caller's INVITE, for somebody who is not seen
	apps              bool   // an application of ours had the caller

	stage    Stage
	stageBy  mark // what set it
	leaf     bool // the menu is at a final leaf
	segments []Segment
	holdFrom time.Time
	hold     time.Duration

	led   Reason // why a queue gave up, for the mailbox that follows; Unspecified: none did
	ledBy mark

	recorded  bool   // voicemail: a message of the least length was stored
	notStored string // voicemail: why one was not, as a detail
	recordBy  mark

	signal  signal
	own     signal // from a capture: a failure that the caller's side saw
	end     ending
	crossed bool
	notes   []string

	commands []command
}

// A mark is an event to be named as evidence.
type mark struct {
	seq      uint32
	at       time.Time
	leg      call.LegID
	inferred bool // concluded from a capture
}

func (m mark) is() bool { return m.seq != 0 || !m.at.IsZero() }

func markOf(e *call.Event) mark { return mark{seq: e.Seq, at: e.At, leg: e.Leg, inferred: e.Inferred} }

// A signal is an event that may be the cause of the next decision: a timer, a
// command, a finding of the media path, a failure in the dialog.
type signal struct {
	mark
	reason Reason
	detail string
	text   string
}

// An endKind says how a call ended.
type endKind uint8

const (
	notEnded  endKind = iota
	withdrawn         // CANCEL, or BYE in the early dialog, from the caller
	byeCaller         // BYE from the caller after answer
	byeOther          // BYE from the other party
	decided           // our own intent
	failed            // the attempts failed
	lost              // nothing explains it
)

// An ending is T, and where the call was then.
type ending struct {
	mark
	kind     endKind
	v        values
	cause    Reason
	hasCause bool
	by, text string
	code     int        // fixed by RFC 3261 for the final response
	bye      bool       // it withdrew with a BYE
	sender   string     // who sent the BYE of a dialog whose INVITE was not captured
	unseen   sip.Method // the request itself was not captured, but its answer was
	open     bool       // a final without an intent: a new INVITE on the leg may follow (401)
	stage    Stage
	stageBy  mark
	answered Answered
	signal   signal
}

func (s *scan) init(meta *Meta) {
	s.meta = meta
	s.legs = s.room[:0]
	s.msg.Headers = s.headers[:0]
	s.caller = call.Caller
}

// read takes the events in order.
func (s *scan) read(events []call.Event) {
	for i := range events {
		s.event(&events[i])
	}
}

func (s *scan) event(e *call.Event) {
	if s.startedAt.IsZero() {
		s.startedAt = e.At
	}
	s.lastAt = e.At
	switch e.Kind {
	case call.EvLeg:
		s.newLeg(e)
	case call.EvReceived:
		s.received(e)
	case call.EvSent:
		s.sentMessage(e)
	case call.EvTransportFailed:
		s.transportFailed(e)
	case call.EvTimer:
		s.timer(e)
	case call.EvIntent:
		s.intent(e)
	case call.EvCommand:
		s.command(e)
	case call.EvStage:
		if stage, ok := parseStage(e.Name); ok {
			s.setStage(stage, markOf(e))
		}
	case call.EvApp:
		s.leaf = e.N == 1
		s.apps = true
		s.queueOver(e)
		s.queuePlace(e)
		s.hookFailed(e)
	case call.EvMedia:
		switch e.Name {
		case "recording":
			s.taped(e)
		case "timeout":
			s.signal = signal{mark: markOf(e), reason: TimerExpire, detail: "media_timeout", text: "no RTP from " + s.side(e.Leg)}
		}
	case call.EvStored:
		s.stored(e)
	case call.EvBridged:
		s.bridged(e)
	case call.EvHold:
		s.held(e)
	case call.EvLegEnded:
		s.legEnded(e)
	case call.EvHours:
		s.outOfHours(e)
	case call.EvClock:
		if !s.ended() {
			s.note("the system's clock was set by " + (time.Duration(e.N) * time.Millisecond).String() + " while the call was up: its times go on as they began")
		}
	case call.EvAlive:
		s.alive = markOf(e)
	}
}

// side names whose leg it is.
func (s *scan) side(id call.LegID) string {
	if id == s.caller || id == 0 {
		return "the caller"
	}
	return "the callee"
}

// known returns the state of a leg, or nil. A queue's caller may have thousands:
// mostly they come in the order of their numbers.
func (s *scan) known(id call.LegID) *legState {
	if i := int(id) - 1; i >= 0 && i < len(s.legs) && s.legs[i].id == id {
		return &s.legs[i]
	}
	if id > s.highest {
		return nil
	}
	for i := range s.legs {
		if s.legs[i].id == id {
			return &s.legs[i]
		}
	}
	return nil
}

// leg returns the state of a leg, made if it is new.
func (s *scan) leg(id call.LegID) *legState {
	if id == 0 {
		id = s.caller
	}
	if l := s.known(id); l != nil {
		return l
	}
	s.legs, s.highest = append(s.legs, legState{id: id}), max(s.highest, id)
	return &s.legs[len(s.legs)-1]
}

func (s *scan) newLeg(e *call.Event) {
	l := s.leg(e.Leg)
	l.peer, l.name, l.uri, l.attempt, l.set = e.Peer, e.Name, e.Text, e.Attempt, e.Set
	s.onward = s.onward || e.Leg == call.Caller && e.By == call.Onward
	if s.outward && !s.answer.is() {
		s.firstSet = e.Set // nobody else is called before the first party has answered
	}
	if l.startedAt.IsZero() {
		l.startedAt = e.At
	}
	if n := call.LegID(e.Of); n != 0 && n != e.Leg {
		s.leg(n).replaced = true
	}
	if n, err := strconv.ParseUint(e.Text, 10, 16); err == nil && call.LegID(n) != e.Leg {
		s.forked(l.id, call.LegID(n))
	}
}

// forked notes that a leg is a branch behind another one's INVITE: what that
// says of the peer is true of it too.
func (s *scan) forked(id, root call.LegID) {
	s.leg(root) // first, since it may move the others
	l, r := s.leg(id), s.leg(root)
	l.root, l.uri, l.out, l.callID, l.address = root, r.uri, r.out, r.callID, r.address
}

func (s *scan) legEnded(e *call.Event) {
	l := s.leg(e.Leg)
	if l.endedAt.IsZero() {
		l.endedAt, l.endedBy = e.At, markOf(e)
	}
	if r, ok := exact(e.Cause); ok {
		l.cause, l.hasCause = r, true
		// It left, and the call goes on: its BYE is not T.
		l.transferor = l.transferor || r == BlindTransfer || r == AttendedTransfer
	}
	if e.Text != "" {
		l.why = e.Text
	}
}

func (s *scan) bridged(e *call.Event) {
	was := s.anyHeld()
	if e.Of != 0 {
		s.caller = call.LegID(e.Of)
	}
	s.other = e.Leg
	s.holding(was, e.At)
	// Joined again after a transfer that failed: its BYE ends the call.
	s.leg(e.Leg).transferor = false
	s.leg(s.caller).transferor = false
	s.roundFrom = len(s.legs)
	if !s.bridge.is() {
		s.bridge = markOf(e)
	}
	if e.Of != 0 && s.caller != call.Caller && s.leg(s.caller).peer == call.PeerPlatform {
		return // an application has the party, and says where the call is
	}
	s.setStage(StageTalking, markOf(e))
}

// setStage moves the call to a stage, unless it is over.
func (s *scan) setStage(stage Stage, by mark) {
	if s.ended() {
		return
	}
	if stage == StageRouting || stage == StageRinging {
		// A new round of attempts, after a menu, a queue or a transfer.
		if s.stage != StageRouting && s.stage != StageRinging {
			s.roundFrom = len(s.legs)
		}
	}
	if stage.inApplication() && stage != s.stage {
		s.leaf = false
		if stage != StageVoicemail || s.stage == StageQueue {
			// What was tried before a menu or a queue, or by a queue, is done with: only
			// the attempts before a mailbox say what led to it.
			s.roundFrom = len(s.legs)
		}
	}
	s.apps = s.apps || stage.inApplication()
	s.leaveQueue(stage, by)
	s.stage, s.stageBy = stage, by
	s.segment(s.stageNow(), by)
}

// segment closes the present segment and opens another.
func (s *scan) segment(stage Stage, by mark) {
	if n := len(s.segments); n > 0 {
		last := &s.segments[n-1]
		if last.Stage == stage.String() {
			return
		}
		last.EndedAt = by.at
		switch {
		case last.Stage == "menu" && stage == StageTalking && s.other == 0: // others have come to the conference
		case last.Stage == "menu" && stage != StageMenu:
			last.Reason = TransferredFromIVR.String()
		case last.Stage == "queue" && stage == StageTalking:
			last.Reason = TransferredFromCallSystem.String()
		}
	} else {
		s.segments = make([]Segment, 0, 4)
	}
	x := Segment{Stage: stage.String(), StartedAt: by.at}
	if s.other != 0 && (stage == StageTalking || stage == StageHold || stage == StageConsult) {
		x.Leg = int(s.other)
	}
	s.segments = append(s.segments, x)
}

// alerted notes alerting evidence on a leg; weak: an announcement may be all it was.
func (s *scan) alerted(l *legState, e *call.Event, weak bool) {
	if !l.alerted {
		l.alerted, l.ringBy = true, markOf(e)
	}
	if !weak {
		l.ringing = true
	}
	if l.root != 0 {
		// The final response to the INVITE speaks for all its branches.
		if r := s.leg(l.root); !r.alerted {
			r.alerted, r.ringBy = true, markOf(e)
			r.ringing = r.ringing || !weak
		}
	}
	if s.ended() {
		return
	}
	if !s.alertAt.is() {
		s.alertAt = markOf(e)
	}
	if s.stage == StageRouting {
		s.setStage(StageRinging, markOf(e))
	}
}

func (s *scan) stored(e *call.Event) {
	least := s.meta.options().leastMessage()
	switch {
	case e.Text == "failed":
		s.notStored = "not_stored"
	case e.Text == "full":
		s.notStored = "full"
	case time.Duration(e.N)*time.Millisecond >= least:
		s.recorded, s.recordBy = true, markOf(e)
	}
}

func (s *scan) ended() bool { return s.end.kind != notEnded }

// finish sets T, once.
func (s *scan) finish(kind endKind, e *call.Event) bool {
	if s.ended() {
		return false
	}
	s.end = ending{mark: markOf(e), kind: kind, stage: s.stageNow(), stageBy: s.stageBy, answered: s.answeredNow(), signal: s.signal}
	if s.msg.Method == sip.BYE && (kind == withdrawn || kind == byeCaller || kind == byeOther) {
		s.end.bye = true
		if s.capture() && !s.invited {
			s.end.sender = whoSent(&s.msg, peerAddress(e.Flow, false))
		}
	}
	return true
}

// answeredNow says by whom the call is answered so far.
func (s *scan) answeredNow() Answered {
	partyAnswered := false
	for i := range s.legs {
		if l := &s.legs[i]; l.id != call.Caller && !l.answeredAt.IsZero() && !l.decided {
			partyAnswered = true
		}
	}
	switch {
	case s.platformCalls() && (partyAnswered || s.bridge.is()):
		return AnsweredParty
	case !s.answer.is() && !(s.capture() && !s.invited && s.bridge.is()):
		return AnsweredNo
	case s.bridge.is():
		return AnsweredParty
	case partyAnswered && !s.apps && !s.outward:
		return AnsweredParty
	case s.capture() && !s.apps && !s.outward:
		// Section 3a: every 2xx counts as party unless the capture shows otherwise.
		return AnsweredParty
	}
	return AnsweredPlatform
}

func (s *scan) capture() bool { return s.meta.Source != "" && s.meta.Source != "live" }

// platformCalls tells whether the server itself is the caller: a call that the
// API made to one party.
func (s *scan) platformCalls() bool {
	return len(s.legs) > 0 && s.legs[0].id == call.Caller && s.legs[0].peer == call.PeerPlatform
}
