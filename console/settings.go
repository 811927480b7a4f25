package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"onhook/api"
)

func settingsPage() page {
	return page{pattern: "GET /settings", file: "settings", nav: "Settings", icon: "settings", show: (*Server).settings}
}

// addKeyAction answers with the page itself: the key is shown once, and must not
// stand in an address.
func addKeyAction() page {
	return page{pattern: "POST /settings/keys", file: "settings", show: (*Server).addKey}
}

func removeKeyAction() page {
	return page{pattern: "POST /settings/keys/{name}/remove", act: (*Server).removeKey}
}

func reloadAction() page {
	return page{pattern: "POST /settings/reload", file: "settings", show: (*Server).reload}
}

// A settingsView is what the page of settings shows.
type settingsView struct {
	Keys     []api.Key
	Scopes   []string
	New      *api.NewKey // a key that was just made
	File     string
	Warnings []string
	Sections []section
	Status   api.Status
	Now      time.Time
	Problem  *api.Problem // why the file that was read again is not in force
	Faults   []fault
}

// A fault is one error of the configuration file.
type fault struct {
	Line, Column string // empty: it has no place
	What         string
}

// faultOf takes an error of the file apart: FILE:LINE:COLUMN: WHAT.
func faultOf(file, text string) fault {
	rest, found := strings.CutPrefix(text, file+":")
	part := strings.SplitN(rest, ":", 3)
	if found && len(part) == 3 && isNumber(part[0]) && isNumber(part[1]) {
		return fault{part[0], part[1], strings.TrimSpace(part[2])}
	}
	return fault{What: strings.TrimSpace(rest)}
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// A section is what of the configuration stands under one key of its top level.
type section struct {
	Name     string
	Settings []api.Setting
	Given    int // that are not defaults
}

func (s *Server) settings(r *http.Request) (*view, error) {
	v := &settingsView{Scopes: api.Scopes(), Now: s.opt.Now()}
	var keys api.Keys
	var shown api.Settings
	for path, into := range map[string]any{"/v1/keys": &keys, "/v1/config": &shown, "/v1/status": &v.Status} {
		if err := s.read(r, path, into); err != nil {
			return nil, err
		}
	}
	v.Keys, v.File, v.Warnings = keys.Keys, shown.File, shown.Warnings
	for _, x := range shown.Settings {
		top := x.Path
		if end := strings.IndexAny(top, ".["); end > 0 {
			top = top[:end]
		}
		if n := len(v.Sections); n == 0 || v.Sections[n-1].Name != top {
			v.Sections = append(v.Sections, section{Name: top})
		}
		if x.Default && strings.Contains(x.Path, "[") {
			continue // of each of many users the same
		}
		at := &v.Sections[len(v.Sections)-1]
		at.Settings = append(at.Settings, x)
		if !x.Default {
			at.Given++
		}
	}
	return &view{Title: "Settings", Here: "/settings", Data: v}, nil
}

func (s *Server) addKey(r *http.Request) (*view, error) {
	ask := map[string]any{"name": strings.TrimSpace(r.PostForm.Get("name")), "scopes": r.PostForm["scope"]}
	if len(r.PostForm["scope"]) == 0 {
		return nil, invalid("A key needs at least one scope: tick what it may do.")
	}
	if life := strings.TrimSpace(r.PostForm.Get("life")); life != "" {
		ask["life"] = life
	}
	var made api.NewKey
	if err := s.do(r, http.MethodPost, "/v1/keys", ask, &made); err != nil {
		return nil, err
	}
	v, err := s.settings(r)
	if err == nil {
		v.Data.(*settingsView).New = &made
	}
	return v, err
}

func (s *Server) removeKey(r *http.Request) (string, error) {
	name := r.PathValue("name")
	if err := s.do(r, http.MethodDelete, "/v1/keys/"+url.PathEscape(name), nil, nil); err != nil {
		return "", err
	}
	return said("/settings", "The key "+name+" is taken back."), nil
}

// reload has the configuration read again. What is wrong with the file is shown
// beside the one that stays in force.
func (s *Server) reload(r *http.Request) (*view, error) {
	var wrong *api.Problem
	err := s.do(r, http.MethodPost, "/v1/reload", nil, nil)
	switch {
	case err == nil:
		return nil, moved(said("/settings", "The configuration was read again; calls were not touched."))
	case !understandable(err, &wrong):
		return nil, err
	}
	v, err := s.settings(r)
	if err != nil {
		return nil, err
	}
	shown := v.Data.(*settingsView)
	shown.Problem = wrong
	for _, e := range wrong.Errors {
		shown.Faults = append(shown.Faults, faultOf(shown.File, e))
	}
	return v, nil
}

// missing reports whether an error says that there is no such thing.
func missing(err error) bool {
	var p *api.Problem
	return errors.As(err, &p) && p.Status == http.StatusNotFound
}
