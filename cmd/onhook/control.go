package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"onhook/api"
)

// ask sends a request to the running server whose data folder the flags name, and reads its JSON answer into v.
func (d dataFlags) ask(method, path string, v any) error { return d.askWith(method, path, nil, v) }

// askWith is ask with a body in JSON; nil: none.
func (d dataFlags) askWith(method, path string, send io.Reader, v any) error {
	dir, err := d.folder()
	if err != nil {
		return err
	}
	return askWith(context.Background(), dir, method, path, send, v)
}

// ask sends a request to the running server of a data folder and reads its JSON answer into v.
func ask(ctx context.Context, data, method, path string, v any) error {
	return askWith(ctx, data, method, path, nil, v)
}

// askWith is ask with a body in JSON; nil: none.
func askWith(ctx context.Context, data, method, path string, send io.Reader, v any) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://onhook"+path, send)
	if err != nil {
		return err
	}
	if send != nil {
		req.Header.Set("Content-Type", "application/json")
		if strings.HasSuffix(path, "/greeting") {
			req.Header.Set("Content-Type", "audio/wav")
		}
	}
	req.Header.Set("X-Onhook-By", "command line")
	resp, err := api.Client(data).Do(req)
	if err != nil {
		return fmt.Errorf("no server answers on %s/%s: %w", data, api.SocketName, errors.Unwrap(err))
	}
	defer resp.Body.Close()
	body := io.LimitReader(resp.Body, 64<<20)
	if resp.StatusCode >= 300 {
		var p api.Problem
		if json.NewDecoder(body).Decode(&p) == nil && p.Detail != "" {
			return errors.New(strings.Join(append([]string{p.Detail}, p.Errors...), "; "))
		}
		return errors.New(resp.Status)
	}
	switch to := v.(type) {
	case nil:
		return nil
	case io.Writer:
		_, err := io.Copy(to, body)
		return err
	}
	return json.NewDecoder(body).Decode(v)
}
