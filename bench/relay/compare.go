package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"time"
)

// A figure is one round of one relay.
type figure struct {
	cpu          float64 // microseconds a packet
	core         float64 // share of a core
	sent, lost   uint64
	median, late time.Duration // added by the relay and the two hops on loopback; late: 99 %
	rss          float64       // kB a call
}

// A relayer is a relay under test: it ends with stop.
type relayer interface {
	pid() int
	stop()
}

// compare measures in turn and prints Markdown.
func compare(s settings, rounds int, peer bool) error {
	if s.calls < 1 || s.calls > 4000 || s.port < 1024 || s.port+4*s.calls > 65535 {
		return errors.New("-calls: want 1 to 4000, with room above -port for four ports each")
	}
	if _, err := exec.LookPath("rtpengine"); peer && err != nil {
		fmt.Fprintln(os.Stderr, "relay: rtpengine is not measured, since it is missing (Debian's package rtpengine-daemon)")
		peer = false
	}
	var ours, theirs []figure
	for range rounds {
		f, err := round(s, func() (relayer, []string, error) { return start(s) })
		if err != nil {
			return err
		}
		ours = append(ours, f)
		if peer {
			if f, err = round(s, func() (relayer, []string, error) { return startRTPEngine(s) }); err != nil {
				return err
			}
			theirs = append(theirs, f)
		}
	}
	fmt.Printf("## CPU of a relayed packet\n\n%d calls, two G.711 parties each, %v, %d rounds in turn; medians. %s, %s/%s, relay on one core.\n\n", s.calls, s.length, rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("Command: `go run ./relay -calls %d -time %s`\n\n", s.calls, s.length)
	fmt.Printf("| relay | CPU a packet, us | calls a core | packets | lost | latency median | 99 %% | memory, kB a call |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	row("onhook (media)", ours)
	if peer {
		row("rtpengine, user space", theirs)
		us, them := median(ours, cpuOf), median(theirs, cpuOf)
		fmt.Printf("\nRatio: %.2f times rtpengine's CPU a packet (bar: at most 0.65; goal: 0.5).\n", us/them)
	}
	return nil
}

func round(s settings, start func() (relayer, []string, error)) (figure, error) {
	r, lines, err := start()
	if err != nil {
		return figure{}, err
	}
	defer r.stop()
	return measure(s, lines, r.pid())
}

func cpuOf(f figure) float64 { return f.cpu }

func median(all []figure, of func(figure) float64) float64 {
	v := make([]float64, len(all))
	for i, f := range all {
		v[i] = of(f)
	}
	slices.Sort(v)
	return v[len(v)/2]
}

func row(name string, all []figure) {
	var sent, lost uint64
	for _, f := range all {
		sent, lost = sent+f.sent, lost+f.lost
	}
	latency := func(of func(figure) time.Duration) time.Duration {
		return time.Duration(median(all, func(f figure) float64 { return float64(of(f)) })).Round(time.Microsecond)
	}
	cpu := median(all, cpuOf)
	fmt.Printf("| %s | %.2f | %.0f | %d | %d | %v | %v | %.1f |\n", name, cpu, 1e6/(cpu*100), sent, lost,
		latency(func(f figure) time.Duration { return f.median }), latency(func(f figure) time.Duration { return f.late }), median(all, func(f figure) float64 { return f.rss }))
}
