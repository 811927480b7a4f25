package api

import (
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// A sent is the body of a request on its way. It notes whether the client stopped
// in the middle of it: huma makes a fault of the server of that.
type sent struct {
	io.ReadCloser
	cut bool
}

func (b *sent) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.cut = unread(err).Status == http.StatusBadRequest
	}
	return n, err
}

// unread is what is said when the body of a request could not be read to its end.
func unread(err error) *Problem {
	var long *http.MaxBytesError
	var slow net.Error
	switch {
	case errors.As(err, &long):
		return newProblem("too_large", "The body of a request may have 64 KiB.")
	case errors.As(err, &slow) && slow.Timeout():
		p := newProblem("malformed", "The body did not come in time.")
		p.Status = http.StatusRequestTimeout // RFC 9110 section 15.5.9
		return p
	}
	// RFC 9112 section 8: a request whose body ends before its Content-Length or its last chunk is incomplete.
	return newProblem("malformed", "The body ended before it was whole.")
}

// humaContext is huma's Context by a name that is no method of it.
type humaContext huma.Context

// A receiving is an operation whose request has a sent as its body.
type receiving struct {
	humaContext
	body *sent
}

func (r *receiving) Unwrap() huma.Context  { return r.humaContext }
func (r *receiving) BodyReader() io.Reader { return r.body }

// SetStatus makes the client's of the fault that is none of the server's.
func (r *receiving) SetStatus(status int) {
	if r.body.cut && status == http.StatusInternalServerError {
		status = http.StatusBadRequest
	}
	r.humaContext.SetStatus(status)
}

// receive watches the body of a request.
func receive(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	next(&receiving{ctx, &sent{ReadCloser: r.Body}})
}
