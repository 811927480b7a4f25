// Command parse measures how long it takes to parse an INVITE, read what a
// server needs of it and print it again: ours beside sipgo's released parser,
// in turn, in one run. It writes the medians and their ratio to a file.
//
//	go run ./parse -o results/parse.json
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"

	peer "github.com/emiago/sipgo/sip"

	"onhook/sip"
)

// A figure is the median of the rounds of one side.
type figure struct {
	NsPerOp     float64 `json:"ns_per_op"`
	AllocsPerOp int64   `json:"allocs_per_op"`
	BytesPerOp  int64   `json:"bytes_per_op"`
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
	rounds := flag.Int("rounds", 21, "rounds of 0.1 s a side; the median counts")
	testing.Init()
	flag.Parse()
	if err := flag.Set("test.benchtime", "100ms"); err != nil {
		panic(err)
	}
	r := report{
		Command: "go run ./parse", Go: runtime.Version(), Rounds: *rounds,
		Machine: fmt.Sprintf("%s/%s, %d CPUs", runtime.GOOS, runtime.GOARCH, runtime.NumCPU()),
		What:    "parse; read top Via branch, From and To tag, Call-ID, CSeq; print. Medians, sides in turn",
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
	var a, r, b []testing.BenchmarkResult
	for range rounds {
		a = append(a, testing.Benchmark(func(t *testing.B) { benchOurs(t, data) }))
		r = append(r, testing.Benchmark(func(t *testing.B) { benchReused(t, data) }))
		b = append(b, testing.Benchmark(func(t *testing.B) { benchTheirs(t, data) }))
	}
	ratio := func(peer, own []testing.BenchmarkResult) float64 {
		var rs []float64
		for i := range own {
			rs = append(rs, perOp(peer[i])/perOp(own[i]))
		}
		slices.Sort(rs)
		return rs[len(rs)/2]
	}
	c := comparison{Message: name, Bytes: len(data)}
	c.Ratio, c.Reuse = ratio(b, a), ratio(b, r)
	c.Ours, c.Reused, c.Sipgo = median(a), median(r), median(b)
	c.Enough = c.Ratio >= 6 && c.Ours.AllocsPerOp <= 2
	c.Enough2 = c.Reuse >= 6 && c.Reused.AllocsPerOp <= 2
	return c
}

func median(rs []testing.BenchmarkResult) figure {
	slices.SortFunc(rs, func(a, b testing.BenchmarkResult) int { return int(a.NsPerOp() - b.NsPerOp()) })
	m := rs[len(rs)/2]
	return figure{perOp(m), m.AllocsPerOp(), m.AllocedBytesPerOp()}
}

func perOp(r testing.BenchmarkResult) float64 { return float64(r.T.Nanoseconds()) / float64(r.N) }

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

func benchOurs(b *testing.B, data []byte) {
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		m, err := sip.Parse(data)
		if err != nil {
			b.Fatal(err)
		}
		sink = read(m)
		buf = m.Append(buf[:0])
	}
}

// benchReused is how a loop works that owns its message: the text is copied, the header list is used again.
func benchReused(b *testing.B, data []byte) {
	buf := make([]byte, 0, 4096)
	var m sip.Message
	b.ReportAllocs()
	for b.Loop() {
		if err := sip.ParseInto(&m, string(data)); err != nil {
			b.Fatal(err)
		}
		sink = read(&m)
		buf = m.Append(buf[:0])
	}
}

func benchTheirs(b *testing.B, data []byte) {
	p := peer.NewParser()
	b.ReportAllocs()
	for b.Loop() {
		m, err := p.ParseSIP(data)
		if err != nil {
			b.Fatal(err)
		}
		sink = readPeer(m)
		_ = m.String()
	}
}
