package console

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"onhook/api"
)

// A page is one address of the console: what is shown there, or what is done.
type page struct {
	pattern string // of http.ServeMux, such as "GET /queues"
	file    string // its template in pages/, without .html
	nav     string // its name in the navigation; empty: it is not there
	group   string // a heading before it in the navigation
	key     string // pressed after g, opens it
	icon    string // of icons
	show    func(*Server, *http.Request) (*view, error)
	act     func(*Server, *http.Request) (next string, err error) // instead of show: does something, and says which page is next
	bare    bool                                                  // without navigation
}

// Path is where its link leads.
func (p page) Path() string {
	_, path, _ := strings.Cut(p.pattern, " ")
	return strings.TrimSuffix(path, "{$}")
}

// Nav, Group, Key and Icon are what its template shows of it.
func (p page) Nav() string   { return p.nav }
func (p page) Group() string { return p.group }
func (p page) Key() string   { return p.key }
func (p page) Icon() string  { return p.icon }

// A view is what a template gets.
type view struct {
	Title  string
	Search string // what the search box holds
	Here   string // the Path of the entry of the navigation that is marked; empty: the page's own
	Data   any

	// Of the frame.
	Nav     []page
	Bare    bool
	Said    string // what the last command did
	Theme   string // light, dark; empty: the system's
	Version string
	Script  string
	Style   string
}

// register parses the templates and adds the routes.
func (s *Server) register(all []page) error {
	s.templates = map[string]*template.Template{}
	all = append(all, page{pattern: "GET /sign-in", file: "sign_in"}, page{file: "problem"})
	for _, p := range all {
		if p.nav != "" {
			s.nav = append(s.nav, p)
		}
		if p.file != "" && s.templates[p.file] == nil {
			t, err := template.New(p.file).Funcs(functions()).ParseFS(files, "pages/frame.html", "pages/parts.html", "pages/"+p.file+".html")
			if err != nil {
				return err
			}
			s.templates[p.file] = t
		}
		if p.show == nil && p.act == nil {
			continue
		}
		s.pages.HandleFunc(p.pattern, func(w http.ResponseWriter, r *http.Request) { s.run(w, r, p) })
	}
	return nil
}

func (s *Server) run(w http.ResponseWriter, r *http.Request, p page) {
	if p.act != nil {
		next, err := p.act(s, r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	v, err := p.show(s, r)
	if to, ok := err.(moved); ok {
		http.Redirect(w, r, string(to), http.StatusSeeOther)
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if v.Here == "" {
		v.Here = p.Path()
	}
	v.Bare = v.Bare || p.bare
	s.render(w, r, p.file, v, http.StatusOK)
}

// render writes a page as a whole or not at all.
func (s *Server) render(w http.ResponseWriter, r *http.Request, file string, v *view, status int) {
	v.Nav, v.Version = s.nav, s.opt.API.Version
	v.Script, v.Style = s.assets.script, s.assets.style
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" { // no other site's link puts words into our mouth
		v.Said = r.URL.Query().Get("said")
	}
	if c, err := r.Cookie("onhook-theme"); err == nil && (c.Value == "light" || c.Value == "dark") {
		v.Theme = c.Value
	}
	var b bytes.Buffer
	if err := s.templates[file].ExecuteTemplate(&b, "frame", v); err != nil {
		if s.opt.Log != nil {
			s.opt.Log.Error("console: template", "file", file, "err", err)
		}
		http.Error(w, "The page could not be made; the server's log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the browser has gone if this fails
}

// fail shows what went wrong as a page.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *api.Problem
	if !errors.As(err, &p) {
		p = &api.Problem{Status: http.StatusInternalServerError, Title: "Something went wrong in the server", Detail: err.Error()}
	}
	s.render(w, r, "problem", &view{Title: p.Title, Data: p, Bare: !s.signedIn(r)}, p.Status)
}

// An answer keeps what a handler of the API writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// read asks the API, as who made the request, and puts the answer into v. The
// error is a *api.Problem, which fail shows.
func (s *Server) read(r *http.Request, path string, v any) error {
	return s.ask(r, http.MethodGet, path, nil, v)
}

// do has the API do something; body is sent as JSON, nil: none; v takes the
// answer, nil: it does not matter.
func (s *Server) do(r *http.Request, method, path string, body, v any) error {
	return s.ask(r, method, path, body, v)
}

func (s *Server) ask(r *http.Request, method, path string, body, v any) error {
	var send bytes.Buffer
	if body != nil {
		if err := encode(&send, body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(r.Context(), method, path, &send)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	req.RemoteAddr = r.RemoteAddr
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	a := &answer{header: http.Header{}}
	s.within.ServeHTTP(a, req)
	if a.status >= 300 {
		p := &api.Problem{Status: a.status, Title: http.StatusText(a.status)}
		_ = decode(a.body.Bytes(), p) // what is no problem document has its status at least
		return p
	}
	if v == nil || a.body.Len() == 0 {
		return nil
	}
	return decode(a.body.Bytes(), v)
}

// said adds to an address what a command did, for the page to say.
func said(next, what string) string {
	u, err := url.Parse(next)
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Set("said", what)
	u.RawQuery = q.Encode()
	return u.String()
}

// local is an address of ours; anything else becomes the first page.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	if q := u.Query(); q.Has("said") {
		q.Del("said")
		u.RawQuery = q.Encode()
		return u.String()
	}
	return next
}

// invalid is what a form has wrong.
func invalid(what string) error {
	return &api.Problem{Status: http.StatusUnprocessableEntity, Title: "That cannot be done", Detail: what}
}

// A moved says that what is asked for is at another address.
type moved string

func (m moved) Error() string { return "this is at " + string(m) }

// understandable reports whether an error is about what was asked for, and
// gives it: the page shows it beside the question.
func understandable(err error, p **api.Problem) bool {
	var got *api.Problem
	if !errors.As(err, &got) || got.Status != http.StatusUnprocessableEntity {
		return false
	}
	*p = got
	return true
}
