package api

import (
	"context"
	"errors"
	"fmt"
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
	if c, err := dialOwner(context.Background(), data, time.Second); err == nil {
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
	return &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialOwner(ctx, data, 0)
		}},
	}
}

// dialOwner connects with the control socket in a folder; timeout 0: none.
func dialOwner(ctx context.Context, data string, timeout time.Duration) (c net.Conn, err error) {
	err = inReach(data, func(path string) error {
		d := net.Dialer{Timeout: timeout}
		c, err = d.DialContext(ctx, "unix", path)
		return err
	})
	return c, err
}

// longestSocket is how many bytes the path of a unix socket may have: sun_path
// is 104 bytes on some systems, with the zero at the end.
const longestSocket = 103

// inReach calls f with a path of the control socket in a folder. The system
// bounds the path of a socket, not that of a folder: one that is too long is
// entered by the folder's descriptor, where the system shows those as files.
func inReach(dir string, f func(path string) error) error {
	path := filepath.Join(dir, SocketName)
	if len(path) <= longestSocket {
		return f(path)
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	short := fmt.Sprintf("/proc/self/fd/%d", d.Fd())
	if _, err := os.Stat(short); err != nil {
		return fmt.Errorf("the path %s has %d bytes, and that of a unix socket may have %d: choose a data folder with a shorter path", path, len(path), longestSocket)
	}
	return f(filepath.Join(short, SocketName))
}

// listenOwner makes the socket in a folder of its own first, so that it is never open to others, not even for a moment.
func listenOwner(path string) (net.Listener, error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".control-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var l net.Listener
	if err := inReach(dir, func(path string) (err error) {
		if l, err = net.Listen("unix", path); err == nil {
			l.(*net.UnixListener).SetUnlinkOnClose(false)
		}
		return err
	}); err != nil {
		return nil, err
	}
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
