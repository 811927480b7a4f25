package outcome

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"onhook/call"

	"pgregory.net/rapid"
)

// queueCall is a caller in a queue whose agents are called one after the other,
// and do not answer, are busy, or are off.
func queueCall(attempts int) []call.Event {
	var text strings.Builder
	text.WriteString("in phone / stage queue / > 1 200")
	for i := range attempts {
		n := i + 2
		fmt.Fprintf(&text, " / out %d phone", n)
		switch i % 3 {
		case 0:
			fmt.Fprintf(&text, " / < %d 180 / timer %d ring / ! %d NO_ANSWER / > %d CANCEL / < %d 487", n, n, n, n, n)
		case 1:
			fmt.Fprintf(&text, " / < %d 486 / ended %d", n, n)
		case 2:
			fmt.Fprintf(&text, " / timer %d B INVITE / ended %d", n, n)
		}
	}
	return events(&testing.T{}, text.String())
}

// BenchmarkRoundReason is what one more attempt costs a call that has had so many.
func BenchmarkRoundReason(b *testing.B) {
	for _, n := range []int{1, 100, 1000, 10000} {
		evs := queueCall(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			meta := Meta{ID: "call_1"}
			b.Run("anew", func(b *testing.B) {
				var f Folder
				for b.Loop() {
					f.RoundReason(evs, &meta, 0)
					f.CancelReason(evs, &meta, call.LegID(n+1))
				}
			})
			b.Run("along", func(b *testing.B) {
				var f Follower
				f.RoundReason(evs, &meta, 0)
				for b.Loop() {
					f.RoundReason(evs, &meta, 0)
					f.CancelReason(evs, &meta, call.LegID(n+1))
				}
			})
		})
	}
}

// someJournal draws a call in words: attempts one after the other and together,
// late branches of old ones, and all that ends them.
func someJournal(t *rapid.T) string {
	var steps []string
	add := func(format string, args ...any) { steps = append(steps, fmt.Sprintf(format, args...)) }
	add("in phone")
	legs := 1
	for range rapid.IntRange(1, 40).Draw(t, "steps") {
		leg := rapid.IntRange(1, legs).Draw(t, "leg")
		switch rapid.IntRange(0, 11).Draw(t, "kind") {
		case 0, 1, 2:
			legs++
			add("out %d %s %s", legs, rapid.SampledFrom([]string{"phone", "trunk", "uri"}).Draw(t, "peer"), rapid.SampledFrom([]string{"", "", "1", "2", "3"}).Draw(t, "set"))
		case 3, 4, 5:
			add("< %d %d", leg, rapid.SampledFrom([]int{180, 200, 302, 403, 404, 408, 430, 480, 486, 487, 488, 500, 503, 600, 603}).Draw(t, "code"))
		case 6:
			add("! %d %s", leg, rapid.SampledFrom([]string{"NO_ANSWER", "NO_USER_RESPONSE", "PICKED_OFF", "ORIGINATOR_CANCEL", "PROGRESS_TIMEOUT", "-"}).Draw(t, "intent"))
		case 7:
			add("ended %d %s", leg, rapid.SampledFrom([]string{"", "CALL_FORWARD", "PICKED_OFF", "USER_BUSY"}).Draw(t, "cause"))
		case 8:
			add("%s", rapid.SampledFrom([]string{fmt.Sprintf("timer %d B INVITE", leg), fmt.Sprintf("broken %d refused INVITE", leg)}).Draw(t, "failure"))
		case 9:
			add("stage %s", rapid.SampledFrom([]string{"routing", "ringing", "menu", "queue", "voicemail", "talking"}).Draw(t, "stage"))
		case 10:
			add("%s", rapid.SampledFrom([]string{fmt.Sprintf("bridge %d", leg), fmt.Sprintf("bridge %d %d", leg, rapid.IntRange(1, legs).Draw(t, "of")), "< 1 CANCEL", fmt.Sprintf("< %d INVITE", leg)}).Draw(t, "other"))
		case 11:
			legs++
			add("leg %d %s", legs, rapid.SampledFrom([]string{"platform", "phone 1", "phone 2"}).Draw(t, "alone"))
		}
	}
	return strings.Join(steps, " / ")
}

// TestAFollowerSaysWhatAFolderSays: at each moment of any call, whoever has read each
// event once says what one says who reads all anew, and by the plain way to choose.
func TestAFollowerSaysWhatAFolderSays(t *testing.T) {
	property := func(rt *rapid.T) {
		evs := events(t, someJournal(rt))
		for i := range evs {
			if e := &evs[i]; e.Kind == call.EvLeg && e.Leg > 2 && rapid.IntRange(0, 5).Draw(rt, "flow") == 0 {
				e.Of = uint32(rapid.IntRange(2, int(e.Leg)-1).Draw(rt, "of"))
			}
		}
		meta := Meta{ID: "call_1"}
		var f Follower
		for n := range evs {
			if n > 0 && rapid.IntRange(0, 2).Draw(rt, "looks") == 0 {
				continue // it need not look after each
			}
			so := evs[:n+1]
			for from := range call.LegID(6) {
				if got, want := f.RoundReason(so, &meta, from), RoundReason(so, meta, from); got != want {
					rt.Fatalf("after %d events, from leg %d: %v, want %v", n+1, from, got, want)
				}
			}
			for leg := range call.LegID(8) {
				if got, want := f.CancelReason(so, &meta, leg), CancelReason(so, meta, leg); got != want {
					rt.Fatalf("after %d events, leg %d: %q, want %q", n+1, leg, got, want)
				}
			}
			got, ok := f.s.choose()
			want, have := f.s.plainChoose()
			if ok != have || !reflect.DeepEqual(got, want) {
				rt.Fatalf("after %d events: chose %+v, want %+v", n+1, got, want)
			}
		}
	}
	for range 10 { // a hundred each
		rapid.Check(t, property)
	}
}

// TestChoosingAmongEquals: of two that said the same the first counts, and a set that
// began with the leg of somebody who picks up is no attempt.
func TestChoosingAmongEquals(t *testing.T) {
	for script, leg := range map[string]call.LegID{
		"in phone / out 2 phone / < 2 486 / out 3 phone / < 3 486 / out 4 phone / broken 4 refused INVITE": 2,
		"in phone / out 2 phone 1 / out 3 phone 1 / < 3 486 / < 2 486 / out 4 phone / timer 4 B INVITE":    3,
		"in phone / leg 2 phone 1 / < 2 INVITE / out 3 phone 1 / < 3 486":                                  0,
		"in phone / out 2 phone 2 / out 3 phone 1 / < 3 503 / < 2 486":                                     2,
	} {
		evs := events(t, script)
		var f Follower
		f.RoundReason(evs, &Meta{}, 0)
		for name, choose := range map[string]func() (result, bool){"by contests": f.s.choose, "plainly": f.s.plainChoose} {
			got := call.LegID(0)
			if r, ok := choose(); ok {
				got = r.leg.id
			}
			if got != leg {
				t.Errorf("%s, %s: leg %d, want %d", script, name, got, leg)
			}
		}
	}
}

// plainChoose is choose as the rules say it, however long that takes.
func (s *scan) plainChoose() (result, bool) {
	var last, best result // the last set's best branch; the best of the sets that reached the callee
	var have, haveReached bool
	legs := s.attempts()
	for i := range legs {
		l := &legs[i]
		if !s.isAttempt(l) || seenSet(legs[:i], l) {
			continue
		}
		r, ok := s.bestOfSet(legs[i:], l.set)
		if !ok {
			continue
		}
		last, have = r, true
		if r.reached && (!haveReached || r.rank < best.rank) {
			best, haveReached = r, true
		}
	}
	if !have {
		return last, false
	}
	// "the last attempt decides, unless an earlier one reached the callee and the
	// last one's status would be Unreachable or Call Failed"
	if status := StatusOf(last.reason, AnsweredNo, StageRouting); haveReached && (status == Unreachable || status == CallFailed) {
		return best, true
	}
	return last, true
}

// seenSet tells whether a leg of the same set came before.
func seenSet(before []legState, l *legState) bool {
	for i := range before {
		if l.set != 0 && before[i].set == l.set {
			return true
		}
	}
	return false
}

// bestOfSet returns the best result of legs[0] and the legs of its set.
func (s *scan) bestOfSet(legs []legState, set uint16) (best result, ok bool) {
	for i := range legs {
		l := &legs[i]
		if i > 0 && (set == 0 || l.set != set) || !s.isAttempt(l) {
			continue
		}
		if l.replaced {
			continue
		}
		r, finished := l.result()
		if finished && (!ok || r.rank < best.rank || r.rank == best.rank && r.at.seq < best.at.seq) {
			best, ok = r, true
		}
	}
	return best, ok
}
