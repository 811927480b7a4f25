// Sound measures what sound costs that begins or ends in the server, beside sound that it relays, in the same run: CPU microseconds a packet,
// and frames missed. It starts itself a second time as the server's media path (package media), pinned to the first core; the parties, who send
// and hear packets of 20 ms, have the second one.
//
//	taskset -c 1 go run -C bench ./sound
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"time"

	"onhook/bench/box"
	"onhook/bench/voice"
)

// A mode is one thing that is measured.
type mode struct {
	name   string
	calls  int  // of two parties that are relayed; else of one
	pair   bool // the calls are relayed
	talks  int  // the parties send one packet in so many; 0: none
	beside int  // the mode that it is held against: relaying of as many packets a second
}

var modes = []mode{
	{"relay", 200, true, 1, 0},
	{"menu", 200, false, 1, 0},
	{"relay", 100, true, 1, 2},
	{"play", 200, false, 25, 2}, // as much as a phone with silence suppression sends
	{"receive", 200, false, 1, 2},
	{"message", 200, false, 1, 2},
	{"record", 100, true, 1, 2},
}

var (
	length = flag.Duration("time", 10*time.Second, "how long each is measured")
	rounds = flag.Int("rounds", 3, "rounds, all in turn")
	port   = flag.Int("port", 31000, "first port of the parties")
	serve  = flag.String("serve", "", "be the media path, for this mode: used by the program itself")
	calls  = flag.Int("calls", 0, "calls: used by the program itself")
)

func main() {
	flag.Parse()
	err := run
	if *serve != "" {
		err = func() error { return child(*serve, *calls) }
	}
	if err := err(); err != nil {
		fmt.Fprintln(os.Stderr, "sound:", err)
		os.Exit(1)
	}
}

// A figure is what one round of a mode came to.
type figure struct {
	cpu     float64 // microseconds a packet
	core    float64
	packets int64
	voice.Tally
}

func run() error {
	all := make([][]figure, len(modes))
	for range *rounds {
		for i, m := range modes {
			f, err := measure(m)
			if err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			all[i] = append(all[i], f)
		}
	}
	report(all)
	return nil
}

// measure runs a mode in a process of its own.
func measure(m mode) (f figure, err error) {
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	cmd := exec.Command("taskset", "-c", "0", self, "-serve", m.name, "-calls", strconv.Itoa(m.calls), "-port", strconv.Itoa(*port))
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2") // as a server on two cores has it
	in, err := cmd.StdinPipe()
	if err != nil {
		return f, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return f, err
	}
	if err := cmd.Start(); err != nil {
		return f, err
	}
	defer func() { in.Close(); _ = cmd.Wait() }()
	n := m.calls
	if m.pair {
		n *= 2
	}
	var legs []string
	for scan := bufio.NewScanner(out); len(legs) < n && scan.Scan(); {
		legs = append(legs, scan.Text())
	}
	if len(legs) < n {
		return f, fmt.Errorf("got the addresses of %d legs, want %d", len(legs), n)
	}
	parties, err := open(legs, m.talks, m.pair)
	if err != nil {
		return f, err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var hall voice.Hall
	hall.Add(parties...)
	go hall.Run(ctx)
	time.Sleep(time.Second) // until all is under way
	hall.Begin()
	cpu, began := box.CPU(cmd.Process.Pid), time.Now()
	time.Sleep(*length)
	cpu, f.Tally = box.CPU(cmd.Process.Pid)-cpu, hall.End()
	f.core = cpu / time.Since(began).Seconds()
	f.packets = f.Frames + f.Sent
	f.cpu = cpu * 1e6 / float64(max(f.packets, 1))
	hall.Remove(parties...)
	return f, nil
}

// open opens the parties of the legs.
func open(legs []string, talks int, pair bool) (all []*voice.Party, err error) {
	for i, text := range legs {
		leg, err := netip.ParseAddrPort(text)
		if err != nil {
			return nil, err
		}
		p, err := voice.Open(netip.AddrPortFrom(leg.Addr(), uint16(*port+2*i)))
		if err == nil {
			err = p.Connect(leg)
		}
		if err != nil {
			return nil, err
		}
		p.Talks, p.Pair = talks, pair
		all = append(all, p)
	}
	return all, nil
}

// report prints the medians.
func report(all [][]figure) {
	fmt.Printf("## Sound that begins or ends here, beside sound that is relayed\n\nMedians of %d rounds of %s, all in turn; %s, %s/%s, the media path on one core, the parties on the other.\n\n", *rounds, *length, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Print("Command: `taskset -c 1 go run ./sound`\n\n| what | at once | CPU a packet, us | of a relayed packet | share of a core | frames heard | lost | later than 20 ms | missed |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	cpu := make([]float64, len(modes))
	for i := range modes {
		cpu[i] = median(all[i], func(f figure) float64 { return f.cpu })
	}
	held := true
	for i, m := range modes {
		var sum voice.Heard
		for _, f := range all[i] {
			sum.Add(f.Heard)
		}
		beside := m.beside
		what, us := title(m.name), cpu[i]
		if m.name == "record" {
			us -= cpu[beside] // what recording adds to relaying
		}
		held = held && us <= cpu[beside] && sum.Missed() <= 0.1
		fmt.Printf("| %s | %d | %.2f | %.2f | %.0f %% | %d | %d | %d | %.4f %% |\n", what, m.calls, us, us/cpu[beside], 100*median(all[i], func(f figure) float64 { return f.core }), sum.Frames, sum.Lost, sum.Late, sum.Missed())
	}
	fmt.Printf("\nBar: each at most 1.0 of a relayed packet, no missed frames beyond 0.1 %%; %s.\n", map[bool]string{true: "held", false: "missed"}[held])
}

func title(name string) string {
	return map[string]string{
		"relay": "relayed, two-way calls", "menu": "menus: played and received, keys looked for in the sound", "play": "played", "receive": "received, keys looked for in the sound",
		"message": "a message left: received, in order, into memory", "record": "recorded beside being relayed: both sides, written to a WAV file as they come",
	}[name]
}

func median(list []figure, of func(figure) float64) float64 {
	var v []float64
	for _, f := range list {
		v = append(v, of(f))
	}
	slices.Sort(v)
	return v[len(v)/2]
}
