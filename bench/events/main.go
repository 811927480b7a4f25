// Command events measures what clients that follow events cost calls: 1,000
// streams of server-sent events, 950 of which follow one call, queue or user
// each and 50 all, while calls are placed at a steady rate. The time until a call
// is answered is compared with rounds in which nobody follows. It prints Markdown.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"onhook/bench/box"
)

var (
	rate    = flag.Int("rate", 100, "calls a second")
	lasts   = flag.Duration("lasts", 20*time.Second, "how long calls are placed in a round")
	hold    = flag.Duration("hold", 2*time.Second, "how long a call is up")
	clients = flag.Int("clients", 1000, "streams")
	all     = flag.Int("all", 50, "of them follow everything")
	rounds  = flag.Int("rounds", 3, "rounds, without and with followers in turn")
	binary  = flag.String("onhook", "", "the server's binary; empty: it is built")
)

// keys are the server's keys of the API, for as long as the measurement lasts: one may send 300 requests in 10 s.
const keys = 8

func keyOf(i int) string { return fmt.Sprintf("onhook_bench_%d", i%keys) }

func keysText() string {
	var all []string
	for i := range keys {
		sum := sha256.Sum256([]byte(keyOf(i)))
		all = append(all, fmt.Sprintf("{name: bench%d, sha256: %s, scopes: [calls:read, system:read]}", i, hex.EncodeToString(sum[:])))
	}
	return strings.Join(all, ", ")
}

func main() { box.PinnedMain("events", run) }

// A figure is one round.
type figure struct {
	p50, p99 time.Duration
	missed   int
	cpu      float64 // share of a core
	events   uint64
	cut      uint64 // streams that ended before the round did
}

func run() error {
	dir, err := os.MkdirTemp("", "onhook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *binary == "" {
		if *binary, err = box.Build(dir, ".."); err != nil {
			return err
		}
	}
	callee, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer callee.Close()
	_ = callee.SetReadBuffer(8 << 20)
	go answer(callee)
	api, err := freeTCP()
	if err != nil {
		return err
	}
	cmd, port, err := box.Start(*binary, dir, fmt.Sprintf(`domain: bench.example
rtp: {relay: false}
limits: {calls: 1000000, per_second: 1000000}
log: {level: warn}
api: {listen: %q, keys: [%s]}
trunks: [{name: sipp, address: "127.0.0.1:1", sources: [127.0.0.1/32]}]
routes: [{match: "service", to: "sip:service@%s"}]
`, api, keysText(), callee.LocalAddr()), nil)
	if err != nil {
		return err
	}
	defer box.End(cmd)
	server := fmt.Sprintf("127.0.0.1:%d", port)
	if _, _, err := place(server, *rate, 3*time.Second, *hold, "warm"); err != nil {
		return err
	}
	var alone, followed []figure
	for i := range *rounds {
		for _, n := range []int{0, *clients} {
			f, err := round(cmd, server, api, n, fmt.Sprintf("r%d-%d", i, n))
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "%d followers: p50 %s p99 %s, %d missed, %.0f %% of a core, %d events, %d cut\n", n, f.p50, f.p99, f.missed, f.cpu*100, f.events, f.cut)
			if n == 0 {
				alone = append(alone, f)
			} else {
				followed = append(followed, f)
			}
		}
	}
	report(median(alone), median(followed), box.RSS(cmd.Process.Pid))
	return nil
}

func round(cmd *exec.Cmd, server, api string, followers int, mark string) (figure, error) {
	var f figure
	var events, cut, opened atomic.Uint64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(stop)
	type placed struct {
		took   []time.Duration
		missed int
		err    error
	}
	open := func(from, to int, calls []string) {
		for i := from; i < to; i++ {
			wg.Go(func() { follow(api, i, filter(i, calls), stop, &opened, &events, &cut) })
		}
	}
	half := followers - (followers-*all)/3
	if followers > 0 { // those that follow a call wait until there are some
		open(0, half, nil)
		for end := time.Now().Add(time.Minute); opened.Load() < uint64(half); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				return f, fmt.Errorf("only %d of %d streams opened", opened.Load(), half)
			}
		}
	}
	before, begun := box.CPU(cmd.Process.Pid), time.Now()
	done := make(chan placed, 1)
	go func() {
		took, missed, err := place(server, *rate, *lasts, *hold, mark)
		done <- placed{took, missed, err}
	}()
	if followers > 0 {
		time.Sleep(time.Second)
		calls, err := live(api)
		if err != nil {
			return f, err
		}
		open(half, followers, calls)
	}
	p := <-done
	if p.err != nil {
		return f, p.err
	}
	f.cpu = (box.CPU(cmd.Process.Pid) - before) / time.Since(begun).Seconds()
	f.missed, f.events, f.cut = p.missed, events.Load(), cut.Load()
	slices.Sort(p.took)
	if n := len(p.took); n > 0 {
		f.p50, f.p99 = p.took[n/2], p.took[n*99/100]
	}
	return f, nil
}

// filter is what stream i follows: the first few everything, then users and queues, then calls.
func filter(i int, calls []string) string {
	switch {
	case i < *all:
		return ""
	case len(calls) > 0:
		return "?call=" + calls[i%len(calls)]
	case i%2 == 0:
		return fmt.Sprintf("?user=%d", 1000+i)
	}
	return fmt.Sprintf("?queue=q%d", i)
}

func live(api string) (ids []string, err error) {
	resp, err := ask(api, 0, "/v1/live")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var got struct{ Calls []struct{ ID string } }
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		return nil, err
	}
	for _, c := range got.Calls {
		ids = append(ids, c.ID)
	}
	return ids, nil
}

func ask(api string, i int, path string) (*http.Response, error) {
	req, err := http.NewRequest("GET", "http://"+api+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+keyOf(i))
	return streams.Do(req)
}

// streams has a connection for each.
var streams = &http.Client{Transport: &http.Transport{DisableCompression: true}}

// follow counts the events of one stream until stop. One that is told to wait does.
func follow(api string, i int, path string, stop <-chan struct{}, opened, events, cut *atomic.Uint64) {
	var resp *http.Response
	for {
		var err error
		if resp, err = ask(api, i, "/v1/events"+path); err != nil {
			cut.Add(1)
			return
		}
		if resp.StatusCode != http.StatusTooManyRequests {
			break
		}
		resp.Body.Close()
		select {
		case <-stop:
			return
		case <-time.After(time.Second):
		}
	}
	opened.Add(1)
	go func() { <-stop; resp.Body.Close() }()
	// As little work as can be: what the streams cost here must not delay the calls' answers.
	const name = "\nevent: "
	buf := make([]byte, len(name)-1, 128<<10) // begins with the end of the piece before
	for {
		n, err := resp.Body.Read(buf[len(name)-1 : cap(buf)])
		piece := buf[:len(name)-1+n]
		events.Add(uint64(bytes.Count(piece, []byte(name))))
		copy(buf, piece[n:])
		if err != nil {
			break
		}
	}
	select {
	case <-stop:
	default:
		cut.Add(1)
	}
}

func freeTCP() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func median(list []figure) figure {
	slices.SortFunc(list, func(a, b figure) int { return int(a.p99 - b.p99) })
	m := list[len(list)/2]
	for _, f := range list {
		m.missed, m.cut = max(m.missed, f.missed), max(m.cut, f.cut)
	}
	return m
}

func report(alone, followed figure, rss int) {
	fmt.Printf("## Followers of events\n\n%d streams, %d of everything and the others of one user, queue or call each; %d calls a second for %s, held %s; %d rounds in turn, medians by p99. %s, %s/%s, server on one core.\n\n",
		*clients, *all, *rate, *lasts, *hold, *rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("Command: `%s`\n\n", box.Command("./events"))
	fmt.Println("| followers | answered after, p50 | p99 | not answered | share of a core | events given out | streams cut |\n| --- | --- | --- | --- | --- | --- | --- |")
	for _, r := range []struct {
		n int
		f figure
	}{{0, alone}, {*clients, followed}} {
		fmt.Printf("| %d | %s | %s | %d | %.0f %% | %d | %d |\n", r.n, r.f.p50.Round(time.Microsecond), r.f.p99.Round(time.Microsecond), r.f.missed, 100*r.f.cpu, r.f.events, r.f.cut)
	}
	fmt.Printf("\nMemory at the end: %d kB. p99 with followers is %.2f times that without (bar: 1.10).\n", rss, float64(followed.p99)/float64(alone.p99))
}
