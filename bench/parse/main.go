// Command parse measures what it costs to parse an INVITE, read what a
// server needs of it and print it again: ours beside sipgo's released parser,
// in turn, in one run. It writes the medians and their ratio to a file.
//
// What is measured is the CPU time of the process, the garbage collector's
// threads included, so that what else the machine does is not in it.
//
//	go run ./parse -o results/parse.json
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	peer "github.com/emiago/sipgo/sip"
	"golang.org/x/sys/unix"

	"onhook/sip"
)

// A figure is the median of the rounds of one side.
type figure struct {
	NsPerOp     float64 `json:"cpu_ns_per_op"`
	AllocsPerOp uint64  `json:"allocs_per_op"`
	BytesPerOp  uint64  `json:"bytes_per_op"`
}

type comparison struct {
	Message string  `json:"message"`
	Bytes   int     `json:"bytes"`
	Ours    figure  `json:"ours"`
	Reused  figure  `json:"ours_message_reused"` // ParseInto, as the loop does
	Sipgo   figure  `json:"sipgo"`
	Ratio   float64 `json:"ratio"` // sipgo's time by ours, the median of the rounds' ratios
	Reuse   float64 `json:"ratio_message_reused"`
	Enough  bool    `json:"enough"` // at least 6 times as fast and at most 2 allocations
	Enough2 bool    `json:"enough_message_reused"`
}

type report struct {
	Command string       `json:"command"`
	Go      string       `json:"go"`
	Machine string       `json:"machine"`
	Rounds  int          `json:"rounds"`
	What    string       `json:"what"`
	Results []comparison `json:"results"`
}

func main() {
	out := flag.String("o", "results/parse.json", "file to write")
	rounds := flag.Int("rounds", 21, "rounds of 50,000 messages a side; the median counts")
	flag.Parse()
	debug.SetGCPercent(300) // as the server does
	r := report{
		Command: "go run ./parse", Go: runtime.Version(), Rounds: *rounds,
		Machine: fmt.Sprintf("%s/%s, %d CPUs", runtime.GOOS, runtime.GOARCH, runtime.NumCPU()),
		What:    "parse; read top Via branch, From and To tag, Call-ID, CSeq; print. CPU time of the process, collector (at 300 percent, as in the server) included; medians, sides in turn",
	}
	for _, m := range []struct {
		name string
		data []byte
	}{{"sipp INVITE", sippINVITE}, {"phone INVITE", phoneINVITE}} {
		r.Results = append(r.Results, compare(m.name, m.data, *rounds))
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.WriteFile(*out, append(text, '\n'), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, c := range r.Results {
		fmt.Printf("%-13s %4d bytes: ours %.0f ns %d allocs, reused %.0f ns %d allocs, sipgo %.0f ns %d allocs: %.1f x, %.1f x\n", c.Message, c.Bytes,
			c.Ours.NsPerOp, c.Ours.AllocsPerOp, c.Reused.NsPerOp, c.Reused.AllocsPerOp, c.Sipgo.NsPerOp, c.Sipgo.AllocsPerOp, c.Ratio, c.Reuse)
	}
}

func compare(name string, data []byte, rounds int) comparison {
	if a, b := ours(data), theirs(data); a != b {
		panic(fmt.Sprintf("the two sides read different things: %+v and %+v", a, b))
	}
	sides := [3]func(){benchOurs(data), benchReused(data), benchTheirs(data)}
	var got [3][]figure
	for range rounds {
		for i, f := range sides {
			got[i] = append(got[i], measure(f))
		}
	}
	ratio := func(own []figure) float64 {
		var rs []float64
		for i := range own {
			rs = append(rs, got[2][i].NsPerOp/own[i].NsPerOp)
		}
		slices.Sort(rs)
		return rs[len(rs)/2]
	}
	c := comparison{Message: name, Bytes: len(data)}
	c.Ratio, c.Reuse = ratio(got[0]), ratio(got[1])
	c.Ours, c.Reused, c.Sipgo = median(got[0]), median(got[1]), median(got[2])
	c.Enough = c.Ratio >= 6 && c.Ours.AllocsPerOp <= 2
	c.Enough2 = c.Reuse >= 6 && c.Reused.AllocsPerOp <= 2
	return c
}

// messages a round.
const messages = 50_000

func measure(f func()) figure {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := cpuTime()
	for range messages {
		f()
	}
	used := cpuTime() - began
	runtime.ReadMemStats(&after)
	return figure{float64(used.Nanoseconds()) / messages, (after.Mallocs - before.Mallocs) / messages, (after.TotalAlloc - before.TotalAlloc) / messages}
}

// cpuTime is what all threads of this process have used.
func cpuTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}

func median(all []figure) figure {
	slices.SortFunc(all, func(a, b figure) int { return int(a.NsPerOp - b.NsPerOp) })
	return all[len(all)/2]
}

// A reading is what each side has to find; both must find the same.
type reading struct {
	branch, fromTag, toTag, callID, method string
	seq                                    uint32
}

func ours(data []byte) reading {
	m, err := sip.Parse(data)
	if err != nil {
		panic(err)
	}
	return read(m)
}

func read(m *sip.Message) reading {
	v, err := m.Via()
	if err != nil {
		panic(err)
	}
	c, err := m.CSeq()
	if err != nil {
		panic(err)
	}
	return reading{v.Branch(), m.FromTag(), m.ToTag(), m.CallID(), string(c.Method), c.Seq}
}

func theirs(data []byte) reading {
	m, err := peer.NewParser().ParseSIP(data)
	if err != nil {
		panic(err)
	}
	return readPeer(m)
}

func readPeer(m peer.Message) reading {
	branch, _ := m.Via().Params.Get("branch")
	from, _ := m.From().Params.Get("tag")
	to, _ := m.To().Params.Get("tag")
	return reading{branch, from, to, m.CallID().Value(), string(m.CSeq().MethodName), m.CSeq().SeqNo}
}

var sink reading

func benchOurs(data []byte) func() {
	buf := make([]byte, 0, 4096)
	return func() {
		m, err := sip.Parse(data)
		if err != nil {
			panic(err)
		}
		sink = read(m)
		buf = m.Append(buf[:0])
	}
}

// benchReused is how a loop works that owns its message: the text is copied, the header list is used again.
func benchReused(data []byte) func() {
	buf := make([]byte, 0, 4096)
	var m sip.Message
	return func() {
		if err := sip.ParseInto(&m, string(data)); err != nil {
			panic(err)
		}
		sink = read(&m)
		buf = m.Append(buf[:0])
	}
}

func benchTheirs(data []byte) func() {
	p := peer.NewParser()
	return func() {
		m, err := p.ParseSIP(data)
		if err != nil {
			panic(err)
		}
		sink = readPeer(m)
		_ = m.String()
	}
}
