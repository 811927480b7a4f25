package console

import (
	"net/http"
	"net/url"
	"strings"

	"onhook/api"
)

// userActions are the pages of one extension, and what can be done with it.
func userActions() []page {
	return []page{
		{pattern: "GET /users/{name}", file: "user", show: (*Server).user},
		{pattern: "POST /users/{name}", act: (*Server).changeUser},
		{pattern: "POST /users/{name}/own", act: (*Server).changeOwned},
		{pattern: "POST /users/{name}/dnd/{state}", act: (*Server).disturb},
		{pattern: "POST /users/{name}/remove", act: (*Server).removeUser},
		// These answer with the page itself: the password is shown once, and must not stand in an address.
		{pattern: "POST /users/{name}/password", file: "user", show: (*Server).renewUser},
		{pattern: "POST /users", file: "users", show: (*Server).addUser},
	}
}

// A userView is what the page of an extension shows.
type userView struct {
	api.User
	Devices  []api.Registration
	Forwards []forward
	Password string // that was just made
}

// A forward is where calls of one kind go.
type forward struct{ Name, Label, To, Else string }

// Own reports whether the extension was made here, and not by the configuration file.
func (v *userView) Own() bool { return v.Source == "api" }

// GroupList is the extension's groups as the form has them.
func (v *userView) GroupList() string { return strings.Join(v.Groups, ", ") }

// forwardsOf are an extension's forwards, in the order in which they are looked at.
func forwardsOf(u *api.User) []forward {
	f := &u.Forward
	return []forward{
		{"always", "All calls", f.Always, "to its own devices"},
		{"busy", "When it is busy", f.Busy, "nowhere else"},
		{"no_answer", "When nobody answers", f.NoAnswer, "nowhere else"},
		{"unreachable", "When no phone is reached", f.Unreachable, "nowhere else"},
	}
}

func userPath(r *http.Request) string { return "/v1/users/" + url.PathEscape(r.PathValue("name")) }

func userAddress(name string) string { return "/users/" + url.PathEscape(name) }

func (s *Server) user(r *http.Request) (*view, error) {
	v := &userView{}
	if err := s.read(r, userPath(r), &v.User); err != nil {
		return nil, err
	}
	var regs api.Registrations
	if err := s.read(r, "/v1/registrations?"+url.Values{"user": {v.Name}}.Encode(), &regs); err != nil {
		return nil, err
	}
	v.Devices, v.Forwards = regs.Registrations, forwardsOf(&v.User)
	return &view{Title: v.Name, Here: "/users", Data: v}, nil
}

// changeUser sets forwards: only those that the form changes, so that the others
// go on to follow the configuration; or all as the configuration says.
func (s *Server) changeUser(r *http.Request) (string, error) {
	var now api.User
	if err := s.read(r, userPath(r), &now); err != nil {
		return "", err
	}
	change, reset := map[string]any{}, r.FormValue("reset") != ""
	for _, f := range forwardsOf(&now) {
		to := strings.TrimSpace(r.FormValue(f.Name))
		switch {
		case reset:
			change[f.Name] = nil
		case to != f.To:
			change[f.Name] = to
		}
	}
	ask := map[string]any{"forward": change}
	if reset {
		ask["dnd"] = nil
	}
	if err := s.do(r, http.MethodPatch, userPath(r), ask, nil); err != nil {
		return "", err
	}
	return said(userAddress(now.Name), "The settings of "+now.Name+" are changed."), nil
}

// changeOwned changes what a configuration file says of its extensions.
func (s *Server) changeOwned(r *http.Request) (string, error) {
	ask := map[string]any{
		"display": strings.TrimSpace(r.FormValue("display")), "voicemail": r.FormValue("voicemail") != "", "groups": listOf(r.FormValue("groups")),
	}
	if err := s.do(r, http.MethodPatch, userPath(r), ask, nil); err != nil {
		return "", err
	}
	return said(userAddress(r.PathValue("name")), "The extension is changed."), nil
}

// listOf is apart, and never none.
func listOf(s string) []string { return append([]string{}, apart(s)...) }

// disturb switches do not disturb on or off.
func (s *Server) disturb(r *http.Request) (string, error) {
	name, state := r.PathValue("name"), r.PathValue("state")
	if state != "on" && state != "off" {
		return "", &api.Problem{Status: http.StatusNotFound, Title: "There is no such command", Detail: "Do not disturb is switched on or off."}
	}
	if err := s.do(r, http.MethodPatch, userPath(r), map[string]bool{"dnd": state == "on"}, nil); err != nil {
		return "", err
	}
	next := "/users"
	if r.FormValue("next") != "" {
		next = local(r.FormValue("next"))
	}
	return said(next, "Do not disturb of "+name+" is "+state+"."), nil
}

func (s *Server) removeUser(r *http.Request) (string, error) {
	if err := s.do(r, http.MethodDelete, userPath(r), nil, nil); err != nil {
		return "", err
	}
	return said("/users", "The extension "+r.PathValue("name")+" is gone, with its mailbox."), nil
}

func (s *Server) renewUser(r *http.Request) (*view, error) {
	var made api.NewPassword
	if err := s.do(r, http.MethodPost, userPath(r)+"/password", nil, &made); err != nil {
		return nil, err
	}
	v, err := s.user(r)
	if err == nil {
		v.Data.(*userView).Password = made.Password
	}
	return v, err
}

func (s *Server) addUser(r *http.Request) (*view, error) {
	ask := map[string]any{"name": strings.TrimSpace(r.PostForm.Get("name")), "voicemail": r.PostForm.Get("voicemail") != ""}
	if display := strings.TrimSpace(r.PostForm.Get("display")); display != "" {
		ask["display"] = display
	}
	if groups := apart(r.PostForm.Get("groups")); len(groups) > 0 {
		ask["groups"] = groups
	}
	var made api.NewUser
	if err := s.do(r, http.MethodPost, "/v1/users", ask, &made); err != nil {
		return nil, err
	}
	v, err := s.users(r)
	if err == nil {
		v.Here = "/users"
		v.Data.(*usersView).New = &made
	}
	return v, err
}
