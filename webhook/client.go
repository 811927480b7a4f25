package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Bounds of a request.
const (
	mostRedirects = 3
	mostAnswer    = 64 << 10 // bytes of an answer that are read, so that the connection can be used again
	mostError     = 200      // characters of an error that are kept
	longestWait   = 24 * time.Hour
)

// A dialControl is asked before a connection is made, for each address and after each redirect.
type dialControl = func(network, address string, c syscall.RawConn) error

// newClient makes the client of one endpoint. It uses no proxy of the
// environment: that would connect in its place, to wherever it likes.
func newClient(control dialControl, timeout time.Duration) *http.Client {
	d := &net.Dialer{Timeout: timeout, Control: control}
	return &http.Client{
		Timeout: timeout, CheckRedirect: redirected,
		Transport: &http.Transport{
			DialContext: d.DialContext, TLSHandshakeTimeout: timeout, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 8,
			MaxResponseHeaderBytes: 16 << 10, ForceAttemptHTTP2: true,
		},
	}
}

// redirected follows the redirects that keep the message as it is. RFC 9110 section 15.4.8: for 307 "the user
// agent MUST NOT change the request method"; after 301, 302 and 303 a POST would become a GET.
func redirected(to *http.Request, before []*http.Request) error {
	code := to.Response.StatusCode
	last := before[len(before)-1]
	switch {
	case code != http.StatusTemporaryRedirect && code != http.StatusPermanentRedirect:
		return http.ErrUseLastResponse
	case len(before) > mostRedirects:
		return errors.New("it redirects again and again")
	case last.URL.Scheme == "https" && to.URL.Scheme != "https":
		return errors.New("it redirects from https to " + to.URL.Scheme)
	}
	return nil
}

// A result is what came of one request.
type result struct {
	at     time.Time
	took   time.Duration
	status int           // 0: no answer
	wait   time.Duration // the receiver asks for
	err    string        // "": it was taken
}

// sign makes the headers of Standard Webhooks: a signature of each secret that is valid.
func sign(h http.Header, id string, now time.Time, body []byte, secrets []Secret) error {
	var all []string
	for _, s := range secrets {
		w, err := standardwebhooks.NewWebhook(s.Text)
		if err != nil {
			return err
		}
		text, err := w.Sign(id, now, body)
		if err != nil {
			return err
		}
		all = append(all, text)
	}
	h.Set(standardwebhooks.HeaderWebhookID, id)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(all, " "))
	return nil
}

// post sends one message once.
func post(ctx context.Context, c *http.Client, e *Endpoint, agent string, m *stored, now func() time.Time) (r result) {
	r.at = now()
	defer func() { r.took = now().Sub(r.at) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(m.body))
	if err == nil {
		err = sign(req.Header, m.id, r.at, m.body, e.valid(r.at))
	}
	if err != nil {
		r.err = bounded(err)
		return r
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", agent)
	resp, err := c.Do(req)
	if err != nil {
		r.err = bounded(err)
		return r
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, mostAnswer))
	switch r.status = resp.StatusCode; {
	case r.status/100 != 2:
		r.err, r.wait = "it answered "+strconv.Itoa(r.status), retryAfter(resp, now())
	case err != nil:
		// The status says that it was taken; what follows it is of no interest.
		r.err = ""
	}
	return r
}

// retryAfter is how long an answer of 429 or 503 asks to wait (RFC 9110 section 10.2.3).
func retryAfter(resp *http.Response, now time.Time) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	text := resp.Header.Get("Retry-After")
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, longestWait)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), longestWait)
	}
	return 0
}

// bounded is an error as it is kept: without the URL, whose query may be secret, and without control characters.
func bounded(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(err.Error(), "?"))
	if len(text) > mostError {
		text = strings.ToValidUTF8(text[:mostError], "")
	}
	return text
}
