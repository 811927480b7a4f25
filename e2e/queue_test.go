package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/app"
	"onhook/media"
	"onhook/outcome"
	"onhook/phone"
)

// musicHertz is what those who wait in a queue here hear, and sayHertz what they are told their place by.
const (
	musicHertz = 620
	sayHertz   = 1150
)

// newQueue is an office whose number 500 is a queue with the agents 101 and 102.
func newQueue(t *testing.T, queue string) *office {
	t.Helper()
	sounds := t.TempDir()
	for name, hertz := range map[string]float64{"tune": musicHertz, "queue-position": sayHertz} {
		f, err := os.Create(filepath.Join(sounds, name+".wav"))
		if err != nil {
			t.Fatal(err)
		}
		if err := media.WriteWAV(f, media.Audio{Channels: 1, Samples: media.Tone(4*8000, 8000, hertz)}, media.WAVUlaw); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return newOfficeWith(t, `  - {match: "500", to: "queue:support"}
  - {match: "501", to: "menu:after"}`, `
prompts: {folder: "`+sounds+`", music: tune}
menus:
  - {name: after, ask: [closed], wait: 1s, tries: 1, goodbye: [], keys: [{key: "1", to: "user:104"}]}
queues:
  - {name: support, greeting: [], agents: ["101", "102"], ring: 2s, wrap_up: 1s, retry: 1s, `+queue+`}
`)
}

// floor is the state of the queues, from the control socket.
func (o *office) floor() (s app.FloorState) {
	o.t.Helper()
	out, err := exec.Command(binary, "queues", "list", "--json", "--data", filepath.Join(o.data, "store")).CombinedOutput()
	if err != nil {
		o.t.Fatalf("queues: %v\n%s", err, out)
	}
	o.must(json.Unmarshal(out, &s))
	return s
}

// incomingFrom is the call of somebody that rings at an extension; others that rang there are passed over.
func (o *office) incomingFrom(at, from string) *phone.Call {
	o.t.Helper()
	for {
		if c := o.incoming(at); strings.Contains(c.Info().Peer, from+"@") && c.Info().State != phone.Ended {
			return c
		}
	}
}

// agent waits until an agent is in a state.
func (o *office) agent(name, state string) {
	o.t.Helper()
	got := ""
	eventually(o.t, 10*time.Second, func() bool {
		for _, a := range o.floor().Agents {
			if a.Name == name {
				got = a.State
			}
		}
		return got == state
	}, func() string { return name + " is " + got + ", want " + state })
}

func TestQueueNextAgentAnswers(t *testing.T) {
	t.Parallel()
	o := newQueue(t, "every: 0s")
	a := o.reaches("100", "500")
	o.hears(a, musicHertz)
	o.incoming("101") // and does not answer
	second := o.incoming("102")
	o.hears(a, musicHertz)
	o.must(second.Answer(o.ctx))
	o.speak(a, second)
	o.agent("102", "talking")
	o.hangsUp(a, second)
	o.agent("102", "wrap_up")
	o.agent("102", "free")
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	if r.Queue != "support" {
		t.Errorf("the record's queue is %q", r.Queue)
	}
	i := slices.IndexFunc(r.Segments, func(s outcome.Segment) bool { return s.Stage == "queue" })
	if i < 0 || r.Segments[i].Reason != "Transferred_From_Call_System" {
		t.Errorf("segments %+v, want a queue that ended with Transferred_From_Call_System", r.Segments)
	}
	if got := legReasons(r); len(got) != 3 || got[1] != "NO_ANSWER" {
		t.Errorf("legs ended with %v, want the first agent's with NO_ANSWER", got)
	}
	if !slices.Contains(r.Notes, "came to queue support at place 1") {
		t.Errorf("notes %q", r.Notes)
	}
	if s := o.floor().Queues[0]; s.Offered != 1 || s.Answered != 1 || s.Abandoned != 0 {
		t.Errorf("the queue counts %+v", s)
	}
}

func TestQueueAgentsRefusalDoesNotEndTheCall(t *testing.T) {
	t.Parallel()
	o := newQueue(t, "every: 0s")
	a := o.dial("100", "500")
	o.must(o.incoming("101").Reject(o.ctx, 603, "Decline"))
	o.busy("102")
	third := o.incoming("101") // again, after its time alone
	o.must(third.Answer(o.ctx))
	o.agent("101", "talking")
	o.hangsUp(third, a)
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, o.record())
}

func TestQueueAbandoned(t *testing.T) {
	t.Parallel()
	o := newQueue(t, "every: 0s")
	a := o.dial("100", "500")
	ringing := o.incoming("101")
	b := o.dial("103", "500")
	o.incoming("102")
	o.must(a.WaitAnswered(o.ctx))
	o.must(b.WaitAnswered(o.ctx))
	c := o.reaches("104", "500")
	o.hears(c, musicHertz)
	o.must(c.Hangup(o.ctx)) // third in the queue
	r := o.record()
	expected{"Abandoned", "Ended_In_Call_System", "caller", "platform", "", 908, 200}.check(t, r)
	if !slices.Contains(r.Notes, "left queue support at place 3") {
		t.Errorf("notes %q", r.Notes)
	}
	o.must(a.Hangup(o.ctx)) // while an agent rings
	o.ended(ringing)
	r = o.records(2)[1]
	expected{"Abandoned", "Ended_In_Call_System", "caller", "platform", "", 908, 200}.check(t, r)
	o.must(b.Hangup(o.ctx))
}

func TestQueueTimeout(t *testing.T) {
	t.Parallel()
	o := newQueue(t, "every: 0s, max_wait: 3s")
	a := o.dial("100", "500")
	o.incoming("101")
	o.ended(a)
	expected{"Not Answered", "NO_ANSWER", "platform", "platform", "queue_timeout", 480, 200}.check(t, o.record())
}

func TestQueueOverflowsToAnExtension(t *testing.T) {
	t.Parallel()
	o := newQueue(t, `every: 0s, max_wait: 2s, overflow: "user:104"`)
	a := o.dial("100", "500")
	c := o.answers("104")
	o.tone(c, 700)
	o.hears(a, 700)
	o.hangsUp(c, a)
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, o.record())
}

func TestQueueOverflowsToAMenu(t *testing.T) {
	t.Parallel()
	o := newQueue(t, `every: 0s, max_length: 1, overflow: "menu:after"`)
	a := o.reaches("100", "500")
	b := o.dial("103", "500") // finds it full
	o.must(b.WaitAnswered(o.ctx))
	o.must(b.Digits(o.ctx, "1"))
	c := o.answers("104")
	o.tone(c, 700)
	o.hears(b, 700)
	o.hangsUp(b, c)
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, o.record())
	o.must(a.Hangup(o.ctx))
}

func TestQueueFull(t *testing.T) {
	t.Parallel()
	o := newQueue(t, `every: 0s, max_length: 1`)
	a := o.reaches("100", "500")
	b := o.dial("103", "500")
	o.ended(b)
	expected{"Unreachable", "NORMAL_CIRCUIT_CONGESTION", "platform", "no", "queue_full", 503, 503}.check(t, o.record())
	o.must(a.Hangup(o.ctx))
}

func TestQueueAgentsLogInAndOutByCode(t *testing.T) {
	t.Parallel()
	o := newQueue(t, "every: 0s, logged_in: false")
	a := o.dial("100", "500")
	o.ended(a)
	expected{"Unreachable", "SUBSCRIBER_ABSENT", "platform", "no", "queue_no_agent", 480, 480}.check(t, o.record())
	code := func(from, number string) {
		t.Helper()
		o.ended(o.dial(from, number))
	}
	code("102", "*51")
	o.agent("102", "free")
	expected{"Call Ended", "End_In_IVR", "platform", "platform", "", 906, 200}.check(t, o.records(2)[1])
	code("102", "*53")
	o.agent("102", "paused")
	b := o.dial("100", "500") // waits, since an agent is there
	o.must(b.WaitAnswered(o.ctx))
	o.hears(b, musicHertz)
	code("102", "*54")
	o.must(o.incoming("102").Answer(o.ctx))
	o.agent("102", "talking")
	o.must(b.Hangup(o.ctx))
	code("102", "*52")
	o.agent("102", "logged_out")
	code("103", "*51") // is no agent, and hears so
	out, err := exec.Command(binary, "queues", "agent", "101", "login", "--data", filepath.Join(o.data, "store")).CombinedOutput()
	if err != nil {
		t.Fatalf("queues agent: %v\n%s", err, out)
	}
	o.agent("101", "free")
}

func TestQueueAgentsStayAsTheySaidAfterARestart(t *testing.T) {
	t.Parallel()
	o := newQueue(t, "every: 0s")
	o.ended(o.dial("101", "*52"))
	o.ended(o.dial("102", "*53"))
	o.kill()
	o.run()
	o.agent("101", "logged_out")
	o.agent("102", "paused")
}

func TestQueueTellsThePlace(t *testing.T) {
	t.Parallel()
	o := newQueue(t, "every: 1s, logged_in: true")
	o.ended(o.dial("101", "*53"))
	o.ended(o.dial("102", "*53"))
	a := o.reaches("100", "500")
	o.hears(a, musicHertz)
	o.hears(a, sayHertz)
	o.hears(a, musicHertz)
	o.hears(a, sayHertz)
	o.ended(o.dial("101", "*54"))
	o.must(o.incoming("101").Answer(o.ctx)) // the announcement does not keep the agent waiting
	o.agent("101", "talking")
	o.must(a.Hangup(o.ctx))
}

func TestQueueFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	o := newQueue(t, "every: 0s, strategy: ring_all")
	b1, b2 := o.dial("103", "500"), o.incoming("101")
	o.must(b2.Answer(o.ctx)) // 102 rings no more
	busy := o.dial("104", "102")
	o.must(o.incomingFrom("102", "104").Answer(o.ctx)) // so both agents talk
	a := o.reaches("100", "500")
	o.agent("102", "on_call")
	o.hears(a, musicHertz)
	o.must(busy.Hangup(o.ctx))
	c := o.incomingFrom("102", "100")
	o.must(c.Answer(o.ctx))
	o.agent("102", "talking")
	o.must(a.Hangup(o.ctx))
	o.must(b1.Hangup(o.ctx))
	for _, r := range o.records(3) {
		if r.ByeReason != "NORMAL_CLEARING" {
			t.Errorf("%s ended with %s", r.From.Number, r.ByeReason)
		}
		if r.From.Number == "103" && !slices.Contains(legReasons(r), "PICKED_OFF") {
			t.Errorf("legs ended with %v, want the losing agent's with PICKED_OFF", legReasons(r))
		}
	}
}

func TestQueueAgentGivesTheCallAwayAndIsFree(t *testing.T) {
	t.Parallel()
	o := newQueue(t, "every: 0s")
	a := o.dial("100", "500")
	agent := o.answers("101")
	o.agent("101", "talking")
	o.must(agent.Transfer(o.ctx, "104"))
	c := o.answers("104")
	o.tone(c, 700)
	o.hears(a, 700)
	o.ended(agent)
	o.agent("101", "free") // while the caller talks on
	o.hangsUp(c, a)
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, o.record())
}

func TestQueueFromAMenu(t *testing.T) {
	t.Parallel()
	o := newOfficeWith(t, `  - {match: "700", to: "menu:main"}`, `
menus:
  - {name: main, ask: [invalid], keys: [{key: "1", to: "queue:support"}]}
queues:
  - {name: support, greeting: [], agents: ["101"]}
`)
	a := o.reaches("100", "700")
	o.must(a.Digits(o.ctx, "1"))
	o.incoming("101")
	o.must(a.Hangup(o.ctx)) // the innermost counts: it waits in the queue
	r := o.record()
	expected{"Abandoned", "Ended_In_Call_System", "caller", "platform", "", 908, 200}.check(t, r)
	if r.Queue != "support" {
		t.Errorf("the record's queue is %q", r.Queue)
	}
}

func TestQueueOverflowsToVoicemail(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, map[string]string{"104": ", voicemail: true"}, `  - {match: "500", to: "queue:support"}`, `
voicemail: {min: 1s, silence: 2s, greeting: [goodbye]}
queues:
  - {name: support, greeting: [], agents: ["101"], every: 0s, max_wait: 1s, overflow: "voicemail:104"}
`)
	a := o.dial("100", "500")
	o.leave(a, 3*time.Second)
	o.must(a.Hangup(o.ctx))
	r := o.record()
	expected{"Call Ended", "Caller_Left_Voicemail", "caller", "platform", "", 905, 200}.check(t, r)
	if r.Queue != "support" || len(o.messages("104")) != 1 {
		t.Errorf("queue %q, messages %+v", r.Queue, o.messages("104"))
	}
}

func TestQueueKeyLeadsElsewhere(t *testing.T) {
	t.Parallel()
	o := newQueue(t, `keys: [{key: "1", to: "user:104"}], max_wait: 30s`)
	a := o.reaches("100", "500")
	o.incoming("101")             // rings for two seconds
	o.must(a.Digits(o.ctx, "91")) // 9 leads nowhere
	b := o.answers("104")
	o.tone(b, 700)
	o.hears(a, 700)
	if s := o.floor().Queues[0]; s.Left != 1 || len(s.Waiting) != 0 || s.Abandoned != 0 {
		t.Errorf("the queue is %+v", s)
	}
	o.hangsUp(b, a)
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, o.record())
}

// A key ends the ringing of an agent at once, and the agent has missed nothing.
func TestQueueKeyWhileAnAgentRings(t *testing.T) {
	t.Parallel()
	o := newOfficeWith(t, `  - {match: "500", to: "queue:support"}`, `
queues:
  - {name: support, greeting: [], every: 0s, agents: ["101"], ring: 5m, retry: 1h, keys: [{key: "1", to: "user:104"}]}
`)
	o.patient()
	a := o.reaches("100", "500")
	rang := o.incoming("101")
	o.must(a.Digits(o.ctx, "91")) // 9 leads nowhere, and the agent rings on
	b := o.incoming("104")
	o.ended(rang)
	o.must(b.Answer(o.ctx))
	o.tone(b, 700)
	o.hears(a, 700)
	o.hangsUp(b, a)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, r)
	if r.Queue != "support" {
		t.Errorf("the record's queue is %q", r.Queue)
	}
	var reasons []string
	for _, l := range r.Legs[1:] {
		reasons = append(reasons, l.Reason)
	}
	if want := []string{"ORIGINATOR_CANCEL", "NORMAL_CLEARING"}; !slices.Equal(reasons, want) {
		t.Errorf("the legs ended with %q, want %q", reasons, want)
	}
	if s := o.floor().Queues[0]; s.Left != 1 || s.Abandoned != 0 {
		t.Errorf("the queue is %+v", s)
	}
	// The agent is free for the next: an hour's rest would be for one who did not answer.
	c := o.dial("102", "500")
	agent := o.answers("101")
	o.hangsUp(agent, c)
}
