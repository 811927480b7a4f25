package console

import (
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"onhook/api"
)

// Options are what a Server is made of.
type Options struct {
	API       *api.Server // what pages ask and command
	Passwords *Passwords
	Data      string           // the data folder: saved filters are kept there
	Log       *slog.Logger     // who signed in, who failed to
	Now       func() time.Time // nil: the system's
}

// A Server answers everything on the API's address: its own pages, and the API
// to those who show a key or have signed in.
type Server struct {
	opt       Options
	api       http.Handler // for those who show a key, or nothing
	within    http.Handler // for those who have signed in
	apiPaths  []string     // the API's own; one with a / at its end stands for all below
	pages     *http.ServeMux
	nav       []page
	templates map[string]*template.Template
	assets    assets
	sessions  sessions
	throttle  *throttle
	saved     savedFilters
	audited   map[string]string // what the audit can hold, with what it is for
	cross     *http.CrossOriginProtection
}

// New makes a Server. An error is a fault of a template.
func New(o Options) (*Server, error) {
	s := &Server{opt: o, api: o.API.Handler(), within: o.API.Console(), throttle: newThrottle(), cross: http.NewCrossOriginProtection(), pages: http.NewServeMux()}
	s.saved.dir = o.Data
	s.audited = o.API.Audited()
	if s.opt.Now == nil {
		s.opt.Now = time.Now
	}
	for path := range o.API.OpenAPI().Paths {
		before, _, found := strings.Cut(path, "{")
		if found || !strings.HasPrefix(path, "/v1/") {
			s.apiPaths = append(s.apiPaths, before)
		}
	}
	if err := s.assets.load(); err != nil {
		return nil, err
	}
	if err := s.register(allPages()); err != nil {
		return nil, err
	}
	return s, nil
}

// Handler returns the handlers for the network.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.isAPI(r.URL.Path) {
			s.serveAPI(w, r)
			return
		}
		guarded(http.HandlerFunc(s.serve)).ServeHTTP(w, r)
	})
}

// isAPI reports whether a path is the API's.
func (s *Server) isAPI(path string) bool {
	if strings.HasPrefix(path, "/v1/") {
		return true
	}
	for _, p := range s.apiPaths {
		if path == p || strings.HasSuffix(p, "/") && strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}

// serveAPI lets a browser that has signed in use the API as pages do. A key
// goes before: who shows one is to get what it is worth.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" || !s.signedIn(r) {
		s.api.ServeHTTP(w, r)
		return
	}
	// The browser adds the cookie to what other sites send, too: SameSite keeps
	// it from most of that, this from the rest.
	if err := s.cross.Check(r); err != nil {
		http.Error(w, "This request was made by a page of another site.", http.StatusForbidden)
		return
	}
	s.within.ServeHTTP(w, s.mark(r))
}

// mark says to the API who asks.
func (s *Server) mark(r *http.Request) *http.Request {
	secret := secretOf(r)
	return api.SignedIn(r, "console", func() bool { return s.holds(secret) })
}

// signedIn reports whether a request shows a session that holds.
func (s *Server) signedIn(r *http.Request) bool { return s.holds(secretOf(r)) }

func (s *Server) holds(secret string) bool {
	if secret == "" {
		return false
	}
	hash, err := s.opt.Passwords.hash()
	return err == nil && s.sessions.use(secret, hash, s.opt.Now())
}

// maxForm is the longest form that a page takes, in bytes.
const maxForm = 64 << 10

// serve answers for the pages.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(30 * time.Second)) // a writer of a test has none
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := s.cross.Check(r); err != nil {
		s.fail(w, r, &api.Problem{Status: http.StatusForbidden, Title: "Not from here", Detail: "This form was sent by a page of another site. Nothing was done."})
		return
	}
	switch {
	case strings.HasPrefix(r.URL.Path, assetsPath):
		s.assets.serve(w, r)
		return
	case r.URL.Path == "/sign-in":
		s.signIn(w, r)
		return
	case r.URL.Path == "/sign-out" && r.Method == http.MethodPost:
		s.signOut(w, r)
		return
	}
	if !s.signedIn(r) {
		if r.Header.Get("Sec-Fetch-Dest") == "empty" { // an island of a page whose session is over
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		to := "/sign-in"
		if r.Method == http.MethodGet && r.URL.Path != "/" {
			to += "?next=" + url.QueryEscape(r.URL.RequestURI())
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	r = s.mark(r)
	if err := readForm(r); err != nil {
		s.fail(w, r, err)
		return
	}
	if _, pattern := s.pages.Handler(r); pattern == "" {
		s.fail(w, r, &api.Problem{Status: http.StatusNotFound, Title: "Nothing is here", Detail: "The console has no page at this address."})
		return
	}
	s.pages.ServeHTTP(w, r)
}

func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
