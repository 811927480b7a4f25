package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"onhook/exchange"
	"onhook/store"
)

// A Problem is an error as RFC 9457 has it, with a stable code.
type Problem struct {
	Type   string   `json:"type" format:"uri-reference" doc:"where the page is that explains this kind of problem"`
	Title  string   `json:"title" doc:"the kind of problem, in a few words"`
	Status int      `json:"status"`
	Detail string   `json:"detail,omitempty" doc:"what is wrong this time"`
	Code   string   `json:"code" doc:"the kind of problem, for programs; it does not change"`
	Errors []string `json:"errors,omitempty" doc:"everything that is wrong with the request, each with its place"`

	retryAfter int // seconds; 0: nothing is said
}

// Error makes a Problem an error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457 section 6.1.
func (p *Problem) ContentType(string) string { return problemType }

// GetHeaders says when to try again (RFC 9110 section 10.2.3), where that is known.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	return h
}

const problemType = "application/problem+json"

// A kind is a kind of problem; its code is the end of its address.
type kind struct {
	Code   string
	Status int
	Title  string
	Why    string // what has happened
	Remedy string // what to do about it
}

// kinds are all problems that the API reports.
var kinds = []kind{
	{"malformed", 400, "The request cannot be read", "The request is not valid HTTP, its body is not valid JSON, or the body ended before it was whole.", "Correct the request; the detail says what could not be read."},
	{"no_key", 401, "A key is needed", "The request has no key, or one that is unknown, removed or expired.", "Send the key in the header Authorization: Bearer KEY. onhook keys add makes one; it is shown once."},
	{"scope_missing", 403, "The key may not do this", "The key is valid, and has not the scope that this request needs.", "Use a key with the scope that the detail names: onhook keys add NAME --scope SCOPE."},
	{"not_found", 404, "There is nothing at this address", "No operation of the API has this path.", "See /docs for the list of operations."},
	{"call_not_found", 404, "No such call", "No call with this id is up or in the store: it never was, or its record was older than the retention.", "GET /v1/calls and GET /v1/live list the calls that there are."},
	{"call_not_up", 404, "The call is not up", "The command is for a call that is up, and this one is over or never was.", "GET /v1/live lists the calls that are up; GET /v1/calls/{id} says how one ended."},
	{"evidence_expired", 404, "The messages of the call are gone", "The record of the call is kept, its messages were older than the retention.", "Lengthen store.retention if messages are needed for longer."},
	{"trunk_not_found", 404, "No such trunk", "No trunk of this name is configured.", "GET /v1/trunks lists the trunks."},
	{"agent_not_found", 404, "No such agent or queue", "No queue of this name is configured, or the extension is an agent of none.", "GET /v1/queues lists the queues and their agents."},
	{"hours_not_found", 404, "No such timetable", "No timetable of this name is configured.", "GET /v1/hours lists the timetables."},
	{"mailbox_not_found", 404, "No such mailbox", "No extension of this name has a mailbox.", "GET /v1/voicemail lists the mailboxes."},
	{"message_not_found", 404, "No such message", "The mailbox has no message with this id, or no greeting of its own.", "GET /v1/voicemail/{box}/messages lists the messages."},
	{"user_not_found", 404, "No such extension", "No extension of this name is configured.", "GET /v1/users lists the extensions."},
	{"recording_not_found", 404, "No such recording", "The call was not recorded, or its recording was older than recording.keep.", "The notes of the call's record say whether it was recorded, and why it was not."},
	{"prompt_not_found", 404, "No such prompt", "Neither the folder of prompts nor the server itself has sound of this name, or its file cannot be read.", "Put NAME.wav, 8 kHz, into the folder that prompts.folder names, or PUT it to /v1/prompts/NAME."},
	{"too_many_prompts", 409, "There are too many prompts", "As many prompts are kept as may be.", "Delete those that are not needed: GET /v1/prompts lists them."},
	{"not_blocked", 404, "The source is not blocked", "No source with this address is blocked: it never was, or its time is over.", "GET /v1/blocks lists those that are."},
	{"reason_not_found", 404, "No such reason", "It is the name or code of no Bye Reason and of no status.", "GET /v1/reasons lists all."},
	{"key_not_found", 404, "No such key", "No key of this name was made, or it stands in the configuration file, where it must be removed.", "GET /v1/keys lists the keys."},
	{"webhook_not_found", 404, "No such webhook", "No webhook of this name is configured or was made.", "GET /v1/webhooks lists the webhooks."},
	{"delivery_not_found", 404, "No such delivery", "The webhook was never given a message of this id, or its log has expired.", "GET /v1/webhooks/{name}/deliveries lists what it was given."},
	{"problem_not_found", 404, "No such problem", "It is no code of a problem.", "GET /problems lists all."},
	{"method_not_allowed", 405, "Not with this method", "The address exists, and takes other methods: the header Allow names them.", "See /docs for the list of operations."},
	{"not_recorded", 409, "The call cannot be recorded now", "Only a call in which two parties talk through this server by G.711 is recorded; the detail says what is amiss.", "Wait until the call is answered, and see the detail."},
	{"call_state", 409, "The call cannot do this now", "The command needs a call in another state; the detail says which.", "GET /v1/live shows where calls stand; follow /v1/events to know when that changes."},
	{"key_exists", 409, "The name is taken", "A key of this name exists.", "Choose another name, or remove that key first."},
	{"user_exists", 409, "The name is taken", "An extension, a group or something else that is dialled has this name.", "Choose another name; GET /v1/users lists the extensions."},
	{"user_in_configuration", 409, "The extension stands in the configuration file", "Name, password, rights and mailbox of this extension are the file's to say. What its owner can set from the phone can be changed here too.", "Change users in the configuration file, and reload."},
	{"webhook_exists", 409, "The name is taken", "A webhook of this name exists.", "Choose another name, or remove that webhook first."},
	{"webhook_in_configuration", 409, "The webhook stands in the configuration file", "It is not the API's to remove or to give another secret.", "Change webhooks in the configuration file, and reload."},
	{"in_progress", 409, "The same request is being answered", "A request with the same Idempotency-Key has not been answered yet.", "Wait a second and send it again: the answer will be that of the first."},
	{"too_large", 413, "The body is too large", "The body of a request may have 64 KiB, one that is sound 6 MiB.", "Send less."},
	{"media_type", 415, "The body is not JSON", "The Content-Type of the body is not application/json.", "Send JSON, and say so."},
	{"invalid", 422, "The request is not valid", "A parameter or field has a value that cannot be used; errors names each with its place.", "Correct what errors names."},
	{"destination", 422, "The destination leads nowhere", "The number or destination cannot be called, by the number plan or by a right; the detail begins with the Bye Reason.", "GET /v1/reasons/NAME explains the reason; see routes and policies of the configuration."},
	{"sound", 422, "The sound cannot be used", "The body is no WAV file that the server can play: it needs 8 kHz, 16-bit PCM, A-law or u-law, and at most three minutes.", "Convert it: sox IN.wav -r 8000 -c 1 -b 16 OUT.wav."},
	{"key_reused", 422, "The Idempotency-Key was used for another request", "An Idempotency-Key belongs to one request, with its path and body.", "Make a new key for each new request, and keep it for repetitions of the same."},
	{"configuration", 422, "The configuration has errors", "The file was read again and has errors, or a change that needs a restart. Nothing was changed.", "Correct what the detail names; onhook check -c FILE shows the same."},
	{"too_many_requests", 429, "Too many requests", "The key has sent more requests than it may in a short time. RateLimit-Policy says how many.", "Wait as long as Retry-After says; follow /v1/events instead of asking often."},
	{"internal", 500, "Something went wrong in the server", "The server has a fault, or the disk has.", "See the server's log at this time, and report it if it is a fault."},
	{"busy", 503, "The server is busy or stopping", "Too many commands wait, too many streams are open, or the server is about to end.", "Try again after the seconds of Retry-After."},
	{"not_ready", 503, "The server takes no calls", "It is starting, stopping, or its signalling does not answer.", "Wait; if it lasts, see the server's log."},
}

// kindOf finds a kind by its code; an unknown one is internal.
func kindOf(code string) (kind, bool) {
	for _, k := range kinds {
		if k.Code == code {
			return k, true
		}
	}
	return kind{Code: "internal", Status: 500, Title: "Something went wrong in the server"}, false
}

// newProblem makes a problem of a kind.
func newProblem(code, detail string) *Problem {
	k, _ := kindOf(code)
	p := &Problem{Type: "/problems/" + k.Code, Title: k.Title, Status: k.Status, Detail: detail, Code: k.Code}
	if k.Status == 503 {
		p.retryAfter = 1
	}
	return p
}

// fail makes a problem of an error of the packages below.
func fail(err error) error {
	var p *Problem
	var state *exchange.StateError
	var nowhere *exchange.DestinationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &p):
		return p
	case errors.As(err, &state):
		return newProblem("call_state", "The command cannot be carried out: "+state.Why+".")
	case errors.As(err, &nowhere):
		return newProblem("destination", strings.TrimSpace(nowhere.Cause+" "+nowhere.Detail))
	case errors.Is(err, exchange.ErrNotFound):
		return newProblem("call_not_up", "No call with this id is up. Calls that are over are in the store: onhook calls.")
	case errors.Is(err, store.ErrExpired):
		return newProblem("evidence_expired", "The messages of this call were older than the retention.")
	case errors.Is(err, store.ErrNotFound):
		return newProblem("call_not_found", "No call with this id is up or in the store.")
	case errors.Is(err, exchange.ErrNoTrunk):
		return newProblem("trunk_not_found", "No trunk of this name is configured.")
	case errors.Is(err, exchange.ErrBusy), errors.Is(err, exchange.ErrStopped), errors.Is(err, store.ErrBusy), errors.Is(err, store.ErrClosed):
		return newProblem("busy", err.Error())
	}
	return newProblem("internal", err.Error())
}

// codeOf is the kind of what huma itself finds wrong with a request.
func codeOf(status int) string {
	switch status {
	case 400:
		return "malformed"
	case 413:
		return "too_large"
	case 415:
		return "media_type"
	case 422:
		return "invalid"
	case 408:
		return "malformed"
	}
	return "internal"
}

// asProblem turns huma's own errors into problems of ours; anything else stays.
func asProblem(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	if r, ok := ctx.(*receiving); ok && r.body.cut && m.Status == http.StatusInternalServerError {
		return unread(io.ErrUnexpectedEOF), nil
	}
	p := newProblem(codeOf(m.Status), m.Detail)
	for _, e := range m.Errors {
		p.Errors = append(p.Errors, e.Location+": "+e.Message)
	}
	if p.Status != m.Status {
		p.Status = m.Status
	}
	return p, nil
}

// writeProblem answers with a problem where no operation does.
func writeProblem(w http.ResponseWriter, p *Problem) {
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client has gone if this fails
}
