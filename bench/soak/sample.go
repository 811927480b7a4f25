package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"onhook/bench/box"
)

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }

// answeredTotal is how many calls were answered and ended by a BYE.
const answeredTotal = "answered"

// columns are the metrics of a sample, by their names in /metrics or /v1/load.
var columns = []string{
	"go_gc_heap_live_bytes", "go_memstats_heap_inuse_bytes", "go_goroutines", "process_open_fds", "process_cpu_seconds_total",
	"onhook_calls_started_total", "onhook_records_total", "onhook_record_errors_total", "onhook_packets_total", "onhook_packets_dropped_total",
	answeredTotal, "calls", "unsaved", "transactions", "dialogs", "limits",
}

// A sample is what the server said of itself at one time.
type sample struct {
	at     time.Duration // since the load began
	rss    int           // kB
	values map[string]float64
}

// A probe asks the server by its control socket.
type probe struct {
	http  http.Client
	pid   int
	begun time.Time
	file  *os.File
	out   *csv.Writer
	all   []sample
}

func newProbe(socket string, pid int, file *os.File) (*probe, error) {
	p := &probe{pid: pid, begun: time.Now(), file: file, out: csv.NewWriter(file)}
	p.http = http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}}
	return p, p.out.Write(append([]string{"time", "seconds", "rss_kb"}, columns...))
}

func (p *probe) get(path string) (io.ReadCloser, error) {
	resp, err := p.http.Get("http://onhook" + path)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != 200 {
		resp.Body.Close()
		return nil, fmt.Errorf("%s: %s", path, resp.Status)
	}
	return resp.Body, nil
}

// tries is how often a sample is tried: on a busy machine an answer may come late.
const tries = 5

// take takes a sample and writes it down at once, so that what was measured is kept whatever comes.
func (p *probe) take() (s sample, err error) {
	for range tries {
		if s, err = p.once(); err == nil {
			return s, nil
		}
		time.Sleep(time.Second)
	}
	return s, err
}

func (p *probe) once() (sample, error) {
	now := time.Now()
	s := sample{at: now.Sub(p.begun), rss: box.RSS(p.pid), values: map[string]float64{answeredTotal: 0}}
	text, err := p.get("/metrics")
	if err != nil {
		return s, err
	}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		i := strings.LastIndexByte(lines.Text(), ' ') // labels may hold spaces
		if i < 0 {
			continue
		}
		name, value := lines.Text()[:i], lines.Text()[i+1:]
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue
		}
		s.values[name] = v
		if strings.HasPrefix(name, "onhook_calls_total{") && strings.Contains(name, `reason="NORMAL_CLEARING"`) {
			s.values[answeredTotal] += v
		}
	}
	text.Close()
	load, err := p.get("/v1/load")
	if err != nil {
		return s, err
	}
	defer load.Close()
	var l map[string]float64
	if err := json.NewDecoder(load).Decode(&l); err != nil {
		return s, err
	}
	for k, v := range l {
		s.values[k] = v
	}
	row := []string{now.UTC().Format(time.RFC3339), fmt.Sprintf("%.1f", s.at.Seconds()), strconv.Itoa(s.rss)}
	for _, c := range columns {
		v, ok := s.values[c]
		if !ok {
			return s, fmt.Errorf("the server does not tell %s", c)
		}
		row = append(row, strconv.FormatFloat(v, 'f', -1, 64))
	}
	p.all = append(p.all, s)
	if err := p.out.Write(row); err != nil {
		return s, err
	}
	p.out.Flush()
	return s, p.out.Error()
}

// collect has the server collect its garbage, twice since what finalizers let go is
// found the second time, and keeps the second's heap profile if there is a folder for it.
func (p *probe) collect(folder string, n int) error {
	var profile []byte
	for range 2 {
		body, err := p.get("/debug/pprof/heap?gc=1")
		if err != nil {
			return err
		}
		profile, err = io.ReadAll(body)
		if err = errors.Join(err, body.Close()); err != nil {
			return err
		}
	}
	if folder == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(folder, fmt.Sprintf("heap%d.pb", n+1)), profile, 0o600)
}

// inHands is what the server has not done with.
func (s *sample) inHands() (n float64) {
	for _, name := range [...]string{"calls", "unsaved", "transactions", "dialogs", "limits"} {
		n += s.values[name]
	}
	return n
}

// slope is by how much a metric grew an hour over samples, by least squares, and its mean.
func slope(all []sample, name string) (perHour, mean float64) {
	var n, sx, sy, sxx, sxy float64
	for _, s := range all {
		x, y := s.at.Hours(), s.values[name]
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	if d := n*sxx - sx*sx; d > 0 {
		perHour = (n*sxy - sx*sy) / d
	}
	if n > 0 {
		mean = sy / n
	}
	return perHour, mean
}
