// Command held measures the memory of calls that are up: sipp holds bridged
// calls through the server, with and without its media relay, and the resident
// memory before and while they are held is read from /proc. The live heap is
// what the collector said last, in a second round that collects often. It
// prints Markdown.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"time"

	"onhook/bench/box"
)

var (
	calls   = flag.Int("calls", 2000, "calls that are held at once")
	rate    = flag.Int("rate", 400, "calls a second")
	program = flag.String("onhook", "", "the server's binary; empty: it is built")
)

// bar is what a held call may take, in bytes of resident memory.
const bar = 30_000

func main() { box.Main("held", run) }

func run() error {
	dir, err := os.MkdirTemp("", "onhook-held-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *program, err = box.Program(*program, dir); err != nil {
		return err
	}
	fmt.Printf("## Memory of a held call\n\n%d calls of sipp, bridged and held, at %d a second. %s, %s/%s.\n\nCommand: `go run ./held`\n\n",
		*calls, *rate, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("| media relay | resident before, kB | while held, kB | resident a call, bytes | live heap a call, bytes |\n| --- | --- | --- | --- | --- |\n")
	worst := 0
	for _, relay := range []bool{false, true} {
		before, held, _, err := hold(dir, relay, nil)
		if err != nil {
			return err
		}
		_, _, live, err := hold(dir, relay, []string{"GOGC=10", "GODEBUG=gctrace=1"})
		if err != nil {
			return err
		}
		each := (held - before) * 1024 / *calls
		worst = max(worst, each)
		fmt.Printf("| %t | %d | %d | %d | %d |\n", relay, before, held, each, live / *calls)
	}
	fmt.Printf("\nBar: %d bytes; %s.\n", bar, map[bool]string{true: "held", false: "missed"}[worst < bar])
	return nil
}

// hold holds calls and returns the resident memory in kB before and meanwhile,
// and, if the collector is traced, by how many bytes the live heap grew.
func hold(dir string, relay bool, env []string) (before, held, live int, err error) {
	callee, caller := box.FreePort(), box.FreePort()
	trace := filepath.Join(dir, "trace")
	uas := exec.Command("taskset", "-c", "1", "sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", strconv.Itoa(callee), "-nostdin", "-buff_size", "8000000")
	uas.Dir = dir
	if err := uas.Start(); err != nil {
		return 0, 0, 0, err
	}
	defer box.End(uas)
	stderr := os.Stderr
	f, err := os.Create(trace)
	if err != nil {
		return 0, 0, 0, err
	}
	defer f.Close()
	if env != nil {
		os.Stderr = f
	}
	cmd, port, err := box.Start(*program, dir, fmt.Sprintf(`domain: bench.example
rtp: {relay: %t, ports: 20000-29999}
limits: {calls: 1000000, per_second: 1000000}
log: {level: warn}
trunks: [{name: sipp, address: "127.0.0.1:1", sources: [127.0.0.1/32]}]
routes: [{match: "service", to: "sip:service@127.0.0.1:%d"}]
`, relay, callee), env)
	os.Stderr = stderr
	if err != nil {
		return 0, 0, 0, err
	}
	defer box.End(cmd)
	time.Sleep(time.Second)
	before = box.RSS(cmd.Process.Pid)
	up := time.Duration(*calls / *rate) * time.Second
	// The hold outlasts the 32 s that a finished transaction is kept: what is left is the call itself.
	const settle = 36 * time.Second
	uac := exec.Command("taskset", "-c", "1", "sipp", "-sn", "uac", "-i", "127.0.0.1", "-p", strconv.Itoa(caller), "-s", "service",
		fmt.Sprintf("127.0.0.1:%d", port), "-r", strconv.Itoa(*rate), "-m", strconv.Itoa(*calls), "-l", strconv.Itoa(*calls),
		"-d", strconv.FormatInt((up+settle+5*time.Second).Milliseconds(), 10), "-nostdin", "-buff_size", "8000000", "-timeout", "300s")
	uac.Dir = dir
	if err := uac.Start(); err != nil {
		return 0, 0, 0, err
	}
	time.Sleep(up + settle)
	held = box.RSS(cmd.Process.Pid)
	if env != nil {
		live, err = growth(trace)
	}
	if werr := uac.Wait(); err == nil && werr != nil {
		err = fmt.Errorf("sipp: %w: not all calls went well", werr)
	}
	return before, held, live, err
}

var heaps = regexp.MustCompile(`(\d+)->(\d+)->(\d+) MB`)

// growth is by how much the live heap grew from the first collection to the last.
func growth(trace string) (int, error) {
	b, err := os.ReadFile(trace)
	if err != nil {
		return 0, err
	}
	all := heaps.FindAllSubmatch(b, -1)
	if len(all) == 0 {
		return 0, fmt.Errorf("the collector said nothing")
	}
	n := func(i int) int {
		v, _ := strconv.Atoi(string(all[i][3]))
		return v << 20
	}
	return n(len(all)-1) - n(0), nil
}
