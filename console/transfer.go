package console

import (
	"net/http"
	"net/url"
	"strings"
)

func transferAction() page {
	return page{pattern: "POST /calls/{id}/transfer", act: (*Server).transfer}
}

// transfer sends the caller of a call on, as the API does.
func (s *Server) transfer(r *http.Request) (string, error) {
	id, to := r.PathValue("id"), strings.TrimSpace(r.FormValue("to"))
	if to == "" {
		return "", invalid("Say where the call is to go: a number or an extension.")
	}
	if err := s.do(r, http.MethodPost, "/v1/calls/"+url.PathEscape(id)+"/transfer", map[string]string{"to": to}, nil); err != nil {
		return "", err
	}
	return said("/calls/"+url.PathEscape(id), "The call is being sent to "+cut(40, to)+"."), nil
}

// canTransfer reports whether this server's API has the command.
func (s *Server) canTransfer() bool {
	p := s.opt.API.OpenAPI().Paths["/v1/calls/{id}/transfer"]
	return p != nil && p.Post != nil
}
