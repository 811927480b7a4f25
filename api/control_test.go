package api

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTheControlSocketInAFolderWithALongPath: the system bounds the path of a
// socket to about a hundred bytes, that of a folder to thousands.
func TestTheControlSocketInAFolderWithALongPath(t *testing.T) {
	for _, deep := range []int{0, 1, 3} {
		dir := filepath.Join(t.TempDir(), strings.Repeat(strings.Repeat("long", 25)+"/", deep))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		l, err := Listen(dir)
		if err != nil {
			t.Fatalf("a path of %d bytes: %v", len(dir), err)
		}
		web := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("here")) })}
		go func() { _ = web.Serve(l) }()
		t.Cleanup(func() { _ = web.Close() })
		resp, err := Client(dir).Get("http://onhook/")
		if err != nil {
			t.Fatalf("a path of %d bytes: %v", len(dir), err)
		}
		resp.Body.Close()
		if st, err := os.Stat(filepath.Join(dir, SocketName)); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%v, mode %v", err, st.Mode())
		}
		if _, err := Listen(dir); err == nil {
			t.Error("a second server got the same folder")
		}
	}
}
