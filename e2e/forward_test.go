package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/phone"
)

// wire are the messages of the last call, as they were sent and received.
func (o *office) wire() string {
	o.t.Helper()
	out, err := exec.Command(binary, "calls", "show", "last", "-m", "--data", filepath.Join(o.data, "store")).CombinedOutput()
	if err != nil {
		o.t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// says checks that the messages of the last call hold these lines.
func (o *office) says(lines ...string) {
	o.t.Helper()
	text := o.wire()
	for _, l := range lines {
		if !strings.Contains(text, l) {
			o.t.Errorf("no %q in:\n%s", l, text)
		}
	}
}

// legs checks the reasons of all legs but the caller's.
func (o *office) legs(want ...string) {
	o.t.Helper()
	if got := legReasons(o.record())[1:]; !slices.Equal(got, want) {
		o.t.Errorf("the legs called ended with %q, want %q", got, want)
	}
}

// talks has the callee answer and hang up.
func (o *office) talks(a, b *phone.Call) {
	o.t.Helper()
	o.must(b.Answer(o.ctx))
	o.must(a.WaitAnswered(o.ctx))
	o.hangsUp(b, a)
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(o.t, o.record())
}

func TestForwardAlways(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, map[string]string{"101": `, forward: {always: "102"}`}, "", "")
	a := o.dial("100", "101")
	o.talks(a, o.incoming("102"))
	o.legs("CALL_FORWARD", "NORMAL_CLEARING")
	o.says("SIP/2.0 181 Call Is Being Forwarded", "Diversion: <sip:101@example.com>;reason=unconditional;counter=1",
		"History-Info: <sip:101@example.com?Reason=SIP%3Bcause%3D302>;index=1", "History-Info: <sip:102@example.com>;index=1.1;mp=1")
}

func TestForwardWhen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, setting string
		happens       func(o *office)
		reason        string
	}{
		{"busy", `, forward: {busy: "102", no_answer: "103", unreachable: "104"}`, func(o *office) {
			o.busy("101")
		}, "user-busy"},
		{"no answer", `, forward: {busy: "103", no_answer: "102", unreachable: "104", ring: 1s}`, func(o *office) {
			o.ended(o.incoming("101")) // CANCEL
		}, "no-answer"},
		{"unreachable", `, forward: {busy: "103", no_answer: "104", unreachable: "102"}`, func(o *office) {
			o.must(o.incoming("101").Reject(o.ctx, 503, "Service Unavailable"))
		}, "unavailable"},
		{"dnd", `, dnd: true, forward: {busy: "user:102"}`, func(*office) {}, "do-not-disturb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOfficeOf(t, map[string]string{"101": c.setting}, "", "")
			a := o.dial("100", "101")
			c.happens(o)
			o.talks(a, o.incoming("102"))
			o.legs("CALL_FORWARD", "NORMAL_CLEARING")
			o.says("SIP/2.0 181 Call Is Being Forwarded", "Diversion: <sip:101@example.com>;reason="+c.reason)
		})
	}
}

func TestForwardOfAnExtensionThatIsNotRegistered(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, map[string]string{"101": `, forward: {unreachable: "102"}`}, "", "")
	o.must(o.phones["101"].Unregister(o.ctx))
	a := o.dial("100", "101")
	o.talks(a, o.incoming("102"))
	o.legs("CALL_FORWARD", "NORMAL_CLEARING")
}

func TestForwardTakesTheOutcomeOfItsTarget(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, map[string]string{"101": `, forward: {always: "102"}`, "102": `, forward: {busy: "103"}`}, "", "")
	a := o.dial("100", "101")
	o.busy("102")
	o.must(o.incoming("103").Reject(o.ctx, 603, "Decline"))
	o.ended(a)
	expected{"Declined", "CALL_REJECTED", "callee", "no", "", 603, 603}.check(t, o.record())
	o.legs("CALL_FORWARD", "CALL_FORWARD", "CALL_REJECTED")
	o.says("Diversion: <sip:102@example.com>;reason=user-busy;counter=1", "index=1.2;mp=1.1")
}

func TestExtensionsForwardedToEachOtherAreALoop(t *testing.T) {
	t.Parallel()
	loop := expected{"Call Failed", "EXCHANGE_ROUTING_ERROR", "platform", "no", "forward_loop", 483, 483}
	t.Run("always", func(t *testing.T) {
		t.Parallel()
		o := newOfficeOf(t, map[string]string{"101": `, forward: {always: "102"}`, "102": `, forward: {always: "101"}`}, "", "")
		o.ended(o.dial("100", "101"))
		loop.check(t, o.record())
	})
	t.Run("busy", func(t *testing.T) {
		t.Parallel()
		o := newOfficeOf(t, map[string]string{"101": `, forward: {busy: "102"}`, "102": `, forward: {busy: "101"}`}, "", "")
		a := o.dial("100", "101")
		o.busy("101")
		o.busy("102")
		o.ended(a)
		loop.check(t, o.record())
		o.legs("CALL_FORWARD", "CALL_FORWARD", "EXCHANGE_ROUTING_ERROR")
	})
}

const barred = `
policies:
  outgoing:
    - {numbers: ["103"], users: ["%s"]}
`

func TestForwarderRights(t *testing.T) {
	t.Parallel()
	t.Run("granted", func(t *testing.T) {
		t.Parallel()
		o := newOfficeOf(t, map[string]string{"101": `, forward: {always: "103"}`}, "", strings.ReplaceAll(barred, "%s", "100"))
		a := o.dial("100", "101")
		o.talks(a, o.incoming("103"))
	})
	t.Run("barred", func(t *testing.T) {
		t.Parallel()
		o := newOfficeOf(t, map[string]string{"101": `, forward: {always: "103"}`}, "", strings.ReplaceAll(barred, "%s", "101"))
		o.ended(o.dial("100", "101"))
		r := o.record()
		if r.ByeReason != "OUTGOING_CALL_BARRED" || r.SIPFinal != 403 {
			t.Errorf("got %s %d, want OUTGOING_CALL_BARRED 403", r.ByeReason, r.SIPFinal)
		}
	})
	t.Run("redirect", func(t *testing.T) {
		t.Parallel()
		o := newOfficeOf(t, nil, "", strings.ReplaceAll(barred, "%s", "100"))
		a := o.dial("100", "101")
		o.must(o.incoming("101").Redirect(o.ctx, "sip:103@example.com"))
		o.talks(a, o.incoming("103"))
		o.legs("CALL_FORWARD", "NORMAL_CLEARING")
		o.says("SIP/2.0 181 Call Is Being Forwarded", "Diversion: <sip:101@example.com>;reason=deflection;counter=1")
	})
}

func TestForwardOfAnExtensionThatAMenuLeadsTo(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, map[string]string{"101": `, forward: {busy: "102"}`}, `  - {match: "700", to: "menu:main"}`, menuConfig)
	a := o.reaches("100", "700")
	o.must(a.Digits(o.ctx, "1"))
	o.busy("101")
	b := o.answers("102")
	o.tone(b, 700)
	o.hears(a, 700)
	o.hangsUp(b, a)
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, o.record())
}

func TestMembersOfAGroupAreNotForwarded(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, map[string]string{"101": `, forward: {always: "104"}`}, "", "groups:\n  - {name: \"200\", members: [\"101\", \"102\"]}\n")
	a := o.dial("100", "200")
	o.incoming("102")
	o.talks(a, o.incoming("101"))
}

// code dials a code and waits until what it does is said and done.
func (o *office) code(from, code string) {
	o.t.Helper()
	o.ended(o.dial(from, code))
}

func TestCodesSetAndClearForwards(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, map[string]string{"103": `, dnd: true, forward: {always: "104"}`}, "", "")
	o.code("101", "*21102")
	r := o.record()
	expected{"Call Ended", "End_In_IVR", "platform", "platform", "", 906, 200}.check(t, r)
	a := o.dial("100", "101")
	b := o.incoming("102")
	o.must(b.Reject(o.ctx, 486, "Busy Here"))
	o.ended(a)

	o.server.stop()
	o.server.run() // what was set is kept
	for _, p := range o.phones {
		o.must(p.Close())
	}
	o.connectPhones()
	a = o.dial("100", "101")
	o.busy("102")
	o.ended(a)
	o.code("101", "#21")
	a = o.dial("100", "101")
	o.busy("101")
	o.ended(a)
	o.code("103", "#21") // what the configuration says counts no longer
	o.code("103", "*79")
	a = o.dial("100", "103")
	o.busy("103")
	o.ended(a)
	o.code("103", "*78")
	a = o.dial("100", "103")
	if i := o.ended(a); i.Code != 486 {
		t.Errorf("an extension that is not to be disturbed: %d, want 486", i.Code)
	}
}

func TestACodeAloneAsksForTheNumber(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	a := o.reaches("101", "*67")
	o.must(a.Digits(o.ctx, "102#"))
	o.ended(a)
	a = o.dial("100", "101")
	o.busy("101")
	o.must(o.incoming("102").Reject(o.ctx, 603, "Decline"))
	o.ended(a)
}

func TestNobodyForwardsToWhereItMayNotCall(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, nil, "", strings.ReplaceAll(barred, "%s", "101"))
	for _, code := range []string{"*21103", "*21101", "*21999", "*21*78"} { // barred, itself, nobody, a code
		o.code("101", code)
	}
	a := o.dial("100", "101")
	o.busy("101")
	o.ended(a)
}

func TestGroupsRingTogetherInTurnAndWithDelay(t *testing.T) {
	t.Parallel()
	o := newOffice(t, `groups:
  - {name: "200", members: ["101", "102"]}
  - {name: "201", members: ["101", "102"], strategy: in_turn, ring: 1s}
  - {name: "202", members: ["101", "102"], delay: 1s}
`)
	a := o.dial("100", "200")
	b, c := o.incoming("101"), o.incoming("102")
	o.must(b.Answer(o.ctx))
	o.must(a.WaitAnswered(o.ctx))
	if i := o.ended(c); i.Reason != `SIP;cause=200;text="Call completed elsewhere"` {
		t.Errorf("who rang too was told %q", i.Reason)
	}
	o.hangsUp(a, b)

	a = o.dial("100", "201")
	b = o.incoming("101")
	if i := o.ended(b); strings.Contains(i.Reason, "cause=200") {
		t.Errorf("who rang in vain was told %q", i.Reason)
	}
	c = o.incoming("102")
	o.must(c.Answer(o.ctx))
	o.must(a.WaitAnswered(o.ctx))
	o.hangsUp(a, c)

	a = o.dial("100", "202")
	b = o.incoming("101")
	first := time.Now()
	c = o.incoming("102")
	if d := time.Since(first); d < 500*time.Millisecond {
		t.Errorf("the second phone rang %v after the first, want a second", d)
	}
	o.must(c.Answer(o.ctx))
	o.ended(b)
	o.must(a.WaitAnswered(o.ctx))
	o.hangsUp(c, a)
	for i, r := range o.records(3) {
		got := legReasons(r)
		want := [][]string{{"PICKED_OFF", "NORMAL_CLEARING"}, {"NO_ANSWER", "NORMAL_CLEARING"}, {"PICKED_OFF", "NORMAL_CLEARING"}}[i]
		slices.Sort(got[1:])
		slices.Sort(want)
		if !slices.Equal(got[1:], want) {
			t.Errorf("call %d: legs ended with %q, want %q", i, got[1:], want)
		}
	}
}

func TestSpeedNumbers(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "speed:\n  - {code: \"*501\", number: \"101\"}\n  - {code: \"*503\", number: \"103\"}\n"+strings.ReplaceAll(barred, "%s", "100"))
	a := o.dial("100", "*501")
	o.busy("101")
	o.ended(a)
	if i := o.ended(o.dial("100", "*503")); i.Code != 403 { // who may not call a number may not do so in short
		t.Errorf("a number that is barred: %d, want 403", i.Code)
	}
}

func TestACodeIsNobodysForward(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, map[string]string{"101": `, forward: {always: "*78"}`}, "", "")
	o.ended(o.dial("100", "101"))
	if r := o.record(); r.ByeReason != "FACILITY_NOT_SUBSCRIBED" {
		t.Errorf("got %s, want FACILITY_NOT_SUBSCRIBED", r.ByeReason)
	}
	a := o.dial("102", "100") // who has not said that it wants no calls
	b := o.incoming("100")
	o.must(b.Redirect(o.ctx, "sip:*78@example.com"))
	o.ended(a)
	a = o.dial("102", "100")
	o.busy("100")
	o.ended(a)
}

func TestForwardToOnesMailbox(t *testing.T) {
	t.Parallel()
	for setting, c := range map[string]struct {
		happens func(o *office)
		leg     string
	}{
		`dnd: true, forward: {busy: voicemail}`:       {func(*office) {}, "USER_BUSY"},
		`forward: {busy: voicemail}`:                  {func(o *office) { o.must(o.incoming("101").Reject(o.ctx, 486, "Busy Here")) }, "USER_BUSY"},
		`forward: {no_answer: voicemail, ring: 1s}`:   {func(o *office) { o.ended(o.incoming("101")) }, "NO_ANSWER"},
		`forward: {unreachable: "voicemail:102"}`:     {func(o *office) { o.must(o.incoming("101").Reject(o.ctx, 404, "Not Found")) }, "UNALLOCATED_NUMBER"},
		`forward: {always: "102", busy: "voicemail"}`: {func(o *office) { o.must(o.incoming("102").Reject(o.ctx, 486, "Busy Here")) }, "CALL_FORWARD"},
	} {
		t.Run(c.leg, func(t *testing.T) {
			t.Parallel()
			users := map[string]string{"101": ", voicemail: true, " + setting, "102": `, voicemail: true, forward: {busy: voicemail}`}
			o := newOfficeOf(t, users, "", "voicemail: {greeting: [goodbye]}\n")
			a := o.dial("100", "101")
			c.happens(o)
			o.must(a.WaitAnswered(o.ctx))
			o.must(a.Hangup(o.ctx))
			r := o.record()
			expected{"Abandoned", "Abandoned_Voicemail", "caller", "platform", "", 904, 200}.check(t, r)
			if got := r.Legs[1].Reason; got != c.leg {
				t.Errorf("%s: the leg called ended with %s, want %s", setting, got, c.leg)
			}
		})
	}
}

// TestForwardToATrunkHidesTheExtension: caller_id.diversion of the trunk, and anonymous, say whether it is told who sent the call on.
func TestForwardToATrunkHidesTheExtension(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule string
		told bool
	}{{"{}", true}, {"{diversion: false}", false}, {"{anonymous: true}", false}, {"{anonymous: true, trusted: true}", true}} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			b := callee(t, uas().answer(486, "Busy Here").recvRequest("ACK"))
			o := newOfficeOf(t, map[string]string{"101": `, forward: {always: "9555"}`}, `  - {match: "9(\\d+)", to: "trunk:sipp", number: "$1"}`, "")
			conf, err := os.ReadFile(o.conf)
			o.must(err)
			o.reload(strings.Replace(string(conf), `"127.0.0.2:5099", sources`, fmt.Sprintf(`"127.0.0.3:%d", caller_id: %s, sources`, b.port, c.rule), 1), "configuration read again")
			a := o.dial("100", "101")
			o.ended(a)
			b.wait()
			if told := strings.Contains(b.messages(), "101@example.com"); told != c.told {
				t.Errorf("the trunk is told of 101: %v, want %v\n%s", told, c.told, b.messages())
			}
		})
	}
}
