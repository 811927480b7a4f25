package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"time"
)

// A Courier brings messages to their owners: to a web hook, to a mail server.
// What it does not bring in three tries it tells the log, without saying whose
// number called or where it was to go; the message stays in its mailbox.
type Courier struct {
	Hook    string        // http or https; empty: none
	SMTP    string        // host:port of a mail server; empty: none
	From    string        // the sender of mail
	Timeout time.Duration // of one try
	Pause   time.Duration // before the second try, twice as long before the third
	Log     *slog.Logger

	// Slots bounds how many are under way; one too many is told to the log. Made by NewCourier.
	slots chan struct{}
}

// NewCourier makes a Courier that has at most so many messages under way.
func NewCourier(c Courier, most int) *Courier {
	c.slots = make(chan struct{}, most)
	return &c
}

// tries is how often a message is sent.
const tries = 3

// Deliver sends a message, whose sound is in a file, to an address in the
// background.
func (c *Courier) Deliver(m Message, path, email string) {
	if email == "" || c.Hook == "" && c.SMTP == "" {
		return
	}
	select {
	case c.slots <- struct{}{}:
	default:
		c.Log.Error("voicemail not sent: too many are under way", "call", m.Call, "mailbox", m.Mailbox)
		return
	}
	go func() {
		defer func() { <-c.slots }()
		if c.Hook != "" {
			c.insist("hook", m, func(ctx context.Context) error { return c.post(ctx, m, path, email) })
		}
		if c.SMTP != "" {
			c.insist("smtp", m, func(ctx context.Context) error { return c.mail(ctx, m, path, email) })
		}
	}()
}

// insist tries, and again if that fails.
func (c *Courier) insist(way string, m Message, send func(context.Context) error) {
	var err error
	for i := range tries {
		if i > 0 {
			time.Sleep(c.Pause << (i - 1))
		}
		ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
		err = send(ctx)
		cancel()
		if err == nil {
			c.Log.Info("voicemail sent", "way", way, "call", m.Call, "mailbox", m.Mailbox)
			return
		}
		if final := (*finalError)(nil); errors.As(err, &final) {
			break
		}
	}
	c.Log.Error("voicemail not sent", "way", way, "call", m.Call, "mailbox", m.Mailbox, "err", err)
}

// A finalError is one that another try does not mend.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// notice is what the hook is told of a message.
type notice struct {
	Message
	Email string `json:"email"`
}

// post gives a message to the hook: a form with the parts message and sound.
func (c *Courier) post(ctx context.Context, m Message, path, email string) error {
	sound, err := os.Open(path)
	if err != nil {
		return &finalError{errors.New("its sound is not there any more")}
	}
	defer sound.Close()
	text, err := json.Marshal(notice{m, email})
	if err != nil {
		return &finalError{err}
	}
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() { w.CloseWithError(writeForm(form, text, m.ID, sound)) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Hook, r)
	if err != nil {
		_ = r.Close()
		return &finalError{errors.New("the hook is no address")}
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("User-Agent", "onhook")
	// A redirect would take the message to another place than the one configured.
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	_ = r.Close() // ends the writer, whatever was read
	if err != nil {
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err // the address may hold a password
		}
		return err
	}
	defer resp.Body.Close()
	switch code := resp.StatusCode; {
	case code/100 == 2:
		return nil
	case code/100 == 5 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout:
		return fmt.Errorf("the hook answered %s", resp.Status)
	default:
		return &finalError{fmt.Errorf("the hook answered %s, want 2xx", resp.Status)}
	}
}

func writeForm(form *multipart.Writer, message []byte, id string, sound io.Reader) error {
	for _, p := range [...]struct {
		name, file, typ string
		body            io.Reader
	}{
		{"message", "", "application/json", nil},
		{"sound", id + soundEnd, "audio/wav", sound},
	} {
		h := textproto.MIMEHeader{"Content-Type": {p.typ}, "Content-Disposition": {`form-data; name="` + p.name + `"`}}
		if p.file != "" {
			h.Set("Content-Disposition", `form-data; name="`+p.name+`"; filename="`+p.file+`"`)
		}
		part, err := form.CreatePart(h)
		if err != nil {
			return err
		}
		if p.body == nil {
			_, err = part.Write(message)
		} else {
			_, err = io.Copy(part, p.body)
		}
		if err != nil {
			return err
		}
	}
	return form.Close()
}
