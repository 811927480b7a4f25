package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"
)

type settings struct {
	calls   int
	length  time.Duration
	port    int
	workers int
}

func main() {
	var s settings
	serve := flag.Bool("serve", false, "be the relay: used by the program itself")
	peer := flag.Bool("peer", true, "measure rtpengine too, where it is installed")
	rounds := flag.Int("rounds", 3, "rounds, ours and rtpengine's in turn")
	flag.IntVar(&s.calls, "calls", 500, "calls at one time, two legs each")
	flag.DurationVar(&s.length, "time", 10*time.Second, "how long to send")
	flag.IntVar(&s.port, "port", 30000, "first port of the parties")
	flag.IntVar(&s.workers, "workers", 1, "most workers of the relay")
	flag.Parse()
	err := error(nil)
	if *serve {
		err = relay(s)
	} else {
		err = compare(s, *rounds, *peer)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

// measure sends through the relay with this process number, whose addresses the lines say.
func measure(s settings, lines []string, pid int) (f figure, err error) {
	parties, err := open(s, lines)
	if err != nil {
		return f, err
	}
	before, err := readUsage(pid)
	if err != nil {
		return f, err
	}
	began := time.Now()
	r := exchange(parties, s.length)
	took := time.Since(began)
	after, err := readUsage(pid)
	if err != nil {
		return f, err
	}
	cpu := after.cpu - before.cpu
	return figure{
		cpu: float64(cpu.Microseconds()) / float64(max(r.got, 1)), core: cpu.Seconds() / took.Seconds(), sent: r.sent, lost: r.sent - r.got,
		median: r.quantile(0.5), late: r.quantile(0.99), rss: float64(after.rss) / 1024 / float64(s.calls),
	}, nil
}

// A child is this program as the relay; it ends when its input does.
type child struct {
	cmd *exec.Cmd
	in  interface{ Close() error }
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) stop() {
	c.in.Close()
	_ = c.cmd.Wait()
}

func start(s settings) (*child, []string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := pinned(0, self, "-serve", "-calls", strconv.Itoa(s.calls), "-port", strconv.Itoa(s.port), "-workers", strconv.Itoa(s.workers))
	cmd.Stderr = os.Stderr
	// As a server on two cores has it; the second one's part is paid on the first here.
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	c := &child{cmd, in}
	var lines []string
	for scan := bufio.NewScanner(out); len(lines) < s.calls && scan.Scan(); {
		lines = append(lines, scan.Text())
	}
	if len(lines) < s.calls {
		c.stop()
		return nil, nil, fmt.Errorf("the relay gave addresses for %d calls, want %d", len(lines), s.calls)
	}
	return c, lines, nil
}
