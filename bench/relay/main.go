package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

type settings struct {
	calls   int
	length  time.Duration
	port    int
	workers int
	pairs   string
	pid     int
}

func main() {
	var s settings
	serve := flag.Bool("serve", false, "be the relay: used by the program itself")
	flag.IntVar(&s.calls, "calls", 1000, "calls at one time, two legs each")
	flag.DurationVar(&s.length, "time", 10*time.Second, "how long to send")
	flag.IntVar(&s.port, "port", 30000, "first port of the parties")
	flag.IntVar(&s.workers, "workers", 1, "most workers of the relay")
	flag.StringVar(&s.pairs, "pairs", "", "file with the two addresses of each call of another relay, a line a call")
	flag.IntVar(&s.pid, "pid", 0, "process of the other relay")
	flag.Parse()
	err := error(nil)
	if *serve {
		err = relay(s)
	} else {
		err = measure(s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

// measure runs the parties and prints one line.
func measure(s settings) error {
	if s.calls < 1 || s.calls > 4000 || s.port < 1024 || s.port+4*s.calls > 65535 {
		return errors.New("-calls: want 1 to 4000, with room above -port for four ports each")
	}
	var in *bufio.Scanner
	if s.pairs != "" {
		f, err := os.Open(s.pairs)
		if err != nil {
			return err
		}
		defer f.Close()
		in = bufio.NewScanner(f)
	} else {
		child, out, err := start(s)
		if err != nil {
			return err
		}
		defer child.stop()
		in, s.pid = out, child.pid()
	}
	parties, err := open(s, in)
	if err != nil {
		return err
	}
	before, err := readUsage(s.pid)
	if err != nil {
		return err
	}
	began := time.Now()
	r := exchange(parties, s.length)
	took := time.Since(began)
	after, err := readUsage(s.pid)
	if err != nil {
		return err
	}
	cpu := after.cpu - before.cpu
	per := float64(cpu.Microseconds()) / float64(max(r.got, 1))
	fmt.Printf("calls %d  packets %d  lost %d  cpu %.2f us/packet  %.0f%% of a core  calls/core %.0f  latency median %v p99 %v  rss %.1f kB/call\n",
		s.calls, r.sent, r.sent-r.got, per, 100*cpu.Seconds()/took.Seconds(), 1e6/(per*100), r.quantile(0.5), r.quantile(0.99), float64(after.rss)/1024/float64(s.calls))
	return nil
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

func start(s settings) (*child, *bufio.Scanner, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(self, "-serve", "-calls", strconv.Itoa(s.calls), "-port", strconv.Itoa(s.port), "-workers", strconv.Itoa(s.workers))
	cmd.Stderr = os.Stderr
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
	return &child{cmd, in}, bufio.NewScanner(out), nil
}

// A party sends to one leg and hears from it.
type party struct {
	conn *net.UDPConn
	leg  netip.AddrPort
	seq  uint16
}

func open(s settings, in *bufio.Scanner) ([]*party, error) {
	var all []*party
	for i := range s.calls {
		if !in.Scan() {
			return nil, fmt.Errorf("the relay gave addresses for %d calls, want %d", i, s.calls)
		}
		f := strings.Fields(in.Text())
		if len(f) != 2 {
			return nil, fmt.Errorf("got %q of the relay, want two addresses", in.Text())
		}
		for side, text := range f {
			leg, err := netip.ParseAddrPort(text)
			if err != nil {
				return nil, err
			}
			c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: s.port + 4*i + 2*side})
			if err != nil {
				return nil, err
			}
			all = append(all, &party{conn: c, leg: leg})
		}
	}
	return all, nil
}

// results of all parties.
type results struct {
	sent, got uint64
	delays    []time.Duration
}

func (r *results) quantile(q float64) time.Duration {
	if len(r.delays) == 0 {
		return 0
	}
	slices.Sort(r.delays)
	return r.delays[int(q*float64(len(r.delays)-1))].Round(time.Microsecond)
}

// exchange sends for a while, spread over each 20 ms, then hears what is still on its way. A packet carries the time it was sent.
func exchange(all []*party, length time.Duration) *results {
	began := time.Now()
	done := make(chan results, len(all))
	for _, p := range all {
		go func() { done <- p.listen(began, began.Add(length+500*time.Millisecond)) }()
	}
	b := make([]byte, 172)
	b[0] = 0x80
	sum := &results{}
	step := 20 * time.Millisecond / time.Duration(len(all))
	due := began
	for time.Since(began) < length {
		for i, p := range all {
			due = due.Add(step)
			if i%16 == 0 {
				time.Sleep(time.Until(due))
			}
			p.seq++
			binary.BigEndian.PutUint16(b[2:], p.seq)
			binary.BigEndian.PutUint32(b[4:], uint32(p.seq)*160)
			binary.BigEndian.PutUint32(b[8:], uint32(i)+1)
			binary.BigEndian.PutUint64(b[12:], uint64(time.Since(began)))
			if _, err := p.conn.WriteToUDPAddrPort(b, p.leg); err == nil {
				sum.sent++
			}
		}
	}
	for range all {
		r := <-done
		sum.got += r.got
		sum.delays = append(sum.delays, r.delays...)
	}
	return sum
}

func (p *party) listen(began, until time.Time) (r results) {
	defer p.conn.Close()
	_ = p.conn.SetReadDeadline(until)
	b := make([]byte, 2048)
	for {
		n, _, err := p.conn.ReadFromUDPAddrPort(b)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return r
		}
		if err != nil || n != 172 {
			continue
		}
		r.got++
		if r.got%8 == 0 {
			r.delays = append(r.delays, time.Since(began)-time.Duration(binary.BigEndian.Uint64(b[12:])))
		}
	}
}
