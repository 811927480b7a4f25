// Command soak runs the server under a steady load for minutes, with some of the
// datagrams lost on the way, and looks for what grows or stays behind: live heap,
// goroutines, descriptors, transactions, dialogs, calls without a record. Some times
// the load stops until the server has nothing in its hands, and the live heap is read
// after a full collection: under load a collection counts what is made while it runs.
// Its samples are kept as CSV; it prints Markdown and exits with 1 if a bar is missed.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"onhook/bench/box"
)

var (
	minutes = flag.Float64("minutes", 30, "how long")
	rate    = flag.Int("rate", 300, "new calls a second")
	hold    = flag.Duration("hold", 3*time.Second, "how long a call is up")
	loss    = flag.Float64("loss", 0.005, "how much of the datagrams is lost, each way, on both legs")
	every   = flag.Duration("every", 10*time.Second, "how often the server is asked")
	rests   = flag.Int("rests", 6, "how often the load stops, the last time included")
	heaps   = flag.String("heaps", "", "folder for a heap profile of each rest")
	raw     = flag.String("raw", "results/soak.csv", "where the samples are kept")
	program = flag.String("onhook", "", "the server's binary; empty: it is built")
)

// Bars.
const (
	mostPerHour = 0.05    // growth of the live heap an hour, of its mean
	orBytes     = 1 << 20 // or so many bytes an hour
	restWithin  = 180 * time.Second
	spareFDs    = 4 // connections of whoever asks
)

func main() {
	flag.Parse()
	bad, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
	if bad {
		os.Exit(1)
	}
}

// A soak is one run.
type soak struct {
	dir    string
	server *exec.Cmd
	probe  *probe
	relays []*relay
	uas    *exec.Cmd
	uacs   []*exec.Cmd
	port   int
	before sample
	loaded time.Duration // how long calls began, in all
	calm   []sample      // of the rests
}

func run() (bad bool, err error) {
	if *minutes > 24*60 || *rate > 5000 || *rests < 1 || *rests > 1000 {
		return false, fmt.Errorf("at most a day, and 5000 calls a second; -rests: from 1 to 1000")
	}
	s := &soak{}
	if s.dir, err = os.MkdirTemp("", "onhook-soak-"); err != nil {
		return false, err
	}
	defer os.RemoveAll(s.dir)
	if *program, err = box.Program(*program, s.dir); err != nil {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(*raw), 0o755); err != nil {
		return false, err
	}
	file, err := os.Create(*raw)
	if err != nil {
		return false, err
	}
	defer file.Close()
	defer s.end()
	begun := time.Now()
	if err := s.start(file); err != nil {
		return false, err
	}
	for range *rests {
		if err := s.stretch(time.Duration(*minutes * float64(time.Minute) / float64(*rests))); err != nil {
			return false, err
		}
	}
	return s.report(begun), nil
}

// stretch is one time of load, and the rest after it.
func (s *soak) stretch(long time.Duration) error {
	if err := s.load(); err != nil {
		return err
	}
	if err := s.watch(long); err != nil {
		return err
	}
	if err := s.rest(); err != nil {
		return err
	}
	for _, c := range s.uacs {
		box.End(c)
	}
	s.uacs = nil
	if err := s.probe.collect(*heaps, len(s.calm)); err != nil {
		return err
	}
	calm, err := s.probe.take()
	s.calm = append(s.calm, calm)
	return err
}

// start runs the server, the relays and sipp.
func (s *soak) start(samples *os.File) error {
	callee := box.FreePort()
	s.uas = exec.Command("sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", strconv.Itoa(callee), "-nostdin", "-buff_size", "8000000")
	s.uas.Dir = s.dir
	if err := s.uas.Start(); err != nil {
		return err
	}
	back, err := startRelay("127.0.0.1", "127.0.0.3", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: callee}, *loss)
	if err != nil {
		return err
	}
	s.relays = append(s.relays, back)
	cmd, port, err := box.Start(*program, s.dir, fmt.Sprintf(`domain: %s
rtp: {ports: 10000-31999}
limits: {calls: 100000, per_second: 100000}
log: {level: warn}
api: {listen: "off"}
trunks: [{name: sipp, address: "127.0.0.2:1", sources: [127.0.0.2/32]}]
routes: [{match: "service", to: "sip:service@127.0.0.1:%d"}]
`, domain, back.port()), nil)
	if err != nil {
		return err
	}
	s.server = cmd
	socket, err := filepath.Glob(filepath.Join(s.dir, "data-*", "control.sock"))
	if err != nil || len(socket) != 1 {
		return fmt.Errorf("the server has %d control sockets: %v", len(socket), err)
	}
	if s.probe, err = newProbe(socket[0], cmd.Process.Pid, samples); err != nil {
		return err
	}
	if s.before, err = s.probe.take(); err != nil {
		return err
	}
	s.port = port
	return nil
}

// load begins the calls: nine in ten are answered and end by the caller's BYE, one is to a number that is none.
func (s *soak) load() error {
	none := filepath.Join(s.dir, "none.xml")
	if err := os.WriteFile(none, []byte(refusedScenario), 0o600); err != nil {
		return err
	}
	answered, err := answeredScenario(s.dir)
	if err != nil {
		return err
	}
	few := max(1, *rate/10)
	for _, c := range []struct {
		rate int
		args []string
	}{
		{*rate - few, []string{"-sf", answered, "-s", "service", "-d", strconv.FormatInt(hold.Milliseconds(), 10)}},
		{few, []string{"-sf", none, "-s", "nobody"}},
	} {
		r, err := startRelay("127.0.0.1", "127.0.0.2", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: s.port}, *loss)
		if err != nil {
			return err
		}
		s.relays = append(s.relays, r)
		uac := exec.Command("sipp", append(c.args, "-i", "127.0.0.1", "-p", strconv.Itoa(box.FreePort()), fmt.Sprintf("127.0.0.1:%d", r.port()),
			"-r", strconv.Itoa(c.rate), "-l", "20000", "-nostdin", "-buff_size", "8000000", "-recv_timeout", "40000")...)
		uac.Dir = s.dir
		if err := uac.Start(); err != nil {
			return err
		}
		s.uacs = append(s.uacs, uac)
	}
	return nil
}

// watch takes samples until the time is over, then lets no new calls begin.
func (s *soak) watch(long time.Duration) error {
	begun := time.Now()
	tick := time.NewTicker(*every)
	defer tick.Stop()
	for time.Since(begun) < long {
		<-tick.C
		if _, err := s.probe.take(); err != nil {
			return err
		}
	}
	s.loaded += time.Since(begun)
	for _, c := range s.uacs {
		_ = c.Process.Signal(syscall.SIGUSR1) // sipp: no new calls; those that are up go on
	}
	return nil
}

// rest waits until nothing is in the server's hands, or for as long as that may take.
func (s *soak) rest() error {
	for end := time.Now().Add(restWithin); time.Now().Before(end); time.Sleep(time.Second) {
		last, err := s.probe.take()
		if err != nil || s.rested(last) {
			return err
		}
	}
	return nil
}

func (s *soak) rested(at sample) bool {
	return at.inHands() == 0 && at.values["process_open_fds"] <= s.before.values["process_open_fds"]+spareFDs
}

func (s *soak) end() {
	for _, c := range append(s.uacs, s.uas, s.server) {
		if c != nil && c.Process != nil {
			box.End(c)
		}
	}
	for _, r := range s.relays {
		r.close()
	}
}

// report prints what was found and says whether a bar was missed.
func (s *soak) report(begun time.Time) (bad bool) {
	var passed, lost uint64
	for _, r := range s.relays {
		passed, lost = passed+r.passed.Load(), lost+r.lost.Load()
	}
	last := s.calm[len(s.calm)-1]
	grows, mean := slope(s.calm[len(s.calm)/3:], "go_gc_heap_live_bytes")
	bound := max(mostPerHour*mean, orBytes)
	v, w := last.values, s.before.values
	atRest := make([]string, len(s.calm))
	hands := 0.0
	for i, c := range s.calm {
		atRest[i] = fmt.Sprintf("%.1f", c.values["go_gc_heap_live_bytes"]/(1<<20))
		hands += c.inHands()
	}
	fmt.Printf("## Soak\n\n%s to %s: %d calls a second for %.1f minutes in %d stretches, each up for %v, %.2f %% of the datagrams lost on each leg both ways. %s, %s/%s, %d processors, not this server's alone.\n\n",
		begun.UTC().Format(time.RFC3339), time.Now().UTC().Format(time.RFC3339), *rate, s.loaded.Minutes(), *rests, *hold, 100*float64(lost)/float64(max(1, passed+lost)), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	fmt.Printf("Command: `make soak MINUTES=%g RATE=%d`. Samples: `%s`.\n\n| what | found | bar | |\n| --- | --- | --- | --- |\n", *minutes, *rate, strings.TrimPrefix(*raw, "results/"))
	row := func(what, found, bar string, ok bool) {
		word := "held"
		if !ok {
			word, bad = "missed", true
		}
		fmt.Printf("| %s | %s | %s | %s |\n", what, found, bar, word)
	}
	n := func(name string) string { return strconv.FormatFloat(v[name], 'f', -1, 64) }
	began := v["onhook_calls_started_total"]
	row("calls that began", n("onhook_calls_started_total"), "most of those asked for", began > 0.9*s.loaded.Seconds()*float64(*rate))
	row("calls that were answered and ended by BYE", strconv.FormatFloat(v[answeredTotal], 'f', -1, 64), "nine in ten of them, nearly", v[answeredTotal] > 0.85*began)
	row("records", n("onhook_records_total"), "one a call", v["onhook_records_total"] == began)
	row("records that failed", n("onhook_record_errors_total"), "0", v["onhook_record_errors_total"] == 0)
	row("live heap at rest, growth an hour over the last two thirds", fmt.Sprintf("%+.0f kB of %.0f kB", grows/1024, mean/1024), fmt.Sprintf("%.0f kB", bound/1024), grows <= bound)
	row("left in all rests: calls, records on their way, transactions, dialogs, limits", strconv.FormatFloat(hands, 'f', -1, 64), "0", hands == 0)
	row("goroutines, before and after", fmt.Sprintf("%.0f, %.0f", w["go_goroutines"], v["go_goroutines"]), "within 10", v["go_goroutines"] <= w["go_goroutines"]+10)
	row("descriptors, before and after", fmt.Sprintf("%.0f, %.0f", w["process_open_fds"], v["process_open_fds"]), "within "+strconv.Itoa(spareFDs), v["process_open_fds"] <= w["process_open_fds"]+spareFDs)
	_, loaded := slope(s.probe.all, "go_gc_heap_live_bytes")
	fmt.Printf("\nLive heap at rest: %s MB; in all samples %.0f MB on average.\n", strings.Join(atRest, ", "), loaded/(1<<20))
	fmt.Printf("\nPackets that the server was too late for: %s of %s. Processor time: %.0f s. Resident memory at the end: %d kB.\n",
		n("onhook_packets_dropped_total"), n("onhook_packets_total"), v["process_cpu_seconds_total"], last.rss)
	return bad
}
