package console

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"onhook/api"
)

// probe stands for a script in what is asked: it may come back as a text only.
const probe = "<x-probe"

// FuzzPages: whatever a browser asks for, signed in or not, with whatever cookies, is
// answered, never by a fault of ours, and shows nothing of what was sent as markup; who
// is not signed in is shown no page but that for it.
func FuzzPages(f *testing.F) {
	x := newSite(f)
	x.keep(hostileCall())
	x.s.opt.API.Voice, x.s.opt.API.Boxes = &fakeBoxes{}, func() []string { return []string{"101"} }
	audit, err := api.OpenAudit(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = audit.Close() })
	x.s.opt.API.Audit = audit
	hash, err := x.s.opt.Passwords.hash()
	if err != nil {
		f.Fatal(err)
	}
	secret := x.s.sessions.open(hash, x.clock)
	get := func(path, more string) []byte {
		return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: h:8080\r\n%s\r\n", path, more)
	}
	for _, p := range x.s.nav {
		for _, signed := range []bool{true, false} {
			f.Add(signed, get(p.Path(), ""))
			f.Add(signed, get(p.Path()+"?q=%3Cx-probe%3E&limit=-1&cursor=x&from=%00", "Referer: "+probe+">\r\n"))
		}
	}
	for _, path := range []string{"/", "/calls/" + probe + ">", "/calls/%3Cx-probe%3E", "/assets/../../etc/passwd", "/assets/%2e%2e/x", "/sign-in?next=//evil.example", "/v1/live", "/calls?status=Busy&reason=USER_BUSY&sort=-x"} {
		f.Add(true, get(path, ""))
	}
	for _, c := range []string{"onhook-session-8080=", "onhook-session-8080=" + strings.Repeat("A", 4000), "__Host-onhook-session-8080=x; onhook-session-8080=y", "=;;=\"", "onhook-session-8080=\"<x-probe>\""} {
		f.Add(false, get("/calls", "Cookie: "+c+"\r\n"))
	}
	f.Add(false, fmt.Appendf(nil, "POST /sign-in HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 30\r\n\r\npassword=%%3Cx-probe%%3E&next=//a"))
	h := x.s.Handler()
	f.Fuzz(func(t *testing.T, signed bool, raw []byte) {
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil || req.Method != http.MethodGet && req.URL.Path != "/sign-in" {
			return // what forms do is for the tests of each
		}
		req, req.RemoteAddr = req.WithContext(t.Context()), "192.0.2.9:4000"
		if signed && x.s.isAPI(req.URL.Path) {
			return // api.FuzzRequests
		}
		if signed {
			req.Header.Del("Authorization")
			req.Header.Set("Cookie", cookieName(req, false)+"="+secret)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		body := w.Body.String()
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%s %s: %s", req.Method, req.URL, body)
		}
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && strings.Contains(body, probe) {
			t.Errorf("%s %s: what was sent is in the page as markup", req.Method, req.URL)
		}
		if !signed && strings.Contains(body, "alert(2)") { // strange
			t.Errorf("%s %s: who is not signed in is shown calls", req.Method, req.URL)
		}
		for name, values := range w.Header() {
			if strings.ContainsAny(name+strings.Join(values, ""), "\r\n\x00") {
				t.Errorf("the header %q: %q", name, values)
			}
		}
		if to := w.Header().Get("Location"); strings.HasPrefix(to, "//") || strings.HasPrefix(to, "/\\") {
			t.Errorf("%s %s leads to another site: %s", req.Method, req.URL, to)
		}
	})
}
