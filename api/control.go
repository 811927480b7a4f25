package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// SocketName is the control socket's name in the data folder.
const SocketName = "control.sock"

// ErrRunning says that another server uses the data folder.
var ErrRunning = errors.New("another onhook server runs on this data folder")

// Listen opens the control socket in the data folder, readable and writable
// by its owner only. A socket that nobody listens on is replaced.
func Listen(data string) (net.Listener, error) {
	path := filepath.Join(data, SocketName)
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		c.Close()
		return nil, ErrRunning
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := listenOwner(path)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Client returns an HTTP client that speaks with the server of a data folder;
// the host in its URLs does not matter.
func Client(data string) *http.Client {
	path := filepath.Join(data, SocketName)
	return &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		}},
	}
}

// listenOwner makes the socket in a folder of its own first, so that it is never open to others, not even for a moment.
func listenOwner(path string) (net.Listener, error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".control-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, SocketName))
	if err != nil {
		return nil, err
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := os.Chmod(filepath.Join(dir, SocketName), 0o600); err != nil {
		l.Close()
		return nil, err
	}
	if err := os.Rename(filepath.Join(dir, SocketName), path); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}
