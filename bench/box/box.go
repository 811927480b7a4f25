// Package box runs the server that is measured in a process of its own, on one
// core, and reads from /proc what it uses.
package box

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Build makes the server's program in dir, from the sources in root.
func Build(dir, root string) (string, error) {
	path := filepath.Join(dir, "onhook")
	build := exec.Command("go", "build", "-o", path, "./cmd/onhook")
	build.Dir = root
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("building the server: %w", err)
	}
	return path, nil
}

// Start runs the server on core 0 with a configuration, to which it adds the
// data folder and a UDP socket on loopback, whose port it returns.
func Start(program, dir, config string, env []string, args ...string) (cmd *exec.Cmd, port int, err error) {
	data, err := os.MkdirTemp(dir, "data-")
	if err != nil {
		return nil, 0, err
	}
	file := filepath.Join(dir, "onhook.yaml")
	text := "data: " + data + "\nlisten: [\"udp://127.0.0.1:0\"]\n" + config
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, 0, err
	}
	cmd = exec.Command("taskset", append([]string{"-c", "0", program, "serve", "-c", file, "--drain", "1s"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, 0, err
	}
	if err := cmd.Start(); err != nil {
		return nil, 0, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, addr, ok := strings.Cut(lines.Text(), "  UDP "); ok {
			_, p, _ := net.SplitHostPort(strings.TrimSpace(addr))
			port, err = strconv.Atoi(p)
			go func() {
				for lines.Scan() {
				}
			}()
			return cmd, port, err
		}
	}
	return nil, 0, fmt.Errorf("the server did not start")
}

// End asks a process to end and waits for it.
func End(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Kill()
	}
}

// FreePort is a UDP port of loopback that nobody has.
func FreePort() int {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port
}

// CPU is the user and system time of a process and its children, in seconds.
func CPU(pid int) float64 {
	sum := 0.0
	for _, p := range family(pid) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
		if err != nil {
			continue
		}
		f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+2:]))
		user, _ := strconv.ParseFloat(f[11], 64)
		system, _ := strconv.ParseFloat(f[12], 64)
		sum += (user + system) / 100
	}
	return sum
}

// RSS is the resident memory of a process and its children, in kB.
func RSS(pid int) int {
	sum := 0
	for _, p := range family(pid) {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p))
		for l := range strings.SplitSeq(string(b), "\n") {
			if v, ok := strings.CutPrefix(l, "VmRSS:"); ok {
				n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(v), " kB"))
				sum += n
			}
		}
	}
	return sum
}

// Innermost is the process that a process runs, if it runs one as strace does, or itself.
func Innermost(pid int) int {
	all := family(pid)
	return all[len(all)-1]
}

// family is a process and all its descendants.
func family(pid int) []int {
	out := []int{pid}
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for f := range strings.FieldsSeq(string(b)) {
		if n, err := strconv.Atoi(f); err == nil {
			out = append(out, family(n)...)
		}
	}
	return out
}
