// Command queue measures callers who wait in one queue of the server, on one core:
// they hear music and announcements while agents take them one after the other. Who
// is taken is replaced by another, so that as many wait all the time. On the other
// core every packet that callers hear is counted, with when it came by the kernel's
// word. It prints Markdown.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"onhook/bench/box"
	"onhook/phone"
)

var (
	callers = flag.Int("callers", 500, "callers who wait")
	agents  = flag.Int("agents", 50, "agents")
	talk    = flag.Duration("talk", 10*time.Second, "how long an agent talks")
	length  = flag.Duration("length", 30*time.Second, "how long is measured")
	program = flag.String("onhook", "", "the server's binary; empty: it is built")
)

func main() { box.PinnedMain("queue", run) }

func configuration() string {
	var b strings.Builder
	b.WriteString("domain: bench.example\nlog: {level: warn}\nrtp: {ports: 30000-39999}\nusers:\n")
	var names []string
	for i := range *agents {
		fmt.Fprintf(&b, "  - {name: %q, password: %q}\n", agentName(i), "secret-of-"+agentName(i))
		names = append(names, `"`+agentName(i)+`"`)
	}
	b.WriteString("trunks: [{name: callers, address: 127.0.0.2, sources: [127.0.0.2/32]}]\nroutes: [{match: \"500\", to: \"queue:all\"}]\n")
	fmt.Fprintf(&b, "queues: [{name: all, agents: [%s], wrap_up: 1s, every: 20s, max_length: 0, greeting: [queue-welcome]}]\n", strings.Join(names, ", "))
	return b.String()
}

func agentName(i int) string { return fmt.Sprint("agent", i) }

// figures of a run.
type figures struct{ placed, answered, failed atomic.Int64 }

func run() error {
	dir, err := os.MkdirTemp("", "onhook-queue-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *program, err = box.Program(*program, dir); err != nil {
		return err
	}
	cmd, port, err := box.Start(*program, dir, configuration(), nil)
	if err != nil {
		return err
	}
	defer box.End(cmd)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var f figures
	server := fmt.Sprint("127.0.0.1:", port)
	ears, err := open(*callers)
	if err != nil {
		return err
	}
	if err := enter(ctx, server, ears, &f); err != nil {
		return err
	}
	listening := make(chan struct{})
	go func() { defer close(listening); listen(ctx, ears) }()
	if err := work(ctx, server, &f); err != nil {
		return err
	}
	time.Sleep(2 * time.Second) // the agents' first calls
	for _, e := range ears {
		e.counting.Store(true)
	}
	answered, cpu, begun := f.answered.Load(), box.CPU(cmd.Process.Pid), time.Now()
	time.Sleep(*length)
	for _, e := range ears {
		e.counting.Store(false)
	}
	cpu, took := box.CPU(cmd.Process.Pid)-cpu, time.Since(begun)
	memory := box.RSS(cmd.Process.Pid)
	answered = f.answered.Load() - answered
	cancel()
	<-listening
	report(ears, &f, answered, cpu, took, memory)
	return nil
}

// enter has the callers enter the queue, 100 a second, each in the place of the one before whom an agent took.
func enter(ctx context.Context, server string, ears []*ear, f *figures) error {
	p, err := phone.New(phone.Options{User: "caller", Domain: "bench.example", Server: server, Listen: netip.MustParseAddrPort("127.0.0.2:0"), NoMedia: true})
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	for _, e := range ears {
		all.Add(1)
		time.Sleep(10 * time.Millisecond)
		go func() {
			for first := true; ctx.Err() == nil; first = false {
				c, err := p.CallWith(ctx, "500", phone.CallOptions{Body: e.offer()})
				if err == nil {
					f.placed.Add(1)
					err = c.WaitAnswered(ctx)
				}
				if first {
					all.Done()
				}
				if err != nil {
					f.failed.Add(1)
					return
				}
				_, _ = c.WaitEnded(ctx) // the context's error is the end of the run
				e.next()
			}
		}()
	}
	all.Wait()
	return nil
}

// work has the agents answer, talk and hang up.
func work(ctx context.Context, server string, f *figures) error {
	for i := range *agents {
		p, err := phone.New(phone.Options{User: agentName(i), Password: "secret-of-" + agentName(i), Domain: "bench.example", Server: server, NoMedia: true})
		if err != nil {
			return err
		}
		if err := p.Register(ctx); err != nil {
			return err
		}
		go func() {
			for {
				c, err := p.WaitIncoming(ctx)
				if err != nil {
					return
				}
				if err := c.Answer(ctx); err != nil {
					continue // the caller has left
				}
				f.answered.Add(1)
				select {
				case <-time.After(*talk):
				case <-ctx.Done():
					return
				}
				_ = c.Hangup(ctx) // the caller may have been first
			}
		}()
	}
	return nil
}

func report(ears []*ear, f *figures, answered int64, cpu float64, took time.Duration, memory int) {
	var s heard
	for _, e := range ears {
		s.add(&e.heard)
	}
	share := 100 * float64(s.lost+s.late) / float64(max(s.frames+s.lost, 1))
	fmt.Printf("## Callers in one queue\n\n%d callers wait, %d agents talk %s each; music, places told every 20 s. %s, %s/%s, server on one core.\n\n", *callers, *agents, *talk, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("Command: `go run ./queue`\n\n| frames heard | lost | later than 20 ms | missed | answered a second | callers refused or lost | share of a core | CPU a frame, us | memory, kB |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	fmt.Printf("| %d | %d | %d | %.4f %% | %.1f | %d | %.0f %% | %.1f | %d |\n", s.frames, s.lost, s.late, share, float64(answered)/took.Seconds(), f.failed.Load(),
		100*cpu/took.Seconds(), cpu*1e6/float64(max(s.frames, 1)), memory)
	fmt.Printf("\nBar: no missed frames beyond 0.1 %%; %s. The CPU is all of the server's: signalling, records and media.\n", map[bool]string{true: "held", false: "missed"}[share <= 0.1 && f.failed.Load() == 0])
}
