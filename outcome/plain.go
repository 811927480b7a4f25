package outcome

import (
	"strconv"
	"time"

	"onhook/call"
)

// A plain is what happened and what to do next, in the words that fit one call
// where those of the table would say too little, or too much.
type plain struct {
	what   []byte // a sentence without its full stop
	remedy string
	who    bool // what says who ended the call
}

// plain fits the words of the table to the call.
func (s *scan) plain(d *decision, r *Record) plain {
	w := &words[d.reason]
	p := plain{what: make([]byte, 0, 192), remedy: w.Remedy}
	switch {
	case d.rule == "5 BYE":
		s.plainBye(&p, d)
	case d.reason == NormalClearing:
		plainTalk(&p, d, r)
	case d.reason == OriginatorCancel && d.answered == AnsweredNo:
		s.plainCancel(&p, r)
	case d.reason == NoAnswer && r.RingMS > 0 && d.leg != nil && d.leg.alerted && d.answered == AnsweredNo:
		p.what = append(spanTo(append(p.what, "The called party's phone rang for "...), r.RingMS), " and nobody answered"...)
	case d.reason == PickedOff:
		p.what, p.who = append(p.what, "The call was answered at another phone"...), true
	case d.reason == Unspecified && s.capture():
		s.plainCut(&p, d)
	case d.reason == TimerExpire && d.received != 0:
		p.what = append(p.what, "A server on the way waited in vain for the answer of the one behind it"...)
		p.remedy = "Ask the operator of the side that answered: what stands behind it does not respond."
	case d.received != 0 && d.by == ByNetwork && ownMatter(d.reason):
		p.what = append(append(p.what, "The far side says: "...), lowerFirst(w.Definition[:len(w.Definition)-1])...)
		p.remedy = "Ask the operator of the side that answered, with the call's evidence."
	default:
		if x, ok := finer[finerKey{d.reason, d.detail}]; ok {
			p.what, p.remedy, p.who = append(p.what, x.Definition...), x.Remedy, saysWho(x.Definition, d.by)
		}
	}
	if len(p.what) == 0 {
		p.what = append(p.what, w.Definition[:len(w.Definition)-1]...)
		p.who = saysWho(w.Definition, d.by)
	}
	return p
}

// ownMatter tells the reasons whose remedy in the table is for whoever runs the
// server: where another network gave them, that one has to look.
func ownMatter(r Reason) bool {
	switch r {
	case BearerNotAuth, BearerNotAvail, NoRouteTransitNet, NoRouteDestination, ChanNotImplemented, CircuitCongestion, SwitchCongestion, RequestedChanUnavail,
		FacilityNotSubscribed, FacilityNotImplemented, InvalidMsgUnspecified, MandatoryIEMissing, InvalidIEContents:
		return true
	}
	return false
}

// plainTalk is the call that ended as calls do.
func plainTalk(p *plain, d *decision, r *Record) {
	p.what = spanTo(append(p.what, "The two parties were connected for "...), r.TalkMS)
	switch d.by {
	case ByCaller:
		p.what, p.who = append(p.what, ", and the caller hung up"...), true
	case ByCallee:
		p.what, p.who = append(p.what, ", and the called side hung up"...), true
	default:
		p.what = append(p.what, ", and one of them hung up"...)
	}
}

// plainCancel is the caller who gave up: what it heard until then matters.
func (s *scan) plainCancel(p *plain, r *Record) {
	p.who = true
	if s.alertAt.is() {
		p.what = append(spanTo(append(p.what, "The caller gave up after "...), r.RingMS), " of ringing, before the call was answered"...)
		p.remedy = "Nothing is wrong with the server; the called side did not answer in that time."
		return
	}
	p.what = append(spanTo(append(p.what, "The caller gave up after "...), r.DurationMS), ", before anything rang"...)
	p.remedy = "If that took long, see why nothing rang; else nothing to do."
}

// plainBye is a BYE that says why it was sent.
func (s *scan) plainBye(p *plain, d *decision) {
	sender := "The called side"
	switch {
	case !s.invited && s.capture():
		sender = "One side"
	case s.end.kind == byeCaller:
		sender = "The caller's side"
	case s.serverEnded():
		sender = "The server"
	}
	p.what = append(append(p.what, sender...), " sent the BYE and gave a reason for it, "...)
	p.what = append(p.what, d.reason.String()...)
	switch d.reason {
	case NoAnswer, NoUserResponse, SubscriberAbsent, UserBusy, CallRejected:
		// These speak of a call that was not answered.
		p.remedy = "Ask that side what it means by it; its network or its server may have ended the call."
	default:
		p.what = append(p.what, ": "...)
		w := words[d.reason].Definition
		p.what = append(p.what, lowerFirst(w[:len(w)-1])...)
	}
	if d.by != ByNetwork {
		p.who = true
	}
}

// plainCut is a call whose end a capture does not show.
func (s *scan) plainCut(p *plain, d *decision) {
	switch {
	case d.answered != AnsweredNo:
		p.what = append(p.what, "The call was answered, but its end is not in the capture: it may still be up, or its BYE went another way"...)
	case s.leg(s.caller).refused:
		p.what = append(p.what, "The call was refused, as the caller's ACK shows, but the response is not in the capture"...)
	case s.alertAt.is():
		p.what = append(p.what, "The call was ringing, and how it ended is not in the capture"...)
	default:
		p.what = append(p.what, "The call was begun, and how it ended is not in the capture"...)
	}
	p.remedy = "Capture for longer, and where the messages of both sides pass."
}

// A finerKey names a reason and the detail that refines it.
type finerKey struct {
	reason Reason
	detail string
}

// finer are the words of reasons that a detail makes plainer.
var finer = map[finerKey]Words{
	{TimerExpire, "no_ack"}: {
		Definition: "The 200 that answered the call was never confirmed by an ACK, so the call was ended",
		Remedy:     "See why the ACK does not come through: the Contact and Record-Route of the 200, NAT, a firewall.",
	},
	{TimerExpire, "no_prack"}: {
		Definition: "A provisional response that must be confirmed was never confirmed by a PRACK",
		Remedy:     "See why the PRACK does not come through: the Contact and Record-Route of the 18x, NAT; or turn 100rel off.",
	},
	{TimerExpire, "session_timer"}: {
		Definition: "The session timer ran out: the refresh that shows that the call is still up did not come",
		Remedy:     "See which side fell silent, and its network and NAT; a phone that lost its network refreshes no more.",
	},
	{TimerExpire, "in_dialog_timeout"}: {
		Definition: "A request within the call got no answer, so the call was ended",
		Remedy:     "See why that side fell silent: switched off, restarted, its network, NAT.",
	},
	{TimerExpire, "media_timeout"}: {
		Definition: "The audio of one side stopped coming, so the call was ended",
		Remedy:     "See why its RTP stopped: the network and NAT of that side, or a phone that sends nothing in silence.",
	},
	{TerminatedFromServer, "max_duration"}: {
		Definition: "The server ended the call because it had lasted as long as calls may",
		Remedy:     "If calls may last longer, raise the longest duration.",
	},
	{TerminatedFromServer, "shutdown"}: {
		Definition: "The server ended the call because it was being stopped",
		Remedy:     "Call again when the server is up.",
	},
	{TerminatedFromServer, "recovered"}: {
		Definition: "The server went down while the call was up, and closed its record when it started again",
		Remedy:     "See in the server's log why it went down.",
	},
	{UserBusy, "dnd"}: {
		Definition: "The called user has do not disturb on",
		Remedy:     "Call again later; the user can turn it off, or forward calls meanwhile.",
	},
	{UserBusy, "call_limit"}: {
		Definition: "The called user has as many calls as it may",
		Remedy:     "Call again later, raise the user's call limit, or set a forward for busy.",
	},
}

// serverEnded tells whether a capture shows that the server between two parties
// sent both of them BYE.
func (s *scan) serverEnded() bool {
	if !s.capture() || s.end.kind != byeOther || s.end.leg != s.caller || s.other == 0 || s.other == call.Caller {
		return false
	}
	l := s.leg(s.other)
	return l.byeSent && !l.byeSeen
}

// spanTo appends a length of time for a person.
func spanTo(b []byte, ms int64) []byte {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d < time.Second:
		return append(strconv.AppendInt(b, ms, 10), " ms"...)
	case d < time.Minute:
		b = strconv.AppendInt(b, ms/1000, 10)
		if tenth := ms % 1000 / 100; tenth != 0 {
			b = strconv.AppendInt(append(b, '.'), tenth, 10)
		}
		return append(b, " s"...)
	case d < time.Hour:
		b = append(strconv.AppendInt(b, int64(d/time.Minute), 10), " min"...)
		if s := d / time.Second % 60; s != 0 {
			b = append(strconv.AppendInt(append(b, ' '), int64(s), 10), " s"...)
		}
		return b
	}
	b = append(strconv.AppendInt(b, int64(d/time.Hour), 10), " h"...)
	if m := d / time.Minute % 60; m != 0 {
		b = append(strconv.AppendInt(append(b, ' '), int64(m), 10), " min"...)
	}
	return b
}
