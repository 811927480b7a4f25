// Command calls measures what a bridged call costs: CPU of this server, with
// its records written durably, beside Kamailio's stateful proxy under the same
// sipp load, in turn, on one core. It prints Markdown.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"onhook/bench/box"
)

var (
	rate   = flag.Int("rate", 1000, "calls a second")
	calls  = flag.Int("calls", 20000, "calls a round")
	rounds = flag.Int("rounds", 3, "rounds, ours and Kamailio's in turn")
	ours   = flag.Bool("ours", true, "measure this server")
	peer   = flag.Bool("peer", true, "measure Kamailio too")
	binary = flag.String("onhook", "", "the server's binary; empty: it is built")
	hold   = flag.Int("hold", 0, "milliseconds a call is held")
	cpu    = flag.String("cpu-profile", "", "file for a CPU profile of this server, the last round's")
	heap   = flag.String("heap-profile", "", "file for an allocation profile of this server, the last round's")
)

func main() { box.Main("calls", run) }

// A side is one of the servers that are compared.
type side struct {
	name    string
	start   starter
	on      bool
	figures []figure
}

// A figure is one round of one server.
type figure struct {
	cpu    float64 // ms a call
	failed int     // calls that sipp counts as failed
	rss    int     // kB at the end
	took   time.Duration
}

func run() error {
	dir, err := os.MkdirTemp("", "onhook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *binary == "" && *ours {
		if *binary, err = box.Build(dir, ".."); err != nil {
			return err
		}
	}
	sides := []*side{
		{name: "onhook, both legs, record and evidence durable", start: startOnhook, on: *ours},
		{name: "Kamailio, stateful proxy (-x fm -X fm, one UDP worker), no records", start: startKamailio, on: *peer},
	}
	for range *rounds {
		for _, s := range sides {
			if !s.on {
				continue
			}
			f, err := round(dir, s.start)
			if err != nil {
				return err
			}
			s.figures = append(s.figures, f)
			fmt.Fprintf(os.Stderr, "%.3f ms a call, %d failed, %d kB, %v: %s\n", f.cpu, f.failed, f.rss, f.took.Round(time.Millisecond), s.name)
		}
	}
	report(sides)
	return nil
}

func report(sides []*side) {
	fmt.Printf("## CPU of a bridged call\n\n%d calls at %d a second, held %d ms, %d rounds in turn; medians. %s, %s/%s, server on one core.\n\n",
		*calls, *rate, *hold, *rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("Command: `go run ./calls %s`\n\n", strings.Join(os.Args[1:], " "))
	fmt.Println("| server | CPU a call, ms | failed calls | memory at the end, kB |\n| --- | --- | --- | --- |")
	for _, s := range sides {
		if s.on {
			m := median(s.figures)
			fmt.Printf("| %s | %.3f | %d | %d |\n", s.name, m.cpu, m.failed, m.rss)
		}
	}
	if sides[0].on && sides[1].on {
		fmt.Printf("\nRatio: %.2f times Kamailio's CPU (bar: at most 2; goal: 1).\n\n", median(sides[0].figures).cpu/median(sides[1].figures).cpu)
	}
}

func median(f []figure) figure {
	f = slices.Clone(f)
	slices.SortFunc(f, func(a, b figure) int {
		switch {
		case a.cpu < b.cpu:
			return -1
		case a.cpu > b.cpu:
			return 1
		}
		return 0
	})
	m := f[len(f)/2]
	for _, x := range f {
		m.failed = max(m.failed, x.failed)
	}
	return m
}

// A starter runs a server that sends calls to the callee's port; it says where it listens.
type starter func(dir string, callee int) (cmd *exec.Cmd, port int, err error)

func round(dir string, start starter) (figure, error) {
	calleePort, callerPort := box.FreePort(), box.FreePort()
	uas := exec.Command("taskset", "-c", "1", "sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", strconv.Itoa(calleePort), "-nostdin", "-buff_size", "8000000")
	uas.Dir = dir
	if err := uas.Start(); err != nil {
		return figure{}, err
	}
	defer box.End(uas)
	cmd, port, err := start(dir, calleePort)
	if err != nil {
		return figure{}, err
	}
	defer box.End(cmd)
	before := box.CPU(cmd.Process.Pid)
	begun := time.Now()
	uac := exec.Command("taskset", "-c", "1", "sipp", "-sn", "uac", "-i", "127.0.0.1", "-p", strconv.Itoa(callerPort), "-s", "service",
		fmt.Sprintf("127.0.0.1:%d", port), "-r", strconv.Itoa(*rate), "-m", strconv.Itoa(*calls), "-l", strconv.Itoa(*rate*(2+*hold/500)),
		"-d", strconv.Itoa(*hold), "-nostdin", "-buff_size", "8000000", "-timeout", "300s")
	uac.Dir = dir
	out, err := uac.CombinedOutput()
	failed := failedCalls(string(out))
	if err != nil && failed < 0 {
		return figure{}, fmt.Errorf("sipp: %w\n%s", err, out)
	}
	took := time.Since(begun)
	time.Sleep(2 * time.Second) // what is written after the last call counts too
	used := box.CPU(cmd.Process.Pid) - before
	return figure{cpu: used * 1000 / float64(*calls), failed: failed, rss: box.RSS(cmd.Process.Pid), took: took}, nil
}

var failedLine = regexp.MustCompile(`Failed call\s*\|\s*\d+\s*\|\s*(\d+)`)

func failedCalls(out string) int {
	m := failedLine.FindAllStringSubmatch(out, -1)
	if len(m) == 0 {
		return -1
	}
	n, _ := strconv.Atoi(m[len(m)-1][1])
	return n
}

func startOnhook(dir string, callee int) (*exec.Cmd, int, error) {
	var args []string
	for _, p := range [...]struct{ name, file string }{{"--cpu-profile", *cpu}, {"--heap-profile", *heap}} {
		if p.file != "" {
			args = append(args, p.name, p.file)
		}
	}
	return box.Start(*binary, dir, fmt.Sprintf(`domain: bench.example
rtp: {relay: false}
limits: {calls: 1000000, per_second: 1000000}
log: {level: warn}
trunks: [{name: sipp, address: "127.0.0.1:1", sources: [127.0.0.1/32]}]
routes: [{match: "service", to: "sip:service@127.0.0.1:%d"}]
`, callee), nil, args...)
}

func startKamailio(dir string, callee int) (*exec.Cmd, int, error) {
	port := box.FreePort()
	conf := filepath.Join(dir, "kamailio.cfg")
	text := fmt.Sprintf(`debug=0
log_stderror=yes
fork=no
children=1
disable_tcp=yes
auto_aliases=no
maxbuffer=8388608
listen=udp:127.0.0.1:%d
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "tmx.so"
request_route {
	if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
	$du = "sip:127.0.0.1:%d";
	t_relay();
}
`, port, callee)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, 0, err
	}
	cmd := exec.Command("taskset", "-c", "0", "kamailio", "-DD", "-f", conf, "-x", "fm", "-X", "fm", "-m", "1024", "-M", "64", "-Y", dir, "-P", filepath.Join(dir, "kamailio.pid"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, 0, err
	}
	time.Sleep(1500 * time.Millisecond)
	return cmd, port, nil
}
