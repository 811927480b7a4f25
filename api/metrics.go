package api

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"onhook/exchange"
)

// Metrics counts calls for Prometheus. Labels are words of closed lists and names
// of the configuration: never numbers of callers, addresses or ids of calls.
type Metrics struct {
	registry *prometheus.Registry
	started  *prometheus.CounterVec
	ended    *prometheus.CounterVec
	postDial *prometheus.HistogramVec
	ring     *prometheus.HistogramVec
	talk     *prometheus.HistogramVec
	events   eventMetrics
}

// liveHeap is what the last collection found in use, in bytes: the figure by which a leak shows.
var liveHeap = regexp.MustCompile(`^/gc/heap/live:bytes$`)

// NewMetrics makes the counters.
func NewMetrics() *Metrics {
	quick := []float64{.05, .1, .25, .5, 1, 2, 3, 5, 8, 15, 30}
	slow := []float64{1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120}
	long := []float64{1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400}
	h := func(name, help string, buckets []float64) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "onhook", Name: name, Help: help, Buckets: buckets}, []string{"direction", "trunk"})
	}
	c := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "onhook", Name: name, Help: help}, labels)
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		started:  c("calls_started_total", "Calls that began, refused ones too."),
		ended:    c("calls_total", "Calls that are over.", "status", "reason", "code", "by", "direction", "trunk"),
		postDial: h("post_dial_delay_seconds", "From the INVITE to the first sign of alerting.", quick),
		ring:     h("ring_seconds", "From the first sign of alerting to the answer or the end.", slow),
		talk:     h("talk_seconds", "Talk time of calls that a party answered.", long),
	}
	m.registry.MustRegister(m.started, m.ended, m.postDial, m.ring, m.talk,
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.GoRuntimeMetricsRule{Matcher: liveHeap})), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.started.WithLabelValues()
	m.events = newEventMetrics(m.registry)
	return m
}

// Observe counts one event of a call; it is given to NewHub.
func (m *Metrics) Observe(e *exchange.CallEvent) {
	switch e.Type {
	case exchange.CallStarted:
		m.started.WithLabelValues().Inc()
	case exchange.CallEnded:
		r := e.Record
		code := "none"
		if r.LastResponseCode != 0 {
			code = strconv.Itoa(r.LastResponseCode)
		}
		m.ended.WithLabelValues(r.Status, r.ByeReason, code, r.EndedBy, r.Direction, r.Trunk).Inc()
		if r.RingingAt != nil {
			m.postDial.WithLabelValues(r.Direction, r.Trunk).Observe(r.RingingAt.Sub(r.StartedAt).Seconds())
			m.ring.WithLabelValues(r.Direction, r.Trunk).Observe(seconds(r.RingMS))
		}
		if r.Answered == "party" {
			m.talk.WithLabelValues(r.Direction, r.Trunk).Observe(seconds(r.TalkMS))
		}
	}
}

func seconds(ms int64) float64 { return float64(ms) / 1000 }

// Attach adds what the running server counts itself.
func (m *Metrics) Attach(x Exchange, h *Hub, build string) {
	m.registry.MustRegister(&serverCounts{x: x, hub: h, build: build})
}

// serverCounts asks the server when Prometheus does.
type serverCounts struct {
	x     Exchange
	hub   *Hub
	build string
}

// A counted is one counter of the server.
func counted(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("onhook_"+name, help, labels, nil)
}

// Describe says nothing: what there is depends on the configuration.
func (*serverCounts) Describe(chan<- *prometheus.Desc) {}

// Collect gives the counters of the exchange and the state of the trunks.
func (s *serverCounts) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	counter := func(d *prometheus.Desc, v uint64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
	}
	if n, err := s.x.Totals(ctx); err == nil {
		counter(counted("packets_total", "SIP packets that came."), n.Packets)
		counter(counted("packets_dropped_total", "SIP packets lost because the server was too far behind."), n.Dropped)
		counter(counted("calls_refused_total", "INVITEs that were answered with a final refusal of the server's own."), n.Refused)
		counter(counted("outside_refused_total", "Calls by trunks that the section outside, or an operator, refused: fraud shows here."), n.Outside)
		counter(counted("packets_blocked_total", "Packets of sources with wrong credentials too often, left unread."), n.Blocked)
		counter(counted("records_total", "Records that are durable."), n.Records)
		counter(counted("record_errors_total", "Records, or starts of calls, that could not be stored."), n.RecordErrors)
		s.signalling(to, &n)
	}
	counter(counted("events_lost_total", "Events of calls that could not be given out."), s.hub.Lost())
	trunks, err := s.x.Trunks(ctx)
	if err != nil {
		return
	}
	up := counted("trunk_up", "1: calls can go out by the trunk, or nothing speaks against it.", "trunk")
	for i := range trunks {
		t := &trunks[i]
		v := 1.0
		if t.State == "down" || t.State == "disabled" {
			v = 0
		}
		to <- prometheus.MustNewConstMetric(up, prometheus.GaugeValue, v, t.Name)
	}
	build := counted("build_info", "Always 1; the version is the label.", "version")
	to <- prometheus.MustNewConstMetric(build, prometheus.GaugeValue, 1, s.build)
}

// signalling gives what the exchange holds and repeats.
func (s *serverCounts) signalling(to chan<- prometheus.Metric, n *exchange.Counters) {
	again := counted("retransmissions_total", "Messages of calls that were sent again, or came again.", "direction")
	to <- prometheus.MustNewConstMetric(again, prometheus.CounterValue, float64(n.SentAgain), "out")
	to <- prometheus.MustNewConstMetric(again, prometheus.CounterValue, float64(n.CameAgain), "in")
	begun := counted("transactions_total", "SIP transactions that began.", "role")
	to <- prometheus.MustNewConstMetric(begun, prometheus.CounterValue, float64(n.Clients), "client")
	to <- prometheus.MustNewConstMetric(begun, prometheus.CounterValue, float64(n.Servers), "server")
	gauge := func(name, help string, v int) {
		to <- prometheus.MustNewConstMetric(counted(name, help), prometheus.GaugeValue, float64(v))
	}
	gauge("calls_up", "Calls that are up.", n.Up)
	gauge("dialogs", "SIP dialogs that are held.", n.Dialogs)
	gauge("registrations", "Devices that are registered.", n.Devices)
}
