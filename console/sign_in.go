package console

import (
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"

	"onhook/api"
)

// A signInForm is what the page of the sign-in shows.
type signInForm struct {
	Next  string
	Wrong string
	File  string // where the password's hash is kept
}

// signIn shows the form and takes it.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	if err := readForm(r); err != nil {
		s.fail(w, r, err)
		return
	}
	next := local(r.FormValue("next"))
	form := &signInForm{Next: next, File: PasswordName}
	show := func(status int) {
		s.render(w, r, "sign_in", &view{Title: "Sign in", Bare: true, Data: form}, status)
	}
	if r.Method != http.MethodPost {
		if s.signedIn(r) {
			http.Redirect(w, r, next, http.StatusSeeOther)
			return
		}
		show(http.StatusOK)
		return
	}
	secure, err := channel(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	address := remoteHost(r)
	if wait, ok := s.throttle.try(address, s.opt.Now()); !ok {
		seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
		w.Header().Set("Retry-After", seconds)
		form.Wrong = "Too many tries. Wait " + seconds + " seconds and try again."
		show(http.StatusTooManyRequests)
		return
	}
	hash, ok, err := s.opt.Passwords.check(r.PostFormValue("password"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if !ok {
		s.log("sign-in refused: wrong password", address)
		form.Wrong = "This is not the password."
		show(http.StatusUnauthorized)
		return
	}
	s.throttle.succeeded(address)
	s.log("signed in", address)
	http.SetCookie(w, cookie(r, s.sessions.open(hash, s.opt.Now()), secure))
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// channel reports whether the browser came by TLS. It knows, and says so in
// Origin, where a proxy in between has taken TLS away. Without TLS a password
// is taken from this machine only.
func channel(r *http.Request) (secure bool, err error) {
	u, err := url.Parse(r.Header.Get("Origin"))
	if err == nil && u.Scheme == "https" || r.TLS != nil {
		return true, nil
	}
	host := r.Host
	if err == nil && u.Host != "" {
		host = u.Host
	}
	if loopback(host) {
		return false, nil
	}
	return false, &api.Problem{
		Status: http.StatusForbidden, Title: "Not without encryption",
		Detail: "The password would cross the network in the clear. Put a proxy with TLS before the server, or come through a tunnel: ssh -L 8080:127.0.0.1:8080 and then http://127.0.0.1:8080.",
	}
}

// loopback reports whether a host, with or without a port, is this machine.
func loopback(host string) bool {
	u := url.URL{Host: host}
	name := u.Hostname()
	if name == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(name)
	return err == nil && a.IsLoopback()
}

// signOut ends the session.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	if secret := secretOf(r); secret != "" {
		s.sessions.close(secret)
	}
	http.SetCookie(w, cookie(r, "", false))
	http.SetCookie(w, cookie(r, "", true))
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}

func (s *Server) log(what, address string) {
	if s.opt.Log != nil {
		s.opt.Log.Info("console: "+what, "from", address)
	}
}
