package e2e

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nobody is a user without any right.
const nobody = 65534

// TestRunsWithoutAnyPrivilege: as a user of no rights, from a program and a
// configuration that are root's, with a data folder of its own; what it makes
// there is its own alone.
func TestRunsWithoutAnyPrivilege(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("this needs root, to become nobody")
	}
	dir, err := os.MkdirTemp("/tmp", "onhook-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	program, conf, data := filepath.Join(dir, "onhook"), filepath.Join(dir, "onhook.yaml"), filepath.Join(dir, "data")
	text, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.Chmod(dir, 0o755), os.WriteFile(program, text, 0o755), os.Mkdir(data, 0o700), os.Chown(data, nobody, nobody), //nolint:gosec // it has to be run
		os.WriteFile(conf, []byte("domain: example.com\nlisten: [\"udp://127.0.0.1:0\"]\nroutes: [{match: \"600\", to: echo}]\napi: {listen: \"off\"}\n"), 0o644), //nolint:gosec // it has no secrets
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	srv := &server{t: t, data: dir, apart: true, log: &lockedBuffer{}}
	srv.cmd = exec.Command(program, "serve", "-c", conf, "--data", data, "--drain", "1s")
	srv.cmd.Dir, srv.cmd.Stderr = data, srv.log
	srv.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := srv.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for srv.udp == "" && lines.Scan() {
		if m := addressLine.FindStringSubmatch(lines.Text()); m != nil {
			srv.udp = m[2]
		}
	}
	if _, _, err := net.SplitHostPort(srv.udp); err != nil {
		t.Fatalf("it did not start:\n%s", srv.log)
	}
	srv.options()
	status, err := os.ReadFile("/proc/" + itoa(srv.cmd.Process.Pid) + "/status")
	if err != nil || !strings.Contains(string(status), "\nCapEff:\t0000000000000000\n") {
		t.Errorf("it has capabilities: %v\n%s", err, status)
	}
	err = filepath.WalkDir(data, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	_ = srv.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan error, 1)
	go func() { done <- srv.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("it ended badly: %v\n%s", err, srv.log)
		}
	case <-time.After(patient(20 * time.Second)):
		t.Errorf("it did not end:\n%s", srv.log)
	}
}
