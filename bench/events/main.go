// Command events measures what clients that follow events cost calls: 1,000
// streams of server-sent events, 950 of which follow one call, queue or user
// each and 50 all, while calls are placed at a steady rate. The time until a call
// is answered is compared with rounds in which nobody follows. It prints Markdown.
package main

import (
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
	"time"

	"onhook/bench/box"
)

var (
	rate    = flag.Int("rate", 100, "calls a second")
	lasts   = flag.Duration("lasts", 10*time.Second, "how long calls are placed in a round")
	hold    = flag.Duration("hold", 2*time.Second, "how long a call is up")
	clients = flag.Int("clients", 1000, "streams")
	all     = flag.Int("all", 50, "of them follow everything")
	rounds  = flag.Int("rounds", 6, "rounds, without and with followers in turn")
	reads   = flag.String("follow", "", "be the followers, of the API at this address: used by the program itself")
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

func main() {
	box.PinnedMain("events", func() error {
		if *reads != "" {
			return followAll(*reads)
		}
		return run()
	})
}

// A figure is one round.
type figure struct {
	took   []time.Duration // in order
	missed int
	cpu    float64 // share of a core
	events uint64
	cut    uint64 // streams that ended before the round did
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
	if _, _, err := place(server, *rate, 0, 3*time.Second, *hold, "warm"); err != nil {
		return err
	}
	var figures [2][]figure // without and with followers
	for i := range *rounds {
		for k := range figures {
			with := (i + k) % 2 // who comes first takes turns, too
			f, err := round(cmd, server, api, with == 1, fmt.Sprintf("r%d-%d", i, with))
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "round %d, followed %v: p50 %s p99 %s, %d missed, %.0f %% of a core, %d events, %d cut\n", i+1, with == 1, f.quantile(0.5), f.quantile(0.99), f.missed, f.cpu*100, f.events, f.cut)
			figures[with] = append(figures[with], f)
		}
	}
	report(figures, box.RSS(cmd.Process.Pid))
	return nil
}

// settle is how long calls are placed before they are measured: meanwhile those who
// follow a call find some, and open their streams.
const settle = 5 * time.Second

func round(cmd *exec.Cmd, server, api string, followed bool, mark string) (f figure, err error) {
	var r *readers
	if followed { // those that follow a call wait until there are some
		if r, err = startReaders(api); err != nil {
			return f, err
		}
		defer r.kill()
	}
	done := make(chan error, 1)
	placed := time.Now()
	go func() {
		var err error
		f.took, f.missed, err = place(server, *rate, settle, *lasts, *hold, mark)
		done <- err
	}()
	if followed {
		time.Sleep(time.Second)
		calls, err := live(api)
		if err == nil {
			err = r.more(calls)
		}
		if err != nil {
			return f, err
		}
	}
	time.Sleep(time.Until(placed.Add(settle)))
	before, begun := box.CPU(cmd.Process.Pid), time.Now()
	if err := <-done; err != nil {
		return f, err
	}
	f.cpu = (box.CPU(cmd.Process.Pid) - before) / time.Since(begun).Seconds()
	if followed {
		if f.events, f.cut, err = r.end(); err != nil {
			return f, err
		}
	}
	slices.Sort(f.took)
	return f, nil
}

// quantile is how long so many of the calls took at most.
func (f figure) quantile(q float64) time.Duration {
	if len(f.took) == 0 {
		return 0
	}
	return f.took[int(q*float64(len(f.took)-1))].Round(time.Microsecond)
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

func freeTCP() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// together is all rounds of one kind as one.
func together(list []figure) (all figure) {
	for _, f := range list {
		all.took = append(all.took, f.took...)
		all.missed, all.events, all.cut = all.missed+f.missed, all.events+f.events, all.cut+f.cut
		all.cpu += f.cpu / float64(len(list))
	}
	slices.Sort(all.took)
	return all
}

// ratios is how many times as long calls took with followers, round by round, in order.
func ratios(figures [2][]figure, q float64) (out []float64) {
	for i := range figures[0] {
		out = append(out, float64(figures[1][i].quantile(q))/float64(max(figures[0][i].quantile(q), 1)))
	}
	slices.Sort(out)
	return out
}

// most is how many times as long the slowest hundredth of calls may take until they are answered.
const most = 1.10

func report(figures [2][]figure, rss int) {
	fmt.Printf("## Followers of events\n\n%d streams, %d of everything and the others of one user, queue or call each, read by a process of the least priority; %d calls a second for %s, once all streams are open, held %s; %d rounds without and with in turn, all calls of a kind together. %s, %s/%s, server on one core.\n\n",
		*clients, *all, *rate, *lasts, *hold, *rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("Command: `%s`\n\n", box.Command("./events"))
	fmt.Println("| followers | calls | answered after, p50 | p90 | p99 | not answered | share of a core | events given out | streams cut |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	sum := [2]figure{together(figures[0]), together(figures[1])}
	for i, f := range sum {
		fmt.Printf("| %d | %d | %s | %s | %s | %d | %.0f %% | %d | %d |\n", i**clients, len(f.took), f.quantile(0.5), f.quantile(0.9), f.quantile(0.99), f.missed, 100*f.cpu, f.events, f.cut)
	}
	fmt.Printf("\nMemory at the end: %d kB. With followers, by that without (bar for p99: %.2f):\n\n", rss, most)
	held := sum[0].missed+sum[1].missed == 0
	for _, q := range []float64{0.5, 0.99} {
		all, each := float64(sum[1].quantile(q))/float64(max(sum[0].quantile(q), 1)), ratios(figures, q)
		held = held && (q < 0.99 || all <= most)
		fmt.Printf("* p%.0f: %.2f of all calls together; by rounds %.2f to %.2f, the middle one %.2f\n", 100*q, all, each[0], each[len(each)-1], each[len(each)/2])
	}
	fmt.Printf("\nThe bar is %s.\n", map[bool]string{true: "held", false: "missed"}[held])
}
