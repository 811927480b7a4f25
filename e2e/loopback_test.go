package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"onhook/outcome"
)

// A loopback is a capture that a foreign program makes of all these tests: what
// explain says of it has to agree with the records too. Where dumpcap is missing
// or may not capture, the servers' own captures are all there is.
type loopback struct {
	file string
	cmd  *exec.Cmd
	said chan string // how many packets it lost, when it has ended

	mu   sync.Mutex
	runs []remembered
}

// remembered are the records of one server.
type remembered struct {
	test, t1 string
	records  []outcome.Record
}

var onLoopback loopback

var droppedLine = regexp.MustCompile(`received/dropped .*: \d+/(\d+)`)

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
			l.said = make(chan string, 1)
			go func() {
				dropped := ""
				for lines.Scan() {
					if m := droppedLine.FindStringSubmatch(lines.Text()); m != nil {
						dropped = m[1]
					}
				}
				l.said <- dropped
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

// caughtUp waits until the file holds a packet that is sent now: what dumpcap
// has not read yet when it is stopped is lost without a word.
func (l *loopback) caughtUp() {
	mark := []byte("the end of the tests of " + l.file)
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return
	}
	defer c.Close()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patient(20 * time.Second)); time.Now().Before(end); {
		_, _ = c.WriteTo(mark, c.LocalAddr())
		<-tick.C
		if tail, err := lastOf(l.file, 1<<20); err == nil && bytes.Contains(tail, mark) {
			return
		}
	}
	fmt.Fprintln(os.Stderr, "capture of the loopback interface: dumpcap did not write its last packets in two minutes")
}

// lastOf reads the last n bytes of a file.
func lastOf(name string, n int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b := make([]byte, min(n, info.Size()))
	_, err = f.ReadAt(b, info.Size()-int64(len(b)))
	return b, err
}

// compare ends the capture and returns how many calls are told otherwise.
func (l *loopback) compare() (wrong int) {
	if l.cmd == nil {
		return 0
	}
	l.caughtUp()
	_ = l.cmd.Process.Signal(syscall.SIGINT)
	dropped := <-l.said
	_ = l.cmd.Wait() // it ended by our signal
	if dropped != "0" {
		fmt.Fprintf(os.Stderr, "capture of the loopback interface: %s packets were lost: nothing is compared\n", dropped)
		return 0
	}
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
	if wrong > 0 {
		l.leave()
	}
	return wrong
}

// leave keeps the capture for whoever wants to know why.
func (l *loopback) leave() {
	folder, err := os.MkdirTemp("", "onhook-loopback-")
	if err == nil {
		err = os.Rename(l.file, filepath.Join(folder, filepath.Base(l.file)))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "capture of the loopback interface: it is not kept:", err)
		return
	}
	fmt.Fprintln(os.Stderr, "capture of the loopback interface: kept in", folder)
}
