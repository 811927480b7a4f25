package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"onhook/outcome"
)

// A loopback is a capture that a foreign program makes of all these tests: what
// explain says of it has to agree with the records too. Where dumpcap is missing
// or may not capture, the servers' own captures are all there is.
type loopback struct {
	file string
	cmd  *exec.Cmd

	mu   sync.Mutex
	runs []remembered
}

// remembered are the records of one server.
type remembered struct {
	test, t1 string
	records  []outcome.Record
}

var onLoopback loopback

// begin starts dumpcap and waits until it captures.
func (l *loopback) begin(dir string) {
	file := filepath.Join(dir, "loopback.pcapng")
	cmd := exec.Command("dumpcap", "-q", "-i", "lo", "-B", "64", "-w", file, "-f", "udp or tcp or icmp or icmp6")
	said, err := cmd.StderrPipe()
	if err != nil || cmd.Start() != nil {
		fmt.Fprintln(os.Stderr, "dumpcap is missing: no capture of the loopback interface is compared")
		return
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "File: ") {
			l.file, l.cmd = file, cmd
			go func() {
				for lines.Scan() {
				}
			}()
			return
		}
	}
	_ = cmd.Wait() // it has said that it may not
	fmt.Fprintln(os.Stderr, "dumpcap may not capture here: no capture of the loopback interface is compared")
}

// remember keeps records until the end.
func (l *loopback) remember(test, t1 string, records []outcome.Record) {
	if l.cmd == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs = append(l.runs, remembered{test, t1, records})
}

// compare ends the capture and returns how many calls are told otherwise.
func (l *loopback) compare() (wrong int) {
	if l.cmd == nil {
		return 0
	}
	_ = l.cmd.Process.Signal(syscall.SIGINT)
	_ = l.cmd.Wait() // it ended by our signal
	byT1 := make(map[string]explained)
	calls := 0
	for _, run := range l.runs {
		fail := func(format string, args ...any) {
			wrong++
			fmt.Fprintf(os.Stderr, "capture of the loopback interface: %s: "+format+"\n", append([]any{run.test}, args...)...)
		}
		if byT1[run.t1] == nil {
			byT1[run.t1] = make(explained)
			byT1[run.t1].add(fail, l.file, run.t1)
		}
		for i := range run.records {
			calls++
			byT1[run.t1].compare(fail, &run.records[i])
		}
	}
	fmt.Fprintf(os.Stderr, "capture of the loopback interface: %d calls compared, %d told otherwise\n", calls, wrong)
	return wrong
}
