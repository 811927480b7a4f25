package console

import (
	"net/http"
	"net/url"
	"strings"

	"onhook/api"
)

// commandActions are what the pages have done with calls that are up, each by
// the API's operation of the same name.
func commandActions() []page {
	return []page{
		{pattern: "POST /calls/{id}/hangup", act: (*Server).hangUp},
		{pattern: "POST /calls/{id}/transfer", act: (*Server).transfer},
		{pattern: "POST /calls/{id}/hold", act: hold("hold", "The caller is put on hold.")},
		{pattern: "POST /calls/{id}/resume", act: hold("resume", "The call goes on.")},
		{pattern: "POST /calls/{id}/recording/{action}", act: (*Server).record},
		{pattern: "POST /calls/{id}/play", act: (*Server).play},
		{pattern: "POST /calls", act: (*Server).originate},
	}
}

// command is the address of an operation on the call that a request names.
func command(r *http.Request, what string) string {
	return "/v1/calls/" + url.PathEscape(r.PathValue("id")) + "/" + what
}

// back is the page that a form came from, as it says; else that of the call.
func back(r *http.Request, what string) string {
	next := r.FormValue("next")
	if next == "" {
		next = "/calls/" + url.PathEscape(r.PathValue("id"))
	}
	return said(local(next), what)
}

func (s *Server) hangUp(r *http.Request) (string, error) {
	if err := s.do(r, http.MethodPost, command(r, "hangup"), nil, nil); err != nil {
		return "", err
	}
	return back(r, "The call is being ended."), nil
}

func hold(what, words string) func(*Server, *http.Request) (string, error) {
	return func(s *Server, r *http.Request) (string, error) {
		if err := s.do(r, http.MethodPost, command(r, what), map[string]string{}, nil); err != nil {
			return "", err
		}
		return back(r, words), nil
	}
}

// transfer connects a party with a number (to) or with a party of another call (with).
func (s *Server) transfer(r *http.Request) (string, error) {
	to, with := strings.TrimSpace(r.FormValue("to")), r.FormValue("with")
	body, what := map[string]string{}, ""
	switch {
	case to != "":
		body["to"], what = to, "The call is being sent to "+cut(40, to)+"."
		if party := r.FormValue("party"); party != "" {
			body["party"] = party
		}
	case with != "":
		body["with"], what = with, "The two calls are being joined."
	default:
		return "", invalid("Say where the call is to go: a number, or another call.")
	}
	if err := s.do(r, http.MethodPost, command(r, "transfer"), body, nil); err != nil {
		return "", err
	}
	return back(r, what), nil
}

// record starts or stops the recording of a call.
func (s *Server) record(r *http.Request) (string, error) {
	action := r.PathValue("action")
	if err := s.do(r, http.MethodPost, command(r, "recording/"+url.PathEscape(action)), nil, nil); err != nil {
		return "", err
	}
	if action == "stop" {
		return back(r, "What is said now is not recorded."), nil
	}
	return back(r, "The call is being recorded."), nil
}

// play has the parties of a call hear prompts.
func (s *Server) play(r *http.Request) (string, error) {
	list := apart(r.FormValue("prompts"))
	if len(list) == 0 {
		return "", invalid("Say what is to be heard: the name of a prompt, or say:123.")
	}
	body := map[string]any{"prompts": list}
	if party := r.FormValue("party"); party != "" {
		body["party"] = party
	}
	if err := s.do(r, http.MethodPost, command(r, "play"), body, nil); err != nil {
		return "", err
	}
	return back(r, "It is being played."), nil
}

// mostPrompts is how many prompts that were made here a form offers.
const mostPrompts = 200

// prompts are the names of the prompts that were made here: what a form offers.
func (s *Server) prompts(r *http.Request) (names []string, err error) {
	var got api.Prompts
	if err := s.read(r, "/v1/prompts", &got); err != nil {
		return nil, err
	}
	for _, p := range got.Prompts[:min(len(got.Prompts), mostPrompts)] {
		names = append(names, p.Name)
	}
	return names, nil
}

// originate makes a call.
func (s *Server) originate(r *http.Request) (string, error) {
	from, to := strings.TrimSpace(r.FormValue("from")), strings.TrimSpace(r.FormValue("to"))
	if from == "" || to == "" {
		return "", invalid("Say who is rung first, and whom it is connected with.")
	}
	var got api.Begun
	if err := s.do(r, http.MethodPost, "/v1/calls", map[string]string{"from": from, "to": to}, &got); err != nil {
		return "", err
	}
	return said("/calls/"+url.PathEscape(got.ID), cut(40, from)+" is rung, then "+cut(40, to)+"."), nil
}
