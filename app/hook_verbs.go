package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"onhook/media"
)

// A HookVerb is one thing to be done: exactly one of its fields is given. The doc
// tags are the descriptions in docs/hooks.schema.json.
type HookVerb struct {
	Answer   *struct{}    `json:"answer,omitempty" doc:"Answers the caller. play, say, collect and record do so by themselves."`
	Play     []string     `json:"play,omitempty" doc:"Plays prompts by their names; say:123 says digits, number:123 a number. A key ends them and counts for collect."`
	Say      *string      `json:"say,omitempty" doc:"Says digits one by one."`
	Pause    *Milli       `json:"pause,omitempty" doc:"Waits for so many milliseconds, at most a minute."`
	Collect  *HookCollect `json:"collect,omitempty" doc:"Waits for keys; the next request has them in result.digits, empty if none came."`
	Record   *HookRecord  `json:"record,omitempty" doc:"Records a message for a mailbox, after a beep; the next request has its id in result.message."`
	Dial     *HookDial    `json:"dial,omitempty" doc:"Calls somebody and joins the caller with who answers: then the hook is done. Where nobody answers, the next request says why in result.reason and result.code."`
	Transfer *string      `json:"transfer,omitempty" doc:"Sends the caller to a destination as in routes, such as user:100, queue:support or menu:main, or to a number: the hook is done."`
	Leaf     *string      `json:"leaf,omitempty" doc:"Names a place from which on the caller has been served: who hangs up after it has not abandoned the call."`
	Hangup   *string      `json:"hangup,omitempty" doc:"Ends the call with a Bye Reason; empty is End_In_IVR. Before the answer it is the refusal that the caller hears."`
}

// Milli is a time in milliseconds.
type Milli int

func (m Milli) duration() time.Duration { return time.Duration(m) * time.Millisecond }

// A HookCollect is DigitOptions in JSON.
type HookCollect struct {
	Max     int    `json:"max" doc:"How many keys; 0 is one."`
	Until   string `json:"until" doc:"Keys that end the input, such as #; they are left out."`
	First   Milli  `json:"first_ms" doc:"How long the first key is waited for; 0 is 5000."`
	Between Milli  `json:"between_ms" doc:"How long each further key is waited for; 0 is 5000."`
}

// A HookDial is DialOptions in JSON.
type HookDial struct {
	To   []string `json:"to" doc:"Destinations as in routes, or numbers, called together."`
	Ring Milli    `json:"ring_ms" doc:"How long they may ring; 0 is the server's usual time."`
}

// A HookRecord is RecordOptions in JSON.
type HookRecord struct {
	Mailbox string `json:"mailbox" doc:"The user whose mailbox the message is for."`
	Max     Milli  `json:"max_ms" doc:"The longest message; 0 is what voicemail has."`
	Silence Milli  `json:"silence_ms" doc:"So much silence ends it; 0 is what voicemail has."`
	Keys    string `json:"keys" doc:"Keys that end it; empty is #."`
}

// Bounds of a hook's answers.
const (
	maxHookAnswer = 64 << 10
	maxHookVerbs  = 100
)

// ParseHookVerbs reads a hook's answer. The error says what is wrong with which verb.
func ParseHookVerbs(text []byte) ([]HookVerb, error) {
	if len(text) > maxHookAnswer {
		return nil, fmt.Errorf("the answer has more than %d bytes", maxHookAnswer)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var verbs []HookVerb
	if err := dec.Decode(&verbs); err != nil {
		return nil, fmt.Errorf("the answer is no list of verbs: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the list of verbs")
	}
	if len(verbs) > maxHookVerbs {
		return nil, fmt.Errorf("got %d verbs, want at most %d", len(verbs), maxHookVerbs)
	}
	for i := range verbs {
		if n := verbs[i].given(); n != 1 {
			return nil, fmt.Errorf("verb %d: got %d of answer, play, say, pause, collect, record, dial, transfer, leaf and hangup, want one", i+1, n)
		}
	}
	return verbs, nil
}

// given counts the fields that are there.
func (v *HookVerb) given() (n int) {
	for _, there := range [...]bool{
		v.Answer != nil, v.Play != nil, v.Say != nil, v.Pause != nil, v.Collect != nil, v.Record != nil, v.Dial != nil,
		v.Transfer != nil, v.Leaf != nil, v.Hangup != nil,
	} {
		if there {
			n++
		}
	}
	return n
}

// do carries out a verb; those that are about sound answer the call first.
func (v *hookVisit) do(verb HookVerb) error {
	switch {
	case verb.Leaf != nil:
		return v.s.Leaf(*verb.Leaf)
	case verb.Transfer != nil:
		return over(v.s.Transfer(*verb.Transfer))
	case verb.Hangup != nil:
		return over(v.s.Hangup(*verb.Hangup))
	case verb.Dial != nil:
		v.stage = "" // it is another one's business now
		r, err := v.s.Dial(DialOptions{To: verb.Dial.To, Ring: verb.Dial.Ring.duration()})
		v.result = &HookResult{Verb: "dial", Answered: r.Answered, Reason: r.Reason, Code: r.Code}
		return err
	case verb.Pause != nil:
		return pause(v.s, verb.Pause.duration())
	case verb.Record != nil:
		return v.record(verb.Record)
	}
	if err := v.answer("menu"); err != nil {
		return err
	}
	switch {
	case verb.Play != nil:
		return v.play(verb.Play)
	case verb.Say != nil:
		return v.play([]string{"say:" + *verb.Say})
	case verb.Collect == nil:
		return nil // it was answer
	}
	if err := v.s.Node("collect"); err != nil {
		return err
	}
	c := verb.Collect
	digits, err := v.s.Digits(DigitOptions{Max: c.Max, Until: c.Until, First: c.First.duration(), Between: c.Between.duration()})
	v.result = &HookResult{Verb: "collect", Digits: digits}
	return err
}

// answer says which stage the call is at and answers the caller, once. The stage is
// first: who hangs up as we answer is in the menu or at the mailbox.
func (v *hookVisit) answer(stage string) error {
	if v.stage != stage {
		v.stage = stage
		if err := v.s.Stage(stage); err != nil {
			return err
		}
	}
	if v.answered {
		return nil
	}
	if err := v.s.Answer(); err != nil {
		return over(refuseWithout(v.s, err)) // that the caller speaks no codec of ours is no fault of the hook's
	}
	v.answered = true
	return nil
}

// over tells that the hook has no more to say.
func over(err error) error {
	if err == nil {
		return errHookDone
	}
	return err
}

// longestPause bounds what a hook may have a caller wait in silence.
const longestPause = time.Minute

func pause(s Session, d time.Duration) error {
	t := time.NewTimer(min(d, longestPause))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-s.Context().Done():
		return ErrHungUp
	}
}

// play plays prompts; one that there is not is the hook's fault.
func (v *hookVisit) play(names []string) error {
	var all []media.Source
	for _, n := range names {
		src, err := v.Library.Prompts(strings.TrimSpace(n))
		if err != nil {
			return err
		}
		all = append(all, src...)
	}
	return v.s.Play(PlayOptions{Barge: true}, all...)
}

// record takes a message for a mailbox.
func (v *hookVisit) record(o *HookRecord) error {
	var box *Voicemail
	if v.Mailbox != nil {
		box = v.Mailbox(o.Mailbox)
	}
	if box == nil {
		return fmt.Errorf("there is no mailbox %q", o.Mailbox)
	}
	if err := v.answer("voicemail"); err != nil {
		return err
	}
	limits := RecordOptions{Max: o.Max.duration(), Silence: o.Silence.duration(), Keys: o.Keys}
	if limits.Max <= 0 || limits.Max > box.Longest {
		limits.Max = box.Longest
	}
	if limits.Silence <= 0 {
		limits.Silence = box.Silence
	}
	if limits.Keys == "" {
		limits.Keys = "#"
	}
	r, id, err := box.message(v.s, limits)
	v.result = &HookResult{Verb: "record", Message: id, Length: r.Length.Milliseconds(), End: r.End}
	return err
}
