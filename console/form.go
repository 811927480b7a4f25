package console

import (
	"errors"
	"net/http"

	"onhook/api"
)

// readForm reads the form of a request. One that did not come whole has no fields
// at all: whoever took it for one with empty fields would clear what they stand for.
func readForm(r *http.Request) error {
	err := r.ParseForm()
	var long *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &long):
		return &api.Problem{Status: http.StatusRequestEntityTooLarge, Title: "The form is too long", Detail: "A form may have 64 KiB. Nothing was done."}
	}
	return &api.Problem{Status: http.StatusBadRequest, Title: "The form cannot be read", Detail: "It did not come whole, or it is none. Nothing was done."}
}
