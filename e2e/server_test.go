package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"onhook/outcome"
)

var binary string

var wholeCapture = flag.Bool("loopback", true, "capture the whole loopback interface and hold the records against it")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "onhook-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "onhook")
	args := []string{"build", "-o", binary}
	if raceEnabled {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "onhook/cmd/onhook")...)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the server: %v\n%s", err, out)
		return 1
	}
	if *wholeCapture {
		onLoopback.begin(dir)
	}
	code := m.Run()
	if onLoopback.compare() > 0 && code == 0 {
		code = 1
	}
	return code
}

// A server is one onhook process.
type server struct {
	t      *testing.T
	data   string
	conf   string
	text   string   // what conf holds
	pcaps  []string // what each run wrote
	udp    string   // host:port
	tcp    string
	cmd    *exec.Cmd
	log    *lockedBuffer
	stderr *os.File      // where it writes its log instead; nil: to log
	apart  bool          // the test itself holds the records against a capture
	out    *lockedBuffer // what it printed after the addresses
	nofile int           // how many file descriptors it may have; 0: as many as this process
}

// lockedBuffer is written by the process's pipe and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// baseConfig lets sipp call as a trunk from 127.0.0.2 and be called at any
// loopback port: 7 and five digits of port, of 127.0.0.3.
const baseConfig = `
domain: example.com
listen: [%s]
rtp: {timeout: 60s}
timers: {t1: 100ms, ring: 20s}
trunks:
  - {name: sipp, address: "127.0.0.2:5099", sources: [127.0.0.2/32]}
routes:
  - {match: "7(\\d{5})", to: "sip:p@127.0.0.3:$1"}
  - {match: "6(\\d{5})", to: "sip:p@127.0.0.3:$1", ring: 2s}
  - {match: "600", to: echo}
`

// start runs a server; more is added to the base configuration.
func start(t *testing.T, more string) *server {
	t.Helper()
	return startConfig(t, fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`)+more)
}

// withAPI puts the API on a port of its own.
func withAPI(conf string) string {
	if strings.Contains(conf, "\napi:") {
		return conf
	}
	return conf + "\napi: {listen: \"127.0.0.1:0\"}\n"
}

func startConfig(t *testing.T, conf string) *server {
	t.Helper()
	conf = withAPI(conf)
	s := &server{t: t, data: t.TempDir(), text: conf}
	s.conf = filepath.Join(s.data, "onhook.yaml")
	if err := os.WriteFile(s.conf, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run()
	t.Cleanup(s.stop)
	return s
}

var addressLine = regexp.MustCompile(`^  (UDP|TCP) (\S+)$`)

// run starts the process and waits until it says where it listens.
func (s *server) run() {
	s.t.Helper()
	s.log, s.out = &lockedBuffer{}, &lockedBuffer{}
	file := s.pcapFile()
	s.pcaps = append(s.pcaps, file)
	s.cmd = exec.Command(binary, "serve", "-c", s.conf, "--data", filepath.Join(s.data, "store"), "--drain", "1s", "--pcap", file)
	if s.nofile > 0 {
		s.cmd = exec.Command("sh", append([]string{"-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, s.nofile), binary}, s.cmd.Args[1:]...)...)
	}
	s.cmd.Stderr = s.log
	if s.stderr != nil {
		s.cmd.Stderr = s.stderr
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.udp, s.tcp = "", ""
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		m := addressLine.FindStringSubmatch(lines.Text())
		switch {
		case m == nil:
		case m[1] == "UDP" && s.udp == "":
			s.udp = m[2]
		case m[1] == "TCP" && s.tcp == "":
			s.tcp = m[2]
		}
		if s.udp != "" && s.tcp != "" {
			go func() {
				for lines.Scan() {
					fmt.Fprintln(s.out, lines.Text())
				}
			}()
			return
		}
	}
	_ = s.cmd.Wait()
	s.t.Fatalf("the server did not start:\n%s", s.log)
}

func (s *server) stop() {
	if s.cmd == nil || s.cmd.ProcessState != nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			s.t.Errorf("the server ended badly: %v\n%s", err, s.log)
		}
	case <-time.After(patient(20 * time.Second)):
		_ = s.cmd.Process.Kill()
		s.t.Errorf("the server did not end:\n%s", s.log)
	}
	if strings.Contains(s.log.String(), "DATA RACE") {
		s.t.Errorf("data race in the server:\n%s", s.log)
	}
	s.compareCapture()
}

// kill ends the process as a crash would.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// records waits until the store holds n records and returns them, oldest first.
func (s *server) records(n int) []outcome.Record {
	s.t.Helper()
	var recs []outcome.Record
	var said bytes.Buffer
	eventually(s.t, 10*time.Second, func() bool {
		list := exec.Command(binary, "calls", "--data", filepath.Join(s.data, "store"), "--json")
		said.Reset()
		list.Stderr = &said
		out, err := list.Output()
		if err != nil {
			return false
		}
		recs = nil
		dec := json.NewDecoder(bytes.NewReader(out))
		for dec.More() {
			var r outcome.Record
			if err := dec.Decode(&r); err != nil {
				s.t.Fatalf("calls --json: %v\n%s", err, out)
			}
			recs = append([]outcome.Record{r}, recs...)
		}
		return len(recs) >= n
	}, func() string { return fmt.Sprintf("want %d records, got %d\n%s%s", n, len(recs), said.String(), s.log) })
	if len(recs) != n {
		s.t.Fatalf("want %d records, got %d: %+v", n, len(recs), recs)
	}
	return recs
}

// record is records of the one call that was made.
func (s *server) record() outcome.Record {
	s.t.Helper()
	return s.records(1)[0]
}

// eventually waits for a condition; the limit is that of an ordinary machine.
func eventually(t *testing.T, limit time.Duration, ok func() bool, why func() string) {
	t.Helper()
	end := time.Now().Add(patient(limit))
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(end) {
			t.Fatal(why())
		}
		<-tick.C
	}
}

// An expected record, in the fields that decide.
type expected struct {
	status, reason, by, answered, detail string
	code, final                          int
}

func (e expected) check(t *testing.T, r outcome.Record) {
	t.Helper()
	got := expected{r.Status, r.ByeReason, r.EndedBy, r.Answered, r.Detail, r.LastResponseCode, r.SIPFinal}
	if e.detail == "" {
		got.detail = ""
	}
	if got != e {
		text, _ := json.MarshalIndent(r, "", "  ")
		t.Errorf("got  %+v\nwant %+v\n%s", got, e, text)
	}
	if r.Summary == "" || len(r.Evidence) == 0 {
		t.Errorf("a record needs a summary and evidence: %+v", r)
	}
	for _, problem := range outcome.Check(r) {
		t.Errorf("invariant: %s", problem)
	}
}

// liveCall is the id of the one call that is up and answered, or ringing; or "".
func (s *server) liveCall(answered bool) string {
	out, err := exec.Command(binary, "calls", "live", "--json", "--data", filepath.Join(s.data, "store")).Output()
	if err != nil {
		return ""
	}
	var live struct {
		Calls []struct {
			ID, Stage string
			Answered  bool
		}
	}
	if json.Unmarshal(out, &live) != nil || len(live.Calls) != 1 {
		return ""
	}
	if c := live.Calls[0]; c.Answered && answered || c.Stage == "ringing" && !answered {
		return c.ID
	}
	return ""
}

// reload writes another configuration, sends SIGHUP and waits for what the server says.
func (s *server) reload(conf, says string) {
	s.t.Helper()
	if err := os.WriteFile(s.conf, []byte(withAPI(conf)), 0o600); err != nil {
		s.t.Fatal(err)
	}
	_ = s.cmd.Process.Signal(syscall.SIGHUP)
	eventually(s.t, 10*time.Second, func() bool { return strings.Contains(s.log.String(), says) },
		func() string { return "the server never said " + says + ":\n" + s.log.String() })
}
