package console

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// post sends a form with a session, says that no more comes, and gives the status of the answer.
func (x *site) post(path, form string, length int) (int, string) {
	x.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(x.url, "http://"))
	if err != nil {
		x.t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		x.t.Fatal(err)
	}
	at, err := url.Parse(x.url)
	if err != nil {
		x.t.Fatal(err)
	}
	var cookies []string
	for _, k := range x.client.Jar.Cookies(at) {
		cookies = append(cookies, k.Name+"="+k.Value)
	}
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		path, at.Host, strings.Join(cookies, "; "), length, form)
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		x.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		x.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestAFormThatDidNotComeWholeDoesNothing: a browser that goes in the middle of one has
// not asked for all fields to be empty.
func TestAFormThatDidNotComeWholeDoesNothing(t *testing.T) {
	x := newSite(t)
	const fields = "always=&busy=&next=%2F"
	if status, body := x.post("/sign-in", "password="+x.password, 1000); status != 400 || !strings.Contains(body, "did not come whole") {
		t.Errorf("sign-in: %d %s", status, body)
	}
	x.signIn()
	done := 0
	for _, p := range allPages() {
		method, path, _ := strings.Cut(p.pattern, " ")
		if method != "POST" {
			continue
		}
		path = strings.NewReplacer("{id}", liveID, "{name}", "100", "{$}", "", "{", "", "}", "").Replace(path)
		if status, body := x.post(path, fields, 1000); status != 400 || !strings.Contains(body, "Nothing was done") {
			t.Errorf("%s: %d, want 400 and a page that says that nothing was done", p.pattern, status)
		}
		done++
	}
	if done < 20 || len(x.x.hungUp) != 0 {
		t.Errorf("%d forms, calls hung up by %q", done, x.x.hungUp)
	}
	long := fields + strings.Repeat("x", maxForm)
	if status, _ := x.post("/calls/"+liveID+"/hangup", long, len(long)); status != 413 || len(x.x.hungUp) != 0 {
		t.Errorf("a form that is too long: %d, calls hung up by %q", status, x.x.hungUp)
	}
	if status, _ := x.post("/calls/"+liveID+"/hangup", fields, len(fields)); status != 303 || len(x.x.hungUp) != 1 {
		t.Errorf("a form that is whole: %d, calls hung up by %q", status, x.x.hungUp)
	}
}
