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
	"net/url"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// A WebHook is an application elsewhere: it is posted what the call is and what
// happened, in JSON, and answers with a list of verbs to carry out
// (docs/hooks.md). When they are done it is asked again, until it answers with
// none, hangs up, or sends the caller on.
type WebHook struct {
	Name     string
	URL      string
	Secret   string        // signs what is posted (Standard Webhooks); base64, with or without whsec_ before it; empty: nothing is signed
	Timeout  time.Duration // of each request; 0: 5 s
	Fallback string        // where the caller goes when the hook fails; empty: the call ends with NORMAL_TEMPORARY_FAILURE
	Library  *Library
	Log      *slog.Logger
	Client   *http.Client                 // nil: one that follows no redirects and connects to any address
	Mailbox  func(name string) *Voicemail // the mailbox that a message is recorded for; nil: there are none
}

// A HookRequest is what a hook is posted. The doc tags are the descriptions in
// docs/hooks.schema.json.
type HookRequest struct {
	Version  int         `json:"version" doc:"Of this form: 1."`
	Sequence int         `json:"sequence" doc:"Of the request within the call, from 1."`
	Call     HookCall    `json:"call" doc:"The call."`
	Result   *HookResult `json:"result,omitempty" doc:"What came of the last verb of collect, record and dial, if there was one since the last request."`
}

// A HookCall is the call as a hook sees it.
type HookCall struct {
	ID       string `json:"id" doc:"Of the call's record."`
	From     string `json:"from" doc:"The caller's number; empty: it is withheld."`
	Name     string `json:"name,omitempty" doc:"The caller's name."`
	User     string `json:"user,omitempty" doc:"The extension that calls; missing: the call came by a trunk."`
	Trunk    string `json:"trunk,omitempty" doc:"The trunk that it came by."`
	Dialled  string `json:"dialled" doc:"The number that was dialled."`
	Reason   string `json:"reason,omitempty" doc:"The Bye Reason for which the call came here, where another party was tried first."`
	Answered bool   `json:"answered" doc:"The caller has been answered."`
}

// A HookResult is what came of a verb.
type HookResult struct {
	Verb     string `json:"verb" doc:"Which one: collect, record or dial."`
	Digits   string `json:"digits" doc:"collect: the keys; empty: none came in time."`
	Answered bool   `json:"answered,omitempty" doc:"dial: somebody answered."`
	Reason   string `json:"reason,omitempty" doc:"dial: the Bye Reason of the attempts."`
	Code     int    `json:"code,omitempty" doc:"dial: the final SIP code that came, if any."`
	Message  string `json:"message,omitempty" doc:"record: the id of the message; missing: there is none, since it was too short or could not be stored."`
	Length   int64  `json:"length_ms,omitempty" doc:"record: how long it is."`
	End      string `json:"end,omitempty" doc:"record: what ended it: key, silence, max or full."`
}

// maxHookRequests bounds how often a hook is asked in one call.
const maxHookRequests = 1000

// A hookError is why a hook failed: in a word or two for the call's record, which
// names no address, and whole for the log.
type hookError struct {
	short string
	err   error
}

func (e *hookError) Error() string { return e.err.Error() }
func (e *hookError) Unwrap() error { return e.err }

// errHookDone ends a hook that has said what becomes of the call.
var errHookDone = errors.New("app: the hook is done")

// Run asks the hook what to do until it is done.
func (h *WebHook) Run(s Session) error {
	v := hookVisit{WebHook: h, s: s, answered: s.Info().Answered}
	for n := 1; n <= maxHookRequests; n++ {
		verbs, err := v.ask(n)
		if err != nil {
			if s.Context().Err() != nil {
				return ErrHungUp
			}
			return v.fail(err)
		}
		if len(verbs) == 0 {
			return nil
		}
		v.result = nil
		for i, verb := range verbs {
			err := v.do(verb)
			switch {
			case errors.Is(err, errHookDone):
				return nil
			case errors.Is(err, ErrHungUp):
				return err
			case err != nil:
				return v.fail(&hookError{"verb " + strconv.Itoa(i+1), fmt.Errorf("verb %d: %w", i+1, err)})
			}
		}
	}
	return v.fail(&hookError{"asked too often", fmt.Errorf("more than %d requests in one call", maxHookRequests)})
}

// A hookVisit is one call's stay at a hook.
type hookVisit struct {
	*WebHook
	s        Session
	result   *HookResult // of the last verb that has one
	answered bool
	stage    string // that we named last
}

// fail tells the record and the log, and sends the caller where the fallback says.
func (v *hookVisit) fail(err error) error {
	short := "failed"
	if e := (*hookError)(nil); errors.As(err, &e) {
		short = e.short
	}
	if v.Log != nil {
		v.Log.Error("web hook", "call", v.s.Info().ID, "hook", v.Name, "why", short, "err", err, "fallback", v.Fallback)
	}
	if err := v.s.Node("failed: " + short); err != nil {
		return err
	}
	if v.Fallback != "" {
		return v.s.Transfer(v.Fallback)
	}
	return v.s.Hangup("NORMAL_TEMPORARY_FAILURE hook_failed")
}

// ask posts what happened and reads the verbs.
func (v *hookVisit) ask(n int) ([]HookVerb, error) {
	i := v.s.Info()
	body, err := json.Marshal(HookRequest{Version: 1, Sequence: n, Result: v.result, Call: HookCall{
		ID: i.ID, From: i.Caller, Name: i.Name, User: i.User, Trunk: i.Trunk, Dialled: i.Dialled, Reason: i.Reason, Answered: v.answered,
	}})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(v.s.Context(), orDuration(v.Timeout, 5*time.Second))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "onhook")
	if err := v.sign(req.Header, i.ID+"_"+strconv.Itoa(n), body); err != nil {
		return nil, err
	}
	resp, err := v.client().Do(req)
	if err != nil {
		return nil, unreached(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNoContent {
		return nil, nil
	}
	if resp.StatusCode != http.StatusOK {
		return nil, &hookError{"HTTP " + strconv.Itoa(resp.StatusCode), fmt.Errorf("got %s, want 200 with a list of verbs, or 204", resp.Status)}
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxHookAnswer+1))
	if err != nil {
		return nil, unreached(ctx, err)
	}
	verbs, err := ParseHookVerbs(text)
	if err != nil {
		return nil, &hookError{"no list of verbs", err}
	}
	return verbs, nil
}

// unreached is why a hook could not be asked. The address stays out of it: it may hold a password.
func unreached(ctx context.Context, err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err
	}
	short := "not reached"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		short = "no answer in time"
	}
	return &hookError{short, err}
}

// sign puts the headers of Standard Webhooks there, by which the hook knows who asks.
func (v *hookVisit) sign(h http.Header, id string, body []byte) error {
	if v.Secret == "" {
		return nil
	}
	signer, err := standardwebhooks.NewWebhook(v.Secret)
	if err != nil {
		return errors.New("the secret is no base64")
	}
	now := time.Now()
	signature, err := signer.Sign(id, now, body)
	if err != nil {
		return err
	}
	h.Set(standardwebhooks.HeaderWebhookID, id)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return nil
}

func (h *WebHook) client() *http.Client {
	if h.Client != nil {
		return h.Client
	}
	return &http.Client{CheckRedirect: NoRedirect}
}

// NoRedirect is the CheckRedirect of a client for hooks: a redirect would take what
// is posted to another place than the one configured.
func NoRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
