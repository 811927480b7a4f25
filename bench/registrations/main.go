// Command registrations measures how many registrations a second the server
// refreshes on one core: users that keep their nonce and count it up send
// REGISTERs at a given rate, evenly spaced, from another core. What is not
// answered 200 within two seconds is lost. It prints Markdown.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"onhook/bench/box"
)

var (
	rate    = flag.Int("rate", 10000, "refreshes a second")
	users   = flag.Int("users", 5000, "users, each with one contact")
	seconds = flag.Int("seconds", 10, "how long")
	program = flag.String("onhook", "", "the server's binary; empty: it is built")
)

func main() { box.PinnedMain("registrations", run) }

func run() error {
	dir, err := os.MkdirTemp("", "onhook-registrations-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *program, err = box.Program(*program, dir); err != nil {
		return err
	}
	config := []byte("domain: bench.example\nlog: {level: warn}\nrtp: {relay: false}\nusers:\n")
	for i := range *users {
		config = fmt.Appendf(config, "  - {name: %q, password: %q}\n", name(i), password(i))
	}
	cmd, port, err := box.Start(*program, dir, string(config), nil)
	if err != nil {
		return err
	}
	defer box.End(cmd)
	g, err := newGenerator(port, *users)
	if err != nil {
		return err
	}
	defer g.conn.Close()
	if err := g.enter(); err != nil {
		return err
	}
	before, begun := box.CPU(cmd.Process.Pid), time.Now()
	g.refresh(*rate, *rate**seconds)
	took := time.Since(begun)
	g.wait()
	used := box.CPU(cmd.Process.Pid) - before
	sent, answered, stale := g.sent, g.answered, g.stale
	fmt.Printf("## Registrations refreshed\n\n%d users, %d refreshes at %d a second; nonces kept, counted up. %s, %s/%s, server on one core.\n\n", *users, sent, *rate, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("Command: `go run ./registrations`\n\n| refreshes a second | answered 200 | lost | new nonce asked | CPU a refresh, ms | share of a core | memory, kB |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	fmt.Printf("| %.0f | %d | %d | %d | %.4f | %.0f %% | %d |\n", float64(sent)/took.Seconds(), answered, sent-answered, stale,
		used*1000/float64(sent), 100*used/took.Seconds(), box.RSS(cmd.Process.Pid))
	fmt.Printf("\nBar: 10,000 a second without loss; %s.\n", map[bool]string{true: "held", false: "missed"}[sent == answered && float64(sent)/took.Seconds() > 9900])
	return nil
}
