package app

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A pile is a log that may be read while it is written.
type pile struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *pile) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *pile) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// A parcel is a message to be brought somewhere.
func parcel(t *testing.T) (Message, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.wav")
	if err := os.WriteFile(path, []byte(strings.Repeat("sound ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	return Message{ID: "m1", Mailbox: "101", Call: "call_1", Caller: "5551234", Name: "Evil\r\nBcc: x@y", At: beginning, Length: 3200}, path
}

// deliver waits until the courier has done what it can.
func deliver(t *testing.T, c *Courier, m Message, path string) {
	t.Helper()
	c.Deliver(m, path, "anna@example.com")
	for range cap(c.slots) { // all are free again: nothing is under way
		select {
		case c.slots <- struct{}{}:
		case <-time.After(patience):
			t.Fatal("the courier does not end")
		}
	}
}

// patience is how long a starved machine may take for what is to happen.
const patience = 2 * time.Minute

func courier(log *pile) Courier {
	return Courier{Timeout: patience, Pause: time.Millisecond, From: "pbx@example.com", Log: slog.New(slog.NewTextHandler(log, nil))}
}

func TestHookGetsMessageAndSound(t *testing.T) {
	m, path := parcel(t)
	var got map[string]string
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
			return
		}
		got = map[string]string{"message": r.FormValue("message")}
		f, _, err := r.FormFile("sound")
		if err != nil {
			t.Error(err)
			return
		}
		b, _ := io.ReadAll(f)
		got["sound"] = string(b)
	}))
	defer web.Close()
	var log pile
	o := courier(&log)
	o.Hook = web.URL
	deliver(t, NewCourier(o, 1), m, path)
	var about struct {
		Mailbox, Caller, Email, Call string
		Length                       int `json:"length_ms"`
	}
	if err := json.Unmarshal([]byte(got["message"]), &about); err != nil {
		t.Fatal(err)
	}
	if about.Mailbox != "101" || about.Caller != "5551234" || about.Email != "anna@example.com" || about.Call != "call_1" || about.Length != 3200 || got["sound"] != strings.Repeat("sound ", 100) {
		t.Errorf("got %+v and %d bytes", about, len(got["sound"]))
	}
	if !strings.Contains(log.String(), "voicemail sent") {
		t.Errorf("log: %s", log.String())
	}
}

func TestHookIsTriedAgainWhereThatMayHelp(t *testing.T) {
	for _, c := range []struct {
		codes []int
		asked int
		sent  bool
	}{
		{[]int{500, 200}, 2, true},
		{[]int{503, 429, 204}, 3, true},
		{[]int{500, 500, 500, 200}, 3, false},
		{[]int{404, 200}, 1, false},
		{[]int{302, 200}, 1, false}, // it goes nowhere else
	} {
		m, path := parcel(t)
		asked := 0
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.codes[asked])
			asked++
		}))
		var log pile
		o := courier(&log)
		o.Hook = web.URL + "/?token=secret"
		deliver(t, NewCourier(o, 1), m, path)
		web.Close()
		if asked != c.asked || strings.Contains(log.String(), "voicemail sent") != c.sent {
			t.Errorf("%v: asked %d times, want %d; log: %s", c.codes, asked, c.asked, log.String())
		}
		for _, private := range []string{"5551234", "anna", "secret"} {
			if strings.Contains(log.String(), private) {
				t.Errorf("the log holds %q: %s", private, log.String())
			}
		}
	}
}

func TestHookThatHangsOrIsNotThere(t *testing.T) {
	m, path := parcel(t)
	hang := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer web.Close()
	defer close(hang)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, address := range []string{web.URL, gone.URL} {
		var log pile
		o := courier(&log)
		o.Hook, o.Timeout = address+"/?token=secret", 50*time.Millisecond
		deliver(t, NewCourier(o, 1), m, path)
		if text := log.String(); !strings.Contains(text, "voicemail not sent") || strings.Contains(text, "secret") {
			t.Errorf("log: %s", text)
		}
	}
}

func TestCourierHasABoundedNumberUnderWay(t *testing.T) {
	m, path := parcel(t)
	hang := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer web.Close()
	var log pile
	o := courier(&log)
	o.Hook = web.URL
	c := NewCourier(o, 2)
	for range 5 {
		c.Deliver(m, path, "anna@example.com")
	}
	if n := strings.Count(log.String(), "too many are under way"); n != 3 {
		t.Errorf("%d were refused, want 3: %s", n, log.String())
	}
	close(hang)
	deliver(t, c, m, path)
}

// mailServer takes one mail and answers RCPT as told.
func mailServer(t *testing.T, rcpt string) (address string, got func() string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var text pile
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serveMail(conn, rcpt, &text)
		}
	}()
	return l.Addr().String(), text.String
}

func serveMail(conn net.Conn, rcpt string, text *pile) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	fmt.Fprint(conn, "220 mail\r\n")
	data := false
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch {
		case data && line == ".\r\n":
			data = false
			fmt.Fprint(conn, "250 kept\r\n")
		case data:
			_, _ = text.Write([]byte(line))
		case strings.HasPrefix(line, "RCPT"):
			fmt.Fprint(conn, rcpt+"\r\n")
		case strings.HasPrefix(line, "DATA"):
			data = true
			fmt.Fprint(conn, "354 go on\r\n")
		default:
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
}

func TestMailHoldsTheSound(t *testing.T) {
	m, path := parcel(t)
	address, got := mailServer(t, "250 ok")
	var log pile
	o := courier(&log)
	o.SMTP = address
	deliver(t, NewCourier(o, 1), m, path)
	letter, err := mail.ReadMessage(strings.NewReader(got()))
	if err != nil {
		t.Fatalf("%v: %q; log: %s", err, got(), log.String())
	}
	if letter.Header.Get("Bcc") != "" || letter.Header.Get("To") != "<anna@example.com>" || !strings.Contains(letter.Header.Get("Subject"), "5551234") {
		t.Errorf("got the header %v", letter.Header)
	}
	_, params, err := mime.ParseMediaType(letter.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(letter.Body, params["boundary"])
	var bodies []string
	for {
		p, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(b))
	}
	if len(bodies) != 2 || !strings.Contains(bodies[0], "3 seconds for 101 from 5551234") || bodies[1] != strings.Repeat("sound ", 100) {
		t.Errorf("got the parts %q", bodies)
	}
}

func TestMailThatIsRefusedIsNotTriedAgain(t *testing.T) {
	m, path := parcel(t)
	address, _ := mailServer(t, "550 no anna@example.com here")
	var log pile
	o := courier(&log)
	o.SMTP = address
	deliver(t, NewCourier(o, 1), m, path)
	if text := log.String(); !strings.Contains(text, "the mail server answered 550") || strings.Contains(text, "anna") {
		t.Errorf("log: %s", text)
	}
}
