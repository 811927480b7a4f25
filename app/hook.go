package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"onhook/media"
)

// A WebHook is an application elsewhere: it is posted what the call is and what
// happened, in JSON, and answers with a list of verbs to carry out
// (docs/hooks.md). When they are done it is asked again, until it answers with
// none, hangs up, or sends the caller on.
type WebHook struct {
	Name     string
	URL      string
	Timeout  time.Duration // of each request; 0: 5 s
	Fallback string        // where the caller goes when the hook fails; empty: the call ends with NORMAL_TEMPORARY_FAILURE
	Library  *Library
	Log      *slog.Logger
	Client   *http.Client // nil: one that follows no redirects
}

// A HookRequest is what a hook is posted.
type HookRequest struct {
	Version  int         `json:"version"`  // of this form: 1
	Sequence int         `json:"sequence"` // of the request within the call, from 1
	Call     HookCall    `json:"call"`
	Result   *HookResult `json:"result,omitempty"` // of the last verb that has one
}

// A HookCall is the call as a hook sees it.
type HookCall struct {
	ID       string `json:"id"`
	From     string `json:"from"`
	Name     string `json:"name,omitempty"`
	User     string `json:"user,omitempty"`
	Trunk    string `json:"trunk,omitempty"`
	Dialled  string `json:"dialled"`
	Reason   string `json:"reason,omitempty"`
	Answered bool   `json:"answered"`
}

// A HookResult is what came of a verb.
type HookResult struct {
	Verb     string `json:"verb"`
	Digits   string `json:"digits"`
	Answered bool   `json:"answered,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Code     int    `json:"code,omitempty"`
}

// A HookVerb is one thing to be done: exactly one of its fields is given.
type HookVerb struct {
	Answer   *struct{}    `json:"answer,omitempty"`
	Play     []string     `json:"play,omitempty"` // prompts, as in menus; a key ends them
	Say      *string      `json:"say,omitempty"`  // digits
	Pause    *Milli       `json:"pause,omitempty"`
	Collect  *HookCollect `json:"collect,omitempty"`
	Dial     *HookDial    `json:"dial,omitempty"`
	Transfer *string      `json:"transfer,omitempty"` // a destination
	Leaf     *string      `json:"leaf,omitempty"`
	Hangup   *string      `json:"hangup,omitempty"` // a Bye Reason; empty: End_In_IVR
}

// Milli is a time in milliseconds.
type Milli int

func (m Milli) duration() time.Duration { return time.Duration(m) * time.Millisecond }

// A HookCollect is DigitOptions in JSON.
type HookCollect struct {
	Max     int    `json:"max"`
	Until   string `json:"until"`
	First   Milli  `json:"first_ms"`
	Between Milli  `json:"between_ms"`
}

// A HookDial is DialOptions in JSON.
type HookDial struct {
	To   []string `json:"to"`
	Ring Milli    `json:"ring_ms"`
}

// Bounds of a hook's answers.
const (
	maxHookAnswer   = 64 << 10
	maxHookVerbs    = 100
	maxHookRequests = 1000
)

// errHookDone ends a hook that has said what becomes of the call.
var errHookDone = errors.New("app: the hook is done")

// Run asks the hook what to do until it is done.
func (h *WebHook) Run(s Session) error {
	var last *HookResult
	for n := 1; n <= maxHookRequests; n++ {
		verbs, err := h.ask(s, n, last)
		if err != nil {
			if s.Context().Err() != nil {
				return ErrHungUp
			}
			return h.fail(s, err)
		}
		if len(verbs) == 0 {
			return nil
		}
		last = nil
		for i, v := range verbs {
			r, err := h.do(s, v)
			switch {
			case errors.Is(err, errHookDone):
				return nil
			case errors.Is(err, ErrHungUp):
				return err
			case err != nil:
				return h.fail(s, fmt.Errorf("verb %d: %w", i+1, err))
			}
			if r != nil {
				last = r
			}
		}
	}
	return h.fail(s, fmt.Errorf("more than %d requests in one call", maxHookRequests))
}

// fail sends the caller where the fallback says.
func (h *WebHook) fail(s Session, err error) error {
	if h.Log != nil {
		h.Log.Error("web hook", "call", s.Info().ID, "hook", h.Name, "err", err)
	}
	if h.Fallback != "" {
		return s.Transfer(h.Fallback)
	}
	return s.Hangup("NORMAL_TEMPORARY_FAILURE")
}

// ask posts what happened and reads the verbs.
func (h *WebHook) ask(s Session, n int, last *HookResult) ([]HookVerb, error) {
	i := s.Info()
	body, err := json.Marshal(HookRequest{Version: 1, Sequence: n, Result: last, Call: HookCall{
		ID: i.ID, From: i.Caller, Name: i.Name, User: i.User, Trunk: i.Trunk, Dialled: i.Dialled, Reason: i.Reason, Answered: i.Answered,
	}})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(s.Context(), orDuration(h.Timeout, 5*time.Second))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "onhook")
	resp, err := h.client().Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNoContent {
		return nil, nil
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("got %s, want 200 with a list of verbs", resp.Status)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxHookAnswer+1))
	if err != nil {
		return nil, err
	}
	return ParseHookVerbs(text)
}

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
	if len(verbs) > maxHookVerbs {
		return nil, fmt.Errorf("got %d verbs, want at most %d", len(verbs), maxHookVerbs)
	}
	for i := range verbs {
		if n := verbs[i].given(); n != 1 {
			return nil, fmt.Errorf("verb %d: got %d of answer, play, say, pause, collect, dial, transfer, leaf and hangup, want one", i+1, n)
		}
	}
	return verbs, nil
}

// given counts the fields that are there.
func (v *HookVerb) given() (n int) {
	for _, there := range [...]bool{v.Answer != nil, v.Play != nil, v.Say != nil, v.Pause != nil, v.Collect != nil, v.Dial != nil, v.Transfer != nil, v.Leaf != nil, v.Hangup != nil} {
		if there {
			n++
		}
	}
	return n
}

func (h *WebHook) client() *http.Client {
	if h.Client != nil {
		return h.Client
	}
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// do carries out a verb; those that are about sound answer the call first.
func (h *WebHook) do(s Session, v HookVerb) (*HookResult, error) {
	switch {
	case v.Answer != nil:
		return nil, s.Answer()
	case v.Leaf != nil:
		return nil, s.Leaf(*v.Leaf)
	case v.Transfer != nil:
		return nil, over(s.Transfer(*v.Transfer))
	case v.Hangup != nil:
		return nil, over(s.Hangup(*v.Hangup))
	case v.Dial != nil:
		r, err := s.Dial(DialOptions{To: v.Dial.To, Ring: v.Dial.Ring.duration()})
		return &HookResult{Verb: "dial", Answered: r.Answered, Reason: r.Reason, Code: r.Code}, err
	case v.Pause != nil:
		return nil, pause(s, v.Pause.duration())
	}
	if err := s.Answer(); err != nil {
		return nil, err
	}
	switch {
	case v.Play != nil:
		return nil, h.play(s, v.Play)
	case v.Say != nil:
		return nil, h.play(s, []string{"say:" + *v.Say})
	}
	c := v.Collect
	digits, err := s.Digits(DigitOptions{Max: c.Max, Until: c.Until, First: c.First.duration(), Between: c.Between.duration()})
	return &HookResult{Verb: "collect", Digits: digits}, err
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
func (h *WebHook) play(s Session, names []string) error {
	var all []media.Source
	for _, n := range names {
		src, err := h.Library.Prompts(strings.TrimSpace(n))
		if err != nil {
			return err
		}
		all = append(all, src...)
	}
	return s.Play(PlayOptions{Barge: true}, all...)
}
