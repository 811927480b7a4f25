package outcome

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"onhook/call"
)

// A callMaker draws a call that could happen, as a script.
type callMaker struct {
	t        *rapid.T
	steps    []string
	legs     int  // the last one's number
	answered bool // the caller has our 2xx
	over     bool
}

func (m *callMaker) add(format string, args ...any) {
	m.steps = append(m.steps, fmt.Sprintf(format, args...))
}

func (m *callMaker) one(label string, of ...string) string {
	return rapid.SampledFrom(of).Draw(m.t, label)
}

func (m *callMaker) reason() string {
	switch rapid.IntRange(0, 3).Draw(m.t, "reason") {
	case 0:
		return fmt.Sprintf(" {Reason: Q.850;cause=%d}", rapid.IntRange(0, 140).Draw(m.t, "cause"))
	case 1:
		return fmt.Sprintf(" {Reason: SIP;cause=%d, Q.850;cause=%d;location=%s}", rapid.IntRange(100, 999).Draw(m.t, "sip"),
			rapid.IntRange(1, 127).Draw(m.t, "cause"), m.one("location", "U", "LN", "XX"))
	}
	return ""
}

// application lets the server answer with a menu, a queue or a mailbox, which
// the caller may leave.
func (m *callMaker) application() {
	stage := m.one("application", "", "", "menu", "queue", "voicemail")
	if stage == "" {
		return
	}
	m.add("> 1 200+sdp / < 1 ACK / stage %s", stage)
	m.answered = true
	switch stage {
	case "menu":
		m.add("app main x %d", rapid.IntRange(0, 1).Draw(m.t, "leaf"))
	case "voicemail":
		m.add("stored %d", rapid.IntRange(0, 5000).Draw(m.t, "length"))
	}
	switch m.one("then", "on", "bye", "leaf") {
	case "bye":
		m.add("< 1 BYE / > 1 200/BYE")
		m.over = true
	case "leaf":
		m.add("! 1 - / > 1 BYE")
		m.over = true
	default:
		m.add("stage routing")
	}
}

// attempt calls somebody and lets it fail; the last one may answer.
func (m *callMaker) attempt(mayAnswer bool) {
	m.legs++
	n := m.legs
	m.add("out %d %s", n, m.one("peer", "phone", "trunk", "uri"))
	switch m.one("ring", "", "180", "183+sdp", "181") {
	case "180":
		m.add("< %d 180", n)
	case "183+sdp":
		m.add("< %d 183+sdp%s", n, m.reason())
	case "181":
		m.add("< %d 181", n)
	}
	if mayAnswer && rapid.Bool().Draw(m.t, "answers") {
		m.talk(n)
		return
	}
	switch m.one("fails", "final", "final", "silence", "broken", "ring timer", "cancel") {
	case "final":
		m.add("< %d %d%s / ended %d", n, rapid.IntRange(300, 699).Draw(m.t, "code"), m.reason(), n)
	case "silence":
		m.add("timer %d B INVITE / ended %d", n, n)
	case "broken":
		m.add("broken %d refused INVITE / ended %d", n, n)
	case "ring timer":
		m.add("timer %d ring / ! %d NO_ANSWER / > %d CANCEL / < %d 487", n, n, n, n)
	case "cancel":
		if m.answered {
			m.add("< 1 BYE / ! %d ORIGINATOR_CANCEL / > %d CANCEL", n, n)
		} else {
			m.add("< 1 CANCEL / ! %d ORIGINATOR_CANCEL / > %d CANCEL / > 1 487", n, n)
		}
		m.over = true
	}
}

// talk joins the two, and ends the call.
func (m *callMaker) talk(n int) {
	m.add("< %d 200+sdp / > %d ACK", n, n)
	if !m.answered {
		m.add("> 1 200+sdp / < 1 ACK")
		m.answered = true
	}
	m.add("bridge %d / stage talking", n)
	for range rapid.IntRange(0, 3).Draw(m.t, "holds") {
		m.add("%s %d", m.one("hold", "hold", "resume"), rapid.SampledFrom([]int{1, n}).Draw(m.t, "holder"))
	}
	m.over = true
	switch m.one("end", "caller", "callee", "command", "timer", "stop", "killed", "crossed") {
	case "caller":
		m.add("< 1 BYE%s / > %d BYE", m.reason(), n)
	case "callee":
		m.add("< %d BYE%s / > 1 BYE", n, m.reason())
	case "command":
		m.add("command op / ! 1 MANAGER_REQUEST / > 1 BYE / > %d BYE", n)
	case "timer":
		m.add("timer 1 2xx / ! 1 RECOVERY_ON_TIMER_EXPIRE no_ack / > 1 BYE / > %d BYE", n)
	case "stop":
		m.add("! 1 Terminated_From_Server shutdown / > 1 BYE")
	case "killed":
		m.add("alive / ! 0 Terminated_From_Server recovered")
	case "crossed":
		m.add("< %d BYE / > 1 BYE / < 1 BYE", n)
	}
}

// drawCall draws a whole call; verdict is the place of the final that we owe
// the caller, -1 if there is none.
func drawCall(t *testing.T, rt *rapid.T) (evs []call.Event, owed bool) {
	m := &callMaker{t: rt, legs: 1}
	m.add("in %s / stage routing", m.one("caller", "phone", "trunk"))
	m.application()
	for left := rapid.IntRange(0, 3).Draw(rt, "attempts"); left > 0 && !m.over; left-- {
		m.attempt(left == 1)
	}
	if !m.over && m.legs == 1 {
		reason := rapid.SampledFrom(ownRefusals()).Draw(rt, "refusal")
		m.add("! 1 %s", reason)
	}
	if !m.over && m.answered {
		m.add("! 1 - / > 1 BYE")
	}
	return events(t, strings.Join(m.steps, " / ")), !m.over && !m.answered
}

// ownRefusals are the reasons of call scope that we refuse calls with.
func ownRefusals() []string {
	var out []string
	for r := range Reason(Reasons) {
		if r.WireCode() != 0 && r.Scope() == ScopeCall && r != Unspecified && r != OriginatorCancel {
			out = append(out, r.String())
		}
	}
	return out
}

// TestProperty_ACallHasOneTrueOutcome: any call that could happen folds to one
// outcome that keeps the invariants of section 8; the verdict is what its
// record says; folding again, and folding what JSON brought back, is the same.
func TestProperty_ACallHasOneTrueOutcome(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		evs, owed := drawCall(t, rt)
		if owed {
			a := Verdict(evs, Meta{})
			if a.Code < 300 || a.Code > 699 {
				rt.Fatalf("we would send %d", a.Code)
			}
			s := &script{t: t, now: evs[len(evs)-1].At.Add(time.Second), events: evs}
			s.step(fmt.Sprintf("> 1 %d", a.Code))
			evs = s.events
			if r := Fold(evs, Meta{}); r.ByeReason != a.ByeReason || r.SIPFinal != a.Code {
				rt.Fatalf("verdict %d %s, record %d %s", a.Code, a.ByeReason, r.SIPFinal, r.ByeReason)
			}
		}
		r := Fold(evs, Meta{ID: "call_1"})
		if bad := Check(r); len(bad) != 0 {
			rt.Fatalf("%s %s: %q", r.Status, r.ByeReason, bad)
		}
		if r.Confidence != "certain" && len(r.Notes) == 0 {
			rt.Fatalf("%s is %s, and no note says why", r.ByeReason, r.Confidence)
		}
		back := throughJSON(rt, evs)
		if again := Fold(back, Meta{ID: "call_1"}); !cmp.Equal(r, again) {
			rt.Fatalf("folded again it differs: %s", cmp.Diff(r, again))
		}
		if n := strings.Count(r.Summary, ". "); n != 1 || !strings.HasSuffix(r.Summary, ".") || strings.Contains(r.Summary, "..") {
			rt.Fatalf("the summary is not two sentences: %s", r.Summary)
		}
	})
}

func throughJSON(rt *rapid.T, evs []call.Event) []call.Event {
	data, err := json.Marshal(evs)
	if err != nil {
		rt.Fatal(err)
	}
	var back []call.Event
	if err := json.Unmarshal(data, &back); err != nil {
		rt.Fatal(err)
	}
	return back
}

// drawEvent draws an event with anything in it.
func drawEvent(rt *rapid.T) call.Event {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "caller", "callee", "routing", "menu", "queue", "voicemail", "talking", "ring", "2xx", "B", "INVITE", "hangup", "timeout", "failed", "USER_BUSY", "CALL_FORWARD", "BLIND_TRANSFER", "UNSPECIFIED", "End_In_IVR"}))
	msg := rapid.OneOf(rapid.Just(""), rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{
			"INVITE sip:a@b SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n", "BYE sip:a@b SIP/2.0\r\nCSeq: 2 BYE\r\nReason: Q.850;cause=41\r\n\r\n", "CANCEL sip:a@b SIP/2.0\r\nCSeq: 1 CANCEL\r\n\r\n",
			"SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\n", "SIP/2.0 180 x\r\nCSeq: 1 INVITE\r\n\r\n", "SIP/2.0 486 x\r\nCSeq: 1 INVITE\r\n\r\n", "SIP/2.0 699 x\r\nCSeq: 1 INVITE\r\n\r\n",
		}))
	return call.Event{
		Seq: rapid.Uint32().Draw(rt, "seq"), At: time.Unix(rapid.Int64Range(0, 4e9).Draw(rt, "at"), 0).UTC(),
		Kind: call.EventKind(rapid.IntRange(int(call.EvLeg), int(call.EvHours)).Draw(rt, "kind")), Leg: call.LegID(rapid.IntRange(0, 4).Draw(rt, "leg")),
		Peer: call.Peer(rapid.IntRange(0, int(call.PeerPlatform)).Draw(rt, "peer")), Out: rapid.Bool().Draw(rt, "out"),
		Attempt: rapid.Uint16().Draw(rt, "attempt"), Set: rapid.Uint16Range(0, 3).Draw(rt, "set"), Of: rapid.Uint32Range(0, 5).Draw(rt, "of"),
		N: rapid.IntRange(-1, 5000).Draw(rt, "n"), Code: rapid.IntRange(0, 999).Draw(rt, "code"), Name: text.Draw(rt, "name"), Cause: text.Draw(rt, "cause"),
		By: text.Draw(rt, "by"), Text: text.Draw(rt, "text"), Flow: text.Draw(rt, "flow"), Msg: msg.Draw(rt, "msg"), Inferred: rapid.Bool().Draw(rt, "inferred"),
	}
}

// TestProperty_AnyEventsFold: whatever the events are, there is one outcome,
// its status is the function of reason, answered and stage, and nothing panics.
func TestProperty_AnyEventsFold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		evs := rapid.SliceOfN(rapid.Custom(drawEvent), 0, 25).Draw(rt, "events")
		for _, source := range []string{"live", "pcap", "hep"} {
			r := Fold(evs, Meta{Source: source})
			reason, ok := ParseReason(r.ByeReason)
			stage, okStage := parseStage(r.Stage)
			answered, okAnswered := parseAnswered(r.Answered)
			if !ok || !okStage || !okAnswered || StatusOf(reason, answered, stage).String() != r.Status {
				rt.Fatalf("%s: %s, answered %s in %s: %q", source, r.ByeReason, r.Answered, r.Stage, r.Status)
			}
			if a := Verdict(evs, Meta{Source: source}); a.Code < 300 || a.Code > 699 {
				rt.Fatalf("%s: we would send %d", source, a.Code)
			}
			if again := Fold(evs, Meta{Source: source}); !cmp.Equal(r, again) {
				rt.Fatalf("folded again it differs: %s", cmp.Diff(r, again))
			}
		}
	})
}

// TestProperty_EventsGoThroughJSON: text in the events that is UTF-8 comes back
// as it was, a message in any case; unknown fields change nothing.
func TestProperty_EventsGoThroughJSON(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := drawEvent(rt)
		data, err := json.Marshal(e)
		if err != nil {
			rt.Fatal(err)
		}
		var back, wider call.Event
		if err := json.Unmarshal(data, &back); err != nil || back != e {
			rt.Fatalf("%v\n got %+v\nwant %+v", err, back, e)
		}
		more := append([]byte(`{"later":{"x":[1,null]},"msg2":"y",`), bytes.TrimPrefix(data, []byte("{"))...)
		if err := json.Unmarshal(more, &wider); err != nil || wider != e {
			rt.Fatalf("with unknown fields: %v\n got %+v\nwant %+v", err, wider, e)
		}
	})
}
